"""Tool calls as models make them: their arguments, whether they could be carried out, how they are told. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from bot.difftest.marking.json_values import parse_json, shown
from bot.difftest.marking.schemas import schema_misses
from bot.difftest.marking.untellable import Untellable
from bot.difftest.model.chat import ToolCall

Tools = Mapping[str, JsonValue]
"""The offered tools: name -> JSON Schema of the arguments."""

_TOLD: Final = 8


def parsed_arguments(call: ToolCall) -> JsonValue:
    """The arguments of a call; an empty text is no arguments. Raises ValueError."""
    return parse_json(call.arguments) if call.arguments and call.arguments.strip() else {}


def invalid_call(call: ToolCall, tools: Tools) -> str | None:
    """Why a call could not be carried out: unknown tool, malformed JSON, or arguments against the schema."""
    if call.name not in tools:
        return f"calls {call.name!r}, which is not one of the offered tools ({', '.join(tools) or 'none'})"
    try:
        arguments = parsed_arguments(call)
    except ValueError as error:
        return f"calls {call.name} with arguments that are not JSON: {error}"
    if not isinstance(arguments, dict):
        return f"calls {call.name} with arguments that are no object: {shown(arguments)}"
    try:
        why = schema_misses(tools[call.name], arguments)
    except Untellable as error:
        return f"calls {call.name} with arguments that cannot be judged: {error}"
    return None if why is None else f"calls {call.name} with arguments against its schema: {why}"


def made(calls: Sequence[ToolCall]) -> str:
    """Which tools were called, in a few words."""
    names = [call.name for call in calls]
    more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
    return f"called: {', '.join(names[:_TOLD])}{more}" if names else "no tool was called"
