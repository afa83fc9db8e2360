"""Places of a runbook that are named twice: one of the two would find what the other has set.

Env files are compared as they are written (`rules`), so that this is found together with every other error; other kinds
are compared once they are understood.
"""

from collections.abc import Iterator

from bot.runbook.fields import Path
from bot.runbook.models.file import Runbook
from bot.runbook.models.targets.kinds import TargetPlan

Finding = tuple[Path, str]
"""A place in the file and what is wrong there."""


def named_twice(runbook: Runbook) -> list[Finding]:
    """Every target that is the same place as one before it."""
    first: dict[str, Path] = {}
    findings: list[Finding] = []
    for path, plan in _every(runbook):
        taken = first.setdefault(plan.key, path)
        if taken is not path:
            findings.append((path, f"{plan.place} is already {_named(taken)}; each needs its own place"))
    return findings


def _every(runbook: Runbook) -> Iterator[tuple[Path, TargetPlan]]:
    for slot_name, slot in runbook.slots.items():
        for name, stage in slot.stages.items():
            for number, block in enumerate(stage.targets):
                path: Path = ("slots", slot_name, "stages", name, "targets", number)
                for plan in block.plans("", variable=slot.variable, tenants=tuple(stage.tenants)):
                    if plan.kind != "env_file":
                        yield path, plan
        if slot.test_target is not None and slot.test_target.kind != "env_file":
            for plan in slot.test_target.plans("", variable=slot.variable, tenants=()):
                yield ("slots", slot_name, "test_target"), plan


def _named(path: Path) -> str:
    return (
        f"a target of stage `{path[3]}` of slot `{path[1]}`" if "stages" in path else f"slot `{path[1]}`'s test target"
    )
