"""Several claims at once: Holm's correction."""

from collections.abc import Callable, Sequence


def holm(p_values: Sequence[float], factor: Callable[[int], float] = float) -> tuple[float, ...]:
    """Holm-adjusted p values in the order given (Holm 1979): valid under any dependence.

    `factor` is what the smallest of so many remaining p values is multiplied by: their number, or at one of several
    looks alpha over the level that this look may use of alpha / number (Maurer and Bretz 2013).
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, factor(len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return tuple(adjusted)
