"""views.*: modals and home tabs, and the stack of modals each user has (three at most)."""

import secrets
from typing import Any

from bot.sandbox.slack import blocks as block_rules
from bot.sandbox.slack import limits, render
from bot.sandbox.slack.methods.call import Call, Method
from bot.sandbox.slack.refused import Json, Refused
from bot.sandbox.slack.state import View
from bot.sandbox.slack.tidy import tidy
from bot.sandbox.slack.workspace import Workspace


def checked(found: Any, kind: str) -> Json:  # noqa: ANN401 - whatever JSON arrived
    """Answers a view after Slack's checks.

    Raises:
        Refused: `invalid_arguments` with messages, `view_too_large`.
    """
    faults = block_rules.check_view(found)
    if not faults and found["type"] != kind:
        faults = [f"[ERROR] unsupported view type: {found['type']}, expected {kind} [json-pointer:/view/type]"]
    if faults:
        raise Refused.with_messages("invalid_arguments", faults)
    if block_rules.too_large(found):
        raise Refused("view_too_large")
    body: Json = found
    return body


def _hash(workspace: Workspace) -> str:
    return f"{int(workspace.clock())}.{secrets.token_hex(4)}"


def _claim_external_id(workspace: Workspace, external_id: str, own: View | None = None) -> str:
    if external_id and any(v.external_id == external_id and v is not own for v in workspace.views()):
        raise Refused("duplicate_external_id")
    return external_id


def put_on_top(workspace: Workspace, user: str, body: Json) -> View:
    """Puts a modal on a user's stack.

    Raises:
        Refused: `push_limit_reached` over three, `duplicate_external_id`.
    """
    stack = workspace.stacks.setdefault(user, [])
    if len(stack) >= limits.VIEW_STACK:
        raise Refused("push_limit_reached")
    external_id = _claim_external_id(workspace, str(body.get("external_id") or ""))
    view_id = workspace.mint("V")
    made = View(
        view_id,
        user,
        {**body, "blocks": tidy(workspace, body["blocks"])},
        _hash(workspace),
        stack[0].id if stack else view_id,
        stack[-1].id if stack else None,
        external_id,
    )
    stack.append(made)
    made.n = workspace.changes.tell("view", user=user)
    return made


def put_in_place(workspace: Workspace, view: View, body: Json) -> None:
    """Shows something else in a modal or home tab; what was entered stays where ids are the same."""
    view.external_id = _claim_external_id(workspace, str(body.get("external_id") or view.external_id), view)
    view.body = {**body, "blocks": tidy(workspace, body["blocks"])}
    view.hash, view.errors = _hash(workspace), {}
    kept = {block.get("block_id") for block in view.body["blocks"]}
    view.values = {block_id: values for block_id, values in view.values.items() if block_id in kept}
    view.n = workspace.changes.tell("home" if body["type"] == "home" else "view", user=view.user)


def open_view(call: Call) -> Json:
    """Opens a modal for the user whose trigger it is; one that was open is replaced."""
    body = checked(call.structure("view", "invalid_arguments"), "modal")
    trigger = call.triggers.spend(call.required("trigger_id"))
    call.workspace.stacks[trigger.user] = []
    return {"view": render.view(call.workspace, put_on_top(call.workspace, trigger.user, body))}


def push(call: Call) -> Json:
    """Puts a modal on top of the one the trigger came from."""
    workspace = call.workspace
    body = checked(call.structure("view", "invalid_arguments"), "modal")
    trigger = call.triggers.spend(call.required("trigger_id"))
    if not workspace.stacks.get(trigger.user):
        raise Refused("not_found")
    return {"view": render.view(workspace, put_on_top(workspace, trigger.user, body))}


def update(call: Call) -> Json:
    """Shows something else in an open modal."""
    workspace = call.workspace
    view_id, external_id = call.text("view_id"), call.text("external_id")
    found = [v for v in workspace.views() if v.id == view_id or (external_id and v.external_id == external_id)]
    if not found:
        raise Refused("not_found")
    body = checked(call.structure("view", "invalid_arguments"), found[0].body["type"])
    if call.text("hash") and call.text("hash") != found[0].hash:
        raise Refused("hash_conflict")
    put_in_place(workspace, found[0], body)
    return {"view": render.view(workspace, found[0])}


def publish(call: Call) -> Json:
    """Sets a user's home tab."""
    workspace = call.workspace
    user = workspace.users.get(call.required("user_id"))
    if user is None or user.is_bot:
        raise Refused("user_not_found")
    if not workspace.seed.app.home_tab:
        raise Refused("not_enabled")
    body = checked(call.structure("view", "invalid_arguments"), "home")
    home = workspace.homes.get(user.id)
    if home is None:
        view_id = workspace.mint("V")
        home = workspace.homes[user.id] = View(view_id, user.id, body, "", view_id)
    elif call.text("hash") and call.text("hash") != home.hash:
        raise Refused("hash_conflict")
    put_in_place(workspace, home, body)
    return {"view": render.view(workspace, home)}


METHODS = {
    "views.open": Method(open_view, 4),
    "views.push": Method(push, 4),
    "views.update": Method(update, 4),
    "views.publish": Method(publish, 4),
}
