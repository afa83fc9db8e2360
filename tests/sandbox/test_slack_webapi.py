"""slack_sdk's own client against the Web API: what works, and what Slack refuses with which word."""

import json
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.seed import App, Room, Seed
from bot.sandbox.world import World
from tests.sandbox.slackparts import EVERY_SCOPE, Begin, ManualClock, actions, button, section, seeded, web_client


async def refused(call: Any) -> dict[str, Any]:  # noqa: ANN401 - any coroutine of slack_sdk
    """Answers the refusal a call ends with."""
    with pytest.raises(SlackApiError) as caught:
        await call
    body: dict[str, Any] = caught.value.response.data
    return body


def channel_id(world: World, name: str) -> str:
    found = world.slack.workspace.find_channel(name)
    assert found is not None
    return found.id


def user_id(world: World, name: str) -> str:
    found = world.slack.workspace.find_user(name)
    assert found is not None
    return found.id


async def raw(world: World, method: str, **how: Any) -> tuple[int, dict[str, str], dict[str, Any]]:  # noqa: ANN401
    """Answers what a bare HTTP client gets."""
    async with aiohttp.ClientSession() as http, http.post(f"{world.facts()['api_url']}{method}", **how) as response:
        return response.status, dict(response.headers), json.loads(await response.text())


async def test_auth_test_names_the_bot_and_its_scopes(begin: Begin) -> None:
    world, _ = await begin()
    answer = await web_client(world).auth_test()
    assert (answer["user"], answer["team"]) == ("rotate", "Acme")
    assert answer["user_id"] == user_id(world, "rotate")
    assert answer["url"] == world.facts()["page_url"]
    assert set(answer.headers["x-oauth-scopes"].split(",")) == set(EVERY_SCOPE)


async def test_only_tokens_the_sandbox_minted_are_taken(begin: Begin) -> None:
    world, _ = await begin()
    post: dict[str, Any] = {"channel": "general", "text": "x"}
    assert (await refused(web_client(world, "xoxb-1-real").auth_test()))["error"] == "invalid_auth"
    assert (await raw(world, "chat.postMessage", json=post))[2]["error"] == "not_authed"
    app_token = world.seed.app.app_token
    assert (await refused(web_client(world, app_token).chat_postMessage(**post)))["error"] == "not_allowed_token_type"
    assert (await refused(web_client(world).apps_connections_open(app_token=world.seed.app.bot_token)))["error"] == (
        "not_allowed_token_type"
    )


async def test_the_token_may_stand_in_header_form_or_json(begin: Begin) -> None:
    world, _ = await begin()
    token = world.seed.app.bot_token
    for how in (
        {"data": {"token": token}},
        {"headers": {"Authorization": f"Bearer {token}"}},
        {"headers": {"Authorization": f"Bearer {token}"}, "json": {}},
    ):
        assert (await raw(world, "auth.test", **how))[2]["ok"] is True
    assert (await raw(world, "auth.test", data="{", headers={"Content-Type": "application/json"}))[2]["error"] == (
        "invalid_json"
    )
    assert (await raw(world, "chat.sing", data={"token": token}))[2]["error"] == "unknown_method"


async def test_a_missing_scope_is_named_with_what_is_granted(begin: Begin) -> None:
    world, control = await begin(seeded(bot_scopes=("commands", "channels:read")))
    client = web_client(world)
    answer = await refused(client.chat_postMessage(channel="general", text="x"))
    assert (answer["error"], answer["needed"], answer["provided"]) == (
        "missing_scope",
        "chat:write",
        "channels:read,commands",
    )
    answer = await refused(client.conversations_list(types="public_channel,private_channel"))
    assert (answer["error"], answer["needed"]) == ("missing_scope", "groups:read")
    fault = await control.fault("missing_scope", scope="channels:read")
    assert (await refused(client.conversations_list()))["needed"] == "channels:read"
    await control.end_fault(fault)
    assert (await client.conversations_list())["ok"]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"channel": "C0NOWHERE00", "text": "x"}, "channel_not_found"),
        ({"channel": "secret", "text": "x"}, "channel_not_found"),
        ({"channel": "old", "text": "x"}, "is_archived"),
        ({"channel": "general", "text": "x"}, "not_in_channel"),
        ({"channel": "ml-oncall"}, "no_text"),
        ({"channel": "ml-oncall", "text": "x", "thread_ts": "1.000001"}, "invalid_thread_ts"),
        ({"channel": "ml-oncall", "text": "x", "blocks": {}}, "invalid_blocks_format"),
        ({"text": "x"}, "invalid_arguments"),
        ({"channel": "ml-oncall", "text": "x", "blocks": "[{"}, "invalid_blocks_format"),
        ({"channel": "ml-oncall", "text": "x", "metadata": {"event_type": "a"}}, "invalid_metadata_format"),
        ({"channel": "ml-oncall", "blocks": [section("y" * 2900)] * 5}, "msg_blocks_too_long"),
        ({"channel": "ml-oncall", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
    ],
)
async def test_what_cannot_be_posted(begin: Begin, given: dict[str, Any], error: str) -> None:
    rooms = (
        Room(name="secret", members=("mia",), private=True),
        Room(name="old", members=("mia", "rotate"), archived=True),
        *Seed().channels,
    )
    world, _ = await begin(Seed(channels=rooms))
    assert (await refused(web_client(world).api_call("chat.postMessage", json=given)))["error"] == error


