"""A suite: the representative prompts of a model setting and what is expected of the answers.

The models an operator's file is checked against, loading it (YAML, or one case a line in JSON Lines) with every error
at its line, and the content digest. What assertions mean stands in `assertions` and `tools`.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, ValidationError

from bot.difftest.assertions import TEXT_ASSERTIONS, schema_problem, text_type
from bot.difftest.located import Located, MalformedFile, Place, Problem, dotted, read_json_lines, read_yaml
from bot.difftest.tools import TOOL_EXPECTATIONS

DimensionName = Literal["quality", "tools", "latency", "cost"]
DIMENSIONS: Final[tuple[DimensionName, ...]] = ("quality", "tools", "latency", "cost")
DEFAULT_MARGINS: Final[Mapping[str, float]] = {"quality": 0.05, "tools": 0.05, "latency": 0.25, "cost": 0.20}
"""Points of quality and tools (0.05 is 5), ratios of latency and cost (0.25 is +25 %)."""
DEFAULT_PASS_RATE: Final = 0.9
JSON_LINES: Final = {".jsonl", ".ndjson"}
YAML_SUFFIXES: Final = {".yml", ".yaml", ".json"}


class Written(BaseModel):
    """A block of the file: unknown fields are errors, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Message(BaseModel):
    """One turn, as chat completions take it; further fields (`tool_calls`, `tool_call_id`, `name`) pass through."""

    model_config = ConfigDict(extra="allow", frozen=True)

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, JsonValue]] | None = None


def _unwrapped(value: object) -> object:
    """A tool as chat completions take it, `{type: function, function: {...}}`, or the inner part alone."""
    if isinstance(value, dict) and value.get("type") == "function" and value.keys() == {"type", "function"}:
        return value["function"]
    return value


class Function(Written):
    """A tool the model may call; `parameters` is the JSON Schema of its arguments. It is never carried out."""

    name: str = Field(min_length=1, pattern=r"^[A-Za-z0-9_.:-]{1,64}$")
    description: str | None = None
    parameters: dict[str, JsonValue] = {"type": "object", "properties": {}}
    strict: bool | None = None


Tool = Annotated[Function, BeforeValidator(_unwrapped)]


class Assertion(Written):
    """One expectation of the answer; what `value` may be depends on `type`."""

    type: str
    value: JsonValue = None


class Case(Written):
    """One prompt and what is expected of its answer."""

    id: str = Field(min_length=1, max_length=200)
    messages: tuple[Message, ...] = Field(min_length=1)
    tools: tuple[Tool, ...] = ()
    tool_choice: Literal["auto", "none", "required"] | dict[str, JsonValue] | None = None
    assertions: tuple[Assertion, ...] = Field(alias="assert", min_length=1)
    tags: tuple[str, ...] = ()
    cluster: str | None = None

    @property
    def about_text(self) -> tuple[Assertion, ...]:
        """The assertions that quality is made of."""
        return tuple(entry for entry in self.assertions if entry.type not in TOOL_EXPECTATIONS)

    @property
    def about_tools(self) -> tuple[Assertion, ...]:
        """The expectations that tool behaviour is made of."""
        return tuple(entry for entry in self.assertions if entry.type in TOOL_EXPECTATIONS)

    @cached_property
    def offered(self) -> dict[str, JsonValue]:
        """The offered tools: name -> schema of the arguments."""
        return {tool.name: tool.parameters for tool in self.tools}


Margin = Annotated[float, Field(gt=0, lt=1)]


class Margins(Written):
    """By how much the candidate may be worse; None takes the default."""

    quality: Margin | None = None
    tools: Margin | None = None
    latency: Annotated[float, Field(gt=0, le=10)] | None = None
    cost: Annotated[float, Field(gt=0, le=10)] | None = None


class Registry(Written):
    """Which tool registry the cases were written against."""

    id: str
    version: str = "latest"


