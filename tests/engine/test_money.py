"""What a month will cost: asked of the source once, carried on from look to look, and told before it is spent."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.engine.models.notes import PageNote
from bot.rotation.evidence import LookResult, Verdict
from bot.rotation.model.rotation import Phase
from bot.wording.figures import check_line
from bot.wording.months import month_lines
from bot.wording.pages import page_text
from bot.wording.text import plain
from tests.engine.world import NOON, RUNBOOK, World, world

HOURLY = 3 * 30.0
"""US dollars an hour, over three stages."""


def enveloped(usd: int, **more: str) -> str:
    lines = "".join(f"{name}: {value}\n" for name, value in more.items())
    return lines + RUNBOOK.replace("envelope_usd_per_month: 600000", f"envelope_usd_per_month: {usd}")


async def newest(w: World) -> LookResult:
    found = (await w.rotation()).watched.newest_seen
    assert found is not None
    return found


async def to_first_look(w: World) -> LookResult:
    await w.to_pilots_bake()
    await w.later(minutes=21)
    return await newest(w)


@pytest.mark.parametrize(
    ("envelope", "this", "after"),
    [
        (60_000, Verdict.FAIL, Verdict.FAIL),
        (66_000, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
        (600_000, Verdict.PASS, Verdict.PASS),
    ],
)
async def test_a_month_beyond_its_envelope_is_told_to_finance_once_and_before_it_is_spent(
    tmp_path: Path, envelope: int, this: Verdict, after: Verdict
) -> None:
    async with world(tmp_path, runbook=enveloped(envelope)) as w:
        await w.to_pilots_bake()
        await w.later(minutes=45)
        checks = {one.name: one for one in (await newest(w)).checks}
        assert (checks["envelope"].verdict, checks["next_month"].verdict) == (this, after)
        assert check_line(checks["envelope"]).startswith("⬜ this month, forecast: new $66,9")
        assert check_line(checks["next_month"]).startswith("⬜ next month, forecast: new $64,")
        told = [("finance", "envelope_forecast")] if this is Verdict.FAIL else []
        assert [one for one in await w.pages() if one[1] == "envelope_forecast"] == told
        assert await w.phase() is Phase.BAKING
        pages = [said.note for said in w.room.said.values() if isinstance(said.note, PageNote)]
        if told:
            assert "envelope $60,000, will be exceeded" in plain(page_text(pages[-1]))
            assert "March up to" in plain(page_text(pages[-1]))


async def test_the_month_so_far_and_its_rest_add_up(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        look = await to_first_look(w)
        month = look.month
        assert month is not None
        assert (month.begins, month.ends) == (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
        gone = (look.window_end - month.begins) / timedelta(hours=1)
        assert (month.as_of, month.unknown_s) == (look.window_end, 0)
        assert month.spent == pytest.approx(HOURLY * gone, rel=1e-4)
        assert month.rest_current == pytest.approx(HOURLY * (31 * 24 - gone), rel=1e-4)
        assert (month.basis, month.counted) == ("days", 28)
        assert "the rest of it $" in plain(month_lines(month))


async def test_later_looks_bring_their_own_window_and_ask_for_no_day_again(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await to_first_look(w)
        w.traffic.asked.clear()
        await w.later(minutes=20)
        look = await newest(w)
        assert w.traffic.asked == [(look.window_start, look.window_end)]
        assert look.month is not None
        assert look.month.as_of == look.window_end
        gone = (look.window_end - look.month.begins) / timedelta(hours=1)
        assert look.month.spent == pytest.approx(HOURLY * gone, rel=1e-4)


async def test_what_lies_between_two_looks_is_asked_for(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await to_first_look(w)
        await w.later(minutes=45)
        await w.answer("approve")
        await w.later(minutes=90)
        look = await newest(w)
        assert (await w.rotation()).stage_plan.name == "global"
        assert look.month is not None
        gone = (look.window_end - look.month.begins) / timedelta(hours=1)
        assert look.month.as_of == look.window_end
        assert look.month.unknown_s == 0
        assert look.month.spent == pytest.approx(HOURLY * gone, rel=1e-4)


async def test_a_source_without_a_past_says_what_is_not_known(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        w.traffic.reach = timedelta(hours=2)
        look = await to_first_look(w)
        assert look.month is not None
        assert look.month.basis == "looks"
        said = plain(month_lines(look.month))
        assert "of it cost is not known" in said
        checks = {one.name: one for one in look.checks}
        assert (checks["envelope"].verdict, checks["envelope"].reason) == (Verdict.INCONCLUSIVE, "spent_unknown")
        assert checks["next_month"].verdict is Verdict.PASS


async def test_silence_is_not_thrift(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        w.traffic.remembers = NOON - timedelta(hours=3)
        look = await to_first_look(w)
        assert look.month is not None
        assert look.month.unknown_s >= timedelta(days=1).total_seconds()


async def test_a_source_that_does_not_answer_costs_the_forecast_and_not_the_look(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        w.traffic.reach, w.traffic.beyond = timedelta(hours=12), "timeout"
        look = await to_first_look(w)
        assert (look.counted, look.month) == (True, None)
        assert "envelope" not in {one.name for one in look.checks}
        w.traffic.reach = None
        await w.later(minutes=20)
        later = (await newest(w)).month
        assert later is not None
        assert later.unknown_s == 0


async def test_a_month_that_turns_meanwhile_begins_at_nothing_in_the_runbooks_zone(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=enveloped(600_000, time_zone="Europe/Berlin")) as w:
        w.clock.at = datetime(2026, 3, 31, 20, 50, tzinfo=UTC)  # 22:50 in Berlin
        look = await to_first_look(w)
        assert look.month is not None
        assert look.month.begins == datetime(2026, 2, 28, 23, tzinfo=UTC)
        await w.later(minutes=45)
        month = (await newest(w)).month
        assert month is not None
        assert month.begins == datetime(2026, 3, 31, 22, tzinfo=UTC)
        gone = max(0.0, (month.as_of - month.begins) / timedelta(hours=1))
        assert month.unknown_s == 0
        assert month.spent == pytest.approx(HOURLY * gone, rel=1e-3)
        assert "April up to" in plain(month_lines(month))


async def test_without_an_envelope_nothing_is_asked_for(tmp_path: Path) -> None:
    runbook = RUNBOOK.replace("    envelope_usd_per_month: 600000\n", "")
    async with world(tmp_path, runbook=runbook) as w:
        look = await to_first_look(w)
        assert look.month is None
        assert max(end - start for start, end in w.traffic.asked if start > NOON - timedelta(days=3)) < timedelta(
            days=1
        )


async def test_a_month_beyond_its_envelope_sends_nothing_back_and_is_told_once_on_the_whole_way(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=enveloped(60_000)) as w:
        await w.to_the_end()
        assert [one for one in await w.pages() if one[1] == "envelope_forecast"] == [("finance", "envelope_forecast")]
