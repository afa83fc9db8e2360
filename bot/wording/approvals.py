"""Who has said yes and who is still missing, in words: what a request, a card, a list and an answer say of it."""

from collections.abc import Mapping

from pydantic import JsonValue

from bot.rotation.missing import Missing, stands_for, still_missing
from bot.rotation.model.questions import Decision, Request
from bot.rotation.model.rotation import Rotation
from bot.runbook.models.people import GroupName
from bot.runbook.models.plan import StagePlan
from bot.wording.names import GROUPS, groups_word
from bot.wording.text import Line, Text, When, line, text
from bot.wording.units import both, count


def missing_words(missing: Missing, stage: str = "") -> str:
    """Whose yes (to a stage) is still missing: `one of Finance`, `2 approvals by ML or SRE`; empty for nobody's."""
    if missing.nobody:
        return ""
    of = f" of {stage}" if stage else ""
    rest = missing.people - len(missing.each)
    each = [f"one of {GROUPS[group.value]}" for group in missing.each]
    if not each:
        return f"{count(rest, 'approval')}{of} by {_groups(missing.groups)}"
    others = [f"{rest} more of {_groups(missing.groups)}"] if rest else []
    return f"{f'approval{of} by ' if stage else ''}{both([*each, *others])}"


def _groups(groups: tuple[GroupName, ...]) -> str:
    return groups_word([group.value for group in groups])


def said(facts: Mapping[str, JsonValue]) -> str:
    """The fact `missing` in words; empty where there is none, or nothing that can be understood."""
    found = facts.get("missing")
    people = found.get("people") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(people, int):
        return ""
    return missing_words(Missing(people, _named(found.get("each")), _named(found.get("groups"))))


def _named(value: JsonValue) -> tuple[GroupName, ...]:
    return tuple(group for group in GroupName if isinstance(value, list) and group in value)


def missing_of(rotation: Rotation, request: Request, stage: str = "") -> str:
    """Whose yes to a request is still missing; empty where nobody's is."""
    rule = rotation.plan.stages[request.stage].approval
    return missing_words(still_missing(rule, request), stage)


def reminded_line(question: Request | Decision) -> Line:
    """That a question is posted once more because too few have answered; empty the first time."""
    if not question.reminded or question.delivered_at is None:
        return ()
    return line("⏳ Reminder: asked ", When(question.delivered_at), ", and still waiting for an answer")


def fallback_lines(rotation: Rotation, request: Request) -> Text:
    """Which groups are asked too because others did not answer, and which is next and when."""
    steps = rotation.plan.stages[request.stage].approval.fallback
    too, later = steps[: len(request.asked_too)], steps[len(request.asked_too) :]
    names = ", ".join(GROUPS[step.group.value] for step in too)
    said = f"⏳ Asked too, because others did not answer in time: {names}" if too else ""
    if not later or request.fall_back_at is None:
        return text(said)
    return text(
        said,
        line("If it is not answered by ", When(request.fall_back_at), f", {_groups((later[0].group,))} is asked too"),
    )


def approvals_line(request: Request, stage: StagePlan) -> str:
    """Who has said yes so far, and as whom where one of each of several groups is asked."""
    if not request.approvals:
        return ""
    rule = stage.approval
    names = ", ".join(
        f"{yes.by.name} ({_groups(stands_for(yes.by, rule))})" if rule.one_of_each else yes.by.name
        for yes in request.approvals
    )
    left = missing_words(still_missing(rule, request))
    more = f". Still missing: {left}" if left and request.open and rule.one_of_each else ""
    return f"✅ {len(request.approvals)} of {count(rule.count, 'approval')}: {names}{more}"
