"""The schema of a suite: every example meets it, what is wrong does not, and it knows what the loader knows."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator  # noqa: TID253 (tests may start slowly)

from bot.difftest.marking.text import TEXT_ASSERTIONS, TextAssertion
from bot.difftest.marking.tools import TOOL_EXPECTATIONS
from bot.difftest.suite.kinds import kinds, value_problem
from bot.difftest.suite.located import read_yaml
from bot.difftest.suite.schema import schema

EXAMPLES: Final = sorted((Path(__file__).parents[2] / "bot" / "examples").glob("*.suite.yml"))
CASE: Final[dict[str, Any]] = {
    "id": "a",
    "messages": [{"role": "user", "content": "hi"}],
    "assert": [{"type": "equals", "value": "x"}],
}


def validator() -> Draft202012Validator:
    made = schema()
    Draft202012Validator.check_schema(made)
    return Draft202012Validator(made)


def with_assertion(**assertion: object) -> dict[str, Any]:
    return {"cases": [{**CASE, "assert": [assertion]}]}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_meets_it(path: Path) -> None:
    assert list(validator().iter_errors(read_yaml(path).data)) == []


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 2


@pytest.mark.parametrize(
    "suite",
    [
        {},
        {"cases": []},
        {"cases": [{**CASE, "id": ""}]},
        {"cases": [{key: value for key, value in CASE.items() if key != "assert"}]},
        {"cases": [{**CASE, "messages": [{"role": "usr", "content": "hi"}]}]},
        {"cases": [{**CASE, "tols": []}]},
        {"cases": [{**CASE, "tools": [{"type": "function", "function": {"name": "a b"}}]}]},
        {"cases": [CASE], "margins": {"quality": 5}},
        {"cases": [CASE], "primary": ["speed"]},
        {"cases": [CASE], "repeats": 0},
        with_assertion(type="contain", value="x"),
        with_assertion(type="contains"),
        with_assertion(type="contains", value=["x"]),
        with_assertion(type="contains-any", value="x"),
        with_assertion(type="contains-any", value=[]),
        with_assertion(type="regex", value=3),
        with_assertion(type="json-schema", value="object"),
        with_assertion(type="tool-called", value=3),
        with_assertion(type="no-tool-call", value="get_weather"),
        with_assertion(type="equals", weight=2, value="x"),
    ],
    ids=lambda suite: json.dumps(suite)[-60:],
)
def test_what_is_wrong_does_not_meet_it(suite: dict[str, Any]) -> None:
    assert list(validator().iter_errors(suite))


def test_a_tool_may_be_written_in_both_forms() -> None:
    inner = {"name": "get_weather", "parameters": {"type": "object"}}
    for tool in (inner, {"type": "function", "function": inner}):
        assert list(validator().iter_errors({"cases": [{**CASE, "tools": [tool]}]})) == []


def test_it_says_what_it_is() -> None:
    made = schema()
    assert (made["$schema"], made["$id"]) == ("https://json-schema.org/draft/2020-12/schema", "urn:rotate:suite")


def test_every_field_is_described() -> None:
    def undescribed(made: dict[str, Any]) -> Iterator[str]:
        for model, block in {"Suite": made, **made["$defs"]}.items():
            for name, field in block.get("properties", {}).items():
                if len(field.get("description", "")) < 8:
                    yield f"{model}.{name}"

    assert list(undescribed(schema())) == []


def test_every_type_the_loader_knows_is_enumerated() -> None:
    types = schema()["$defs"]["Assertion"]["properties"]["type"]["enum"]
    assert {*TEXT_ASSERTIONS, *TOOL_EXPECTATIONS} <= {*types}
    assert {f"not-{name}" for name in TEXT_ASSERTIONS} <= {*types}
    assert len(types) == len({*types})


def test_a_type_that_is_added_appears_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    rhymes = TextAssertion(lambda value: None if value == 2 else "two is expected", lambda _value, _text: None)
    monkeypatch.setitem(TEXT_ASSERTIONS, "rhymes", rhymes)
    kinds.cache_clear()
    try:
        found = {kind.name: kind for kind in kinds()}
        assert found["rhymes"].value == {"type": "integer"}
        assert found["rhymes"].expects == "two is expected"
        assert "not-rhymes" in found
        assert list(validator().iter_errors(with_assertion(type="rhymes", value="two")))
        assert not list(validator().iter_errors(with_assertion(type="rhymes", value=2)))
    finally:
        monkeypatch.undo()
        kinds.cache_clear()


def test_a_mapping_of_which_a_type_only_speaks_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def expects(value: object) -> str | None:
        fits = value == ["probe"] or (isinstance(value, dict) and "verses" in value)
        return None if fits else "a list of words, or {verses, metre} is expected"

    monkeypatch.setitem(TEXT_ASSERTIONS, "scans", TextAssertion(expects, lambda _value, _text: None))
    kinds.cache_clear()
    try:
        for value in (["probe"], {"verses": 3}):
            assert not list(validator().iter_errors(with_assertion(type="scans", value=value)))
        assert list(validator().iter_errors(with_assertion(type="scans", value=2)))
    finally:
        monkeypatch.undo()
        kinds.cache_clear()


def test_the_shape_of_a_value_is_what_the_loader_takes() -> None:
    values: list[Any] = [None, True, 3, 2.5, "x", "", [], ["x"], {}, {"type": "object"}]
    made = validator()
    for kind in kinds():
        for value in values:
            accepted = value_problem(kind.name, value, ({"name": "x"},)) is None
            if accepted:  # the schema may be wider than the loader, never narrower
                assert not list(made.iter_errors(with_assertion(type=kind.name, value=value))), (kind.name, value)
