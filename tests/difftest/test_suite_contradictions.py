"""What no answer could meet is an error of the suite: it would fail both models and tell nothing."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from bot.difftest.suite.load import load_suite
from bot.difftest.suite.located import MalformedFile

Written = dict[str, Any]
TOOLS: Final = [
    {
        "name": "book",
        "parameters": {
            "type": "object",
            "properties": {"hour": {"type": "integer"}, "kind": {"enum": ["table", "New York room"]}},
            "required": ["hour"],
            "additionalProperties": False,
        },
    },
    {"name": "send", "parameters": {"type": "object", "properties": {"to": {"type": "string"}}}},
]


def told_of(folder: Path, *assertions: Written) -> list[str]:
    case = {"id": "a", "messages": [{"role": "user", "content": "?"}], "tools": TOOLS, "assert": list(assertions)}
    path = folder / "chat.json"
    path.write_text(json.dumps({"cases": [case]}), encoding="utf-8")
    try:
        load_suite(path)
    except MalformedFile as error:
        return [problem.field.removeprefix("cases[0].") + ": " + problem.what for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        ({"name": "book", "arguments": {"hour": 7, "town": "Rome"}}, "its schema forbids town"),
        ({"book": {"town": "Rome"}}, "its schema forbids town"),
        ({"name": "book", "arguments": {"hour": "seven"}}, "'seven' is not of type 'integer'"),
        ({"name": "book", "arguments": {"kind": "chair"}}, "'chair' is not one of"),
        ({"name": "book", "arguments": {"kind": "table"}, "match": "exact"}, "its schema requires hour"),
        ({"name": "book", "arguments": {"hour": [7], "town": ["", "Rome"]}, "match": "accepted"}, "forbids town"),
        ({"name": "book", "arguments": {"hour": ["seven", "7"]}, "match": "accepted"}, "is not of type 'integer'"),
        ({"name": "book", "arguments": {"kind": ["table"]}, "match": "accepted"}, "its schema requires hour"),
        ({"name": "book", "arguments": {"hour": 7, "town": "x"}, "normalize": True}, "its schema forbids town"),
    ],
)
def test_arguments_that_no_valid_call_has_are_refused(tmp_path: Path, expected: Written, told: str) -> None:
    for kind, value in (("tool-args", expected), ("tool-calls", [expected])):
        (why,) = told_of(tmp_path, {"type": kind, "value": value})
        assert why.startswith(f"assert[0].value: {kind}: no valid call of book has these arguments: ")
        assert told in why


@pytest.mark.parametrize(
    "expected",
    [
        {"name": "book", "arguments": {"hour": 7.0}},
        {"name": "book", "arguments": {"hour": ["seven", 7], "kind": ["", "table"]}, "match": "accepted"},
        {"name": "book", "arguments": {"hour": 7, "kind": "new york room"}, "normalize": True},
        {"name": "send", "arguments": {"to": "x", "town": "Rome"}},
        {"to": "x", "town": "Rome"},
    ],
)
def test_arguments_that_some_valid_call_has_are_not(tmp_path: Path, expected: Written) -> None:
    assert told_of(tmp_path, {"type": "tool-args", "value": expected}) == []


def test_what_is_not_to_be_called_may_be_against_the_schema(tmp_path: Path) -> None:
    value = {"name": "book", "arguments": {"hour": "seven", "town": "Rome"}}
    assert told_of(tmp_path, {"type": "not-tool-args", "value": value}) == []


NONE: Final[Written] = {"type": "no-tool-call"}
BOOK: Final[Written] = {"type": "tool-called", "value": "book"}
BOOKED: Final[Written] = {"type": "tool-args", "value": {"name": "book", "arguments": {"hour": 7}}}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (BOOK, NONE),
        (NONE, BOOK),
        (BOOKED, NONE),
        (BOOK, {"type": "tool-count", "value": 0}),
        (BOOK, {"type": "tool-calls", "value": []}),
        (BOOK, {"type": "not-tool-called", "value": "book"}),
        (NONE, {"type": "not-no-tool-call"}),
        ({"type": "tool-called", "value": ["book", "send"]}, {"type": "tool-count", "value": {"max": 1}}),
        ({"type": "tool-called", "value": {"name": "book", "times": 2}}, {"type": "tool-calls", "value": ["book"]}),
        ({"type": "tool-called", "value": "send"}, {"type": "tool-calls", "value": ["book", "book"]}),
        ({"type": "contains", "value": "x"}, {"type": "not-contains", "value": "x"}),
        ({"type": "not-is-json"}, {"type": "is-json"}),
    ],
)
def test_expectations_that_no_answer_meets_together_are_refused(
    tmp_path: Path, first: Written, second: Written
) -> None:
    (why,) = told_of(tmp_path, {"type": "length", "value": {"min": 1}}, first, second)
    assert why == (
        f"assert[2].type: {second['type']} cannot hold beside assert[1], {first['type']}: no answer meets both"
    )


def test_so_are_several_that_take_more_calls_than_another_allows(tmp_path: Path) -> None:
    one = {"type": "tool-count", "value": {"max": 1}}
    send = {"type": "tool-called", "value": "send"}
    assert told_of(tmp_path, one, BOOK, send) == [
        "assert[2].type: tool-called cannot hold beside assert[0], tool-count: no answer meets both"
    ]
    assert told_of(tmp_path, BOOK, send, one) == [
        "assert[2].type: tool-count cannot hold beside assert[0], tool-called: no answer meets both"
    ]


@pytest.mark.parametrize(
    "assertions",
    [
        (BOOK, {"type": "not-tool-called", "value": "send"}, {"type": "tool-count", "value": 1}),
        (BOOK, BOOKED, {"type": "tool-calls", "value": [BOOKED["value"]]}),
        (NONE, {"type": "not-tool-called", "value": "book"}, {"type": "tool-count", "value": 0}),
        (BOOK, {"type": "not-tool-called", "value": {"name": "book", "times": 2}}),
        ({"type": "contains", "value": "x"}, {"type": "not-icontains", "value": "y"}),
        ({"type": "tool-calls", "value": [{"hour": 7}]}, {"type": "tool-called", "value": "book"}),
    ],
)
def test_expectations_that_can_be_met_together_are_not(tmp_path: Path, assertions: tuple[Written, ...]) -> None:
    assert told_of(tmp_path, *assertions) == []
