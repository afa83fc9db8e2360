"""The way back is proven before it is needed: listed, lasting, answering; a broken one stops the next stage."""

from datetime import timedelta
from pathlib import Path

from bot.rotation.model.rotation import Phase
from bot.wording.evidence import corridor_line, way_back_words
from bot.wording.text import plain_line
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
