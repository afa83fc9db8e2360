"""One reading of a quantile that is read ready-made: what is one, and what is none. Pure."""

import math
from dataclasses import dataclass
from typing import Final

LATENCY: Final = "latency"
"""The name under which series carry what `metrics.latency_quantile` names."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """One reading: seconds above 0, and the requests it rests on; infinite where nobody says how many there were."""

    seconds: float
    requests: float = math.inf


def is_reading(seconds: float) -> bool:
    """Whether the number is a quantile of something: NaN and 0 are what sources show of no requests at all."""
    return math.isfinite(seconds) and seconds > 0


def several_quantiles(name: str) -> str:
    """What is wrong with a series that shows several quantiles where one is meant."""
    return f'the quantile {name} has several values at once; say which, such as {{quantile="0.95"}}'
