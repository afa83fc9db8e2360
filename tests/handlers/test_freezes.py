"""What people read of freezes: notes in the channel, the list, and what status, help, home and requests say."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from bot.engine.models.commands import LiftFreeze, SetFreeze
from bot.engine.models.guides import Guide
from bot.engine.models.notes import FreezeNote, QuestionNote, ReplyNote
from bot.engine.models.shown import FreezeShown, Home, SlotStatus, Status
from bot.rotation.model.freezes import Freeze, Scope
from bot.runbook.models.people import GroupName
from handlers.blocks.hometab import hometab
from handlers.blocks.private import freezes, help_message, reply, status
from handlers.blocks.shown import shown
from tests.handlers import scenes
from tests.handlers.conftest import Workspace
from tests.handlers.judge import judged, judged_view
from tests.handlers.scenes import FREEZE, T0, WRITTEN
from tests.handlers.test_blocks import MENTIONS, as_json

Snapshot = Callable[..., None]
SET = Freeze(
    id="F3",
    scope=Scope(kind="stage", name="global"),
    by="U0SAM",
    name="Sam Rivera",
    reason="year end <!channel>",
    set_at=T0,
    until=T0 + timedelta(days=4),
)
LIFTED = SET.model_copy(
    update={"lifted_at": T0 + timedelta(days=1), "lifted_by": "U0MAX", "lifted_name": "Max", "lifted_reason": "over"}
)
BY_HAND = FreezeShown(
    freeze="F3",
    stages=("global",),
    by="Sam Rivera",
    reason="year end",
    begins=T0,
    until=SET.until,
    lifters=(GroupName.ML,),
)
BY_RULE = FreezeShown(
    freeze="nights",
    slots=("chat", "search"),
    stages=("pilots",),
    reason="nobody watches",
    begins=T0 + timedelta(hours=9),
    until=T0 + timedelta(hours=21),
    in_force=False,
)
NOTES = {
    "set": FreezeNote(what="set", freeze=SET, lifters=(GroupName.ML,), held=("R42",)),
    "set_for_all": FreezeNote(
        what="set", freeze=SET.model_copy(update={"scope": Scope(kind="all")}), lifters=(GroupName.ML, GroupName.SRE)
    ),
    "prolonged": FreezeNote(what="prolonged", freeze=SET, lifters=(GroupName.ML,), held=("R42", "R43")),
    "lifted": FreezeNote(what="lifted", freeze=LIFTED, held=("R42",), maybe_repeat=True),
}
SAID = {"freeze": "F3", "scope": "global", "until": SET.until.isoformat(), "since": T0.isoformat(), "by": "Sam Rivera"}
ANSWERS: Mapping[str, Mapping[str, object]] = {
    "freeze_set": {**SAID, "changing": ["R42"]},
    "freeze_prolonged": SAID,
    "freeze_standing": {**SAID, "reason": "year end"},
    "freeze_lifted": {**SAID, "set_by": "Sam Rivera"},
    "freeze_lifted_already": {"freeze": "F3", "by": "Max", "at": T0.isoformat()},
    "freeze_over": {"freeze": "F3", "at": T0.isoformat()},
    "freeze_written": {"freeze": "nights"},
    "not_frozen": {"scope": "chat", "known": ["all (F2)"]},
    "freeze_of_what": {"subject": "chta", "nearest": "chat", "known": ["chat", "global", "all"]},
    "freeze_of_two": {"subject": "global", "verb": "freeze"},
    "freeze_without_end": {"subject": "chat", "known": ["18:00", "4h"]},
    "freeze_without_reason": {"scope": "chat"},
    "freeze_end_unclear": {"words": "soon", "known": ["18:00", "4h"], "zone": "Europe/Berlin"},
    "freeze_end_over": {"words": "2026-11-01", "until": T0.isoformat(), "zone": "UTC"},
    "freeze_too_long": {"words": "2y", "days": 90},
    "rotation_begun": {"rotation": "R42", "frozen": FREEZE.model_dump(mode="json")},
    "accepted": {"rotation": "R42", "event": "approve", "frozen": WRITTEN.model_dump(mode="json")},
    "not_entitled": {"groups": ["ml"], "set_by": "Sam Rivera"},
}


@pytest.mark.parametrize("name", NOTES)
def test_a_freeze_is_told_in_the_channel(name: str, snapshot: Snapshot) -> None:
    message = judged(shown(NOTES[name]))
    assert "<!channel>" not in message.text
    snapshot(as_json(message))


@pytest.mark.parametrize("code", ANSWERS)
def test_what_is_answered_to_who_freezes_lifts_or_asks_while_frozen(code: str, snapshot: Snapshot) -> None:
    note = ReplyNote.model_validate({"code": code, "facts": ANSWERS[code]})
    message = judged(reply(note))
    assert "unknown" not in message.text
    snapshot(as_json(message))


@pytest.mark.parametrize("code", ["freeze_set", "freeze_prolonged", "freeze_standing", "freeze_lifted", "not_frozen"])
def test_of_a_freeze_of_all_an_answer_says_everything(code: str) -> None:
    facts = {**SAID, "reason": "year end", "set_by": "Sam Rivera", "known": [], "scope": "all"}
    message = judged(reply(ReplyNote.model_validate({"code": code, "facts": facts})))
    assert "everything" in message.text
    assert "all is" not in message.text


def test_the_list_says_what_is_frozen_whose_until_when_and_who_lifts_it(snapshot: Snapshot) -> None:
    message = judged(freezes((BY_HAND, BY_RULE)))
    for said in ("global of every model setting", "Sam Rivera", "year end", "/rotate unfreeze F3", "nights", "ML"):
        assert said in message.text
    snapshot(as_json(message), "some")
    snapshot(as_json(judged(freezes(()))), "none")


def test_status_home_and_help_say_what_is_frozen() -> None:
    slot = SlotStatus(slot="chat", stages=("global",), models={"global": scenes.OLD}, freezes=(BY_HAND,))
    found = Status(now=T0, slots=(slot,))
    helped = judged(help_message(Guide(slots=(), freezes=(BY_HAND, BY_RULE)))).text
    home = Home(now=T0, freezes=(BY_HAND, BY_RULE))
    for text in (judged(status(found)).text, str(judged_view(hometab(home))), helped):
        assert "Sam Rivera" in text
        assert "/rotate unfreeze F3" in text
    assert "nights" not in helped  # it does not hold yet


def test_a_request_says_that_it_is_frozen_and_what_a_yes_leads_to(snapshot: Snapshot) -> None:
    rotation = scenes.pilots_asked()
    assert rotation.request is not None
    note = QuestionNote(rotation=rotation, question=rotation.request.id, now=T0, mentions=MENTIONS, freeze=FREEZE)
    message = judged(shown(note))
    assert "pilots is frozen until" in message.text
    assert "Approved now, it begins then" in message.text
    assert "older than the runbook allows" not in message.text
    snapshot(as_json(message))
    late = note.model_copy(update={"freeze": FREEZE.model_copy(update={"until": T0 + timedelta(days=8)})})
    assert "older than the runbook allows" in judged(shown(late)).text


async def test_typed_in_slack_it_becomes_a_command_or_the_list(workspace: Workspace) -> None:
    await workspace.type("freeze chat --until monday 09:00 --reason year end")
    await workspace.type("unfreeze F3 --reason over")
    freeze, lift = workspace.engine.commands
    assert isinstance(freeze, SetFreeze)
    assert (freeze.subject, freeze.until, freeze.reason) == ("chat", "monday 09:00", "year end")
    assert isinstance(lift, LiftFreeze)
    assert (lift.subject, lift.reason) == ("F3", "over")


async def test_freeze_alone_lists_what_is_frozen_privately(workspace: Workspace) -> None:
    workspace.engine.frozen = (BY_HAND,)
    await workspace.type("freeze")
    assert workspace.engine.commands == []
    message = await workspace.told("mia", "global of every model setting")
    assert message["ephemeral"]
    assert "Sam Rivera" in message["text"]
