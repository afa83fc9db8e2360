"""A chart in words, for those who cannot see it: made from the same rows that are drawn."""

from bot.charts.model import IntervalChart, Row


def alt_text(chart: IntervalChart) -> str:
    """Everything the picture says, row by row, in its order."""
    head = ", ".join((chart.title, *chart.lines))
    return " ".join([f"{head}.", *(f"{_said(row)}." for row in chart.rows), *chart.foot])


def _said(row: Row) -> str:
    figure = f"{row.figure} ({row.span})" if row.span else row.figure
    parts = [row.word] if row.figure == row.word else [row.word, figure]
    return f"{row.label}: {', '.join([*parts, *([row.note] if row.note else [])])}"
