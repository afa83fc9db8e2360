"""Entering something into an element: from what a caller names to the state and the action Slack makes of it."""

from typing import Any

from bot.sandbox.slack import elements
from bot.sandbox.slack.acts.outcome import Impossible
from bot.sandbox.slack.elements import Placed
from bot.sandbox.slack.refused import Json
from bot.sandbox.slack.workspace import Workspace


def choose(offered: list[Json], wanted: Any, label: str) -> Json:  # noqa: ANN401 - a value, a text, or an option
    """Answers the option with this value or text.

    Raises:
        Impossible: `no_such_option`, with those there are.
    """
    if isinstance(wanted, dict):
        wanted = wanted.get("value")
    for option in offered:
        if wanted in {option["value"], option["text"]["text"]}:
            return {key: value for key, value in option.items() if key != "url"}
    there = ", ".join(option["text"]["text"] for option in offered) or "none"
    raise Impossible("no_such_option", f"{label!r} has no option {wanted!r}; it offers: {there}")


def state_of(workspace: Workspace, placed: Placed, entered: Any, offered: list[Json]) -> Json:  # noqa: ANN401 - any JSON
    """Answers an element's state after something was entered; None or an empty value clears it.

    Raises:
        Impossible: `no_such_option`, `user_not_found`, `channel_not_found`, `not_an_input`.
    """
    kind, label = placed.type, elements.label(placed)
    if kind in elements.TYPED:
        return {"type": kind, "value": None if entered in (None, "") else str(entered)}
    if kind in elements.CHOSEN:
        return {"type": kind, "selected_option": None if entered in (None, "") else choose(offered, entered, label)}
    many = entered if isinstance(entered, list) else [entered] if entered not in (None, "") else []
    if kind in elements.CHOSEN_MANY:
        return {"type": kind, "selected_options": [choose(offered, wanted, label) for wanted in many]}
    if kind in elements.PICKED_MANY:
        return {"type": kind, elements.PICKED_MANY[kind]: [_picked(workspace, kind, wanted) for wanted in many]}
    if kind in elements.PICKED:
        return {"type": kind, elements.PICKED[kind]: _picked(workspace, kind, entered) if entered else None}
    if kind == "datetimepicker":
        return {"type": kind, "selected_date_time": int(entered) if entered else None}
    raise Impossible("not_an_input", f"{label!r} is a {kind}: nothing can be entered there", 400)


def _picked(workspace: Workspace, kind: str, wanted: Any) -> str:  # noqa: ANN401 - any JSON
    name = str(wanted)
    if "users" in kind:
        user = workspace.find_user(name)
        if user is None:
            raise Impossible("user_not_found", f"there is no user {name!r}")
        return user.id
    if "channels" in kind or "conversations" in kind:
        channel = workspace.find_channel(name)
        if channel is None:
            raise Impossible("channel_not_found", f"there is no channel {name!r}")
        return channel.id
    return name


def action_of(placed: Placed, state: Json | None, at: str) -> Json:
    """Answers the entry of `actions` for an element that was used."""
    element = placed.element
    action: Json = {"action_id": placed.action_id, "block_id": placed.block_id, "type": placed.type, "action_ts": at}
    if state is not None:
        return action | {key: value for key, value in state.items() if key != "type"} | _placeholder(element)
    for key in ("text", "value", "style", "url"):
        if element.get(key) is not None:
            action[key] = element[key]
    return action


def _placeholder(element: Json) -> Json:
    return {key: element[key] for key in ("placeholder", "initial_option") if element.get(key) is not None}
