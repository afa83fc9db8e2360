"""From a look at the catalog to a message with a button, once; and what people do with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from bot.engine.listing import models
from bot.engine.models.commands import Mute
from bot.engine.models.notes import ProposalNote
from bot.engine.outside import Rules
from bot.engine.proposing import held_back
from bot.rotation.model.rotation import Phase
from tests.engine.world import NEW, NOON, OLD, REX, RUNBOOK, ManualClock, Shelf, World, world

HOUR = timedelta(hours=1)
DEAR, CHEAP = {"prompt_usd": 4e-6, "completion_usd": 8e-6}, {"prompt_usd": 1e-6, "completion_usd": 4e-6}
ABLE = {"tools": True, "structured_output": True, "context": 64_000}
FOLLOWING = RUNBOOK.replace(
    "    suite: chat.suite.yml\n", "    suite: chat.suite.yml\n    proposals: {follows: [acme/*]}\n"
)


@asynccontextmanager
async def watching(folder: Path, runbook: str = FOLLOWING) -> AsyncIterator[tuple[World, Shelf]]:
    """A world with a catalog that lists what is live, looked at once."""
    clock = ManualClock()
    shelf = Shelf(clock)
    shelf.lists(OLD, **DEAR, **ABLE)
    async with world(folder, runbook=runbook, clock=clock, catalog=shelf) as w:
        await w.settle()
        yield w, shelf


def proposals(w: World) -> list[ProposalNote]:
    return [note for note in w.room.notes("proposal") if isinstance(note, ProposalNote)]


def told(w: World) -> list[tuple[str, str]]:
    return [(note.proposed.proposal.code, note.proposed.proposal.about) for note in proposals(w)]


def mute(w: World, who: str, proposal: str, *, on: bool = True) -> Mute:
    return Mute.model_validate({**w._asked(who), "proposal": proposal, "on": on})


async def test_a_cheaper_model_is_told_once_with_a_years_saving(tmp_path: Path) -> None:
    async with watching(tmp_path) as (w, shelf):
        assert told(w) == []
        shelf.lists(NEW, **CHEAP, **ABLE)
        await w.later(hours=7)
        assert told(w) == [("cheaper", NEW)]
        note = proposals(w)[0]
        assert note.proposed.id == "P1"
        saving = note.proposed.proposal.saving
        assert saving is not None
        assert saving.a_year is not None
        # 180,000 requests an hour at $0.0005 in every one of seven days; half to three quarters less.
        assert (saving.days, round(saving.a_year.low), round(saving.a_year.high)) == (7, 394_200, 591_300)
        await w.later(days=3)
        assert told(w) == [("cheaper", NEW)]


async def test_nothing_is_proposed_of_a_look_that_failed_and_the_age_of_the_list_is_said(tmp_path: Path) -> None:
    async with watching(tmp_path) as (w, shelf):
        shelf.problem = "http://127.0.0.1:9/v1/models cannot be reached"
        await w.later(hours=13)
        shown = await models(w.engine.outside, w.engine.rules, "")
        assert [row.id for row in shown.found] == [OLD]
        assert (shown.problem, shown.failing_since) == (shelf.problem, NOON + 6 * HOUR)
        assert told(w) == []
        shelf.problem = ""
        del shelf.models_listed[OLD]
        shelf.lists("acme/other", **DEAR)
        await w.later(hours=6)
        assert [code for code, _ in told(w)] == ["new_model"]
        assert (await models(w.engine.outside, w.engine.rules, "")).problem == ""
        await w.later(hours=6)
        assert ("gone", OLD) in told(w)


async def test_a_restart_looks_when_it_is_due_and_tells_nothing_twice(tmp_path: Path) -> None:
    async with watching(tmp_path) as (w, shelf):
        shelf.lists(NEW, **CHEAP, **ABLE)
        w.clock.at += 5 * HOUR
        async with world(tmp_path, runbook=FOLLOWING, outside=w, catalog=shelf) as again:
            await again.settle()
            assert told(again) == []
            await again.later(hours=1)
            assert told(again) == [("cheaper", NEW)]
        async with world(tmp_path, runbook=FOLLOWING, outside=w, catalog=shelf) as again:
            await again.later(hours=13)
            assert told(again) == [("cheaper", NEW)]


async def test_a_muted_reason_is_told_no_more_until_it_is_unmuted(tmp_path: Path) -> None:
    async with watching(tmp_path) as (w, shelf):
        shelf.lists("acme/first")
        await w.later(hours=7)
        assert await w.asks(mute(w, REX, "P1")) == "not_entitled"
        assert await w.asks(mute(w, "U0MIA", "P1")) == "muted"
        assert proposals(w)[0].muted_by == "mia"
        shelf.lists("acme/second")
        await w.later(hours=7)
        assert told(w) == [("new_model", "acme/first")]
        assert await w.asks(mute(w, "U0MAX", "P1", on=False)) == "unmuted"
        assert proposals(w)[0].muted_by == ""
        await w.later(hours=7)
        assert told(w) == [("new_model", "acme/first"), ("new_model", "acme/second")]
        assert await w.asks(mute(w, "U0MIA", "P9")) == "stale_button"


async def test_the_runbook_mutes_as_well(tmp_path: Path) -> None:
    runbook = FOLLOWING.replace("{follows: [acme/*]}", "{follows: [acme/*], mute: [new-model]}")
    async with watching(tmp_path, runbook) as (w, shelf):
        shelf.lists("acme/first")
        shelf.lists(OLD, **DEAR, **ABLE, retires=NOON + 500 * HOUR)
        await w.later(hours=7)
        assert told(w) == [("retirement", OLD)]


async def test_a_candidate_that_was_taken_back_is_not_proposed_until_a_person_begins_it_again(tmp_path: Path) -> None:
    async with watching(tmp_path) as (w, shelf):
        shelf.lists(NEW)
        await w.to_pilots_question()
        assert await w.steer("roll_back") == "accepted"
        await w.later(minutes=30)
        assert await w.phase() is Phase.ROLLED_BACK
        shelf.lists(NEW, **CHEAP, **ABLE)
        await w.later(days=2)
        assert told(w) == []
        rotations, comparisons = await w.store.rotations(), await w.store.comparisons()
        assert held_back(rotations, comparisons) == {NEW}
        await w.diff(fresh=True)
        await w.later(minutes=10)
        assert held_back(rotations, await w.store.comparisons()) == frozenset()


async def test_a_live_model_that_gets_worse_by_its_own_limits_is_told_once_a_time_it_happens(tmp_path: Path) -> None:
    async with watching(tmp_path) as (w, _):
        await w.later(hours=3)
        w.traffic.failing = 0.2
        await w.later(hours=9)
        assert told(w) == [("regressed", OLD)]
        proposal = proposals(w)[0].proposed.proposal
        assert proposal.trigger.value == "deprecated"
        assert proposal.checks == ("errors: 20.0 %, limit 8.0 %, beyond it in 3 of the last 3 hours",)
        w.traffic.failing = 0.002
        await w.later(hours=9)
        w.traffic.failing = 0.2
        await w.later(hours=9)
        assert told(w) == [("regressed", OLD)] * 2


async def test_silence_is_neither_a_regression_nor_its_end(tmp_path: Path) -> None:
    async with watching(tmp_path) as (w, _):
        w.traffic.failing = 0.2
        await w.later(hours=2)
        assert told(w) == [("regressed", OLD)]
        w.traffic.silent = True
        await w.later(hours=9)
        w.traffic.silent = False
        await w.later(hours=9)
        assert len(told(w)) == 1


async def test_places_that_disagree_are_told_nothing(tmp_path: Path) -> None:
    async with watching(tmp_path) as (w, shelf):
        w.disk.values["/app/pilots.env"] = "acme/other"
        shelf.lists(NEW, **CHEAP, **ABLE)
        await w.later(hours=7)
        assert told(w) == []


async def test_models_are_found_by_id_and_name_those_that_are_live_first(tmp_path: Path) -> None:
    async with watching(tmp_path) as (w, shelf):
        shelf.lists("acme/zebra", name="Old style")
        await w.later(hours=7)
        rules: Rules = w.engine.rules
        shown = await models(w.engine.outside, rules, "old")
        assert [row.id for row in shown.found] == [OLD, "acme/zebra"]
        assert (shown.live, shown.total) == ({"chat": OLD}, 2)
        assert (await models(w.engine.outside, rules, "nothing like it")).found == ()
