"""One conversation from command to home tab, by a real Bolt app, over Socket Mode and over signed HTTP."""

import asyncio

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond, AsyncSay
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.client import Control
from bot.sandbox.world import World
from tests.sandbox.slackparts import Begin, Connect, Json, actions, bolt, button, field, modal, section, text


def request_blocks() -> list[Json]:
    confirm = {
        "title": text("Approve?"),
        "text": {"type": "mrkdwn", "text": "`openai/gpt-5` goes to *staging*"},
        "confirm": text("Approve"),
        "deny": text("Not yet"),
    }
    approve = button("Approve", "approve", "R1", confirm=confirm)
    return [
        section("*Approval needed* for `chat_model_a`"),
        actions(approve, button("Reject", "why", "R1", style="danger")),
    ]


REASON = modal(field("Reason", "why"), callback_id="reason", notify_on_close=True)


def rotation_bot(world: World) -> AsyncApp:
    """A small bot as its authors would write it: command, buttons, modal, home, mention."""
    app = bolt(world)

    @app.command("/rotate")
    async def start(ack: AsyncAck, command: Json, client: AsyncWebClient, respond: AsyncRespond) -> None:
        await ack(f"Working on {command['text']}")
        await client.chat_postMessage(channel=command["channel_id"], text="Approval needed", blocks=request_blocks())
        await respond("Posted.")

    @app.action("approve")
    async def approve(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await ack()
        where = {"channel": body["channel"]["id"], "ts": body["message"]["ts"]}
        await client.chat_update(**where, text="Approved", blocks=[section(f"Approved by <@{body['user']['id']}>")])
        await client.chat_postMessage(channel=where["channel"], thread_ts=where["ts"], text="Staging is next.")

    @app.action("why")
    async def why(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=REASON)

    @app.view("reason")
    async def reason(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        said = body["view"]["state"]["values"]["why"]["text"]["value"]
        if len(said) < 10:
            await ack(response_action="errors", errors={"why": "Say a little more."})
            return
        await ack()
        await client.chat_postMessage(channel="#model-rotation", text=f"Rejected: {said}")

    @app.view_closed("reason")
    async def closed(ack: AsyncAck) -> None:
        await ack()

    @app.event("app_home_opened")
    async def home(event: Json, client: AsyncWebClient) -> None:
        shown = {"type": "home", "blocks": [section(f"Hello <@{event['user']}>")]}
        await client.views_publish(user_id=event["user"], view=shown)

    @app.event("app_mention")
    async def mention(event: Json, say: AsyncSay) -> None:
        await say(text="You called?", thread_ts=event.get("thread_ts") or event["ts"])

    return app


async def played(control: Control) -> None:
    """The whole conversation, as people have it."""
    out = await control.command("mia", "model-rotation", "/rotate promote @max #general <b>")
    assert out.acked
    assert out.failure is None
    assert [said.plain for said in out.saw] == ["Working on promote @max #general <b>"]
    assert out.saw[0].ephemeral
    asked = await control.wait("sam", "Approval needed for chat_model_a")
    assert asked is not None
    assert asked.plain.endswith("[Approve] [Reject]")
    assert await control.wait("mia", "^Posted") is not None

    dismissed = await control.click("max", asked, "Approve", confirm=False)
    assert not dismissed.sent
    assert dismissed.dialog == {
        "title": "Approve?",
        "text": "`openai/gpt-5` goes to *staging*",
        "confirm": "Approve",
        "deny": "Not yet",
    }

    opened = await control.click("sam", asked, "Reject")
    assert opened.acked
    modal = await control.wait_view("sam", "Why")
    assert modal is not None
    unfilled = await control.submit("sam")
    assert (unfilled.sent, unfilled.errors) == (False, {"why": "Please complete this required field."})
    refused = await control.submit("sam", {"Reason": "no"})
    assert refused.errors == {"why": "Say a little more."}
    assert refused.view is not None
    sent = await control.submit("sam", {"why": "the tool calls break"})
    assert (sent.acked, sent.errors, sent.view) == (True, {}, None)
    assert await control.wait("rex", "Rejected: the tool calls break", channel="model-rotation") is not None

    approved = await control.click("max", asked, action_id="approve")
    assert approved.acked
    edited = await control.wait("mia", "Approved by @max")
    assert edited is not None
    assert (edited.ts, edited.buttons, edited.edited) == (asked.ts, (), False)
    reply = await control.wait("mia", "Staging is next", thread_ts=asked.ts)
    assert reply is not None
    assert reply.thread_ts == asked.ts

    await control.home("fin")
    assert await control.wait_view("fin", "Hello @fin", home=True) is not None
    said = await control.say("rex", "model-rotation", "@rotate are you there?", thread_ts=asked.ts)
    assert said.acked
    assert await control.wait("rex", "You called", thread_ts=asked.ts) is not None


async def test_a_conversation_over_socket_mode(begin: Begin, connect: Connect) -> None:
    world, control = await begin()
    await connect(world, rotation_bot(world))
    await played(control)
    assert {sent["transport"] for sent in await control.deliveries()} == {"socket"}


async def test_the_same_conversation_over_signed_http(begin: Begin) -> None:
    world, control = await begin()
    runner = web.AppRunner(rotation_bot(world).web_app(path="/slack/events"))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        await control.delivery(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
        await played(control)
    finally:
        await runner.cleanup()
    assert {sent["transport"] for sent in await control.deliveries()} == {"http"}


@pytest.mark.parametrize("count", [3])
async def test_clicks_of_several_people_at_once_all_arrive(begin: Begin, connect: Connect, count: int) -> None:
    world, control = await begin()
    app, clicked = bolt(world), list[str]()

    @app.action("approve")
    async def approve(ack: AsyncAck, body: Json) -> None:
        await ack()
        clicked.append(body["user"]["username"])

    await connect(world, app)
    posted = await app.client.chat_postMessage(channel="model-rotation", text="x", blocks=request_blocks())
    people = ["mia", "max", "sam"][:count]
    where = {"channel": posted["channel"], "ts": posted["ts"]}
    out = await asyncio.gather(*(control.click(who, label="Approve", **where) for who in people))
    assert all(done.acked for done in out)
    assert sorted(clicked) == sorted(people)
