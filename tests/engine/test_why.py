"""`/rotate why`: every step of a rotation out of the ledger, in order, with what it rests on and what comes next."""

from pathlib import Path

from bot.engine.facade import Facade
from bot.wording.text import plain
from bot.wording.whys import MOST_TOLD, why_text
from tests.engine.world import MAX, NEW, World, world


async def said(w: World, subject: str = "R1") -> list[str]:
    found = await Facade(w.engine).why(subject)
    assert found is not None
    return plain(why_text(found)).splitlines()


def steps(lines: list[str]) -> list[str]:
    begin = lines.index("How it came to this:")
    return [one for one in lines[begin + 1 :] if one.startswith("• ")]


async def test_a_stage_being_watched_tells_how_it_came_there_and_what_the_last_check_said(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        await w.later(minutes=21)
        lines = await said(w)
        assert "▶️ Watching (pilots)" in lines
        told = steps(lines)
        order = [
            "began this from comparison D1",
            "staging is done: fine",
            "max approved pilots",
            "pilots: watching for",
        ]
        found = [next(n for n, one in enumerate(told) if words in one) for words in order]
        assert found == sorted(found)
        assert any(one.startswith("Check 1, up to") for one in lines)
        assert any("fine: errors: new 0.2 %, old 0.2 %" in one for one in lines)
        assert any(one.startswith("Next: check 2 of 3") for one in lines)


async def test_one_that_went_back_tells_the_figures_that_took_it_back(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        w.traffic.slow.add(NEW)
        await w.later(hours=1)
        lines = await said(w, "chat")
        assert lines[1].startswith("↩️ Rolled back")
        assert any("Went back because: a check got worse than is allowed (latency)" in one for one in lines)
        assert any("❌ pilots: worse at check 1, so it is going back" in one for one in steps(lines))
        # Everything has its time, and times only go on.
        assert all("UTC" in one for one in steps(lines)[1:])


async def test_a_long_story_is_cut_at_its_beginning_and_says_so(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        for _ in range(6):
            await w.steer("pause", MAX)
            await w.steer("resume", MAX)
        told = steps(await said(w))
        assert len(told) - 1 <= MOST_TOLD + 5
        assert "earlier steps; the thread under the card has all" in told[0]


async def test_nobody_knows_it(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        assert await Facade(w.engine).why("R9") is None
        assert await Facade(w.engine).why("") is None
