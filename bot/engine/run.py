"""The engine at work: one loop that takes commands, timers and effects as they fall due, until it is stopped.

All due times are rows. APScheduler is only the clock that wakes the loop, from memory (its own stores lose a job that
runs at a kill). What was being done when the process died is found again at the start.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.engine.answers import answer
from bot.engine.happen import happen
from bot.engine.intake import carry_out
from bot.engine.models import Command
from bot.engine.outside import Outside, Rules
from bot.engine.queueing import keep_queue
from bot.engine.records import Accepted, Claimed, Commit
from bot.engine.worker import waiting_time, work_off
from bot.ports import OutsideError
from bot.rotation.events import TimerFired, WasDown

log = structlog.get_logger()

LEASE = timedelta(minutes=10)
ALIVE_EVERY_S = 2.0
NOTICED_ABSENCE = timedelta(seconds=30)
"""A shorter gap than this is a restart, and moves no deadline."""
TERMINAL_POLL_S = 0.5
"""The terminal writes to the inbox from another process; it is seen within a second."""


class Engine:
    """Takes commands, keeps time, performs effects. `submit` may be called from anywhere in its loop."""

    def __init__(self, outside: Outside, rules: Rules) -> None:
        """Take the ports and the rules; nothing runs before `start`."""
        self.outside = outside
        self.rules = rules
        self._awake = asyncio.Event()
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._loop: asyncio.Task[None] | None = None
        self._effects: dict[int, asyncio.Task[None]] = {}
        self._commands: dict[str, asyncio.Task[None]] = {}
        self._tries: dict[str, int] = {}
        self._passed_at = outside.clock.now()

    async def submit(self, command: Command) -> None:
        """Keep a command; when this returns it is on disk and will be carried out, once."""
        await self.outside.store.accept(command, self.outside.clock.now())
        self._awake.set()

    def every(self, seconds: float, work: Callable[[], Awaitable[object]], name: str) -> None:
        """Do something at an interval while the engine runs; one that is still going on is not started again."""
        self._scheduler.add_job(
            _guarded(work, name), "interval", seconds=seconds, id=name, coalesce=True, max_instances=1
        )

    async def start(self) -> None:
        """Pick up what the last process left, then keep going in the background."""
        await self._recover()
        self.every(ALIVE_EVERY_S, self._remember_alive, "alive")
        self.every(TERMINAL_POLL_S, self._look_for_commands, "terminal")
        self._scheduler.start()
        self._loop = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        """Take no new work, let what is under way come to its end or be found again later."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        tasks = [*([self._loop] if self._loop else []), *self._effects.values(), *self._commands.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _recover(self) -> None:
        store, now = self.outside.store, self.outside.clock.now()
        released = await store.release_all(now)
        last = await store.fact("alive_at")
        gap = now - datetime.fromisoformat(last) if last else timedelta()
        if gap > NOTICED_ABSENCE:
            for rotation in await store.rotations(running=True):
                await happen(store, rotation.id, WasDown(at=now, length=gap))
        await self._remember_alive()
        log.info("recovered", effects_found=released, away_s=round(gap.total_seconds(), 1))

    async def _remember_alive(self) -> None:
        await self.outside.store.remember("alive_at", self.outside.clock.now().isoformat())

    async def _look_for_commands(self) -> None:
        if any(item.id not in self._commands for item in await self.outside.store.waiting()):
            self._awake.set()

    async def _run(self) -> None:
        while True:
            self._awake.clear()
            try:
                await self._pass()
                await self._sleep_until_due()
            except Exception:
                log.exception("pass_crashed")
                await self.outside.clock.sleep(1)
            await self._awake.wait()

    async def _pass(self) -> None:
        self._passed_at = self.outside.clock.now()
        await self._take_commands()
        await self._fire_timers()
        await keep_queue(self.outside.store, self._passed_at)
        await self._claim_effects()

    async def _sleep_until_due(self) -> None:
        due = await self.outside.store.next_due(self._passed_at)
        if due is not None:
            self._wake_at(max(due, self.outside.clock.now()))

    def _wake_at(self, due: datetime) -> None:
        self._scheduler.add_job(
            self._awake.set, "date", run_date=due, id="wake", replace_existing=True, misfire_grace_time=None
        )

    async def _take_commands(self) -> None:
        busy = {actor for actor, task in self._commands.items() if not task.done()}
        mine: dict[str, list[Accepted]] = {}
        for item in await self.outside.store.waiting():
            mine.setdefault(item.command.actor, []).append(item)
        for actor, items in mine.items():
            if actor not in busy:
                self._commands[actor] = self._background(self._carry_out(items))

    async def _carry_out(self, items: list[Accepted]) -> None:
        for item in items:
            try:
                await carry_out(self.outside, self.rules, item.command, self.outside.clock.now())
                self._tries.pop(item.id, None)
            except OutsideError as error:
                await self._command_failed(item, error)
            except Exception:
                log.exception("command_crashed", command=item.id, kind=item.command.kind)
                await self._command_failed(item, OutsideError(item.id, whose="rotate", again=False, code="crashed"))

    async def _command_failed(self, item: Accepted, error: OutsideError) -> None:
        tries = self._tries[item.id] = self._tries.get(item.id, 0) + 1
        if error.again:
            await self.outside.clock.sleep(waiting_time(tries).total_seconds())
            self._awake.set()
            return
        now = self.outside.clock.now()
        told = (
            answer(item.command, "internal_error", reference=item.id)
            if error.whose == "rotate"
            else answer(item.command, "outside_failed", what=error.what, whose=error.whose)
        )
        await self.outside.store.commit(Commit(at=now, wanted=(told,), inbox_done=item.id))

    async def _fire_timers(self) -> None:
        for timer in await self.outside.store.due_timers(self._passed_at):
            event = TimerFired(at=self.outside.clock.now(), name=timer.name)
            await happen(self.outside.store, timer.subject, event, fired=timer)

    async def _claim_effects(self) -> None:
        now = self.outside.clock.now()
        for claimed in await self.outside.store.claim(now, LEASE, tuple(self._effects)):
            self._effects[claimed.id] = self._background(self._work_off(claimed))

    async def _work_off(self, claimed: Claimed) -> None:
        try:
            await work_off(self.outside, self.rules, claimed)
        finally:
            self._effects.pop(claimed.id, None)

    def _background(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(lambda _: self._awake.set())
        return task


def _guarded(work: Callable[[], Awaitable[object]], name: str) -> Callable[[], Awaitable[None]]:
    async def once() -> None:
        try:
            await work()
        except Exception:
            log.exception("regular_work_crashed", work=name)

    return once
