"""Paired yes/no outcomes: the table of wins and losses, its score interval, exact tests, and single rates.

`wins` (b) are cases only the candidate passes, `losses` (c) those only the current model passes, `n` all pairs. The
difference is (b - c) / n: larger is better for the candidate. Counts may be fractions (means over repeats).
"""

import math

from bot.student import incomplete_beta, normal_quantile, normal_upper_tail

_STEPS = 100
"""Bisection halves [-1, 1] that often: beyond the last bit of a float."""


def tango_z(wins: float, losses: float, n: float, difference: float) -> float:
    """The score statistic of `difference` as the true one (Tango 1998); falls as `difference` grows.

    At 0 it is McNemar's z = (b - c) / sqrt(b + c). Infinite at the ends of [-1, 1].
    """
    gap = wins - losses - n * difference
    a = 2 * n
    b = -wins - losses + (2 * n - wins + losses) * difference
    c = -losses * difference * (1 - difference)
    q = max((math.sqrt(max(b * b - 4 * a * c, 0.0)) - b) / (2 * a), 0.0)
    variance = n * (2 * q + difference * (1 - difference))
    if variance <= 0:
        return 0.0 if gap == 0 else math.copysign(math.inf, gap)
    return gap / math.sqrt(variance)


def tango_interval(wins: float, losses: float, n: float, confidence: float) -> tuple[float, float]:
    """The two-sided score interval of the difference (Tango 1998); honest also when wins = losses = 0."""
    z = normal_quantile((1 + confidence) / 2)
    return -_upper(losses, wins, n, z), _upper(wins, losses, n, z)


def _upper(wins: float, losses: float, n: float, z: float) -> float:
    """Where the score statistic reaches -z, by bisection from the estimate upwards."""
    low, high = (wins - losses) / n, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        if tango_z(wins, losses, n, middle) > -z:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def differing_interval(wins: int, losses: int, n: int, confidence: float) -> tuple[float, float]:
    """The exact interval of the difference given how many pairs differ (Clopper and Pearson 1934 on the wins' share).

    Needs one pair that differs. It says nothing about how many differ, so it is no interval for a suite where few do.
    """
    differing = wins + losses
    tail = (1 - confidence) / 2
    low = _beta_quantile(tail, wins, losses + 1) if wins else 0.0
    high = _beta_quantile(1 - tail, wins + 1, losses) if losses else 1.0
    return (2 * low - 1) * differing / n, (2 * high - 1) * differing / n


def _beta_quantile(p: float, a: float, b: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        low, high = (middle, high) if incomplete_beta(a, b, middle) < p else (low, middle)
    return (low + high) / 2


def noninferiority_p(wins: float, losses: float, n: float, margin: float) -> float:
    """One-sided p of "not worse than by `margin`" (a proportion): P(Z >= z(-margin))."""
    return normal_upper_tail(tango_z(wins, losses, n, -margin))


def regression_p(wins: float, losses: float, n: float) -> float:
    """One-sided p of "the candidate is worse", from the same score statistic as the interval."""
    return normal_upper_tail(-tango_z(wins, losses, n, 0.0))


def _binomial_half_tail(k: int, n: int) -> tuple[int, int]:
    """(sum of C(n, i) for i <= k, C(n, k)): over 2**n they are P(X <= k) and P(X = k)."""
    term = total = 1
    for i in range(1, k + 1):
        term = term * (n - i + 1) // i
        total += term
    return total, term


def mcnemar_exact(wins: int, losses: int) -> float:
    """Two-sided exact McNemar p; 1 without discordant pairs."""
    total, _ = _binomial_half_tail(min(wins, losses), wins + losses)
    return min(1.0, 2 * total / (1 << (wins + losses)))


def mcnemar_midp(wins: int, losses: int) -> float:
    """Two-sided mid-p McNemar (Fagerland, Lydersen and Laake 2013)."""
    if wins == losses:
        _, term = _binomial_half_tail(wins, wins + losses)
        return 1.0 - term / (1 << (wins + losses)) if wins else 1.0
    total, term = _binomial_half_tail(min(wins, losses), wins + losses)
    return min(1.0, (2 * total - term) / (1 << (wins + losses)))


def wilson_interval(passed: float, n: float, confidence: float) -> tuple[float, float]:
    """The two-sided Wilson interval of one rate."""
    z = normal_quantile((1 + confidence) / 2)
    rate = passed / n
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)
