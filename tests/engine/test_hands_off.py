"""Hands off in a running bot: a check that fails pages its owner and holds, over a restart, and rolls back after."""

from datetime import timedelta
from pathlib import Path

from bot.engine.models.notes import SummaryNote
from bot.engine.replay import differences, fold
from bot.rotation.model.rotation import Phase
from bot.rotation.model.state import MACHINE_VERSION
from bot.wording.summaries import summary_text
from bot.wording.text import plain
from tests.engine.world import FIN, MAX, NEW, OLD, SAM, World, world

WHY = "the load balancer is being moved"


async def taken_off(w: World) -> None:
    await w.to_pilots_bake()
    assert await w.steer("hands_off", FIN, reason=WHY) == "not_entitled"
    assert await w.steer("hands_off", SAM) == "reason_needed"
    command = w.steering("hands_off", SAM, reason=WHY).model_copy(update={"lasts": timedelta(hours=2)})
    assert await w.asks(command) == "accepted"


def announced(w: World) -> list[str]:
    notes = [note for note in w.room.notes("summary") if isinstance(note, SummaryNote)]
    return [plain(summary_text(note.rotation, note.code, note.facts)) for note in notes]


async def test_what_fails_pages_and_holds_over_a_restart_and_rolls_back_at_the_end(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await taken_off(w)
        assert WHY in announced(w)[-1]
        w.traffic.slow.add(NEW)
        await w.later(minutes=41)
        assert (await w.phase(), w.holds()["pilots"]) == (Phase.BAKING, NEW)
        assert "worse at check" in announced(w)[-1]
        assert [page for page in await w.pages() if page == ("sre", "guardrail_failing")]
    async with world(tmp_path, outside=w) as again:
        await again.later(hours=1, minutes=30)
        assert (await again.phase(), again.holds()["pilots"]) == (Phase.ROLLED_BACK, OLD)
        left = await again.store.open_escalations("R1")
        assert {page.cause for page in left} == {"guardrail_failed"}  # information, and the action is over
        rows = [(row.name, row.data) for row in await again.store.ledger_rows("R1")]
        assert differences(await again.rotation(), MACHINE_VERSION, fold(rows)) == []


async def test_hands_on_again_by_a_person(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await taken_off(w)
        assert await w.steer("hands_on", MAX) == "accepted"
        w.traffic.slow.add(NEW)
        await w.later(minutes=21)
        assert await w.phase() is Phase.ROLLED_BACK
