"""Filling in, sending and closing modals."""

from typing import Any

from bot.sandbox.slack import elements, render, words
from bot.sandbox.slack.acts import clicks, entering, payloads
from bot.sandbox.slack.acts.outcome import Impossible, Outcome
from bot.sandbox.slack.elements import Placed
from bot.sandbox.slack.methods import views
from bot.sandbox.slack.refused import Json, Refused
from bot.sandbox.slack.site import Slack
from bot.sandbox.slack.state import User, View


async def fill_in(slack: Slack, user: User, view: View, values: dict[str, Any]) -> None:
    """Enters values, named by label, block id or action id.

    Raises:
        Impossible: `no_such_field` with those there are, `no_such_option`.
    """
    fields = list(elements.inputs(view.body["blocks"]))
    fields += [p for p in elements.interactive(view.body["blocks"]) if elements.initial_state(p.element) is not None]
    surface = clicks.Surface(view.body["blocks"], view=view)
    for name, entered in values.items():
        found = [p for p in fields if name in {elements.label(p), p.block_id, p.action_id}]
        if not found:
            there = ", ".join(elements.label(placed) for placed in fields) or "none"
            raise Impossible("no_such_field", f"the view has no field {name!r}; it has: {there}")
        placed = found[0]
        offered: list[Json] = []
        if placed.type in elements.CHOSEN | elements.CHOSEN_MANY:
            query = entered if isinstance(entered, str) else ""
            offered, failure = await clicks.options(slack, user, surface, placed, query)
            if failure is not None:
                raise Impossible("options_failed", f"the app gave no options for {name!r}: {failure}", 409)
        state = entering.state_of(slack.workspace, placed, entered, offered)
        view.values.setdefault(placed.block_id, {})[placed.action_id] = state


def unfinished(view: View) -> dict[str, str]:
    """Answers what Slack's client itself refuses to send, by block id: empty required fields, lengths."""
    errors: dict[str, str] = {}
    for placed in elements.inputs(view.body["blocks"]):
        initial = elements.initial_state(placed.element) or {}
        state = view.values.get(placed.block_id, {}).get(placed.action_id) or initial
        fault = _field_fault(placed, state)
        if fault:
            errors[placed.block_id] = fault
    return errors


def _field_fault(placed: Placed, state: Json) -> str | None:
    if elements.is_empty(state):
        return None if placed.block.get("optional") else words.REQUIRED
    text = state.get("value")
    if not isinstance(text, str):
        return None
    least, most = placed.element.get("min_length"), placed.element.get("max_length")
    if least is not None and len(text) < int(least):
        return words.TOO_SHORT.format(limit=least)
    if most is not None and len(text) > int(most):
        return words.TOO_LONG.format(limit=most)
    if placed.type == "number_input" and not _is_number(text):
        return words.NOT_A_NUMBER
    return None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


async def submit(slack: Slack, user: User, view: View, values: dict[str, Any]) -> Outcome:
    """Fills in and sends a modal, and does with it what the app answers."""
    if view.body["type"] != "modal":
        raise Impossible("not_a_modal", "only a modal can be submitted", 400)
    if not view.body.get("submit"):
        raise Impossible("no_submit", "this modal has no submit button", 409)
    await fill_in(slack, user, view, values)
    view.errors = unfinished(view)
    if view.errors:
        view.n = slack.changes.tell("view", user=user.id)
        return Outcome(sent=False, errors=dict(view.errors))
    workspace = slack.workspace
    payload = payloads.envelope(workspace, "view_submission", user)
    payload |= {
        "trigger_id": slack.triggers.trigger(user.id, view.id),
        "view": render.view(workspace, view),
        "response_urls": _response_urls(slack, user, view),
    }
    name = f"view_submission:{view.body.get('callback_id', '')}"
    delivery = await slack.courier.interact("interactive", name, payload)
    outcome = Outcome(delivery.acked, delivery.failure, delivery=delivery.id)
    if delivery.failure is None:
        try:
            _become(slack, user, view, delivery.answer or {})
        except Refused as refused:
            outcome.acked, outcome.failure = False, refused.code
    if outcome.failure is not None:
        outcome.notice = words.MODAL_FAILED
    outcome.errors = dict(view.errors)
    return outcome


def _response_urls(slack: Slack, user: User, view: View) -> list[Json]:
    """Answers a response URL for each conversation chosen in an element with `response_url_enabled`."""
    made = []
    for placed in elements.inputs(view.body["blocks"]):
        state = view.values.get(placed.block_id, {}).get(placed.action_id, {})
        chosen = state.get("selected_conversation") or state.get("selected_channel")
        if placed.element.get("response_url_enabled") and chosen:
            path = slack.triggers.response_url("actions", user.id, chosen)
            made.append(
                {
                    "block_id": placed.block_id,
                    "action_id": placed.action_id,
                    "channel_id": chosen,
                    "response_url": payloads.response_url(slack.workspace, path),
                }
            )
    return made


def _become(slack: Slack, user: User, view: View, answer: Json) -> None:
    workspace = slack.workspace
    match answer.get("response_action"):
        case None:
            _take_away(slack, user, view)
        case "clear":
            workspace.stacks[user.id] = []
            slack.changes.tell("view", user=user.id)
        case "update":
            views.put_in_place(workspace, view, views.checked(answer.get("view"), "modal"))
        case "push":
            views.put_on_top(workspace, user.id, views.checked(answer.get("view"), "modal"))
        case "errors":
            errors, known = answer.get("errors"), {p.block_id for p in elements.inputs(view.body["blocks"])}
            if not isinstance(errors, dict) or not errors or set(errors) - known:
                raise Refused("invalid_errors")
            view.errors = {block_id: str(text) for block_id, text in errors.items()}
            view.n = slack.changes.tell("view", user=user.id)
        case _:
            raise Refused("invalid_response_action")


def _take_away(slack: Slack, user: User, view: View) -> None:
    stack = slack.workspace.stacks.get(user.id, [])
    if view in stack:
        stack.remove(view)
    slack.changes.tell("view", user=user.id)


async def close(slack: Slack, user: User, view: View, *, everything: bool) -> Outcome:
    """Closes a modal, or the whole stack; tells the app where it asked to be told."""
    workspace = slack.workspace
    stack = workspace.stacks.get(user.id, [])
    if view not in stack:
        raise Impossible("not_a_modal", "only an open modal can be closed", 409)
    cleared = everything or bool(view.body.get("clear_on_close"))
    closing = stack[::-1] if cleared else [view]
    for found in closing:
        stack.remove(found)
    slack.changes.tell("view", user=user.id)
    outcome = Outcome(acked=True, sent=False)
    for found in closing:
        if not found.body.get("notify_on_close"):
            continue
        payload = payloads.envelope(workspace, "view_closed", user)
        payload |= {"view": render.view(workspace, found), "is_cleared": cleared}
        delivery = await slack.courier.interact("interactive", "view_closed", payload)
        outcome.acked, outcome.failure = outcome.acked and delivery.acked, delivery.failure or outcome.failure
        outcome.sent, outcome.delivery = True, delivery.id
    return outcome
