"""How many cases: what a suite can see before money is spent, and what would settle a verdict."""

import math
from collections.abc import Iterable

from bot.student import normal_quantile


def effective_n(sizes: Iterable[int]) -> float:
    """How many independent cases clusters of these sizes are worth if the cases of one all behave alike (Kish 1965)."""
    counted = list(sizes)
    return sum(counted) ** 2 / sum(size * size for size in counted) if counted else 0.0


def noninferiority_n(*, discordance: float, margin: float, difference: float, alpha: float, power: float) -> int:
    """Pairs needed to show "not worse than by `margin`" with that power, when the truth is `difference`.

    n = (z_alpha + z_beta)^2 (p_disc - d^2) / (d + m)^2; `discordance` is the share of pairs that differ.
    Raises ValueError when the truth lies at or beyond the margin: no number of cases would do.
    """
    if difference + margin <= 0:
        message = "no number of cases shows that a model beyond the margin is within it"
        raise ValueError(message)
    z = normal_quantile(1 - alpha) + normal_quantile(power)
    return math.ceil(z * z * (discordance - difference**2) / (difference + margin) ** 2)


def visible_difference(n: float, *, discordance: float, alpha: float, power: float) -> float:
    """The smallest margin (a proportion) that `n` pairs of equal models pass with that power."""
    z = normal_quantile(1 - alpha) + normal_quantile(power)
    return min(1.0, max(z * math.sqrt(discordance / n), fewest_difference(n, alpha=alpha)))


def fewest_difference(n: float, *, alpha: float) -> float:
    """Half the score interval of `n` pairs that all agree, z^2 / (n + z^2): no result can be more certain."""
    z = normal_quantile(1 - alpha)
    return z * z / (n + z * z)


def fewest_n(margin: float, *, alpha: float) -> int:
    """The fewest pairs that can pass at `margin` when all agree: the first n with z^2 / (n + z^2) < margin."""
    z = normal_quantile(1 - alpha)
    return math.floor(z * z * (1 - margin) / margin) + 1


def mean_n(*, sd: float, difference: float, alpha: float, power: float) -> int:
    """Pairs needed to see a mean `difference` two-sided, with standard deviation `sd` of the paired differences."""
    z = normal_quantile(1 - alpha / 2) + normal_quantile(power)
    return math.ceil((z * sd / difference) ** 2)


def mean_visible_difference(*, sd: float, n: int, alpha: float, power: float) -> float:
    """The mean difference that `n` pairs see two-sided with that power."""
    return (normal_quantile(1 - alpha / 2) + normal_quantile(power)) * sd / math.sqrt(n)
