"""Modals, menus, response URLs, shortcuts and home tabs, by a real Bolt app, with Slack's limits on each."""

import asyncio
import re
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.client import Control, ControlError, Message
from bot.sandbox.seed import Seed, Shortcut
from bot.sandbox.world import World
from tests.sandbox.slackparts import (
    QUICK,
    Begin,
    Connect,
    Json,
    ManualClock,
    actions,
    bolt,
    button,
    field,
    modal,
    section,
    seeded,
    text,
)


def options(*names: str) -> list[Json]:
    return [{"text": text(name.title()), "value": name} for name in names]


class Clicks:
    """A Bolt app that acks every action and keeps the payloads."""

    def __init__(self, world: World) -> None:
        self.app: AsyncApp = bolt(world)
        self.got: list[Json] = []

        @self.app.action(re.compile(".*"))
        async def take(ack: AsyncAck, body: Json) -> None:
            await ack()
            self.got.append(body)

        @self.app.view(re.compile(".*"))
        async def send(ack: AsyncAck, body: Json) -> None:
            await ack()
            self.got.append(body)

    async def post(self, control: Control, *blocks: Json, channel: str = "ml-oncall", **more: Any) -> Message:  # noqa: ANN401
        posted = await self.app.client.chat_postMessage(channel=channel, text="x", blocks=list(blocks), **more)
        seen = await control.messages("mia", channel, threads=True)
        return next(message for message in seen.messages if message.ts == posted["ts"])


async def clicking(world: World, connect: Connect) -> Clicks:
    bot = Clicks(world)
    await connect(world, bot.app)
    return bot


# Clicks -------------------------------------------------------------------------------------------------------------


async def test_what_a_click_carries(begin: Begin, connect: Connect) -> None:
    world, control = await begin()
    bot = await clicking(world, connect)
    root = await bot.post(control, section("card"))
    shown = await bot.post(control, actions(button("Go", "go", "R1"), block_id="b"), thread_ts=root.ts)
    await control.click("max", shown, "Go")
    [body] = bot.got
    workspace = world.slack.workspace
    assert body["type"] == "block_actions"
    assert body["container"] == {
        "type": "message",
        "message_ts": shown.ts,
        "channel_id": shown.channel,
        "is_ephemeral": False,
        "thread_ts": root.ts,
    }
    assert (body["user"]["username"], body["user"]["team_id"]) == ("max", workspace.team_id)
    assert (body["message"]["ts"], body["message"]["thread_ts"]) == (shown.ts, root.ts)
    assert body["message"]["bot_id"] == workspace.bot_id
    assert body["channel"] == {"id": shown.channel, "name": "ml-oncall"}
    assert (body["api_app_id"], body["team"]["domain"]) == (workspace.app_id, "acme")
    [action] = body["actions"]
    assert action.pop("action_ts") > shown.ts
    assert action == {
        "action_id": "go",
        "block_id": "b",
        "type": "button",
        "text": {"type": "plain_text", "text": "Go", "emoji": True},
        "value": "R1",
    }


async def test_menus_carry_what_was_chosen_and_remember_it(begin: Begin, connect: Connect) -> None:
    world, control = await begin()
    bot = await clicking(world, connect)
    pick = {"type": "static_select", "action_id": "pick", "placeholder": text("Model"), "options": options("a", "b")}
    more = {"type": "overflow", "action_id": "more", "options": options("pause", "abort")}
    people = {"type": "users_select", "action_id": "who", "placeholder": text("Who")}
    checks = {"type": "checkboxes", "action_id": "checks", "options": options("x", "y")}
    shown = await bot.post(control, actions(pick, more, people, checks, block_id="b"))
    await control.click("mia", shown, action_id="pick", option="B")
    await control.click("mia", shown, action_id="more", option="pause")
    await control.click("mia", shown, action_id="who", option="sam")
    await control.click("mia", shown, action_id="checks", option=["x", "Y"])
    sam = world.slack.workspace.find_user("sam")
    assert sam is not None
    chosen = [body["actions"][0] for body in bot.got]
    assert chosen[0]["selected_option"]["value"] == "b"
    assert chosen[1]["selected_option"]["text"]["text"] == "Pause"
    assert chosen[2]["selected_user"] == sam.id
    assert [option["value"] for option in chosen[3]["selected_options"]] == ["x", "y"]
    assert bot.got[3]["state"]["values"]["b"]["pick"]["selected_option"]["value"] == "b"
    assert "more" not in bot.got[3]["state"]["values"]["b"]
    [seen] = (await control.messages("mia", "ml-oncall")).messages
    assert {menu["action_id"]: menu["value"] for menu in seen.raw["menus"]}["pick"] == "b"
    with pytest.raises(ControlError, match="no_such_option"):
        await control.click("mia", shown, action_id="pick", option="c")


