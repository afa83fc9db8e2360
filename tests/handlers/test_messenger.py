"""Saying things in Slack, and what its refusals become."""

import aiohttp
import pytest

from bot.engine.models.commands import ReplyTo
from bot.engine.models.messages import Attachment, MessageRef
from bot.engine.models.notes import QuestionNote, ReplyNote, TimelineNote
from bot.ports import OutsideError
from handlers.messenger import place
from tests.handlers import notes, scenes
from tests.handlers.conftest import Workspace

LINE = TimelineNote(rotation="R42", code="resumed", facts={"by": "Mia"})
NO = ReplyNote(code="no_bots")


async def test_a_message_is_posted_by_the_channels_name_and_linked(workspace: Workspace) -> None:
    message = await workspace.messenger.post(notes.comparison_notes()["pass"], channel="model-rotation")
    assert message.channel == workspace.channel_id("model-rotation")
    assert message.link == f"https://acme.slack.com/archives/{message.channel}/p{message.ts.replace('.', '')}"
    shown = (await workspace.see("messages", user="mia", channel="model-rotation"))["messages"][0]
    assert shown["ts"] == message.ts
    assert shown["blocks"]
    assert shown["text"].startswith("✅ D17 chat")


async def test_a_request_is_shown_in_thread_and_channel_and_calls_the_group(workspace: Workspace) -> None:
    card = await workspace.messenger.post(LINE, channel="model-rotation")
    group = next(g.id for g in workspace.world.slack.workspace.groups.values() if g.handle == "ml-oncall")
    rotation = scenes.pilots_asked()
    assert rotation.request is not None
    note = QuestionNote.model_validate(
        {
            "rotation": rotation,
            "question": rotation.request.id,
            "now": scenes.T0,
            "mentions": {"ml": f"<!subteam^{group}>"},
        },
    )
    message = await workspace.messenger.post(note, channel="model-rotation", thread=card, broadcast=True)
    assert message.link.endswith(f"?thread_ts={card.ts}&cid={card.channel}")
    shown = await workspace.told("mia", "please approve or reject")
    assert (shown["thread_ts"], shown["broadcast"]) == (card.ts, True)
    assert "@ml-oncall" in shown["plain"]


async def test_an_edit_keeps_the_blocks(workspace: Workspace) -> None:
    found = notes.comparison_notes()
    message = await workspace.messenger.post(found["running"], channel="model-rotation")
    await workspace.messenger.edit(message, found["pass"])
    shown = (await workspace.see("messages", user="mia", channel="model-rotation"))["messages"][0]
    assert [button["label"] for button in shown["buttons"]] == ["Promote"]
    assert not shown["edited"]


@pytest.mark.parametrize(
    ("error", "code", "again", "said"),
    [
        ("not_in_channel", "not_in_channel", True, "/invite @rotate"),
        ("channel_not_found", "channel_not_found", True, "/invite @rotate"),
        ("is_archived", "is_archived", True, "#model-rotation is archived"),
        ("token_revoked", "token_revoked", True, "SLACK_BOT_TOKEN"),
        ("invalid_auth", "token_refused", True, "SLACK_BOT_TOKEN"),
        ("missing_scope", "missing_scope", True, "scope"),
        ("msg_blocks_too_long", "bad_message", False, "too long"),
        ("something_new", "refused", False, "something_new"),
    ],
)
async def test_what_a_refusal_means(workspace: Workspace, error: str, code: str, again: bool, said: str) -> None:
    await workspace.do("faults", kind="api_error", method="chat.postMessage", error=error, times=None)
    with pytest.raises(OutsideError) as failed:
        await workspace.messenger.post(LINE, channel="model-rotation")
    assert (failed.value.code, failed.value.again) == (code, again)
    assert said in failed.value.what
    assert failed.value.whose


async def test_a_channel_without_the_bot_says_how_to_invite_it(workspace: Workspace) -> None:
    with pytest.raises(OutsideError) as failed:
        await workspace.messenger.post(LINE, channel="general")
    assert failed.value.code == "not_in_channel"
    assert failed.value.what == "I am not in #general: invite me with /invite @rotate"


async def test_a_rate_limit_is_waited_out(workspace: Workspace) -> None:
    await workspace.do("faults", kind="api_rate_limit", method="chat.postMessage", retry_after=1)
    message = await workspace.messenger.post(LINE, channel="model-rotation")
    assert message.ts
    calls = (await workspace.see("calls", method="chat.postMessage"))["calls"]
    assert [call["status"] for call in calls] == [429, 200]
    assert calls[1]["at"] - calls[0]["at"] >= 1


async def test_a_lost_answer_is_told_from_a_refused_post_and_neither_is_said_again_by_itself(
    workspace: Workspace,
) -> None:
    await workspace.do("faults", kind="api_answer_lost", method="chat.postMessage")
    with pytest.raises(OutsideError) as failed:
        await workspace.messenger.post(LINE, channel="model-rotation")
    assert (failed.value.code, failed.value.again) == ("answer_lost", True)
    await workspace.do("faults", kind="api_status", method="chat.postMessage", status=503)
    with pytest.raises(OutsideError) as failed:
        await workspace.messenger.post(LINE, channel="model-rotation")
    assert (failed.value.code, failed.value.again) == ("unreachable", True)
    assert len((await workspace.see("messages", user="mia", channel="model-rotation"))["messages"]) == 1


