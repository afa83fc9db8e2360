"""*What happened here?* on a message: its rotation is explained to whoever asked, and to nobody else."""

import pytest

from bot.engine.models import CardNote, SlotStatus
from bot.rotation.machine import TRANSITIONS
from handlers.shortcuts import WHAT_HAPPENED
from tests.handlers import scenes
from tests.handlers.conftest import Workspace


async def card_in(workspace: Workspace) -> tuple[str, str]:
    """A rotation's card, posted; its channel and timestamp."""
    rotation = scenes.pilots_asked()
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


async def test_another_message_is_said_to_be_none_of_ours(workspace: Workspace) -> None:
    said = await workspace.do("say", user="max", channel="model-rotation", text="good morning")
    where = {"channel": said["message"]["channel"], "ts": said["message"]["ts"]}
    await workspace.do("shortcut", user="mia", callback_id=WHAT_HAPPENED, **where)
    assert (await workspace.told("mia", "about no rotation"))["ephemeral"]
