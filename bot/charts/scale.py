"""Scales with round numbers, and how figures and times on them are written. Pure."""

import math
from collections.abc import Sequence
from typing import Final

_ROUND: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_MINUS: Final = "−"
_NOTHING: Final = 1e-9
_UNITS: Final = ((86400.0, "d", "days"), (3600.0, "h", "hours"), (60.0, "min", "minutes"), (1.0, "s", "seconds"))
_TIMES: Final = (
    *(1.0, 2.0, 5.0, 10.0, 15.0, 30.0),
    *(60.0 * n for n in (1, 2, 5, 10, 15, 30)),
    *(3600.0 * n for n in (1, 2, 3, 6, 12)),
    *(86400.0 * n for n in (1, 2, 7, 14, 28)),
)
"""Steps at which people expect a clock to be marked, in seconds."""


def step_for(span: float, most: int) -> float:
    """The smallest round step of which at most `most` fit into `span`."""
    if not span > 0:
        return 1.0
    magnitude = 10.0 ** math.floor(math.log10(span / most))
    return next((magnitude * one for one in _ROUND if span <= most * magnitude * one), magnitude * 10)


def time_step(span: float, most: int) -> float:
    """The smallest step of a clock, in seconds, of which at most `most` fit into `span`."""
    return next((one for one in _TIMES if span <= most * one), step_for(span, most))


def multiples(step: float, low: float, high: float) -> list[float]:
    """The multiples of the step from `low` to `high`, both included."""
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [step * number for number in range(first, last + 1)]


def rounded(value: float) -> str:
    """A number in three digits, without those that say nothing; what is nearly nothing is 0."""
    if abs(value) < _NOTHING:
        return "0"
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    shown = f"{abs(value):,.{places}f}"
    shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
    return f"{_MINUS if value < 0 else ''}{shown}"


def at_ticks(values: Sequence[float], step: float) -> list[str]:
    """The numbers at a scale's marks, all with as many decimals as the step needs."""
    places = next(n for n in range(12) if math.isclose(round(step, n), step, rel_tol=1e-6) or n == 11)  # noqa: PLR2004
    return [f"{value:,.{places}f}".replace("-", _MINUS) for value in values]


def unit_of(step: float) -> tuple[float, str]:
    """The largest unit of time that a step is whole in: its seconds, and its name."""
    return next((seconds, name) for seconds, _, name in _UNITS if step >= seconds or seconds == 1)


def length(seconds: float) -> str:
    """A length of time in its two largest units: `1 h 30 min`."""
    left = round(abs(seconds))
    parts = []
    for size, unit, _ in _UNITS:
        count, left = divmod(left, int(size))
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"
