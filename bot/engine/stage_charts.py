"""From what a bake saw to the picture of it: which checks are drawn, over which time, with which gaps. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.charts.model import Dot, Line, Mark, Panel, SeriesChart, Tone
from bot.monitor.model import Observation
from bot.monitor.reasons import Reason
from bot.rotation.evidence import FORECASTS, CheckResult, StageEvidence, Verdict
from bot.rotation.model.state import Models
from bot.wording import drawn
from bot.wording.facts import Facts
from bot.wording.summaries import checks_of

if TYPE_CHECKING:  # numpy is behind it: the idle bot stays small
    from bot.monitor.checks import Check
    from bot.monitor.course import Course, Point

FAILED: Final = "guardrail_failed"
SEALED: Final = "stage_passed"
CHARTED: Final = frozenset({FAILED, SEALED})
"""The summaries that have a chart."""
MOST_PANELS: Final = 4
_FIRST: Final = ("errors", "latency", "cost")
_NO_COURSE: Final = FORECASTS | {"attribution", "health"}
"""Results that are no figure of a window held against another."""
_TONES: Final[Mapping[Verdict, Tone]] = {Verdict.PASS: "good", Verdict.FAIL: "bad", Verdict.INCONCLUSIVE: "open"}
_PAST_SHARE: Final = 1 / 3
_PAST_WINDOWS: Final = 3
"""So much of what was before is shown: a third of the watched time, at least so many windows."""
_TOUCHING: Final = timedelta(seconds=1)
"""Windows whose ends are no further apart follow on each other."""


@dataclass(frozen=True)
class _Time:
    """The watched time: from when the stage was set to the end of the last window."""

    begun: datetime
    ended: datetime

    def at(self, moment: datetime) -> float:
        """Seconds since it began."""
        return (moment - self.begun).total_seconds()


def seen_until(code: str, facts: Facts, windows: Sequence[Observation]) -> list[Observation]:
    """The windows the summary is about: what was watched after a stage was sealed is not part of its evidence."""
    if code != SEALED:
        return list(windows)
    sealed_at = StageEvidence.model_validate(dict(facts)).sealed_at
    return [window for window in windows if window.end <= sealed_at]


def stage_chart(
    code: str, facts: Facts, models: Models, windows: Sequence[Observation], courses: "Sequence[Course]"
) -> SeriesChart | None:
    """The chart of a stage's summary, `windows` being all that were looked at; None where no check has a figure."""
    by_name = {course.check.name: course for course in courses}
    checks = [check for check in charted_checks(code, facts) if check.name in by_name]
    if not checks or not windows:
        return None
    time = _Time(min(window.start for window in windows), max(window.end for window in windows))
    panels = tuple(_panel(check, by_name[check.name], time) for check in checks)
    compared = any(dot.value is not None for panel in panels for dot in panel.tracks[1])
    lines = (Line("new", models.candidate.id), Line("old", models.current.id))
    title, tone, marks = _told(code, facts, time)
    return SeriesChart(
        title=title,
        tone=tone,
        lines=lines,
        panels=panels,
        marks=marks,
        since=drawn.SINCE,
        unseen=drawn.NOT_COUNTED,
        foot=(drawn.HELD_AGAINST,) if compared else (),
    )


def charted_checks(code: str, facts: Facts) -> list[CheckResult]:
    """What rolled back, as it was told; of a stage that passed, what people ask for first, reports last."""
    checks = checks_of(facts)
    if code != FAILED:
        rank = {name: place for place, name in enumerate(_FIRST)}
        measured = [check for check in checks if check.candidate is not None and check.name not in _NO_COURSE]
        checks = tuple(sorted(measured, key=lambda one: (one.role == "report", rank.get(one.name, len(rank)))))
    return list(checks[:MOST_PANELS])


def _told(code: str, facts: Facts, time: _Time) -> tuple[str, Tone, tuple[Mark, ...]]:
    begun = Mark(0.0, drawn.SET, "none")
    if code == FAILED:
        return drawn.failed_title(facts), "bad", (begun, Mark(time.at(time.ended), drawn.FAILED, "bad"))
    stage = StageEvidence.model_validate(dict(facts))
    return drawn.sealed_title(stage), "open" if stage.accepted_by else _TONES[stage.verdict], (begun,)


