"""What may be expected of a model's tool calls. Pure: a value, the calls and the offered tools in, the reason out.

Every type answers three questions: is `value` one it can work with, do the calls meet it, and which metrics of tool
behaviour it says something about. `not-` in front of a type turns it round. Beside what a suite expects, every call a
model makes in a case about tools must be one of the offered tools with arguments that are JSON and meet the tool's
schema.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal

from pydantic import JsonValue

from bot.difftest.marking.arguments import MATCHES, ExpectedCall, expected_call
from bot.difftest.marking.call_list import CallList, called_in_order, read_calls
from bot.difftest.marking.calls import Tools, made
from bot.difftest.marking.kinds import is_negated, plain
from bot.difftest.model.chat import ToolCall

Told = Literal["tool", "arguments", "count", "abstention"]
"""The metrics that expectations feed; the others are of whole samples."""


@dataclass(frozen=True, slots=True)
class ToolExpectation:
    """`expects` answers what is wrong with a value, given the tools; `misses` why the calls do not meet it.

    `feeds` says for each metric the value exercises whether it holds; the metrics depend on the value alone.
    """

    expects: Callable[[JsonValue, Tools], str | None]
    misses: Callable[[JsonValue, Sequence[ToolCall], Tools], str | None]
    feeds: Callable[[JsonValue, Sequence[ToolCall], Tools], Mapping[Told, bool]]
    negated: Told
    """The metric that the negation feeds."""


@dataclass(frozen=True, slots=True)
class Called:
    """`tool-called` in one form: these tools, all of them, `in_order` or not, and how often a single one."""

    names: tuple[str, ...]
    least: int = 1
    most: int | None = None
    counted: bool = False
    in_order: bool = False


def unknown_tool(names: Sequence[str | None], tools: Tools) -> str | None:
    """What is wrong with names of tools that a case does not offer."""
    for name in names:
        if name is not None and name not in tools:
            near = get_close_matches(name, tools, n=1)
            hint = f"; did you mean {near[0]}?" if near else f" (offered: {', '.join(tools) or 'none'})"
            return f"names the tool {name!r}, which this case does not offer{hint}"
    return None


def called_in(value: JsonValue) -> Called | None:
    """The value of `tool-called` in one form; None for a value that is none."""
    if isinstance(value, str) and value:
        return Called((value,))
    if isinstance(value, list):
        return Called(tuple(map(str, value))) if _names(value) else None
    if not isinstance(value, dict):
        return None
    if value.keys() == {"in_order"} and _names(value["in_order"]):
        listed = value["in_order"]
        return Called(tuple(map(str, listed)) if isinstance(listed, list) else (), in_order=True)
    name, bounds = value.get("name", value.get("tool")), _bounds(value, {"name", "tool"}, least=1)
    if not isinstance(name, str) or not name or bounds is None:
        return None
    return Called((name,), *bounds, counted=bool(value.keys() & {"times", "min", "max"}))


def _names(value: JsonValue) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(name, str) and name for name in value)


def _bounds(value: Mapping[str, JsonValue], others: set[str], *, least: int) -> tuple[int, int | None] | None:
    """The smallest and largest number of `{times}` or `{min, max}`; None where they are none."""
    if not value.keys() <= {"times", "min", "max", *others} or ("times" in value and value.keys() & {"min", "max"}):
        return None
    numbers = {name: value[name] for name in ("times", "min", "max") if name in value}
    whole = {name: n for name, n in numbers.items() if isinstance(n, int) and not isinstance(n, bool)}
    if numbers.keys() != whole.keys() or any(n < (least if name == "times" else 0) for name, n in whole.items()):
        return None
    low, high = (
        whole.get("times", whole.get("min", least if "max" not in whole else 0)),
        whole.get("times", whole.get("max")),
    )
    return None if high is not None and high < low else (low, high)


def _expects_called(value: JsonValue, tools: Tools) -> str | None:
    called = called_in(value)
    if called is None:
        return "a tool's name, a list of names, {in_order: names}, or {name, times} or {name, min, max} is expected"
    return unknown_tool(called.names, tools)


def _misses_called(value: JsonValue, calls: Sequence[ToolCall], tools: Tools) -> str | None:  # noqa: ARG001
    called = called_in(value) or Called(())
    names = [call.name for call in calls]
    if called.counted:
        return _off(names.count(called.names[0]), called.least, called.most, f"{called.names[0]} was called")
    for name in called.names:
        if name not in names:
            return f"{name} was not called ({made(calls)})"
    if called.in_order and not called_in_order(called.names, names):
        return f"{', '.join(called.names)} were not called in this order ({made(calls)})"
    return None


def _off(count: int, least: int, most: int | None, what: str) -> str | None:
    """Why a number of calls is not within its bounds."""
    if least <= count and (most is None or count <= most):
        return None
    wanted = f"{least}" if least == most else f"at least {least}" if count < least else f"at most {most}"
    return f"{what} {count} times, not {wanted}"


def _feeds_called(value: JsonValue, calls: Sequence[ToolCall], tools: Tools) -> dict[Told, bool]:
    called, names = called_in(value) or Called(()), {call.name for call in calls}
    held = _misses_called(value, calls, tools) is None
    if not called.counted:
        return {"tool": held}
    return {"count": held} if called.least == 0 else {"tool": called.names[0] in names, "count": held}


def _expects_arguments(value: JsonValue, tools: Tools) -> str | None:
    expected = expected_call(value, tools)
    if expected is None:
        ways = f"match: {', '.join(MATCHES)}"
        return f"{{name, arguments, {ways}, normalize}} is expected; accepted has a list of values for each argument"
    if not tools:
        return "expects a tool call, but this case offers no tools"
    return unknown_tool([expected.name], tools)


def _misses_arguments(value: JsonValue, calls: Sequence[ToolCall], tools: Tools) -> str | None:
    expected = expected_call(value, tools)
    if expected is None:
        return "cannot be judged"
    rivals = [call for call in calls if expected.name in (None, call.name)]
    if not rivals:
        return f"{expected.name or 'no tool'} was not called ({made(calls)})" if expected.name else made(calls)
    reasons = [expected.misses(call) for call in rivals]
    return None if None in reasons else reasons[-1]


def _feeds_arguments(value: JsonValue, calls: Sequence[ToolCall], tools: Tools) -> dict[Told, bool]:
    expected = expected_call(value, tools)
    named = expected is not None and any(expected.name in (None, call.name) for call in calls)
    return {"tool": named, "arguments": _misses_arguments(value, calls, tools) is None}


def _expects_calls(value: JsonValue, tools: Tools) -> str | None:
    listed = read_calls(value, tools)
    if listed is None:
        return "a list of {name, arguments, match, normalize}, or {calls, others: allowed, in_order} is expected"
    if listed.calls and not tools:
        return "expects tool calls, but this case offers no tools"
    return unknown_tool([call.name for call in listed.calls], tools)


def _misses_calls(value: JsonValue, calls: Sequence[ToolCall], tools: Tools) -> str | None:
    return (read_calls(value, tools) or CallList(())).misses(calls)


def _feeds_calls(value: JsonValue, calls: Sequence[ToolCall], tools: Tools) -> dict[Told, bool]:
    listed = read_calls(value, tools) or CallList(())
    if not listed.calls:
        return {"abstention": listed.misses(calls) is None}
    told: dict[Told, bool] = {"tool": listed.right_tools(calls), "arguments": listed.right_arguments(calls)}
    return told if listed.others else {**told, "count": len(calls) == len(listed.calls)}


def counted_in(value: JsonValue) -> tuple[int, int | None] | None:
    """The bounds of `tool-count`; None for a value that has none."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    written: JsonValue = {"times": value} if whole else value
    return _bounds(written, set(), least=0) if isinstance(written, dict) and written else None