async def test_an_edit_is_tried_again_by_itself(workspace: Workspace) -> None:
    message = await workspace.messenger.post(LINE, channel="model-rotation")
    await workspace.do("faults", kind="api_status", method="chat.update", status=503)
    await workspace.messenger.edit(message, LINE)
    assert [call["status"] for call in (await workspace.see("calls", method="chat.update"))["calls"]] == [503, 200]


async def test_a_deleted_message_is_gone(workspace: Workspace) -> None:
    message = await workspace.messenger.post(LINE, channel="model-rotation")
    await workspace.do("delete", user="mia", channel=message.channel, ts=message.ts)
    with pytest.raises(OutsideError) as failed:
        await workspace.messenger.edit(message, LINE)
    assert (failed.value.code, failed.value.again) == ("message_gone", False)
    with pytest.raises(OutsideError) as failed:
        await workspace.messenger.edit(MessageRef(channel="C0NOWHERE", ts="1.0"), LINE)
    assert failed.value.code == "channel_not_found"


async def test_slack_not_there_is_a_failure_of_slack(workspace: Workspace) -> None:
    await workspace.world.stop()
    with pytest.raises(OutsideError) as failed:
        await workspace.messenger.post(LINE, channel="model-rotation")
    assert (failed.value.code, failed.value.whose, failed.value.again) == ("unreachable", "Slack", True)


async def test_an_answer_goes_through_the_response_url_then_the_channel_then_directly(workspace: Workspace) -> None:
    await workspace.type("rollback R42")
    (command,) = workspace.engine.commands
    to = command.reply
    for _ in range(5):
        await workspace.messenger.reply(to, NO)
    assert (await workspace.see("calls", method="chat.postEphemeral"))["calls"] == []
    await workspace.messenger.reply(to, NO)  # the sixth use of a response URL is refused
    assert len((await workspace.see("calls", method="chat.postEphemeral"))["calls"]) == 1
    elsewhere = ReplyTo(user=to.user, channel=workspace.channel_id("sre-oncall"))
    await workspace.messenger.reply(elsewhere, NO)
    direct = (await workspace.see("messages", user="mia", channel="@rotate"))["messages"]
    assert len(direct) == 1
    assert "Bots and workflows may not do this" in direct[0]["plain"]


async def test_an_answer_stays_in_its_thread_and_with_its_addressee(workspace: Workspace) -> None:
    card = await workspace.messenger.post(LINE, channel="model-rotation")
    to = ReplyTo(user=workspace.user_id("mia"), channel=card.channel, thread=card.ts)
    await workspace.messenger.reply(to, NO)
    said = await workspace.told("mia", "Bots and workflows", thread_ts=card.ts)
    assert (said["ephemeral"], said["thread_ts"]) == (True, card.ts)
    others = await workspace.see("messages", user="max", channel="model-rotation", threads="1")
    assert len(others["messages"]) == 1


CHART = Attachment(name="D17.png", title="D17 at a glance", alt="quality: new 91 %, old 90 %", content=b"\x89PNG...")
REPORT = Attachment(name="D17.html", title="Report of D17", content="<p>größer</p>".encode())


async def test_files_stand_in_the_thread_each_with_what_it_shows_in_words(workspace: Workspace) -> None:
    under = await workspace.messenger.post(LINE, channel="model-rotation")
    await workspace.messenger.attach([CHART, REPORT], under=under, words="Chart and report of D17")
    said = await workspace.told("mia", "Chart and report of D17", thread_ts=under.ts)
    assert [(f["name"], f["title"], f["alt"]) for f in said["files"]] == [
        ("D17.png", "D17 at a glance", "quality: new 91 %, old 90 %"),
        ("D17.html", "Report of D17", ""),
    ]
    for file, sent in zip(said["files"], (CHART, REPORT), strict=True):
        async with aiohttp.ClientSession() as http, http.get(file["url"]) as answer:
            assert await answer.read() == sent.content


async def test_without_the_scope_for_files_it_says_so(workspace: Workspace) -> None:
    under = await workspace.messenger.post(LINE, channel="model-rotation")
    await workspace.do("faults", kind="missing_scope", scope="files:write")
    with pytest.raises(OutsideError) as refused:
        await workspace.messenger.attach([CHART], under=under, words="Chart of D17")
    assert (refused.value.code, refused.value.whose) == ("missing_scope", "whoever installed the bot")
    assert "files:write" in refused.value.what


def test_a_channel_is_named_by_id_or_name() -> None:
    assert [place(name) for name in ("C0ROTATE12", "ml-oncall", "#ml-oncall", "U0MIA1234")] == [
        "C0ROTATE12",
        "#ml-oncall",
        "#ml-oncall",
        "U0MIA1234",
    ]
