"""A report as one picture: every dimension's interval on a scale on which its own margin lies at the same place.

Rates are divided by their margin, ratios taken as -ln(ratio) / ln(1 + margin): right is better, -1 is the limit, and a
verdict can be read off a row as it is made (`pass` when the whole bar lies right of the limit).
"""

import math
from dataclasses import dataclass
from typing import Final

from bot.charts.alt import alt_text
from bot.charts.draw import draw
from bot.charts.model import IntervalChart, Row, Tone
from bot.charts.png import png
from bot.charts.theme import DARK, LIGHT
from bot.difftest.model.report import Report
from bot.difftest.report.labels import label
from bot.difftest.report.rows import Figured, figured
from bot.wording.figures import dimension_cells
from bot.wording.names import VERDICTS
from bot.wording.unseen import plainly

TONES: Final[dict[str, Tone]] = {"pass": "good", "fail": "bad", "inconclusive": "open", "not_tested": "none"}

_AGAINST: Final = {
    "paired": "the old model",
    "stored_current": "the old one's stored answers",
    "candidate_alone": "the suite's pass rate",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG, and in words all that it shows."""

    png: bytes
    alt: str


def picture(report: Report, *, dark: bool = False) -> Picture:
    """The report's chart."""
    chart = chart_of(report)
    return Picture(png(draw(chart), DARK if dark else LIGHT), plainly(alt_text(chart)))


def chart_of(report: Report) -> IntervalChart:
    """What is drawn."""
    verdict = report.verdict.value
    return IntervalChart(
        title=VERDICTS[verdict].capitalize(),
        tone=TONES[verdict],
        lines=(f"old {report.current}", f"new {report.candidate}"),
        rows=tuple(_row(row) for row in figured(report)),
        foot=(
            f"Bar: {report.confidence * 100:.3g} % interval of the new model against {_AGAINST[report.mode]}.",
            "Fine: the whole bar lies right of the dashed limit.",
        ),
    )


def _row(row: Figured) -> Row:
    found = row.found
    word = VERDICTS[found.verdict.value]
    if found.difference is None or found.interval is None:
        return Row(label(row), TONES[found.verdict.value], word, _why_nothing(row), inner=row.inner)
    _, _, _, _, figure, span, *_ = dimension_cells(row.name, found)
    points = [_scaled(row, value) for value in (*found.interval, found.difference)]
    return Row(
        label=label(row),
        tone=TONES[found.verdict.value],
        word=word,
        figure=figure,
        span=span.removesuffix(" points"),
        note=f"allowed {row.allowed}" if found.primary else "reported only",
        low=min(points[:2]),
        point=points[2],
        high=max(points[:2]),
        inner=row.inner,
    )


def _why_nothing(row: Figured) -> str:
    return "not tested" if row.found.verdict.value == "not_tested" else "no figure"


def _scaled(row: Figured, value: float) -> float:
    """A difference or ratio on the common scale."""
    if row.kind == "rate":
        return value / row.found.margin
    return -math.log(value) / math.log1p(row.found.margin) if value > 0 else math.inf
