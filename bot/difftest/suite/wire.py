"""A case as chat completions take it. Pure."""

from typing import Any

from pydantic import JsonValue

from bot.difftest.suite.model import Case, Message


def wire_tools(case: Case) -> tuple[JsonValue, ...]:
    """The case's tools as chat completions take them."""
    return tuple(
        {"type": "function", "function": tool.model_dump(mode="json", exclude_none=True)} for tool in case.tools
    )


def wire_messages(case: Case) -> tuple[JsonValue, ...]:
    """The case's messages as chat completions take them."""
    return tuple(_wire_message(message) for message in case.messages)


def _wire_message(message: Message) -> dict[str, Any]:
    return message.model_dump(mode="json", exclude_unset=True)
