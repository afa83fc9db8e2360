"""From a picture's data to a chart the workspace draws itself: fewer points, none missing, at most two panels. Pure.

What such a chart cannot show (stretches nobody saw, how far an interval reaches beyond the scale) is in its words.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean
from typing import Final

from bot.charts.model import Dot, IntervalChart, Panel, SeriesChart
from bot.charts.scale import length
from bot.engine.models.notes import ChartSeries, NativeChart

POINTS: Final = 20
PANELS: Final = 2
FARTHEST: Final = 5.0
"""How many times the allowed margin an interval is drawn at most, so that the margin itself can still be seen."""


def of_series(chart: SeriesChart) -> tuple[NativeChart, ...]:
    """The first two panels that have a figure, each as lines over the watched time."""
    made = [found for panel in chart.panels if (found := _panel(chart, panel)) is not None]
    return tuple(made[:PANELS])


def _panel(chart: SeriesChart, panel: Panel) -> NativeChart | None:
    tracks = [_watched(track) for track in panel.tracks]
    times = sorted(tracks[0]) if tracks else []
    lines = {line.word: track for line, track in zip(chart.lines, tracks, strict=True)}
    shared = [at for at in times if all(at in track for track in tracks)]
    if 2 * len(shared) >= len(times):  # what only one of them has would have no figure for the other
        times = shared
    else:
        lines = {chart.lines[0].word: tracks[0]}
    if not times:
        return None
    allowed = _watched(panel.allowed)
    if allowed and all(at in allowed for at in times):
        lines["allowed"] = allowed
    if panel.limit is not None:
        lines["limit"] = dict.fromkeys(times, panel.limit)
    groups = _grouped(times)
    return NativeChart(
        title=f"{panel.label}: {panel.word}",
        shape="line",
        categories=tuple(length(group[-1]) for group in groups),
        series=tuple(ChartSeries(name=name, values=_means(track, groups)) for name, track in lines.items()),
        x_label=chart.since,
        y_label=f"{panel.label} ({panel.unit or panel.sign})" if panel.unit or panel.sign else panel.label,
    )


def _watched(track: Sequence[Dot]) -> dict[float, float]:
    return {dot.at: dot.value for dot in track if dot.at > 0 and dot.value is not None}


def _grouped(times: Sequence[float]) -> list[Sequence[float]]:
    """The times in at most twenty groups that follow on each other, as equal as they can be."""
    many = min(POINTS, len(times))
    edges = [round(n * len(times) / many) for n in range(many + 1)]
    return [times[start:end] for start, end in pairwise(edges)]


def _means(track: Mapping[float, float], groups: Sequence[Sequence[float]]) -> tuple[float, ...]:
    return tuple(float(f"{fmean(track[at] for at in group):.5g}") for group in groups)


def of_intervals(chart: IntervalChart) -> NativeChart | None:
    """Every row with a figure as three bars: its interval's ends and its point, in allowed margins; None for none."""
    rows = [row for row in chart.rows if row.point is not None and math.isfinite(row.point)][:POINTS]
    if not rows:
        return None
    ends = {
        "at least": [row.low for row in rows],
        "measured": [row.point for row in rows],
        "at most": [row.high for row in rows],
    }
    return NativeChart(
        title=f"{chart.title}: against what is allowed",
        shape="bar",
        categories=tuple(row.label for row in rows),
        series=tuple(ChartSeries(name=name, values=tuple(map(_drawn, found))) for name, found in ends.items()),
        y_label=f"{chart.right} is above 0; {chart.limit_word} at {chart.limit:g}",
    )


def _drawn(value: float | None) -> float:
    held = max(-FARTHEST, min(FARTHEST, value if value is not None and not math.isnan(value) else 0.0))
    return float(f"{held:.3g}")
