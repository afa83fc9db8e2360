"""What assertions hold of which answers, and which tool calls meet which expectations."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from bot.difftest.marking.calls import invalid_call
from bot.difftest.marking.json_values import same_json
from bot.difftest.marking.rubrics import RUBRICS, is_rubric, rubric_problem
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
        ("icontains-any", ["LONDON", "PARIS"], "It is Paris.", True),
        ("icontains-any", ["Rome"], "It is Paris.", False),
        ("icontains-all", ["PARIS", "it"], "It is Paris.", True),
        ("icontains-all", ["PARIS", "Rome"], "It is Paris.", False),
        ("icontains-all", ["STRASSE"], "Straße", True),
        ("starts-with", "It", "\n It is Paris.", True),
        ("starts-with", "it", "It is Paris.", False),
        ("not-starts-with", "Sure", "It is Paris.", True),
        ("contains-json", None, 'Here: ```json\n{"a": [1]}\n``` done', True),
        ("contains-json", None, "no {braces} that are JSON", False),
        ("contains-json", None, "[" * 50_000, False),
        ("contains-json", SCHEMA, 'first {"m": 1}, then {"n": 2}', True),
        ("contains-json", SCHEMA, 'first {"m": 1}', False),
        ("not-contains-json", None, "text", True),
        ("numeric", 42, "The answer is 42.", True),
        ("numeric", {"value": 3.14, "tolerance": 0.005}, "about 3.1416", True),
        ("not-numeric", 42, "41", True),
        ("length", {"max": 3, "unit": "words"}, "It is Paris.", True),
        ("length", {"max": 2, "unit": "words"}, "It is Paris.", False),
        ("refusal", None, "I'm sorry, but I can't help with that.", True),
        ("not-refusal", None, "I'm sorry, but I can't help with that.", False),
        ("not-refusal", None, "It is Paris.", True),
        ("similarity", {"value": "It is Paris.", "threshold": 0.8}, "it is paris", True),
        ("similarity", {"value": ["Rome", "It is Paris."], "threshold": 0.8}, "It is Paris!", True),
        ("similarity", {"value": "It is Paris.", "threshold": 0.9}, "The weather is fine.", False),
        ("language", "de", "Die Hauptstadt von Frankreich ist Paris.", True),
        ("language", "fr", "Die Hauptstadt von Frankreich ist Paris.", False),
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
        ("json-schema", {"properties": {"a": {"pattern": "("}}}, "is not a 'regex'"),
        ("json-schema", {"patternProperties": {"a{9}" * 1_001: {}}}, "longer than"),
        ("icontains-any", "a", "a list of texts"),
        ("icontains-all", [], "a list of texts"),
        ("starts-with", "", "a text is expected"),
        ("contains-json", 3, "a JSON Schema"),
        ("numeric", "42", "a number, {value, tolerance}"),
        ("numeric", {"value": 1, "tolerance": 1, "relative": 1}, "either"),
        ("numeric", {"value": 1, "tolerance": -1}, "from 0"),
        ("numeric", {"value": 1, "decimal": ";"}, "decimal"),
        ("numeric", True, "a number"),
        ("length", {"unit": "words"}, "min, max"),
        ("length", {"min": 3, "max": 2}, "max is less than min"),
        ("length", {"max": 2.5}, "whole number"),
        ("length", {"max": 2, "unit": "pages"}, "unit is one of"),
        ("refusal", "no", "takes no value"),
        ("language", "xx", "a language is one of"),
        ("language", "pt-BR", "no region"),
        ("similarity", "text", "{value: text"),
        ("similarity", {"value": "a"}, "threshold"),
        ("similarity", {"value": "a", "threshold": 2}, "threshold"),
        ("similarity", {"value": "a", "threshold": 0.5, "method": "magic"}, "method is one of"),
        ("similarity", {"value": "a", "threshold": 0.5, "method": "embedding"}, "needs model"),
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


@pytest.mark.parametrize(
    ("value", "told"), [("Is it polite?", None), ("  ", "a text"), (None, "a text"), (["a"], "a text")]
)
def test_rubrics_are_known_and_left_to_a_judge(value: JsonValue, told: str | None) -> None:
    assert is_rubric("llm-rubric")
    assert is_rubric("not-llm-rubric")
    assert not is_rubric("regex")
    why = rubric_problem("not-llm-rubric", value)
    assert why is None if told is None else told in (why or "")


EXAMPLES: dict[str, JsonValue] = {
    "equals": "a 1",
    "contains": "a",
    "icontains": "A",
    "contains-any": ["a", "b"],
    "contains-all": ["a", "1"],
    "icontains-any": ["A", "B"],
    "icontains-all": ["A", "1"],
    "starts-with": "a",
    "regex": "a+",
    "is-json": None,
    "json-schema": {"type": "number"},
    "contains-json": None,
    "numeric": {"value": 1, "tolerance": 1},
    "length": {"min": 2, "max": 4, "unit": "words"},
    "similarity": {"value": "a 1", "threshold": 0.5},
    "refusal": None,
    "language": "en",
}


@pytest.mark.parametrize("kind", TEXT_ASSERTIONS)
@given(text=st.text(alphabet="aA1 {}[].\n", max_size=12) | st.text(max_size=30))
def test_negation_is_the_complement(kind: str, text: str) -> None:
    assert TEXT_ASSERTIONS[kind].expects(EXAMPLES[kind]) is None
    plain, negated = (text_misses(name, EXAMPLES[kind], text) for name in (kind, f"not-{kind}"))
    assert (plain is None) is not (negated is None)


@pytest.mark.parametrize("kind", TEXT_ASSERTIONS)
@pytest.mark.parametrize(
    "text",
    [
        "\ud800\udfff half a character " * 3,
        "\0" * 20,
        '{"\\ud800": 1}',
        "1e999999999",
        "9" * 5_000,
        '{"a": ' + "9" * 5_000 + "}",
        "[" * 20_000 + "]" * 20_000,
        "\u0663\u066b\u0661 ²³½ \U0001d7dc",
        "1 × 10^999 million",
    ],
    ids=range(9),
)
def test_no_answer_makes_it_crash(kind: str, text: str) -> None:
    met = [text_misses(name, EXAMPLES[kind], text) is None for name in (kind, f"not-{kind}")]
    assert sum(met) == 1


def test_every_assertion_is_documented() -> None:
    page = Path("docs/comparison.md").read_text(encoding="utf-8")
    beside_their_sisters = ["icontains", "contains-all", "icontains-any", "icontains-all"]
    assert [
        kind for kind in (*TEXT_ASSERTIONS, *TOOL_EXPECTATIONS, *RUBRICS) if f"| `{kind}`" not in page
    ] == beside_their_sisters
    assert all(f"`{kind}`" in page for kind in beside_their_sisters)
