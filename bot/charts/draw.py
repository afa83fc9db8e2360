"""An interval chart as SVG."""

from collections.abc import Iterator
from typing import Final

from bot.charts.lettering import fitted
from bot.charts.model import IntervalChart, Row
from bot.charts.parts import INNER, LABEL, LINE, PAD, SMALL, TITLE, WIDTH, Drawing, sign_at, text_at

_LABELS: Final = 34
_PLOT: Final = (140.0, 258.0)
_REACH: Final = 2.6
"""How far the scale reaches to both sides; bars that go on end in an arrow."""

_STEM: Final = 16.0
_TALL, _LOW = 38, 25


def draw(chart: IntervalChart) -> Drawing:
    """The chart."""
    head = PAD + 24 + 16 * len(chart.lines)
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
    parts += [text_at(PAD, foot + 15 * n, line, SMALL, "quiet") for n, line in enumerate(chart.foot)]
    return Drawing("".join(parts), WIDTH, height)


def _height(row: Row) -> int:
    return _LOW if row.inner else _TALL


def _head(chart: IntervalChart) -> Iterator[str]:
    yield sign_at(chart.tone, PAD + 8, PAD + 9, 8)
    yield text_at(PAD + 24, PAD + 15, chart.title, TITLE, "ink", weight=600)
    for n, line in enumerate(chart.lines):
        yield text_at(PAD, PAD + 36 + 16 * n, fitted(line, LINE, WIDTH - 2 * PAD), LINE, "quiet")


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
    yield text_at(limit, words, chart.limit_word, SMALL, "bad", anchor="end")
    yield text_at(right, words, chart.right, SMALL, "quiet", anchor="end")


def _divider(y: float) -> str:
    return f'<path class="band-line" d="M{PAD} {y}H{WIDTH - PAD}" stroke-width="1"/>'


def _row(row: Row, top: float) -> Iterator[str]:
    middle = top + _height(row) / 2
    first = middle + 4.5 if row.inner or not row.note else middle - 2.5
    start = _LABELS + (9 if row.inner else 0)
    size = INNER if row.inner else LABEL
    yield sign_at(row.tone, PAD + (16 if row.inner else 7), middle, 5.5 if row.inner else 7)
    label = fitted(row.label, size, _PLOT[0] - start - 4)
    yield text_at(start, first, label, size, "ink", weight=400 if row.inner else 600)
    if row.note and not row.inner:
        yield text_at(start, first + 14, row.note, SMALL, "quiet")
    if row.point is None or row.low is None or row.high is None:
        yield text_at(WIDTH - PAD, middle + 4.5, row.figure, LINE, "quiet", anchor="end")
        return
    yield from _bar(row, row.low, row.point, row.high, middle)
    if row.inner or not row.span:
        yield text_at(WIDTH - PAD, middle + 4.5, row.figure, LINE, "ink", anchor="end")
    else:
        yield text_at(WIDTH - PAD, middle - 2.5, row.figure, LABEL, "ink", anchor="end", weight=600)
        yield text_at(WIDTH - PAD, middle + 11.5, row.span, SMALL, "quiet", anchor="end")


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
