"""A held slot in a running bot: who wants it is told who holds it, and can have them asked to give way."""

from pathlib import Path

from bot.engine.models.commands import GiveWay
from bot.engine.models.notes import WishNote
from bot.engine.replay import differences, fold
from bot.rotation.model.rotation import Phase
from bot.rotation.model.state import MACHINE_VERSION
from tests.engine.test_queue import THIRD, compared
from tests.engine.world import MAX, MIA, NEW, OLD, OTHER, World, world


async def held(w: World) -> None:
    """R1 by MIA holds the slot, R2 by MAX waits for it."""
    await compared(w, NEW, OTHER)
    assert await w.promote(MIA, "D1") == "rotation_begun"
    await w.later(minutes=1)
    command = w.promote_command(MAX, "D2")
    assert await w.asks(command) == "queued"
    answer = w.answered(command)
    assert answer is not None
    assert (answer.facts["behind"], answer.facts["phase"], answer.facts["stage"]) == ("R1", "baking", "staging")
    assert answer.facts["by"] == (await w.rotation("R1")).requester.name


def wishes(w: World) -> list[WishNote]:
    return [said.note for said in w.room.said.values() if isinstance(said.note, WishNote)]


async def says(w: World, who: str, *, yes: bool, wish: str = "R2") -> str:
    asked = {**w._asked(who), "rotation": "R1", "wish": wish, "yes": yes}
    return await w.asks(GiveWay.model_validate(asked))


async def folds(w: World, rotation: str) -> None:
    rows = [(row.name, row.data) for row in await w.store.ledger_rows(rotation)]
    assert differences(await w.rotation(rotation), MACHINE_VERSION, fold(rows)) == []


async def test_the_holder_gives_way_and_what_waited_begins_when_everything_is_back(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await held(w)
        assert await w.steer("supersede", MAX, "R2", "the old one is switched off") == "accepted"
        assert [(note.wish, note.rotation.id) for note in wishes(w)] == [("R2", "R1")]
        assert await w.steer("supersede", MAX, "R2") == "asked_to_give_way"
        assert await says(w, MAX, yes=True) == "not_the_holder"
    async with world(tmp_path, outside=w) as again:
        await again.settle()
        assert len(wishes(again)) == 1
        assert await says(again, MIA, yes=True) == "accepted"
        assert await says(again, MIA, yes=False) in {"already_decided", "already_ended"}
        await again.later(minutes=15)
        assert await again.phase("R1") is Phase.ROLLED_BACK
        assert await again.phase("R2") in {Phase.BAKING, Phase.AWAITING_APPROVAL}
        assert again.holds()["staging"] == OTHER
        assert again.holds()["global"] == OLD
        await folds(again, "R1")
        await folds(again, "R2")


async def test_the_holder_keeps_going_and_who_asked_is_told(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await held(w)
        assert await w.steer("supersede", MAX, "chat") == "accepted"
        assert await says(w, MIA, yes=False) == "accepted"
        await w.settle()
        rotation = await w.rotation("R2")
        assert (rotation.phase, rotation.refused_by) == (Phase.QUEUED, (await w.rotation("R1")).requester.name)
        assert "supersede_refused" in w.room.codes()
        assert [note.rotation.wishes[0].outcome for note in wishes(w)] == ["kept"]
        await folds(w, "R2")


async def test_who_waits_second_asks_nobody_and_a_wish_goes_with_whoever_wished(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await held(w)
        await compared(w, THIRD)
        assert await w.promote(MAX, "D3") == "queued"
        assert await w.steer("supersede", MAX, "R3") == "not_first_in_line"
        assert await w.steer("supersede", MAX, "R2") == "accepted"
        assert await w.steer("abort", MAX, "R2") == "accepted"
        assert await says(w, MIA, yes=True) == "stale_question"
        await w.settle()
        assert (await w.phase("R1"), wishes(w)[0].rotation.wishes[0].outcome) == (Phase.BAKING, "over")
        assert await w.steer("supersede", MAX, "R3") == "accepted"
        assert [note.wish for note in wishes(w)] == ["R2", "R3"]
