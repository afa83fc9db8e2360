"""Pressing buttons: each press reaches the engine once, opens a form, or is answered with the truth."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.engine.models.commands import Acknowledge, Answer, GiveWay, Promote, ReplyTo, Spend, Steer
from bot.engine.models.messages import MessageRef
from bot.engine.models.notes import Ahead, CardNote, ComparisonNote, Note, QuestionNote, ReplyNote, WishNote
from bot.rotation.calendar import next_opening
from bot.rotation.machine import TRANSITIONS
from bot.rotation.model.questions import Choice
from bot.rotation.model.rotation import Rotation
from handlers.blocks import ids
from tests.handlers import notes, scenes
from tests.handlers.conftest import Workspace

OPENS = next_opening(scenes.T0, scenes.pilots_asked().plan)


async def posted(workspace: Workspace, note: Note) -> MessageRef:
    return await workspace.messenger.post(note, channel="model-rotation")


def question(rotation: Rotation) -> QuestionNote:
    asked = rotation.decision or rotation.request
    assert asked is not None
    return QuestionNote(
        rotation=rotation, question=asked.id, now=scenes.T0, ahead=Ahead(opening=OPENS, watched_until=OPENS)
    )


def card(rotation: Rotation) -> CardNote:
    return CardNote(rotation=rotation, now=scenes.later(rotation), actions=tuple(TRANSITIONS[rotation.phase]))


async def click(
    workspace: Workspace, message: MessageRef, action_id: str, user: str = "max", **more: bool
) -> dict[str, Any]:
    return await workspace.do("click", user=user, channel=message.channel, ts=message.ts, action_id=action_id, **more)


async def test_an_approval_carries_what_was_seen(workspace: Workspace) -> None:
    rotation = scenes.pilots_asked()
    assert rotation.request is not None
    message = await posted(workspace, question(rotation))
    outcome = await click(workspace, message, ids.APPROVE)
    assert (outcome["acked"], outcome["failure"]) == (True, None)
    assert scenes.NEW in outcome["dialog"]["text"]
    (command,) = workspace.engine.commands
    assert isinstance(command, Answer)
    assert (command.rotation, command.question, command.answer) == ("R42", rotation.request.id, "approve")
    assert command.digest == rotation.request.digest
    assert command.actor == workspace.user_id("max")
    assert command.reply.channel == message.channel


async def test_an_answer_to_a_broadcast_question_stands_in_the_channel(workspace: Workspace) -> None:
    card_message = await posted(workspace, card(scenes.pilots_asked()))
    asked = await workspace.messenger.post(
        question(scenes.pilots_asked()), channel="model-rotation", thread=card_message, broadcast=True
    )
    await click(workspace, asked, ids.APPROVE)
    (command,) = workspace.engine.commands
    assert (command.reply.channel, command.reply.thread) == (asked.channel, "")


async def test_a_dialog_that_is_dismissed_does_nothing(workspace: Workspace) -> None:
    message = await posted(workspace, question(scenes.pilots_asked()))
    outcome = await click(workspace, message, ids.APPROVE, confirm=False)
    assert not outcome["sent"]
    assert workspace.engine.commands == []


async def test_one_press_delivered_twice_is_one_command_and_two_presses_are_two(workspace: Workspace) -> None:
    message = await posted(workspace, question(scenes.pilots_asked()))
    outcome = await click(workspace, message, ids.APPROVE)
    await workspace.do("deliver_again", delivery=outcome["delivery"])
    assert len(workspace.engine.commands) == 1
    await click(workspace, message, ids.APPROVE)
    assert len(workspace.engine.commands) == 2
    first, second = workspace.engine.commands
    assert first.model_copy(update={"id": "", "reply": second.reply}) == second.model_copy(update={"id": ""})


async def test_rejecting_asks_why_and_takes_no_silence_for_an_answer(workspace: Workspace) -> None:
    rotation = scenes.pilots_asked()
    assert rotation.request is not None
    message = await posted(workspace, question(rotation))
    await click(workspace, message, ids.REJECT)
    view = await workspace.view("max", "Reject R42")
    assert "3 tenants" in view["plain"]
    assert "rolls back" in view["plain"]
    assert workspace.engine.commands == []
    empty = await workspace.do("submit", user="max", values={"Reason": "   "})
    assert empty["errors"]
    done = await workspace.do("submit", user="max", values={"Reason": "Not before the holidays"})
    assert (done["errors"], done["view"]) == ({}, None)
    (command,) = workspace.engine.commands
    assert isinstance(command, Answer)
    assert (command.answer, command.reason) == ("reject", "Not before the holidays")
    assert (command.rotation, command.question, command.digest) == ("R42", rotation.request.id, rotation.request.digest)
    assert command.reply.channel == message.channel


async def test_an_approval_for_later_asks_when_and_takes_only_a_time_to_come(workspace: Workspace) -> None:
    rotation = scenes.pilots_asked()
    assert rotation.request is not None
    message = await posted(workspace, question(rotation))
    await click(workspace, message, ids.APPROVE_LATER)
    view = await workspace.view("max", "Approve R42")
    assert "3 tenants" in view["plain"]
    assert workspace.engine.commands == []
    now = workspace.clock.now()
    past = await workspace.do("submit", user="max", values={"Begin at": str(int(now.timestamp()) - 60)})
    assert past["errors"]
    start = max(OPENS, now) + timedelta(hours=1)
    done = await workspace.do("submit", user="max", values={"Begin at": str(int(start.timestamp()))})
    assert (done["errors"], done["view"]) == ({}, None)
    (command,) = workspace.engine.commands
    assert isinstance(command, Answer)
    assert (command.answer, command.start) == ("approve", start.replace(microsecond=0))
    assert (command.rotation, command.question, command.digest) == ("R42", rotation.request.id, rotation.request.digest)


@pytest.mark.parametrize(
    ("choice", "needs_reason"), [(Choice.EXTEND, False), (Choice.ROLL_BACK, False), (Choice.GO_ON, True)]
)
async def test_each_answer_to_a_decision(workspace: Workspace, choice: Choice, needs_reason: bool) -> None:
    rotation = scenes.cannot_tell()
    assert rotation.decision is not None
    message = await posted(workspace, question(rotation))
    await click(workspace, message, ids.decide(choice.value), user="sam")
    if needs_reason:
        assert workspace.engine.commands == []
        await workspace.view("sam", "Go on R42")
        await workspace.do("submit", user="sam", values={"Reason": "Night traffic is thin"})
    (command,) = workspace.engine.commands
    assert isinstance(command, Answer)
    assert (command.question, command.answer) == (rotation.decision.id, choice)
    assert command.reason == ("Night traffic is thin" if needs_reason else "")


@pytest.mark.parametrize("scene", ["pilots_watched", "paused", "write_failed", "stuck", "unconfirmed", "first_asked"])
async def test_every_button_of_a_card_reaches_the_engine(workspace: Workspace, scene: str) -> None:
    rotation = scenes.SCENES[scene]()
    message = await posted(workspace, card(rotation))
    shown = (await workspace.see("messages", user="sam", channel="model-rotation"))["messages"][0]
    assert shown["buttons"]
    for number, button in enumerate(shown["buttons"], start=1):
        await click(workspace, message, button["action_id"], user="sam")
        if button["action_id"] == ids.SETTLE:
            await workspace.view("sam", "Settle by hand R42")
            await workspace.do("submit", user="sam", values={"Reason": "mended"})
        assert len(workspace.engine.commands) == number
        command = workspace.engine.commands[-1]
        assert isinstance(command, Steer | Promote)
        assert command.subject == "R42"
        assert isinstance(command, Promote) or command.verb == button["action_id"]


async def test_a_comparison_is_promoted_or_stopped_from_its_message(workspace: Workspace) -> None:
    found = notes.comparison_notes()
    message = await posted(workspace, found["running"])
    await click(workspace, message, ids.ABORT, user="mia")
    await workspace.messenger.edit(message, found["pass"])
    await click(workspace, message, ids.PROMOTE, user="mia")
    stop, promote = workspace.engine.commands
    assert isinstance(stop, Steer)
    assert (stop.verb, stop.subject) == ("abort", "D17")
    assert isinstance(promote, Promote)
    assert promote.subject == "D17"


async def test_what_a_comparison_costs_is_agreed_to_from_the_answer(workspace: Workspace) -> None:
    to = ReplyTo(user=workspace.user_id("mia"), channel=workspace.channel_id("model-rotation"))
    await workspace.messenger.reply(to, ReplyNote(code="diff_estimate", facts=notes.estimate(usd=3.2)))
    told = await workspace.told("mia", "waits for your yes")
    assert told["ephemeral"]
    assert "480 calls, about $3.20 if answers are 400 tokens long; it stops by itself at $5.00" in told["plain"]
    assert (
        "130 cases suffice where the models agree on nearly all of them; where the models disagree on one"
        in told["plain"]
    )
    assert "they can see a difference of ±6.9 points, and 5 are allowed" in told["plain"]
    assert "Compare: 480 calls, about $3.20" in str(told)
    await workspace.do("click", user="mia", channel=to.channel, ts=told["ts"], action_id=ids.SPEND)
    (command,) = workspace.engine.commands
    assert isinstance(command, Spend)
    assert command.comparison == "D17"


async def _estimate_pressed(workspace: Workspace) -> tuple[str, ReplyTo]:
    """Where the estimate stands, and where the answer to its button goes."""
    to = ReplyTo(user=workspace.user_id("mia"), channel=workspace.channel_id("model-rotation"))
    await workspace.messenger.reply(to, ReplyNote(code="diff_estimate", facts=notes.estimate(usd=3.2)))
    told = await workspace.told("mia", "waits for your yes")
    await workspace.do("click", user="mia", channel=to.channel, ts=told["ts"], action_id=ids.SPEND)
    return told["ts"], workspace.engine.commands[-1].reply


@pytest.mark.parametrize("code", ["diff_started", "diff_begun_already"])
async def test_the_answer_to_a_yes_takes_the_place_of_the_question_and_its_button(
    workspace: Workspace, code: str
) -> None:
    ts, to = await _estimate_pressed(workspace)
    await workspace.messenger.reply(to, ReplyNote(code=code, facts=notes.estimate(usd=3.2)))
    seen = (await workspace.see("messages", user="mia", channel="model-rotation"))["messages"]
    shown = [one for one in seen if one["ephemeral"]]
    assert [one["ts"] for one in shown] == [ts]
    assert "waits for your yes" not in shown[0]["plain"]
    assert ids.SPEND not in str(shown)


async def test_a_yes_that_could_not_be_followed_can_be_given_again(workspace: Workspace) -> None:
    ts, to = await _estimate_pressed(workspace)
    await workspace.messenger.reply(to, ReplyNote(code="diff_over_budget", facts={"spent": 24.0, "limit": 25.0}))
    seen = (await workspace.see("messages", user="mia", channel="model-rotation"))["messages"]
    shown = [one for one in seen if one["ephemeral"]]
    assert len(shown) == 2
    assert ids.SPEND in str(next(one for one in shown if one["ts"] == ts))


@pytest.mark.parametrize(("action_id", "yes"), [(ids.GIVE_WAY, True), (ids.KEEP_GOING, False)])
async def test_the_holder_answers_a_wish_for_the_slot(workspace: Workspace, action_id: str, yes: bool) -> None:
    message = await posted(workspace, WishNote(rotation=scenes.wanted(), wish="R43"))
    await click(workspace, message, action_id, user="mia")
    (command,) = workspace.engine.commands
    assert isinstance(command, GiveWay)
    assert (command.rotation, command.wish, command.yes) == ("R42", "R43", yes)
    assert command.actor == workspace.user_id("mia")


async def test_somebody_takes_a_page(workspace: Workspace) -> None:
    message = await workspace.messenger.post(notes.page("write_failed", scenes.errored()), channel="sre-oncall")
    await click(workspace, message, ids.ACKNOWLEDGE, user="sam")
    (command,) = workspace.engine.commands
    assert isinstance(command, Acknowledge)
    assert command.escalation == "E7"


async def test_a_press_that_cannot_be_kept_is_told_so(workspace: Workspace) -> None:
    message = await posted(workspace, question(scenes.pilots_asked()))
    workspace.engine.breaks = RuntimeError("disk full")
    outcome = await click(workspace, message, ids.APPROVE)
    assert outcome["acked"]
    said = await workspace.told("max", "nothing was recorded.*Reference")
    assert said["ephemeral"]
    workspace.engine.breaks = None
    await click(workspace, message, ids.APPROVE)
    assert len(workspace.engine.commands) == 1


async def test_a_form_that_cannot_be_opened_is_said(workspace: Workspace) -> None:
    message = await posted(workspace, question(scenes.pilots_asked()))
    await workspace.do("faults", kind="api_error", method="views.open", error="expired_trigger_id")
    outcome = await click(workspace, message, ids.REJECT)
    assert outcome["acked"]
    await workspace.told("max", "press once more")


def press(workspace: Workspace, action: dict[str, Any], **more: object) -> dict[str, Any]:
    return {
        "type": "block_actions",
        "team": {"id": workspace.world.slack.workspace.team_id},
        "user": {"id": workspace.user_id("max")},
        "channel": {"id": workspace.channel_id("model-rotation")},
        "container": {"type": "message", "message_ts": "1.0", "channel_id": workspace.channel_id("model-rotation")},
        "actions": [{"type": "button", "action_ts": "2.0", **action}],
        **more,
    }


@pytest.mark.parametrize(
    "action",
    [
        {"action_id": "approve_v0", "block_id": "b", "value": "R42"},
        {"action_id": ids.APPROVE, "block_id": "b", "value": "R42:pilots"},
        {"action_id": ids.ROLL_BACK, "block_id": "b"},
        {"action_id": ids.decide("shrug"), "block_id": "b", "value": '{"s":"R42"}'},
    ],
)
async def test_a_button_of_another_version_is_answered(workspace: Workspace, action: dict[str, Any]) -> None:
    response = await workspace.dispatch(press(workspace, action))
    assert response.status == 200
    assert workspace.engine.commands == []
    said = await workspace.told("max", "older message")
    assert said["ephemeral"]


async def test_a_press_from_another_workspace_is_turned_away(workspace: Workspace) -> None:
    action = {"action_id": ids.ROLL_BACK, "block_id": "b", "value": '{"s":"R42"}'}
    response = await workspace.dispatch(press(workspace, action, team={"id": "T0OTHER"}))
    assert response.status == 200
    assert workspace.engine.commands == []
    await workspace.told("max", "another workspace")


async def test_presses_at_the_same_moment_by_two_people_are_two_commands(workspace: Workspace) -> None:
    message = await posted(workspace, question(scenes.pilots_asked()))
    await asyncio.gather(click(workspace, message, ids.APPROVE), click(workspace, message, ids.APPROVE, user="sam"))
    assert {command.actor for command in workspace.engine.commands} == {
        workspace.user_id("max"),
        workspace.user_id("sam"),
    }


async def test_the_progress_of_a_comparison_becomes_its_result_in_place(workspace: Workspace) -> None:
    found = notes.comparison_notes()
    message = await posted(workspace, found["running"])
    await workspace.messenger.edit(message, found["fail"])
    assert isinstance(found["fail"], ComparisonNote)
    shown = (await workspace.see("messages", user="mia", channel="model-rotation"))["messages"]
    assert len(shown) == 1
    assert "worse" in shown[0]["plain"]
    assert shown[0]["buttons"] == []
