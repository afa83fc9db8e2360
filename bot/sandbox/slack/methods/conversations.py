"""conversations.*: which channels there are, who is in them, what was said."""

from bot.sandbox.slack import render
from bot.sandbox.slack.methods.call import Call, Method, page
from bot.sandbox.slack.refused import Json, Refused
from bot.sandbox.slack.state import Channel, Message

_TYPES = {"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}


def _type(channel: Channel) -> str:
    if channel.direct is not None:
        return "im"
    return "private_channel" if channel.private else "public_channel"


def _need(call: Call, channel: Channel, right: str) -> None:
    """Refuses what the scope of this kind of channel does not cover."""
    needed = f"{_TYPES[_type(channel)]}:{right}"
    if needed not in call.scopes:
        raise Refused("missing_scope", needed=needed, provided=",".join(sorted(call.scopes)))


def list_channels(call: Call) -> Json:
    """Answers the channels the bot can know of."""
    asked = [found.strip() for found in (call.text("types") or "public_channel").split(",")]
    if any(found not in _TYPES for found in asked):
        raise Refused("invalid_types")
    missing = [f"{_TYPES[found]}:read" for found in asked if f"{_TYPES[found]}:read" not in call.scopes]
    if missing:
        raise Refused("missing_scope", needed=",".join(missing), provided=",".join(sorted(call.scopes)))
    bot = call.workspace.bot_user
    found = [
        render.channel(call.workspace, channel)
        for channel in call.workspace.channels.values()
        if _type(channel) in asked
        and (not channel.private or bot in channel.members)
        and not (channel.archived and call.flag("exclude_archived"))
    ]
    shown, metadata = page(call, found)
    return {"channels": shown, "response_metadata": metadata}


def list_own(call: Call) -> Json:
    """Answers the channels the bot (or the user it names) is in."""
    asked = [found.strip() for found in (call.text("types") or "public_channel").split(",")]
    who = call.text("user") or call.workspace.bot_user
    found = [
        render.channel(call.workspace, channel)
        for channel in call.workspace.channels.values()
        if who in channel.members
        and _type(channel) in asked
        and (not channel.private or call.workspace.bot_user in channel.members)
    ]
    shown, metadata = page(call, found)
    return {"channels": shown, "response_metadata": metadata}


def info(call: Call) -> Json:
    """Answers one channel."""
    channel = call.channel()
    _need(call, channel, "read")
    shown = render.channel(call.workspace, channel)
    if not call.flag("include_num_members"):
        shown.pop("num_members", None)
    return {"channel": shown}


def members(call: Call) -> Json:
    """Answers the ids of a channel's members."""
    channel = call.channel()
    _need(call, channel, "read")
    shown, metadata = page(call, sorted(channel.members))
    return {"members": shown, "response_metadata": metadata}


def open_conversation(call: Call) -> Json:
    """Answers the direct message with a user."""
    names = [name for name in call.text("users").split(",") if name]
    if call.text("channel"):
        channel = call.channel()
        if channel.direct is None:
            raise Refused("method_not_supported_for_channel_type")
    else:
        if not names:
            raise Refused("users_list_not_supplied")
        if len(names) > 1:
            raise Refused("missing_scope", needed="mpim:write", provided=",".join(sorted(call.scopes)))
        user = call.workspace.users.get(names[0])
        if user is None:
            raise Refused("user_not_found")
        if user.is_bot:
            raise Refused("cannot_dm_bot")
        channel = call.workspace.direct(user.id)
    shown = render.channel(call.workspace, channel) if call.flag("return_im") else {"id": channel.id}
    return {"channel": shown}


def _page_of(call: Call, said: list[Message]) -> Json:
    oldest, latest = call.text("oldest") or "0", call.text("latest")
    within = call.flag("inclusive")
    kept = [
        m
        for m in said
        if (m.ts > oldest or (within and m.ts == oldest))
        and (not latest or m.ts < latest or (within and m.ts == latest))
    ]
    shown, metadata = page(call, kept)
    more = bool(metadata["next_cursor"])
    found = {"messages": [render.message(call.workspace, m) for m in shown], "has_more": more}
    return found | ({"response_metadata": metadata} if more else {})


def history(call: Call) -> Json:
    """Answers what was said in a channel, newest first, threads by their parents."""
    channel = call.channel()
    _need(call, channel, "history")
    if call.workspace.bot_user not in channel.members:
        raise Refused("not_in_channel")
    said = [
        m
        for m in call.workspace.messages[channel.id].values()
        if not m.deleted and (m.thread_ts in {None, m.ts} or m.broadcast)
    ]
    bounds = {name: call.text(name) for name in ("latest", "oldest") if call.text(name)}
    return (
        bounds | _page_of(call, said[::-1]) | {"pin_count": 0, "channel_actions_ts": None, "channel_actions_count": 0}
    )


def replies(call: Call) -> Json:
    """Answers a thread, its parent first."""
    channel = call.channel()
    _need(call, channel, "history")
    if call.workspace.bot_user not in channel.members:
        raise Refused("not_in_channel")
    parent = call.workspace.message(channel.id, call.given("ts"))
    if parent is None:
        raise Refused("thread_not_found")
    found = _page_of(call, [parent, *call.workspace.thread(channel.id, parent.ts)])
    for reply in found["messages"]:
        if reply["ts"] != parent.ts:
            reply["parent_user_id"] = parent.user
    return found


def join(call: Call) -> Json:
    """Puts the bot in a public channel."""
    channel = call.channel()
    if channel.private:
        raise Refused("method_not_supported_for_channel_type")
    if channel.archived:
        raise Refused("is_archived")
    channel.members.add(call.workspace.bot_user)
    call.workspace.changes.tell("membership", channel=channel.id, user=call.workspace.bot_user)
    return {"channel": render.channel(call.workspace, channel)}


_READ = ("channels:read", "groups:read", "im:read", "mpim:read")
_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")

METHODS = {
    "conversations.list": Method(list_channels, 2, _READ),
    "users.conversations": Method(list_own, 3, _READ),
    "conversations.info": Method(info, 3, _READ),
    "conversations.members": Method(members, 4, _READ),
    "conversations.open": Method(open_conversation, 3, ("im:write", "mpim:write", "groups:write", "channels:manage")),
    "conversations.history": Method(history, 3, _HISTORY),
    "conversations.replies": Method(replies, 3, _HISTORY),
    "conversations.join": Method(join, 3, ("channels:join",)),
}
