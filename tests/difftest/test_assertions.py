"""What assertions hold of which answers, and which tool calls meet which expectations."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from bot.difftest.marking.calls import invalid_call
from bot.difftest.marking.json_values import same_json
from bot.difftest.marking.text import TEXT_ASSERTIONS, text_misses
from bot.difftest.marking.tools import TOOL_EXPECTATIONS, tool_misses
from bot.difftest.model.chat import ToolCall

SCHEMA: JsonValue = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


@pytest.mark.parametrize(
    ("kind", "value", "text", "holds"),
    [
        ("equals", "Paris", " Paris\n", True),
        ("equals", "Paris", "paris", False),
        ("equals", 42, "42", True),
        ("equals", 42, "42.0", True),
        ("equals", 42, "forty-two", False),
        ("equals", True, "true", True),
        ("equals", True, "1", False),
        ("equals", {"a": [1]}, '{ "a": [1] }', True),
        ("equals", {"a": [1]}, '{"a": [2]}', False),
        ("contains", "Paris", "It is Paris.", True),
        ("contains", "paris", "It is Paris.", False),
        ("contains", 7, "route 7", True),
        ("icontains", "PARIS", "It is Paris.", True),
        ("contains-any", ["a", "z"], "xyz", True),
        ("contains-any", ["a", "b"], "xyz", False),
        ("contains-all", ["x", "z"], "xyz", True),
        ("contains-all", ["x", "a"], "xyz", False),
        ("regex", r"^\d{4}$", "2026", True),
        ("regex", r"^\d{4}$", "x2026", False),
        ("regex", r"(?i)paris", "PARIS", True),
        ("is-json", None, '{"a": 1}', True),
        ("is-json", None, '```json\n{"a": 1}\n```', False),
        ("is-json", None, "NaN", False),
        ("is-json", None, "[" * 100_000, False),
        ("is-json", SCHEMA, '{"n": 1}', True),
        ("json-schema", SCHEMA, '{"n": 1}', True),
        ("json-schema", SCHEMA, '{"n": 1.0}', True),
        ("json-schema", SCHEMA, '{"n": true}', False),
        ("json-schema", SCHEMA, "{}", False),
        ("json-schema", SCHEMA, "n is 1", False),
        ("not-contains", "London", "It is Paris.", True),
        ("not-contains", "Paris", "It is Paris.", False),
        ("not-is-json", None, "text", True),
    ],
)
def test_text_assertions(kind: str, value: JsonValue, text: str, holds: bool) -> None:
    why = text_misses(kind, value, text)
    assert (why is None) is holds, why
    assert holds or (why is not None and why.startswith(f"{kind}: the answer "))


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("equals", None, "a value to compare with"),
        ("contains", "", "a text is expected"),
        ("contains", ["a"], "a text is expected"),
        ("contains-any", [], "a list of texts"),
        ("contains-all", "a", "a list of texts"),
        ("regex", "(", "not a regular expression"),
        ("regex", 3, "a regular expression is expected"),
        ("is-json", 3, "a JSON Schema"),
        ("json-schema", None, "a JSON Schema"),
        ("json-schema", {"type": "objekt"}, "is not a JSON Schema"),
    ],
)
def test_values_an_assertion_cannot_work_with(kind: str, value: JsonValue, told: str) -> None:
    assert told in (TEXT_ASSERTIONS[kind].expects(value) or "")


def test_a_schema_is_never_fetched_from_elsewhere() -> None:
    why = text_misses("json-schema", {"$ref": "http://127.0.0.1:9/schema.json"}, "{}")
    assert "which is not in it" in (why or "")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(json_values, json_values)
def test_json_equality(left: JsonValue, right: JsonValue) -> None:
    assert same_json(left, left)
    assert same_json(left, right) == same_json(right, left)


def test_true_is_not_one() -> None:
    assert not same_json([True], [1])
    assert same_json({"a": 1}, {"a": 1.0})


TOOLS: dict[str, JsonValue] = {
    "get_weather": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city"],
    },
    "now": {"type": "object", "properties": {}},
}


def call(arguments: str, name: str = "get_weather") -> ToolCall:
    return ToolCall(name, arguments, "id")


PARIS = call('{"city": "Paris"}')
PARIS_LONG = call('{"city": "Paris", "days": 3}')
NAMED: JsonValue = {"name": "get_weather", "arguments": {"city": "Paris"}}
EXACT: JsonValue = {"name": "get_weather", "arguments": {"city": "Paris"}, "match": "exact"}


@pytest.mark.parametrize(
    ("kind", "value", "calls", "holds"),
    [
        ("tool-called", "get_weather", [PARIS], True),
        ("tool-called", "get_weather", [call("", "now")], False),
        ("tool-called", "get_weather", [], False),
        ("tool-called", ["get_weather", "now"], [call("", "now"), PARIS], True),
        ("tool-called", ["get_weather", "now"], [PARIS], False),
        ("tool-called", {"name": "get_weather", "times": 2}, [PARIS, PARIS_LONG], True),
        ("tool-called", {"name": "get_weather", "times": 1}, [PARIS, PARIS_LONG], False),
        ("tool-args", NAMED, [PARIS], True),
        ("tool-args", NAMED, [PARIS_LONG], True),
        ("tool-args", EXACT, [PARIS_LONG], False),
        ("tool-args", EXACT, [PARIS], True),
        ("tool-args", NAMED, [call('{"city": "Rome"}')], False),
        ("tool-args", NAMED, [call('{"city": "Rome"}'), PARIS], True),
        ("tool-args", NAMED, [call('{"city": "Par')], False),
        ("tool-args", NAMED, [], False),
        ("tool-args", {"get_weather": {"city": "Paris"}}, [PARIS], True),
        ("tool-args", {"city": "Paris"}, [PARIS], True),
        ("tool-args", {"city": "Rome"}, [PARIS], False),
        ("tool-args", {"tool": "get_weather", "args": {"days": 3}}, [PARIS_LONG], True),
        ("tool-args", {"tool": "get_weather", "args": {"days": True}}, [call('{"city": "x", "days": 1}')], False),
        ("no-tool-call", None, [], True),
        ("no-tool-call", None, [PARIS], False),
    ],
)
def test_tool_expectations(kind: str, value: JsonValue, calls: list[ToolCall], holds: bool) -> None:
    assert TOOL_EXPECTATIONS[kind].expects(value, TOOLS) is None
    why = tool_misses(kind, value, calls, TOOLS)
    assert (why is None) is holds, why


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (PARIS, None),
        (call("", "now"), None),
        (call("{}", "now"), None),
        (call("{}", "get_wether"), "not one of the offered tools"),
        (call('{"city": '), "not JSON"),
        (call('["Paris"]'), "no object"),
        (call("{}"), "'city' is a required property"),
        (call('{"city": 3}'), "$.city"),
    ],
)
def test_calls_that_cannot_be_carried_out(made: ToolCall, told: str | None) -> None:
    why = invalid_call(made, TOOLS)
    assert why is None if told is None else told in (why or "")


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("tool-called", "get_wether", "did you mean get_weather?"),
        ("tool-called", 3, "a tool's name"),
        ("tool-called", {"name": "now", "times": 0}, "a tool's name"),
        ("tool-args", "get_weather", "{name, arguments"),
        ("tool-args", {"name": "nothing_like_it", "arguments": {}}, "offered: get_weather, now"),
        ("tool-args", {"name": "now", "arguments": {}, "match": "fuzzy"}, "{name, arguments"),
        ("no-tool-call", "x", "takes no value"),
    ],
)
def test_values_an_expectation_cannot_work_with(kind: str, value: JsonValue, told: str) -> None:
    assert told in (TOOL_EXPECTATIONS[kind].expects(value, TOOLS) or "")


def test_every_assertion_is_documented() -> None:
    page = Path("docs/comparison.md").read_text(encoding="utf-8")
    assert [kind for kind in (*TEXT_ASSERTIONS, *TOOL_EXPECTATIONS) if f"| `{kind}`" not in page] == [
        "icontains",  # beside its sister
        "contains-all",
    ]