async def test_text_of_a_post_is_cut_and_of_an_update_refused(begin: Begin) -> None:
    world, _ = await begin()
    client = web_client(world)
    posted = await client.chat_postMessage(channel="#ml-oncall", text="x" * 40_100)
    assert len(posted["message"]["text"]) == 40_000
    answer = await refused(client.chat_update(channel=posted["channel"], ts=posted["ts"], text="x" * 4001))
    assert answer["error"] == "msg_too_long"


async def test_an_update_with_text_alone_takes_the_blocks_away(begin: Begin) -> None:
    world, control = await begin()
    client = web_client(world)
    metadata = {"event_type": "rotation", "event_payload": {"id": "R1"}}
    blocks = [section("*Approve?*"), actions(button("Approve", "approve"))]
    posted = await client.chat_postMessage(channel="ml-oncall", text="Approve?", blocks=blocks, metadata=metadata)
    where: dict[str, Any] = {"channel": posted["channel"], "ts": posted["ts"]}
    # Not through chat_update: slack_sdk warns of a missing text, which is what is tried here.
    await client.api_call("chat.update", json={**where, "blocks": [section("*Waiting*")]})
    [shown] = (await control.messages("mia", "ml-oncall")).messages
    assert (shown.plain, shown.text, shown.edited) == ("Waiting", "Approve?", False)
    await client.chat_update(**where, text="Done")
    [shown] = (await control.messages("mia", "ml-oncall")).messages
    assert (shown.plain, shown.blocks, shown.raw["metadata"]) == ("Done", [], metadata)
    await client.chat_update(**where, text="Really done")
    [shown] = (await control.messages("mia", "ml-oncall")).messages
    assert shown.edited


async def test_a_reply_to_what_is_not_there_any_more_is_said_in_the_channel(begin: Begin) -> None:
    world, control = await begin()
    client = web_client(world)
    alone = await client.chat_postMessage(channel="ml-oncall", text="alone")
    answered = await client.chat_postMessage(channel="ml-oncall", text="answered")
    await client.chat_postMessage(channel="ml-oncall", thread_ts=answered["ts"], text="the answer")
    for root in (alone, answered):
        await client.chat_delete(channel=str(root["channel"]), ts=str(root["ts"]))
    lost = await client.chat_postMessage(channel="ml-oncall", thread_ts=alone["ts"], text="lost")
    kept = await client.chat_postMessage(channel="ml-oncall", thread_ts=answered["ts"], text="kept")
    assert "thread_ts" not in lost["message"]
    assert kept["message"]["thread_ts"] == answered["ts"]
    shown = [said.plain for said in (await control.messages("mia", "ml-oncall")).messages]
    assert "lost" in shown
    assert "kept" not in shown


async def test_only_ones_own_messages_can_be_changed_or_taken_back(begin: Begin) -> None:
    world, control = await begin()
    client = web_client(world)
    said = (await control.say("mia", "ml-oncall", "mine")).saw[0]
    where: dict[str, Any] = {"channel": said.channel, "ts": said.ts}
    assert (await refused(client.chat_update(**where, text="x")))["error"] == "cant_update_message"
    assert (await refused(client.chat_delete(**where)))["error"] == "cant_delete_message"
    gone: dict[str, Any] = {"channel": said.channel, "ts": "1.000001"}
    assert (await refused(client.chat_update(**gone, text="x")))["error"] == "message_not_found"
    posted = await client.chat_postMessage(channel=said.channel, text="ours")
    await client.chat_delete(channel=said.channel, ts=posted["ts"])
    answer = await refused(client.chat_update(channel=said.channel, ts=posted["ts"], text="x"))
    assert answer["error"] == "message_not_found"
    assert [seen.plain for seen in (await control.messages("mia", "ml-oncall")).messages] == ["mine"]


