"""The slot and the stage an operator names on the command line, found in a runbook."""

from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.exits import ExitCode, Stop

if TYPE_CHECKING:
    from bot.runbook.models.file import Runbook
    from bot.runbook.models.plan import Plan, StagePlan


def stage_named(runbook: Path, slot: str | None, stage: str | None) -> "tuple[Plan, StagePlan, Runbook]":
    """The plan of the slot (else the only one), its stage (else the last), and the whole runbook. Raises Stop."""
    from bot.cli.runbook import loaded
    from bot.runbook.models.plan import plan_for
    from bot.runbook.problems import nearest

    rules = loaded(runbook).runbook
    if slot is None and len(rules.slots) > 1:
        raise Stop(ExitCode.USAGE, f"--slot: which one? There are {', '.join(rules.slots)}.")
    slot = slot or next(iter(rules.slots))
    if slot not in rules.slots:
        raise Stop(ExitCode.USAGE, f"--slot: {_no_such(slot, nearest(slot, rules.slots), list(rules.slots))}")
    plan = plan_for(rules, slot)
    found = {one.name: one for one in plan.stages}
    stage = stage or plan.stages[-1].name
    if stage not in found:
        raise Stop(ExitCode.USAGE, f"--stage: {_no_such(stage, nearest(stage, found), list(found))}")
    return plan, found[stage], rules


def _no_such(name: str, near: str | None, known: list[str]) -> str:
    return f"there is no {name!r}; " + (f"did you mean {near}?" if near else f"there are {', '.join(known)}.")
