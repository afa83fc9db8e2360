"""A chart in words, for those who cannot see it: made from the same rows that are drawn."""

from collections.abc import Iterator, Sequence

from bot.charts.model import Dot, IntervalChart, Line, Panel, Row, SeriesChart
from bot.charts.plot import head_of, told
from bot.charts.scale import length


def alt_text(chart: IntervalChart) -> str:
    """Everything the picture says, row by row, in its order."""
    head = ", ".join((chart.title, *chart.lines))
    return " ".join([f"{head}.", *(f"{_said(row)}." for row in chart.rows), *chart.foot])


def _said(row: Row) -> str:
    figure = f"{row.figure} ({row.span})" if row.span else row.figure
    parts = [row.word] if row.figure == row.word else [row.word, figure]
    return f"{row.label}: {', '.join([*parts, *([row.note] if row.note else [])])}"


def series_alt(chart: SeriesChart) -> str:
    """What the picture says: what happened, each line's first, last and worst figure, the limit, what was not seen."""
    lines = "; ".join(f"{line.word}: {line.name}" for line in chart.lines)
    unseen = [_unseen(chart, panel) for panel in chart.panels]
    shared = unseen[0] if len(set(unseen)) == 1 else ""  # said once where it is the same everywhere
    happened = f" {'; '.join(f'{mark.label} {_when(mark.at)}' for mark in chart.marks)}." if chart.marks else ""
    parts = [f"{chart.title}.{happened} All times are {chart.since}.", f"{lines}."]
    for panel, gaps in zip(chart.panels, unseen, strict=True):
        parts += [*_panel(chart, panel), *([gaps] if gaps and not shared else [])]
    return " ".join([*parts, *([shared] if shared else []), *chart.foot])


def _panel(chart: SeriesChart, panel: Panel) -> Iterator[str]:
    yield f"{head_of(panel)}: {', '.join([panel.word, *([panel.note] if panel.note else [])])}."
    for line, track in zip(chart.lines, panel.tracks, strict=True):
        yield f"{_line(line, track, panel)}."
    if allowed := [dot.value for dot in panel.allowed if dot.value is not None]:
        yield f"allowed first {told(panel, allowed[0])}, last {told(panel, allowed[-1])}."
    if panel.limit is not None:
        yield f"limit {told(panel, panel.limit)}."


def _unseen(chart: SeriesChart, panel: Panel) -> str:
    many = len(panel.unseen)
    whole = length(sum(end - start for start, end in panel.unseen))
    return f"{chart.unseen}: {whole} in {many} {'stretch' if many == 1 else 'stretches'}." if many else ""


def _line(line: Line, track: Sequence[Dot], panel: Panel) -> str:
    seen = [(dot.value, dot.at) for dot in track if dot.value is not None]
    if not seen:
        return f"{line.word} has no figure"
    by_harm = sorted(seen, key=lambda one: float(f"{one[0]:.4g}"), reverse=not panel.less_is_worse)
    worst, at = by_harm[0]  # of equal ones the first
    word = "lowest" if panel.less_is_worse else "highest"
    first, last = told(panel, seen[0][0]), told(panel, seen[-1][0])
    return f"{line.word} first {first}, last {last}, {word} {told(panel, worst)} ({_when(at)})"


def _when(at: float) -> str:
    return "at the start" if not round(at) else f"{length(at)} {'before' if at < 0 else 'after'}"
