"""What may be expected of a model's tool calls. Pure: a value, the calls and the offered tools in, the reason out.

Beside what a suite expects, every call a model makes in a case about tools must be one of the offered tools with
arguments that are JSON and meet the tool's schema.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from pydantic import JsonValue

from bot.difftest.marking.json_values import parse_json, same_json, schema_misses, shown
from bot.difftest.model.chat import ToolCall

Tools = Mapping[str, JsonValue]
"""The offered tools: name -> JSON Schema of the arguments."""


@dataclass(frozen=True, slots=True)
class ToolExpectation:
    """`expects` answers what is wrong with a value, given the tools; `misses` why the calls do not meet it."""

    expects: Callable[[JsonValue, Tools], str | None]
    misses: Callable[[JsonValue, Sequence[ToolCall], Tools], str | None]


@dataclass(frozen=True, slots=True)
class ExpectedArguments:
    """`tool-args` in one form: a call to `name` (any tool when None) with these arguments, others allowed or not."""

    name: str | None
    arguments: dict[str, JsonValue]
    exact: bool


def parsed_arguments(call: ToolCall) -> JsonValue:
    """The arguments of a call; an empty text is no arguments. Raises ValueError."""
    return parse_json(call.arguments) if call.arguments.strip() else {}


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
    why = schema_misses(tools[call.name], arguments)
    return None if why is None else f"calls {call.name} with arguments against its schema: {why}"


def _unknown(names: Sequence[str], tools: Tools) -> str | None:
    for name in names:
        if name not in tools:
            near = get_close_matches(name, tools, n=1)
            hint = f"; did you mean {near[0]}?" if near else f" (offered: {', '.join(tools) or 'none'})"
            return f"names the tool {name!r}, which this case does not offer{hint}"
    return None


def _called(value: JsonValue) -> tuple[tuple[str, ...], int | None] | None:
    """The names of `tool-called`, and how often exactly; None for a value that is none."""
    if isinstance(value, str) and value:
        return (value,), None
    if isinstance(value, list) and value and all(isinstance(name, str) for name in value):
        return tuple(str(name) for name in value), None
    if isinstance(value, dict) and value.keys() <= {"name", "tool", "times"}:
        name, times = value.get("name", value.get("tool")), value.get("times")
        whole = isinstance(times, int) and not isinstance(times, bool) and times > 0
        if isinstance(name, str) and name and (times is None or whole):
            return (name,), times if isinstance(times, int) else None
    return None


def _expects_called(value: JsonValue, tools: Tools) -> str | None:
    called = _called(value)
    if called is None:
        return "a tool's name, a list of names, or {name, times} is expected"
    return _unknown(called[0], tools)


def _misses_called(value: JsonValue, calls: Sequence[ToolCall], tools: Tools) -> str | None:  # noqa: ARG001
    names, times = _called(value) or ((), None)
    made = [call.name for call in calls]
    for name in names:
        if times is None and name not in made:
            return f"{name} was not called ({_made(made)})"
        if times is not None and made.count(name) != times:
            return f"{name} was called {made.count(name)} times, not {times}"
    return None


def _made(names: Sequence[str]) -> str:
    return f"called: {', '.join(names)}" if names else "no tool was called"


def expected_arguments(value: JsonValue, tools: Tools) -> ExpectedArguments | None:
    """The value of `tool-args` in one form; None for a value that is none.

    Forms: `{name, arguments, match}` with `match` subset (default) or exact, `{TOOL: {argument: value}}`, or the
    arguments alone, which any call may carry.
    """
    if not isinstance(value, dict) or not value:
        return None
    name, arguments = value.get("name", value.get("tool")), value.get("arguments", value.get("args"))
    if isinstance(arguments, dict) and value.keys() <= {"name", "tool", "arguments", "args", "match"}:
        match = value.get("match", "subset")
        if (name is not None and not isinstance(name, str)) or match not in ("subset", "exact"):
            return None
        return ExpectedArguments(name, arguments, exact=match == "exact")
    if len(value) == 1:
        ((tool, inner),) = value.items()
        if tool in tools and isinstance(inner, dict):
            return ExpectedArguments(tool, inner, exact=False)
    return ExpectedArguments(None, value, exact=False)


def _expects_arguments(value: JsonValue, tools: Tools) -> str | None:
    expected = expected_arguments(value, tools)
    if expected is None:
        return "{name, arguments, match: subset or exact} is expected"
    if not tools:
        return "expects a tool call, but this case offers no tools"
    return None if expected.name is None else _unknown([expected.name], tools)


def _misses_arguments(value: JsonValue, calls: Sequence[ToolCall], tools: Tools) -> str | None:
    expected = expected_arguments(value, tools)
    if expected is None:
        return "cannot be judged"
    rivals = [call for call in calls if expected.name in (None, call.name)]
    if not rivals:
        return f"{expected.name or 'no tool'} was not called ({_made([call.name for call in calls])})"
    reasons = [_difference(expected, call) for call in rivals]
    return None if None in reasons else reasons[-1]


def _difference(expected: ExpectedArguments, call: ToolCall) -> str | None:
    try:
        made = parsed_arguments(call)
    except ValueError as error:
        return f"{call.name} was called with arguments that are not JSON: {error}"
    if not isinstance(made, dict):
        return f"{call.name} was called with {shown(made)}"
    wrong = [key for key, wanted in expected.arguments.items() if key not in made or not same_json(made[key], wanted)]
    spare = [key for key in made if key not in expected.arguments] if expected.exact else []
    if not wrong and not spare:
        return None
    said = [
        f"{key} is {shown(made[key]) if key in made else 'missing'}, not {shown(expected.arguments[key])}"
        for key in wrong
    ]
    said += [f"{key} is not expected" for key in spare]
    return f"{call.name}: {'; '.join(said)}"


def _expects_nothing(value: JsonValue, tools: Tools) -> str | None:  # noqa: ARG001
    return None if value in (None, True) else "takes no value"


def _misses_no_call(value: JsonValue, calls: Sequence[ToolCall], tools: Tools) -> str | None:  # noqa: ARG001
    return _made([call.name for call in calls]) if calls else None


TOOL_EXPECTATIONS: Final[dict[str, ToolExpectation]] = {
    "tool-called": ToolExpectation(_expects_called, _misses_called),
    "tool-args": ToolExpectation(_expects_arguments, _misses_arguments),
    "no-tool-call": ToolExpectation(_expects_nothing, _misses_no_call),
}
"""Every type of expectation about tool calls."""


def tool_misses(kind: str, value: JsonValue, calls: Sequence[ToolCall], tools: Tools) -> str | None:
    """Why the calls do not meet an expectation of a known type; None when they do."""
    why = TOOL_EXPECTATIONS[kind].misses(value, calls, tools)
    return None if why is None else f"{kind}: {why}"
