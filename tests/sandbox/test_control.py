"""The control API as a contract: everything documented exists, every answer has its form, nobody sees too much."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.sandbox.client import Control, ControlError
from bot.sandbox.control.server import ROUTES
from bot.sandbox.seed import App, Command, Person, Room, Seed, Shortcut, Timing, UserGroup
from bot.sandbox.slack.faults import FAULT
from bot.sandbox.slack.webapi import METHODS
from tests.sandbox.slackparts import Begin, actions, button, section, web_client

DOCUMENT = Path(__file__).parents[2] / "docs" / "sandbox.md"


JSON = {"Content-Type": "application/json"}
HERE = {"user": "mia", "channel": "general"}


async def raw(control_url: str, verb: str, path: str, **how: Any) -> tuple[int, dict[str, Any]]:  # noqa: ANN401
    async with aiohttp.ClientSession() as http, http.request(verb, f"{control_url}{path}", **how) as response:
        return response.status, json.loads(await response.text())


def test_every_call_and_every_parameter_is_documented() -> None:
    said = DOCUMENT.read_text(encoding="utf-8")
    for route in ROUTES:
        rows = [line for line in said.splitlines() if f"{route.verb} /control/{route.path}" in line]
        assert rows, f"{route.verb} {route.path} is not in docs/sandbox.md"
        for name in route.takes.model_fields:
            assert any(re.search(rf"\b{name}\b", row) for row in rows), (route.path, name)


def test_every_fault_and_its_keys_are_documented() -> None:
    said = DOCUMENT.read_text(encoding="utf-8")
    for shape in FAULT.json_schema()["$defs"].values():
        kind = shape["properties"]["kind"]["const"]
        [row] = [line for line in said.splitlines() if line.startswith(f"| `{kind}`")]
        for name in set(shape["properties"]) - {"kind", "times", "skip"}:
            assert re.search(rf"\b{name}\b", row), (kind, name)


def test_the_methods_there_are_and_the_keys_of_a_seed_are_documented() -> None:
    said = DOCUMENT.read_text(encoding="utf-8")
    listed = said.partition("<!-- methods -->")[2].partition("<!-- /methods -->")[0]
    assert re.findall(r"`([\w.]+)`", listed) == sorted(METHODS)
    section = said.partition("## The seed file")[2]
    for shape in (Seed, App, Timing, Person, Room, UserGroup, Command, Shortcut):
        for name in shape.model_fields:
            assert re.search(rf"\b{name}\b", section), (shape.__name__, name)


async def test_it_describes_itself(begin: Begin) -> None:
    world, _ = await begin()
    status, body = await raw(world.facts()["control_url"], "GET", "")
    assert (status, body["ok"]) == (200, True)
    calls = {call["call"] for call in body["calls"]}
    assert {"POST /control/command", "GET /control/stream", "DELETE /control/faults/ID"} <= calls
    command = next(call for call in body["calls"] if call["call"] == "POST /control/command")
    assert command["takes"]["required"] == ["user", "channel", "text"]
    assert command["takes"]["additionalProperties"] is False


@pytest.mark.parametrize(
    ("verb", "path", "how", "status", "error"),
    [
        ("POST", "command", {"data": "{", "headers": JSON}, 400, "bad_json"),
        ("POST", "command", {"data": "[]", "headers": JSON}, 400, "bad_json"),
        ("POST", "command", {"json": {**HERE, "text": f"/rotate {'x' * 4_000}"}}, 400, "msg_too_long"),
        ("POST", "say", {"json": {**HERE, "text": "x" * 4_001}}, 400, "msg_too_long"),
        ("POST", "command", {"json": {"user": "mia"}}, 400, "bad_request"),
        ("POST", "command", {"json": {"user": "mia", "channel": "x", "text": "y", "loud": 1}}, 400, "bad_request"),
        ("POST", "command", {"json": {"user": "eve", "channel": "x", "text": "/y"}}, 404, "user_not_found"),
        ("POST", "command", {"json": {"user": "rotate", "channel": "x", "text": "/y"}}, 404, "user_not_found"),
        ("POST", "command", {"json": {"user": "mia", "channel": "x", "text": "/y"}}, 404, "channel_not_found"),
        ("POST", "faults", {"json": {"kind": "earthquake"}}, 400, "bad_request"),
        ("POST", "faults", {"json": {"kind": "archive_channel", "channel": "x"}}, 404, "channel_not_found"),
        ("DELETE", "faults/F9", {}, 404, "no_such_fault"),
        ("GET", "wait?user=mia&contains=(", {}, 400, "bad_pattern"),
        ("GET", "files/F0", {}, 404, "file_not_found"),
        ("GET", "nowhere", {}, 404, "no_such_call"),
        ("PUT", "command", {}, 405, "no_such_call"),
        ("POST", "react", {"json": {**HERE, "ts": "1", "name": "x"}}, 404, "message_not_found"),
        ("POST", "close", {"json": {"user": "mia"}}, 409, "view_not_found"),
        ("POST", "shortcut", {"json": {"user": "mia", "callback_id": "x", "ts": "1"}}, 400, "no_place_named"),
        ("POST", "say", {"json": {"user": "mia", "channel": "old", "text": "x"}}, 409, "is_archived"),
        ("POST", "say", {"json": {**HERE, "text": "x", "thread_ts": "1"}}, 404, "message_not_found"),
    ],
)
async def test_calls_that_make_no_sense(
    begin: Begin, verb: str, path: str, how: dict[str, Any], status: int, error: str
) -> None:
    world, _ = await begin(Seed(channels=(*Seed().channels, Room(name="old", members=("mia",), archived=True))))
    got, body = await raw(world.facts()["control_url"], verb, path, **how)
    assert (got, body["ok"], body["error"]) == (status, False, error)
    assert body["detail"]


async def test_the_workspace_of_the_default_seed(begin: Begin) -> None:
    world, control = await begin()
    shown = await control.workspace()
    groups = {user["name"]: user["groups"] for user in shown["users"]}
    assert groups["mia"] == groups["max"] == ["ml-oncall"]
    assert (groups["fin"], groups["rex"], groups["gil"]) == (["finance-ops"], [], [])
    assert [user["name"] for user in shown["users"] if user["guest"]] == ["gil"]
    names = {channel["name"] for channel in shown["channels"]}
    assert names == {"model-rotation", "ml-oncall", "sre-oncall", "finance-ops", "general"}
    assert shown["app"]["commands"][0]["command"] == "/rotate"
    assert shown["app"]["bot_user"] == world.slack.workspace.bot_user
    hidden = {world.seed.app.bot_token, world.seed.app.app_token, world.seed.app.signing_secret}
    assert not any(secret in json.dumps(shown) for secret in hidden)


async def test_people_see_only_their_channels(begin: Begin) -> None:
    rooms = (*Seed().channels, Room(name="secret", members=("mia", "rotate"), private=True))
    world, control = await begin(Seed(channels=rooms))
    await web_client(world).chat_postMessage(channel="secret", text="psst")
    await web_client(world).chat_postMessage(channel="sre-oncall", text="open")
    assert [m.plain for m in (await control.messages("mia")).messages] == ["psst"]
    assert [m.plain for m in (await control.messages("max", "sre-oncall")).messages] == ["open"]
    for who, where in (("max", "secret"), ("gil", "sre-oncall")):
        with pytest.raises(ControlError, match="channel_not_found"):
            await control.messages(who, where)
    with pytest.raises(ControlError, match="not_in_channel"):
        await control.say("max", "sre-oncall", "me too")


async def test_messages_since_and_after(begin: Begin) -> None:
    world, control = await begin()
    client = web_client(world)
    first = await client.chat_postMessage(channel="ml-oncall", text="first")
    before = await control.messages("mia", "ml-oncall")
    second = await client.chat_postMessage(channel=first["channel"], text="second")
    assert [m.plain for m in (await control.messages("mia", "ml-oncall", since=first["ts"])).messages] == ["second"]
    await client.chat_update(channel=first["channel"], ts=first["ts"], text="first, changed")
    later = await control.messages("mia", "ml-oncall", after=before.cursor)
    assert [m.plain for m in later.messages] == ["first, changed", "second"]
    assert (await control.messages("mia", "ml-oncall", after=later.cursor)).messages == ()
    assert await control.cursor() == later.cursor
    await client.chat_delete(channel=first["channel"], ts=second["ts"])
    assert len((await control.messages("mia", "ml-oncall")).messages) == 1
    gone = (await control.messages("mia", "ml-oncall", deleted=True)).messages[1]
    assert (gone.plain, gone.deleted, gone.text) == ("This message was deleted.", True, "")


async def test_waiting_wakes_with_the_message(begin: Begin) -> None:
    world, control = await begin()
    client = web_client(world)
    waiting = asyncio.ensure_future(control.wait("mia", "staging (passed|failed)", channel="ml-oncall"))
    gone = asyncio.ensure_future(control.wait_gone("mia", "Approve"))
    await client.chat_postMessage(channel="ml-oncall", text="staging is watched")
    posted = await client.chat_postMessage(channel="ml-oncall", text="x", blocks=[actions(button("Approve", "a"))])
    await client.chat_update(channel=posted["channel"], ts=posted["ts"], text="x", blocks=[section("staging *passed*")])
    found = await waiting
    assert found is not None
    assert (found.ts, found.plain) == (posted["ts"], "staging passed")
    assert await gone
    assert await control.wait("mia", "never", timeout=0) is None
    assert await control.wait("mia", "passed", after=found.n, timeout=0) is None
    assert await control.wait_view("mia", timeout=0) is None
    assert not await control.wait_gone("mia", "passed", timeout=0)


async def test_the_stream_tells_where_something_changed(begin: Begin) -> None:
    world, control = await begin()
    async with asyncio.timeout(5), control.stream() as changes:
        said = (await control.say("mia", "ml-oncall", "hello")).saw[0]
        change = await anext(changes)
        assert (change["kind"], change["channel"], change["ts"]) == ("message", said.channel, said.ts)
        await world.stop()
        assert [left async for left in changes] == []


async def test_groups_and_memberships_can_be_changed(begin: Begin) -> None:
    world, control = await begin()
    client = web_client(world)
    await control.group("ml-oncall", ["max"])
    await control.group("night-shift", ["sol", "@sam"])
    groups = {g["handle"]: g["users"] for g in (await client.usergroups_list(include_users=True))["usergroups"]}
    assert (len(groups["ml-oncall"]), len(groups["night-shift"])) == (1, 2)
    await control.group("ml-oncall", [])
    with pytest.raises(ControlError, match="user_not_found"):
        await control.group("ml-oncall", ["nobody"])
    await control.membership("general", "rotate", member=True)
    assert (await client.chat_postMessage(channel="general", text="in"))["ok"]
    await control.membership("general", "mia", member=False)
    with pytest.raises(ControlError, match="not_in_channel"):
        await control.say("mia", "general", "x")


async def test_people_delete_their_own_and_admins_any(begin: Begin) -> None:
    world, control = await begin()
    await web_client(world).chat_postMessage(channel="ml-oncall", text="card")
    [card] = (await control.messages("max", "ml-oncall")).messages
    with pytest.raises(ControlError, match="cant_delete_message"):
        await control.delete("max", card)
    await control.delete("mia", card)
    assert (await control.messages("max", "ml-oncall")).messages == ()
    said = (await control.say("max", "ml-oncall", "mine")).saw[0]
    await control.react("mia", said, "tada")
    with pytest.raises(ControlError, match="already_reacted"):
        await control.react("mia", said, "tada")
    await control.delete("max", said)


async def test_a_deleted_parent_leaves_its_place_to_the_thread(begin: Begin) -> None:
    world, control = await begin()
    client = web_client(world)
    root = await client.chat_postMessage(channel="ml-oncall", text="card")
    await client.chat_postMessage(channel=root["channel"], text="reply", thread_ts=root["ts"])
    await client.chat_delete(channel=root["channel"], ts=root["ts"])
    assert [m.plain for m in (await control.messages("mia", "ml-oncall", threads=True)).messages] == [
        "This message was deleted.",
        "reply",
    ]


async def test_the_client_says_what_is_not_there(begin: Begin) -> None:
    world, control = await begin()
    await web_client(world).chat_postMessage(channel="ml-oncall", text="x", blocks=[actions(button("Go", "go"))])
    [shown] = (await control.messages("mia", "ml-oncall")).messages
    assert shown.button("Go").action_id == "go"
    with pytest.raises(KeyError, match="there are: Go"):
        shown.button("Stop")
    async with Control("http://127.0.0.1:9/control/") as nowhere:
        with pytest.raises(Exception, match="connect"):
            await nowhere.workspace()
