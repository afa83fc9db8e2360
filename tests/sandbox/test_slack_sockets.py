"""Socket Mode and signed HTTP as a bot meets them: acks, repeats, turns, goodbyes, and what people see of a failure."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncAck
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.sandbox.client import Control, ControlError
from bot.sandbox.seed import Command, Seed, Timing
from bot.sandbox.world import World
from tests.sandbox.slackparts import QUICK, Begin, Connect, Json, actions, bolt, button, seeded, web_client


class Socket:
    """slack_sdk's own Socket Mode client; acks what `acks` says, remembers all it got."""

    def __init__(self, world: World) -> None:
        self.client = SocketModeClient(world.seed.app.app_token, web_client=web_client(world), ping_interval=0.2)
        self.client.socket_mode_request_listeners.append(self._take)
        self.got: list[SocketModeRequest] = []
        self.acks = True

    async def _take(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        self.got.append(request)
        if self.acks:
            await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))


@asynccontextmanager
async def connected(world: World) -> AsyncIterator[Socket]:
    socket = Socket(world)
    await socket.client.connect()  # type: ignore[no-untyped-call]
    try:
        yield socket
    finally:
        await socket.client.close()  # type: ignore[no-untyped-call]


async def until(control: Control, count: int) -> None:
    """Waits for so many open sockets."""
    async with asyncio.timeout(5), control.stream() as changes:
        while await control.connections() != count:
            await anext(changes)


async def test_an_address_is_good_for_one_connection(begin: Begin) -> None:
    world, _ = await begin()
    opened = await web_client(world).apps_connections_open(app_token=world.seed.app.app_token)
    async with aiohttp.ClientSession() as http:
        async with http.ws_connect(opened["url"]) as socket:
            hello = await socket.receive_json()
            assert (hello["type"], hello["num_connections"]) == ("hello", 1)
            assert hello["connection_info"] == {"app_id": world.slack.workspace.app_id}
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(opened["url"])
    assert refused.value.status == 401


async def test_an_envelope_goes_to_one_of_the_sockets_in_turn(begin: Begin) -> None:
    world, control = await begin()
    async with connected(world) as first, connected(world) as second:
        for _ in range(4):
            assert (await control.command("mia", "ml-oncall", "/rotate status")).acked
        assert (len(first.got), len(second.got)) == (2, 2)
        [payload] = {request.payload["command"] for request in [*first.got, *second.got]}
        assert payload == "/rotate"
        assert all(request.accepts_response_payload for request in first.got)


async def test_an_unacked_command_fails_before_the_persons_eyes_and_is_not_repeated(begin: Begin) -> None:
    world, control = await begin(Seed(timing=QUICK))
    async with connected(world) as socket:
        socket.acks = False
        out = await control.command("mia", "ml-oncall", "/rotate diff")
        assert (out.acked, out.failure) == (False, "operation_timeout")
        assert [said.plain for said in out.saw] == ["/rotate failed with the error “operation_timeout”"]
        assert out.saw[0].ephemeral
        assert len(socket.got) == 1
    assert (await control.command("mia", "ml-oncall", "/rotate diff")).failure == "dispatch_failed"


async def test_an_unacked_event_comes_again_and_says_why(begin: Begin) -> None:
    world, control = await begin(Seed(timing=QUICK))
    async with connected(world) as socket:
        socket.acks = False
        said = await control.say("mia", "ml-oncall", "@rotate hello")
        assert (said.acked, said.failure) == (False, "operation_timeout")
        async with asyncio.timeout(5), control.stream() as changes:
            while len(socket.got) < 4:
                await anext(changes)
        assert [(r.retry_attempt, r.retry_reason) for r in socket.got] == [
            (0, ""),
            (1, "timeout"),
            (2, "timeout"),
            (3, "timeout"),
        ]
        assert len({r.payload["event_id"] for r in socket.got}) == 1
        assert len({r.envelope_id for r in socket.got}) == 4


async def test_an_event_acked_the_second_time_is_not_sent_a_third(begin: Begin) -> None:
    world, control = await begin(Seed(timing=Timing(ack=1.0, event_retries=(0.0, 0.0))))
    async with connected(world) as socket:
        await control.fault("ack_lost", type="events_api")
        await control.home("mia")
        async with asyncio.timeout(5), control.stream() as changes:
            while not (await control.deliveries())[0]["acked"]:
                await anext(changes)
        assert [r.retry_attempt for r in socket.got] == [0, 1]


