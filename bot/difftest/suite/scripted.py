"""Which scripted result answers which call, and which could answer none. Pure: tools are never carried out."""

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from bot.difftest.marking.arguments import includes
from bot.difftest.marking.calls import parsed_arguments
from bot.difftest.marking.schemas import excludes
from bot.difftest.marking.tools import unknown_tool
from bot.difftest.model.chat import ToolCall
from bot.difftest.suite.model import ScriptedResult


def answers(results: Iterable[ScriptedResult], calls: Iterable[ToolCall]) -> tuple[ScriptedResult | None, ...]:
    """The result that each call of a conversation gets, in order: the first that fits and is not used up, or None."""
    left = [[result, result.times] for result in results]
    found: list[ScriptedResult | None] = []
    for call in calls:
        for entry in left:
            result, times = entry
            if isinstance(result, ScriptedResult) and times != 0 and _fits(result, call):
                entry[1] = times - 1 if isinstance(times, int) else None
                found.append(result)
                break
        else:
            found.append(None)
    return tuple(found)


def _fits(result: ScriptedResult, call: ToolCall) -> bool:
    if result.tool != call.name:
        return False
    if not result.arguments:
        return True
    try:
        return includes(parsed_arguments(call), result.arguments)
    except ValueError:
        return False


def result_problem(result: Mapping[str, JsonValue], tools: Mapping[str, JsonValue]) -> tuple[str, str] | None:
    """The field of a result, as written, for which no call of these tools can get it, and why; None when one can."""
    tool, arguments = result.get("tool"), result.get("arguments")
    if not isinstance(tool, str):
        return None
    if (unknown := unknown_tool([tool], tools)) is not None:
        return "tool", unknown
    why = excludes(tools[tool], arguments) if isinstance(arguments, dict) else None
    return None if why is None else ("arguments", f"no valid call of {tool} has these: {why}")
