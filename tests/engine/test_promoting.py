"""Promoting what was used up, overtaken or is under way, and the pauses it lifts: told privately, with the truth."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.engine.facade import Facade
from bot.engine.models.notes import ComparisonNote, TimelineNote
from bot.wording.comparisons import comparison_text
from bot.wording.replies import reply_text
from bot.wording.text import plain, plain_line
from bot.wording.timeline import timeline_line
from handlers.blocks.shown import shown
from tests.engine.test_commands import told
from tests.engine.world import FIN, GIL, MAX, MIA, OTHER, REX, World, world
from tests.handlers.judge import buttons_of


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as found:
        yield found


def comparison_note(w: World, name: str = "D1") -> ComparisonNote:
    found = [
        s.note for s in w.room.said.values() if isinstance(s.note, ComparisonNote) and s.note.comparison.id == name
    ]
    return found[-1]


def offers_promote(w: World, name: str = "D1") -> bool:
    return any(button["action_id"] == "promote" for button in buttons_of(shown(comparison_note(w, name)).blocks))


async def test_a_comparison_that_is_used_up_or_overtaken_offers_nothing_any_more(here: World) -> None:
    await here.diff()
    assert offers_promote(here)
    await here.diff(fresh=True)
    assert (offers_promote(here), offers_promote(here, "D2")) == (False, True)
    assert comparison_note(here).superseded_by == "D2"
    await here.promote(subject="D2")
    assert (offers_promote(here, "D2"), comparison_note(here, "D2").used_by) == (False, "R1")
    assert "Promoted: R1 rests on it" in plain(comparison_text(comparison_note(here, "D2")))


async def test_promoting_what_runs_already_changes_nothing_and_says_where_it_is(here: World) -> None:
    await here.diff()
    await here.diff(fresh=True)
    await here.promote(subject="D2")
    await here.later(minutes=20)
    asked, before = len(here.room.notes("question")), len(here.room.said)
    note = await told(here, here.promote_command(MAX, "D2"))
    assert (note.code, note.facts["rotation"], note.facts["phase"]) == ("comparison_in_use", "R1", "awaiting_approval")
    assert (await told(here, here.promote_command(MAX, "D1"))).code == "comparison_overtaken"
    assert await here.promote(GIL, "D2") == "no_guests"
    assert (len(here.room.notes("question")), len(here.room.said)) == (asked, before)

    assert await here.steer("pause", MIA, reason="lunch") == "accepted"
    note = await told(here, here.promote_command(MAX, "D2"))
    said = plain(reply_text(note.code, note.facts))
    assert "is under R1 already, which is paused by mia, since 2 Mar 2026" in said
    assert "`/rotate promote R1` posts its open question again" in said


async def test_promote_from_a_pause_says_whose_pause_it_lifts(here: World) -> None:
    await here.to_pilots_question()
    assert await here.steer("pause", MIA) == "accepted"
    note = await told(here, here.promote_command(MAX, "R1"))
    assert note.code == "pause_lifted"
    assert "R1 goes on (mia had paused it). What waits for somebody is asked again" in plain(
        reply_text(note.code, note.facts)
    )
    lines = [n for s in here.room.said.values() if isinstance(n := s.note, TimelineNote) and n.code == "resumed"]
    assert "max resumed this (mia had paused it)" in plain_line(timeline_line("resumed", lines[-1].facts))
    late = await told(here, here.steering("resume", MIA))
    assert "That is not possible now: the rotation is waiting for approval" in plain(reply_text(late.code, late.facts))


async def test_what_a_pause_is_in_the_way_of_says_who_paused_and_what_lifts_it(here: World) -> None:
    await here.to_pilots_question()
    await here.steer("pause", MIA)
    assert await here.diff(fresh=True) == "diff_started"
    note = await told(here, here.promote_command(MAX, "D2"))
    assert note.code == "not_in_phase"
    said = plain(reply_text(note.code, note.facts))
    assert "the rotation is paused by mia, since 2 Mar 2026" in said
    assert "`/rotate status R1` says where it is and links the card. `/rotate resume R1` lifts the pause." in said


async def test_who_may_not_do_it_hears_that_before_where_the_rotation_is(here: World) -> None:
    await here.to_pilots_question()
    assert await here.steer("settle", FIN) == "not_entitled"
    assert await here.steer("retry", GIL) == "no_guests"
    assert await here.steer("retry", MAX) == "not_in_phase"
    said = await told(here, here.answering("approve", FIN))
    assert "Who can: members of ML other than mia, who began it." in plain(reply_text(said.code, said.facts))
    said = await told(here, here.steering("roll_back", REX))
    assert "Who can: mia, who began it, whoever approved it or members of ML, SRE or Finance." in plain(
        reply_text(said.code, said.facts)
    )


async def test_a_status_shows_what_it_was_asked_about(here: World) -> None:
    await here.diff()
    await here.diff(candidate=OTHER)
    await here.promote(subject="D1")
    facade = Facade(here.engine)
    for subject, comparison, rotation in (("R1", "D1", "R1"), ("D1", "D1", "R1"), ("D2", "D2", None)):
        (slot,) = (await facade.status(subject)).slots
        assert slot.comparison is not None
        assert slot.comparison.id == comparison
        assert (slot.rotation.id if slot.rotation is not None else None) == rotation
