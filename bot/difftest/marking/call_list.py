"""`tool-calls`: all calls of an answer at once, each expected one matched to a call of its own. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from bot.difftest.marking.arguments import ExpectedCall, expected_call
from bot.difftest.marking.assignment import most_pairs, pairs_in_order
from bot.difftest.marking.calls import Tools, made
from bot.difftest.model.chat import ToolCall


@dataclass(frozen=True, slots=True)
class CallList:
    """The calls that are expected, whether `others` may be made beside them, and whether the order counts."""

    calls: tuple[ExpectedCall, ...]
    others: bool = False
    in_order: bool = False

    def misses(self, calls: Sequence[ToolCall]) -> str | None:
        """Why the calls are not these; None when they are."""
        if not self.others and len(calls) != len(self.calls):
            return f"{len(calls)} calls were made, not {len(self.calls)} ({made(calls)})"
        left = [index for index in range(len(self.calls)) if index not in self._pairs(calls)]
        if not left:
            return None
        expected = self.calls[left[0]]
        reasons = [expected.misses(call) for call in calls if expected.name in (None, call.name)]
        why = next((reason for reason in reasons if reason is not None), None)
        if not reasons:
            return f"{expected.name or 'no tool'} was not called ({made(calls)})"
        return why or f"{expected.name or 'a tool'} was not called once more, or not in this order ({made(calls)})"

    def right_tools(self, calls: Sequence[ToolCall]) -> bool:
        """Whether each expected tool was called so often as it is expected, and no other one (unless others may be)."""
        wanted = Counter(call.name for call in self.calls if call.name is not None)
        names = Counter(call.name for call in calls)
        anything = any(call.name is None for call in self.calls)
        if self.in_order and not called_in_order([call.name for call in self.calls], [call.name for call in calls]):
            return False
        return wanted <= names and (self.others or anything or names.keys() <= wanted.keys()) and bool(calls)

    def right_arguments(self, calls: Sequence[ToolCall]) -> bool:
        """Whether each expected call was made, whatever else was."""
        return len(self._pairs(calls)) == len(self.calls)

    def _pairs(self, calls: Sequence[ToolCall]) -> dict[int, int]:
        fits = [[expected.misses(call) is None for call in calls] for expected in self.calls]
        if self.in_order:
            return pairs_in_order(len(self.calls), len(calls), lambda row, column: fits[row][column])
        return most_pairs(fits)


def called_in_order(wanted: Sequence[str | None], names: Sequence[str]) -> bool:
    """Whether these tools were called one after the other, others in between or not; None is any tool."""
    pairs = pairs_in_order(len(wanted), len(names), lambda row, column: wanted[row] in (None, names[column]))
    return len(pairs) == len(wanted)


def read_calls(value: JsonValue, tools: Tools) -> CallList | None:
    """The value of `tool-calls` in one form; None for a value that is none."""
    written = value if isinstance(value, dict) else {"calls": value}
    rows, others, in_order = written.get("calls"), written.get("others", "forbidden"), written.get("in_order", False)
    known = written.keys() <= {"calls", "others", "in_order"}
    if (
        not known
        or not isinstance(rows, list)
        or others not in ("allowed", "forbidden")
        or not isinstance(in_order, bool)
    ):
        return None
    calls = [_row(row, tools) for row in rows]
    read = tuple(call for call in calls if call is not None)
    return CallList(read, others == "allowed", in_order) if len(read) == len(calls) else None


def _row(row: JsonValue, tools: Tools) -> ExpectedCall | None:
    """One call: `{name, arguments, ...}`, a name alone stands for any arguments."""
    if isinstance(row, str) and row:
        return ExpectedCall(row, {})
    if isinstance(row, dict) and row.keys() == {"name"}:
        return ExpectedCall(str(row["name"]), {})
    return expected_call(row, tools)
