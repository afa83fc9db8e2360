"""Typing `/rotate ...`, mentioning the bot, filling in forms: what reaches the engine, and what the person is told."""

from typing import Any

import pytest

from bot.engine.models.commands import Answer, Diff, Promote, Steer
from bot.engine.models.messages import MessageRef
from bot.engine.models.notes import ReplyNote
from bot.engine.models.shown import SlotStatus
from bot.rotation.model.rotation import Rotation
from bot.rotation.model.state import Trigger
from tests.handlers import scenes
from tests.handlers.conftest import Workspace

KEY = "sk-abcdefabcdef012345"


async def test_a_whole_diff_is_kept_and_acked(workspace: Workspace) -> None:
    outcome = await workspace.type("diff openai/gpt-4.1-mini chat —trigger cost —reason “a third of the price”")
    assert (outcome["acked"], outcome["failure"]) == (True, None)
    (command,) = workspace.engine.commands
    assert isinstance(command, Diff)
    assert (command.slot, command.candidate, command.trigger) == ("chat", "openai/gpt-4.1-mini", Trigger.COST)
    assert command.reason == "a third of the price"
    assert (command.actor, command.at, command.via) == (workspace.user_id("mia"), scenes.T0, "slack")
    assert command.reply.channel == workspace.channel_id("model-rotation")
    assert command.reply.response_url.startswith(workspace.world.base_url)


async def test_the_only_model_setting_needs_no_name(workspace: Workspace) -> None:
    await workspace.type("diff openai/gpt-4.1-mini")
    await workspace.type("promote")
    await workspace.type("Pause --reason deploy freeze")
    diff, promote, pause = workspace.engine.commands
    assert isinstance(diff, Diff)
    assert diff.slot == "chat"
    assert isinstance(promote, Promote)
    assert promote.subject == "chat"
    assert isinstance(pause, Steer)
    assert (pause.verb, pause.subject, pause.reason) == ("pause", "chat", "deploy freeze")


@pytest.mark.parametrize(
    ("words", "verb"),
    [
        ("rollback r42", "roll_back"),
        ("abort D17", "abort"),
        ("resume R42.", "resume"),
        ("retry R42", "retry"),
        ("settle R42", "settle"),
        ("confirm R42", "confirm"),
    ],
)
async def test_verbs_on_an_id_ask_nobody_before_they_are_kept(workspace: Workspace, words: str, verb: str) -> None:
    await workspace.type(words)
    (command,) = workspace.engine.commands
    assert isinstance(command, Steer)
    assert command.verb == verb
    assert command.subject in {"R42", "D17"}
    assert workspace.engine.asked == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("dif openai/x", "Did you mean diff"),
        ("diff openai/x --triger cost", "Did you mean --trigger"),
        ("diff openai/x --trigger costs", "Did you mean cost"),
        ("pause R42 --fresh", "does not go with pause"),
        ("status one two", "I do not understand two"),
        ('diff openai/x --reason "half', "opened and not closed"),
        ("diff openai/x --rollback", "--rollback needs a value"),
        ("status nowhere", "There is no nowhere"),
        ("why R7", "There is no R7"),
        ("help", "compare a new model"),
        ("help more", "withdraw R42|SLOT"),
        ("help rollback", "go back to what was"),
        ("help chat", "Begin with /rotate diff MODEL chat"),
        ("help rolback", "Did you mean rollback"),
        ("help caht", "Did you mean chat"),
        ("revert R42", "Did you mean rollback"),
        ("status", "no rotation is running"),
    ],
)
async def test_words_that_mean_nothing_are_answered_privately(workspace: Workspace, words: str, told: str) -> None:
    outcome = await workspace.type(words)
    assert outcome["acked"]
    message = await workspace.told("mia", told)
    assert message["ephemeral"]
    assert workspace.engine.commands == []
    others = await workspace.see("messages", user="max", channel="model-rotation")
    assert others["messages"] == []


@pytest.mark.parametrize(
    "words",
    [
        *("diff {}", "diff openai/x --rollback {}", "diff openai/x --trigger {}", "diff openai/x chat {}", "{}"),
        *("status {}", "pause one {}", "diff openai/x --{}", 'diff openai/x --reason "{}'),
    ],
)
async def test_a_key_that_slipped_in_is_repeated_in_no_answer(workspace: Workspace, words: str) -> None:
    outcome = await workspace.type(words.format(KEY))
    assert outcome["acked"]
    message = await workspace.told("mia", "")
    assert message["ephemeral"]
    assert KEY not in message["plain"]
    assert workspace.engine.commands == []


async def test_a_key_that_slipped_in_is_not_kept(workspace: Workspace) -> None:
    for words in ("diff openai/x {}", "promote {}", "pause {}", "pause R42 --reason {}"):
        await workspace.type(words.format(KEY))
    assert len(workspace.engine.commands) == 4
    assert not [kept for kept in workspace.engine.commands if KEY in kept.model_dump_json()]