def _panel(check: CheckResult, course: "Course", time: _Time) -> Panel:
    points = [point for point in course.watched if point.candidate is not None]
    before = _recent(course.before, time)
    figures = [one for p in (*points, *before) for one in (p.candidate, p.current) if one is not None]
    factor, unit, sign = _written(check.unit, max(figures, default=0.0))
    limit = course.check.backstop.limit if course.check.backstop is not None else None
    new = _track(points, [point.candidate for point in points], time, factor)
    old = (
        *_track(before, [point.current for point in before], time, factor),
        Dot(0.0, None),  # seen before, expected after: two things, and no line over the change
        *_track(points, [point.current for point in points], time, factor),
    )
    by_margin = check.verdict is Verdict.FAIL and check.reason != Reason.BEYOND_LIMIT
    return Panel(
        label=drawn.panel_label(check.name),
        tone="none" if check.role == "report" else _TONES[check.verdict],
        word=drawn.panel_word(check),
        tracks=(new, old),
        unit=unit,
        sign=sign,
        note=drawn.why_worse(check) if check.verdict is Verdict.FAIL else "",
        limit=None if limit is None else limit * factor,
        less_is_worse=course.check.less_is_worse,
        unseen=tuple(_unseen(points, time)),
        allowed=_allowed(course.check, points, time, factor) if by_margin else (),
    )


def _allowed(check: "Check", points: "Sequence[Point]", time: _Time, factor: float) -> tuple[Dot, ...]:
    """How far the new model might have gone in each window: what it was held against, and the margin.

    Of shares and rates a margin is absolute, of everything else relative.
    """
    absolute = check.margin_is_absolute
    sign = -1 if check.less_is_worse else 1

    def most(current: float | None) -> float | None:
        if current is None:
            return None
        return current + sign * check.margin if absolute else current * (1 + sign * check.margin)

    dots = _track(points, [most(point.current) for point in points], time, factor)
    begun = (Dot(time.at(points[0].start), dots[0].value),) if dots else ()
    return (*begun, *dots)


def _recent(before: "Sequence[Point]", time: _Time) -> "list[Point]":
    """The windows right before the change. Those kept of a cycle earlier, for their hours, are far away."""
    windows = [point for point in before if point.end <= time.begun + _TOUCHING]
    if not windows:
        return []
    width = windows[-1].end - windows[-1].start
    reach = max((time.ended - time.begun) * _PAST_SHARE, width * _PAST_WINDOWS)
    return [point for point in windows if point.start >= windows[-1].end - reach - _TOUCHING]


def _written(unit: str, highest: float) -> tuple[float, str, str]:
    """How figures of a unit are written: what they are multiplied by, and what stands after and before them."""
    match unit:
        case "share":
            return 100.0, "%", ""
        case "per request":
            return 100.0, "", ""
        case "s" if highest < 1:
            return 1000.0, "ms", ""
        case "USD":
            return 1.0, "", "$"
        case _:
            return 1.0, unit, ""


def _track(points: "Sequence[Point]", figures: Sequence[float | None], time: _Time, factor: float) -> tuple[Dot, ...]:
    """A dot at the end of each window; windows that do not follow on each other are not joined up."""
    dots: list[Dot] = []
    end: datetime | None = None
    for point, figure in zip(points, figures, strict=True):
        if end is not None and point.start - end > _TOUCHING:
            dots.append(Dot(time.at(end), None))
        dots.append(Dot(time.at(point.end), None if figure is None else figure * factor))
        end = point.end
    return tuple(dots)


def _unseen(points: "Sequence[Point]", time: _Time) -> Iterator[tuple[float, float]]:
    """The stretches of the watched time that no window with a figure covers."""
    end = time.begun
    for point in points:
        if point.start - end > _TOUCHING:
            yield time.at(end), time.at(point.start)
        end = max(end, point.end)
    if time.ended - end > _TOUCHING:
        yield time.at(end), time.at(time.ended)