def _expects_count(value: JsonValue, tools: Tools) -> str | None:  # noqa: ARG001
    return None if counted_in(value) else "a whole number from 0, or {min, max} is expected"


def _misses_count(value: JsonValue, calls: Sequence[ToolCall], tools: Tools) -> str | None:  # noqa: ARG001
    low, high = counted_in(value) or (0, None)
    return _off(len(calls), low, high, "tools were called")


def _feeds_count(value: JsonValue, calls: Sequence[ToolCall], tools: Tools) -> dict[Told, bool]:
    held = _misses_count(value, calls, tools) is None
    return {"abstention" if counted_in(value) == (0, 0) else "count": held}


def _expects_nothing(value: JsonValue, tools: Tools) -> str | None:  # noqa: ARG001
    return None if value in (None, True) else "takes no value"


def _misses_no_call(value: JsonValue, calls: Sequence[ToolCall], tools: Tools) -> str | None:  # noqa: ARG001
    return made(calls) if calls else None


def _feeds_no_call(value: JsonValue, calls: Sequence[ToolCall], tools: Tools) -> dict[Told, bool]:  # noqa: ARG001
    return {"abstention": not calls}


TOOL_EXPECTATIONS: Final[dict[str, ToolExpectation]] = {
    "tool-called": ToolExpectation(_expects_called, _misses_called, _feeds_called, "tool"),
    "tool-args": ToolExpectation(_expects_arguments, _misses_arguments, _feeds_arguments, "arguments"),
    "tool-calls": ToolExpectation(_expects_calls, _misses_calls, _feeds_calls, "arguments"),
    "tool-count": ToolExpectation(_expects_count, _misses_count, _feeds_count, "count"),
    "no-tool-call": ToolExpectation(_expects_nothing, _misses_no_call, _feeds_no_call, "tool"),
}
"""Every type of expectation about tool calls."""