async def test_threads_broadcasts_and_permalinks(begin: Begin) -> None:
    world, control = await begin()
    client = web_client(world)
    root = await client.chat_postMessage(channel="ml-oncall", text="card")
    reply = await client.chat_postMessage(channel=root["channel"], text="quiet", thread_ts=root["ts"])
    loud = await client.chat_postMessage(
        channel=root["channel"], text="loud", thread_ts=reply["ts"], reply_broadcast=True
    )
    assert loud["message"]["thread_ts"] == root["ts"]
    assert [m.plain for m in (await control.messages("mia", "ml-oncall")).messages] == ["card", "loud"]
    thread = (await control.messages("mia", "ml-oncall", thread_ts=root["ts"])).messages
    assert [(m.plain, m.broadcast) for m in thread] == [("card", False), ("quiet", False), ("loud", True)]
    assert thread[0].raw["reply_count"] == 2
    replies = await client.conversations_replies(channel=root["channel"], ts=root["ts"])
    assert [m["text"] for m in replies["messages"]] == ["card", "quiet", "loud"]
    link = await client.chat_getPermalink(channel=root["channel"], message_ts=reply["ts"])
    assert link["permalink"] == (
        f"{world.base_url}/archives/{root['channel']}/p{reply['ts'].replace('.', '')}"
        f"?thread_ts={root['ts']}&cid={root['channel']}"
    )


async def test_ephemeral_messages_are_their_addressees_alone(begin: Begin) -> None:
    world, control = await begin()
    client = web_client(world)
    channel, mia, rex = channel_id(world, "ml-oncall"), user_id(world, "mia"), user_id(world, "rex")
    posted = await client.chat_postEphemeral(channel=channel, user=mia, text="for you", blocks=[section("*for you*")])
    assert (await refused(client.chat_postEphemeral(channel=channel, user=rex, text="x")))["error"] == (
        "user_not_in_channel"
    )
    assert (await refused(client.chat_update(channel=channel, ts=posted["message_ts"], text="x")))["error"] == (
        "message_not_found"
    )
    [shown] = (await control.messages("mia", "ml-oncall")).messages
    assert (shown.plain, shown.ephemeral) == ("for you", True)
    assert (await control.messages("max", "ml-oncall")).messages == ()
    await control.reload("mia")
    assert (await control.messages("mia", "ml-oncall")).messages == ()


async def test_rate_limits_follow_the_tiers_and_retry_after(begin: Begin, clock: ManualClock) -> None:
    world, _ = await begin(clock=clock)
    client = web_client(world)
    for _ in range(20):
        await client.usergroups_list()
    status, headers, body = await raw(world, "usergroups.list", data={"token": world.seed.app.bot_token})
    assert (status, body["error"], headers["Retry-After"]) == (429, "ratelimited", "3")
    clock.advance(3)
    assert (await client.usergroups_list())["ok"]
    for _ in range(10):
        await client.chat_postMessage(channel="ml-oncall", text="x")
    assert (await refused(client.chat_postMessage(channel="ml-oncall", text="x")))["error"] == "ratelimited"
    assert (await client.chat_postMessage(channel="sre-oncall", text="x"))["ok"]
    clock.advance(1)
    assert (await client.chat_postMessage(channel="ml-oncall", text="x"))["ok"]


async def test_rates_can_be_scaled_by_the_seed(begin: Begin, clock: ManualClock) -> None:
    world, _ = await begin(Seed(rate_limit_scale=2), clock=clock)
    for _ in range(40):
        await web_client(world).usergroups_list()
    assert (await refused(web_client(world).usergroups_list()))["error"] == "ratelimited"


async def test_who_there_is(begin: Begin) -> None:
    world, _ = await begin()
    client = web_client(world)
    gil = await client.users_info(user=user_id(world, "gil"))
    assert (gil["user"]["is_restricted"], gil["user"]["profile"]["real_name"]) == (True, "Gil Weber")
    assert "email" not in gil["user"]["profile"]
    names = {user["name"] for user in (await client.users_list())["members"]}
    assert {"mia", "rotate", "slackbot"} <= names
    groups = (await client.usergroups_list(include_users=True))["usergroups"]
    ml = next(group for group in groups if group["handle"] == "ml-oncall")
    assert ml["users"] == [user_id(world, "mia"), user_id(world, "max")]
    assert (await client.usergroups_users_list(usergroup=ml["id"]))["users"] == ml["users"]
    assert (await refused(client.usergroups_users_list(usergroup="S0")))["error"] == "no_such_subteam"
    assert (await refused(client.users_info(user="U0")))["error"] == "user_not_found"
    assert (await client.team_info())["team"]["domain"] == "acme"
    assert (await client.bots_info(bot=(await client.auth_test())["bot_id"]))["bot"]["name"] == "rotate"