class Settings(Written):
    """Everything of a suite but its cases."""

    name: str = "suite"
    description: str = ""
    private: bool = False
    primary: tuple[DimensionName, ...] = Field(default=DIMENSIONS, min_length=1)
    margins: Margins = Margins()
    pass_rate: float = Field(default=DEFAULT_PASS_RATE, gt=0, le=1)
    repeats: int = Field(default=1, ge=1, le=50)
    parameters: dict[str, JsonValue] = {}
    registry: Registry | None = None


class Suite(Settings):
    """A whole suite."""

    cases: tuple[Case, ...] = Field(min_length=1)

    @cached_property
    def digest(self) -> str:
        """A sha256 over the content: comments, order of fields and file format do not change it."""
        content = self.model_dump(mode="json", by_alias=True)
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def margin(self, dimension: DimensionName) -> float:
        """The suite's margin of a dimension, or the default."""
        written: float | None = getattr(self.margins, dimension)
        return DEFAULT_MARGINS[dimension] if written is None else written

    @property
    def by_id(self) -> dict[str, Case]:
        """The cases by their ids."""
        return {case.id: case for case in self.cases}


def load_suite(path: Path) -> Suite:
    """Read and check a suite. Raises MalformedFile with everything that is wrong, each at its line."""
    suffix = path.suffix.lower()
    if suffix in JSON_LINES:
        rows = read_json_lines(path)
        located = Located({"name": path.stem, "cases": rows.data}, {("cases", *at): n for at, n in rows.lines.items()})
    elif suffix in YAML_SUFFIXES:
        located = read_yaml(path)
    else:
        what = f"a suite is a .yml, .yaml, .json or .jsonl file, not {suffix or 'one without a suffix'}"
        raise MalformedFile(path, [Problem(0, "", what)])
    suite, problems = _checked(located, path.stem)
    if suite is None:
        raise MalformedFile(path, problems)
    return suite


def _checked(located: Located, name: str) -> tuple[Suite | None, list[Problem]]:
    data = located.data
    if not isinstance(data, dict):
        return None, [Problem(1, "", "a suite is a mapping with a list under `cases:`")]
    rows = data.get("cases")
    found: list[tuple[Place, str]] = []
    settings = {key: value for key, value in data.items() if key != "cases"}
    try:
        Settings.model_validate(settings)
    except ValidationError as error:
        found += _phrased(error, (), (*Settings.model_fields, "cases"))
    cases: list[Case] = []
    if not isinstance(rows, list) or not rows:
        found.append((("cases",) if "cases" in data else (), "at least one case is expected in a list under `cases:`"))
    else:
        for index, row in enumerate(rows):
            try:
                case = Case.model_validate(row)
            except ValidationError as error:
                found += _phrased(error, ("cases", index), ("assert", *Case.model_fields))
            else:
                cases.append(case)
            if isinstance(row, dict):
                found += ((("cases", index, *place), what) for place, what in _case_problems(row))
        found += _doubles(rows, located)
    if found:
        return None, [Problem(located.line(place), dotted(place), what) for place, what in found]
    suite = Suite.model_validate({"name": name, **settings, "cases": cases})
    return suite, []


def _doubles(rows: Sequence[JsonValue], located: Located) -> Iterator[tuple[Place, str]]:
    first: dict[str, int] = {}
    for index, row in enumerate(rows):
        case_id = row.get("id") if isinstance(row, dict) else None
        if not isinstance(case_id, str):
            continue
        if case_id in first:
            line = located.line(("cases", first[case_id], "id"))
            yield ("cases", index, "id"), f"{case_id!r} is already the id of the case in line {line}"
        first.setdefault(case_id, index)


