"""A series chart as SVG: what it is about, which line is which, and its panels over one common time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.charts.lettering import fitted, width
from bot.charts.model import Dot, Mark, Panel, SeriesChart
from bot.charts.parts import LABEL, LINE, PAD, SMALL, TITLE, WIDTH, Drawing, sign_at, text_at
from bot.charts.plot import HATCHED, INSET, RIGHT, UNSEEN, Plot, head_of, left_of, sample, told
from bot.charts.scale import at_ticks, multiples, time_step, unit_of

_PLOTS: Final = (96.0, 76.0, 64.0, 56.0)
"""How high the plots are where there are one, two, three, four panels."""
_LEGEND: Final = 17.0
_HEAD: Final = 27.0
_NOTE: Final = 14.0
_MARK: Final = 15.0
_BETWEEN: Final = 16.0
_TIMES: Final = 8
"""Steps of the time, at most."""
_TEXT: Final = WIDTH - 2 * PAD


@dataclass(frozen=True, slots=True)
class _Times:
    """The time that all panels share, in seconds, and where their plots begin."""

    first: float
    last: float
    left: float

    def x(self, at: float) -> float:
        """Where a time lies."""
        share = (at - self.first) / (self.last - self.first)
        return self.left + INSET + share * (RIGHT - self.left - 2 * INSET)


def draw_series(chart: SeriesChart) -> Drawing:
    """The chart. Raises ValueError for one without a panel, or with more of anything than there is room for."""
    if not 1 <= len(chart.panels) <= len(_PLOTS) or not 1 <= len(chart.lines) <= 2:  # noqa: PLR2004 - two strokes
        message = "a series chart has one to four panels, and one line or two"
        raise ValueError(message)
    times = _times(chart)
    parts = [UNSEEN, *_head(chart)]
    at = PAD + 24 + _LEGEND * (len(chart.lines) + any(panel.unseen for panel in chart.panels)) + 8
    rows = _rows(chart.marks, times)
    for number, panel in enumerate(chart.panels):
        parts += _panel_head(chart, panel, at)
        top = at + _HEAD + (_NOTE if panel.note else 0) + (_MARK * (max(rows, default=0) + 1) if number == 0 else 0)
        bottom = top + _PLOTS[len(chart.panels) - 1]
        parts += _marks(chart.marks, rows, times, top) if number == 0 else ()
        parts += [_mark_line(mark, times.x(mark.at), top, bottom) for mark in chart.marks]
        parts += Plot(panel, times.x, times.left, top, bottom).drawn()
        at = bottom + _BETWEEN
    bottom = at - _BETWEEN
    parts += _time_axis(chart, times, bottom)
    foot = bottom + 50
    parts += [text_at(PAD, foot + 15 * n, line, SMALL, "quiet") for n, line in enumerate(chart.foot)]
    height = int(foot + 15 * max(0, len(chart.foot) - 1) + (10 if chart.foot else -8))
    return Drawing("".join([f'<rect class="ground" width="{WIDTH}" height="{height}"/>', *parts]), WIDTH, height)


def _times(chart: SeriesChart) -> _Times:
    dots = [dot.at for panel in chart.panels for track in panel.tracks for dot in track]
    unseen = [end for panel in chart.panels for stretch in panel.unseen for end in stretch]
    every = [*dots, *unseen, *(mark.at for mark in chart.marks)] or [0.0]
    first, last = min(every), max(every)
    return _Times(first, last if last > first else first + 1, left_of(chart.panels))


def _head(chart: SeriesChart) -> Iterator[str]:
    """The title, and a legend line for each line and for what was not seen."""
    yield sign_at(chart.tone, PAD + 8, PAD + 9, 8)
    yield text_at(PAD + 24, PAD + 15, fitted(chart.title, TITLE, _TEXT - 24), TITLE, "ink", weight=600)
    y = PAD + 40.0
    start = round(PAD + 40 + max(width(line.word, LINE) for line in chart.lines), 1)
    for place, line in enumerate(chart.lines):
        yield sample(place, PAD, y - 4)
        yield text_at(PAD + 34, y, line.word, LINE, "ink", weight=600)
        yield text_at(start, y, fitted(line.name, LINE, WIDTH - PAD - start), LINE, "quiet")
        y += _LEGEND
    if any(panel.unseen for panel in chart.panels):
        yield f'<rect fill="url(#unseen)" fill-opacity="{HATCHED}" x="{PAD}" y="{y - 10}" width="26" height="12"/>'
        yield text_at(PAD + 34, y, chart.unseen, LINE, "quiet")


def _panel_head(chart: SeriesChart, panel: Panel, top: float) -> Iterator[str]:
    """What is shown and how it is meant, with the last figures; a note below."""
    y = top + 13
    newest = " · ".join(
        f"{line.word} {told(panel, values[-1])}"
        for line, values in zip(chart.lines, map(_values, panel.tracks), strict=True)
        if values
    )
    yield sign_at(panel.tone, PAD + 6, y - 4.5, 6)
    label = fitted(head_of(panel), LABEL, _TEXT - 20 - width(newest, LINE) - 8)
    yield text_at(PAD + 20, y, label, LABEL, "ink", weight=600)
    yield text_at(WIDTH - PAD, y, newest, LINE, "ink", anchor="end")
    if panel.note:
        yield text_at(PAD + 20, y + _NOTE, fitted(panel.note, SMALL, _TEXT - 20), SMALL, "quiet")


def _values(track: Sequence[Dot]) -> list[float]:
    return [dot.value for dot in track if dot.value is not None]


def _rows(marks: Sequence[Mark], times: _Times) -> list[int]:
    """The row each mark's label stands in, from the plot upwards: labels side by side where they do not touch."""
    ends: list[float] = []
    rows = []
    for mark in marks:
        start, end = _label_span(mark, times)
        row = next((n for n, reached in enumerate(ends) if start > reached + 6), len(ends))
        ends[row : row + 1] = [end]
        rows.append(row)
    return rows


