"""Expectations of several calls, of accepted values, and their negations."""

import json
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from bot.difftest.marking.assignment import most_pairs
from bot.difftest.marking.calls import invalid_call
from bot.difftest.marking.tools import TOOL_EXPECTATIONS, tool_feeds, tool_misses, tool_problem
from bot.difftest.model.chat import ToolCall

OBJECT: JsonValue = {"type": "object"}
TOOLS: dict[str, JsonValue] = {"find": OBJECT, "book": OBJECT, "now": OBJECT}


def call(name: str, **arguments: JsonValue) -> ToolCall:
    return ToolCall(name, json.dumps(arguments), "call-1")


def accepted(normalize: bool = False, **arguments: JsonValue) -> JsonValue:
    return {"name": "find", "arguments": arguments, "match": "accepted", "normalize": normalize}


FIND, BOOK, NOW = call("find", city="Paris"), call("book", id=7), call("now")


@pytest.mark.parametrize(
    ("kind", "value", "calls", "holds"),
    [
        ("tool-called", {"in_order": ["find", "book"]}, [FIND, NOW, BOOK], True),
        ("tool-called", {"in_order": ["find", "book"]}, [BOOK, FIND], False),
        ("tool-called", {"in_order": ["find", "find"]}, [FIND], False),
        ("tool-called", {"name": "find", "min": 2}, [FIND, FIND, FIND], True),
        ("tool-called", {"name": "find", "max": 1}, [FIND, FIND], False),
        ("tool-called", {"name": "find", "max": 1}, [], True),
        ("not-tool-called", "book", [FIND], True),
        ("not-tool-called", "book", [FIND, BOOK], False),
        ("not-tool-args", {"name": "book", "arguments": {"id": 7}}, [BOOK], False),
        ("not-tool-args", {"name": "book", "arguments": {"id": 8}}, [BOOK], True),
        ("not-tool-args", {"name": "book", "arguments": {"id": 8}}, [], True),
        ("not-no-tool-call", None, [NOW], True),
        ("tool-count", 0, [], True),
        ("tool-count", 2, [FIND], False),
        ("tool-count", {"min": 1, "max": 2}, [FIND, BOOK], True),
        ("tool-count", {"max": 2}, [FIND, BOOK, NOW], False),
        ("tool-args", accepted(city=["Paris", "Paris, France"]), [FIND], True),
        ("tool-args", accepted(city=["Rome"]), [FIND], False),
        ("tool-args", accepted(city=["Paris"], unit=["c", ""]), [FIND], True),
        ("tool-args", accepted(city=["Paris"], unit=["c"]), [FIND], False),
        ("tool-args", accepted(city=["Paris"], unit=["c", ""]), [call("find", city="Paris", unit="f")], False),
        ("tool-args", accepted(city=["Paris"]), [call("find", city="Paris", more=1)], False),
        ("tool-args", accepted(city=["paris"]), [FIND], False),
        ("tool-args", accepted(normalize=True, city=["P-a r/i.s"]), [FIND], True),
        ("tool-args", accepted(normalize=True, at=["April 1, 2024"]), [call("find", at="april 1 2024")], True),
        ("tool-args", accepted(n=[5]), [call("find", n=5.0)], True),
        ("tool-args", accepted(n=[5]), [call("find", n="5")], False),
        ("tool-args", accepted(n=[1]), [call("find", n=True)], False),
        ("tool-args", accepted(box=[{"w": [1, 2], "h": [3, ""]}]), [call("find", box={"w": 2})], True),
        ("tool-args", accepted(box=[{"w": [1, 2], "h": [3, ""]}]), [call("find", box={"w": 2, "h": 4})], False),
        ("tool-args", accepted(box=[{"w": [1]}]), [call("find", box={"w": 1, "d": 1})], False),
        ("tool-args", accepted(rows=[[{"k": ["a", "b"]}]]), [call("find", rows=[{"k": "b"}])], True),
        ("tool-args", accepted(rows=[[{"k": ["a", "b"]}]]), [call("find", rows=[{"k": "b"}, {"k": "a"}])], False),
        ("tool-args", accepted(list=[["a", "b"]]), [call("find", list=["b", "a"])], False),
        ("tool-calls", ["find", "book"], [BOOK, FIND], True),
        ("tool-calls", {"calls": ["find", "book"], "in_order": True}, [BOOK, FIND], False),
        ("tool-calls", ["find"], [FIND, NOW], False),
        ("tool-calls", {"calls": ["find"], "others": "allowed"}, [NOW, FIND], True),
        ("tool-calls", {"calls": ["find", "book"], "others": "allowed", "in_order": True}, [FIND, NOW, BOOK], True),
        ("tool-calls", ["find", "find"], [FIND, FIND], True),
        ("tool-calls", ["find", "find"], [FIND, BOOK], False),
        ("tool-calls", [], [], True),
        ("tool-calls", [], [NOW], False),
        ("not-tool-calls", ["find"], [FIND, FIND], True),
    ],
)
def test_expectations(kind: str, value: JsonValue, calls: list[ToolCall], holds: bool) -> None:
    assert tool_problem(kind, value, TOOLS) is None
    why = tool_misses(kind, value, calls, TOOLS)
    assert (why is None) is holds, why
    assert why is None or why.startswith(f"{kind}: ")