async def test_a_delivery_can_be_lost_on_the_way(begin: Begin) -> None:
    world, control = await begin(Seed(timing=QUICK))
    async with connected(world) as socket:
        await control.fault("drop", type="slash_commands")
        assert (await control.command("mia", "ml-oncall", "/rotate a")).failure == "operation_timeout"
        assert socket.got == []


async def test_deliveries_can_be_doubled_and_sent_again(begin: Begin) -> None:
    world, control = await begin()
    async with connected(world) as socket:
        await control.fault("duplicate")
        out = await control.command("mia", "ml-oncall", "/rotate b")
        assert out.acked
        assert [r.payload["text"] for r in socket.got] == ["b", "b"]
        assert out.delivery is not None
        assert (await control.deliver_again(out.delivery)).acked
        assert socket.got[2].payload == socket.got[0].payload
        with pytest.raises(ControlError, match="no_such_delivery"):
            await control.deliver_again("E0")


async def test_goodbyes_and_reconnection(begin: Begin) -> None:
    world, control = await begin()
    async with connected(world) as socket:
        assert await control.disconnect("refresh_requested") == 1
        assert await control.connections() == 0
        await until(control, 1)
        assert (await control.command("mia", "ml-oncall", "/rotate")).acked
        assert await control.disconnect("cut") == 1
        await until(control, 1)
        fault = await control.fault("refuse_connections")
        await until(control, 0)
        assert (await control.command("mia", "ml-oncall", "/rotate")).failure == "dispatch_failed"
        await control.end_fault(fault)
        await until(control, 1)
        assert socket.client.current_session is not None


async def test_the_eleventh_socket_is_one_too_many(begin: Begin) -> None:
    world, control = await begin(Seed(rate_limit_scale=2))
    async with aiohttp.ClientSession() as http:
        opened = []
        for _ in range(10):
            url = (await web_client(world).apps_connections_open(app_token=world.seed.app.app_token))["url"]
            opened.append(await http.ws_connect(url))
        url = (await web_client(world).apps_connections_open(app_token=world.seed.app.app_token))["url"]
        eleventh = await http.ws_connect(url)
        assert (await eleventh.receive_json())["type"] == "hello"
        assert (await eleventh.receive_json())["reason"] == "too_many_websockets"
        assert (await eleventh.receive()).type is aiohttp.WSMsgType.CLOSE
        await until(control, 10)


async def test_a_connection_lives_as_long_as_hello_says(begin: Begin) -> None:
    world, control = await begin(Seed(timing=Timing(ack=0.4, connection=0.2)))
    async with aiohttp.ClientSession() as http:
        url = (await web_client(world).apps_connections_open(app_token=world.seed.app.app_token))["url"]
        socket = await http.ws_connect(url)
        assert (await socket.receive_json())["type"] == "hello"
        assert (await socket.receive_json())["reason"] == "refresh_requested"
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        await until(control, 0)


async def test_a_listener_that_sends_no_ack_leaves_the_button_with_slacks_warning(
    begin: Begin, connect: Connect
) -> None:
    world, control = await begin(Seed(timing=QUICK))
    app = bolt(world)

    @app.action("late")
    async def late(ack: AsyncAck) -> None:
        await asyncio.Event().wait()
        await ack()

    await connect(world, app)
    await app.client.chat_postMessage(channel="ml-oncall", text="x", blocks=[actions(button("Late", "late"))])
    [shown] = (await control.messages("mia", "ml-oncall")).messages
    out = await control.click("mia", shown, "Late")
    assert (out.acked, out.failure) == (False, "operation_timeout")
    assert out.notice == "Operation timed out. Apps need to respond within 3 seconds."


# Typing commands ----------------------------------------------------------------------------------------------------


async def test_commands_are_refused_in_threads_and_when_nobody_knows_them(begin: Begin) -> None:
    world, control = await begin()
    async with connected(world) as socket:
        parent = (await control.say("mia", "ml-oncall", "hello")).saw[0]
        out = await control.command("mia", "ml-oncall", "/rotate diff", thread_ts=parent.ts)
        assert (out.failure, out.sent) == ("not_supported_in_threads", False)
        assert out.saw[0].plain == "/rotate is not supported in threads. Sorry!"
        out = await control.command("mia", "ml-oncall", "/rotat diff")
        assert out.failure == "invalid_command"
        assert out.saw[0].plain.startswith("/rotat is not a valid command.")
        with pytest.raises(ControlError, match="not_in_channel"):
            await control.command("mia", "sre-oncall", "/rotate diff")
        with pytest.raises(ControlError, match="not_a_command"):
            await control.command("mia", "ml-oncall", "rotate diff")
        assert socket.got == []


