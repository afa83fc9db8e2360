"""A rotation through the engine, from the command to its end."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from bot.ports import OutsideError
from bot.rotation.model.rotation import Phase
from tests.engine.world import NEW, OLD, OTHER, broken, world


async def test_a_good_candidate_goes_all_the_way(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        assert w.holds() == {"staging": NEW, "pilots": NEW, "global": OLD}
        await w.later(hours=2)
        assert await w.phase() is Phase.AWAITING_APPROVAL
        assert await w.answer("approve") == "accepted"
        await w.later(hours=4)
        assert await w.phase() is Phase.COMPLETED
        assert w.disk.log == [("staging", NEW), ("pilots", NEW), ("global", NEW)]
        assert w.disk.restarted == ["staging", "pilots", "global"]
        assert await w.pages() == []
        assert len(w.room.notes("card")) == 1
        assert len(w.room.notes("question")) == 2


async def test_the_last_stage_is_held_against_the_same_hours_of_the_day_before(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_the_end()
        sealed = (await w.rotation()).sealed
        rules = {stage.stage: stage.checks[0].rule.split()[0] for stage in sealed if stage.stage != "staging"}
        assert rules == {"pilots": "pooled_did", "global": "same_hours"}


async def test_a_comparison_knows_what_the_setting_costs_a_month(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        assert await w.diff() == "diff_started"
        month = (await w.comparison()).month
        assert month is not None
        assert (month.days, month.envelope) == (30, 600_000)
        assert month.usd == pytest.approx(3 * w.traffic.per_hour * 24 * 30 * 0.0005, rel=0.01)


async def test_a_source_that_does_not_reach_back_a_month_is_asked_for_less(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        w.traffic.reach = timedelta(days=8)
        assert await w.diff() == "diff_started"
        month = (await w.comparison()).month
        assert month is not None
        assert month.days == 7
        assert month.usd == pytest.approx(3 * w.traffic.per_hour * 24 * 30 * 0.0005, rel=0.01)
        w.traffic.silent = True
        assert await w.diff(candidate=OTHER) == "diff_started"
        assert (await w.comparison("D2")).month is None


async def test_chart_and_report_stand_in_the_thread_of_the_verdict(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        assert await w.diff() == "diff_started"
        ((under, words, files),) = w.room.attached
        message = await w.store.message("D1", "card")
        assert message is not None
        assert (under, words) == (message.ts, "Chart and report of D1")
        assert [file.name for file in files] == ["D1.png", "D1.html", "D1.md", "D1.json"]
        chart, page, text, figures = files
        assert chart.content.startswith(b"\x89PNG")
        assert "quality" in chart.alt
        assert NEW in page.content.decode()
        assert NEW in text.content.decode()
        assert json.loads(figures.content)["verdict"] == "pass"


async def test_without_the_scope_for_files_nothing_waits_and_nobody_is_called(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        refused = OutsideError("The app lacks the scope files:write", whose="the bot", again=True, code="missing_scope")
        with broken(w.room, "attach", refused):
            assert await w.diff() == "diff_started"
            await w.later(minutes=30)
        assert w.room.attached == []
        assert await w.pages() == []
        assert await w.promote() == "rotation_begun"