def tool_type(kind: str) -> ToolExpectation | None:
    """The expectation of that type, also behind `not-`; None for what is not about tool calls."""
    return TOOL_EXPECTATIONS.get(plain(kind))


def tool_problem(kind: str, value: JsonValue, tools: Tools) -> str | None:
    """What is wrong with the value of an expectation of a known type; None when nothing is."""
    if is_negated(kind) and plain(kind) == "tool-called" and isinstance(value, list) and len(value) > 1:
        return "takes one tool: several would only have to be not all called (write one assertion for each)"
    why = TOOL_EXPECTATIONS[plain(kind)].expects(value, tools)
    return why if why is not None or is_negated(kind) else _impossible(kind, value, tools)


def _impossible(kind: str, value: JsonValue, tools: Tools) -> str | None:
    """Why no valid call can be one that is expected; None where each can."""
    if kind == "tool-args":
        single = expected_call(value, tools)
        expected: Sequence[ExpectedCall] = () if single is None else (single,)
    else:
        listed = read_calls(value, tools) if kind == "tool-calls" else None
        expected = () if listed is None else listed.calls
    for call in expected:
        names = tools if call.name is None else (call.name,)
        reasons = [(name, call.impossible(tools[name])) for name in names]
        if reasons and all(why is not None for _, why in reasons):
            name, why = reasons[0]
            return f"no valid call of {name} has these arguments: {why}"
    return None


def tool_misses(kind: str, value: JsonValue, calls: Sequence[ToolCall], tools: Tools) -> str | None:
    """Why the calls do not meet an expectation of a known type; None when they do."""
    why = TOOL_EXPECTATIONS[plain(kind)].misses(value, calls, tools)
    if not is_negated(kind):
        return None if why is None else f"{kind}: {why}"
    return f"{kind}: {made(calls)}" if why is None else None


def tool_feeds(kind: str, value: JsonValue, calls: Sequence[ToolCall], tools: Tools) -> Mapping[Told, bool]:
    """For each metric that an expectation of a known type exercises, whether it holds."""
    expectation = TOOL_EXPECTATIONS[plain(kind)]
    if is_negated(kind):
        return {expectation.negated: tool_misses(kind, value, calls, tools) is None}
    return expectation.feeds(value, calls, tools)
