"""Reading a suite: YAML, or one case a line in JSON Lines. Everything that is wrong is told at once, at its line."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from pydantic import JsonValue, ValidationError

from bot.difftest.marking.contradictions import contradictions
from bot.difftest.marking.rubrics import RUBRICS, is_rubric, rubric_problem
from bot.difftest.marking.schemas import sound
from bot.difftest.marking.text import TEXT_ASSERTIONS, text_type
from bot.difftest.marking.tools import TOOL_EXPECTATIONS, tool_problem, tool_type
from bot.difftest.suite.located import Located, MalformedFile, Place, Problem, dotted, read_json_lines
from bot.difftest.suite.model import (
    Assertion,
    Case,
    Function,
    JudgeSettings,
    Margins,
    Registry,
    ScriptedResult,
    Settings,
    Suite,
    unwrapped,
)
from bot.difftest.suite.scripted import result_problem

JSON_LINES: Final = {".jsonl", ".ndjson"}
YAML_SUFFIXES: Final = {".yml", ".yaml", ".json"}


def load_suite(path: Path) -> Suite:
    """Read and check a suite. Raises MalformedFile with everything that is wrong, each at its line."""
    return load_located(path)[0]


def load_located(path: Path) -> tuple[Suite, Located]:
    """The suite, and what was written with its lines. Raises MalformedFile as `load_suite` does."""
    suffix = path.suffix.lower()
    if suffix in JSON_LINES:
        located = _from_lines(read_json_lines(path))
    elif suffix in YAML_SUFFIXES:
        from bot.difftest.suite.yaml_nodes import read_yaml  # noqa: PLC0415 (a suite of JSON Lines needs no YAML)

        located = read_yaml(path)
    else:
        what = f"a suite is a .yml, .yaml, .json or .jsonl file, not {suffix or 'one without a suffix'}"
        raise MalformedFile(path, [Problem(0, "", what)])
    suite, problems = _checked(located, path.stem)
    if suite is None:
        private = isinstance(located.data, dict) and located.data.get("private", False) is not False
        raise MalformedFile(path, problems, private=private)
    return suite, located


def _from_lines(rows: Located) -> Located:
    """A suite of one case a line; a first line `{"suite": {...}}` holds what in YAML stands beside `cases:`."""
    found = rows.data if isinstance(rows.data, list) else []
    head = found[0] if found else None
    settings: dict[str, JsonValue] = {}
    lines: dict[Place, int] = {}
    problems, begin = rows.problems, 0
    if isinstance(head, dict) and head.keys() == {"suite"}:
        written, number, begin = head["suite"], rows.line((0,)), 1
        if isinstance(written, dict):
            settings = {name: value for name, value in written.items() if name != "cases"}
            lines = {(name,): number for name in settings}
        if wrong := _head_problem(written):
            problems = (*problems, Problem(number, "suite", wrong))
    lines |= {("cases", index - begin): rows.line((index,)) for index in range(begin, len(found))}
    broken = frozenset(("cases", index - begin) for index in range(len(found)) if (index,) in rows.broken)
    return Located({**settings, "cases": found[begin:]}, lines, problems, broken)


def _head_problem(written: JsonValue) -> str:
    if not isinstance(written, dict):
        return "a mapping is expected: what in YAML stands beside `cases:`"
    return "has `cases`; in JSON Lines each case is a line of its own" if "cases" in written else ""


def problems_in(suites: Iterable[str]) -> list[str]:
    """What is wrong with the suites in these files, each looked at once: one line a problem, with its place."""
    found: list[str] = []
    for suite in dict.fromkeys(suites):
        try:
            load_suite(Path(suite))
        except MalformedFile as error:
            found += str(error).splitlines()
    return found


def _checked(located: Located, name: str) -> tuple[Suite | None, list[Problem]]:
    data = located.data
    if not isinstance(data, dict):
        return None, [*located.problems, Problem(1, "", "a suite is a mapping with a list under `cases:`")]
    rows = data.get("cases")
    found: list[tuple[Place, str]] = []
    settings = {key: value for key, value in data.items() if key != "cases"}
    try:
        Settings.model_validate(settings)
    except ValidationError as error:
        found += _phrased(error, (), (*Settings.model_fields, "cases"))
    found += _parameters(settings.get("parameters"))
    cases: list[Case] = []
    if not isinstance(rows, list) or not rows:
        found.append((("cases",) if "cases" in data else (), "at least one case is expected in a list under `cases:`"))
    else:
        for index, row in enumerate(rows):
            if ("cases", index) in located.broken:
                continue
            try:
                case = Case.model_validate(row)
            except ValidationError as error:
                found += _phrased(error, ("cases", index), ("assert", *Case.model_fields))
            else:
                cases.append(case)
            if isinstance(row, dict):
                found += ((("cases", index, *place), what) for place, what in _case_problems(row))
        found += _doubles(rows, located)
        if data.get("judge") is None:
            found += _rubrics_unjudged(rows)
    if found or located.problems:
        mine = [Problem(located.line(place), dotted(place), what) for place, what in found]
        return None, [*located.problems, *mine]
    suite = Suite.model_validate({"name": name, **settings, "cases": cases})
    return suite, []


WRITTEN_BY_US: Final = {
    "model": "`--current` and `--candidate` name the models",
    "messages": "each case has its own",
    "tools": "each case has its own",
    "tool_choice": "each case has its own",
    "stream_options": "usage is asked for wherever the provider tells it",
}
"""Parameters that the product writes itself: what an operator wrote there would be thrown away."""


def _parameters(value: JsonValue) -> Iterator[tuple[Place, str]]:
    for name in value if isinstance(value, dict) else ():
        if name in WRITTEN_BY_US:
            yield ("parameters", name), f"is no parameter that a suite can set: {WRITTEN_BY_US[name]}"


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


_JUDGE_GOES: Final = (
    'write `judge: {model: ...}` beside `cases:`, or in JSON Lines a first line {"suite": {"judge": {"model": "..."}}}'
)


def _rubrics_unjudged(rows: Sequence[JsonValue]) -> Iterator[tuple[Place, str]]:
    for number, row in enumerate(rows):
        for index, assertion in enumerate(_rows(row.get("assert")) if isinstance(row, dict) else []):
            kind = assertion.get("type") if isinstance(assertion, dict) else None
            if isinstance(kind, str) and is_rubric(kind):
                what = f"{kind} needs a judge: {_JUDGE_GOES}"
                yield ("cases", number, "assert", index, "type"), what


def _case_problems(row: Mapping[str, JsonValue]) -> Iterator[tuple[Place, str]]:
    """What the fields' shapes alone do not tell: values against their types, tools that are not offered.

    Works on the row as written, so that it also speaks where another field of the case is wrong.
    """
    offered: dict[str, JsonValue] = {}
    for index, tool in enumerate(_rows(row.get("tools"))):
        function = unwrapped(tool)
        name = function.get("name") if isinstance(function, dict) else None
        if not isinstance(function, dict) or not isinstance(name, str):
            continue
        if name in offered:
            yield ("tools", index), f"the tool {name!r} is offered twice"
        offered[name] = function.get("parameters", True)
        if isinstance(offered[name], dict) and (why := sound(json.dumps(offered[name]))) is not None:
            inside = ("function", "parameters") if function is not tool else ("parameters",)
            yield ("tools", index, *inside), f"parameters of {name}: {why}"
    if row.get("tool_choice") is not None and not offered:
        yield ("tool_choice",), "is given, but this case offers no tools"
    for index, result in enumerate(_rows(row.get("results"))):
        if isinstance(result, dict) and (problem := result_problem(result, offered)) is not None:
            field, what = problem
            yield ("results", index, field), what
    usable: dict[int, tuple[str, JsonValue]] = {}
    for index, assertion in enumerate(_rows(row.get("assert"))):
        kind = assertion.get("type") if isinstance(assertion, dict) else None
        if isinstance(assertion, dict) and isinstance(kind, str):
            problems = list(_assertion_problem(kind, assertion.get("value"), offered))
            yield from ((("assert", index, *place), what) for place, what in problems)
            usable |= {} if problems else {index: (kind, assertion.get("value"))}
    yield from ((("assert", index, "type"), what) for index, what in contradictions(usable, offered))


def _rows(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _assertion_problem(kind: str, value: JsonValue, offered: Mapping[str, JsonValue]) -> Iterator[tuple[Place, str]]:
    if (text := text_type(kind)) is not None:
        why = text.expects(value)
    elif tool_type(kind) is not None:
        why = tool_problem(kind, value, offered)
    elif is_rubric(kind):
        why = rubric_problem(kind, value)
    else:
        yield ("type",), _unknown(kind, "type of assertion", (*TEXT_ASSERTIONS, *TOOL_EXPECTATIONS, *RUBRICS))
        return
    if why is not None:
        yield ("value",), f"{kind}: {why}"


def _unknown(name: str, what: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"{name!r} is no {what}; " + (f"did you mean {near[0]}?" if near else f"expected one of {', '.join(known)}")


_KNOWN_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "assert": tuple(Assertion.model_fields),
    "tools": tuple(Function.model_fields),
    "results": tuple(ScriptedResult.model_fields),
    "margins": tuple(Margins.model_fields),
    "registry": tuple(Registry.model_fields),
    "judge": tuple(JudgeSettings.model_fields),
}


def _phrased(error: ValidationError, around: Place, known: Sequence[str]) -> Iterator[tuple[Place, str]]:
    """Pydantic's findings as a place and a sentence; what follows from another finding is left out."""
    findings = [
        (_written(finding["loc"], finding["type"]), finding["type"], finding["msg"])
        for finding in error.errors(include_url=False)
    ]
    seen: set[Place] = set()
    for place, kind, message in findings:
        inner = any(len(other) > len(place) and other[: len(place)] == place for other, _, _ in findings)
        if place not in seen and not (kind == "too_short" and inner):
            yield (*around, *place), _sentence(kind, message, place, known)
        seen.add(place)


def _written(place: Place, kind: str) -> Place:
    """The place without what pydantic put into it; the last part of an unknown field is its name, whatever that is."""
    last = place[-1:] if kind == "extra_forbidden" else ()
    return (*(part for part in place[: len(place) - len(last)] if not _is_branch(part)), *last)


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
        case "tuple_type" | "list_type":
            return "a list is expected"
        case "string_type":
            return "a text is expected"
        case "value_error":
            return message.removeprefix("Value error, ")  # a sentence of our own
        case _:
            return message[:1].lower() + message[1:]


def case_problems(row: Mapping[str, JsonValue]) -> Iterator[tuple[Place, str]]:
    """What loading would find wrong with a case beyond the shapes of its fields: for programs that write suites."""
    yield from _case_problems(row)