async def test_a_menu_can_ask_the_app_for_its_options(begin: Begin, connect: Connect) -> None:
    world, control = await begin()
    bot = await clicking(world, connect)

    @bot.app.options("model")
    async def offer(ack: AsyncAck, payload: Json) -> None:
        await ack(options=options(*(name for name in ("gpt", "glm") if payload["value"] in name)))

    menu = {"type": "external_select", "action_id": "model", "placeholder": text("Model"), "min_query_length": 0}
    shown = await bot.post(control, actions(menu))
    found = await control.options("mia", "model", "gl", channel=shown.channel, ts=shown.ts)
    assert found == [{"text": "Glm", "value": "glm"}]
    await control.click("mia", shown, action_id="model", option="glm")
    assert bot.got[0]["actions"][0]["selected_option"]["value"] == "glm"
    with pytest.raises(ControlError, match="no_such_option"):
        await control.click("mia", shown, action_id="model", option="nonsense")


async def test_an_input_can_dispatch_what_is_typed(begin: Begin, connect: Connect) -> None:
    world, control = await begin()
    bot = await clicking(world, connect)
    typed = {**field("Filter", "filter"), "dispatch_action": True}
    shown = await bot.post(control, typed)
    assert shown.plain == "Filter: ____"
    assert (await control.click("mia", shown, "Filter", option="staging")).acked
    [action] = bot.got[0]["actions"]
    assert (action["type"], action["value"], action["block_id"]) == ("plain_text_input", "staging", "filter")
    assert bot.got[0]["state"]["values"]["filter"]["text"]["value"] == "staging"
    assert (await control.click("mia", shown, "Filter", option="")).acked
    assert bot.got[1]["actions"][0]["value"] is None


async def test_every_kind_of_field_can_be_filled_in(begin: Begin, connect: Connect) -> None:
    world, control = await begin()
    bot = await clicking(world, connect)

    @bot.app.options("model")
    async def offer(ack: AsyncAck) -> None:
        await ack(option_groups=[{"label": text("All"), "options": options("gpt", "glm")}])

    def filled(label: str, **element: object) -> Json:
        return {"type": "input", "block_id": label, "label": text(label), "element": {"action_id": label, **element}}

    mia, general = world.slack.workspace.find_user("mia"), world.slack.workspace.find_channel("general")
    assert mia is not None
    assert general is not None
    view = modal(
        filled("one", type="static_select", options=options("a", "b"), initial_option=options("a")[0]),
        filled("many", type="multi_static_select", options=options("a", "b", "c")),
        filled("radio", type="radio_buttons", options=options("yes", "no")),
        filled("boxes", type="checkboxes", options=options("x", "y")),
        filled("model", type="external_select", min_query_length=0),
        filled("who", type="users_select"),
        filled("whos", type="multi_users_select"),
        filled("where", type="conversations_select", response_url_enabled=True),
        filled("day", type="datepicker"),
        filled("at", type="datetimepicker"),
        filled("count", type="number_input", is_decimal_allowed=False),
        {**filled("note", type="plain_text_input"), "optional": True},
        callback_id="all",
    )
    await bot.app.client.views_open(trigger_id=world.slack.triggers.trigger(mia.id), view=view)
    entered = {"many": ["a", "C"], "radio": "No", "boxes": ["x"], "model": "glm", "who": "mia", "whos": ["mia"]}
    entered |= {"where": "#general", "day": "2026-11-23", "at": "1764000000", "count": "three"}
    out = await control.submit("mia", entered)
    assert out.errors == {"count": "Enter a number."}
    out = await control.submit("mia", {"count": "3"})
    assert (out.acked, out.view) == (True, None)
    values = bot.got[0]["view"]["state"]["values"]
    shown = {name: next(v for k, v in values[name][name].items() if k != "type") for name in values}
    assert shown["one"]["value"] == "a"
    assert [option["value"] for option in shown["many"]] == ["a", "c"]
    assert (shown["radio"]["value"], shown["model"]["value"]) == ("no", "glm")
    assert (shown["who"], shown["whos"], shown["where"]) == (mia.id, [mia.id], general.id)
    assert (shown["day"], shown["at"], shown["count"], shown["note"]) == ("2026-11-23", 1764000000, "3", None)
    [there] = bot.got[0]["response_urls"]
    assert await answer(there["response_url"], text="hi", response_type="in_channel") == (200, "")
    assert [m.plain for m in (await control.messages("mia", "general")).messages] == ["hi"]


