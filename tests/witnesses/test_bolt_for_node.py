"""Slack's own framework for Node, unmodified, takes the sandbox for Slack: over Socket Mode and over signed HTTP."""

import json

import pytest

from bot.sandbox.client import Control, ControlError, Message
from tests.witnesses.conftest import Desk, Hotel, Witnesses

BOTH = pytest.mark.parametrize("http", [False, True], ids=["socket", "http"])


async def seen(control: Control, contains: str, user: str = "ann", thread_ts: str | None = None) -> Message:
    found = await control.wait(user, contains, channel="lobby", thread_ts=thread_ts)
    assert found is not None, f"{user} sees nothing with {contains!r}"
    return found


async def booked(hotel: Hotel, desk: Desk) -> Message:
    """Takes ann through the form to the message with its buttons."""
    opened = await hotel.control.command("ann", "lobby", "/book")
    assert (opened.acked, opened.failure) == (True, None)
    assert await hotel.control.wait_view("ann", "Reason") is not None
    outcome = await hotel.control.submit("ann", {"Room": "Garden", "Guest": "Cleo", "Reason": "honeymoon"})
    assert (outcome.failure, outcome.errors, outcome.view) == (None, {}, None)
    assert await desk.hear("booked") == {"booked": "Garden", "guest": "Cleo", "kept": "desk 3", "by": "ann"}
    return await seen(hotel.control, "honeymoon")


@BOTH
async def test_a_form_is_refused_on_its_field_and_then_taken(witnesses: Witnesses, http: bool) -> None:
    hotel, desk = await witnesses.open(http=http)
    await hotel.control.command("ann", "lobby", "/book")
    view = await hotel.control.wait_view("ann", "Reason")
    assert view is not None
    offered = await hotel.control.options("ann", "guest", "b", view_id=view.view_id)
    assert [option["value"] for option in offered] == ["Bob"]
    refused = await hotel.control.submit("ann", {"Room": "Garden", "Reason": "none"})
    assert refused.errors == {"reason": "That is no reason."}
    pushed = await hotel.control.submit("ann", {"Room": "Garden", "Reason": "why?"})
    assert pushed.view is not None
    assert pushed.view.title == "House rules"
    await hotel.control.close("ann")
    taken = await hotel.control.submit("ann", {"Room": "Garden", "Reason": "late train"})
    assert (taken.errors, taken.view) == ({}, None)
    assert await desk.hear("booked") == {"booked": "Garden", "guest": None, "kept": "desk 3", "by": "ann"}


@BOTH
async def test_a_button_edits_its_message_answers_in_the_thread_and_thanks_privately(
    witnesses: Witnesses, http: bool
) -> None:
    hotel, desk = await witnesses.open(http=http)
    asked = await booked(hotel, desk)
    dismissed = await hotel.control.click("ben", asked, "Let in", confirm=False)
    assert (dismissed.sent, dismissed.dialog is not None) == (False, True)
    clicked = await hotel.control.click("ben", asked, "Let in")
    assert (clicked.acked, clicked.failure) == (True, None)
    heard = await desk.hear("accepted")
    assert (heard["accepted"], heard["container"]) == ("Garden", "message")
    edited = await seen(hotel.control, "Let in by @ben")
    assert (edited.ts, edited.buttons) == (asked.ts, ())
    reply = await seen(hotel.control, "The key is at the desk", thread_ts=asked.ts)
    assert (reply.thread_ts, reply.broadcast) == (asked.ts, True)
    assert (await seen(hotel.control, "Thank you", "ben")).ephemeral
    assert not [one for one in (await hotel.control.messages("ann", "lobby")).messages if "Thank you" in one.plain]


@BOTH
async def test_what_is_answered_in_the_ack_and_to_a_response_url_is_private(witnesses: Witnesses, http: bool) -> None:
    hotel, desk = await witnesses.open(http=http)
    whispered = await hotel.control.command("ann", "lobby", "/whisper 4711")
    assert [(one.plain, one.ephemeral) for one in whispered.saw] == [("Only for you: 4711", True)]
    asked = await booked(hotel, desk)
    await hotel.control.click("ben", asked, "Ask later")
    answered = await seen(hotel.control, "Asked again at noon", "ben")
    assert answered.ephemeral
    assert (await seen(hotel.control, "honeymoon")).buttons == asked.buttons


async def test_a_response_url_is_good_for_five_answers(witnesses: Witnesses) -> None:
    hotel, desk = await witnesses.open(http=False)
    await hotel.control.command("ann", "lobby", "/answers")
    assert (await desk.hear("refused"))["refused"] == 6
    said = [one for one in (await hotel.control.messages("ann", "lobby")).messages if "Answer" in one.plain]
    assert [(one.plain, one.ephemeral) for one in said] == [(f"Answer {n}", n > 1) for n in range(1, 6)]


@BOTH
async def test_a_listener_that_fails_before_its_ack_fails_before_the_persons_eyes(
    witnesses: Witnesses, http: bool
) -> None:
    hotel, desk = await witnesses.open(http=http)
    asked = await booked(hotel, desk)
    clicked = await hotel.control.click("ben", asked, "Break")
    assert clicked.failure == "operation_timeout"
    assert clicked.notice
    assert (await desk.hear("error"))["error"] == "the bell is broken"


