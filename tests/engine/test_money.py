"""What a month will cost: told to Finance while it is only a forecast, and shown with every look."""

from pathlib import Path

import pytest

from bot.engine.models import PageNote
from bot.rotation.evidence import Verdict
from bot.rotation.model.rotation import Phase
from bot.wording.figures import check_line
from bot.wording.pages import page_text
from bot.wording.text import plain
from tests.engine.world import RUNBOOK, world


@pytest.mark.parametrize(("envelope", "verdict"), [("60000", Verdict.FAIL), ("600000", Verdict.PASS)])
async def test_a_month_beyond_its_envelope_is_told_to_finance_before_it_is_spent(
    tmp_path: Path, envelope: str, verdict: Verdict
) -> None:
    runbook = RUNBOOK.replace("envelope_usd_per_month: 600000", f"envelope_usd_per_month: {envelope}")
    async with world(tmp_path, runbook=runbook) as w:
        await w.to_pilots_bake()
        await w.later(minutes=45)
        newest = (await w.rotation()).watched.newest_seen
        assert newest is not None
        found = next(one for one in newest.checks if one.name == "envelope")
        assert found.verdict is verdict
        assert check_line(found).startswith("⬜ a month, forecast: new $64,")
        told = [("finance", "envelope_forecast")] if verdict is Verdict.FAIL else []
        assert [one for one in await w.pages() if one[1] == "envelope_forecast"] == told
        assert await w.phase() is Phase.BAKING
        pages = [said.note for said in w.room.said.values() if isinstance(said.note, PageNote)]
        if told:
            assert "envelope $60,000" in plain(page_text(pages[-1]))
