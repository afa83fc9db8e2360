"""How a comparison's findings are said: figures and reasons as people read them. Text only, no decisions."""

import math
from collections.abc import Sequence
from decimal import Decimal

from bot.difftest.model.report import DimensionReport

NOT_EXERCISED = "the suite does not exercise it"


def points(value: float) -> str:
    """A difference of rates in points, signed: −4.0."""
    text = f"{100 * value:+.1f}"
    return text.replace("-", "−")


def ratio(value: float) -> str:
    """A ratio: ×1.25."""
    return f"×{value:.2f}"


def change(value: float) -> str:
    """A relative change in percent, signed: +12 %."""
    return f"{100 * value:+.0f} %".replace("-", "−")


def seconds(value: float) -> str:
    """A time in the unit that reads best."""
    return f"{value:.2f} s" if value >= 1 else f"{1000 * value:.0f} ms"


def money(value: float) -> str:
    """US dollars, small amounts in cents, with as many digits as are needed to see a difference."""
    if value >= 1 or value == 0:
        return f"${value:,.2f}"
    return f"${value:.3f}" if value >= 0.01 else f"{100 * value:.2g} ¢"  # noqa: PLR2004 (a cent)


def dollars(value: float) -> str:
    """US dollars as they were written or spent: to the cent, smaller sums with two digits ($0.00001)."""
    if value >= 1 or math.isclose(value, round(value, 2)):
        return f"${value:,.2f}"
    return f"${Decimal(f'{value:.2g}'):f}"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 case`, `3 cases`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def figures(name: str, dimension: DimensionReport) -> str:
    """One dimension in one line: difference, interval, margin, n."""
    if dimension.difference is None or dimension.interval is None:
        return name
    low, high = dimension.interval
    if name in {"quality", "tools"}:
        told = (
            f"{points(dimension.difference)} points [{points(low)}, {points(high)}], margin {100 * dimension.margin:g}"
        )
    else:
        told = f"{ratio(dimension.difference)} [{low:.2f}, {high:.2f}], margin +{100 * dimension.margin:g} %"
    return f"{name} {told}, {count(dimension.n, 'case')}"


def settling(more_cases: int | None, unasked: int = 0) -> str:
    """What would settle an inconclusive dimension; `unasked` cases of the suite are there already."""
    if more_cases is None:
        return "no realistic number of further cases would settle it at the rates seen"
    told = f"at the rates seen about {count(more_cases, 'more case')} would settle it"
    if not unasked:
        return f"{told} (rotate suite from-traces draws them)"
    if unasked >= more_cases:
        return f"{told}; the suite has {unasked:,} that were not asked"
    return f"{told}; the suite has {unasked:,} that were not asked, and rotate suite from-traces draws the others"


def joined(parts: Sequence[str]) -> str:
    """Sentences one after the other."""
    return " ".join(f"{part[0].upper()}{part[1:]}{'' if part.endswith('.') else '.'}" for part in parts if part)
