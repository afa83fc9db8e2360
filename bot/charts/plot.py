"""The plot of one panel: its scale, what was not seen, the limit, and the lines with their dots.

Nothing hangs on a colour: the first line is drawn through with full dots, the second one dashed with hollow squares,
a limit is dotted, and what was not seen is hatched.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.charts.lettering import width
from bot.charts.model import Dot, Panel
from bot.charts.parts import PAD, SMALL, text_at
from bot.charts.scale import at_ticks, multiples, rounded, step_for

RIGHT: Final = 344.0
INSET: Final = 5.0
"""Between the ends of the time and those of the plot, so that no dot is cut."""
UNSEEN: Final = (
    '<pattern id="unseen" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="band" width="5" height="5"/><path class="rule-line" d="M0 0V5" stroke-width="1"/></pattern>'
)
"""Hatched lines on a light ground, for what was not seen."""
HATCHED: Final = 0.6
_FAR: Final = 2.5
"""A limit so many times above the highest figure is named at the edge: drawn, it would press the lines flat."""
_ROOM: Final = 0.25
"""The share of a plot that is kept free at its top for the name of a limit beyond it."""
_SHORT_UNIT: Final = 3
_MOST: Final = 3
"""Steps of the scale, at most."""
_CLOSE: Final = 10.0
"""Dots closer than this run into each other: then some are left out, never a line's first and last."""
_STROKES: Final = (
    'class="line-line" stroke-width="2.2" stroke-linejoin="round" stroke-linecap="round"',
    'class="quiet-line" stroke-width="1.6" stroke-linejoin="round" stroke-dasharray="5 3"',
)
_DOTTED: Final = 'class="bad-line" stroke-width="1.5" stroke-dasharray="1.5 3"'

Place = Callable[[float], float]
"""Where a time or a value lies, in units of the drawing."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A panel's plot from `left`, between `top` and `bottom`; `x` says where a time lies."""

    panel: Panel
    x: Place
    left: float
    top: float
    bottom: float

    def drawn(self) -> Iterator[str]:
        """Everything in it, from the back to the front."""
        low, high, step = extent(self.panel)

        def y(value: float) -> float:
            return self.bottom - (value - low) / (high - low) * (self.bottom - self.top)

        for start, end in self.panel.unseen:
            yield self._unseen(start, end)
        yield from self._scale(multiples(step, low, high), step, y)
        for place, track in reversed(list(enumerate(self.panel.tracks))):
            yield from self._track(place, track, y)
        yield from self._allowed(y)
        yield from self._limit(high, y)

    def _unseen(self, start: float, end: float) -> str:
        left, right = self.x(start), self.x(end)
        shape = f'x="{left:.1f}" y="{self.top:.1f}" width="{max(right - left, 2):.1f}"'
        return f'<rect fill="url(#unseen)" fill-opacity="{HATCHED}" {shape} height="{self.bottom - self.top:.1f}"/>'

    def _scale(self, ticks: list[float], step: float, y: Place) -> Iterator[str]:
        for value, said in zip(ticks, _said(self.panel, ticks, step), strict=True):
            yield f'<path class="rule-line" d="M{self.left} {y(value):.1f}H{RIGHT}" stroke-width="0.5" opacity="0.7"/>'
            yield text_at(self.left - 6, round(y(value) + 4, 1), said, SMALL, "quiet", anchor="end")

    def _limit(self, high: float, y: Place) -> Iterator[str]:
        limit = self.panel.limit
        if limit is None:
            return
        said = f"limit {told(self.panel, limit)}"
        if limit > high:  # an arrow to where it lies
            x = self.left + INSET + 5
            yield f'<path class="bad" d="M{x} {self.top + 8:.1f}l4 -7l4 7z"/>'
            yield from _outlined(x + 12, self.top + 9, said)
            return
        at = y(limit)
        yield f'<path {_DOTTED} d="M{self.left} {at:.1f}H{RIGHT}"/>'
        above = at - self.top > SMALL + 4
        yield from _outlined(self.left + INSET + 5, at - 4 if above else at + SMALL + 1, said)

    def _allowed(self, y: Place) -> Iterator[str]:
        for run in _runs(self.panel.allowed):
            points = [f"{self.x(at):.1f} {y(value):.1f}" for at, value in run]
            if len(points) > 1:
                yield f'<path {_DOTTED} d="M{"L".join(points)}"/>'

    def _track(self, place: int, track: Sequence[Dot], y: Place) -> Iterator[str]:
        runs = list(_runs(track))
        for run in runs:
            points = [f"{self.x(at):.1f} {y(value):.1f}" for at, value in run]
            if len(points) > 1:
                yield f'<path {_STROKES[place]} d="M{"L".join(points)}"/>'
        for at, value in self._shown(runs):
            yield _dot(place, self.x(at), y(value))

    def _shown(self, runs: Sequence[Sequence[tuple[float, float]]]) -> Iterator[tuple[float, float]]:
        """The figures that get a dot: all where there is room, else every so many and both ends of each run."""
        for run in runs:
            last = -math.inf
            end = self.x(run[-1][0])
            for number, (at, value) in enumerate(run):
                here = self.x(at)
                if number == len(run) - 1 or (here - last >= _CLOSE and (end - here >= _CLOSE or number == 0)):
                    last = here
                    yield at, value


