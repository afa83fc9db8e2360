"""What the bot does by itself, for no rotation: when it looks at the catalog, at live models and at the freezes.

Each due time is a row like a rotation's; when it comes, the work and the next due time are written together.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.engine.changes import as_json
from bot.engine.chores import LookAtCurrent, LookAtFreezes, LookUpCatalog
from bot.engine.frozen import LAST_TURN, TURN, next_turn
from bot.engine.outside import Outside, Rules
from bot.engine.records import Commit, Timer, Wanted

HOUSE: Final = "house"
CATALOG: Final = "catalog"
CURRENT: Final = "current"
CURRENT_EVERY: Final = timedelta(hours=1)
"""How often the models that are live are held against their limits: as long as a look's window at the most."""
LOOKED: Final = "looked_at:"
"""The fact that says when something was last due: `looked_at:catalog`."""


def _every(rules: Rules) -> dict[str, timedelta]:
    return {CATALOG: rules.runbook.catalog.every, CURRENT: CURRENT_EVERY}


async def keep_due(outside: Outside, rules: Rules, now: datetime) -> None:
    """At the start: what was due while nobody was there is due now, the rest when it would have been."""
    timers = []
    for name, every in _every(rules).items():
        last = await outside.store.fact(LOOKED + name)
        due = datetime.fromisoformat(last) + every if last else now
        timers.append(Timer(HOUSE, name, due if outside.catalog is not None or name != CATALOG else None))
    last = await outside.store.fact(LAST_TURN)
    timers.append(await next_turn(outside.store, rules, datetime.fromisoformat(last) if last else now))
    await outside.store.commit(Commit(at=now, timers=tuple(timers)))


def fallen_due(rules: Rules, timer: Timer, now: datetime) -> Commit:
    """What one of its timers leads to: the work, and the next due time."""
    every = _every(rules).get(timer.name)
    commit = Commit(at=now, fired=timer)
    if timer.name == TURN:
        return replace(commit, wanted=(_wanted(LookAtFreezes(), now),))
    if every is None:  # of an earlier release, which looked at something else
        return commit
    tasks = [LookUpCatalog()] if timer.name == CATALOG else [LookAtCurrent(slot=slot) for slot in rules.runbook.slots]
    return replace(
        commit,
        timers=(Timer(HOUSE, timer.name, now + every),),
        wanted=tuple(_wanted(task, now) for task in tasks),
        facts=((LOOKED + timer.name, now.isoformat()),),
    )


def _wanted(task: LookUpCatalog | LookAtCurrent | LookAtFreezes, now: datetime) -> Wanted:
    about = task.slot if isinstance(task, LookAtCurrent) else TURN if isinstance(task, LookAtFreezes) else CATALOG
    return Wanted(
        subject=f"{HOUSE}:{about}",
        lane="look",
        key=f"{HOUSE}:{task.kind}:{about}:{now.isoformat()}",
        kind=task.kind,
        body=as_json(task),
        replaces=f"{HOUSE}:{task.kind}:{about}",
    )
