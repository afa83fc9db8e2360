"""A Web API call on its way to its method: the arguments, read the way Slack reads them, and the table of methods."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack.refused import Json, Refused
from bot.sandbox.slack.state import Channel
from bot.sandbox.slack.triggers import Triggers
from bot.sandbox.slack.workspace import Workspace


@dataclass(frozen=True)
class Call:
    """One call. `args` are a form's strings or any JSON of a JSON body; `open_socket` makes a Socket Mode address."""

    workspace: Workspace
    triggers: Triggers
    open_socket: Callable[[], str]
    args: Mapping[str, Any]
    scopes: frozenset[str] = frozenset()

    def text(self, name: str) -> str:
        """Answers an argument as text, empty when it was not given."""
        value = self.args.get(name)
        if value is None:
            return ""
        return value if isinstance(value, str) else json.dumps(value)

    def flag(self, name: str) -> bool:
        """Answers an argument as a truth value."""
        value = self.args.get(name)
        return value in (True, 1) or str(value).lower() in {"true", "1"}

    def number(self, name: str, usual: int) -> int:
        """Answers an argument as a whole number."""
        try:
            return int(self.args.get(name) or usual)
        except (TypeError, ValueError):
            raise Refused("invalid_arguments") from None

    def structure(self, name: str, error: str) -> Any:  # noqa: ANN401 - any JSON
        """Answers an argument that is JSON, inside a form as a string; None when it was not given."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise Refused(error) from None

    def given(self, name: str) -> str:
        """Answers a text argument that must have been sent; one that was sent empty is another method's matter.

        Raises:
            Refused: `invalid_arguments`, naming it.
        """
        if self.args.get(name) is None:
            raise Refused.with_messages("invalid_arguments", [f"[ERROR] missing required field: {name}"])
        return self.text(name)

    def required(self, name: str) -> str:
        """Answers a text argument that must be there.

        Raises:
            Refused: `invalid_arguments`, naming it.
        """
        value = self.text(name)
        if not value:
            raise Refused.with_messages("invalid_arguments", [f"[ERROR] missing required field: {name}"])
        return value

    def channel(self, name: str = "channel") -> Channel:
        """Answers the channel that is named by its id and that the bot can know of.

        Raises:
            Refused: `invalid_arguments` when none was sent; `channel_not_found`, as Slack also says for a private
                channel without the bot.
        """
        channel = self.workspace.channels.get(self.given(name))
        if channel is None or (channel.private and self.workspace.bot_user not in channel.members):
            raise Refused("channel_not_found")
        return channel


@dataclass(frozen=True)
class Method:
    """What a method needs: `scopes` (any one will do), `tier` (its rate), `app` (an app-level token)."""

    run: Callable[[Call], Json]
    tier: int
    scopes: tuple[str, ...] = ()
    app: bool = False


def page(call: Call, found: list[Any], usual: int = 100) -> tuple[list[Any], Json]:
    """Answers one page of a list and its `response_metadata` (`next_cursor`), as Slack's cursors do."""
    limit = call.number("limit", usual)
    start = 0
    cursor = call.text("cursor")
    if cursor:
        if not cursor.startswith("sandbox:") or not cursor[8:].isdigit():
            raise Refused("invalid_cursor")
        start = int(cursor[8:])
    rest = start + limit
    return found[start:rest], {"next_cursor": f"sandbox:{rest}" if rest < len(found) else ""}
