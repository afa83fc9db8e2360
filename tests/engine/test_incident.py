"""One outage is one page: what is found later stands on it, with the true choices and until when they are open."""

from pathlib import Path

from bot.engine.models.notes import PageNote
from bot.rotation.events import WayBackChecked
from bot.rotation.model.rotation import Phase
from bot.wording.pages import page_text
from bot.wording.text import plain
from tests.engine.world import SAM, World, world


def pages(w: World) -> list[PageNote]:
    return [said.note for said in w.room.said.values() if isinstance(said.note, PageNote)]


async def way_back(w: World, *, ok: bool) -> None:
    await w.happens(WayBackChecked(at=w.clock.at, ok=ok, detail="" if ok else "503"))


async def test_an_outage_is_one_page_to_which_everything_found_later_is_added(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        w.traffic.failing = 0.5
        await w.later(minutes=21)
        (page,) = pages(w)
        assert (page.group, page.cause, page.findings) == ("sre", "provider_incident", ())
        assert await w.acknowledge(SAM, page.escalation) == "acknowledged"
        await way_back(w, ok=False)
        await w.later(hours=1)
        assert await w.phase() is Phase.AWAITING_DECISION

        (page,) = pages(w)
        assert [found.cause for found in page.findings] == ["way_back_broken", "held"]
        assert page.acknowledged_by == "sam"
        said = plain(page_text(page))
        assert "Found since: The model the way back leads to does not answer: 503" in said
        assert "Asked in the thread of the card: Watch longer, Go on or Roll back. Until 3 Mar 2026" in said
        assert "if nobody answers, it is rolled back" in said
        assert "Bring the data back" not in said

        w.traffic.failing = 0.002
        await w.later(minutes=21)
        (page,) = pages(w)
        # The way back was tried as soon as data returned, and answers: nothing is left.
        assert "way_back_works" in w.room.codes()
        assert page.closed
        assert "You can" not in plain(page_text(page))


async def test_silence_that_no_waiting_ends_is_not_called_something_to_bring_back(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        w.traffic.silent = True
        await w.later(hours=1, minutes=30)
        (page,) = pages(w)
        assert page.cause == "held"
        said = plain(page_text(page))
        assert "You can: Find out why no requests come; when it can be judged again, it goes on by itself" in said
        assert "if nobody answers, it is rolled back" in said
        old = page.model_copy(update={"facts": {**page.facts, "reasons": ["no_past"]}})
        said = plain(page_text(old))
        assert "You can: Waiting does not end this: there is nothing from before to compare with. It is for" in said
        both = page.model_copy(update={"facts": {**page.facts, "reasons": ["unhealthy", "no_past"]}})
        said = plain(page_text(both))
        assert "You can: Mend or wait for the provider. Waiting does not end this" in said
        assert "by itself" not in said.partition("You can")[2]
