"""Proposals and the list of models: as people read them, and what their buttons do."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.engine.models.commands import Diff, Mute
from bot.engine.models.notes import ProposalNote
from bot.engine.models.shown import Models
from bot.rotation.model.state import Trigger
from bot.wording.proposals import reason_of
from handlers.blocks import ids
from handlers.blocks.private import models
from handlers.blocks.shown import shown
from tests.handlers import scenes
from tests.handlers.conftest import Workspace
from tests.handlers.judge import buttons_of, judged
from tests.handlers.proposed import LISTED, PROPOSALS, UNKNOWN, kept

Snapshot = Callable[..., None]


def note(name: str, **more: Any) -> ProposalNote:  # noqa: ANN401 - what a note has
    return ProposalNote(proposed=PROPOSALS[name], now=scenes.T0, **more)


def as_json(said: Any) -> dict[str, Any]:  # noqa: ANN401 - a message
    return {"text": said.text.split("\n"), "blocks": said.blocks}


@pytest.mark.parametrize("name", PROPOSALS)
def test_each_reason_is_one_message_with_its_figures_and_a_way_to_begin(name: str, snapshot: Snapshot) -> None:
    message = judged(shown(note(name)))
    assert [one["text"]["text"] for one in buttons_of(message.blocks)] == ["Start", "Mute for chat"]
    assert "chat" in message.text.split("\n")[0]
    assert reason_of(PROPOSALS[name].proposal).endswith(".")
    snapshot(as_json(message), name)


def test_a_muted_one_says_who_did_it_and_can_be_unmuted(snapshot: Snapshot) -> None:
    message = judged(shown(note("new", muted_by="mia", maybe_repeat=True)))
    assert [one["text"]["text"] for one in buttons_of(message.blocks)] == ["Start", "Unmute"]
    snapshot(as_json(message), "muted")


def test_the_list_of_models_says_what_is_known_and_how_old_it_is(snapshot: Snapshot) -> None:
    live = LISTED.model_copy(update={"id": scenes.OLD, "retires": scenes.T0})
    found = Models(
        search="",
        found=(kept(live), kept(LISTED), kept(UNKNOWN), kept(UNKNOWN, gone=True)),
        total=300,
        live={"chat": scenes.OLD, "draft": scenes.OLD},
        looked_at=scenes.T0,
        problem="https://openrouter.ai/api/v1/models answered 503: down",
        failing_since=scenes.T0,
    )
    snapshot(as_json(judged(models(found, scenes.T0))), "some")
    nothing = Models(search="<!channel>", found=(), total=3, looked_at=scenes.T0)
    snapshot(as_json(judged(models(nothing, scenes.T0))), "none")
    assert "no model yet" in models(Models(search="", found=(), total=0), scenes.T0).text


def test_the_longest_list_fits_a_message() -> None:
    rows = tuple(
        kept(LISTED.model_copy(update={"id": f"acme/{'x' * 150}-{n}", "retires": scenes.T0})) for n in range(25)
    )
    judged(models(Models(search="x", found=rows, total=25), scenes.T0))


async def test_start_opens_the_form_with_model_reason_and_trigger(workspace: Workspace) -> None:
    workspace.engine.proposals = {"P3": PROPOSALS["cheaper"]}
    message = await workspace.messenger.post(note("cheaper"), channel="model-rotation")
    await workspace.do("click", user="max", channel=message.channel, ts=message.ts, action_id=ids.START)
    view = await workspace.view("max", "New model")
    fields = {field["label"]: field for field in view["fields"]}
    assert fields["New model"]["value"] == LISTED.id
    assert fields["Reason"]["value"] == f"{LISTED.id} costs 38 to 50 % less a token than {scenes.OLD}."
    assert fields["Why"]["value"] == "cost"
    assert (await workspace.do("submit", user="max", values={}))["errors"] == {}
    (command,) = workspace.engine.commands
    assert isinstance(command, Diff)
    assert (command.slot, command.candidate, command.trigger) == ("chat", LISTED.id, Trigger.COST)
    assert command.actor == workspace.user_id("max")


async def test_a_proposal_nobody_knows_any_more_says_so(workspace: Workspace) -> None:
    message = await workspace.messenger.post(note("cheaper"), channel="model-rotation")
    await workspace.do("click", user="max", channel=message.channel, ts=message.ts, action_id=ids.START)
    await workspace.told("max", "older message")


async def test_muting_asks_first_and_unmuting_does_not(workspace: Workspace) -> None:
    for more, action_id, on in (({}, ids.MUTE, True), ({"muted_by": "max"}, ids.UNMUTE, False)):
        message = await workspace.messenger.post(note("gone", **more), channel="model-rotation")
        outcome = await workspace.do("click", user="max", channel=message.channel, ts=message.ts, action_id=action_id)
        assert (outcome["dialog"] is not None) == on
        command = workspace.engine.commands[-1]
        assert isinstance(command, Mute)
        assert (command.proposal, command.on) == ("P3", on)


async def test_models_are_listed_for_whoever_asks(workspace: Workspace) -> None:
    workspace.engine.listing = (kept(LISTED),)
    await workspace.type("models GPT-5")
    await workspace.told("mia", r"1 of 1 model with GPT-5")
