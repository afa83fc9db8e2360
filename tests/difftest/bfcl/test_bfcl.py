"""Tool checks against 600 cases of BFCL and their ground truth: truth passes, mutated truth is caught."""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import JsonValue

from bot.difftest.marking.mark import Marks, mark
from bot.difftest.model.chat import ToolCall
from bot.difftest.model.report import ToolMetric
from bot.difftest.model.sample import Sample, SampleKey
from bot.difftest.suite.load import load_suite
from bot.difftest.suite.model import Case

DATA = Path(__file__).parents[2] / "data" / "bfcl"
Arguments = dict[str, JsonValue]
Change = Callable[[Case, str, Arguments], list[ToolCall] | None]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """All 600, loaded as an operator's suite is."""
    loaded: list[Case] = []
    for part in ("simple_python", "multiple"):
        path = tmp_path_factory.mktemp("bfcl") / f"{part}.jsonl"
        path.write_bytes(gzip.decompress((DATA / f"{part}.jsonl.gz").read_bytes()))
        loaded += load_suite(path).cases
    return loaded


def truth(case: Case) -> tuple[str, dict[str, list[JsonValue]]]:
    """The tool and the accepted values of each argument; each of these cases wants one call."""
    (entry,) = case.assertions
    assert isinstance(entry.value, list)
    (wanted,) = entry.value
    assert isinstance(wanted, dict)
    name, accepted = wanted["name"], wanted["arguments"]
    assert isinstance(name, str)
    assert isinstance(accepted, dict)
    return name, {key: values for key, values in accepted.items() if isinstance(values, list)}


def literal(option: JsonValue) -> JsonValue:
    """An accepted value as a model would write it: the first accepted one of each key within it."""
    if isinstance(option, list):
        return [literal(entry) for entry in option]
    if isinstance(option, dict):
        chosen = {key: next((v for v in vs if v != ""), "") for key, vs in option.items() if isinstance(vs, list)}
        return {key: literal(value) for key, value in chosen.items() if value != ""}
    return option


def first(case: Case) -> tuple[str, Arguments]:
    """The call that takes the first accepted value of each argument; what has none but "" is left out."""
    name, accepted = truth(case)
    chosen = {key: next((value for value in values if value != ""), "") for key, values in accepted.items()}
    return name, {key: literal(value) for key, value in chosen.items() if value != ""}


def every(case: Case) -> Iterator[Arguments]:
    """The first call, then each other accepted value in it, then each argument left out that may be."""
    _, accepted = truth(case)
    _, plain = first(case)
    yield plain
    for key, values in accepted.items():
        for value in values:
            if value == "":
                yield {name: given for name, given in plain.items() if name != key}
            else:
                yield plain | {key: literal(value)}


def call(name: str, arguments: Arguments) -> ToolCall:
    return ToolCall(name, json.dumps(arguments, ensure_ascii=False), "call-1")


def marked(case: Case, calls: list[ToolCall]) -> Marks:
    return mark(case, Sample(SampleKey(case.id, "current", 0), tool_calls=tuple(calls)))


def passed(case: Case, calls: list[ToolCall]) -> bool:
    tools = marked(case, calls).tools
    return tools is not None and tools.passed


AGAINST_ITS_SCHEMA = {
    # The ground truth says more than the tool's own schema allows; each passes with another accepted value.
    "simple_python_17": "`formatted` may be left out, but the schema requires it",
    "simple_python_149": "[['Apple'], ['Microsoft']] is accepted, but the schema wants texts in the list",
    "simple_python_200": "`fuel_efficiency` may be left out, but the schema requires it",
    "simple_python_307": "`venue` true is accepted, but the schema wants a text; left out it passes",
    "simple_python_358": "'GF' and 'gluten free' are accepted, but the schema's enum has neither",
    "multiple_76": "'bronze' is accepted, but the schema's enum has only 'Bronze'",
}
"""The ground truth that fails, case by case, and why: always that the call could not be carried out."""


def test_every_truth_passes(cases: list[Case]) -> None:
    assert len(cases) == 600
    tried, failing = 0, {}
    for case in cases:
        name, _ = truth(case)
        marks = [marked(case, [call(name, arguments)]) for arguments in every(case)]
        tried += len(marks)
        failing[case.id] = [why for given in marks if given.tools is not None for why in given.tools.why]
        assert any(given.tools is not None and given.tools.passed for given in marks), case.id
        # What is against its schema still meets the expectation itself.
        assert all(given.metrics["arguments"] and given.metrics["tool"] and given.metrics["count"] for given in marks)
    assert {case for case, why in failing.items() if why} == AGAINST_ITS_SCHEMA.keys()
    assert all("against its schema" in reason for why in failing.values() for reason in why)
    assert tried == 3_094


