"""Calls of the control API that change the world itself: faults, delivery, membership."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from bot.sandbox.control import look, requests
from bot.sandbox.seed import slack_id
from bot.sandbox.slack import faults
from bot.sandbox.slack.acts.outcome import Impossible, Outcome
from bot.sandbox.slack.refused import Json
from bot.sandbox.slack.site import Slack
from bot.sandbox.slack.state import Channel, Group


class Trouble:
    """Places and ends faults; remembers what each took away, to give it back."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self._undo: dict[str, Callable[[], None]] = {}

    async def place(self, asked: BaseModel) -> Json:
        """Puts one fault in force."""
        fault: Any = asked
        undo = self._take(fault)
        placed = self._slack.faults.place(fault)
        if undo is not None:
            self._undo[placed.id] = undo
        if isinstance(fault, faults.RefuseConnections):
            await self._slack.sockets.disconnect("cut")
        self._slack.changes.tell("fault")
        return {"id": placed.id}

    def _take(self, fault: Any) -> Callable[[], None] | None:  # noqa: ANN401 - any fault
        if isinstance(fault, faults.ArchiveChannel):
            channel = look.any_channel(self._slack, fault.channel)
            was, channel.archived = channel.archived, True
            return lambda: setattr(channel, "archived", was)
        if isinstance(fault, faults.RemoveBot):
            channel, bot = look.any_channel(self._slack, fault.channel), self._slack.workspace.bot_user
            if bot not in channel.members:
                raise Impossible("not_in_channel", f"the bot is not in #{channel.name}", 409)
            channel.members.discard(bot)
            return lambda: channel.members.add(bot)
        return None

    def listed(self) -> Json:
        """Answers the faults in force."""
        placed = self._slack.faults.placed.values()
        return {"faults": [{"id": f.id, "used": f.used, **f.fault.model_dump()} for f in placed]}

    def end(self, fault_id: str | None) -> Json:
        """Ends one fault, or all."""
        placed = self._slack.faults.placed
        if fault_id is not None and fault_id not in placed and fault_id not in self._undo:
            raise Impossible("no_such_fault", f"no fault {fault_id} is in force")
        ending = list(placed) if fault_id is None else [fault_id]
        for found in ending:
            placed.pop(found, None)
            undo = self._undo.pop(found, None)
            if undo is not None:
                undo()
        self._slack.changes.tell("fault")
        return {"ended": ending}


async def deliver_again(slack: Slack, asked: requests.Again) -> Json:
    """Sends a past delivery once more."""
    delivery = slack.courier.sent.get(asked.delivery)
    if delivery is None:
        raise Impossible("no_such_delivery", f"nothing was sent as {asked.delivery!r}")
    await slack.courier.again(delivery)
    payload = delivery.payload
    user_id = payload.get("user_id") or (payload.get("user") or {}).get("id") or payload.get("event", {}).get("user")
    who = look.user(slack, str(user_id))
    return look.outcome(slack, who, Outcome(delivery.acked, delivery.failure, delivery=delivery.id))


async def disconnect(slack: Slack, asked: requests.Disconnect) -> Json:
    """Ends every socket."""
    return {"connections": await slack.sockets.disconnect(asked.reason)}


async def delivery(slack: Slack, asked: requests.DeliveryMode) -> Json:
    """Chooses signed HTTP to an address (after Slack's challenge), or Socket Mode."""
    if asked.request_url is not None and not await slack.courier.verify(asked.request_url):
        raise Impossible("url_verification_failed", f"{asked.request_url} did not answer Slack's challenge", 409)
    slack.courier.request_url = asked.request_url
    return {"request_url": asked.request_url}


async def set_group(slack: Slack, asked: requests.SetGroup) -> Json:
    """Sets who is in a user group."""
    members = [look.user(slack, name).id for name in asked.users]
    found = look.group(slack, asked.group)
    if found is None:
        handle = asked.group.removeprefix("@")
        found = Group(slack_id("S", handle), handle, handle, [])
        slack.workspace.groups[found.id] = found
    found.users = members
    slack.changes.tell("membership")
    return {"group": {"id": found.id, "handle": found.handle, "name": found.name, "users": found.users}}


async def set_member(slack: Slack, asked: requests.SetMember) -> Json:
    """Puts a user (or the bot) in a channel, or takes them out."""
    workspace = slack.workspace
    channel: Channel = look.any_channel(slack, asked.channel)
    bare = asked.user.removeprefix("@")
    user_id = workspace.bot_user if bare in {workspace.seed.app.name, workspace.bot_user} else look.user(slack, bare).id
    if asked.member:
        channel.members.add(user_id)
    else:
        channel.members.discard(user_id)
    slack.changes.tell("membership", channel=channel.id, user=user_id)
    return {"channel": channel.id, "members": sorted(channel.members)}
