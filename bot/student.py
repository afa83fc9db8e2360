"""The normal and Student's t distribution: tails and quantiles, to about 1e-12, from `math` alone."""

import math
from statistics import NormalDist
from typing import Final

_NORMAL: Final = NormalDist()
_TINY: Final = 1e-300
_PRECISION: Final = 1e-15
_MAX_TERMS: Final = 20_000
_NORMAL_FROM: Final = 1e7
"""From so many degrees of freedom on, t and normal quantiles agree to seven digits."""


def normal_quantile(p: float) -> float:
    """The z with P(Z <= z) = p, 0 < p < 1."""
    return _NORMAL.inv_cdf(p)


def normal_upper_tail(z: float) -> float:
    """P(Z >= z), without cancellation far out."""
    return 0.5 * math.erfc(z / math.sqrt(2))


def _continued_fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function by Lentz's method (Numerical Recipes, 6.4)."""
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > _TINY else _TINY)
    value = d
    for m in range(1, _MAX_TERMS):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + numerator * d
            c = 1 + numerator / c
            d = 1 / (d if abs(d) > _TINY else _TINY)
            c = c if abs(c) > _TINY else _TINY
            step = d * c
            value *= step
        if abs(step - 1) < _PRECISION:
            return value
    return value


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b), a, b > 0 and 0 <= x <= 1."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    front = math.exp(log_front)
    if x < (a + 1) / (a + b + 2):
        return front * _continued_fraction(a, b, x) / a
    return 1 - front * _continued_fraction(b, a, 1 - x) / b


def t_upper_tail(t: float, df: float) -> float:
    """P(T >= t) for Student's t with `df` > 0 degrees of freedom."""
    if df >= _NORMAL_FROM:
        return normal_upper_tail(t)
    if abs(t) < 1:  # from the middle, where the tail's own series would cancel
        return 0.5 - math.copysign(0.5, t) * incomplete_beta(0.5, df / 2, t * t / (df + t * t))
    tail = 0.5 * incomplete_beta(df / 2, 0.5, df / (df + t * t))
    return tail if t >= 0 else 1 - tail


def t_quantile(p: float, df: float) -> float:
    """The t with P(T <= t) = p, 0 < p < 1, `df` > 0 degrees of freedom."""
    if not 0 < p < 1 or df <= 0:
        message = f"no t quantile for p={p}, df={df}"
        raise ValueError(message)
    if df >= _NORMAL_FROM:
        return normal_quantile(p)
    if p == 0.5:  # noqa: PLR2004 (the middle)
        return 0.0
    tail = min(p, 1 - p)
    low, high = 0.0, 2.0
    while t_upper_tail(high, df) > tail:
        low, high = high, high * 2
    while high - low > 1e-14 * max(1.0, high):
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        if t_upper_tail(middle, df) > tail:
            low = middle
        else:
            high = middle
    value = (low + high) / 2
    return value if p > 0.5 else -value  # noqa: PLR2004 (the middle)
