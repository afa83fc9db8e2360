"""The engine at work: one loop that takes commands, timers and effects as they fall due, until it is stopped.

All due times are rows. APScheduler is only the clock that wakes the loop, from memory (its own stores lose a job that
runs at a kill). What was being done when the process died is found again at the start.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.engine.changes import of_event
from bot.engine.desk import Desk
from bot.engine.drift import look_for_drift
from bot.engine.happen import happen
from bot.engine.house import HOUSE, fallen_due, keep_due
from bot.engine.memberships import look_at_groups
from bot.engine.models.commands import Command
from bot.engine.outside import Outside, Rules
from bot.engine.queueing import keep_queue
from bot.engine.records import Claimed, Commit, LeaseLostError, TimerMovedError
from bot.engine.rules import announce_changes
from bot.engine.worker import work_off
from bot.rotation.effects import Lane
from bot.rotation.events import TimerFired, WasDown
from bot.rotation.machine import transition

log = structlog.get_logger()

LEASE = timedelta(seconds=60)
RENEWED_EVERY_S = 20.0
"""A lease ends soon after its holder did; who is at work renews it in time."""
ALIVE_EVERY_S = 5.0
NOTICED_ABSENCE = timedelta(seconds=30)
"""A shorter gap than this is a restart, and moves no deadline."""
TERMINAL_POLL_S = 0.5
"""The terminal writes to the inbox from another process; it is seen within a second."""
KEPT = timedelta(days=30)
"""Commands and effects that are over; what they led to stays in the ledger."""
FORGET_EVERY_S = 3600.0
DRIFT_POLL_S = 60.0
GROUPS_POLL_S = 120.0
GRACE_S = 2.0
FINISHED = {Lane.TARGET, Lane.CHAT, Lane.PAGE}
"""What is under way there may come to its end before the process does: cut off, a message would be said twice."""
LONGEST_PAUSE_S = 15.0
AGAIN = timedelta(seconds=5)
"""When what crashed in a turn is tried again."""


class Engine:
    """Takes commands, keeps time, performs effects. `submit` may be called from anywhere in its loop."""

    def __init__(self, outside: Outside, rules: Rules) -> None:
        """Take the ports and the rules; nothing runs before `start`."""
        self.outside = outside
        self.rules = rules
        self._awake = asyncio.Event()
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._loop: asyncio.Task[None] | None = None
        self._desk = Desk(outside, rules)
        self._effects: dict[int, tuple[Claimed, asyncio.Task[None]]] = {}
        self._passed_at = outside.clock.now()
        self._again_at: datetime | None = None
        # A regular job that still runs is left out once: that is what we ask for, and no news.
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)

    async def submit(self, command: Command) -> None:
        """Keep a command; when this returns it is on disk and will be carried out, once."""
        await self.outside.store.accept(command, self.outside.clock.now())
        self._awake.set()

    def wake(self) -> None:
        """Something was written that is due: take a turn now."""
        self._awake.set()

    def every(self, seconds: float, work: Callable[[], Awaitable[object]], name: str) -> None:
        """Do something at an interval while the engine runs; one that is still going on is not started again."""
        self._scheduler.add_job(
            _guarded(work, name), "interval", seconds=seconds, id=name, coalesce=True, max_instances=1
        )

    async def start(self) -> None:
        """Pick up what the last process left, then keep going in the background."""
        await self.recover()
        self.every(ALIVE_EVERY_S, self._remember_alive, "alive")
        self.every(TERMINAL_POLL_S, self._look_for_commands, "terminal")
        self.every(RENEWED_EVERY_S, self._renew, "leases")
        self.every(FORGET_EVERY_S, self._forget, "forget")
        self.every(DRIFT_POLL_S, self.look_for_drift, "drift")
        self.every(GROUPS_POLL_S, self.look_at_groups, "groups")
        self._scheduler.start()
        self._loop = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        """Take no new work; what is under way is found again at the next start, a change or a message soon ends."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        if self._loop is not None:
            self._loop.cancel()
        ending = [task for claimed, task in self._effects.values() if claimed.lane.partition(".")[0] in FINISHED]
        if ending:
            await asyncio.wait(ending, timeout=GRACE_S)
        left = [*([self._loop] if self._loop else []), *self.at_work]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    @property
    def at_work(self) -> list[asyncio.Task[None]]:
        """Commands being carried out and effects being performed."""
        return [*self._desk.at_work, *(task for _, task in self._effects.values())]

    async def recover(self) -> None:
        """Let go of what a dead process held, and tell rotations how long nobody was there: once, or not at all."""
        store, now = self.outside.store, self.outside.clock.now()
        released = await store.release_all(now)
        last = await store.fact("alive_at")
        gap = now - datetime.fromisoformat(last) if last else timedelta()
        missed: tuple[Commit, ...] = ()
        if gap > NOTICED_ABSENCE:
            event = WasDown(at=now, length=gap)
            missed = tuple([of_event(r, event, transition(r, event)) for r in await store.rotations(running=True)])
        await store.commit(Commit(at=now, more=missed, facts=(("alive_at", now.isoformat()),)))
        await announce_changes(store, self.rules, now)
        await keep_due(self.outside, self.rules, now)
        await self._forget()
        log.info("recovered", effects_found=released, away_s=round(gap.total_seconds(), 1))

    async def turn(self) -> None:
        """One round: take commands, fire timers, free slots, claim effects. What it begins goes on by itself."""
        self._passed_at = self.outside.clock.now()
        for task in await self._desk.take():
            self._wake_after(task)
        whole = await self._fire_timers()
        whole &= await self._keep_queue()
        self._again_at = None if whole else self._passed_at + AGAIN
        await self._claim_effects()

    async def _run(self) -> None:
        crashed = 0
        while True:
            self._awake.clear()
            try:
                await self.turn()
                await self._sleep_until_due()
                crashed = 0
            except Exception:
                log.exception("turn_crashed")
                crashed += 1
                await self.outside.clock.sleep(min(2.0**crashed, LONGEST_PAUSE_S))
                self._awake.set()
            await self._awake.wait()

    async def due(self) -> datetime | None:
        """When the next turn is due by itself; None when nothing is. What crashed in the last one is due soon."""
        due = await self.outside.store.next_due(self._passed_at)
        return min((moment for moment in (due, self._again_at) if moment is not None), default=None)

    async def _sleep_until_due(self) -> None:
        due = await self.due()
        if due is not None:
            self._wake_at(max(due, self.outside.clock.now()))

    def _wake_at(self, due: datetime) -> None:
        self._scheduler.add_job(
            self._awake.set, "date", run_date=due, id="wake", replace_existing=True, misfire_grace_time=None
        )

    async def _remember_alive(self) -> None:
        await self.outside.store.remember("alive_at", self.outside.clock.now().isoformat())

    async def _look_for_commands(self) -> None:
        if await self._desk.has_new():
            self._awake.set()

    async def _renew(self) -> None:
        until = self.outside.clock.now() + LEASE
        for claimed, task in list(self._effects.values()):
            try:
                await self.outside.store.renew(claimed, until)
            except LeaseLostError:
                if not task.done():
                    log.warning("lease_lost", effect=claimed.key)
                    task.cancel()

    async def look_for_drift(self) -> None:
        """Look at every place whose time has come, and tell what somebody else changed there."""
        await look_for_drift(self.outside, self.rules.runbook.slots)

    async def look_at_groups(self) -> None:
        """Look who is in the groups that running rotations ask, and tell who joined or left."""
        await look_at_groups(self.outside, self.rules, self.rules.runbook.slots)

    async def _forget(self) -> None:
        await self.outside.store.forget(self.outside.clock.now() - KEPT)

    async def _fire_timers(self) -> bool:
        """Whether every due timer fired; one that did not stays due, and is fired again soon."""
        whole = True
        for timer in await self.outside.store.due_timers(self._passed_at):
            event = TimerFired(at=self.outside.clock.now(), name=timer.name)
            try:
                if timer.subject == HOUSE:
                    await self.outside.store.commit(fallen_due(self.rules, timer, event.at))
                    continue
                await happen(self.outside.store, timer.subject, event, fired=timer)
            except TimerMovedError:
                continue
            except Exception:  # one rotation that cannot go on must not stop the others
                log.exception("timer_crashed", rotation=timer.subject, timer=timer.name)
                whole = False
        return whole

    async def _keep_queue(self) -> bool:
        """Whether the queue could be kept; that it could not holds up nobody who is not in it."""
        try:
            await keep_queue(self.outside.store, self._passed_at)
        except Exception:
            log.exception("queue_not_kept")
            return False
        return True

    async def _claim_effects(self) -> None:
        now = self.outside.clock.now()
        for claimed in await self.outside.store.claim(now, LEASE, tuple(self._effects)):
            task = asyncio.get_running_loop().create_task(self._work_off(claimed))
            self._effects[claimed.id] = claimed, task
            self._wake_after(task)

    async def _work_off(self, claimed: Claimed) -> None:
        try:
            await work_off(self.outside, self.rules, claimed)
        except Exception:  # its outcome could not be written: it is taken up again when its lease has run out
            log.exception("effect_unrecorded", effect=claimed.key)
        finally:
            self._effects.pop(claimed.id, None)

    def _wake_after(self, task: asyncio.Task[Any]) -> None:
        task.add_done_callback(lambda _: self._awake.set())


def _guarded(work: Callable[[], Awaitable[object]], name: str) -> Callable[[], Coroutine[Any, Any, None]]:
    async def once() -> None:
        try:
            await work()
        except Exception:
            log.exception("regular_work_crashed", work=name)

    return once
