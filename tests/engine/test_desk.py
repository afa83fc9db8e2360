"""The desk: each person's commands in order, nobody's behind another's, each answered once whatever fails."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.engine.desk import TRIES, Desk
from bot.ports import OutsideError
from bot.rotation.model.rotation import Phase
from tests.engine.world import GIL, MAX, MIA, NEW, OTHER, REX, World, world

AGAIN = OutsideError("Slack is away", whose="Slack", again=True, code="unreachable")


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as found:
        yield found


def desk(here: World) -> Desk:
    return Desk(here.engine.outside, here.engine.rules)


async def waiting(here: World) -> list[str]:
    return [one.id for one in await here.store.waiting()]


async def test_one_person_s_commands_follow_each_other_without_a_pause(here: World) -> None:
    for slot in ("one", "two", "three"):
        await here.store.accept(here.diff_command(slot=slot), here.clock.now())
    (queue,) = await desk(here).take()
    await queue
    assert await waiting(here) == []
    assert here.clock.slept == []


async def test_nobody_waits_behind_another_whose_turn_cannot_be_had(here: World) -> None:
    here.people.breaks("person", AGAIN)
    await here.store.accept(here.diff_command(MIA), here.clock.now())
    await here.store.accept(here.diff_command(MIA, slot="unknown"), here.clock.now())
    await here.store.accept(here.diff_command(MAX, slot="unknown"), here.clock.now())
    for queue in await desk(here).take():
        await queue
    assert await waiting(here) == ["c1", "c2"]
    assert here.clock.slept == [0.5]


async def test_what_cannot_be_had_now_is_tried_again_ever_later_until_it_can(here: World) -> None:
    here.people.breaks("person", AGAIN, times=4)
    await here.store.accept(here.diff_command(), here.clock.now())
    same = desk(here)
    for _ in range(5):
        for queue in await same.take():
            await queue
    assert here.clock.slept == [0.5, 1, 2, 4]
    assert await waiting(here) == []
    assert (await here.comparison()).requester.id == MIA


async def test_what_can_never_be_had_is_answered_with_whose_it_is(here: World) -> None:
    never = OutsideError("Slack knows no such person", whose="admin", again=False)
    here.people.breaks("person", never)
    assert await here.diff() == "outside_failed"
    (_, note) = here.room.replies[-1]
    assert note.facts == {"what": "Slack knows no such person", "whose": "admin"}
    assert await waiting(here) == []


async def test_an_error_of_our_own_is_answered_with_a_reference_after_a_few_tries(here: World) -> None:
    here.people.breaks("person", ValueError("nobody foresaw it"))
    await here.store.accept(here.diff_command(), here.clock.now())
    same = desk(here)
    with capture_logs() as logs:
        for tried in range(1, TRIES + 1):
            assert await waiting(here) == ["c1"], tried
            for queue in await same.take():
                await queue
    assert [(log["event"], log["command"]) for log in logs] == [("command_crashed", "c1")] * TRIES
    assert await waiting(here) == []
    assert len(here.clock.slept) == TRIES - 1
    here.people.mend()
    await here.settle()
    ((_, note),) = here.room.replies
    assert (note.code, note.facts) == ("internal_error", {"reference": "c1"})


async def test_a_way_back_waits_behind_nothing_its_own_person_asked_for(here: World) -> None:
    await here.to_pilots_bake()
    for command in (here.diff_command(MAX, candidate=OTHER), here.steering("pause"), here.steering("roll_back")):
        await here.store.accept(command, here.clock.now())
    same = desk(here)
    asked_for, back = await same.take()
    assert await same.take() == []
    await back
    assert await here.phase() is Phase.ROLLING_BACK
    await asked_for


async def test_the_same_press_twice_is_one_command(here: World) -> None:
    command = here.diff_command()
    for _ in range(3):
        await here.engine.submit(command)
    await here.settle()
    await here.engine.submit(command)
    await here.settle()
    assert [note.code for _, note in here.room.replies] == ["diff_started"]
    assert [one.id for one in await here.store.comparisons()] == ["D1"]


async def test_two_who_begin_the_same_at_once_begin_it_once(here: World) -> None:
    for who in (MIA, MAX):
        await here.engine.submit(here.diff_command(who, candidate=NEW))
    await here.settle()
    assert sorted(note.code for _, note in here.room.replies) == ["diff_running", "diff_started"]


@pytest.mark.parametrize(("who", "code"), [(REX, "not_entitled"), (GIL, "no_guests")])
async def test_who_may_not_compare_is_told_the_rule(who: str, code: str, here: World) -> None:
    assert await here.diff(who) == code
    assert await here.store.comparisons() == []
