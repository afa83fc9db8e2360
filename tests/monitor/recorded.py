"""Recorded rows for tests: two arms side by side, or tenants with a past, as a platform would have counted them."""

import json
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.monitor.recorded import read_rows
from bot.monitor.replay import Ended, Replay
from bot.monitor.written import bake_of, kinds_of
from bot.rotation.evidence import LookResult
from bot.runbook.models.checks import ChecksFile
from tests.monitor.world import poisson

BEGUN = datetime(2026, 3, 2, tzinfo=UTC)
Line = dict[str, Any]
ERRORS = {"name": "errors", "kind": "ratio", "dimension": "errors", "margin": 0.005}


def at(look: int) -> str:
    """When the look-th look ends (0 and below: before the candidate carried anything)."""
    return (BEGUN + timedelta(hours=look)).isoformat()


def line(look: int, arm: str, check: str = "errors", tenant: str = "all", **counted: Any) -> Line:  # noqa: ANN401
    """One row."""
    return {"at": at(look), "check": check, "arm": arm, "tenant": tenant, **counted}


def two_arms(
    candidate: float, current: float = 0.005, *, hourly: int = 500, looks: int = 24, seed: int = 1
) -> list[Line]:
    """Errors of two arms that split all traffic."""
    draw = random.Random(seed)
    return [
        line(look, arm, bad=min(hourly, poisson(draw, hourly * rate)), total=hourly)
        for look in range(1, looks + 1)
        for arm, rate in (("candidate", candidate), ("current", current))
    ]


@dataclass(frozen=True)
class Tenants:
    """Thirty tenants of which three carry the candidate: rates spread, drift and wander, volume has a day."""

    ratio: float = 1.0
    moved: int = 3
    requests: float = 20_000 / 24
    spread: float = 0.5
    drift: float = 0.15
    shared: float = 0.15
    wander: float = 0.0
    memory: float = 0.8
    daily: float = 0.0
    past: int = 24
    looks: int = 24
    base: float = 0.005

    def rows(self, seed: int) -> Iterator[Line]:
        """Hour by hour, the past first."""
        draw = random.Random(seed)
        names = [f"t{number}" for number in range(30)]
        usual = {name: self.base * math.exp(draw.gauss(0, self.spread) - self.spread**2 / 2) for name in names}
        common = draw.gauss(0, self.shared)
        moves = {name: math.exp(draw.gauss(0, self.drift) + common) for name in names}
        off = {name: draw.gauss(0, self.wander) for name in names}
        fresh = self.wander * math.sqrt(1 - self.memory**2)
        for look in range(1 - self.past, self.looks + 1):
            volume = self.requests * (1 + self.daily * math.sin(2 * math.pi * look / 24))
            for number, name in enumerate(names):
                off[name] = self.memory * off[name] + draw.gauss(0, fresh)
                carries = look > 0 and number < self.moved
                rate = usual[name] * math.exp(off[name]) * (moves[name] if look > 0 else 1.0)
                total = poisson(draw, volume)
                bad = min(total, poisson(draw, total * rate * (self.ratio if carries else 1.0)))
                yield line(look, "candidate" if carries else "current", tenant=name, bad=bad, total=total)


def replayed(rows: list[Line], *checks: dict[str, Any], looks: int = 24) -> tuple[list[LookResult], Ended]:
    """Every look of these rows, and how they ended."""
    file = ChecksFile.model_validate({"looks": looks, "every": "1h", "checks": checks or (ERRORS,)})
    replay = Replay.of(bake_of(file), read_rows(map(json.dumps, rows), kinds_of(file)))
    return list(replay.looks()), replay.ended