def _label_span(mark: Mark, times: _Times) -> tuple[float, float]:
    """Where a mark's label begins and ends: over its line, and inside the picture."""
    wide = 14 + width(mark.label, SMALL)
    start = max(times.left, min(RIGHT - wide, times.x(mark.at) - 5))
    return start, start + wide


def _marks(marks: Sequence[Mark], rows: Sequence[int], times: _Times, top: float) -> Iterator[str]:
    for mark, row in zip(marks, rows, strict=True):
        start, _ = _label_span(mark, times)
        y = top - 5 - _MARK * row
        yield sign_at(mark.tone, start + 5, y - 4, 4.5)
        yield text_at(round(start + 13, 1), y, mark.label, SMALL, "ink")


def _mark_line(mark: Mark, x: float, top: float, bottom: float) -> str:
    tone = "ink" if mark.tone == "none" else mark.tone
    return f'<path class="{tone}-line" d="M{x:.1f} {top - 3:.1f}V{bottom + 3:.1f}" stroke-width="1.2"/>'


def _time_axis(chart: SeriesChart, times: _Times, bottom: float) -> Iterator[str]:
    step = time_step(times.last - times.first, _TIMES)
    seconds, name = unit_of(step)
    ticks = multiples(step, times.first, times.last)
    for at, label in zip(ticks, at_ticks([tick / seconds for tick in ticks], step / seconds), strict=True):
        x = times.x(at)
        yield f'<path class="rule-line" d="M{x:.1f} {bottom:.1f}v4" stroke-width="1"/>'
        yield text_at(round(x, 1), bottom + 16, label, SMALL, "quiet", anchor="middle")
    yield text_at(RIGHT, bottom + 31, f"{name} {chart.since}", SMALL, "quiet", anchor="end")
