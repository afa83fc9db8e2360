"""Which types of assertion there are and what their values look like, asked of the loader itself. Pure.

Nothing here names what a value may be: each type is shown values of every shape, and what the loader accepts is its
shape. A type that is added later so appears by itself, in the schema and in what an import may carry over.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pydantic import JsonValue

from bot.difftest.marking.rubrics import RUBRICS
from bot.difftest.marking.text import TEXT_ASSERTIONS
from bot.difftest.marking.tools import TOOL_EXPECTATIONS
from bot.difftest.suite.load import case_problems
from bot.difftest.suite.model import Settings

NEGATION: Final = "not-"

_PROBE: Final[dict[str, JsonValue]] = {"name": "probe", "parameters": {"type": "object"}}
_SHAPES: Final[dict[str, tuple[JsonValue, ...]]] = {
    "null": (None,),
    "boolean": (True,),
    "integer": (2,),
    "number": (2.5,),
    "string": ("probe", "en"),
    "array": (["probe"], ["en"], [{"name": "probe"}], [{"name": "probe", "arguments": {}}]),
    "object": (
        {},
        {"type": "object"},
        {"name": "probe"},
        {"name": "probe", "times": 1},
        {"name": "probe", "arguments": {"a": 1}},
        {"value": "probe", "threshold": 0.8},
        {"text": "probe", "threshold": 0.8},
        {"value": 2, "tolerance": 0.5},
        {"value": 2, "absolute": 0.5},
        {"min": 1, "max": 2},
        {"max": 2},
    ),
}
_ENTRIES: Final[dict[str, tuple[JsonValue, ...]]] = {
    "string": ("probe", "en"),
    "number": (2.5,),
    "object": ({"name": "probe"}, {"name": "probe", "times": 1}),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of assertion: its name, the JSON Schema of its value, and the loader's own words on what is expected."""

    name: str
    value: Mapping[str, JsonValue]
    expects: str = ""


def value_problem(kind: str, value: JsonValue, tools: tuple[JsonValue, ...] = ()) -> str | None:
    """Why the loader would refuse an assertion in a case with these tools; None when it would not."""
    found = [what for place, what in _asked(kind, value, tools) if place[0] == "assert"]
    return found[0] if found else None


def is_kind(kind: str) -> bool:
    """Whether the loader knows the type."""
    return not any(place[-1] == "type" for place, _ in _asked(kind, None, ()))


def has_judge() -> bool:
    """Whether a suite can name the model that judges rubrics."""
    return is_kind("llm-rubric") and "judge" in Settings.model_fields


def _asked(kind: str, value: JsonValue, tools: tuple[JsonValue, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    return case_problems({"tools": list(tools), "assert": [{"type": kind, "value": value}]})


@lru_cache(maxsize=1)
def kinds() -> tuple[Kind, ...]:
    """Every type of assertion, negations included, in the order of the registries."""
    bases = dict.fromkeys((*TEXT_ASSERTIONS, *TOOL_EXPECTATIONS, *RUBRICS))
    names = dict.fromkeys(name for base in bases for name in (base, NEGATION + base) if is_kind(name))
    return tuple(_kind(name) for name in names)


def _kind(name: str) -> Kind:
    refusals: list[str] = []
    accepted: list[str] = []
    for shape, values in _SHAPES.items():
        problems = [value_problem(name, value, (_PROBE,)) for value in values]
        if None in problems:
            accepted.append(shape)
        refusals += [problem for problem in problems if problem is not None]
    words = refusals[0].removeprefix(f"{name}: ") if refusals else ""
    if accepted and "{" in words and "object" not in accepted:
        accepted.append("object")  # a form nobody has shown it, but of which it speaks
    return Kind(name, _schema(name, accepted), words)


def _schema(name: str, accepted: list[str]) -> dict[str, JsonValue]:
    if "number" in accepted:
        accepted = [shape for shape in accepted if shape != "integer"]
    everything = [shape for shape in _SHAPES if shape != "integer"]
    if not accepted or accepted == everything:
        return {}
    if accepted == [shape for shape in everything if shape != "null"]:
        return {"not": {"type": "null"}}
    branches: list[JsonValue] = [_branch(name, shape) for shape in accepted]
    only = branches[0]
    return only if len(branches) == 1 and isinstance(only, dict) else {"anyOf": branches}


def _branch(name: str, shape: str) -> dict[str, JsonValue]:
    branch: dict[str, JsonValue] = {"type": shape}
    if shape == "string" and value_problem(name, "", (_PROBE,)) is not None:
        branch["minLength"] = 1
    if shape == "array":
        if value_problem(name, [], (_PROBE,)) is not None:
            branch["minItems"] = 1
        types: list[JsonValue] = [
            kind
            for kind, values in _ENTRIES.items()
            if None in [value_problem(name, [value], (_PROBE,)) for value in values]
        ]
        branch |= {"items": {"type": types if len(types) > 1 else types[0]}} if types else {}
    if shape == "boolean" and value_problem(name, False, (_PROBE,)) is not None:  # noqa: FBT003 (a value, no flag)
        return {"const": True}
    return branch


def needs_value(kind: Kind) -> bool:
    """Whether an assertion of this type without a value is refused."""
    return value_problem(kind.name, None, (_PROBE,)) is not None
