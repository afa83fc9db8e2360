"""A round of looks that all fall due at once, from the store's answers to the kept look, by the bot's own way.

Run as a process of its own; its last line is what it took, as JSON. What a metrics store answers is written into files
before anything is timed, and a query's answer is read from its file when it is asked for, as it would come in from the
wire: of the input only the answers that are being read are in the memory that is measured.
"""

import asyncio
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bot.adapters.metrics_prometheus import PrometheusSource
from bot.engine.models.commands import ReplyTo, Steer
from bot.engine.outside import Outside
from bot.engine.perform.watching import LOOK, keep_past, membership_of, part, take_look
from bot.monitor.kept import BEFORE, RUNNING, hours_of, kept_bake, rules_of
from bot.monitor.membership import Membership
from bot.monitor.model import Observation
from bot.monitor.queries import queries
from bot.rotation.effects import TakeLook
from bot.rotation.evidence import LookResult
from bot.rotation.model.rotation import Rotation
from bot.rotation.model.state import ModelRef, Models
from bot.store.library import Database
from bot.store.sqlite import SqliteFile
from bot.store.store import SqliteStore
from tests.bench.platform import BEGUN, HOUR, Platform, plan, series
from tests.monitor.world import NEW, OLD
from tests.rotation.cast import plan as any_plan
from tests.rotation.play import begun

STAGE: Final = 1
LOOKS_BEFORE: Final = 3
BEAT_S: Final = 0.005
EVERY_S: Final = 0.1


@dataclass
class Waits:
    """How late the event loop came to what was due, and how long a command took to be kept; seconds."""

    late: list[float] = field(default_factory=list)
    kept: list[float] = field(default_factory=list)

    async def beat(self) -> None:
        """Ask the loop for something every few milliseconds."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(BEAT_S)
            self.late.append(time.perf_counter() - began - BEAT_S)

    async def command(self, store: SqliteStore) -> None:
        """Send a command every now and then: its ack waits for it to be kept, and for nothing else."""
        while True:
            name = f"c{len(self.kept)}"
            to = ReplyTo(user="U1", channel="C1", thread=name, response_url="http://127.0.0.1:9/respond")
            command = Steer(id=name, actor="U1", at=BEGUN, reply=to, verb="pause", subject="R1")
            began = time.perf_counter()
            await store.accept(command, BEGUN)
            self.kept.append(time.perf_counter() - began)
            await asyncio.sleep(EVERY_S)


class Now:
    """The time of the look, as the Clock port."""

    at = BEGUN

    def now(self) -> datetime:
        """When it is."""
        return self.at


def look(number: int) -> TakeLook:
    """The effect of the look of that number."""
    start = BEGUN + (number - 1) * HOUR
    return TakeLook(stage=STAGE, attempt=1, number=number, window_start=start, window_end=start + HOUR, final=False)


def rotation(name: str, many: int) -> Rotation:
    """A rotation whose pilots are being watched."""
    current, candidate = ModelRef(provider="acme", id=OLD), ModelRef(provider="acme", id=NEW)
    models = Models(current=current, candidate=candidate, rollback=current)
    found = begun(any_plan()).rotation
    return found.model_copy(update={"id": name, "plan": plan(many), "models": models, "stage": STAGE})


def copied(db: Database, names: Sequence[str]) -> None:
    """All that is kept of the first rotation, for the others too."""
    for name in names[1:]:
        given = (name, names[0])
        db.execute(
            "INSERT INTO measurements SELECT ?, part, number, observation, series FROM measurements WHERE subject = ?",
            given,
        )
        db.execute("INSERT INTO sums SELECT ?, part, name, body FROM sums WHERE subject = ?", given)


def outside_of(store: SqliteStore, platform: Platform, many: int, clock: Now) -> Outside:
    """The ports a look needs; the others are not there."""
    arithmetic = asyncio.Lock()
    source = PrometheusSource(series(many), platform, arithmetic)  # type: ignore[arg-type]  # it asks for post_form only
    absent: dict[str, Any] = dict.fromkeys(("samples", "messenger", "directory", "provider", "pace"))
    return Outside(store=store, targets={}, clock=clock, metrics=source, arithmetic=arithmetic, **absent)  # type: ignore[arg-type]


async def judged(outside: Outside, rotations: Sequence[Rotation], number: int) -> float:
    """Seconds of CPU that the judging of a round takes by itself, the windows and the counts being there."""
    taken, effect = 0.0, look(number)
    assert outside.metrics is not None
    for one in rotations:
        window = await outside.metrics.observe(effect.window_start, effect.window_end)
        membership = membership_of(one, STAGE)
        where = one.id, part(membership.stage, 1, LOOK)
        kept = await outside.store.sums(*where, (BEFORE, RUNNING))
        hours = hours_of(kept, window.start, window.end, one.plan.traffic_cycle.length)
        assert hours
        kept |= await outside.store.sums(*where, hours)
        taken += await asyncio.to_thread(_judging, membership, kept, window, number)
    return taken


def _judging(membership: Membership, kept: Mapping[str, bytes], window: Observation, number: int) -> float:
    """Seconds of CPU of one look's judging."""
    bake = kept_bake(membership, membership.stage.bake.count, rules_of(membership, past=True), kept, number)
    assert bake is not None
    began = time.process_time()
    looked = bake.look(window, None, number)
    took = time.process_time() - began
    assert looked.result.counted
    return took


def said_all(result: LookResult, many: int) -> bool:
    """Whether a look counted and every check held the new model against the old one."""
    compared = {check.name for check in result.checks if check.difference is not None}
    return result.counted and len(compared) >= many


async def measured(folder: Path, rotations: int, many: int, tenants: int, *, both: bool) -> dict[str, float]:
    """A round of looks with everything beside it."""
    platform = Platform(folder, tenants, both, {query.text: query for query in queries(series(many), HOUR)})
    platform.write()
    store, clock = SqliteStore(SqliteFile(folder / "rotate.db")), Now()
    await store.open()
    outside = outside_of(store, platform, many, clock)
    every = [rotation(f"R{number + 1}", many) for number in range(rotations)]
    await keep_past(outside, every[0], STAGE, BEGUN)
    for number in range(1, LOOKS_BEFORE + 1):
        await take_look(outside, every[0], look(number))
    await store.file.write(lambda db: copied(db, [one.id for one in every]))
    waits, number = Waits(), LOOKS_BEFORE + 1
    beside = [asyncio.create_task(one) for one in (waits.beat(), waits.command(store))]
    clock.at = look(number).window_end
    began, wall = time.process_time(), time.perf_counter()
    taken = await asyncio.gather(*(take_look(outside, one, look(number)) for one in every))
    cpu, wall = time.process_time() - began, time.perf_counter() - wall
    for task in beside:
        task.cancel()
    assert all(said_all(one.result, many) for one in taken)
    judging = await judged(outside, every, number + 1)
    await store.close()
    return {
        "numbers": rotations * platform.numbers,
        "cpu_s": cpu,
        "wall_s": wall,
        "judging_s": judging,
        "late_s": max(waits.late),
        "kept_s": max(waits.kept),
        "commands": len(waits.kept),
    }


if __name__ == "__main__":
    place, arms, *sizes = sys.argv[1:]
    print(json.dumps(asyncio.run(measured(Path(place), *map(int, sizes), both=arms == "both"))))
