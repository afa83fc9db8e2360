"""The home tab from a running bot: what waits is by who looks, everything is linked, and who looked is remembered."""

from datetime import timedelta
from pathlib import Path

from bot.engine.facade import Facade
from bot.engine.models.shown import Home
from bot.ports import OutsideError
from tests.engine.test_queue import compared
from tests.engine.world import FIN, MAX, MIA, NEW, OTHER, SAM, World, broken, world


async def home(w: World, reader: str) -> Home:
    (found,) = await Facade(w.engine).homes([reader])
    return found


async def waits(w: World, reader: str) -> list[tuple[str, str]]:
    return [(one.what, one.subject) for one in (await home(w, reader)).waits]


async def test_it_shows_everybody_what_they_may_do_and_the_way_there(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        assert await w.diff(candidate=OTHER) == "diff_started"
        assert await w.promote(MAX, "D2") == "queued"
        assert await w.steer("supersede", MAX, "R2") == "accepted"
        found = await home(w, MAX)
        (approve,) = found.waits
        assert (approve.what, approve.subject, approve.slot) == ("approve", "R1", "chat")
        request = (await w.rotation()).request
        assert request is not None
        assert approve.message == await w.store.message("R1", request.id)
        assert (approve.until is not None, approve.until) == (True, request.deadline)
        assert [one.note.rotation.id for one in found.running] == ["R1", "R2"]
        assert set(found.cards) == {"R1", "R2", "D1", "D2"}
        assert [one.id for one in found.compared] == ["D2", "D1"]
        assert await waits(w, MIA) == [("give_way", "R1")]
        assert await waits(w, FIN) == []
        assert all(one.may_roll_back for one in (await home(w, FIN)).running)
        assert await w.answer("reject") == "accepted"
        await w.later(minutes=5)
        found = await home(w, MAX)
        assert [one.id for one in found.over] == ["R1"]
        assert ("approve", "R1") not in await waits(w, MAX)


async def test_a_page_waits_for_its_group_until_somebody_has_it(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        w.traffic.silent = True
        await w.later(hours=5)
        (page,) = [one for one in await w.store.open_escalations("R1") if one.action]
        assert ("page", page.id) in await waits(w, SAM)
        assert ("page", page.id) not in await waits(w, MIA)
        assert await w.acknowledge(SAM, page.id) == "acknowledged"
        assert ("page", page.id) not in await waits(w, SAM)


async def test_what_cannot_be_read_is_said_and_nothing_is_made_up(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        with broken(w.people, "person", OutsideError("Slack does not answer", whose="Slack", again=True)):
            found = await home(w, MAX)
        assert (found.problem, found.waits) == ("Slack does not answer", ())
        assert [one.may_roll_back for one in found.running] == [False]


async def test_who_looked_is_remembered_over_a_restart_and_forgotten_in_time(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        for reader in (MIA, MAX, MIA):
            await Facade(w.engine).home_opened(reader)
        assert set(await Facade(w.engine).home_viewers()) == {MIA, MAX}
        await Facade(w.engine).home_gone(MAX)
    async with world(tmp_path, outside=w) as again:
        assert await Facade(again.engine).home_viewers() == (MIA,)
        again.clock.at += timedelta(days=15)
        assert await Facade(again.engine).home_viewers() == ()


async def test_the_number_grows_with_whatever_happens(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        before = await Facade(w.engine).newest()
        await compared(w, NEW)
        after = await Facade(w.engine).newest()
        assert before < after
        assert await w.promote() == "rotation_begun"
        assert await Facade(w.engine).newest() > after


async def test_help_tells_this_installations_rules(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        guide = await Facade(w.engine).guide()
        (slot,) = guide.slots
        assert (slot.slot, [stage.name for stage in slot.stages]) == ("chat", ["staging", "pilots", "global"])
        assert [stage.approvals for stage in slot.stages] == [0, 1, 1]
        assert [group.name for group in guide.groups] == ["ml", "sre", "finance"]
