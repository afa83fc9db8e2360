"""Using an element of a message, a modal or the home tab: buttons with their dialogs, menus, inputs that dispatch."""

from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack import elements, render, words
from bot.sandbox.slack.acts import entering, payloads
from bot.sandbox.slack.acts.outcome import Impossible, Outcome
from bot.sandbox.slack.elements import Placed
from bot.sandbox.slack.refused import Json
from bot.sandbox.slack.site import Slack
from bot.sandbox.slack.state import Channel, Message, User, View


@dataclass(frozen=True)
class Surface:
    """Where the element is: a message in its channel, or a view."""

    blocks: list[Json]
    channel: Channel | None = None
    message: Message | None = None
    view: View | None = None


@dataclass(frozen=True)
class Wanted:
    """Which element is meant, and what is done with it."""

    action_id: str | None = None
    label: str | None = None
    block_id: str | None = None
    value: str | None = None
    option: Any = None
    confirm: bool = True
    stale: bool = False


def shown_to(user: User, found: list[Placed]) -> list[Placed]:
    """Answers the elements this user is shown (`visible_to_user_ids`)."""
    return [
        placed
        for placed in found
        if not placed.element.get("visible_to_user_ids") or user.id in placed.element["visible_to_user_ids"]
    ]


def find(user: User, surface: Surface, wanted: Wanted) -> Placed:
    """Answers the one element that is meant.

    Raises:
        Impossible: `no_such_element` with those there are, or `ambiguous` when several fit.
    """
    there = shown_to(user, list(elements.interactive(surface.blocks)))
    if wanted.stale and surface.message is not None:
        gone = [placed for blocks in surface.message.earlier[::-1] for placed in elements.interactive(blocks)]
        there = [*shown_to(user, gone), *there]  # whoever looks at an old copy may see what it still shows
    found = [
        placed
        for placed in there
        if wanted.action_id in {None, placed.action_id}
        and wanted.label in {None, elements.label(placed)}
        and wanted.block_id in {None, placed.block_id}
        and wanted.value in {None, placed.element.get("value")}
    ]
    if wanted.action_id is None and wanted.label is None:
        raise Impossible("no_element_named", "name an element by action_id or label", 400)
    if not found:
        names = ", ".join(f"{elements.label(p)} ({p.action_id})" for p in there) or "none"
        raise Impossible("no_such_element", f"{user.name} is shown no such element; there are: {names}")
    values = {(placed.action_id, placed.element.get("value"), placed.block_id) for placed in found}
    if len(values) > 1 and not wanted.stale:
        raise Impossible("ambiguous", f"{len(values)} elements fit; add value or block_id", 400)
    return found[0]


async def options(
    slack: Slack, user: User, surface: Surface, placed: Placed, query: str
) -> tuple[list[Json], str | None]:
    """Answers the options a menu offers, and the failure if the app had to be asked and did not answer."""
    if placed.type not in elements.EXTERNAL:
        return elements.options(placed.element), None
    payload = payloads.envelope(slack.workspace, "block_suggestion", user) | _container(slack, surface)
    payload |= {"action_id": placed.action_id, "block_id": placed.block_id, "value": query}
    payload.pop("state", None)
    delivery = await slack.courier.interact("interactive", "block_suggestion", payload)
    if delivery.failure is not None:
        return [], delivery.failure
    return elements.options(delivery.answer or {}), None


def dialog_of(element: Json) -> Json | None:
    """Answers the confirm dialog of an element as a person reads it."""
    confirm = element.get("confirm")
    if not confirm:
        return None
    return {key: confirm[key]["text"] for key in ("title", "text", "confirm", "deny")}


async def click(slack: Slack, user: User, surface: Surface, wanted: Wanted) -> Outcome:
    """Uses an element: asks for confirmation, enters what is entered, tells the app."""
    placed = find(user, surface, wanted)
    dialog = dialog_of(placed.element)
    state: Json | None = None
    if placed.type not in elements.BUTTONS and placed.type != "feedback_buttons":
        query = wanted.option if isinstance(wanted.option, str) else ""
        offered, failure = await options(slack, user, surface, placed, query)
        if failure is not None:
            return Outcome(failure=failure, notice=words.OPTIONS_FAILED)
        entered = wanted.value if wanted.option is None else wanted.option
        state = entering.state_of(slack.workspace, placed, entered, offered)
    if dialog is not None and not wanted.confirm:
        return Outcome(dialog=dialog, sent=False)
    if state is not None and placed.type != "overflow":
        _entered(slack, user, surface).setdefault(placed.block_id, {})[placed.action_id] = state
    workspace = slack.workspace
    payload = payloads.envelope(workspace, "block_actions", user) | _container(slack, surface)
    view_id = surface.view.id if surface.view else None
    payload["trigger_id"] = slack.triggers.trigger(user.id, view_id)
    payload["state"] = {"values": elements.state_values(surface.blocks, _entered(slack, user, surface))}
    if surface.message is not None and surface.channel is not None:
        path = slack.triggers.response_url("actions", user.id, surface.channel.id, surface.message.ts)
        payload["response_url"] = payloads.response_url(workspace, path)
    else:
        del payload["state"]
    payload["actions"] = [entering.action_of(placed, state, workspace.next_ts())]
    delivery = await slack.courier.interact("interactive", f"block_actions:{placed.action_id}", payload)
    notice = words.action_notice(delivery.failure)
    return Outcome(delivery.acked, delivery.failure, notice=notice, dialog=dialog, delivery=delivery.id)


def _entered(slack: Slack, user: User, surface: Surface) -> dict[str, dict[str, Json]]:
    if surface.view is not None:
        return surface.view.values
    message = surface.message
    key = (user.id, message.channel, message.ts) if message else (user.id, "", "")
    return slack.workspace.entered.setdefault(key, {})


def _container(slack: Slack, surface: Surface) -> Json:
    workspace = slack.workspace
    if surface.view is not None:
        shown = render.view(workspace, surface.view)
        return {"container": {"type": "view", "view_id": surface.view.id}, "view": shown}
    if surface.message is None or surface.channel is None:
        raise Impossible("message_not_found", "there is no such message")
    message = surface.message
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": message.to is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    shown = {"container": container, "channel": payloads.place(surface.channel)}
    if message.to is None:
        shown["message"] = render.message(workspace, message)
    return shown
