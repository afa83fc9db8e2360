"""What goes wrong on demand, as slack_sdk meets it; and that it stops when it was told to."""

import asyncio
import time
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.client import ControlError
from bot.sandbox.world import World
from tests.sandbox.slackparts import Begin, web_client


async def failure(call: Any) -> tuple[int, Any]:  # noqa: ANN401 - any coroutine of slack_sdk
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response.status_code, caught.value.response.data


async def said(client: AsyncWebClient, text: str = "x") -> Any:  # noqa: ANN401 - slack_sdk's response
    return await client.chat_postMessage(channel="ml-oncall", text=text)


async def test_an_error_strikes_as_often_as_it_was_told(begin: Begin) -> None:
    world, control = await begin()
    client = web_client(world)
    await control.fault("api_error", method="chat.postMessage", error="internal_error", skip=1, times=2)
    await said(client, "one")
    for _ in range(2):
        assert (await failure(said(client)))[1]["error"] == "internal_error"
    await said(client, "two")
    assert await control.faults() == []
    assert [m.plain for m in (await control.messages("mia", "ml-oncall")).messages] == ["one", "two"]


async def test_an_error_for_one_channel_and_for_every_method(begin: Begin) -> None:
    world, control = await begin()
    client = web_client(world)
    fault = await control.fault("api_error", method="*", error="fatal_error", channel="#sre-oncall", times=None)
    await said(client)
    for _ in range(3):
        assert (await failure(client.chat_postMessage(channel="sre-oncall", text="x")))[1]["error"] == "fatal_error"
    [listed] = await control.faults()
    assert (listed["id"], listed["used"], listed["kind"]) == (fault, 3, "api_error")
    await control.end_fault(fault)
    assert (await client.chat_postMessage(channel="sre-oncall", text="x"))["ok"]


async def test_rate_limits_and_server_errors(begin: Begin) -> None:
    world, control = await begin()
    client = web_client(world)
    await control.fault("api_rate_limit", method="chat.postMessage", retry_after=7)
    with pytest.raises(SlackApiError) as caught:
        await said(client)
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "7")
    await control.fault("api_status", method="chat.postMessage", status=502)
    assert (await failure(said(client)))[0] == 502
    assert [call["status"] for call in await control.calls("chat.postMessage")] == [429, 502]
    assert (await control.messages("mia", "ml-oncall")).messages == ()


async def test_a_lost_answer_leaves_the_message_and_a_timeout_does_not(begin: Begin) -> None:
    world, control = await begin()
    client = web_client(world)
    client.retry_handlers.clear()
    await control.fault("api_answer_lost", method="chat.postMessage")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await said(client, "said, not heard")
    await control.fault("api_timeout", method="chat.postMessage", seconds=0)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await said(client, "never said")
    assert [m.plain for m in (await control.messages("mia", "ml-oncall")).messages] == ["said, not heard"]
    assert [call["ok"] for call in await control.calls("chat.postMessage")] == [True, False]


async def test_a_slow_answer_comes_after_the_message(begin: Begin) -> None:
    world, control = await begin()
    await control.fault("api_slow", method="chat.postMessage", seconds=0.2)
    began = time.monotonic()
    posting = asyncio.ensure_future(said(web_client(world), "slow"))
    assert await control.wait("mia", "slow", timeout=5) is not None
    await posting
    assert time.monotonic() - began >= 0.2


async def test_a_revoked_token(begin: Begin) -> None:
    world, control = await begin()
    client = web_client(world)
    await control.fault("revoke_token", token="bot")
    assert (await failure(client.auth_test()))[1]["error"] == "token_revoked"
    assert (await client.apps_connections_open(app_token=world.seed.app.app_token))["ok"]
    await control.end_fault()
    assert (await client.auth_test())["ok"]


async def test_a_channel_archived_and_given_back(begin: Begin) -> None:
    world, control = await begin()
    fault = await control.fault("archive_channel", channel="ml-oncall")
    assert (await failure(said(web_client(world))))[1]["error"] == "is_archived"
    with pytest.raises(ControlError, match="is_archived"):
        await control.command("mia", "ml-oncall", "/rotate")
    await control.end_fault(fault)
    assert (await said(web_client(world)))["ok"]


async def test_the_bot_thrown_out_and_let_in_again(begin: Begin) -> None:
    world, control = await begin()
    await control.fault("remove_bot", channel="ml-oncall")
    assert (await failure(said(web_client(world))))[1]["error"] == "not_in_channel"
    with pytest.raises(ControlError, match="not_in_channel"):
        await control.fault("remove_bot", channel="ml-oncall")
    await control.end_fault()
    assert (await said(web_client(world)))["ok"]


def channel_named(world: World, name: str) -> str:
    found = world.slack.workspace.find_channel(name)
    assert found is not None
    return found.id


async def test_a_command_without_its_scope_is_no_command(begin: Begin) -> None:
    _, control = await begin()
    await control.fault("missing_scope", scope="commands")
    assert (await control.command("mia", "ml-oncall", "/rotate")).failure == "invalid_command"