async def test_nobody_clicks_what_they_are_not_shown(begin: Begin, connect: Connect) -> None:
    world, control = await begin()
    bot = await clicking(world, connect)
    max_ = world.slack.workspace.find_user("max")
    assert max_ is not None
    only = button("Approve", "approve", visible_to_user_ids=[max_.id])
    shown = await bot.post(control, actions(only, button("Why", "why")))
    assert [found.label for found in shown.buttons] == ["Why"]
    assert "Approve" not in shown.plain
    with pytest.raises(ControlError, match="no_such_element"):
        await control.click("mia", shown, "Approve")
    assert (await control.click("max", shown, "Approve")).acked
    with pytest.raises(ControlError, match="message_not_found"):
        await control.click("mia", label="Why", channel="ml-oncall", ts="1.000001")
    with pytest.raises(ControlError, match="channel_not_found"):
        await control.click("gil", label="Why", channel="ml-oncall", ts=shown.ts)


async def test_equal_buttons_are_told_apart_by_their_value(begin: Begin, connect: Connect) -> None:
    world, control = await begin()
    bot = await clicking(world, connect)
    shown = await bot.post(control, actions(button("Open", "open", "R1")), actions(button("Open", "open", "R2")))
    with pytest.raises(ControlError, match="ambiguous"):
        await control.click("mia", shown, "Open")
    await control.click("mia", shown, "Open", value="R2")
    assert bot.got[0]["actions"][0]["value"] == "R2"
    with pytest.raises(ControlError, match="no_element_named"):
        await control.click("mia", shown)


async def test_a_button_that_was_edited_away_can_still_be_clicked_by_a_slow_hand(
    begin: Begin, connect: Connect
) -> None:
    world, control = await begin()
    bot = await clicking(world, connect)
    shown = await bot.post(control, actions(button("Approve", "approve", "R1")))
    await bot.app.client.chat_update(channel=shown.channel, ts=shown.ts, text="Approved")
    with pytest.raises(ControlError, match="no_such_element"):
        await control.click("mia", shown, "Approve")
    assert (await control.click("mia", shown, "Approve", stale=True)).acked
    assert bot.got[0]["actions"][0]["value"] == "R1"
    assert "blocks" not in bot.got[0]["message"]


# Triggers and modals ------------------------------------------------------------------------------------------------


async def error_of(call: Any) -> str:  # noqa: ANN401 - any coroutine of slack_sdk
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_a_trigger_opens_one_modal_within_three_seconds(
    begin: Begin, connect: Connect, clock: ManualClock
) -> None:
    world, control = await begin(clock=clock)
    bot = await clicking(world, connect)
    client: AsyncWebClient = bot.app.client
    shown = await bot.post(control, actions(button("Why", "why")))
    view = modal(field("Reason", "why"), callback_id="c")
    await control.click("mia", shown, "Why")
    assert (await client.views_open(trigger_id=bot.got[0]["trigger_id"], view=view))["view"]["callback_id"] == "c"
    assert await error_of(client.views_open(trigger_id=bot.got[0]["trigger_id"], view=view)) == "exchanged_trigger_id"
    assert await error_of(client.views_open(trigger_id="1.2.x", view=view)) == "invalid_trigger_id"
    await control.click("mia", shown, "Why")
    clock.advance(3.1)
    assert await error_of(client.views_open(trigger_id=bot.got[1]["trigger_id"], view=view)) == "expired_trigger_id"
    await control.click("mia", shown, "Why")
    wrong = modal({"type": "table", "rows": []})
    assert await error_of(client.views_open(trigger_id=bot.got[2]["trigger_id"], view=wrong)) == "invalid_arguments"