async def test_with_several_model_settings_the_missing_one_is_asked_for(workspace: Workspace) -> None:
    search = workspace.engine.found[0].model_copy(update={"slot": "search"})
    workspace.engine.found = (*workspace.engine.found, search)
    await workspace.type("rollback")
    message = await workspace.told("mia", "Which one")
    assert "chat, search" in message["plain"]
    assert workspace.engine.commands == []


def running(workspace: Workspace, *rotations: Rotation) -> None:
    first = workspace.engine.found[0]
    names = ("chat", "search", "draft")
    workspace.engine.found = tuple(
        first.model_copy(update={"slot": name, "rotation": rotation})
        for name, rotation in zip(names, rotations, strict=False)
    )


async def test_going_back_without_a_name_is_said_back_and_takes_one_press(workspace: Workspace) -> None:
    running(workspace, scenes.pilots_watched())
    await workspace.type("rollback --reason too slow")
    asked = await workspace.told("mia", "Nothing is done before")
    assert f"R42 chat: Back to {scenes.OLD} on staging, pilots (3 tenants)" in asked["plain"]
    assert asked["ephemeral"]
    assert workspace.engine.commands == []
    where = {"channel": asked["channel"], "ts": asked["ts"]}
    await workspace.do("click", user="mia", **where, action_id="roll_back")
    command = await workspace.engine.first()
    assert isinstance(command, Steer)
    assert (command.verb, command.subject, command.reason) == ("roll_back", "R42", "too slow")


async def test_ending_without_a_name_is_said_back_where_nothing_was_changed(workspace: Workspace) -> None:
    running(workspace, scenes.first_asked())
    await workspace.type("abort")
    asked = await workspace.told("mia", "Nothing is done before")
    assert "R42 chat:" in asked["plain"]
    assert "nothing was changed so far" in asked["plain"]
    assert workspace.engine.commands == []


async def test_which_of_several_is_to_go_back_must_be_said(workspace: Workspace) -> None:
    other = scenes.pilots_watched().model_copy(update={"id": "R43"})
    running(workspace, scenes.pilots_watched(), other, scenes.first_asked())
    await workspace.type("rollback")
    asked = await workspace.told("mia", "Which one")
    assert "R42, R43" in asked["plain"]
    assert workspace.engine.commands == []


@pytest.mark.parametrize("words", ["", "diff"])
async def test_without_a_candidate_the_form_opens_and_becomes_a_comparison(workspace: Workspace, words: str) -> None:
    await workspace.type(words)
    view = await workspace.view("mia", "New model")
    fields = {field["label"]: field for field in view["fields"]}
    assert fields["Way back"]["value"] == scenes.OLD
    assert fields["New model"]["hint"] == f"Live now: {scenes.OLD}"
    outcome = await workspace.do(
        "submit", user="mia", values={"New model": " openai/gpt-4.1-mini ", "Why": "Cost", "Reason": "cheaper"}
    )
    assert (outcome["acked"], outcome["errors"], outcome["view"]) == (True, {}, None)
    (command,) = workspace.engine.commands
    assert isinstance(command, Diff)
    assert (command.candidate, command.rollback) == ("openai/gpt-4.1-mini", scenes.OLD)
    assert (command.trigger, command.reason) == (Trigger.COST, "cheaper")
    assert command.reply.channel == workspace.channel_id("model-rotation")


async def test_a_model_of_two_words_is_told_at_its_field(workspace: Workspace) -> None:
    await workspace.type("")
    await workspace.view("mia", "New model")
    outcome = await workspace.do("submit", user="mia", values={"New model": "gpt four"})
    assert "one word" in outcome["errors"]["candidate"]
    assert workspace.engine.commands == []


async def test_a_new_model_is_chosen_from_what_the_provider_lists(workspace: Workspace) -> None:
    workspace.engine.listed = ("openai/gpt-4.1", "openai/gpt-4.1-mini", "openai/o3")
    await workspace.type("")
    view = await workspace.view("mia", "New model")
    query = {"user": "mia", "view_id": view["view_id"], "action_id": "candidate", "query": "4.1"}
    offered = await workspace.see("options", **query)
    assert [option["value"] for option in offered["options"]] == ["openai/gpt-4.1", "openai/gpt-4.1-mini"]
    await workspace.do("submit", user="mia", values={"New model": "openai/gpt-4.1-mini"})
    command = await workspace.engine.first()
    assert isinstance(command, Diff)
    assert command.candidate == "openai/gpt-4.1-mini"


