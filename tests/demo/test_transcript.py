"""The conversation in a terminal: in the order of what happened, an edit as what it changed."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.demo.people import READERS, People
from bot.demo.transcript import difference, edited, said, subject
from bot.sandbox.client import Control, Message
from bot.sandbox.world import World
from tests.sandbox.slackparts import web_client

SHOWN = Message(
    *("C1", "model-rotation", "100.000001", None, "U1", "rotate"),
    bot=True,
    text="",
    plain="R1 chat: old → new\nWatching\n[Roll back]",
    blocks=[],
    buttons=(),
    ephemeral=False,
    broadcast=False,
    edited=False,
    deleted=False,
    n=1,
    at=100.0,
    raw={},
)


def test_a_message_is_told_with_its_place_and_its_readers() -> None:
    assert said(SHOWN, "max") == ("#model-rotation rotate says:\n    R1 chat: old → new\n    Watching\n    [Roll back]")
    reply = replace(SHOWN, thread_ts="99.000001", ephemeral=True, plain="It counts.")
    assert said(reply, "max") == "#model-rotation (thread) rotate only max sees:\n    It counts."


def test_an_edit_is_told_as_what_it_changed() -> None:
    after = replace(SHOWN, plain="R1 chat: old → new\nCompleted\nMet: all\n[Roll back]")
    assert edited(after, SHOWN.plain) == (
        "#model-rotation rotate edited “R1 chat: old → new”:\n    − Watching\n    + Completed\n    + Met: all"
    )


def test_what_was_taken_away_is_counted_where_it_is_much() -> None:
    before = "\n".join(["Approve?", *(f"figure {number}" for number in range(20)), "[Approve]"])
    assert difference(before, "Approve?\nApproved by max") == ["− 21 lines", "+ Approved by max"]


def test_a_text_is_about_its_rotation_before_its_comparison() -> None:
    assert subject("Comparison D1 began R12, then R13") == "R12"
    assert subject("Comparison D1: fine") == "D1"
    assert subject("nothing of the kind: R, D and 12R1") == ""


@pytest.fixture
async def world() -> AsyncIterator[World]:
    ticks = itertools.count(1_764_000_000)
    made = World(clock=lambda: float(next(ticks)))
    await made.start()
    yield made
    await made.stop()


async def test_it_is_written_down_when_it_happened_whoever_saw_it_first(world: World) -> None:
    control = Control(world.facts()["control_url"])
    client = web_client(world)
    shown: list[str] = []
    people = People(control, shown.append)

    async def post(text: str, **more: Any) -> str:  # noqa: ANN401 - arguments of Slack's method
        return str((await client.chat_postMessage(channel="model-rotation", text=text, **more))["ts"])

    card = await post("R1 chat: queued")
    await post("set in one place", thread_ts=card)
    max_ = next(user.id for user in world.slack.workspace.users.values() if user.name == READERS[1])
    channel = next(c.id for c in world.slack.workspace.channels.values() if c.name == "model-rotation")
    await client.chat_postEphemeral(channel=channel, user=max_, text="it counts", thread_ts=card)
    await client.chat_update(channel=channel, ts=card, text="R1 chat: completed")
    await people.catch_up()
    await client.chat_update(channel=channel, ts=card, text="R1 chat: completed\nlater")
    await people.catch_up()
    await control.aclose()

    told = [(row.name, row.data["text"].splitlines()[-1]) for row in people.rows]
    assert told == [
        ("says", "set in one place"),
        ("only max sees", "it counts"),
        ("says", "R1 chat: completed"),
        ("edited", "later"),
    ]
    assert [row.rotation for row in people.rows] == ["R1"] * 4
    assert [row.at for row in people.rows] == sorted({row.at for row in people.rows})
    assert shown[-1].splitlines()[1:] == ["    + later"]