async def test_a_stack_holds_three_modals(begin: Begin, connect: Connect) -> None:
    world, control = await begin()
    bot = await clicking(world, connect)
    client: AsyncWebClient = bot.app.client
    shown = await bot.post(control, actions(button("Why", "why")))
    view = modal(section("one"), actions(button("Deeper", "deeper")), title="One")
    await control.click("mia", shown, "Why")
    await client.views_open(trigger_id=bot.got[0]["trigger_id"], view=view)
    for depth in range(3):
        top = (await control.views("mia")).views[-1]
        await control.click("mia", top, "Deeper")
        push = client.views_push(trigger_id=bot.got[-1]["trigger_id"], view={**view, "title": text(f"Push {depth}")})
        if depth == 2:
            assert await error_of(push) == "push_limit_reached"
        else:
            await push
    views = (await control.views("mia")).views
    assert [found.title for found in views] == ["One", "Push 0", "Push 1"]
    assert views[2].raw["previous_view_id"] == views[1].view_id
    assert views[2].raw["root_view_id"] == views[0].view_id
    assert (await control.views("max")).views == ()
    await control.close("mia")
    assert len((await control.views("mia")).views) == 2
    await control.close("mia", everything=True)
    assert (await control.views("mia")).views == ()


async def test_updating_a_modal_minds_its_hash_and_keeps_what_was_entered(begin: Begin, connect: Connect) -> None:
    world, control = await begin()
    bot = await clicking(world, connect)
    client: AsyncWebClient = bot.app.client
    shown = await bot.post(control, actions(button("Why", "why")))
    await control.click("mia", shown, "Why")
    short = {**field("Reason", "why"), "element": {"type": "plain_text_input", "action_id": "text", "min_length": 9}}
    view = modal(short, field("Ticket", "ticket"), external_id="x1")
    opened = (await client.views_open(trigger_id=bot.got[0]["trigger_id"], view=view))["view"]
    out = await control.submit("mia", {"Reason": "short", "Ticket": "T-1"})
    assert out.errors == {"why": "Enter at least 9 characters."}
    assert not out.sent
    updated = await client.views_update(view_id=opened["id"], hash=opened["hash"], view=view)
    assert updated["view"]["state"]["values"]["ticket"]["text"]["value"] == "T-1"
    late = client.views_update(external_id="x1", hash=opened["hash"], view=view)
    assert await error_of(late) == "hash_conflict"
    assert await error_of(client.views_update(view_id="V0", view=view)) == "not_found"
    with pytest.raises(ControlError, match="no_such_field"):
        await control.submit("mia", {"Colour": "red"})
    out = await control.submit("mia", {"why": "long enough"})
    assert (out.acked, out.view) == (True, None)
    with pytest.raises(ControlError, match="view_not_found"):
        await control.submit("mia")


async def test_what_a_submission_can_become(begin: Begin, connect: Connect) -> None:
    world, control = await begin()
    app, answers = bolt(world), list[Json]()
    opened: list[str] = []

    @app.command("/rotate")
    async def start(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal(field("Reason", "why"), callback_id="c"))
        opened.append(body["trigger_id"])

    @app.view("c")
    async def send(ack: AsyncAck) -> None:
        await ack(**answers.pop(0))

    await connect(world, app)
    await control.command("mia", "ml-oncall", "/rotate")
    first = await control.wait_view("mia", "Reason")
    assert first is not None
    again = modal(field("More", "more"), title="Again", callback_id="c")
    answers += [
        {"response_action": "update", "view": again},
        {"response_action": "push", "view": {**again, "title": text("Pushed")}},
        {"response_action": "errors", "errors": {"nowhere": "x"}},
        {"response_action": "update", "view": modal({"type": "table", "rows": []})},
        {"response_action": "clear"},
    ]
    out = await control.submit("mia", {"Reason": "x"})
    assert out.view is not None
    assert (out.view.view_id, out.view.title) == (first.view_id, "Again")
    out = await control.submit("mia", {"More": "x"})
    assert out.view is not None
    assert (out.view.title, len((await control.views("mia")).views)) == ("Pushed", 2)
    for failure in ("invalid_errors", "invalid_arguments"):
        out = await control.submit("mia", {"More": "x"})
        assert (out.failure, out.notice) == (failure, "We had some trouble connecting. Try again?")
        assert out.view is not None
    out = await control.submit("mia", {"More": "x"})
    assert (out.acked, out.view) == (True, None)


