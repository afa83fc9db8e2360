"""A model that answers nobody is not healthy whatever the platform says, and what was not healthy is counted."""

from pathlib import Path

from bot.difftest.model.chat import ChatError, ChatRequest, Completion, ErrorKind
from bot.engine.health import active_health
from tests.engine.world import NEW, World, world


async def test_the_platform_may_say_what_it_likes_of_a_model_that_answers_nobody(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        silence(w)
        await w.later(minutes=21)
        bake = (await w.rotation()).watched
        assert "unhealthy" in bake.hold_reasons
        report = await active_health(w.engine.outside, NEW)
        assert report is not None
        assert not report.healthy
        assert report.failures == bake.taken + 1
        assert "did not answer 3 times in a row: it is away" in report.detail


async def test_a_reading_that_is_well_begins_the_count_anew(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        w.health.healthy = False
        for expected in (1, 2, 3):
            report = await active_health(w.engine.outside, NEW)
            assert report is not None
            assert report.failures == expected
        w.health.healthy = True
        report = await active_health(w.engine.outside, NEW)
        assert report is not None
        assert (report.healthy, report.failures) == (True, 0)


def silence(w: World) -> None:
    """From now on the new model answers nobody."""
    answers = w.provider.complete

    async def complete(request: ChatRequest) -> Completion:
        if request.model == NEW:
            raise ChatError(ErrorKind.SERVER_ERROR, "it is away")
        return await answers(request)

    w.provider.complete = complete  # type: ignore[method-assign]