def right(case: Case) -> Arguments:
    """The arguments of a truth that passes."""
    name, _ = truth(case)
    return next(arguments for arguments in every(case) if passed(case, [call(name, arguments)]))


def _wrong(value: JsonValue) -> JsonValue:
    """Another value of the same type."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 7919
        case str():
            return f"{value} nowhere accepted"
        case list():
            return [*value[:-1], _wrong(value[-1])] if value else ["nowhere accepted"]
        case dict():
            key = next(iter(value))
            return value | {key: _wrong(value[key])}
        case _:
            return "nowhere accepted"


def _mistyped(value: JsonValue) -> JsonValue:
    """The same value in another JSON type."""
    match value:
        case str():
            return [value]
        case _:
            return json.dumps(value)


def wrong_tool(case: Case, name: str, arguments: Arguments) -> list[ToolCall]:
    other = next((tool.name for tool in case.tools if tool.name != name), f"{name}_2")
    return [call(other, arguments)]


def missing(argument: str) -> Change:
    def change(case: Case, name: str, arguments: Arguments) -> list[ToolCall] | None:
        parameters = next(tool.parameters for tool in case.tools if tool.name == name)
        required = parameters.get("required")
        wanted = isinstance(required, list) and argument in required
        return [call(name, {key: given for key, given in arguments.items() if key != argument})] if wanted else None

    return change


def changed(argument: str, how: Callable[[JsonValue], JsonValue]) -> Change:
    def change(case: Case, name: str, arguments: Arguments) -> list[ToolCall] | None:
        _, accepted = truth(case)
        other = how(arguments[argument])
        return None if other in accepted[argument] else [call(name, arguments | {argument: other})]

    return change


def extra_argument(_: Case, name: str, arguments: Arguments) -> list[ToolCall]:
    return [call(name, arguments | {"nowhere_expected": 1})]


def one_too_many(_: Case, name: str, arguments: Arguments) -> list[ToolCall]:
    return [call(name, arguments)] * 2


def no_call(_: Case, __: str, ___: Arguments) -> list[ToolCall]:
    return []


def malformed(_: Case, name: str, arguments: Arguments) -> list[ToolCall]:
    return [ToolCall(name, json.dumps(arguments)[:-1], "call-1")]


MUTATIONS: dict[str, Change] = {
    "wrong tool": wrong_tool,
    "extra argument": extra_argument,
    "one call too many": one_too_many,
    "no call": no_call,
    "malformed arguments": malformed,
}
OF_EACH_ARGUMENT: dict[str, Callable[[str], Change]] = {
    "missing required argument": missing,
    "wrong value": lambda argument: changed(argument, _wrong),
    "wrong type": lambda argument: changed(argument, _mistyped),
}


@pytest.mark.parametrize(
    ("mutation", "tried", "fails", "holds"),
    [
        ("wrong tool", 600, {"tool", "arguments"}, {"count"}),
        ("extra argument", 600, {"arguments"}, {"tool", "count"}),
        ("one call too many", 600, {"count"}, {"valid", "tool", "arguments"}),
        ("no call", 600, {"tool", "arguments", "count"}, {"valid"}),
        ("malformed arguments", 600, {"valid", "arguments"}, {"tool", "count"}),
        # `valid` alone in two cases whose ground truth lets a required argument be left out (see above).
        ("missing required argument", 1_297, {"valid"}, {"tool", "count"}),
        # All 1,699 arguments but 7, for which both true and false are accepted.
        ("wrong value", 1_692, {"arguments"}, {"tool", "count"}),
        ("wrong type", 1_699, {"arguments"}, {"tool", "count"}),
    ],
)
def test_mutated_truth_is_caught(
    cases: list[Case], mutation: str, tried: int, fails: set[ToolMetric], holds: set[ToolMetric]
) -> None:
    uncaught, mutants = [], 0
    for case in cases:
        name, _ = truth(case)
        arguments = right(case)
        made = OF_EACH_ARGUMENT.get(mutation)
        changes = [made(argument) for argument in arguments] if made else [MUTATIONS[mutation]]
        for change in changes:
            calls = change(case, name, arguments)
            if calls is not None:
                mutants += 1
                marks = marked(case, calls)
                uncaught += [(case.id, calls)] if marks.tools is None or marks.tools.passed else []
                assert not any(marks.metrics[metric] for metric in fails), (case.id, calls, marks)
                assert all(marks.metrics[metric] for metric in holds), (case.id, calls, marks)
    assert uncaught == []
    assert mutants == tried
