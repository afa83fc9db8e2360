"""Figures with their units, lengths of time, counts and plurals. Pure, and the same everywhere."""

from collections.abc import Sequence
from datetime import timedelta
from math import floor, log10

_MINUS = "−"
_NOTHING = "no figure"
_LARGE = 1000
_SMALL = 0.01


def signed(number: float, digits: int) -> str:
    """The number with its sign; what rounds to zero has none."""
    shown = f"{abs(number):,.{digits}f}"
    if float(shown.replace(",", "")) == 0:
        return shown
    return f"{'+' if number > 0 else _MINUS}{shown}"


def money(usd: float | None) -> str:
    """US dollars: cents from one cent on, three significant digits below, whole dollars from a thousand."""
    if usd is None:
        return "unknown cost"
    if usd == 0:
        return "$0"
    if abs(usd) < _SMALL:
        return f"${usd:.{2 - floor(log10(abs(usd)))}f}"
    return f"${usd:,.0f}" if abs(usd) >= _LARGE else f"${usd:,.2f}"


def spoken(amount: float, either_way: float) -> tuple[float, str, int]:
    """An uncertain amount as people say it (609.76 ± 90.64 is 610 ± 90), what it is uncertain by, and its decimals.

    It ends where its uncertainty begins, but has two digits of its own at least; without any uncertainty it has three.
    """
    own, far = _place(amount), _place(either_way)
    last = own - 2 if not either_way else min(far, own - 1) if amount else far
    spread = f"{round(either_way, -far):,.{max(0, -far)}f}"
    return round(amount, -last), spread, max(0, -last)


def _place(amount: float) -> int:
    """Where its first digit stands: 2 for hundreds."""
    return floor(log10(abs(amount))) if amount else 0


def percent(share: float | None) -> str:
    """A proportion in percent."""
    return _NOTHING if share is None else f"{share * 100:.1f} %".replace("-", _MINUS)


def points(difference: float | None) -> str:
    """A difference of two proportions in percentage points, with its sign."""
    if difference is None:
        return _NOTHING
    shown = signed(difference * 100, 1)
    return f"{shown} {'point' if shown[1:] == '1.0' else 'points'}"


def change(more: float | None) -> str:
    """How much more or less, from a ratio minus one: `+12 %`."""
    if more is None:
        return _NOTHING
    return f"{signed(more * 100, 1 if abs(more) < 0.1 else 0)} %"  # noqa: PLR2004 - below ten percent a decimal tells


def seconds(value: float | None) -> str:
    """An answer's time: milliseconds below one second."""
    if value is None:
        return _NOTHING
    return f"{value * 1000:.0f} ms" if abs(value) < 1 else f"{value:.2f} s"


def per_hundred(value: float | None, *, difference: bool = False) -> str:
    """How many there are per hundred requests; with its sign as a difference."""
    if value is None:
        return _NOTHING
    return f"{signed(value * 100, 2) if difference else f'{value * 100:.2f}'} per 100 requests"


def number(value: float | None) -> str:
    """A bare number."""
    return _NOTHING if value is None else f"{value:.4g}".replace("-", _MINUS)


def length(value: timedelta | float) -> str:
    """A length of time in its two largest units: `1 h 30 min`."""
    whole = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if 0 < whole < 1:
        return f"{whole:.1f} s"
    left = round(whole)
    parts = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def count(many: float, one: str, more: str = "") -> str:
    """A number of things: `1 case`, `1,200 cases`."""
    whole = round(many)
    return f"{whole:,} {one if whole == 1 else more or one + 's'}"


def either(words: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def both(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def shortened(words: str, room: int) -> str:
    """At most `room` characters, the middle left out: both ends of a model id tell it apart."""
    if len(words) <= room:
        return words
    tail = (room - 1) // 2
    return f"{words[: room - 1 - tail]}…{words[len(words) - tail :]}"
