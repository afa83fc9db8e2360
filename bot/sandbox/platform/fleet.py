"""The platform: three fleets, their traffic, their log. Time passes in ticks; nothing else here waits, but restarts.

The pages it serves are in `site`, the control API in `control`; both only read and set what is public here.
"""

import asyncio
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from random import Random

from aiohttp import web

from bot.sandbox.platform import control, envfile, site
from bot.sandbox.platform.costs import Costs
from bot.sandbox.platform.journal import Journal, rfc3339
from bot.sandbox.platform.settings import STAGES, Settings
from bot.sandbox.platform.tenants import tenants_of
from bot.sandbox.platform.worker import Fleet, RestartFailed
from bot.sandbox.provider.server import Provider

LONGEST_TICK = 1.0
"""After a stall of the process this much traffic is made up for at most."""


class Platform:
    """A platform whose workers read their model from `DIR/{staging,pilots,global}.env`.

    `clock` gives epoch seconds. `start` makes the files, starts the workers and lets time pass; a test that wants to
    hold time itself calls `open` instead, and `tick`.
    """

    def __init__(
        self,
        directory: Path,
        provider: Provider,
        seed: int = 7,
        settings: Settings | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.directory = directory
        self.provider = provider
        self.settings = settings or Settings()
        self.clock = clock
        self.costs = Costs()
        self.journal = Journal(clock)
        tenants = tenants_of(self.settings, seed)
        self.fleets = {
            stage: Fleet(
                stage, directory / f"{stage}.env", tenants[stage], self.settings, provider, Random(f"{stage} {seed}")
            )
            for stage in STAGES
        }
        self._stamps: dict[str, envfile.Stamp | None] = {}
        self._played = 0.0
        self._task: asyncio.Task[None] | None = None
        self._locks = {stage: asyncio.Lock() for stage in STAGES}

    async def open(self) -> None:
        """Make the files that are missing and start the workers; no time passes."""
        for fleet in self.fleets.values():
            envfile.make(fleet.path, fleet.stage, self.settings.variable, self.settings.model)
            self._stamps[fleet.stage] = envfile.stamp(fleet.path)
            await fleet.start(self.clock())

    async def start(self) -> None:
        """Make the files that are missing, start the workers, and let traffic flow."""
        await self.open()
        self._task = asyncio.create_task(self._run(), name="platform traffic")

    async def stop(self) -> None:
        """Stop the traffic; the files stay."""
        for fleet in self.fleets.values():
            fleet.metrics_mode = "ok"
            fleet.restart_mode = "ok"
            fleet.released.set()
            self.provider.report_load(fleet.stage, None)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(self.settings.tick_seconds)
            now = time.monotonic()
            self.tick(min(LONGEST_TICK, now - last))
            last = now

    def tick(self, seconds: float) -> None:
        """Let `seconds` of traffic pass, and look whether a file was changed."""
        self._played += seconds
        at = self.clock()
        for fleet in self.fleets.values():
            self.watch(fleet)
            self.costs.add(at, fleet.play(seconds, self.wave()))

    def wave(self) -> float:
        """How much of its usual traffic the platform has now."""
        turn = 2 * math.pi * self._played / self.settings.day_seconds if self.settings.day_seconds else 0.0
        return 1.0 + self.settings.diurnal * math.sin(turn)

    def configure(self, settings: Settings) -> None:
        """Go on with these settings. Tenants, their sizes and the variable stay what they were at the start."""
        self.settings = settings
        for fleet in self.fleets.values():
            fleet.settings = settings

    def watch(self, fleet: Fleet) -> None:
        """Log the file of the fleet when it is not what it was at the last look."""
        now = envfile.stamp(fleet.path)
        before = self._stamps.get(fleet.stage)
        if now == before:
            return
        self._stamps[fleet.stage] = now
        data = {
            "value": fleet.configured,
            "sha256": envfile.digest(fleet.path),
            "mode": None if now is None else format(now.mode, "04o"),
            "replaced": before is not None and now is not None and now.inode != before.inode,
        }
        self.journal.note(fleet.stage, "file", data)

    async def restart(self, stage: str) -> Mapping[str, object]:
        """Restart the workers of a stage: they read their file and ask their model once. Old ones serve meanwhile.

        Raises:
            RestartFailed: when told to fail by the control API; nothing has changed then.
        """
        fleet = self.fleets[stage]
        async with self._locks[stage]:
            began, previous = self.clock(), fleet.running
            self.watch(fleet)
            fleet.starting = True
            try:
                if fleet.restart_mode == "hang":
                    fleet.released.clear()
                    await fleet.released.wait()
                await asyncio.sleep(self._restart_seconds(fleet))
                if fleet.restart_mode == "fail":
                    detail = f"worker-{stage}: job failed because the control process exited with error code"
                    self.journal.note(
                        stage, "restart", {"ok": False, "model": previous, "previous": previous, "detail": detail}
                    )
                    raise RestartFailed(detail)
                await fleet.start(self.clock())
            finally:
                fleet.starting = False
            fleet.restarts += 1
            word, why = fleet.health()
            data = {
                "ok": True,
                "model": fleet.running,
                "previous": previous,
                "health": word,
                "detail": why,
                "seconds": round(self.clock() - began, 3),
            }
            self.journal.note(stage, "restart", data)
            return {"stage": stage, **data}

    def _restart_seconds(self, fleet: Fleet) -> float:
        return self.settings.restart_seconds if fleet.restart_seconds is None else fleet.restart_seconds

    def app(self) -> web.Application:
        """What operators and Prometheus see: metrics, health, costs, restart."""
        return site.app(self)

    def control_app(self) -> web.Application:
        """The control API: see docs/sandbox-provider.md."""
        return control.app(self)

    def snapshot(self) -> dict[str, object]:
        """The stages with their figures of the last second, and how far the log has come."""
        return {
            "at": rfc3339(self.clock()),
            "variable": self.settings.variable,
            "wave": round(self.wave(), 4),
            "stages": {stage: self.stage_snapshot(stage) for stage in STAGES},
            "log": self.journal.length,
        }

    def stage_snapshot(self, stage: str) -> dict[str, object]:
        """One stage: models, figures, health, faults in force, tenants, counts of restarts and file changes."""
        fleet = self.fleets[stage]
        word, why = fleet.health()
        outlook = fleet.answering()[1]
        return {
            "stage": stage,
            "file": str(fleet.path),
            "configured": fleet.configured,
            "sha256": envfile.digest(fleet.path),
            "running": fleet.running,
            "answering": None if outlook.served is None else outlook.served.id,
            **{name: None if value is None else round(value, 6) for name, value in asdict(fleet.rates()).items()},
            "health": word,
            "health_detail": why,
            "traffic": fleet.traffic,
            "scale": fleet.scale,
            "restart_mode": fleet.restart_mode,
            "metrics_mode": fleet.metrics_mode,
            "started_at": rfc3339(fleet.started_at),
            "restarts": fleet.restarts,
            "file_changes": self.journal.count(stage, "file"),
            "tenants": fleet.tenant_rows(),
        }