async def test_a_submission_without_ack_leaves_the_modal_open(begin: Begin, connect: Connect) -> None:
    world, control = await begin(Seed(timing=QUICK))
    app = bolt(world)
    stuck = asyncio.Event()

    @app.view("c")
    async def send(ack: AsyncAck) -> None:
        await stuck.wait()
        await ack()

    await connect(world, app)
    trigger = world.slack.triggers.trigger(next(u.id for u in world.slack.workspace.users.values() if u.name == "mia"))
    await app.client.views_open(trigger_id=trigger, view=modal(field("Reason", "why"), callback_id="c"))
    out = await control.submit("mia", {"why": "x"})
    assert (out.acked, out.failure) == (False, "operation_timeout")
    assert out.notice == "We had some trouble connecting. Try again?"
    assert out.view is not None
    stuck.set()


async def test_closing_tells_the_app_where_it_asked(begin: Begin, connect: Connect) -> None:
    world, control = await begin()
    app, closed = bolt(world), list[Json]()

    @app.view_closed("c")
    async def close(ack: AsyncAck, body: Json) -> None:
        await ack()
        closed.append(body)

    await connect(world, app)
    mia = world.slack.workspace.find_user("mia")
    assert mia is not None
    for notify in (True, False):
        view = modal(section("x"), callback_id="c", notify_on_close=notify)
        await app.client.views_open(trigger_id=world.slack.triggers.trigger(mia.id), view=view)
        out = await control.close("mia")
        assert (out.acked, out.sent, out.view) == (True, notify, None)
    assert [body["is_cleared"] for body in closed] == [False]


async def test_home_tabs(begin: Begin, connect: Connect) -> None:
    world, control = await begin()
    bot = await clicking(world, connect)
    client: AsyncWebClient = bot.app.client
    opened: list[Json] = []

    @bot.app.event("app_home_opened")
    async def home(event: Json) -> None:
        opened.append(event)

    fin = world.slack.workspace.find_user("fin")
    assert fin is not None
    assert (await control.home("fin")).acked
    published = await client.views_publish(
        user_id=fin.id, view={"type": "home", "blocks": [section("Budget"), actions(button("Details", "more"))]}
    )
    assert (await control.home("fin")).view is not None
    assert ["view" in event for event in opened] == [False, True]
    assert (await control.views("fin")).home is not None
    assert (await control.views("mia")).home is None
    out = await control.click("fin", label="Details", view_id="home")
    assert out.acked
    body = bot.got[0]
    assert (body["container"], body["view"]["id"]) == (
        {"type": "view", "view_id": published["view"]["id"]},
        published["view"]["id"],
    )
    assert "response_url" not in body
    late = client.views_publish(user_id=fin.id, hash="old", view={"type": "home", "blocks": []})
    assert await error_of(late) == "hash_conflict"
    assert await error_of(client.views_publish(user_id=fin.id, view=modal(section("x")))) == "invalid_arguments"


# Response URLs ------------------------------------------------------------------------------------------------------


async def answer(url: str, **body: object) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http, http.post(url, json=body) as response:
        return response.status, (await response.json()).get("error", "")


