"""Somebody edits a place while it is watched: it is noticed, never overwritten, never taken for fine."""

from pathlib import Path

import pytest

from bot.ports import OutsideError
from bot.rotation.model.rotation import Phase
from bot.rotation.model.targets import Standing
from tests.engine.world import NEW, OLD, SAM, world

THIRD = "acme/third"


async def test_a_place_edited_while_it_is_watched_holds_the_bake(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        w.disk.values["/app/pilots.env"] = "hand/made-1"
        await w.later(hours=2)
        rotation = await w.rotation()
        assert rotation.phase is not Phase.AWAITING_APPROVAL
        assert rotation.bake is not None
        assert "target_drifted" in rotation.bake.looks[-1].reasons
        assert rotation.bake.held_since is not None
        assert w.holds() == {"staging": NEW, "pilots": "hand/made-1", "global": OLD}


async def test_a_place_edited_before_the_end_is_asked_about(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        await w.later(hours=2)
        assert await w.answer("approve") == "accepted"
        w.disk.values["/app/staging.env"] = "hand/made-1"
        await w.later(hours=6)
        assert await w.phase() is not Phase.COMPLETED
        assert w.holds()["staging"] == "hand/made-1"


async def test_a_place_taken_over_right_after_it_was_written_is_ours_to_account_for(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        w.disk.takes_over["staging"] = THIRD
        assert await w.diff() == "diff_started"
        assert await w.promote() == "rotation_begun"
        await w.later(seconds=30)
        rotation = await w.rotation()
        assert (rotation.phase, rotation.target("staging").standing) == (Phase.ERRORED, Standing.DRIFTED)
        assert await w.steer("abort") == "not_in_phase"
        assert await w.steer("roll_back") == "accepted"
        await w.later(minutes=15)
        # Theirs is not overwritten, and it is no end before somebody says so.
        assert (await w.phase(), w.holds()["staging"]) == (Phase.ROLLING_BACK, THIRD)
        assert "restore_drifted" in w.room.codes()
        assert ("sre", "target_drifted") in await w.pages()
        assert await w.steer("settle", SAM, reason="theirs stays") == "accepted"
        await w.later(minutes=1)
        assert (await w.phase(), w.holds()["staging"]) == (Phase.SETTLED, THIRD)
        assert (await w.rotation()).end_detail.startswith(f"staging={THIRD}")


async def test_pilots_taken_over_are_not_rolled_back_without_a_word(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        w.disk.takes_over["pilots"] = THIRD
        assert await w.answer("approve") == "accepted"
        await w.later(seconds=30)
        assert (await w.rotation()).target("pilots").standing is Standing.DRIFTED
        assert await w.steer("roll_back") == "accepted"
        await w.later(minutes=15)
        assert (await w.phase(), w.holds()) == (
            Phase.ROLLING_BACK,
            {"staging": OLD, "pilots": THIRD, "global": OLD},
        )
        w.disk.values["/app/pilots.env"] = OLD
        assert await w.steer("retry", SAM) == "accepted"
        await w.later(minutes=15)
        assert await w.phase() is Phase.ROLLED_BACK


@pytest.mark.parametrize("again", [True, False], ids=["tried_again", "given_up"])
async def test_a_place_taken_over_while_its_write_was_in_doubt_was_ours(tmp_path: Path, *, again: bool) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        w.disk.takes_over["pilots"] = THIRD
        # Written and restarted, and then what happened is not heard of.
        w.disk.breaks("restarted", OutsideError("no answer", whose="sre", again=again, code="answer_lost"), times=1)
        assert await w.answer("approve") == "accepted"
        await w.later(minutes=2)
        rotation = await w.rotation()
        assert (rotation.phase, rotation.target("pilots").standing) == (Phase.ERRORED, Standing.DRIFTED)
        assert rotation.target("pilots").found == THIRD
        assert await w.steer("roll_back") == "accepted"
        await w.later(minutes=15)
        assert (await w.phase(), w.holds()["pilots"]) == (Phase.ROLLING_BACK, THIRD)
