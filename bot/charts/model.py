"""What is to be drawn, as plain data in the words of a picture: rows, points, tones. No drawing."""

from dataclasses import dataclass
from typing import Literal

Tone = Literal["good", "bad", "open", "none"]
"""How a row is meant: each tone has a colour and a sign of its own shape."""


@dataclass(frozen=True, slots=True)
class Row:
    """One measured thing on the chart's common scale, where larger is better and 0 is no difference.

    `label` names it, `word` says how it is meant, `figure` is the point and `span` the interval as people read them,
    `note` stands small below the label. Without `point` the row says `figure` in place of a bar; an interval may reach
    to infinity. An `inner` row is a part of the one above.
    """

    label: str
    tone: Tone
    word: str
    figure: str
    span: str = ""
    note: str = ""
    low: float | None = None
    point: float | None = None
    high: float | None = None
    inner: bool = False


@dataclass(frozen=True, slots=True)
class IntervalChart:
    """Intervals one below the other, against zero and against `limit`, the value none may lie below.

    `lines` stand below the title, `foot` at the end; `left` and `right` name the directions.
    """

    title: str
    tone: Tone
    rows: tuple[Row, ...]
    lines: tuple[str, ...] = ()
    foot: tuple[str, ...] = ()
    left: str = "worse"
    right: str = "better"
    limit: float = -1.0
    limit_word: str = "limit"
