"""Somebody else changes a place: found during a rotation and daily after it, told once with both values, left alone."""

from datetime import timedelta
from pathlib import Path

from bot.engine.drift import to_look_at
from bot.engine.models.notes import CardNote, TimelineNote
from bot.engine.replay import differences, fold
from bot.ports import OutsideError
from bot.rotation.model.rotation import Phase
from bot.rotation.model.state import MACHINE_VERSION
from bot.wording.cards import card_text
from bot.wording.text import plain, plain_line
from bot.wording.timeline import timeline_line
from tests.engine.world import NEW, OLD, OTHER, World, world


def told(w: World) -> list[tuple[str, object]]:
    notes = [note for note in w.room.notes("timeline") if isinstance(note, TimelineNote)]
    return [(note.code, note.facts.get("place")) for note in notes if note.code.startswith("place_")]


def on_the_card(w: World) -> list[str]:
    """What the card says of places, as it stands now."""
    (note,) = (note for note in w.room.notes("card") if isinstance(note, CardNote))
    words = ("Somebody else", "decide", "cannot be read")
    return [one for one in plain(card_text(note)).splitlines() if any(word in one for word in words)]


async def looks(w: World, **passed: float) -> None:
    w.clock.at += timedelta(**passed)
    await w.engine.look_for_drift()
    await w.settle()


async def test_a_change_by_somebody_else_is_told_once_with_both_values_and_left(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        await looks(w)
        assert told(w) == []
        w.disk.values["/app/staging.env"] = OTHER
        before = list(w.disk.log)
        await looks(w, minutes=5)
        assert told(w) == []
        await looks(w, minutes=10)
        await looks(w, minutes=15)
        assert told(w) == [("place_drifted", "MODEL in /app/staging.env")]
        assert await w.pages() == [("sre", "place_drifted")]
        (note,) = [n for n in w.room.notes("timeline") if isinstance(n, TimelineNote) and n.code == "place_drifted"]
        line = plain_line(timeline_line(note.code, note.facts))
        assert f"MODEL in /app/staging.env holds {OTHER}, not {NEW}: somebody else changed it" in line
        assert "ML or SRE decide" in line
        assert (w.disk.log, w.disk.values["/app/staging.env"]) == (before, OTHER)


async def test_it_stands_on_the_card_with_both_values_and_who_decides_until_it_is_over(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        assert on_the_card(w) == []
        w.disk.values["/app/staging.env"] = OTHER
        await looks(w, minutes=15)
        said, who = on_the_card(w)
        assert said == f"⚠️ Somebody else changed MODEL in /app/staging.env: it holds {OTHER}, not {NEW}"
        assert "ML or SRE decide" in who
        w.disk.values["/app/staging.env"] = NEW
        await looks(w, minutes=15)
        assert on_the_card(w) == []
        w.disk.gone = {"staging"}
        await looks(w, minutes=15)
        assert ["cannot be read" in one for one in on_the_card(w)] == [True]


async def test_what_was_found_before_going_back_is_not_said_of_what_was_restored(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        w.disk.values["/app/staging.env"] = OTHER
        await looks(w, minutes=15)
        w.disk.values["/app/staging.env"] = NEW
        assert await w.steer("roll_back") == "accepted"
        await w.later(minutes=15)
        assert await w.phase() is Phase.ROLLED_BACK
        assert on_the_card(w) == []


async def test_one_that_is_right_again_is_told_and_ends_the_page(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        w.disk.values["/app/staging.env"] = OTHER
        await looks(w)
        w.disk.values["/app/staging.env"] = NEW
        await looks(w, minutes=15)
        assert [code for code, _ in told(w)] == ["place_drifted", "place_as_it_should"]
        assert await w.store.open_escalations("R1") == []
        w.disk.values["/app/staging.env"] = None
        await looks(w, minutes=15)
        assert [code for code, _ in told(w)] == ["place_drifted", "place_as_it_should", "place_drifted"]


async def test_a_place_that_is_not_changed_yet_is_looked_at_too(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        w.disk.values["/app/global.env"] = OTHER
        await looks(w)
        assert told(w) == [("place_drifted", "MODEL in /app/global.env")]


async def test_one_that_cannot_be_read_is_said_and_pages_nobody(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        w.disk.gone = {"staging"}
        await looks(w)
        await looks(w, minutes=15)
        assert told(w) == [("place_unread", "MODEL in /app/staging.env")]
        assert await w.pages() == []


async def test_daily_after_it_is_over(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_the_end()
        await looks(w)
        w.disk.values["/app/pilots.env"] = OTHER
        await looks(w, hours=23)
        assert told(w) == []
        await looks(w, hours=1)
        assert told(w) == [("place_drifted", "MODEL in /app/pilots.env")]


async def test_what_was_restored_is_held_to_what_it_held(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        assert await w.steer("roll_back") == "accepted"
        await w.later(minutes=15)
        assert await w.phase() is Phase.ROLLED_BACK
        await looks(w)
        await looks(w, days=1)
        assert told(w) == []
        assert w.holds()["staging"] == OLD
        w.disk.values["/app/staging.env"] = NEW
        await looks(w, days=1)
        assert told(w) == [("place_drifted", "MODEL in /app/staging.env")]


async def test_a_restart_tells_nothing_twice_and_the_ledger_leads_to_the_same_state(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        w.disk.values["/app/staging.env"] = OTHER
        await looks(w)
    async with world(tmp_path, outside=w) as again:
        await looks(again, minutes=20)
        assert told(again) == [("place_drifted", "MODEL in /app/staging.env")]
        rows = [(row.name, row.data) for row in await again.store.ledger_rows("R1")]
        assert [name for name, _ in rows if name.startswith("place_")] == ["place_drifted"]
        rotation = await again.rotation()
        assert differences(rotation, MACHINE_VERSION, fold(rows)) == []


async def test_places_in_flux_are_left_to_the_rotation(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        rotation = await w.rotation()
        assert to_look_at([rotation]) == [rotation]
        for phase in (Phase.QUEUED, Phase.APPLYING, Phase.ROLLING_BACK):
            assert to_look_at([rotation.model_copy(update={"phase": phase})]) == []
        ended = rotation.model_copy(update={"phase": Phase.COMPLETED})
        assert to_look_at([ended, rotation]) == [rotation]
        assert to_look_at([ended, ended]) == [ended]


async def test_a_look_that_breaks_is_tried_at_the_next(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        w.disk.breaks("read", OutsideError("the share is stale", whose="sre", again=True), times=1)
        await looks(w)
        await looks(w, minutes=15)
        assert [code for code, _ in told(w)] == ["place_unread", "place_as_it_should"]
