"""A stage's result in a picture: which checks and windows are in it, and that nothing ever waits for it."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import JsonValue

from bot.charts.model import Dot, SeriesChart
from bot.engine.models.messages import Attachment
from bot.engine.models.notes import SummaryNote
from bot.engine.stage_charts import FAILED, SEALED, seen_until, stage_chart
from bot.monitor.checks import Check
from bot.monitor.course import Course, Point
from bot.monitor.kinds import Kind, Rates, Tail
from bot.monitor.model import Observation
from bot.monitor.tallies import Shape
from bot.ports import OutsideError
from bot.rotation.evidence import CheckResult, Dimension, StageEvidence, Verdict
from bot.rotation.model.rotation import Phase
from bot.rotation.model.state import ModelRef, Models
from bot.runbook.models.limits import Backstop
from bot.store.library import Database
from bot.wording.facts import Facts
from tests.engine.world import NEW, NOON, OLD, World, broken, world

HOUR = timedelta(hours=1)
BEGUN = NOON
MODELS = Models(
    current=ModelRef(provider="acme", id=OLD),
    candidate=ModelRef(provider="acme", id=NEW),
    rollback=ModelRef(provider="acme", id=OLD),
)


def window(number: int) -> Observation:
    return Observation(start=BEGUN + number * HOUR, end=BEGUN + (number + 1) * HOUR)


def point(number: int, candidate: float | None, current: float | None) -> Point:
    return Point(window(number).start, window(number).end, candidate, current)


def course(name: str, *, before: Sequence[int] = (), watched: Sequence[int] = (0, 1, 2), figure: float = 0.5) -> Course:
    check = Check(name, Dimension.LATENCY, "s", Tail(), 0.25, Backstop(limit=8))
    past = tuple(point(number, None, figure) for number in before)
    return Course(check, past, tuple(point(number, figure, figure) for number in watched))


def result(name: str, unit: str = "s", verdict: Verdict = Verdict.PASS, role: str = "guardrail") -> CheckResult:
    return CheckResult(name=name, dimension=Dimension.LATENCY, verdict=verdict, unit=unit, role=role, candidate=1)


def passed(*checks: CheckResult, accepted_by: str | None = None) -> Facts:
    evidence = StageEvidence(
        stage="pilots",
        attempt=1,
        verdict=Verdict.INCONCLUSIVE if accepted_by else Verdict.PASS,
        looks=3,
        sealed_at=BEGUN + 3 * HOUR,
        checks=checks,
        accepted_by=accepted_by,
    )
    return evidence.model_dump(mode="json")


def failed(*checks: CheckResult) -> Facts:
    told: list[JsonValue] = [check.model_dump(mode="json") for check in checks]
    return {"stage": "pilots", "attempt": 1, "look": 3, "checks": told}


def drawn(code: str, facts: Facts, *courses: Course, windows: int = 3) -> SeriesChart:
    chart = stage_chart(code, facts, MODELS, [window(n) for n in range(windows)], courses)
    assert chart is not None
    return chart


def test_what_people_ask_for_first_comes_first_and_four_are_enough() -> None:
    names = ("tools", "cost", "latency", "retries", "errors", "own")
    checks = [result(name, role="report" if name == "tools" else "guardrail") for name in names]
    chart = drawn(SEALED, passed(*checks), *map(course, names))
    assert [panel.label for panel in chart.panels] == [
        *("errors", "latency (p95)", "cost per successful run", "retries per 100 requests"),
    ]
    assert (chart.title, chart.tone) == ("pilots: fine", "good")
    reported = drawn(SEALED, passed(*checks[:2]), course("tools"), course("cost"))
    assert [(panel.label, panel.tone) for panel in reported.panels] == [
        *(("cost per successful run", "good"), ("invalid tool calls", "none")),
    ]


def test_a_failure_shows_what_failed_why_and_when() -> None:
    worse = result("latency", verdict=Verdict.FAIL).model_copy(update={"difference": 0.42, "margin": 0.25})
    chart = drawn(FAILED, failed(worse), course("errors"), course("latency"))
    ((panel,), (begun, end)) = chart.panels, chart.marks
    assert (panel.label, panel.tone, panel.note) == (
        "latency (p95)",
        "bad",
        "all checks together +42 %, allowed +25 % (dotted)",
    )
    assert (begun.at, end.at, end.label) == (0, 3 * 3600, "failed")
    assert chart.title == "pilots: worse at check 3"
    broken_limit = worse.model_copy(update={"reason": "beyond_limit", "rule": "backstop 2/3"})
    (panel,) = drawn(FAILED, failed(broken_limit), course("latency")).panels
    assert panel.note == "beyond the absolute limit in 2 of 3 checks"


def test_why_it_failed_fits_in_a_line() -> None:
    worse = result("retries", "per request", Verdict.FAIL).model_copy(update={"difference": 0.112, "margin": 0.05})
    (panel,) = drawn(FAILED, failed(worse), course("retries")).panels
    assert panel.label == "retries per 100 requests"
    assert panel.note == "all checks together +11.20, allowed +5.00 (dotted)"


def test_what_was_allowed_is_drawn_where_the_margin_was_broken() -> None:
    worse = result("latency", verdict=Verdict.FAIL).model_copy(update={"difference": 0.42, "margin": 0.25})
    (panel,) = drawn(FAILED, failed(worse), course("latency", watched=(0, 1))).panels
    assert panel.allowed == (Dot(0, 625), Dot(3600, 625), Dot(7200, 625))
    broken_limit = worse.model_copy(update={"reason": "beyond_limit", "rule": "backstop 2/3"})
    (panel,) = drawn(FAILED, failed(broken_limit), course("latency")).panels
    assert panel.allowed == ()
    (panel,) = drawn(SEALED, passed(result("latency")), course("latency")).panels
    assert panel.allowed == ()


@pytest.mark.parametrize(
    ("kind", "less_is_worse", "allowed"),
    [
        (Rates(Shape.PROPORTION), False, 0.75),  # shares: so much more
        (Rates(Shape.PROPORTION), True, 0.25),
        (Rates(Shape.MEAN), False, 0.625),  # money: so many times more
        (Tail(), True, 0.375),
    ],
)
def test_a_margin_is_absolute_for_shares_and_relative_for_the_rest(
    kind: Kind, less_is_worse: bool, allowed: float
) -> None:
    check = Check("own", Dimension.QUALITY, "", kind, 0.25, less_is_worse=less_is_worse)
    worse = result("own", "", verdict=Verdict.FAIL)
    (panel,) = drawn(FAILED, failed(worse), Course(check, (), (point(0, 0.5, 0.5),)), windows=1).panels
    assert panel.allowed == (Dot(0, allowed), Dot(3600, allowed))


def test_who_went_on_without_fine_is_no_green_tick() -> None:
    chart = drawn(SEALED, passed(result("latency"), accepted_by="max"), course("latency"))
    assert (chart.title, chart.tone) == ("pilots: went on without “fine”", "open")


def test_windows_that_were_not_counted_are_stretches_and_no_line_goes_over_them() -> None:
    (panel,) = drawn(
        FAILED, failed(result("latency")), course("latency", before=(-2, -1), watched=(0, 3)), windows=6
    ).panels
    assert panel.unseen == ((3600.0, 3 * 3600.0), (4 * 3600.0, 6 * 3600.0))
    new, old = panel.tracks
    assert new == (Dot(3600, 500), Dot(3600, None), Dot(4 * 3600, 500))
    assert old == (Dot(-3600, 500), Dot(0, 500), Dot(0, None), *new)


def test_of_what_was_before_only_the_windows_next_to_the_change_are_shown() -> None:
    far = course("latency", before=(*range(-30, -24), *range(-9, 0)), watched=range(12))
    (panel,) = drawn(SEALED, passed(result("latency")), far, windows=12).panels
    assert [dot.at / 3600 for dot in panel.tracks[1] if dot.at <= 0 and dot.value is not None] == [-3, -2, -1, 0]
    (panel,) = drawn(SEALED, passed(result("latency")), course("latency", before=(-30,))).panels
    assert len(panel.tracks[1]) == 2 + 3, "what lies far away is not drawn nearer than it is"


@pytest.mark.parametrize(
    ("unit", "figure", "shown"),
    [
        ("share", 0.012, (1.2, "%", "")),
        ("per request", 0.02, (2.0, "", "")),
        ("s", 0.45, (450.0, "ms", "")),
        ("s", 1.5, (1.5, "s", "")),
        ("USD", 0.002, (0.002, "", "$")),
        ("tokens", 380.0, (380.0, "tokens", "")),
    ],
)
def test_figures_have_the_units_people_read(unit: str, figure: float, shown: tuple[float, str, str]) -> None:
    (panel,) = drawn(SEALED, passed(result("own", unit)), course("own", figure=figure)).panels
    assert panel.tracks[0][0].value == pytest.approx(shown[0])
    assert (panel.unit, panel.sign) == shown[1:]


def test_without_a_figure_there_is_no_picture() -> None:
    assert stage_chart(FAILED, failed(result("latency")), MODELS, [window(0)], [course("errors")]) is None
    assert stage_chart(FAILED, failed(result("latency")), MODELS, [], [course("latency")]) is None
    assert stage_chart(SEALED, passed(), MODELS, [window(0)], [course("latency")]) is None


def test_what_was_watched_after_a_stage_was_sealed_is_not_its_evidence() -> None:
    windows = [window(n) for n in range(5)]
    assert seen_until(SEALED, passed(), windows) == windows[:3]
    assert seen_until(FAILED, failed(), windows) == windows


# ---- in the engine


def charts(w: World) -> list[tuple[str, str, Attachment]]:
    return [(under, words, file) for under, words, files in w.room.attached for file in files if "R1" in file.name]


def summaries(w: World, code: str) -> list[SummaryNote]:
    notes = [said.note for said in w.room.said.values()]
    return [note for note in notes if isinstance(note, SummaryNote) and note.code == code]


async def test_a_failed_stage_has_the_chart_of_what_failed(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        w.traffic.slow.add(NEW)
        await w.later(hours=1)
        assert await w.phase() is Phase.ROLLED_BACK
        ((under, words, file),) = charts(w)
        card = await w.store.message("R1", "card")
        assert card is not None
        assert (under, words) == (card.ts, "R1 pilots: each check's figures as they were watched")
        assert file.content.startswith(b"\x89PNG")
        assert (file.name, file.title) == ("R1-pilots.png", "R1 pilots: worse at check 1")
        assert "latency (p95): worse" in file.alt
        assert f"new: {NEW}; old: {OLD}." in file.alt
        assert "limit 8 s." in file.alt
        assert "failed 20 min after" in file.alt
        assert "errors" not in file.alt
        assert len(file.alt) <= 1000


async def test_each_stage_that_passed_has_the_chart_of_its_own_windows(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_the_end()
        assert [file.title for _, _, file in charts(w)] == ["R1 pilots: fine", "R1 global: fine"], "staging: no traffic"
        for _, _, file in charts(w):
            assert file.alt.index("errors: fine") < file.alt.index("latency (p95): fine") < file.alt.index("cost per")
        assert "(3 h after)" not in charts(w)[0][2].alt


async def test_a_gap_in_what_was_seen_is_said(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        await w.later(minutes=21)
        w.traffic.silent = True
        await w.later(minutes=20)
        w.traffic.silent = False
        await w.later(hours=1)
        ((_, _, file),) = charts(w)
        assert "not counted: 20 min in 1 stretch." in file.alt


async def test_slack_that_takes_no_files_holds_up_neither_the_summary_nor_the_way_back(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        w.traffic.slow.add(NEW)
        with broken(w.room, "attach"):
            await w.later(hours=1)
            assert await w.phase() is Phase.ROLLED_BACK
            assert summaries(w, "guardrail_failed")
            assert summaries(w, "rolled_back")
            assert charts(w) == []
        await w.later(minutes=5)
        assert len(charts(w)) == 1


@pytest.mark.parametrize(("code", "again"), [("missing_scope", True), ("refused", False)])
async def test_a_chart_that_is_refused_is_let_go_and_nobody_is_called(tmp_path: Path, code: str, again: bool) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        w.traffic.slow.add(NEW)
        with broken(w.room, "attach", OutsideError("no files here", whose="the bot", again=again, code=code)):
            await w.later(hours=1)
        await w.later(hours=1)
        assert summaries(w, "rolled_back")
        assert charts(w) == []
        assert await w.pages() == [("sre", "guardrail_failed")]


async def test_what_cannot_be_drawn_is_logged_and_told_in_words_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def spoil(db: Database) -> None:
        db.execute("UPDATE measurements SET observation = '{}'")

    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        w.traffic.slow.add(NEW)
        with broken(w.room, "post"):
            await w.later(hours=1)
        await w.store.file.write(spoil)
        await w.later(hours=1)
        assert summaries(w, "guardrail_failed")
        assert summaries(w, "rolled_back")
        assert charts(w) == []
        assert await w.pages() == [("sre", "guardrail_failed")]
        assert capsys.readouterr().out.count("stage_chart_not_drawn") == 1