async def test_a_response_url_is_good_for_five_answers_in_thirty_minutes(
    begin: Begin, connect: Connect, clock: ManualClock
) -> None:
    world, control = await begin(clock=clock)
    bot = await clicking(world, connect)
    shown = await bot.post(control, actions(button("Go", "go")))
    await control.click("mia", shown, "Go")
    url = bot.got[0]["response_url"]
    for n in range(5):
        assert await answer(url, text=f"n{n}") == (200, "")
    assert await answer(url, text="n5") == (404, "used_url")
    await control.click("mia", shown, "Go")
    clock.advance(1801)
    assert await answer(bot.got[1]["response_url"], text="late") == (404, "expired_url")
    assert await answer(url + "x", text="x") == (404, "no_such_url")
    mine = [m.plain for m in (await control.messages("mia", "ml-oncall")).messages if m.ephemeral]
    assert mine == ["n0", "n1", "n2", "n3", "n4"]
    assert len((await control.messages("max", "ml-oncall")).messages) == 1


async def test_an_answer_may_be_public_threaded_or_take_the_originals_place(begin: Begin, connect: Connect) -> None:
    world, control = await begin()
    bot = await clicking(world, connect)
    shown = await bot.post(control, actions(button("Go", "go")))
    await control.click("mia", shown, "Go")
    url = bot.got[0]["response_url"]
    assert (await answer(url, text="all", response_type="in_channel"))[0] == 200
    assert (await answer(url, text="below", response_type="in_channel", thread_ts=shown.ts, replace_original=False))[
        0
    ] == 200
    assert (await answer(url, replace_original=True, text="instead"))[0] == 200
    assert (await answer(url, text="x", blocks=[{"type": "banner"}]))[1] == "invalid_blocks"
    seen = (await control.messages("max", "ml-oncall")).messages
    assert [message.plain for message in seen] == ["instead", "all"]
    thread = (await control.messages("max", "ml-oncall", thread_ts=shown.ts)).messages
    assert [message.plain for message in thread] == ["instead", "below"]
    assert (await answer(url, delete_original=True))[0] == 200
    assert await answer(url, text="six") == (404, "used_url")
    assert [m.plain for m in (await control.messages("max", "ml-oncall")).messages] == [
        "This message was deleted.",
        "all",
    ]


async def test_buttons_in_an_ephemeral_message(begin: Begin, connect: Connect) -> None:
    world, control = await begin()
    app, got = bolt(world), list[Json]()

    @app.command("/rotate")
    async def start(ack: AsyncAck) -> None:
        await ack(text="Sure?", blocks=[section("Sure?"), actions(button("Yes", "yes"))])

    @app.action("yes")
    async def yes(ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        await ack()
        got.append(body)
        await respond(text="Done.", replace_original=True)

    await connect(world, app)
    [shown] = (await control.command("mia", "ml-oncall", "/rotate")).saw
    with pytest.raises(ControlError, match="message_not_found"):
        await control.click("max", shown, "Yes")
    assert (await control.click("mia", shown, "Yes")).acked
    assert await control.wait("mia", "^Done", channel="ml-oncall") is not None
    [body] = got
    assert "message" not in body
    assert body["container"]["is_ephemeral"] is True
    assert len((await control.messages("mia", "ml-oncall")).messages) == 1


# Shortcuts ----------------------------------------------------------------------------------------------------------


async def test_shortcuts_global_and_on_a_message(begin: Begin, connect: Connect) -> None:
    ours = (
        Shortcut(name="Begin", callback_id="begin", type="global"),
        Shortcut(name="Explain", callback_id="explain", type="message"),
    )
    world, control = await begin(seeded(shortcuts=ours))
    app, got = bolt(world), list[Json]()

    @app.shortcut("begin")
    async def start(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal(section("Begin what?")))

    @app.shortcut("explain")
    async def explain(ack: AsyncAck, body: Json) -> None:
        await ack()
        got.append(body)

    await connect(world, app)
    assert (await control.shortcut("mia", "begin")).acked
    assert await control.wait_view("mia", "Begin what") is not None
    said = (await control.say("max", "ml-oncall", "what is this?")).saw[0]
    assert (await control.shortcut("mia", "explain", said)).acked
    assert (got[0]["type"], got[0]["message"]["text"]) == ("message_action", "what is this?")
    with pytest.raises(ControlError, match="no_such_shortcut"):
        await control.shortcut("mia", "explain")
