"""A schema that cannot be used is refused before anybody is asked; one that cannot be judged is met neither way."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from bot.difftest.marking.schemas import schema_misses, schema_problem
from bot.difftest.marking.text import text_misses
from bot.difftest.suite.load import load_suite
from bot.difftest.suite.located import MalformedFile

REMOTE: Final = "https://schemas.example/answer.json"
NOWHERE: Final = "#/$defs/nope"
UNUSABLE: Final[list[tuple[Any, str]]] = [
    ({"$ref": REMOTE}, f"$.$ref leads to {REMOTE}, which is not in it; a schema is never fetched"),
    ({"$ref": NOWHERE}, f"$.$ref leads to {NOWHERE}, which is not in it"),
    ({"properties": {"a": {"items": {"$ref": NOWHERE}}}}, f"$.properties.a.items.$ref leads to {NOWHERE}"),
    ({"$ref": "#/$defs/a", "$defs": {"a": {"not": {"$ref": "#b"}}}}, "$.$defs.a.not.$ref leads to #b"),
    ({"$dynamicRef": "#nope"}, "$.$dynamicRef leads to #nope"),
    ({"$ref": "http://[a"}, "leads to http://[a"),
    ({"$ref": "#/allOf/x", "allOf": [{}]}, "leads to #/allOf/x"),
    ({"$ref": "#/minimum/1", "minimum": 3}, "leads to #/minimum/1"),
    ({"$ref": "#/title", "title": "x"}, "leads to #/title, which is no schema"),
    ({"$ref": "#/own/a", "own": {"a": {"type": 5}}}, "leads to #/own/a, which is no schema: 5 is not valid"),
    ({"$ref": "#"}, "$ refers to itself without end"),
    ({"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"anyOf": [{"$ref": "#"}]}}}, "refers to itself without end"),
    ({"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/b"}, "leads to #/definitions/b"),
    ({"$schema": 5}, "its $schema is no text"),
]
TREE: Final = {"$ref": "#/$defs/tree", "$defs": {"tree": {"properties": {"left": {"$ref": "#/$defs/tree"}}}}}
USABLE: Final[list[Any]] = [
    TREE,
    {"properties": {"a": {"$ref": "#"}}},
    {"$ref": "#/own/a", "own": {"a": {"type": "object"}}},
    {"$id": "https://x.example/y", "properties": {"a": {"$ref": "z"}}, "$defs": {"q": {"$id": "z", "type": "integer"}}},
    {"$ref": "#there", "$defs": {"a": {"$anchor": "there"}}},
    {"$ref": "https://json-schema.org/draft/2020-12/schema"},
    {"$schema": "http://json-schema.org/draft-04/schema#", "id": "http://x.example/y", "not": {"$ref": "y#/a/b"}}
    | {"a": {"b": {"type": "string"}}},
    {"enum": [{"$ref": NOWHERE}, {}]},
    {"properties": {"$ref": {"type": "string"}}},
]


@pytest.mark.parametrize(("schema", "told"), UNUSABLE, ids=lambda value: json.dumps(value)[:60])
def test_a_schema_that_leads_nowhere_or_round_and_round_is_none_that_can_be_used(schema: Any, told: str) -> None:  # noqa: ANN401
    assert told in (schema_problem(schema) or "")


@pytest.mark.parametrize("schema", USABLE, ids=lambda value: json.dumps(value)[:60])
def test_one_that_has_all_in_itself_can_and_is_met(schema: Any) -> None:  # noqa: ANN401
    assert schema_problem(schema) is None
    assert schema_misses(schema, {}) is None


@pytest.mark.parametrize("kind", ["is-json", "json-schema", "contains-json"])
@pytest.mark.parametrize("negation", ["", "not-"])
@pytest.mark.parametrize("reference", [REMOTE, NOWHERE, "#nope"])
def test_what_cannot_be_judged_is_met_neither_way_round(kind: str, negation: str, reference: str) -> None:
    told = text_misses(f"{negation}{kind}", {"$ref": reference}, '{"a": 1}')
    assert told is not None
    assert told.startswith(f"{negation}{kind}: the answer cannot be judged: the schema refers to ")
    assert told.endswith("which is not in it")
    assert reference.removeprefix("#") in told


@pytest.mark.parametrize("kind", ["json-schema", "not-json-schema", "not-is-json", "not-contains-json"])
@pytest.mark.parametrize("reference", [REMOTE, NOWHERE])
def test_such_an_expectation_is_refused_with_its_line(tmp_path: Path, kind: str, reference: str) -> None:
    path = tmp_path / "chat.yml"
    path.write_text(
        f"""\
cases:
  - id: a
    messages: [{{role: user, content: hi}}]
    assert:
      - type: {kind}
        value:
          properties:
            a: {{$ref: "{reference}"}}
""",
        encoding="utf-8",
    )
    with pytest.raises(MalformedFile) as caught:
        load_suite(path)
    (problem,) = caught.value.problems
    assert (problem.line, problem.field) == (6, "cases[0].assert[0].value")
    assert f"$.properties.a.$ref leads to {reference}, which is not in it; a schema is never fetched" in problem.what


@pytest.mark.parametrize("wrapped", [False, True])
def test_so_are_a_tools_parameters(tmp_path: Path, wrapped: bool) -> None:
    tool = {"name": "f", "parameters": {"type": "object", "properties": {"a": {"$ref": NOWHERE}}}}
    case = {
        "id": "a",
        "messages": [{"role": "user", "content": "hi"}],
        "tools": [{"type": "function", "function": tool} if wrapped else tool],
        "assert": [{"type": "tool-called", "value": "f"}],
    }
    path = tmp_path / "chat.json"
    path.write_text(json.dumps({"cases": [case]}, indent=1), encoding="utf-8")
    with pytest.raises(MalformedFile) as caught:
        load_suite(path)
    (problem,) = caught.value.problems
    assert problem.field == f"cases[0].tools[0].{'function.' if wrapped else ''}parameters"
    assert '"parameters": {' in path.read_text(encoding="utf-8").splitlines()[problem.line - 1]
    assert "$.properties.a.$ref leads to #/$defs/nope" in problem.what
