"""An interval chart as SVG, laid out for the narrowest place it is shown in: 360 units wide, one unit a CSS pixel.

Colours are classes; who shows it gives them (`bot.charts.theme`). Nothing in it is fetched, scripted or styled inline.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bot.charts.lettering import fitted, lettered
from bot.charts.model import IntervalChart, Row, Tone

WIDTH: Final = 360
_PAD: Final = 14
_LABELS: Final = 34
_PLOT: Final = (140.0, 258.0)
_REACH: Final = 2.6
"""How far the scale reaches to both sides; bars that go on end in an arrow."""

_STEM: Final = 16.0
_TALL, _LOW = 38, 25
_FAMILIES: Final = "Roboto, Helvetica Neue, Arial, sans-serif"
_TITLE, _LINE, _LABEL, _INNER, _SMALL = 16.0, 12.0, 13.0, 12.0, 11.0


@dataclass(frozen=True, slots=True)
class Drawing:
    """SVG content with its size in units."""

    body: str
    width: int
    height: int

    def svg(self, style: str) -> str:
        """A whole document, with CSS for its classes."""
        head = f'<svg xmlns="http://www.w3.org/2000/svg"{self._size} font-family="Roboto">'
        return f"{head}<style>{style}</style>{self.body}</svg>"

    def inline(self) -> str:
        """An element for a page that has the classes, and says the same in words beside it."""
        return f'<svg aria-hidden="true"{self._size} font-family="{_FAMILIES}">{self.body}</svg>'

    @property
    def _size(self) -> str:
        return f' viewBox="0 0 {self.width} {self.height}" width="{self.width}" height="{self.height}"'


def draw(chart: IntervalChart) -> Drawing:
    """The chart."""
    head = _PAD + 24 + 16 * len(chart.lines)
    top = head + 24
    bottom = top + sum(_height(row) for row in chart.rows)
    foot = bottom + 20
    height = int(foot + 15 * max(0, len(chart.foot) - 1) + (10 if chart.foot else -8))
    parts = [f'<rect class="ground" width="{WIDTH}" height="{height}"/>', *_head(chart)]
    tops = [top + sum(_height(above) for above in chart.rows[:n]) for n in range(len(chart.rows))]
    parts += [_divider(y) for row, y in zip(chart.rows[1:], tops[1:], strict=True) if not row.inner]
    parts += _scale(chart, head + 15, top, bottom)
    for row, y in zip(chart.rows, tops, strict=True):
        parts += _row(row, y)
    parts += [_text(_PAD, foot + 15 * n, line, _SMALL, "quiet") for n, line in enumerate(chart.foot)]
    return Drawing("".join(parts), WIDTH, height)


def sign(tone: Tone, size: int = 16) -> Drawing:
    """The sign of a tone alone."""
    return Drawing(_sign(tone, size / 2, size / 2, size / 2 - 2), size, size)


def _height(row: Row) -> int:
    return _LOW if row.inner else _TALL


def _head(chart: IntervalChart) -> Iterator[str]:
    yield _sign(chart.tone, _PAD + 8, _PAD + 9, 8)
    yield _text(_PAD + 24, _PAD + 15, chart.title, _TITLE, "ink", weight=600)
    for n, line in enumerate(chart.lines):
        yield _text(_PAD, _PAD + 36 + 16 * n, fitted(line, _LINE, WIDTH - 2 * _PAD), _LINE, "quiet")


def _at(value: float) -> float:
    """Where a value lies in the plot, held inside it."""
    left, right = _PLOT
    share = (max(-_REACH, min(_REACH, value)) + _REACH) / (2 * _REACH)
    return left + share * (right - left)


def _scale(chart: IntervalChart, words: float, top: float, bottom: float) -> Iterator[str]:
    """The band in which a bar may lie, zero, the limit, and what left and right mean."""
    right = _PLOT[1]
    zero, limit = _at(0), _at(chart.limit)
    yield f'<rect class="band" x="{limit:.1f}" y="{top}" width="{right - limit:.1f}" height="{bottom - top}"/>'
    yield f'<path class="rule-line" d="M{zero:.1f} {top}V{bottom}" stroke-width="1"/>'
    yield f'<path class="bad-line" d="M{limit:.1f} {top - 3}V{bottom}" stroke-width="1.5" stroke-dasharray="4 3"/>'
    yield _text(limit, words, chart.limit_word, _SMALL, "bad", anchor="end")
    yield _text(right, words, chart.right, _SMALL, "quiet", anchor="end")


def _divider(y: float) -> str:
    return f'<path class="band-line" d="M{_PAD} {y}H{WIDTH - _PAD}" stroke-width="1"/>'


def _row(row: Row, top: float) -> Iterator[str]:
    middle = top + _height(row) / 2
    first = middle + 4.5 if row.inner or not row.note else middle - 2.5
    start = _LABELS + (9 if row.inner else 0)
    size = _INNER if row.inner else _LABEL
    yield _sign(row.tone, _PAD + (16 if row.inner else 7), middle, 5.5 if row.inner else 7)
    label = fitted(row.label, size, _PLOT[0] - start - 4)
    yield _text(start, first, label, size, "ink", weight=400 if row.inner else 600)
    if row.note and not row.inner:
        yield _text(start, first + 14, row.note, _SMALL, "quiet")
    if row.point is None or row.low is None or row.high is None:
        yield _text(WIDTH - _PAD, middle + 4.5, row.figure, _LINE, "quiet", anchor="end")
        return
    yield from _bar(row, row.low, row.point, row.high, middle)
    if row.inner or not row.span:
        yield _text(WIDTH - _PAD, middle + 4.5, row.figure, _LINE, "ink", anchor="end")
    else:
        yield _text(WIDTH - _PAD, middle - 2.5, row.figure, _LABEL, "ink", anchor="end", weight=600)
        yield _text(WIDTH - _PAD, middle + 11.5, row.span, _SMALL, "quiet", anchor="end")


def _bar(row: Row, low: float, point: float, high: float, middle: float) -> Iterator[str]:
    """The interval with its point, and an arrow where it leaves the plot."""
    half = 1.5 if row.inner else 2.0
    start, end, at = _at(low) + 4 * (low < -_REACH), _at(high) - 4 * (high > _REACH), _at(point)
    if high <= -_REACH:  # all of it lies beyond: the arrow has a stem
        end = start + _STEM
    elif low >= _REACH:
        start = end - _STEM
    tone = row.tone
    width = max(end - start, 2.0)
    yield (
        f'<rect class="{tone}" x="{start:.1f}" y="{middle - half}" width="{width:.1f}"'
        f' height="{2 * half}" rx="{half}"/>'
    )
    reach = half + 2.5
    if low < -_REACH:
        yield f'<path class="{tone}" d="M{start + 4:.1f} {middle - reach}l-8 {reach}l8 {reach}z"/>'
    if high > _REACH:
        yield f'<path class="{tone}" d="M{end - 4:.1f} {middle - reach}l8 {reach}l-8 {reach}z"/>'
    if abs(point) <= _REACH:
        yield f'<circle class="ground" cx="{at:.1f}" cy="{middle}" r="{half + 4}"/>'
        yield f'<circle class="{tone}" cx="{at:.1f}" cy="{middle}" r="{half + 2.75}"/>'


def _sign(tone: Tone, x: float, y: float, r: float) -> str:
    """A shape for each tone, told apart without colour: disc with a tick, square with a cross, rhomb, empty ring."""
    k = r / 7
    stroke = f'stroke-width="{1.8 * k:.2f}" stroke-linecap="round" stroke-linejoin="round"'
    shapes = {
        "good": f'<circle class="good" cx="{x}" cy="{y}" r="{r}"/>'
        f'<path class="ground-line" d="M{x - 3.2 * k:.2f} {y + 0.2 * k:.2f}l{2.2 * k:.2f} {2.3 * k:.2f}'
        f'l{4.2 * k:.2f} {-4.8 * k:.2f}" {stroke}/>',
        "bad": f'<rect class="bad" x="{x - r:.2f}" y="{y - r:.2f}" width="{2 * r}" height="{2 * r}" rx="{2 * k:.2f}"/>'
        f'<path class="ground-line" d="M{x - 2.8 * k:.2f} {y - 2.8 * k:.2f}l{5.6 * k:.2f} {5.6 * k:.2f}'
        f'm0 {-5.6 * k:.2f}l{-5.6 * k:.2f} {5.6 * k:.2f}" {stroke}/>',
        "open": f'<path class="open" d="M{x} {y - 1.25 * r:.2f}l{1.25 * r:.2f} {1.25 * r:.2f}'
        f'l{-1.25 * r:.2f} {1.25 * r:.2f}l{-1.25 * r:.2f} {-1.25 * r:.2f}z"/>'
        f'<path class="ground-line" d="M{x - 1.9 * k:.2f} {y - 1.5 * k:.2f}a{1.95 * k:.2f} {1.95 * k:.2f} 0 1 1'
        f' {1.9 * k:.2f} {2.1 * k:.2f}v{0.9 * k:.2f}m0 {2.0 * k:.2f}v{0.1 * k:.2f}" {stroke}/>',
        "none": f'<circle class="none-line" cx="{x}" cy="{y}" r="{r - 1}" stroke-width="{1.5 * k:.2f}"/>',
    }
    return shapes[tone]


def _text(x: float, y: float, text: str, size: float, tone: str, *, anchor: str = "start", weight: int = 400) -> str:
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    bold = "" if weight == 400 else f' font-weight="{weight}"'  # noqa: PLR2004 (the normal one)
    return f'<text class="{tone}" x="{x:g}" y="{y:g}" font-size="{size:g}"{place}{bold}>{lettered(text)}</text>'