async def test_what_a_command_carries(begin: Begin) -> None:
    escaping = Command(command="/rotate", should_escape=True)
    world, control = await begin(seeded(commands=(escaping, Command(command="/plain"))))
    workspace = world.slack.workspace
    mia = workspace.find_user("mia")
    assert mia is not None
    async with connected(world) as socket:
        await control.command("mia", "@rotate", "/rotate diff  @mia <x>")
        await control.command("mia", "general", "/plain @mia <x>")
    first, second = (request.payload for request in socket.got)
    assert (first["text"], first["channel_name"]) == (f"diff  <@{mia.id}|mia> &lt;x&gt;", "directmessage")
    assert (second["text"], second["channel_name"]) == ("@mia <x>", "general")
    assert (first["user_id"], first["user_name"], first["team_id"]) == (mia.id, "mia", workspace.team_id)
    assert first["response_url"].startswith(f"{world.base_url}/slack/commands/")
    assert first["api_app_id"] == workspace.app_id


# Signed HTTP --------------------------------------------------------------------------------------------------------


class Endpoint:
    """A request URL: checks signatures with slack_sdk, answers what it is told, remembers what it got."""

    def __init__(self, secret: str) -> None:
        self.verifier = SignatureVerifier(secret)
        self.got: list[tuple[dict[str, str], str]] = []
        self.status, self.headers = 200, dict[str, str]()

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.text()
        if not self.verifier.is_valid_request(body, dict(request.headers)):
            return web.Response(status=401)
        if request.content_type == "application/json" and "challenge" in json.loads(body):
            return web.Response(text=json.loads(body)["challenge"])
        self.got.append((dict(request.headers), body))
        return web.Response(status=self.status, headers=self.headers)


@asynccontextmanager
async def serving(endpoint: Endpoint) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/slack/events", endpoint.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    finally:
        await runner.cleanup()


async def repeats(control: Control, endpoint: Endpoint, count: int) -> list[Any]:
    async with asyncio.timeout(5), control.stream() as changes:
        while len(endpoint.got) < count:
            await anext(changes)
    return [(h.get("X-Slack-Retry-Num"), h.get("X-Slack-Retry-Reason")) for h, _ in endpoint.got]


async def test_http_requests_are_signed_and_failing_events_repeated(begin: Begin) -> None:
    world, control = await begin()
    endpoint = Endpoint(world.seed.app.signing_secret)
    async with serving(endpoint) as url:
        await control.delivery(url)
        endpoint.status = 500
        out = await control.command("mia", "ml-oncall", "/rotate diff")
        assert out.failure == "http_status_500"
        assert len(endpoint.got) == 1
        endpoint.got.clear()
        await control.say("mia", "ml-oncall", "@rotate hi")
        assert await repeats(control, endpoint, 4) == [
            (None, None),
            ("1", "http_error"),
            ("2", "http_error"),
            ("3", "http_error"),
        ]
        endpoint.got.clear()
        endpoint.headers["x-slack-no-retry"] = "1"
        await control.say("mia", "ml-oncall", "@rotate hi")
        endpoint.status = 200
        await control.say("mia", "ml-oncall", "@rotate again")
        assert await repeats(control, endpoint, 2) == [(None, None), (None, None)]


async def test_a_request_url_that_does_not_answer_the_challenge_is_not_taken(begin: Begin) -> None:
    _, control = await begin()
    endpoint = Endpoint("another secret")
    async with serving(endpoint) as url:
        with pytest.raises(ControlError, match="url_verification_failed"):
            await control.delivery(url)
    with pytest.raises(ControlError, match="url_verification_failed"):
        await control.delivery("http://127.0.0.1:9/slack/events")


async def test_message_events_need_subscription_scope_and_membership(begin: Begin) -> None:
    world, control = await begin(seeded(events=("app_mention", "message.channels")))
    async with connected(world) as socket:
        await control.say("mia", "ml-oncall", "plain")
        await control.say("mia", "general", "@rotate is not here")
        await control.say("mia", "ml-oncall", "@rotate is")
        kinds: list[Json] = [request.payload["event"] for request in socket.got]
    assert [(event["type"], event.get("channel_type")) for event in kinds] == [
        ("message", "channel"),
        ("app_mention", None),
        ("message", "channel"),
    ]
