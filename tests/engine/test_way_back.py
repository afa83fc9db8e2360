"""The way back is proven before it is needed: listed, lasting, answering; a broken one stops the next stage."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.catalog.model import Credit
from bot.difftest.model.chat import ChatError, ChatRequest, Completion, ErrorKind
from bot.engine.perform.targets import way_back
from bot.rotation.model.rotation import Phase
from bot.wording.evidence import corridor_line, way_back_words
from bot.wording.text import plain_line
from tests.difftest.world import ScriptedProvider
from tests.engine.world import NEW, OLD, ManualClock, Shelf, World, world

RETIRES = timedelta(days=3)


def listing() -> tuple[ManualClock, Shelf]:
    clock = ManualClock()
    shelf = Shelf(clock)
    for model in (OLD, NEW):
        shelf.lists(model)
    return clock, shelf


async def pages(w: World) -> set[str]:
    return {escalation.cause for escalation in await w.store.open_escalations("R1")}


async def test_a_request_says_that_the_way_back_is_shorter_than_the_plan(tmp_path: Path) -> None:
    clock, shelf = listing()
    shelf.lists(OLD, retires=clock.at + RETIRES)
    async with world(tmp_path, clock=clock, catalog=shelf) as w:
        await w.to_pilots_question()
        rotation = await w.rotation()
        assert plain_line(corridor_line(rotation)).startswith(
            "⚠️ The way back is shorter than the plan: acme/old retires 5 Mar 2026 12:00 UTC"
        )
        assert "tested 7 min ago, " in plain_line(way_back_words(rotation, w.clock.at + timedelta(minutes=2)))
        assert await w.answer("approve") == "accepted"  # said, not refused: it lasts as long as this stage's watch
        await w.later(minutes=1)
        assert await w.phase() is Phase.BAKING


async def test_a_model_that_goes_while_it_is_watched_is_told_to_sre_and_stops_the_next_stage(tmp_path: Path) -> None:
    clock, shelf = listing()
    async with world(tmp_path, clock=clock, catalog=shelf) as w:
        await w.to_pilots_bake()
        assert await pages(w) == set()
        shelf.lists(OLD, retires=w.clock.at)
        await w.later(hours=2)  # the pilots' watch ends, and the last stage is asked for
        assert "way_back_broken" in await pages(w)
        assert await w.phase() is Phase.AWAITING_APPROVAL
        assert await w.answer("approve") == "accepted"
        await w.later(minutes=1)
        rotation = await w.rotation()
        assert rotation.request is not None
        assert rotation.request.note == "way_back_broken"
        assert w.holds()["global"] == OLD
        shelf.lists(OLD)
        assert await w.promote(subject="R1") == "accepted"
        await w.later(minutes=1)
        assert await pages(w) == set()
        assert w.holds()["global"] == NEW


async def test_a_catalog_that_does_not_answer_breaks_no_way_back(tmp_path: Path) -> None:
    clock, shelf = listing()
    async with world(tmp_path, clock=clock, catalog=shelf) as w:
        await w.settle()
        await w.to_pilots_question()
        shelf.problem = "the endpoint answered 503"
        assert await w.answer("approve") == "accepted"
        await w.later(minutes=1)
        assert await w.phase() is Phase.BAKING


async def test_one_that_is_not_listed_any_more_is_no_way_back(tmp_path: Path) -> None:
    clock, shelf = listing()
    async with world(tmp_path, clock=clock, catalog=shelf) as w:
        await w.settle()
        await w.to_pilots_question()
        del shelf.models_listed[OLD]
        assert await w.answer("approve") == "accepted"
        await w.later(minutes=1)
        assert w.holds()["pilots"] == OLD
        rotation = await w.rotation()
        assert rotation.way_back is not None
        assert rotation.way_back.detail == "acme/old is not listed by its provider any more, though it answers"


class Key:
    """A key whose credit is as the test says."""

    def __init__(self) -> None:
        self.left = Credit(left_usd=4, limit_usd=5)

    async def credit(self) -> Credit:
        return self.left


async def test_a_key_with_nothing_left_is_no_way_back_though_the_model_still_answers(tmp_path: Path) -> None:
    key = Key()
    async with world(tmp_path, account=key) as w:
        await w.to_pilots_question()
        key.left = Credit(left_usd=0, limit_usd=5, resets="monthly")
        assert await w.answer("approve") == "accepted"
        await w.later(minutes=1)
        rotation = await w.rotation()
        assert rotation.way_back is not None
        assert rotation.way_back.detail == f"{OLD}: no quota: $0.00 of $5.00 left on the key, reset monthly"
        assert "way_back_broken" in await pages(w)
        assert w.holds()["pilots"] == OLD
        key.left = Credit(problem="the endpoint answered 503")  # nobody says: the model's answer counts alone
        assert await w.promote(subject="R1") == "accepted"
        await w.later(minutes=1)
        assert w.holds()["pilots"] == NEW


class Rationed(ScriptedProvider):
    """Answers the old model, and says with each answer that none is left; the next one it refuses if it means it."""

    def __init__(self, *, means_it: bool) -> None:
        super().__init__(price_usd=0.001)
        self.means_it = means_it

    async def complete(self, request: ChatRequest) -> Completion:
        if self.means_it and self.asked:
            self.asked.append(request)
            raise ChatError(ErrorKind.RATE_LIMITED, "429: slow down", status=429)
        return replace(await super().complete(request), used_up="requests")


@pytest.mark.parametrize("means_it", [True, False])
async def test_one_whose_rate_is_used_up_is_asked_once_more(tmp_path: Path, *, means_it: bool) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        provider = Rationed(means_it=means_it)
        outside = replace(w.engine.outside, provider=provider)
        proof = await way_back(outside, await w.rotation())
        assert (proof.ok, len(provider.asked)) == (not means_it, 2)
        assert proof.detail == (f"{OLD}: no quota: 429: slow down" if means_it else "")
