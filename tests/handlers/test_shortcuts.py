"""Shortcuts on a message: its rotation is explained to whoever asked, or taken back after one question."""

import pytest

from bot.engine.models.commands import Steer
from bot.engine.models.notes import CardNote, ReplyNote
from bot.engine.models.shown import SlotStatus
from bot.rotation.machine import TRANSITIONS
from bot.rotation.model.rotation import Rotation
from handlers.shortcuts import ROLL_THIS_BACK, WHAT_HAPPENED
from tests.handlers import scenes
from tests.handlers.conftest import Workspace


async def card_in(workspace: Workspace, rotation: Rotation | None = None) -> tuple[str, str]:
    """A rotation's card, posted; its channel and timestamp."""
    rotation = rotation or scenes.pilots_asked()
    note = CardNote(rotation=rotation, now=scenes.T0, actions=tuple(TRANSITIONS[rotation.phase]))
    message = await workspace.messenger.post(note, channel="model-rotation")
    workspace.engine.cards["R42"] = message
    stages = tuple(stage.name for stage in rotation.plan.stages)
    workspace.engine.found = (SlotStatus(slot="chat", stages=stages, models={}, rotation=rotation),)
    return message.channel, message.ts


@pytest.mark.parametrize("threaded", [False, True])
async def test_a_card_and_what_stands_in_its_thread_are_explained_privately(
    workspace: Workspace, threaded: bool
) -> None:
    channel, ts = await card_in(workspace)
    if threaded:
        line = await workspace.client.chat_postMessage(channel=channel, text="a line", thread_ts=ts)
        ts = str(line["ts"])
    await workspace.do("shortcut", user="mia", callback_id=WHAT_HAPPENED, channel=channel, ts=ts)
    said = await workspace.told("mia", "How it came to this")
    assert said["ephemeral"]
    assert workspace.engine.asked[-1] == "R42"


async def test_a_card_that_lines_hang_under_is_answered_in_the_channel_where_it_stands(workspace: Workspace) -> None:
    channel, ts = await card_in(workspace)
    await workspace.client.chat_postMessage(channel=channel, text="a line", thread_ts=ts)
    await workspace.do("shortcut", user="mia", callback_id=WHAT_HAPPENED, channel=channel, ts=ts)
    assert (await workspace.told("mia", "How it came to this"))["thread_ts"] is None
    await workspace.do("click", user="mia", channel=channel, ts=ts, label="Pause")
    assert (await workspace.engine.first()).reply.thread == ""


async def test_a_card_is_rolled_back_after_it_was_said_what_that_does_and_one_press(workspace: Workspace) -> None:
    channel, ts = await card_in(workspace)
    await workspace.do("shortcut", user="mia", callback_id=ROLL_THIS_BACK, channel=channel, ts=ts)
    said = await workspace.told("mia", "chat")
    assert said["ephemeral"]
    assert "staging" in str(said)
    assert scenes.OLD in str(said)
    assert workspace.engine.commands == []
    await workspace.do("click", user="mia", channel=said["channel"], ts=said["ts"], label="Roll back R42")
    command = await workspace.engine.first()
    assert isinstance(command, Steer)
    assert (command.verb, command.subject) == ("roll_back", "R42")
    facts = {"rotation": "R42", "event": "roll_back"}
    await workspace.messenger.reply(command.reply, ReplyNote.model_validate({"code": "accepted", "facts": facts}))
    seen = (await workspace.see("messages", user="mia", channel="model-rotation"))["messages"]
    (answer,) = [one for one in seen if one["ephemeral"]]
    assert answer["ts"] == said["ts"]  # the question has gone, and its button with it
    assert "going back" in answer["plain"]
    assert "roll_back" not in str(answer["blocks"])


async def test_where_nothing_can_be_taken_back_the_engine_is_asked_why(workspace: Workspace) -> None:
    channel, ts = await card_in(workspace, scenes.rolled_back())
    await workspace.do("shortcut", user="mia", callback_id=ROLL_THIS_BACK, channel=channel, ts=ts)
    command = await workspace.engine.first()
    assert isinstance(command, Steer)
    assert (command.verb, command.subject) == ("roll_back", "R42")


@pytest.mark.parametrize("shortcut", [WHAT_HAPPENED, ROLL_THIS_BACK])
async def test_another_message_is_said_to_be_none_of_ours(workspace: Workspace, shortcut: str) -> None:
    said = await workspace.do("say", user="max", channel="model-rotation", text="good morning")
    where = {"channel": said["message"]["channel"], "ts": said["message"]["ts"]}
    await workspace.do("shortcut", user="mia", callback_id=shortcut, **where)
    assert (await workspace.told("mia", "about no rotation"))["ephemeral"]
