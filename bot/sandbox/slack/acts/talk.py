"""Saying, reacting, deleting, reloading, opening the home tab, using a shortcut."""

from bot.sandbox.slack import faults, render, words
from bot.sandbox.slack.acts import payloads
from bot.sandbox.slack.acts.outcome import Impossible, Outcome, typed
from bot.sandbox.slack.mrkdwn import spoken
from bot.sandbox.slack.refused import Json
from bot.sandbox.slack.site import Slack
from bot.sandbox.slack.state import Channel, Message, User

_MESSAGE_EVENTS = {"im": ("message.im", "im:history"), "private": ("message.groups", "groups:history")}


def scopes(slack: Slack) -> set[str]:
    """Answers the bot scopes that are granted now."""
    taken = {f.scope for f in slack.faults.standing() if isinstance(f, faults.MissingScope)}
    return set(slack.workspace.seed.app.bot_scopes) - taken


def _subscribed(slack: Slack, event: str, scope: str | None) -> bool:
    return event in slack.workspace.seed.app.events and (scope is None or scope in scopes(slack))


async def say(
    slack: Slack, user: User, channel: Channel, text: str, thread_ts: str | None, *, broadcast: bool
) -> Outcome:
    """Says something as a user. The app is told of a mention, and of every message where it subscribed to them."""
    workspace = slack.workspace
    if user.id not in channel.members:
        raise Impossible("not_in_channel", f"{user.name} is not in #{channel.name} and cannot write there", 409)
    if channel.archived:
        raise Impossible("is_archived", f"#{channel.name} is archived, nobody can write there", 409)
    typed(text)
    parent = workspace.messages[channel.id].get(thread_ts) if thread_ts else None
    if thread_ts and parent is None:
        raise Impossible("message_not_found", f"there is no message {thread_ts} in #{channel.name}")
    said = Message(channel.id, workspace.next_ts(), user.id, spoken(workspace, text))
    if parent is not None:
        said.thread_ts, said.broadcast = parent.thread_ts or parent.ts, broadcast
    workspace.add(said)
    outcome = Outcome(acked=True, sent=False, saw=[said])
    if workspace.bot_user not in channel.members:
        return outcome
    for name, body in _events_of(slack, said, channel):
        delivery = await slack.courier.tell(name, payloads.event(workspace, body))
        outcome.sent, outcome.delivery = True, delivery.id
        outcome.acked, outcome.failure = outcome.acked and delivery.acked, delivery.failure or outcome.failure
    return outcome


def _events_of(slack: Slack, said: Message, channel: Channel) -> list[tuple[str, Json]]:
    workspace = slack.workspace
    body = render.message(workspace, said) | {"channel": channel.id, "event_ts": said.ts}
    found: list[tuple[str, Json]] = []
    mentioned = f"<@{workspace.bot_user}>" in said.text
    if mentioned and channel.direct is None and _subscribed(slack, "app_mention", "app_mentions:read"):
        found.append(("app_mention", body | {"type": "app_mention"}))
    kind = "im" if channel.direct else "private" if channel.private else ""
    event, scope = _MESSAGE_EVENTS.get(kind, ("message.channels", "channels:history"))
    if _subscribed(slack, event, scope):
        found.append((event, body | {"channel_type": "im" if channel.direct else "group" if kind else "channel"}))
    return found


async def open_home(slack: Slack, user: User) -> Outcome:
    """Opens the app's home tab."""
    workspace = slack.workspace
    if not workspace.seed.app.home_tab:
        raise Impossible("not_enabled", "the app has no home tab", 409)
    if user.guest and not any({user.id, workspace.bot_user} <= c.members for c in workspace.channels.values()):
        raise Impossible("not_visible", f"{user.name} is a guest and shares no channel with the app", 409)
    body: Json = {
        "type": "app_home_opened",
        "user": user.id,
        "channel": workspace.direct(user.id).id,
        "event_ts": workspace.next_ts(),
        "tab": "home",
    }
    if user.id in workspace.homes:
        body["view"] = render.view(workspace, workspace.homes[user.id])
    if not _subscribed(slack, "app_home_opened", None):
        return Outcome(acked=True, sent=False)
    delivery = await slack.courier.tell("app_home_opened", payloads.event(workspace, body))
    return Outcome(delivery.acked, delivery.failure, delivery=delivery.id)


async def use_shortcut(slack: Slack, user: User, callback_id: str, message: Message | None) -> Outcome:
    """Uses a global shortcut, or one on a message."""
    workspace = slack.workspace
    wanted = "global" if message is None else "message"
    known = {found.callback_id for found in workspace.seed.app.shortcuts if found.type == wanted}
    if callback_id not in known:
        there = ", ".join(sorted(known)) or "none"
        raise Impossible("no_such_shortcut", f"the app has no {wanted} shortcut {callback_id!r}; it has: {there}")
    kind = "shortcut" if message is None else "message_action"
    payload = payloads.envelope(workspace, kind, user)
    payload |= {
        "action_ts": workspace.next_ts(),
        "callback_id": callback_id,
        "trigger_id": slack.triggers.trigger(user.id),
    }
    if message is not None:
        path = slack.triggers.response_url("actions", user.id, message.channel, message.ts)
        payload |= {
            "message_ts": message.ts,
            "channel": payloads.place(workspace.channels[message.channel]),
            "message": render.message(workspace, message),
            "response_url": payloads.response_url(workspace, path),
        }
    delivery = await slack.courier.interact("interactive", f"{kind}:{callback_id}", payload)
    notice = words.action_notice(delivery.failure)
    return Outcome(delivery.acked, delivery.failure, notice=notice, delivery=delivery.id)


async def react(slack: Slack, user: User, message: Message, name: str) -> Outcome:
    """Puts a reaction under a message."""
    users = message.reactions.setdefault(name.strip(":"), [])
    if user.id in users:
        raise Impossible("already_reacted", f"{user.name} has already reacted with :{name}:", 409)
    users.append(user.id)
    workspace = slack.workspace
    workspace.touch(message, "reaction")
    inside = workspace.bot_user in workspace.channels[message.channel].members
    if message.to is not None or not inside or not _subscribed(slack, "reaction_added", "reactions:read"):
        return Outcome(acked=True, sent=False)
    body: Json = {
        "type": "reaction_added",
        "user": user.id,
        "reaction": name.strip(":"),
        "item_user": message.user,
        "item": {"type": "message", "channel": message.channel, "ts": message.ts},
        "event_ts": workspace.next_ts(),
    }
    delivery = await slack.courier.tell("reaction_added", payloads.event(workspace, body))
    return Outcome(delivery.acked, delivery.failure, delivery=delivery.id)


def delete(slack: Slack, user: User, message: Message) -> None:
    """Takes a message back: one's own, or as an admin anybody's; an ephemeral one by its addressee."""
    if user.id not in {message.user, message.to} and not user.admin:
        raise Impossible("cant_delete_message", f"{user.name} can delete only their own messages", 409)
    slack.workspace.delete(message)


def reload(slack: Slack, user: User) -> None:
    """Reloads a user's client: what was shown to them alone is gone."""
    for message in slack.workspace.ephemerals.pop(user.id, []):
        message.deleted = True
    slack.changes.tell("deleted", user=user.id)