async def test_channels_page_by_page(begin: Begin) -> None:
    world, _ = await begin()
    client = web_client(world)
    names, cursor = [], None
    while cursor != "":
        page = await client.conversations_list(limit=2, cursor=cursor)
        names += [channel["name"] for channel in page["channels"]]
        cursor = page["response_metadata"]["next_cursor"]
    assert names == ["model-rotation", "ml-oncall", "sre-oncall", "finance-ops", "general"]
    info = await client.conversations_info(channel=channel_id(world, "general"))
    assert info["channel"]["is_member"] is False
    members = await client.conversations_members(channel=channel_id(world, "finance-ops"))
    assert set(members["members"]) == {user_id(world, "fin"), user_id(world, "rotate")}


async def test_direct_messages(begin: Begin) -> None:
    world, control = await begin()
    client = web_client(world)
    opened = await client.conversations_open(users=user_id(world, "fin"))
    posted = await client.chat_postMessage(channel=user_id(world, "fin"), text="just you")
    assert posted["channel"] == opened["channel"]["id"]
    assert [m.plain for m in (await control.messages("fin", "@rotate")).messages] == ["just you"]
    assert (await control.messages("mia", "@rotate")).messages == ()


async def test_files_are_uploaded_in_two_steps_and_shown(begin: Begin) -> None:
    world, control = await begin()
    client = web_client(world)
    channel = channel_id(world, "ml-oncall")
    done = await client.files_upload_v2(
        channel=channel, content=b"\x89PNG", filename="bake.png", title="Errors", initial_comment="Look"
    )
    [shown] = (await control.messages("mia", "ml-oncall")).messages
    assert shown.plain == "Look\n(Errors)"
    [found] = shown.raw["files"]
    assert (found["id"], found["mimetype"], found["size"]) == (done["file"]["id"], "image/png", 4)
    async with aiohttp.ClientSession() as http:
        async with http.get(found["url"]) as response:
            assert await response.read() == b"\x89PNG"
        async with http.get(done["file"]["url_private"]) as response:
            assert response.status == 403
    image = {"type": "image", "slack_file": {"id": done["file"]["id"]}, "alt_text": "errors by hour"}
    await client.chat_postMessage(channel=channel, text="chart", blocks=[image])
    strange = {**image, "slack_file": {"id": "F0"}}
    answer = await refused(client.chat_postMessage(channel=channel, text="chart", blocks=[strange]))
    assert answer["response_metadata"]["messages"][0].startswith("[ERROR] invalid slack file")
    assert (await refused(client.files_completeUploadExternal(files=[{"id": "F0"}])))["error"] == "file_not_found"


async def test_a_channels_history_and_its_pages(begin: Begin, clock: ManualClock) -> None:
    world, control = await begin(clock=clock)
    client = web_client(world)
    channel = channel_id(world, "ml-oncall")
    stamps = []
    for n in range(3):
        stamps.append((await client.chat_postMessage(channel=channel, text=f"n{n}"))["ts"])
        clock.advance(1)
    await client.chat_postMessage(channel=channel, text="reply", thread_ts=stamps[0])
    first = await client.conversations_history(channel=channel, limit=2)
    assert ([m["text"] for m in first["messages"]], first["has_more"]) == (["n2", "n1"], True)
    rest = await client.conversations_history(channel=channel, cursor=first["response_metadata"]["next_cursor"])
    assert [m["text"] for m in rest["messages"]] == ["n0"]
    assert (rest["messages"][0]["reply_count"], rest["has_more"]) == (1, False)
    some = await client.conversations_history(channel=channel, oldest=stamps[1], inclusive=True)
    assert [m["text"] for m in some["messages"]] == ["n2", "n1"]
    assert (await refused(client.conversations_history(channel=channel, cursor="x")))["error"] == "invalid_cursor"
    assert (await refused(client.conversations_replies(channel=channel, ts="1.0")))["error"] == "thread_not_found"
    general = channel_id(world, "general")
    assert (await refused(client.conversations_history(channel=general)))["error"] == "not_in_channel"
    await control.fault("missing_scope", scope="channels:history")
    assert (await refused(client.conversations_history(channel=channel)))["needed"] == "channels:history"


