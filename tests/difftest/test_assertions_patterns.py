"""Patterns of suites: what `re` finds, and an end to every search."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from bot.difftest.marking.calls import invalid_call
from bot.difftest.marking.patterns import found, pattern_problem
from bot.difftest.marking.text import TEXT_ASSERTIONS, text_misses
from bot.difftest.model.chat import ToolCall

ENDLESS = [
    (r"(a|aa)+$", "a" * 60 + "b"),
    (r"(?:a|a)*$", "a" * 60 + "b"),
    (r"(a+)+$", "a" * 60 + "b"),
    (r"(x|x)*y", "x" * 60),
    (r"^(\w+\s?)*$", "a b " * 30 + "!"),
    (r"(.*)*=x", "a" * 5_000),
]


@pytest.mark.parametrize(("pattern", "text"), ENDLESS)
def test_no_pattern_can_hang_a_run(pattern: str, text: str) -> None:
    assert pattern_problem(pattern) is None
    assert text_misses("regex", pattern, text) is not None  # within the test's time limit; `re` takes years


@pytest.mark.parametrize("kind", ["regex", "not-regex"])
def test_a_stopped_search_is_met_neither_way_round(kind: str) -> None:
    assert "took more than 0.25 s and was stopped" in (text_misses(kind, *ENDLESS[0]) or "")


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"type": "string", "pattern": ENDLESS[0][0]}}},
        {"patternProperties": {ENDLESS[0][0]: {"type": "integer"}}},
        {"patternProperties": {ENDLESS[0][0]: {}}, "additionalProperties": False},
        {"propertyNames": {"pattern": ENDLESS[0][0]}},
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "properties": {"b": {"$ref": "#"}, "a": {"anyOf": [{"type": "integer"}, {"pattern": ENDLESS[0][0]}]}},
        },
    ],
)
def test_nor_can_one_in_a_schema(schema: JsonValue) -> None:
    endless = ENDLESS[0][1]
    text = f'{{"{endless}": 1, "b": {{"a": "{endless}"}}, "a": "{endless}"}}'
    assert "cannot be judged" in (text_misses("json-schema", schema, text) or "")
    assert "cannot be judged" in (invalid_call(ToolCall("f", text), {"f": schema}) or "")


def test_what_jsonschema_would_search_for_by_itself_is_refused() -> None:
    schema: JsonValue = {"allOf": [{"patternProperties": {"^x": {}}}], "unevaluatedProperties": False}
    assert "is not known here" in (TEXT_ASSERTIONS["json-schema"].expects(schema) or "")


def test_a_schema_that_refers_to_itself_ends_too() -> None:
    assert "without end" in (text_misses("json-schema", {"$ref": "#"}, "{}") or "")


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("(" * 3, "is not a regular expression"),
        ("a" * 4_001, "longer than 4,000 characters"),
        (r"((a{1000}){1000}){1000}", "repeats too often"),
        (r"(((a|b|c){100}){100}){100}", "repeats too often"),
        (r"[a--b]", "is not a regular expression"),
    ],
)
def test_what_is_refused_when_a_suite_is_loaded(pattern: str, told: str) -> None:
    assert told in (pattern_problem(pattern) or "")


@pytest.mark.parametrize(
    "pattern", [r"\w{1,1000}x", r"[({]\d{3}[)}]", r"\{{2}", r"(?<=a)b(?!c)", r"(?P<q>['\"]).*?(?P=q)"]
)
def test_ordinary_patterns_are_taken(pattern: str) -> None:
    assert pattern_problem(pattern) is None


@given(st.text(alphabet=r"ab.*+?|()[]^$\dw{2}", max_size=8), st.text(alphabet="ab2 \n", max_size=8))
def test_the_same_is_found_as_by_re(pattern: str, text: str) -> None:
    try:
        expected = re.compile(pattern)
    except (re.error, FutureWarning):  # sets within sets, on which the two may differ one day
        return
    if pattern_problem(pattern) is None:
        assert found(pattern, text) is (expected.search(text) is not None)


def test_additional_properties_mean_what_they_did() -> None:
    schema: dict[str, JsonValue] = {
        "properties": {"a": {}},
        "patternProperties": {"^x-": {"type": "integer"}},
        "additionalProperties": {"type": "string"},
    }
    assert text_misses("json-schema", schema, '{"a": 1, "x-b": 2, "c": "d"}') is None
    assert "$.c" in (text_misses("json-schema", schema, '{"c": 3}') or "")
    assert "$['x-b']" in (text_misses("json-schema", schema, '{"x-b": "no"}') or "")
    closed: JsonValue = {**schema, "additionalProperties": False}
    assert "('c', 'd' were unexpected)" in (text_misses("json-schema", closed, '{"c": 3, "d": 4}') or "")
