"""Who sets and lifts a freeze, and what is answered to what was typed wrongly."""

from pathlib import Path

import pytest

from tests.engine.world import FIN, GIL, MAX, MIA, REX, RUNBOOK, SAM, SECOND_SLOT, world

_GLOBAL = "bake: {length: 3h, looks: 3}"
APPROVED_BY_SRE = RUNBOOK.replace(_GLOBAL, f"{_GLOBAL}, approval: {{groups: [sre]}}")


@pytest.mark.parametrize(
    ("who", "may"),
    [(MIA, True), (SAM, True), (FIN, True), (REX, False), (GIL, False)],
)
async def test_who_may_freeze(tmp_path: Path, who: str, may: bool) -> None:
    async with world(tmp_path) as w:
        w.people.members["ml"] = (MIA, MAX, GIL)
        assert await w.freeze("chat", "2h", who=who) == (
            "freeze_set" if may else "no_guests" if who == GIL else "not_entitled"
        )
        assert len(await w.store.freezes(w.clock.at)) == may


@pytest.mark.parametrize(
    ("scope", "who", "code"),
    [
        ("global", FIN, "freeze_lifted"),  # who set it
        ("global", SAM, "freeze_lifted"),  # its approvers are SRE
        ("global", MAX, "not_entitled"),
        ("pilots", MAX, "freeze_lifted"),  # its approvers are ML
        ("pilots", SAM, "not_entitled"),
        ("chat", MAX, "freeze_lifted"),
        ("chat", SAM, "freeze_lifted"),
        ("all", MAX, "freeze_lifted"),
        ("all", REX, "not_entitled"),
    ],
)
async def test_who_may_lift(tmp_path: Path, scope: str, who: str, code: str) -> None:
    async with world(tmp_path, runbook=APPROVED_BY_SRE) as w:
        assert await w.freeze(scope, "2h", who=FIN) == "freeze_set"
        lift = w.lifting(scope, who)
        assert await w.asks(lift) == code
        assert len(await w.store.freezes(w.clock.at)) == (code != "freeze_lifted")
        refused = w.answered(lift)
        assert refused is not None
        assert refused.facts.get("set_by") == "fin" or code == "freeze_lifted"


async def test_a_group_that_cannot_be_read_sets_and_lifts_nothing(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        assert await w.freeze("chat", "2h", who=SAM) == "freeze_set"
        w.people.members.pop("ml")
        w.people.is_away = True
        assert await w.freeze("all", "2h", who=MIA) == "group_unresolved"
        assert await w.unfreeze("chat", who=MAX) == "group_unresolved"
        assert await w.unfreeze("chat", who=SAM) == "freeze_lifted"  # who set it needs no group


@pytest.mark.parametrize(
    ("subject", "until", "reason", "code"),
    [
        ("chta", "2h", "x", "freeze_of_what"),
        ("", "2h", "x", "freeze_of_what"),
        ("slot:global", "2h", "x", "freeze_of_what"),
        ("chat", "", "x", "freeze_without_end"),
        ("chat", "soon", "x", "freeze_end_unclear"),
        ("chat", "2026-02-30", "x", "freeze_end_unclear"),
        ("chat", "2026-03-01", "x", "freeze_end_over"),
        ("chat", "2026-03-02 11:59", "x", "freeze_end_over"),
        ("chat", "0h", "x", "freeze_end_over"),
        ("chat", "91d", "x", "freeze_too_long"),
        ("chat", "999999w", "x", "freeze_too_long"),
        ("chat", "2026-07-01", "x", "freeze_too_long"),
        ("chat", "2h", " ", "freeze_without_reason"),
        ("stage:global", "2h", "x", "freeze_set"),
        ("#Chat", "2h", "x", "freeze_set"),
        ("EVERYTHING", "2h", "x", "freeze_set"),
    ],
)
async def test_what_is_typed_wrongly_freezes_nothing_and_is_answered(
    tmp_path: Path, subject: str, until: str, reason: str, code: str
) -> None:
    async with world(tmp_path) as w:
        assert await w.freeze(subject, until, reason=reason) == code
        assert len(await w.store.freezes(w.clock.at)) == (code == "freeze_set")


async def test_a_slot_called_like_a_stage_is_asked_about(tmp_path: Path) -> None:
    twice = RUNBOOK + SECOND_SLOT.replace("draft:", "global:")
    async with world(tmp_path, runbook=twice) as w:
        assert await w.freeze("global") == "freeze_of_two"
        assert await w.freeze("slot:global") == "freeze_set"
        assert await w.unfreeze("global") == "freeze_of_two"
        assert await w.unfreeze("F1") == "freeze_lifted"


async def test_one_that_holds_the_same_already_is_prolonged_never_shortened_and_lifted_once(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        assert await w.freeze("chat", "4h") == "freeze_set"
        shorter = w.freezing("chat", "2h", MIA)
        assert await w.asks(shorter) == "freeze_standing"
        answered = w.answered(shorter)
        assert answered is not None
        assert (answered.facts["by"], answered.facts["freeze"]) == ("sam", "F1")
        assert await w.freeze("chat", "6h", who=MIA, reason="longer") == "freeze_prolonged"
        (freeze,) = await w.store.freezes(w.clock.at)
        assert (freeze.id, freeze.name, freeze.reason) == ("F1", "sam", "longer")
        assert await w.freeze("all", "1h", who=MIA) == "freeze_set"  # beside it, not instead of it
        assert await w.unfreeze("global") == "not_frozen"
        assert await w.unfreeze("chat") == "freeze_lifted"
        assert await w.unfreeze("chat") == "not_frozen"
        assert await w.unfreeze("f1") == "freeze_lifted_already"
        await w.later(hours=1)
        assert await w.unfreeze("F2") == "freeze_over"
        assert await w.unfreeze("nothing") == "freeze_of_what"


async def test_what_was_frozen_and_is_gone_from_the_runbook_can_still_be_lifted(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=RUNBOOK + SECOND_SLOT) as w:
        assert await w.freeze("draft", "5h", who=MIA) == "freeze_set"
    async with world(tmp_path, outside=w) as again:
        assert await again.unfreeze("draft", who=SAM) == "freeze_of_what"
        assert await again.unfreeze("F1", who=SAM) == "freeze_lifted"
        assert [said.channel for said in again.room.said.values() if said.note.kind == "freeze"] == [
            "model-rotation"
        ] * 2
