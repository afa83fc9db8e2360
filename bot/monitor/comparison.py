"""What two arms say of each other: an estimate of harm with bounds that can be drawn at any distance.

A comparison is what every check is judged by, whatever was counted; how its parts were estimated is `rates`' and
`latency`'s business. Bounds of a difference come from the bounds of its parts (MOVER: Zou and Donner 2008).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.monitor.arms import Design

Bounds = Callable[[float], tuple[float, float]]
"""z, in standard errors -> the lower and upper bound so far out."""


@dataclass(frozen=True)
class Estimate:
    """A figure and how far from it the truth may be."""

    value: float
    bounds: Bounds

    def of_others(self) -> "Estimate":
        """That of what a share leaves of all."""

        def bounds(z: float) -> tuple[float, float]:
            low, high = self.bounds(z)
            return 1 - high, 1 - low

        return Estimate(1 - self.value, bounds)

    def margins(self, z: float) -> tuple[float, float]:
        """How far the bounds lie below and above the value."""
        low, high = self.bounds(z)
        return self.value - low, high - self.value


@dataclass(frozen=True)
class Comparison:
    """The candidate's figure, and what the current model would have shown in its place by `design`.

    Figures of a relative comparison are logarithms. `n_expected` counts what `expected` rests on.
    """

    design: Design
    observed: Estimate
    expected: Estimate
    n_observed: float
    n_expected: float
    relative: bool
    less_is_worse: bool = False

    def turned(self) -> "Comparison":
        """The same arms, where less of it is the harm."""
        return replace(self, less_is_worse=not self.less_is_worse)

    def of_others(self) -> "Comparison":
        """The same arms by the share of all that was not counted; more of the one is less of the other."""
        turned = self.turned()
        return replace(turned, observed=self.observed.of_others(), expected=self.expected.of_others())

    @property
    def candidate(self) -> float:
        """The candidate's figure in its own unit."""
        return math.exp(self.observed.value) if self.relative else self.observed.value

    @property
    def current(self) -> float:
        """The current model's figure in its own unit."""
        return math.exp(self.expected.value) if self.relative else self.expected.value

    def harm(self) -> float:
        """How much more (where less is worse: how much less) the candidate has: the difference, or the ratio less 1."""
        difference = self.observed.value - self.expected.value
        more = math.expm1(difference) if self.relative else difference
        return -more if self.less_is_worse else more

    def interval(self, z: float) -> tuple[float, float]:
        """The bounds of `harm`, z standard errors out."""
        difference = self.observed.value - self.expected.value
        observed_low, observed_high = self.observed.margins(z)
        expected_low, expected_high = self.expected.margins(z)
        low = difference - math.hypot(observed_low, expected_high)
        high = difference + math.hypot(observed_high, expected_low)
        low, high = (_ratio(low), _ratio(high)) if self.relative else (low, high)
        return (-high, -low) if self.less_is_worse else (low, high)


def _ratio(log: float) -> float:
    try:
        return math.expm1(log)
    except OverflowError:
        return math.inf
