"""Asking the readers of a place, once they were restarted, whether they are up and healthy."""

import asyncio
from datetime import timedelta
from typing import Final

from bot.engine.outside import Outside
from bot.ports import Clock, Numbers, OutsideError
from bot.runbook.models.checks import CheckRules
from bot.runbook.models.durations import format_duration
from bot.runbook.models.targets.kinds import TargetPlan

STEADY: Final = 2
"""So many times in a row all of them are well: one that crashes again and again is well now and then."""
PAUSE_S: Final = 2.0
UNWELL: Final = "workers_unwell"
_LOOKED_BACK: Final = timedelta(minutes=1)
"""What a query's `$window` stands for."""


async def wait_for_workers(outside: Outside, target: TargetPlan, *, value: str | None, stage: str) -> None:
    """Return once the workers of a place, where any are named, are well and stay so. Raises OutsideError."""
    workers = target.workers
    if workers is None:
        return
    if outside.numbers is None:
        what = f"nothing here can ask the workers of {target.place}"
        raise OutsideError(what, whose="rotate", again=False, code=UNWELL)
    asked, within = tuple(workers.asked()), workers.within
    until, well, said = outside.clock.now() + within, 0, ""
    for number in range(int(within.total_seconds() / PAUSE_S) + STEADY):
        if number:
            await outside.clock.sleep(PAUSE_S)
        trouble = await _trouble(outside.numbers, outside.clock, asked, stage=stage, model=value or "")
        said, well = trouble or said, 0 if trouble else well + 1
        if well == STEADY:
            return
        if trouble and outside.clock.now() >= until:
            break
    what = (
        f"{target.place} holds {value or 'nothing'}, but the workers that read it are not well within "
        f"{format_duration(within)} of their restart: {said or 'they said so once only'}"
    )
    raise OutsideError(what, whose="sre", again=False, code=UNWELL)


async def _trouble(source: Numbers, clock: Clock, asked: tuple[CheckRules, ...], *, stage: str, model: str) -> str:
    """What those say that are not well; empty when all of them are."""
    now = clock.now()
    words = [source.word(rules, now - _LOOKED_BACK, now, stage=stage, model=model) for rules in asked]
    heard = zip(asked, await asyncio.gather(*words), strict=True)
    return "; ".join(_named(rules, report.detail) for rules, report in heard if not report.healthy)


def _named(rules: CheckRules, said: str) -> str:
    """What was said, and by whom: an address without what may be secret in it."""
    name = (rules.http or "").partition("?")[0]
    return f"{name} said {said}" if name and name not in said else said
