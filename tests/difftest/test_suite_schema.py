"""The schema of a suite: every example meets it, what is wrong does not, and it knows what the loader knows."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # noqa: TID253 (tests may start slowly)
from pydantic import JsonValue

from bot.difftest.marking.text import TEXT_ASSERTIONS, TextAssertion
from bot.difftest.marking.tools import TOOL_EXPECTATIONS
from bot.difftest.suite.kinds import kinds, value_problem
from bot.difftest.suite.load import case_problems, load_suite
from bot.difftest.suite.located import MalformedFile
from bot.difftest.suite.model import Settings, Suite
from bot.difftest.suite.schema import schema
from bot.difftest.suite.yaml_nodes import read_yaml

DOCS: Final = Path(__file__).parents[2] / "docs"
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


def documented() -> list[str]:
    blocks = re.findall(r"```yaml\n(.*?)```", (DOCS / "comparison.md").read_text(encoding="utf-8"), re.DOTALL)
    found = [block for block in blocks if "messages:" in block]
    return [block if "cases:" in block else f"cases:\n{block}" for block in found]


@pytest.mark.parametrize("text", documented(), ids=lambda text: re.findall(r"- id: (\S+)", text)[0])
def test_every_documented_suite_meets_it(text: str, tmp_path: Path) -> None:
    path = tmp_path / "documented.yml"
    path.write_text(text, encoding="utf-8")
    assert load_suite(path).cases
    assert list(validator().iter_errors(read_yaml(path).data)) == []


def test_there_are_documented_ones() -> None:
    assert len(documented()) >= 2


# --- the same as the loader, field by field


@lru_cache
def usual() -> Draft202012Validator:
    return validator()


WHOLE: Final[dict[str, Any]] = {
    "judge": {"model": "j"},
    "margins": {},
    "registry": {"id": "r"},
    "cases": [
        {
            **CASE,
            "tools": [{"name": "f", "parameters": {"type": "object"}}],
            "results": [{"tool": "f", "content": "x"}],
        }
    ],
}
FIELDS: Final = [
    *((name,) for name in Settings.model_fields),
    ("cases",),
    *(
        ("cases", 0, name)
        for name in ("id", "messages", "tags", "cluster", "results", "max_turns", "assert", "tool_choice")
    ),
    *(("cases", 0, "messages", 0, name) for name in ("role", "content", "name", "tool_calls")),
    *(("cases", 0, "tools", 0, name) for name in ("description", "parameters", "strict", "function")),
    *(("cases", 0, "results", 0, name) for name in ("arguments", "content", "error", "times")),
    *(("cases", 0, "assert", 0, name) for name in ("type", "value")),
    *(("margins", name) for name in ("quality", "tools", "latency", "cost")),
    *(("registry", name) for name in ("id", "version")),
    *(("judge", name) for name in ("model", "base_url", "api_key_env", "parameters")),
]
VALUES: Final[list[Any]] = [
    *(
        None,
        True,
        False,
        0,
        1,
        2,
        3.0,
        0.5,
        -1,
        5,
        60,
        1e9,
        "",
        "a",
        "3",
        "0.5",
        "true",
        "yes",
        "auto",
        "user",
        "equals",
    ),
    *(
        "x" * 65,
        "x" * 201,
        "2026-01-02",
        "http://a/b",
        "ftp://a",
        "a b",
        "A_B",
        "a\u202eb",
        "\x1b[31m",
        "\n",
        "שלום",
        "日本",
    ),
    *(
        [],
        ["a"],
        ["quality"],
        ["quality", "tools"],
        ["cost", "cost"],
        [1],
        [None],
        [{}],
        [{"type": "text", "text": "x"}],
    ),
    *(
        {},
        {"a": 1},
        {"model": "x"},
        {"model": 1},
        {"type": "object"},
        {"id": "x"},
        {"id": "x", "version": 1},
        {"sky": "rain"},
    ),
    *({"quality": 0.1}, {"quality": "0.1"}, {"quality": True}, {"latency": 5}, {"latency": 0}, {"quality": 1}),
]


def as_the_loader_has_it(suite: dict[str, Any], folder: Path) -> bool:
    path = folder / "chat.json"
    path.write_text(json.dumps(suite), encoding="utf-8")
    try:
        load_suite(path)
    except MalformedFile:
        return False
    return True


@pytest.mark.parametrize("place", FIELDS, ids=lambda place: ".".join(map(str, place)))
def test_it_takes_exactly_what_the_loader_takes(place: tuple[str | int, ...], tmp_path: Path) -> None:
    """Also what the loader makes something else of: a tool's answer that is no text, a number with a point."""
    different = []
    for value in [*VALUES, ...]:
        suite = deepcopy(WHOLE)
        around: Any = suite
        for step in place[:-1]:
            around = around[step]
        if value is ...:
            around.pop(place[-1], None)
        else:
            around[place[-1]] = value
        if place[-1] == "error":
            del around["content"]
        if usual().is_valid(suite) != as_the_loader_has_it(suite, tmp_path):
            different.append(value)
    assert different == []


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(JSON, st.sampled_from(["content", "error"]))
def test_whatever_a_tool_answers_is_taken_by_both(value: JsonValue, field: str) -> None:
    suite = {"cases": [{**CASE, "tools": [{"name": "f"}], "results": [{"tool": "f", field: value}]}]}
    assert usual().is_valid(suite) == (value is not None)
    if value is not None:
        (result,) = Suite.model_validate(suite).cases[0].results
        assert isinstance(getattr(result, field), str)


@given(st.sampled_from([*TEXT_ASSERTIONS, *TOOL_EXPECTATIONS]), st.booleans(), JSON)
def test_no_value_that_the_loader_takes_is_refused(kind: str, negated: bool, value: JsonValue) -> None:
    name = f"not-{kind}" if negated else kind
    case = {**CASE, "tools": [{"name": "f"}], "assert": [{"type": name, "value": value}]}
    if not list(case_problems(case)):
        assert list(usual().iter_errors({"cases": [case]})) == []


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
