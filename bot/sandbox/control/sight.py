"""Calls of the control API that only look: messages, views, logs, and waiting for something to appear."""

import asyncio
import re
from dataclasses import asdict

from bot.sandbox.control import look, requests
from bot.sandbox.slack import seen
from bot.sandbox.slack.acts.outcome import Impossible
from bot.sandbox.slack.changes import Bell
from bot.sandbox.slack.refused import Json
from bot.sandbox.slack.site import Slack
from bot.sandbox.slack.state import Channel, Message, User

_UNSEEN = {"call", "delivery", "connection", "fault", "membership"}


async def workspace(slack: Slack, _asked: requests.Asked) -> Json:
    """Answers team, app, users, groups and channels."""
    return look.workspace(slack)


async def messages(slack: Slack, asked: requests.Messages) -> Json:
    """Answers messages as one user sees them, oldest first."""
    who = look.user(slack, asked.user)
    found = [
        said
        for said in _visible(slack, who, asked.channel, asked.thread_ts)
        if _kept(slack, said, asked) and (asked.after is None or said.n > asked.after)
    ]
    return {"messages": [seen.message(slack.workspace, who, said) for said in found], "cursor": slack.changes.last}


def _visible(slack: Slack, who: User, channel: str | None, thread_ts: str | None) -> list[Message]:
    where: list[Channel] = [look.channel(slack, who, channel)] if channel else look.channels_of(slack, who)
    found = [said for place in where for said in slack.workspace.visible(who, place)]
    if thread_ts is not None:
        found = [said for said in found if thread_ts in {said.ts, said.thread_ts}]
    return sorted(found, key=lambda said: said.ts)


def _kept(slack: Slack, said: Message, asked: requests.Messages) -> bool:
    if said.deleted and not asked.deleted and not slack.workspace.thread(said.channel, said.ts):
        return False
    if asked.since is not None and said.ts <= asked.since:
        return False
    in_thread = said.thread_ts not in {None, said.ts} and not said.broadcast
    return asked.threads or asked.thread_ts is not None or not in_thread


async def views(slack: Slack, asked: requests.OfUser) -> Json:
    """Answers a user's open modals, bottom first, and their home tab."""
    who = look.user(slack, asked.user)
    home = slack.workspace.homes.get(who.id)
    return {
        "views": [seen.view(slack.workspace, shown) for shown in slack.workspace.stacks.get(who.id) or []],
        "home": seen.view(slack.workspace, home) if home else None,
        "cursor": slack.changes.last,
    }


async def calls(slack: Slack, asked: requests.Calls) -> Json:
    """Answers the log of Web API calls, oldest first."""
    found = [
        asdict(logged)
        for logged in slack.api.log
        if asked.method in {None, logged.method} and (asked.after is None or logged.n > asked.after)
    ]
    return {"calls": found}


async def deliveries(slack: Slack, _asked: requests.Asked) -> Json:
    """Answers what was sent to the bot, oldest first."""
    keys = ("id", "n", "at", "type", "name", "transport", "attempt", "acked", "failure", "answer")
    return {"deliveries": [{key: getattr(sent, key) for key in keys} for sent in slack.courier.sent.values()]}


async def connections(slack: Slack, _asked: requests.Asked) -> Json:
    """Answers the open sockets."""
    return {"connections": [{"id": found.id, "since": found.since} for found in slack.sockets.open]}


async def wait(slack: Slack, asked: requests.Wait) -> Json:
    """Waits until something matches `contains`, or with `gone` until nothing does."""
    who = look.user(slack, asked.user)
    try:
        pattern = re.compile(asked.contains, re.DOTALL)
    except re.error as error:
        raise Impossible("bad_pattern", f"contains is no regular expression: {error}", 400) from None
    loop = asyncio.get_running_loop()
    deadline = loop.time() + asked.timeout
    with slack.changes.listen() as bell:
        while True:
            found = _match(slack, who, asked, pattern)
            if (found is None) == asked.gone:
                return _answer(slack, asked, found, matched=True)
            if not await _something_new(bell, deadline):
                return _answer(slack, asked, found, matched=False)


async def _something_new(bell: Bell, deadline: float) -> bool:
    """Waits for a change that people can see; answers False when none came before the deadline, or none ever will."""
    seen_any = False
    while not seen_any or not bell.empty():
        try:
            async with asyncio.timeout_at(deadline):
                change = await bell.get()
        except TimeoutError:
            return False
        if change is None:
            return False
        seen_any = seen_any or change.kind not in _UNSEEN
    return True


def _answer(slack: Slack, asked: requests.Wait, found: Json | None, *, matched: bool) -> Json:
    key = "message" if asked.what == "message" else "view"
    return {"found": matched, key: found, "cursor": slack.changes.last}


def _match(slack: Slack, who: User, asked: requests.Wait, pattern: re.Pattern[str]) -> Json | None:
    """Answers the newest thing that matches, as the user sees it."""
    after = asked.after or 0
    if asked.what == "message":
        for said in reversed(_visible(slack, who, asked.channel, asked.thread_ts)):
            if said.n <= after or said.deleted:
                continue
            shown = seen.message(slack.workspace, who, said)
            if pattern.search(shown["plain"]):
                return shown
        return None
    home = slack.workspace.homes.get(who.id)
    there = [home] if asked.what == "home" and home else []
    if asked.what == "view":
        there = (slack.workspace.stacks.get(who.id) or [])[::-1]
    for view in there:
        shown = seen.view(slack.workspace, view)
        if view.n > after and pattern.search(shown["plain"]):
            return shown
    return None
