"""The thread holds what the card does not show; the record holds everything."""

from pathlib import Path

from bot.engine.models.notes import TimelineNote
from tests.engine.world import world


async def test_what_the_card_shows_and_the_next_line_implies_is_recorded_and_not_posted(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        await w.later(minutes=20)
        posted = [note.code for note in w.room.notes("timeline") if isinstance(note, TimelineNote)]
        assert posted == ["begun", "applied", "bake_started", "look", "approved", "applied", "bake_started"]
        told = [one.code for one in await w.store.told("R1") if not one.announced]
        assert (told.count("traffic_seen"), told.count("look")) == (1, 3)  # staging of this runbook has no traffic
        assert [code for code in told if code not in {"traffic_seen", "look"}] == [c for c in posted if c != "look"]
