"""One conversation with a Web API, said to any of them: every answer of it is kept under the name of its step.

It knows no server. A step that a server has no method for is left out; what follows from its answer, too.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Json = dict[str, Any]
Ask = Callable[..., Awaitable[Json]]
"""`await ask(method, token=None, **arguments)`: what this method answers."""

SECTION = {"type": "section", "block_id": "b1", "text": {"type": "mrkdwn", "text": "*bold*"}}
HOME = {"type": "home", "blocks": [SECTION]}
NOBODY, NOWHERE, NEVER = "U00000000", "C00000000", "1111111111.111111"


class Script:
    """The answers, by step. `step` asks for one, unless the server has no such method."""

    def __init__(self, ask: Ask, methods: frozenset[str]) -> None:
        self._ask, self._methods = ask, methods
        self.answers: dict[str, Json] = {}

    async def step(self, step: str, method: str, /, **given: object) -> Json:
        """Asks, and keeps the answer; an empty one where the server does not serve the method."""
        if method not in self._methods:
            return {}
        answer = await self._ask(method, **{key: _form(value) for key, value in given.items() if value is not None})
        self.answers[step] = answer
        return answer


def _form(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


async def play(script: Script, names: Mapping[str, str]) -> None:
    """Says all of it. `names`: `channel` the app is in, `elsewhere` one it is not in, `user` who is in `channel`."""
    channel, user = names["channel"], names["user"]
    await _who(script)
    await _channels(script, channel, names["elsewhere"])
    said = await _posts(script, channel)
    await _threads(script, channel, said)
    await _privately(script, channel, user)
    await _reactions(script, channel, said)
    await _changes(script, channel, said)
    await _people(script, user)
    await _views(script, user)
    await _files(script, channel)


async def _who(script: Script) -> None:
    await script.step("who am I", "auth.test")
    await script.step("no token", "auth.test", token="")
    await script.step("a token of nobody's", "auth.test", token="xoxb-0-0-0")
    await script.step("a token of nobody's, posting", "chat.postMessage", token="xoxb-0-0-0", channel=NOWHERE, text="x")
    await script.step("a test", "api.test", foo="bar")
    await script.step("a test that is to fail", "api.test", error="my_error")
    await script.step("the team", "team.info")


async def _channels(script: Script, channel: str, elsewhere: str) -> None:
    first = await script.step("channels, two a page", "conversations.list", limit=2, types="public_channel")
    cursor = str(first.get("response_metadata", {}).get("next_cursor", ""))
    await script.step("channels, the next page", "conversations.list", limit=2, types="public_channel", cursor=cursor)
    await script.step("channels, a cursor of nobody's", "conversations.list", cursor="nonsense!")
    await script.step("channels of no kind", "conversations.list", types="cellar")
    await script.step("a channel", "conversations.info", channel=channel)
    await script.step("no channel", "conversations.info", channel=NOWHERE)
    await script.step("members", "conversations.members", channel=channel)
    await script.step("members of no channel", "conversations.members", channel=NOWHERE)
    await script.step("joining", "conversations.join", channel=elsewhere)
    await script.step("joining nothing", "conversations.join", channel=NOWHERE)


async def _posts(script: Script, channel: str) -> str:
    said = await script.step("posting", "chat.postMessage", channel=channel, text="Good *morning* &lt;all&gt;")
    await script.step("posting nothing", "chat.postMessage", channel=channel)
    await script.step("posting spaces", "chat.postMessage", channel=channel, text=" ")
    await script.step("posting nowhere", "chat.postMessage", channel=NOWHERE, text="x")
    await script.step("posting without a channel", "chat.postMessage", text="x")
    await script.step("posting blocks", "chat.postMessage", channel=channel, text="plain", blocks=[SECTION])
    await script.step("posting blocks alone", "chat.postMessage", channel=channel, blocks=[SECTION])
    await script.step("posting blocks that are none", "chat.postMessage", channel=channel, text="x", blocks="[{")
    await script.step("posting a block that is no list", "chat.postMessage", channel=channel, text="x", blocks={})
    await script.step("posting an empty list of blocks", "chat.postMessage", channel=channel, blocks=[])
    await script.step(
        "posting with metadata",
        "chat.postMessage",
        channel=channel,
        text="with data",
        metadata={"event_type": "rotation", "event_payload": {"id": "R1"}},
    )
    return str(said["ts"])


async def _threads(script: Script, channel: str, said: str) -> None:
    reply = await script.step("replying", "chat.postMessage", channel=channel, thread_ts=said, text="And to you")
    await script.step(
        "replying to all", "chat.postMessage", channel=channel, thread_ts=said, text="All!", reply_broadcast="true"
    )
    await script.step("replying to nothing", "chat.postMessage", channel=channel, thread_ts=NEVER, text="x")
    await script.step("replying to a word", "chat.postMessage", channel=channel, thread_ts="abc", text="x")
    await script.step("a thread", "conversations.replies", channel=channel, ts=said)
    await script.step("a thread of nothing", "conversations.replies", channel=channel, ts=NEVER)
    await script.step("a channel's past", "conversations.history", channel=channel, oldest=said, inclusive="true")
    await script.step("one message of it", "conversations.history", channel=channel, limit=1)
    await script.step("a link", "chat.getPermalink", channel=channel, message_ts=said)
    await script.step("a link into a thread", "chat.getPermalink", channel=channel, message_ts=str(reply["ts"]))
    await script.step("a link to nothing", "chat.getPermalink", channel=channel, message_ts=NEVER)


async def _privately(script: Script, channel: str, user: str) -> None:
    await script.step("in private", "chat.postEphemeral", channel=channel, user=user, text="psst")
    await script.step("in private to nobody", "chat.postEphemeral", channel=channel, user=NOBODY, text="psst")
    await script.step("in private, nothing", "chat.postEphemeral", channel=channel, user=user)
    await script.step("a direct message", "conversations.open", users=user)


async def _reactions(script: Script, channel: str, said: str) -> None:
    here: Json = {"channel": channel, "timestamp": said, "name": "eyes"}
    await script.step("a reaction", "reactions.add", **here)
    await script.step("the same reaction", "reactions.add", **here)
    await script.step("a reaction to nothing", "reactions.add", **(here | {"timestamp": NEVER}))
    await script.step("taking it back", "reactions.remove", **here)
    await script.step("taking it back twice", "reactions.remove", **here)


async def _changes(script: Script, channel: str, said: str) -> None:
    here: Json = {"channel": channel, "ts": said}
    await script.step("changing", "chat.update", **here, text="Good evening")
    await script.step("changing to blocks", "chat.update", **here, text="evening", blocks=[SECTION])
    await script.step("changing the text alone", "chat.update", **here, text="no blocks now")
    await script.step("changing nowhere", "chat.update", ts=said, text="x")
    await script.step("changing to nothing", "chat.update", **here)
    await script.step("changing nothing", "chat.update", channel=channel, ts=NEVER, text="x")
    other = await script.step("posting once more", "chat.postMessage", channel=channel, text="a slip")
    gone: Json = {"channel": channel, "ts": str(other["ts"])}
    await script.step("taking a message back", "chat.delete", **gone)
    await script.step("taking it back again", "chat.delete", **gone)
    await script.step("changing what is gone", "chat.update", **gone, text="x")


async def _people(script: Script, user: str) -> None:
    await script.step("people, one a page", "users.list", limit=1)
    await script.step("a person", "users.info", user=user)
    await script.step("nobody", "users.info", user=NOBODY)
    await script.step("by an address of nobody's", "users.lookupByEmail", email="nobody@example.com")


async def _views(script: Script, user: str) -> None:
    published = await script.step("a home tab", "views.publish", user_id=user, view=HOME)
    await script.step("a home tab once more", "views.publish", user_id=user, view=HOME)
    stale = str(published.get("view", {}).get("hash", ""))
    await script.step("a home tab over a newer one", "views.publish", user_id=user, view=HOME, hash=stale)
    await script.step("a home tab of nobody's", "views.publish", user_id=NOBODY, view=HOME)
    modal = {"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": [SECTION]}
    await script.step("a modal with no trigger", "views.open", view=modal)
    await script.step("a modal with a trigger of nobody's", "views.open", trigger_id="1.2.3", view=modal)
    await script.step("changing no modal", "views.update", view_id="V00000000", view=modal)


async def _files(script: Script, channel: str) -> None:
    await script.step("a file's address", "files.getUploadURLExternal", filename="a.txt", length="3")
    await script.step("a file without a name", "files.getUploadURLExternal", length="3")
    await script.step("a file without a length", "files.getUploadURLExternal", filename="a.txt")
    await script.step(
        "a file that is none", "files.completeUploadExternal", files=[{"id": "F00000000"}], channel_id=channel
    )