async def test_a_model_that_is_not_listed_is_told_at_its_field_and_nothing_is_lost(workspace: Workspace) -> None:
    await workspace.type("")
    view = await workspace.view("mia", "New model")
    workspace.engine.listed = ("openai/gpt-4.1", "openai/o3")  # the provider says so by now
    values = {"New model": "openai/gtp-4.1", "Way back": "openai/o4", "Reason": "cheaper"}
    outcome = await workspace.do("submit", user="mia", values=values)
    said = "The provider does not list openai/{}. Did you mean openai/gpt-4.1 or openai/o3?"
    assert outcome["errors"] == {"candidate": said.format("gtp-4.1"), "rollback:chat": said.format("o4")}
    assert workspace.engine.commands == []
    view = await workspace.view("mia", "does not list")
    assert {field["label"]: field["value"] for field in view["fields"]}["Reason"] == "cheaper"


async def test_choosing_another_model_setting_fills_in_its_way_back(workspace: Workspace) -> None:
    other = SlotStatus(slot="search", stages=("global",), models={"global": "openai/o3"})
    workspace.engine.found = (*workspace.engine.found, other)
    await workspace.type("diff openai/gpt-4.1-mini")
    view = await workspace.view("mia", "New model")
    assert {field["label"]: field["value"] for field in view["fields"]}["New model"] == "openai/gpt-4.1-mini"
    await workspace.do("click", user="mia", view_id=view["view_id"], action_id="diff_slot", option="search")
    view = await workspace.view("mia", "openai/o3")
    values = {field["label"]: field["value"] for field in view["fields"]}
    assert (values["Way back"], values["New model"]) == ("openai/o3", "openai/gpt-4.1-mini")


async def test_what_it_costs_and_can_see_is_said_in_the_form_once_the_model_is_chosen(workspace: Workspace) -> None:
    workspace.engine.listed = (scenes.NEW, "openai/o3")
    await workspace.type("")
    view = await workspace.view("mia", "said here once the new model is named")
    assert workspace.engine.foreseen_for == []
    chosen = {"view_id": view["view_id"], "action_id": "candidate", "option": scenes.NEW}
    await workspace.do("click", user="mia", **chosen)
    view = await workspace.view("mia", "takes 480 calls")
    assert "about $0.32 if answers are 400 tokens long" in str(view)
    assert "they can see a difference of ±2.4 points" in str(view)
    assert workspace.engine.foreseen_for == [("chat", scenes.NEW)]
    assert {field["label"]: field["value"] for field in view["fields"]}["New model"] == scenes.NEW
    assert workspace.engine.commands == []


async def test_a_model_that_came_with_the_words_is_foreseen_as_the_form_opens(workspace: Workspace) -> None:
    workspace.engine.found = (*workspace.engine.found, SlotStatus(slot="search", stages=("global",), models={}))
    workspace.engine.foresees = ReplyNote(code="diff_running", facts={"comparison": "D7"})
    await workspace.type(f"diff {scenes.NEW}")
    await workspace.view("mia", "D7")
    assert workspace.engine.foreseen_for == [("chat", scenes.NEW)]


async def test_what_cannot_be_looked_up_is_said_and_the_form_can_be_sent_all_the_same(workspace: Workspace) -> None:
    workspace.engine.found = (*workspace.engine.found, SlotStatus(slot="search", stages=("global",), models={}))
    workspace.engine.foresees = None
    await workspace.type(f"diff {scenes.NEW}")
    await workspace.view("mia", "the price list does not answer")
    outcome = await workspace.do("submit", user="mia", values={})
    assert not outcome["errors"]
    command = await workspace.engine.first()
    assert isinstance(command, Diff)
    assert command.candidate == scenes.NEW


async def test_a_mention_in_a_rotations_thread_is_about_that_rotation(workspace: Workspace) -> None:
    card = await workspace.client.chat_postMessage(channel="#model-rotation", text="card")
    workspace.engine.cards = {"R42": MessageRef(channel=card["channel"], ts=card["ts"])}
    await workspace.do(
        "say", user="sam", channel="model-rotation", text="@rotate rollback --reason slow", thread_ts=card["ts"]
    )
    command = await workspace.engine.first()
    assert isinstance(command, Steer)
    assert (command.verb, command.subject, command.reason) == ("roll_back", "R42", "slow")
    assert command.reply.thread == card["ts"]


async def test_a_mention_is_answered_in_its_thread_and_only_to_its_author(workspace: Workspace) -> None:
    first = await workspace.client.chat_postMessage(channel="#model-rotation", text="card")
    await workspace.do("say", user="sam", channel="model-rotation", text="@rotate rolback", thread_ts=first["ts"])
    message = await workspace.told("sam", "Did you mean rollback", thread_ts=first["ts"])
    assert message["ephemeral"]
    await workspace.do("say", user="sam", channel="model-rotation", text="@rotate diff", thread_ts=first["ts"])
    offer = await workspace.told("sam", "open the form", thread_ts=first["ts"])
    await workspace.do("click", user="sam", channel=offer["channel"], ts=offer["ts"], label="Open the form")
    await workspace.view("sam", "New model")


