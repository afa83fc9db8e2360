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


@dataclass(frozen=True, slots=True)
class Line:
    """One of the lines of a `SeriesChart`: a word for it, such as `new`, and the whole name of what it shows."""

    word: str
    name: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A figure at a time, in seconds from the chart's zero. Where there is no `value` the line is interrupted."""

    at: float
    value: float | None


@dataclass(frozen=True, slots=True)
class Panel:
    """One kind of figure over time, with the dots of each of the chart's lines in their order.

    `label`, `tone`, `word` and `note` are as in a `Row`. Figures are written with `unit` after them and `sign` before.
    None may lie beyond `limit`: above it, or below where `less_is_worse`. `unseen` are stretches (from, to) in seconds
    of which there is no figure; they are shown as such, and no line goes over them. `allowed` is a limit that moves:
    how far the first line might have gone at each time.
    """

    label: str
    tone: Tone
    word: str
    tracks: tuple[tuple[Dot, ...], ...]
    unit: str = ""
    sign: str = ""
    note: str = ""
    limit: float | None = None
    less_is_worse: bool = False
    unseen: tuple[tuple[float, float], ...] = ()
    allowed: tuple[Dot, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a time, in seconds from the chart's zero."""

    at: float
    label: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class SeriesChart:
    """Lines over time in panels one below the other: at most two lines, told apart by stroke and dots, four panels.

    `since` says what the zero of the time is, `unseen` what a stretch without figures is; `foot` stands at the end.
    """

    title: str
    tone: Tone
    lines: tuple[Line, ...]
    panels: tuple[Panel, ...]
    marks: tuple[Mark, ...] = ()
    since: str = "since the beginning"
    unseen: str = "not seen"
    foot: tuple[str, ...] = ()
