"""What the running bot tells the operator's Prometheus of itself: each metric, and what is stored turned into samples.

Pure: rotations, the outbox and a moment in, samples out. Names keep Prometheus' conventions (seconds, `_info`), labels
hold ids and names from the runbook only, never what people wrote.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.engine.records import Backlog
from bot.rotation.baking import UNWATCHED
from bot.rotation.effects import Lane
from bot.rotation.model.rotation import Rotation


@dataclass(frozen=True)
class Metric:
    """A gauge: its name, what it says, and the labels each of its samples has."""

    name: str
    says: str
    labels: tuple[str, ...] = ()

    def sample(self, value: float, *labels: str) -> "Sample":
        """One value of it, with a value for each label."""
        return Sample(self, labels, value)


@dataclass(frozen=True)
class Sample:
    """What a metric is now, for one combination of label values."""

    metric: Metric
    labels: tuple[str, ...]
    value: float


BUILD: Final = Metric("rotate_build_info", "1 while the bot runs, with its version", ("version",))
ROTATION: Final = Metric(
    "rotate_rotation_info",
    "1 for each rotation that has not ended, with where it is",
    ("slot", "rotation", "phase", "stage"),
)
_LOOK: Final = ("slot", "rotation", "stage")
OVERDUE: Final = Metric(
    "rotate_look_overdue_seconds",
    "how long ago the next look of a watched stage was due; 0 until then, no sample where nothing is watched",
    _LOOK,
)
EVERY: Final = Metric("rotate_look_every_seconds", "how far that look is from the one before it", _LOOK)
WAITING: Final = Metric("rotate_effects_waiting", "effects that are due and not done yet, under way or not", ("lane",))
OLDEST: Final = Metric("rotate_oldest_effect_seconds", "how long the oldest of them has been wanted", ("lane",))
SLACK: Final = Metric("rotate_slack_connected", "1 while the connection through which Slack sends its events is open")
READ: Final = Metric(
    "rotate_read_success", "0 for a part of these figures that could not be read, and is left out", ("part",)
)
METRICS: Final = (BUILD, ROTATION, OVERDUE, EVERY, WAITING, OLDEST, SLACK, READ)
"""Everything there is, in the order of the docs."""


def of_rotations(rotations: Iterable[Rotation], now: datetime) -> Iterator[Sample]:
    """Where each rotation that has not ended is, and whether the stage it watches is looked at in time."""
    for rotation in rotations:
        if rotation.ended:
            continue
        yield ROTATION.sample(1, rotation.slot, rotation.id, rotation.phase.value, rotation.stage_plan.name)
        bake = rotation.bake
        if bake is None or rotation.phase in UNWATCHED:
            continue
        start, due = bake.next_window
        where = rotation.slot, rotation.id, rotation.plan.stages[bake.stage].name
        yield OVERDUE.sample(max(0.0, (now - due).total_seconds()), *where)
        yield EVERY.sample((due - start).total_seconds(), *where)


def of_effects(backlog: Iterable[Backlog], now: datetime) -> Iterator[Sample]:
    """What each lane has still to do. A lane with nothing to do says 0: an absent series would be silence."""
    found: dict[str, Backlog] = {}
    for one in backlog:
        name = one.lane.partition(".")[0]  # rows of one lane are told together
        known = found.get(name, Backlog(name, 0, one.oldest_at))
        found[name] = Backlog(name, known.effects + one.effects, min(known.oldest_at, one.oldest_at))
    for lane in dict.fromkeys([*(lane.value for lane in Lane), *found]):
        held = found.get(lane)
        yield WAITING.sample(held.effects if held else 0, lane)
        yield OLDEST.sample(max(0.0, (now - held.oldest_at).total_seconds()) if held else 0, lane)
