"""Whether the places of a slot can be read and written, hold a model, and have their programs. Writes nothing."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any, Final

from bot.doctor.model import Finding, State, fails, not_checked, ok
from bot.ports import OutsideError, Target
from bot.runbook.models.plan import Plan
from bot.runbook.models.targets.env_file import EnvFilePlan
from bot.runbook.models.targets.kinds import TargetPlan

Find = Callable[[str], str | None]
"""Where a program is, None when it is not on PATH."""
AT_ONCE: Final = 8
"""So many places are looked at a time."""
LOOKS: Final = 2
"""A place is read, and asked whether it could be written."""
_CORRECT: Final = {
    "env_file": "correct the file, or the runbook's `env_file` and `variable`",
    "kubernetes": "correct the target, or let the bot's account read it (a role: deploy/kubernetes-role.yml)",
}
_WRITABLE: Final = {
    "env_file": "run rotate as a user who may write there",
    "kubernetes": "let the bot's account change it (a role: deploy/kubernetes-role.yml), or see the message",
}


@dataclass(frozen=True)
class _Looked:
    """A place, what it is called among the checks, and how it was found."""

    name: str
    plan: TargetPlan
    found: Finding
    held: str | None = None

    @property
    def block(self) -> str:
        """What the tenants of one entry of `targets` are called together."""
        return self.name.removesuffix(f".{self.plan.tenant}") if self.plan.tenant else self.name


async def check_places(targets: Mapping[str, Target[Any]], plan: Plan, find: Find) -> list[Finding]:
    """A finding for each place and each program; tenants of one entry that are all well are told together."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(target: TargetPlan, *, spare: bool) -> _Looked:
        async with gate:
            return await _looked(targets[target.kind], f"{plan.slot}/{target.id}", target, spare=spare)

    every = [one(target, spare=False) for stage in plan.stages for target in stage.targets]
    if plan.test_target is not None:
        every.append(one(plan.test_target, spare=True))
    looked = await asyncio.gather(*every)
    found: list[Finding] = []
    for _, block in groupby(looked, key=lambda one: one.block):
        found += _told(list(block), find)
    return found


def time_to_look(plan: Plan) -> timedelta:
    """How long looking at every place of a slot may take at the most, beyond what files do."""
    every = sum((target.reading for stage in plan.stages for target in stage.targets), timedelta())
    return every * LOOKS / AT_ONCE


def _told(block: Sequence[_Looked], find: Find) -> Iterator[Finding]:
    well = [one for one in block if one.found.state is State.OK and one.plan.tenant]
    if len(well) > 1:
        held = Counter(one.held or "" for one in well).most_common()
        said = ", ".join(f"{n} {'hold ' + value if value else 'have nothing set'}" for value, n in held)
        yield ok(f"target {well[0].block}", f"{len(well)} tenants, which can be written: {said}")
    yield from (one.found for one in block if one not in well or len(well) == 1)
    yield from dict.fromkeys(finding for one in block for finding in _programs(one.block, one.plan, find))


async def _looked(target: Target[Any], name: str, plan: TargetPlan, *, spare: bool) -> _Looked:
    check = f"target {name}"
    try:
        held = await target.read(plan)
    except OutsideError as error:
        what, _, todo = error.what.partition("; ")
        correct = todo or _CORRECT.get(plan.kind, "correct it, or what the runbook says of it")
        return _Looked(name, plan, fails(check, what, correct))
    reason = await target.check_writable(plan)
    if reason:
        todo = _WRITABLE.get(plan.kind, "see the message, then run `rotate doctor` again")
        return _Looked(name, plan, fails(check, f"can be read but not written: {reason}", todo))
    value = "is not set" if held is None else f"holds {held or 'nothing'}"
    if not held and not spare and not plan.inherits:
        unknown = "which model is current there is not known, and without it no comparison can begin"
        return _Looked(name, plan, fails(check, f"{_said(plan, value)}: {unknown}", _to_set(plan)))
    return _Looked(name, plan, ok(check, f"{_said(plan, value)}, which can be written"), held)


def _said(plan: TargetPlan, value: str) -> str:
    return f"{plan.variable} {value} in {plan.path}" if isinstance(plan, EnvFilePlan) else f"{plan.place} {value}"


def _to_set(plan: TargetPlan) -> str:
    if isinstance(plan, EnvFilePlan):
        return f"write {plan.variable}=MODEL into it, the model that is used there now"
    return "set it to the model that is used there now, or write `inherits: true` where another's setting applies then"


def _programs(name: str, plan: TargetPlan, find: Find) -> Iterator[Finding]:
    if plan.unguarded:
        lines = " and ".join(f"`{line}`" for line in plan.unguarded)
        what = f"{lines} cannot compare: an edit made between our look and our write would be overwritten"
        yield not_checked(f"write {name}", what, "give it {expected}, or a `version`, where the platform has that")
    if plan.unnoticed:
        what = "no restart command: a change takes effect only if the readers watch the file"
        yield not_checked(f"restart {name}", what)
    for line, program in plan.programs:
        check, path = f"{line} {name}", find(program)
        if path is None:
            where = "is not an executable file" if "/" in program else "is not on PATH"
            yield fails(check, f"`{program}` {where}", f"install it, write its whole path, or correct `{line}`")
        elif line == "restart":
            yield ok(check, f"{' '.join(plan.restart)} ({path})" if isinstance(plan, EnvFilePlan) else path)
