"""The plain word for each thing the product knows: verdicts, phases, groups, dimensions, choices, marks, models.

Tables only, keyed by the values in the data, and looking things up in them. A value nobody worded is shown as it is.
"""

from collections.abc import Sequence

from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.model.state import ModelRef, Models
from bot.rotation.model.targets import CHANGED
from bot.runbook.models.plan import StagePlan
from bot.runbook.models.targets.kinds import TargetPlan
from bot.wording.text import Code, Line, line
from bot.wording.units import count, either, shortened

VERDICTS = {"pass": "fine", "fail": "worse", "inconclusive": "can't tell yet", "not_tested": "not tested"}
VERDICT_SIGNS = {"pass": "✅", "fail": "❌", "inconclusive": "❔", "not_tested": "⬜"}

PHASES = {
    Phase.QUEUED: "waiting in line",
    Phase.AWAITING_APPROVAL: "waiting for approval",
    Phase.SCHEDULED: "waiting for its time",
    Phase.APPLYING: "setting the new model",
    Phase.BAKING: "watching",
    Phase.AWAITING_DECISION: "waiting for a decision",
    Phase.VERIFYING: "going through the verification list",
    Phase.PAUSED: "paused",
    Phase.ROLLING_BACK: "going back",
    Phase.ERRORED: "stopped by a technical failure",
    Phase.REJECTED: "rejected",
    Phase.ABORTED: "ended before any change",
    Phase.COMPLETED: "completed",
    Phase.ROLLED_BACK: "rolled back",
    Phase.SETTLED: "settled by hand",
}
PHASE_SIGNS = {
    Phase.QUEUED: "⏳",
    Phase.AWAITING_APPROVAL: "⏳",
    Phase.SCHEDULED: "⏳",
    Phase.APPLYING: "▶️",
    Phase.BAKING: "▶️",
    Phase.AWAITING_DECISION: "⚠️",
    Phase.VERIFYING: "▶️",
    Phase.PAUSED: "⏸️",
    Phase.ROLLING_BACK: "↩️",
    Phase.ERRORED: "⚠️",
    Phase.REJECTED: "❌",
    Phase.ABORTED: "⏹️",
    Phase.COMPLETED: "✅",
    Phase.ROLLED_BACK: "↩️",
    Phase.SETTLED: "✋",
}

DIMENSIONS = {
    "quality": "quality",
    "tools": "tool calls",
    "errors": "errors",
    "latency": "latency",
    "cost": "cost",
    "attribution": "which model answered",
    "health": "provider health",
}
TOOL_METRICS = {
    "valid": "valid calls",
    "tool": "right tool",
    "arguments": "right arguments",
    "count": "number of calls",
    "abstention": "no needless call",
    "recovery": "recovery",
}
CHECKS = {
    **DIMENSIONS,
    "tools": "invalid tool calls",
    "retries": "retries",
    "latency": "latency (p95)",
    "read-back": "places read back",
    "smoke": "smoke run",
    "envelope": "this month, forecast",
    "next_month": "next month, forecast",
}

GROUPS = {"ml": "ML", "sre": "SRE", "finance": "Finance"}

TRIGGERS = {
    "new-model": "a new model is available",
    "cost": "cost",
    "deprecated": "the old model is deprecated or unstable",
    "quality": "quality got worse on the old model",
}

CHOICES = {"go_on": "Go on", "extend": "Watch longer", "roll_back": "Roll back", "abort": "End it"}

MARKS = {
    "break_glass": "🚨 Break-glass: went on although the comparison says worse",
    "accepted_uncertainty": "⚠️ Went on with “can't tell yet”",
    "accepted_signal": "⚠️ Went on although a check asked about got worse",
    "dry_run": "🧪 Dry run: nothing is written",
    "unconfirmed": "⚠️ unconfirmed: no traffic",
    "confirmed_by_hand": "✋ Confirmed by hand: traffic is back",
    "settled_by_hand": "✋ Settled by hand",
    "unreadable": "⚠️ Settled although a place could not be read",
}

HEADLINE = 120
"""Characters in which a request says what it is about: what a phone shows of a notification."""


def verdict_word(verdict: str) -> str:
    """The plain word of a verdict."""
    return VERDICTS.get(verdict, verdict)


def signed_verdict(verdict: str) -> str:
    """The verdict's sign and word."""
    return f"{VERDICT_SIGNS.get(verdict, '❔')} {verdict_word(verdict)}"


def phase_word(phase: str) -> str:
    """The plain word of a phase."""
    return {key.value: word for key, word in PHASES.items()}.get(phase, phase)


def groups_word(groups: Sequence[str]) -> str:
    """The groups a person may belong to: `ML or SRE`."""
    return either([GROUPS.get(group, group) for group in groups])


def change_line(models: Models) -> Line:
    """Old and new model."""
    return line(Code(models.current.id), " → ", Code(models.candidate.id))


def changed_stages(rotation: Rotation) -> list[int]:
    """The stages of which a place was changed, or may have been, and is not set back yet."""
    every = enumerate(rotation.plan.stages)
    return [at for at, stage in every if any(rotation.target(one.id).standing in CHANGED for one in stage.targets)]


def stage_name(rotation: Rotation, index: int | None = None) -> str:
    """The name of a stage of a rotation; without an index, of the one it is at."""
    return rotation.plan.stages[rotation.stage if index is None else index].name


def places_word(targets: Sequence[TargetPlan]) -> str:
    """How many places these are, in words: tenants, where each is a tenant's own setting."""
    what = "tenant" if targets and all(target.tenant for target in targets) else "place"
    return count(len(targets), what)


def tenants_word(stage: StagePlan, *, last: bool) -> str:
    """How many tenants a stage reaches, in words: those it names, or all of them for the last; empty for none."""
    if stage.tenants:
        return count(len(stage.tenants), "tenant")
    return "all tenants" if last else ""


def in_brackets(*words: str) -> str:
    """The words in brackets, with a space before them; nothing for none."""
    said = ", ".join(word for word in words if word)
    return f" ({said})" if said else ""


def short_pair(current: ModelRef, candidate: ModelRef, room: int) -> tuple[str, str]:
    """Both models' ids in at most `room` characters together, still different from each other where they differ.

    The maker's prefix goes first, then the middle; where that makes them equal, what comes before the first difference.
    """
    old, new = current.id, candidate.id
    if len(old) + len(new) <= room:
        return old, new
    bare_old, bare_new = old.rpartition("/")[2], new.rpartition("/")[2]
    if bare_old and bare_new and bare_old != bare_new:
        old, new = bare_old, bare_new
    if len(old) + len(new) <= room:
        return old, new
    half = room // 2
    if len(old) <= half:
        shown = old, shortened(new, room - len(old))
    elif len(new) <= half:
        shown = shortened(old, room - len(new)), new
    else:
        shown = shortened(old, half), shortened(new, half)
    if shown[0] != shown[1] or old == new:
        return shown
    same = next(
        (i for i, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), min(len(old), len(new))
    )
    start = max(0, same - 2)
    return f"…{old[start : start + half - 1]}", f"…{new[start : start + half - 1]}"
