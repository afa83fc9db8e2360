"""The figures of a report as the rows every medium shows, in one order: a dimension, and below it its parts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from bot.difftest.model.report import DimensionReport, Report

Kind = Literal["rate", "time", "money"]
_KINDS: Final[dict[str, Kind]] = {"quality": "rate", "tools": "rate", "latency": "time", "cost": "money"}


@dataclass(frozen=True, slots=True)
class Figured:
    """One row: `name` is the dimension it belongs to, `inner` says that it is a part of the row above.

    `key` is the dimension's name, or `tools.valid` for a part of it. What people read is in `labels`.
    """

    key: str
    name: str
    found: DimensionReport
    inner: bool = False

    @property
    def kind(self) -> Kind:
        """What its figures are: shares of cases, times, or money. Differences of the last two are ratios."""
        return _KINDS[self.name]

    @property
    def allowed(self) -> str:
        """By how much the new model may be worse."""
        percent = f"{100 * self.found.margin:g}"
        return f"−{percent} points" if self.kind == "rate" else f"+{percent} %"


def figured(report: Report) -> Iterator[Figured]:
    """Quality, tools with their metrics, latency with the time to first content, cost."""
    found = report.dimensions
    for name, dimension in found.items():
        yield Figured(name, name, dimension)
        if name == "tools":
            for metric, part in found.tools.metrics.items():
                yield Figured(f"tools.{metric}", name, part, inner=True)
        if name == "latency" and found.latency.ttft is not None:
            yield Figured("latency.ttft", name, found.latency.ttft, inner=True)
