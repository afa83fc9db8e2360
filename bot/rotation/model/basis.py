"""What an approval rests on, in the few figures a person decides by; and what of it is not as it was."""

from typing import TypeVar

from pydantic import Field

from bot.rotation.model.state import State

Value = TypeVar("Value", str, float)

FIGURES_SHOWN = 3
"""Decimals of a dimension's difference below which people see no change: a tenth of a point or of a percent."""


class Basis(State):
    """What a request showed when it was asked.

    `dimensions` and `stages` map names to verdicts, `differences` are candidate minus current in shares for quality and
    tools, candidate over current for latency and cost. `month_usd` is a month with the new model in US dollars;
    `way_back` the model that going back leads to.
    """

    comparison: str
    verdict: str
    dimensions: dict[str, str] = Field(default_factory=dict)
    differences: dict[str, float] = Field(default_factory=dict)
    stages: dict[str, str] = Field(default_factory=dict)
    month_usd: float | None = None
    way_back: str = ""


class Change(State):
    """One thing that is not as it was: `what` it is, the `name` of which one, and both values (None: not there)."""

    what: str
    name: str = ""
    before: str | float | None = None
    after: str | float | None = None


def changes(before: Basis, after: Basis) -> tuple[Change, ...]:
    """What differs, the weightiest first; the comparison itself last. Empty for the same."""
    found = [
        Change(what="verdict", before=before.verdict, after=after.verdict),
        Change(what="way_back", before=before.way_back, after=after.way_back),
        *(
            Change(what="dimension", name=n, before=a, after=b)
            for n, a, b in _pairs(before.dimensions, after.dimensions)
        ),
        *(
            Change(what="figure", name=n, before=_shown(a), after=_shown(b))
            for n, a, b in _pairs(before.differences, after.differences)
        ),
        *(Change(what="stage", name=n, before=a, after=b) for n, a, b in _pairs(before.stages, after.stages)),
        Change(what="month", before=_dollars(before.month_usd), after=_dollars(after.month_usd)),
        Change(what="comparison", before=before.comparison, after=after.comparison),
    ]
    return tuple(change for change in found if change.before != change.after)


def _pairs(before: dict[str, Value], after: dict[str, Value]) -> list[tuple[str, Value | None, Value | None]]:
    return [(name, before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after])]


def _shown(value: float | None) -> float | None:
    return None if value is None else round(value, FIGURES_SHOWN)


def _dollars(value: float | None) -> float | None:
    return None if value is None else float(round(value))