async def test_the_bots_own_channels_and_joining(begin: Begin) -> None:
    world, _ = await begin(seeded(bot_scopes=(*EVERY_SCOPE, "channels:join", "users:read.email", "chat:write.public")))
    client = web_client(world)
    own = {channel["name"] for channel in (await client.users_conversations())["channels"]}
    assert own == {"model-rotation", "ml-oncall", "sre-oncall", "finance-ops"}
    assert (await client.chat_postMessage(channel="general", text="from outside"))["ok"]
    await client.conversations_join(channel=channel_id(world, "general"))
    assert len((await client.users_conversations())["channels"]) == 5
    assert (await client.users_lookupByEmail(email="fin@acme.example"))["user"]["name"] == "fin"
    assert (await refused(client.users_lookupByEmail(email="x@acme.example")))["error"] == "users_not_found"
    assert (await client.users_info(user=user_id(world, "fin")))["user"]["profile"]["email"] == "fin@acme.example"
    assert (await refused(client.conversations_list(types="secret")))["error"] == "invalid_types"


@pytest.mark.parametrize(
    ("method", "given", "error"),
    [
        ("conversations.open", {}, "users_list_not_supplied"),
        ("conversations.open", {"users": "U0"}, "user_not_found"),
        ("conversations.open", {"users": "USLACKBOT"}, "cannot_dm_bot"),
        ("conversations.open", {"users": "U1,U2"}, "missing_scope"),
        ("conversations.info", {"channel": "C0"}, "channel_not_found"),
        ("files.getUploadURLExternal", {"filename": "a.png"}, "invalid_arguments"),
        ("files.completeUploadExternal", {"files": "[]"}, "invalid_arguments"),
        ("views.publish", {"user_id": "U0", "view": "{}"}, "user_not_found"),
        ("views.open", {"trigger_id": "x", "view": "{"}, "invalid_arguments"),
        ("chat.update", {"channel": "C0", "ts": "1", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "ml-oncall", "attachments": "[1]"}, "invalid_attachments"),
        ("chat.postMessage", {"channel": "ml-oncall", "text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ("bots.info", {"bot": "B0"}, "bot_not_found"),
        ("users.list", {"limit": "many"}, "invalid_arguments"),
    ],
)
async def test_what_else_is_refused(begin: Begin, method: str, given: dict[str, Any], error: str) -> None:
    world, _ = await begin()
    assert (await refused(web_client(world).api_call(method, data=given)))["error"] == error


async def test_attachments_stay_where_only_blocks_change(begin: Begin) -> None:
    world, control = await begin()
    client = web_client(world)
    attached = [{"fallback": "old", "blocks": [section("below"), actions(button("Go", "go"))]}]
    posted = await client.chat_postMessage(channel="ml-oncall", text="above", attachments=attached)
    [shown] = (await control.messages("mia", "ml-oncall")).messages
    assert shown.plain == "above\nbelow\n[Go]"
    await client.chat_update(channel=posted["channel"], ts=posted["ts"], text="new", blocks=[section("new")])
    [shown] = (await control.messages("mia", "ml-oncall")).messages
    assert shown.plain == "new\nbelow\n[Go]"
    wrong = [{"fallback": "x", "blocks": [{"type": "banner"}]}]
    assert (await refused(client.chat_postMessage(channel="ml-oncall", text="x", attachments=wrong)))["error"] == (
        "invalid_attachments"
    )


async def test_reactions(begin: Begin) -> None:
    world, control = await begin()
    client = web_client(world)
    said = (await control.say("mia", "ml-oncall", "well done")).saw[0]
    where: dict[str, Any] = {"channel": said.channel, "timestamp": said.ts, "name": "tada"}
    await client.reactions_add(**where)
    assert (await refused(client.reactions_add(**where)))["error"] == "already_reacted"
    [shown] = (await control.messages("mia", "ml-oncall")).messages
    assert shown.raw["reactions"] == [{"name": "tada", "users": [user_id(world, "rotate")]}]
    await client.reactions_remove(**where)
    assert (await refused(client.reactions_remove(**where)))["error"] == "no_reaction"


async def test_every_call_is_logged_without_its_token(begin: Begin) -> None:
    world, control = await begin()
    client: AsyncWebClient = web_client(world)
    posted = await client.chat_postMessage(channel="ml-oncall", text="x")
    await refused(client.chat_postMessage(channel="general", text="x"))
    first, second = await control.calls("chat.postMessage")
    assert (first["ok"], first["channel"], first["ts"]) == (True, posted["channel"], posted["ts"])
    assert (second["ok"], second["error"], second["status"]) == (False, "not_in_channel", 200)
    assert world.seed.app.bot_token not in json.dumps(await control.calls())


def test_an_apps_tokens_are_new_with_every_start() -> None:
    assert App().bot_token != App().bot_token
    assert App().signing_secret != App().signing_secret