def test_calls_are_matched_optimally() -> None:
    wide, narrow = accepted(city=["Paris", "Rome"]), accepted(city=["Paris"])
    calls = [call("find", city="Paris"), call("find", city="Rome")]
    # A greedy choice gives Paris to the first expectation, and leaves nothing for the second.
    assert tool_misses("tool-calls", [wide, narrow], calls, TOOLS) is None


@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), max_size=4))
def test_no_other_matching_is_larger(fits: list[list[bool]]) -> None:
    pairs = most_pairs(fits)
    assert all(fits[row][column] for row, column in pairs.items())
    assert len({*pairs.values()}) == len(pairs)
    best = max(
        sum(fits[row][column] for row, column in enumerate(order[: len(fits)])) for order in permutations(range(4))
    )
    assert len(pairs) == best


VALUES: list[tuple[str, JsonValue]] = [
    ("tool-called", "find"),
    ("tool-called", {"name": "find", "times": 1}),
    ("tool-args", {"name": "book", "arguments": {"id": 7}, "match": "exact"}),
    ("tool-args", accepted(city=["Paris", ""])),
    ("tool-calls", ["find", {"name": "book", "arguments": {"id": 7}}]),
    ("tool-calls", {"calls": ["find"], "others": "allowed"}),
    ("tool-count", {"min": 1, "max": 2}),
    ("no-tool-call", None),
]
made_calls = st.lists(
    st.sampled_from([FIND, BOOK, NOW, call("book", id=8), ToolCall("find", "{", ""), ToolCall("", "null", "")]),
    max_size=4,
)


@pytest.mark.parametrize(("kind", "value"), VALUES)
@given(calls=made_calls)
def test_negation_is_the_complement(kind: str, value: JsonValue, calls: list[ToolCall]) -> None:
    plain, negated = (tool_misses(name, value, calls, TOOLS) for name in (kind, f"not-{kind}"))
    assert (plain is None) is not (negated is None)


@pytest.mark.parametrize(("kind", "value"), VALUES)
@given(calls=made_calls, drawn=st.data())
def test_the_order_of_calls_does_not_matter(
    kind: str, value: JsonValue, calls: list[ToolCall], drawn: st.DataObject
) -> None:
    other = drawn.draw(st.permutations(calls))
    assert (tool_misses(kind, value, calls, TOOLS) is None) is (tool_misses(kind, value, other, TOOLS) is None)
    assert tool_feeds(kind, value, calls, TOOLS) == tool_feeds(kind, value, other, TOOLS)


@pytest.mark.parametrize(("kind", "value"), [*VALUES, *((f"not-{kind}", value) for kind, value in VALUES)])
@given(calls=made_calls)
def test_the_metrics_of_a_value_are_the_same_whatever_is_called(
    kind: str, value: JsonValue, calls: list[ToolCall]
) -> None:
    assert tool_feeds(kind, value, calls, TOOLS).keys() == tool_feeds(kind, value, [], TOOLS).keys()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "tool", "arguments", "match", "calls", "in_order", "times", "min", "find", ""]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
odd_calls = st.builds(
    ToolCall, name=st.sampled_from(["find", "", "none"]), arguments=st.text(max_size=8) | json_values.map(json.dumps)
)


@pytest.mark.parametrize("kind", [*TOOL_EXPECTATIONS, *(f"not-{kind}" for kind in TOOL_EXPECTATIONS)])
@given(value=json_values, calls=st.lists(odd_calls, max_size=3))
def test_nothing_a_suite_says_or_a_model_does_makes_it_crash(
    kind: str, value: JsonValue, calls: list[ToolCall]
) -> None:
    for made in calls:
        invalid_call(made, TOOLS)
    if tool_problem(kind, value, TOOLS) is None:
        tool_misses(kind, value, calls, TOOLS)
        tool_feeds(kind, value, calls, TOOLS)


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("tool-called", {"in_order": []}, "a tool's name"),
        ("tool-called", {"in_order": ["find", "bok"]}, "did you mean book?"),
        ("tool-called", {"name": "find", "times": 1, "min": 1}, "a tool's name"),
        ("tool-called", {"name": "find", "min": 2, "max": 1}, "a tool's name"),
        ("not-tool-called", ["find", "book"], "takes one tool"),
        ("not-tool-called", "bok", "did you mean book?"),
        ("tool-args", accepted(city="Paris"), "a list of values"),
        ("tool-args", {"arguments": {"a": 1}, "normalize": "yes"}, "normalize"),
        ("tool-calls", "find", "a list of"),
        ("tool-calls", [3], "a list of"),
        ("tool-calls", ["bok"], "did you mean book?"),
        ("tool-calls", {"calls": [], "others": "perhaps"}, "a list of"),
        ("tool-count", -1, "a whole number"),
        ("tool-count", True, "a whole number"),
        ("tool-count", {}, "a whole number"),
    ],
)
def test_values_an_expectation_cannot_work_with(kind: str, value: JsonValue, told: str) -> None:
    assert told in (tool_problem(kind, value, TOOLS) or "")