async def test_a_mention_delivered_twice_is_one_command(workspace: Workspace) -> None:
    await workspace.do("say", user="sam", channel="model-rotation", text="@rotate rollback R42")
    await workspace.engine.first()
    delivery = (await workspace.see("deliveries"))["deliveries"][-1]["id"]
    again = await workspace.do("deliver_again", delivery=delivery)
    assert again["acked"]
    assert len(workspace.engine.commands) == 1


async def test_what_cannot_be_kept_is_not_said_to_be(workspace: Workspace) -> None:
    workspace.engine.breaks = RuntimeError("disk full: xoxb-secret")
    outcome = await workspace.type("rollback R42")
    assert outcome["acked"]
    said = outcome["saw"][0]["plain"]
    assert "nothing was recorded" in said
    assert "Reference" in said
    assert "disk full" not in said
    await workspace.type("status")
    assert "Reference" in (await workspace.told("mia", "It may not have been done"))["plain"]


@pytest.mark.parametrize("words", ["why R42", "why chat", "why"])
async def test_why_is_told_to_whoever_asks_and_nobody_else(workspace: Workspace, words: str) -> None:
    workspace.engine.found = tuple(
        slot.model_copy(update={"rotation": scenes.pilots_watched()}) for slot in workspace.engine.found
    )
    await workspace.type(words)
    said = await workspace.told("mia", "How it came to this")
    assert said["ephemeral"]
    assert "Watching (pilots)" in said["plain"]
    assert "Check 5, up to" in said["plain"]
    assert workspace.engine.commands == []


async def test_a_form_that_cannot_be_kept_stays_open_and_says_so(workspace: Workspace) -> None:
    await workspace.type("")
    await workspace.view("mia", "New model")
    workspace.engine.breaks = RuntimeError("disk full")
    outcome = await workspace.do("submit", user="mia", values={"New model": "openai/x"})
    assert any("nothing was recorded" in said for said in outcome["errors"].values())


def command_body(workspace: Workspace, **more: str) -> dict[str, Any]:
    body = {
        "command": "/rotate",
        "text": "rollback R42",
        "team_id": workspace.world.slack.workspace.team_id,
        "channel_id": workspace.channel_id("model-rotation"),
        "user_id": workspace.user_id("mia"),
        "trigger_id": "1.2.3",
        "api_app_id": "A1",
    }
    return {**body, **more}


async def test_another_workspace_is_turned_away(workspace: Workspace) -> None:
    response = await workspace.dispatch(command_body(workspace, team_id="T0OTHER"))
    assert response.status == 200
    assert workspace.engine.commands == []
    await workspace.told("mia", "another workspace")


async def test_a_command_nobody_serves_is_answered(workspace: Workspace) -> None:
    response = await workspace.dispatch(command_body(workspace, command="/rotate-old"))
    assert response.status == 200
    await workspace.told("mia", "I do not serve this command")


async def test_bots_are_not_listened_to(workspace: Workspace) -> None:
    event = {"type": "app_mention", "bot_id": "B0OTHER", "text": "<@U0> rollback R42", "channel": "C1", "ts": "1.0"}
    body = {
        "type": "event_callback",
        "event_id": "Ev1",
        "team_id": workspace.world.slack.workspace.team_id,
        "event": event,
    }
    assert (await workspace.dispatch(body)).status == 200
    assert workspace.engine.commands == []


@pytest.mark.parametrize("kind", ["message", "reaction_added", "channel_archive"])
async def test_events_nobody_asked_for_are_acked(workspace: Workspace, kind: str) -> None:
    body = {
        "type": "event_callback",
        "event_id": "Ev2",
        "team_id": workspace.world.slack.workspace.team_id,
        "event": {"type": kind, "channel": "C1", "user": "U1", "text": "hello", "ts": "1.0"},
    }
    assert (await workspace.dispatch(body)).status == 200


async def test_a_form_of_another_version_says_so(workspace: Workspace) -> None:
    body = {
        "type": "view_submission",
        "team": {"id": workspace.world.slack.workspace.team_id},
        "user": {"id": workspace.user_id("mia")},
        "view": {"id": "V1", "type": "modal", "callback_id": "old_form", "state": {"values": {}}},
    }
    response = await workspace.dispatch(body)
    assert response.status == 200
    assert "open it again" in response.body
    body["view"] = {
        "id": "V1",
        "type": "modal",
        "callback_id": "reason_form",
        "private_metadata": "{",
        "state": {"values": {}},
    }
    assert "open it again" in (await workspace.dispatch(body)).body
    assert workspace.engine.commands == []
    assert not any(isinstance(command, Answer) for command in workspace.engine.commands)