@BOTH
async def test_a_mention_is_answered_in_its_thread(witnesses: Witnesses, http: bool) -> None:
    hotel, desk = await witnesses.open(http=http)
    root = await hotel.control.say("ann", "lobby", "who has the key?")
    await hotel.control.say("ann", "lobby", "@desk help", root.saw[0].ts)
    heard = await desk.hear("mentioned")
    assert heard["mentioned"].startswith("<@U")
    assert (heard["retry"], heard["why"]) == (None, None) if http else (0, "")
    answer = await seen(hotel.control, "At your service", thread_ts=root.saw[0].ts)
    assert not answer.broadcast


@BOTH
async def test_an_event_whose_ack_was_lost_comes_again_as_the_same_event(witnesses: Witnesses, http: bool) -> None:
    hotel, desk = await witnesses.open(http=http)
    await hotel.control.fault("ack_lost", type="events_api")
    await hotel.control.say("ann", "lobby", "@desk help")
    first, second = await desk.hear("mentioned"), await desk.hear("mentioned")
    assert first["event_id"] == second["event_id"]
    assert (second["retry"], second["why"]) == (1, "http_timeout" if http else "timeout")


@BOTH
async def test_home_and_shortcut(witnesses: Witnesses, http: bool) -> None:
    hotel, desk = await witnesses.open(http=http)
    await hotel.control.home("ann")
    workspace = hotel.world.slack.workspace
    ann = workspace.find_user("ann")
    assert ann is not None
    assert await desk.hear("home") == {"home": ann.id, "bot": workspace.bot_user}
    assert await hotel.control.wait_view("ann", "Your rooms", home=True) is not None
    said = await hotel.control.say("ben", "lobby", "the lift is stuck")
    await hotel.control.shortcut("ben", "pin", said.saw[0])
    assert await desk.hear("pinned") == {"pinned": "the lift is stuck"}


async def test_lists_are_turned_page_by_page(witnesses: Witnesses) -> None:
    hotel, desk = await witnesses.open(http=False)
    await hotel.control.command("ann", "lobby", "/everywhere")
    assert await desk.hear("channels") == {"channels": ["lobby", "kitchen", "roof"], "groups": [["hosts", 1]]}
    assert len(await hotel.control.calls("conversations.list")) == 2


async def test_a_file_is_uploaded_into_a_thread(witnesses: Witnesses) -> None:
    hotel, desk = await witnesses.open(http=False)
    await hotel.control.command("ann", "lobby", "/paper")
    assert await desk.hear("files") == {"files": ["Bill"]}
    root = await seen(hotel.control, "The bill follows")
    shown = (await hotel.control.messages("ann", "lobby", thread_ts=root.ts)).messages[1]
    assert [(file["name"], file["size"]) for file in shown.raw["files"]] == [("bill.txt", 7)]


MODAL = {"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": [{"type": "divider"}]}
TOO_LONG = {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}


@pytest.mark.parametrize(
    ("method", "given", "error"),
    [
        ("chat.postMessage", {"channel": "CNOWHERE", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "roof", "text": "x"}, "not_in_channel"),
        ("chat.postMessage", {"channel": "lobby"}, "no_text"),
        ("chat.postMessage", {"channel": "lobby", "blocks": [TOO_LONG]}, "invalid_blocks"),
        ("users.lookupByEmail", {"email": "x@example.com"}, "missing_scope"),
        ("views.open", {"trigger_id": "1.2.3", "view": MODAL}, "invalid_trigger_id"),
        ("no.such", {}, "unknown_method"),
    ],
)
async def test_a_refusal_arrives_in_its_own_word(
    witnesses: Witnesses, method: str, given: dict[str, object], error: str
) -> None:
    hotel, desk = await witnesses.open(http=False)
    await hotel.control.command("ann", "lobby", f"/refused {method} {json.dumps(given)}")
    refused = (await desk.hear("refused"))["refused"]
    assert (refused["ok"], refused["error"]) == (False, error)


async def test_a_429_is_waited_out_and_the_message_comes(witnesses: Witnesses) -> None:
    hotel, desk = await witnesses.open(http=False)
    await hotel.control.fault("api_rate_limit", method="chat.postMessage", retry_after=1)
    await booked(hotel, desk)
    calls = await hotel.control.calls("chat.postMessage")
    assert [call["status"] for call in calls] == [429, 200]


@pytest.mark.parametrize("reason", ["refresh_requested", "warning", "cut"])
async def test_it_connects_again_by_itself(witnesses: Witnesses, reason: str) -> None:
    hotel, desk = await witnesses.open(http=False)
    cursor = await hotel.control.cursor()
    async with hotel.control.stream() as changes:
        await hotel.control.disconnect(reason)
        while True:
            change = await anext(changes)
            if change["kind"] == "connection" and change["n"] > cursor and await hotel.control.connections() == 1:
                opened = await hotel.control.calls("apps.connections.open", after=cursor)
                if opened:
                    break
    await booked(hotel, desk)


async def test_tokens_it_did_not_mint_and_signatures_that_are_not_its_own(witnesses: Witnesses) -> None:
    hotel = await witnesses.world()
    stranger = await witnesses.desk(hotel, bot_token="xoxb-1-2-3")
    said = await stranger.hear("error")
    assert "invalid_auth" in str(said)
    deaf = await witnesses.desk(hotel, http=True, signing_secret="0" * 32)
    deaf.port = (await deaf.hear("ready"))["ready"]
    with pytest.raises(ControlError) as refused:
        await hotel.control.delivery(deaf.request_url)
    assert refused.value.code == "url_verification_failed"
