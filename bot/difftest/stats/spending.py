"""Alpha spent over looks that were declared beforehand: at which level each of them may be read.

Sources: Lan and DeMets 1983 (spending functions, information in unequal steps), Armitage, McPherson and Rowe 1969 (the
recursion over the walk's density). One-sided throughout.
"""

import math
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from bot.student import normal_quantile, normal_upper_tail

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_FARTHEST: Final = 8.0  # standard errors: the chance beyond is 6e-16
_FEWEST_POINTS, _MOST_POINTS = 401, 4001
_POINTS_PER_STEP: Final = 4  # grid points to one standard deviation of the next step; Simpson's rule errs by 1e-6 then


def obrien_fleming(alpha: float, fraction: float) -> float:
    """The alpha that may have been spent once `fraction` (0 to 1) of the information is there: little early on.

    2 (1 - Phi(z / sqrt(fraction))) with z the quantile of 1 - alpha / 2.
    """
    if fraction <= 0:
        return 0.0
    return math.erfc(normal_quantile(1 - alpha / 2) / math.sqrt(2 * min(fraction, 1.0)))


@lru_cache(maxsize=512)
def nominal_levels(alpha: float, fractions: tuple[float, ...]) -> tuple[float, ...]:
    """The one-sided level of each look, so that all together err with `alpha` at most.

    `fractions` are the shares of all information at the looks, rising, the last one 1. A level of 0 means that nothing
    may be said at that look. One look alone has all of alpha.
    """
    if len(fractions) == 1:
        return (alpha,)
    levels: list[float] = []
    walk: tuple[Floats, Floats] | None = None
    for before, now in pairwise((0.0, *fractions)):
        chance = obrien_fleming(alpha, now) - obrien_fleming(alpha, before)
        step = math.sqrt(max(now - before, 0.0))
        if chance < normal_upper_tail(_FARTHEST):
            levels.append(0.0)
            bound = _FARTHEST * math.sqrt(now)
        else:
            bound = _bound(walk, step, chance, now)
            levels.append(normal_upper_tail(bound / math.sqrt(now)))
        if step > 0:
            following = math.sqrt(min((after - now for after in fractions if after > now), default=1.0))
            walk = _walked(walk, step, bound, now, following)
    return tuple(levels)


def _bound(walk: "tuple[Floats, Floats] | None", step: float, chance: float, now: float) -> float:
    """Where the walk's next step ends above with `chance`, by bisection."""
    if walk is None:
        return -normal_quantile(chance) * step
    points, mass = (values.tolist() for values in walk)
    low, high = -_FARTHEST * math.sqrt(now), _FARTHEST * math.sqrt(now)
    while high - low > 1e-9:  # noqa: PLR2004 (of a standard error)
        middle = (low + high) / 2
        crossing = math.fsum(m * normal_upper_tail((middle - at) / step) for at, m in zip(points, mass, strict=True))
        low, high = (middle, high) if crossing > chance else (low, middle)
    return (low + high) / 2


def _walked(
    walk: "tuple[Floats, Floats] | None", step: float, bound: float, now: float, following: float
) -> "tuple[Floats, Floats]":
    """Where the walk may be after this step if it has not crossed: points, and density times quadrature weight."""
    import numpy as np

    bottom = -_FARTHEST * math.sqrt(now)
    wanted = math.ceil((bound - bottom) * _POINTS_PER_STEP / min(step, following))
    count = min(max(wanted, _FEWEST_POINTS), _MOST_POINTS) // 2 * 2 + 1
    points = np.linspace(bottom, bound, count)
    if walk is None:
        density = np.exp(-0.5 * (points / step) ** 2) / (step * math.sqrt(2 * math.pi))
    else:
        kernel = np.exp(-0.5 * ((points[:, None] - walk[0][None, :]) / step) ** 2)
        density = kernel @ walk[1] / (step * math.sqrt(2 * math.pi))
    weights = np.full(count, 2.0)
    weights[1::2] = 4.0
    weights[0] = weights[-1] = 1.0
    return points, density * weights * (bound - bottom) / (count - 1) / 3
