"""Expectations of one case that no answer meets together: a case that both models fail tells nothing. Pure."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from bot.difftest.marking.call_list import read_calls
from bot.difftest.marking.calls import Tools
from bot.difftest.marking.kinds import is_negated, plain
from bot.difftest.marking.tools import called_in, counted_in

Written = tuple[str, JsonValue]
"""An assertion: its type and value, each of which is one that can be used."""


@dataclass(frozen=True, slots=True)
class _Bounds:
    """How many calls an expectation leaves room for: of each tool it speaks of, and of all together; None is no end."""

    least: int = 0
    most: int | None = None
    of: dict[str, tuple[int, int | None]] = field(default_factory=dict)


def contradictions(assertions: Mapping[int, Written], tools: Tools) -> Iterator[tuple[int, str]]:
    """The place of each assertion, by its number, that cannot hold beside an earlier one, and why not."""
    said: dict[tuple[str, str], tuple[bool, int]] = {}
    bounds: dict[int, _Bounds] = {}
    for index, (kind, value) in assertions.items():
        wanted, first = said.setdefault((plain(kind), json.dumps(value, sort_keys=True)), (is_negated(kind), index))
        bounds[index] = _bounds(kind, value, tools)
        rival = first if wanted is not is_negated(kind) else _rival(index, bounds)
        if rival is not None:
            yield index, f"{kind} cannot hold beside assert[{rival}], {assertions[rival][0]}: no answer meets both"


def _rival(index: int, bounds: Mapping[int, _Bounds]) -> int | None:
    """The first expectation that leaves no number of calls in common with the one of that number, the last so far."""
    mine = bounds[index]
    earlier = [(number, other) for number, other in bounds.items() if number != index]
    for number, other in earlier:
        pairs = [(mine.of[tool], other.of[tool]) for tool in mine.of.keys() & other.of.keys()]
        if any(_apart(*pair) for pair in (((mine.least, mine.most), (other.least, other.most)), *pairs)):
            return number
    ends = {number: other.most for number, other in bounds.items() if other.most is not None}
    if not ends:
        return None
    together: dict[str, int] = {}
    for other in bounds.values():
        for tool, (least, _) in other.of.items():
            together[tool] = max(least, together.get(tool, 0))
    too_few = [number for number, most in ends.items() if most < sum(together.values())]
    # All tools together take more calls than one expectation allows: that one, or the first of those that take them.
    if too_few == [index]:
        return next((number for number, other in earlier if other.of), None)
    return next((number for number in too_few if number != index), None)


def _apart(one: tuple[int, int | None], other: tuple[int, int | None]) -> bool:
    return any(most is not None and least > most for least, most in ((one[0], other[1]), (other[0], one[1])))


def _bounds(kind: str, value: JsonValue, tools: Tools) -> _Bounds:
    negated = is_negated(kind)
    match plain(kind):
        case "no-tool-call":
            return _Bounds(1) if negated else _Bounds(0, 0)
        case "tool-count" if not negated and (counted := counted_in(value)) is not None:
            return _Bounds(*counted)
        case "tool-args" if not negated:
            return _Bounds(1)
        case "tool-calls" if not negated and (listed := read_calls(value, tools)) is not None:
            names = Counter(call.name for call in listed.calls)
            closed = not listed.others and None not in names
            of = {name: (times, times if closed else None) for name, times in names.items() if name is not None}
            others = {tool: (0, 0) for tool in tools if closed and tool not in names}
            return _Bounds(len(listed.calls), None if listed.others else len(listed.calls), of | others)
        case "tool-called" if (called := called_in(value)) is not None:
            if negated:
                never = not called.counted and not called.in_order and len(called.names) == 1
                return _Bounds(of={called.names[0]: (0, 0)} if never else {})
            times = Counter(called.names) if called.in_order else Counter(dict.fromkeys(called.names, called.least))
            most = called.most if called.counted else None
            return _Bounds(times.total(), of={name: (number, most) for name, number in times.items()})
        case _:
            return _Bounds()
