"""Charts the workspace draws itself: what they hold, and that a picture takes their place where it does not."""

import math
from pathlib import Path

import pytest

from bot.charts.model import Dot, IntervalChart, Line, Panel, Row, SeriesChart
from bot.engine.models.notes import ChartNote
from bot.engine.native_charts import of_intervals, of_series
from bot.ports import OutsideError
from bot.rotation.model.rotation import Phase
from tests.engine.world import NEW, World, broken, world

HOUR = 3600.0


def dots(*values: float | None, start: int = 1) -> tuple[Dot, ...]:
    return tuple(Dot(HOUR * at, value) for at, value in enumerate(values, start=start))


def panel(*tracks: tuple[Dot, ...], **more: object) -> Panel:
    told = {"label": "errors", "tone": "good", "word": "fine", "unit": "%", "tracks": tracks}
    return Panel(**{**told, **more})  # type: ignore[arg-type]


def series(*panels: Panel) -> SeriesChart:
    return SeriesChart("pilots", "good", (Line("new", "acme/new"), Line("old", "acme/old")), panels)


def test_both_models_and_what_is_allowed_at_every_time_that_both_were_seen() -> None:
    before = (Dot(-HOUR, 0.9), Dot(0.0, None))
    new, old = dots(1.0, 2.0, None, 4.0), (*before, *dots(1.5, 2.5, 3.5, 4.5))
    (chart,) = of_series(series(panel(new, old, limit=8.0, allowed=dots(2.0, 3.0, 4.0, 5.0))))
    assert (chart.shape, chart.title, chart.y_label) == ("line", "errors: fine", "errors (%)")
    assert chart.categories == ("1 h", "2 h", "4 h")
    found = {one.name: one.values for one in chart.series}
    assert found == {"new": (1, 2, 4), "old": (1.5, 2.5, 4.5), "allowed": (2, 3, 5), "limit": (8, 8, 8)}


def test_an_old_model_that_was_hardly_seen_does_not_take_the_new_ones_figures_away() -> None:
    (chart,) = of_series(series(panel(dots(1.0, 2.0, 3.0, 4.0), dots(1.5))))
    assert [one.name for one in chart.series] == ["new"]
    assert len(chart.categories) == 4


def test_many_windows_are_drawn_as_means_of_twenty_groups() -> None:
    values = [float(n) for n in range(1, 101)]
    (chart,) = of_series(series(panel(dots(*values), dots(*values))))
    assert len(chart.categories) == 20
    assert chart.series[0].values[:2] == (3.0, 8.0)
    assert sum(chart.series[0].values) / 20 == pytest.approx(50.5)


def test_two_panels_at_most_and_none_without_a_figure() -> None:
    shown = of_series(series(*[panel(dots(None), dots(None))], *[panel(dots(1.0), dots(1.0), label=n) for n in "abc"]))
    assert [chart.title for chart in shown] == ["a: fine", "b: fine"]


def test_intervals_are_bars_and_what_reaches_far_is_drawn_to_the_edge() -> None:
    rows = (
        Row("quality", "good", "fine", "+1", low=-0.5, point=0.25, high=math.inf),
        Row("cost", "bad", "worse", "-9", low=-40.0, point=-9.0, high=-2.0),
        Row("tools", "none", "not tested", "not tested"),
    )
    chart = of_intervals(IntervalChart("Worse", "bad", rows))
    assert chart is not None
    assert chart.categories == ("quality", "cost")
    found = {one.name: one.values for one in chart.series}
    assert found == {"at least": (-0.5, -5.0), "measured": (0.25, -5.0), "at most": (5.0, -2.0)}
    assert of_intervals(IntervalChart("Nothing", "none", rows[2:])) is None


def charts(w: World) -> list[ChartNote]:
    return [note for note in w.room.notes("chart") if isinstance(note, ChartNote)]


def files(w: World) -> list[str]:
    return [one.name for _, _, many in w.room.attached for one in many]


async def test_comparison_and_stage_are_drawn_by_the_workspace(tmp_path: Path) -> None:
    async with world(tmp_path, native_charts=True) as w:
        await w.to_pilots_bake()
        w.traffic.slow.add(NEW)
        await w.later(minutes=41)
        assert await w.phase() is Phase.ROLLED_BACK
        compared, failed = charts(w)
        assert compared.charts[0].shape == "bar"
        assert compared.words.startswith("D1: each dimension's interval")
        assert failed.charts[0].shape == "line"
        assert "latency" in failed.charts[0].title
        assert all(note.alt for note in charts(w))
        assert not [name for name in files(w) if name.endswith(".png")]
        assert [name for name in files(w) if name.endswith(".html")]


async def test_where_the_workspace_takes_none_there_are_pictures(tmp_path: Path) -> None:
    async with world(tmp_path, native_charts=True) as w:
        w.room.takes_no = "chart"
        await w.to_pilots_bake()
        w.traffic.slow.add(NEW)
        await w.later(minutes=41)
        assert charts(w) == []
        assert len([name for name in files(w) if name.endswith(".png")]) == 2


async def test_slack_away_leaves_a_chart_to_be_drawn_later(tmp_path: Path) -> None:
    async with world(tmp_path, native_charts=True) as w:
        await w.to_pilots_bake()
        w.traffic.slow.add(NEW)
        with broken(w.room, "post", OutsideError("away", whose="Slack", again=True, code="unreachable")):
            await w.later(minutes=41)
        await w.later(minutes=30)
        assert [note.charts[0].shape for note in charts(w)].count("line") == 1