def _runs(track: Sequence[Dot]) -> Iterator[list[tuple[float, float]]]:
    """The dots that a line joins: it goes over no interruption."""
    run: list[tuple[float, float]] = []
    for dot in track:
        if dot.value is not None:
            run.append((dot.at, dot.value))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _dot(place: int, x: float, y: float) -> str:
    if place == 0:
        return f'<circle class="line" cx="{x:.1f}" cy="{y:.1f}" r="2.6"/>'
    # Larger than the other line's dot, so that it is seen around that one where both figures are the same.
    square = f'x="{x - 3:.1f}" y="{y - 3:.1f}" width="6" height="6"'
    return f'<rect class="ground" {square}/><rect class="quiet-line" {square} stroke-width="1.3"/>'


def sample(place: int, x: float, y: float) -> str:
    """A short piece of a line with its dot, for the legend."""
    return f'<path {_STROKES[place]} d="M{x} {y}h26"/>{_dot(place, x + 13, y)}'


def _outlined(x: float, y: float, text: str) -> Iterator[str]:
    """A text that is legible on whatever it stands on."""
    wide = width(text, SMALL) + 4
    yield f'<rect class="ground" opacity="0.8" x="{x - 2}" y="{y - 9:.1f}" width="{wide:.1f}" height="12"/>'
    yield text_at(x, round(y, 1), text, SMALL, "bad")


def _said(panel: Panel, ticks: Sequence[float], step: float) -> Iterator[str]:
    for value, label in zip(ticks, at_ticks(ticks, step), strict=True):
        yield f"{panel.sign}{label}{_short(panel.unit)}" if value else told(panel, 0)


def left_of(panels: Sequence[Panel]) -> float:
    """Where the plots begin, so that the numbers of all their scales fit in before it."""
    widest = 0.0
    for panel in panels:
        low, high, step = extent(panel)
        widest = max(widest, *(width(said, SMALL) for said in _said(panel, multiples(step, low, high), step)))
    return round(PAD + widest + 6)


def head_of(panel: Panel) -> str:
    """What the panel is called, with a unit that is too long to stand behind every figure."""
    return panel.label if not panel.unit or _short(panel.unit) else f"{panel.label}, {panel.unit}"


def _short(unit: str) -> str:
    """A unit that fits behind every number of the scale; a longer one stands in the panel's head."""
    return f" {unit}" if unit and len(unit) <= _SHORT_UNIT else ""


def told(panel: Panel, value: float) -> str:
    """A figure as the panel writes it."""
    minus = "−" if value < 0 else ""
    return f"{minus}{panel.sign}{rounded(abs(value))}{_short(panel.unit)}"


def figures(panel: Panel) -> list[float]:
    """Every figure of a panel, and what was allowed of them."""
    tracks = (*panel.tracks, panel.allowed)
    return [dot.value for track in tracks for dot in track if dot.value is not None]


def extent(panel: Panel) -> tuple[float, float, float]:
    """The ends of a panel's scale, and its step.

    It begins at zero, so that twice as high is twice as much. Where less is worse, everything lies near the top and how
    far it falls is what matters: there it begins below the lowest figure.
    """
    values = figures(panel) or [0.0]
    highest, lowest = max(values), min(values)
    if panel.limit is not None and (panel.less_is_worse or panel.limit <= _FAR * highest):
        highest, lowest = max(highest, panel.limit), min(lowest, panel.limit)
    if not panel.less_is_worse:
        lowest = min(lowest, 0.0)
    highest = highest if highest > lowest else lowest + (abs(lowest) or 1.0)
    step = step_for((highest - lowest) * 1.05, _MOST)
    low = step * math.floor(lowest / step + 1e-9)
    high = step * math.ceil(highest / step - 1e-9)
    if panel.limit is not None and panel.limit > high and high - highest < _ROOM * (high - low):
        high += step
    return low, high, step