def _case_problems(row: Mapping[str, JsonValue]) -> Iterator[tuple[Place, str]]:
    """What the fields' shapes alone do not tell: values against their types, tools that are not offered.

    Works on the row as written, so that it also speaks where another field of the case is wrong.
    """
    offered: dict[str, JsonValue] = {}
    for index, tool in enumerate(_rows(row.get("tools"))):
        function = _unwrapped(tool)
        name = function.get("name") if isinstance(function, dict) else None
        if not isinstance(function, dict) or not isinstance(name, str):
            continue
        if name in offered:
            yield ("tools", index), f"the tool {name!r} is offered twice"
        offered[name] = function.get("parameters", True)
        if isinstance(offered[name], dict) and (why := schema_problem(offered[name])) is not None:
            yield ("tools", index), f"parameters of {name}: {why}"
    if row.get("tool_choice") is not None and not offered:
        yield ("tool_choice",), "is given, but this case offers no tools"
    for index, assertion in enumerate(_rows(row.get("assert"))):
        kind = assertion.get("type") if isinstance(assertion, dict) else None
        if isinstance(assertion, dict) and isinstance(kind, str):
            for place, what in _assertion_problem(kind, assertion.get("value"), offered):
                yield ("assert", index, *place), what


def _rows(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _assertion_problem(kind: str, value: JsonValue, offered: Mapping[str, JsonValue]) -> Iterator[tuple[Place, str]]:
    if (text := text_type(kind)) is not None:
        why = text.expects(value)
    elif (expectation := TOOL_EXPECTATIONS.get(kind)) is not None:
        why = expectation.expects(value, offered)
    else:
        yield ("type",), _unknown(kind, "type of assertion", (*TEXT_ASSERTIONS, *TOOL_EXPECTATIONS))
        return
    if why is not None:
        yield ("value",), f"{kind}: {why}"


def _unknown(name: str, what: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"{name!r} is no {what}; " + (f"did you mean {near[0]}?" if near else f"expected one of {', '.join(known)}")


_KNOWN_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "assert": tuple(Assertion.model_fields),
    "tools": tuple(Function.model_fields),
    "margins": tuple(Margins.model_fields),
    "registry": tuple(Registry.model_fields),
}


def _phrased(error: ValidationError, around: Place, known: Sequence[str]) -> Iterator[tuple[Place, str]]:
    """Pydantic's findings as a place and a sentence; what follows from another finding is left out."""
    findings = [
        (tuple(part for part in finding["loc"] if not _is_branch(part)), finding["type"], finding["msg"])
        for finding in error.errors(include_url=False)
    ]
    seen: set[Place] = set()
    for place, kind, message in findings:
        inner = any(len(other) > len(place) and other[: len(place)] == place for other, _, _ in findings)
        if place not in seen and not (kind == "too_short" and inner):
            yield (*around, *place), _sentence(kind, message, place, known)
        seen.add(place)


def _is_branch(part: str | int) -> bool:
    """Whether pydantic put this into a place to name the branch of a union."""
    return isinstance(part, str) and (part == "str" or "[" in part)


def _sentence(kind: str, message: str, place: Place, known: Sequence[str]) -> str:
    match kind:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            names = next((_KNOWN_FIELDS[str(part)] for part in reversed(place[:-1]) if part in _KNOWN_FIELDS), known)
            return _unknown(str(place[-1]), "known field", names)
        case "model_type" | "dict_type" | "model_attributes_type":
            return "a mapping is expected"
        case "too_short":
            return "at least one entry is expected"
        case _:
            return message[0].lower() + message[1:].removeprefix("alue error, ")


def wire_tools(case: Case) -> tuple[JsonValue, ...]:
    """The case's tools as chat completions take them."""
    return tuple(
        {"type": "function", "function": tool.model_dump(mode="json", exclude_none=True)} for tool in case.tools
    )


def wire_messages(case: Case) -> tuple[JsonValue, ...]:
    """The case's messages as chat completions take them."""
    return tuple(_wire_message(message) for message in case.messages)


def _wire_message(message: Message) -> dict[str, Any]:
    return message.model_dump(mode="json", exclude_unset=True)
