"""Which metrics of tool behaviour a case exercises, which of them a sample meets, and recovery after a tool's error."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from bot.difftest.marking.mark import Marks, mark
from bot.difftest.marking.metrics import exercised, metrics
from bot.difftest.model.chat import ErrorKind, ToolCall
from bot.difftest.model.report import ToolMetric
from bot.difftest.model.sample import Sample, SampleError, SampleKey
from bot.difftest.suite.load import load_suite
from bot.difftest.suite.located import MalformedFile
from bot.difftest.suite.model import Case
from bot.difftest.suite.scripted import answers

KEY = SampleKey("a", "current", 0)
PARAMETERS: JsonValue = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOLS: JsonValue = [{"name": "find", "parameters": PARAMETERS}, {"name": "now"}]


def case(*asserted: JsonValue, results: JsonValue = None) -> Case:
    return Case.model_validate(
        {
            "id": "a",
            "messages": [{"role": "user", "content": "?"}],
            "tools": TOOLS,
            "assert": list(asserted),
            "results": results or [],
        }
    )


def wants(kind: str, value: JsonValue = None) -> JsonValue:
    return {"type": kind, "value": value}


def find(city: str = "Paris") -> ToolCall:
    return ToolCall("find", f'{{"city": "{city}"}}', "call-1")


def of(made: Case, *calls: ToolCall, text: str = "") -> Marks:
    return mark(made, Sample(KEY, text=text, tool_calls=calls))


FIND_PARIS: JsonValue = {"name": "find", "arguments": {"city": "Paris"}}
NOW = ToolCall("now", "", "call-2")


@pytest.mark.parametrize(
    ("asserted", "fed"),
    [
        (wants("contains", "x"), set()),
        (wants("llm-rubric", "Is it polite?"), set()),
        (wants("no-tool-call"), {"abstention"}),
        (wants("tool-count", 0), {"abstention"}),
        (wants("tool-calls", []), {"abstention"}),
        (wants("tool-count", {"max": 2}), {"valid", "count"}),
        (wants("tool-called", "find"), {"valid", "tool"}),
        (wants("tool-called", {"in_order": ["find", "now"]}), {"valid", "tool"}),
        (wants("tool-called", {"name": "find", "times": 2}), {"valid", "tool", "count"}),
        (wants("tool-args", FIND_PARIS), {"valid", "tool", "arguments"}),
        (wants("tool-calls", [FIND_PARIS]), {"valid", "tool", "arguments", "count"}),
        (wants("tool-calls", {"calls": [FIND_PARIS], "others": "allowed"}), {"valid", "tool", "arguments"}),
        (wants("not-tool-called", "now"), {"valid", "tool"}),
        (wants("not-tool-args", FIND_PARIS), {"valid", "arguments"}),
        (wants("not-no-tool-call"), {"valid", "tool"}),
    ],
)
def test_which_expectation_feeds_which_metric(asserted: JsonValue, fed: set[ToolMetric]) -> None:
    made = case(asserted)
    assert exercised(made) == fed
    assert of(made).metrics.keys() == of(made, find(), NOW).metrics.keys() == fed
    failed = mark(made, Sample(KEY, error=SampleError(ErrorKind.CONTEXT_LENGTH, "too long")))
    assert failed.metrics == dict.fromkeys(fed, False)
    lost = mark(made, Sample(KEY, error=SampleError(ErrorKind.TIMEOUT, "gone")))
    assert lost == Marks()


@pytest.mark.parametrize(
    ("calls", "held"),
    [
        ([find()], {"valid": True, "tool": True, "arguments": True, "count": True}),
        ([find("Rome")], {"valid": True, "tool": True, "arguments": False, "count": True}),
        ([NOW], {"valid": True, "tool": False, "arguments": False, "count": True}),
        ([find(), find()], {"valid": True, "tool": True, "arguments": True, "count": False}),
        ([find(), NOW], {"valid": True, "tool": False, "arguments": True, "count": False}),
        ([ToolCall("find", "{}", "")], {"valid": False, "tool": True, "arguments": False, "count": True}),
        ([ToolCall("find", '{"city', "")], {"valid": False, "tool": True, "arguments": False, "count": True}),
        ([ToolCall("", "", "")], {"valid": False, "tool": False, "arguments": False, "count": True}),
        ([], {"valid": True, "tool": False, "arguments": False, "count": False}),
    ],
)
def test_each_mistake_fails_its_own_metrics(calls: list[ToolCall], held: dict[ToolMetric, bool]) -> None:
    assert of(case(wants("tool-calls", [FIND_PARIS])), *calls).metrics == held


def test_several_expectations_of_one_metric_must_all_hold() -> None:
    made = case(wants("tool-called", "find"), wants("tool-called", "now"))
    assert of(made, find(), NOW).metrics == {"valid": True, "tool": True}
    assert of(made, find()).metrics == {"valid": True, "tool": False}


def test_a_case_of_rubrics_alone_is_about_quality_and_left_to_the_judge() -> None:
    made = case(wants("llm-rubric", "Is it polite?"))
    assert made.about_quality
    assert (made.about_text, made.about_tools, len(made.rubrics)) == ((), (), 1)
    assert of(made, text="hello") == Marks()
    invalid = of(made, ToolCall("none", "{}", "")).quality
    assert invalid is not None
    assert not invalid.passed
    failed = mark(made, Sample(KEY, error=SampleError(ErrorKind.LENGTH, "cut off"))).quality
    assert failed is not None
    assert not failed.passed


def test_a_refusal_the_provider_marks_is_one() -> None:
    refused = Sample(KEY, error=SampleError(ErrorKind.REFUSAL, "no"))
    wanted = mark(case(wants("refusal")), refused).quality
    assert wanted is not None
    assert wanted.passed
    for asserted in (wants("not-refusal"), wants("contains", "x")):
        unwanted = mark(case(asserted), refused).quality
        assert unwanted is not None
        assert not unwanted.passed


# ------------------------------------------------------------------------------------------------- scripted results

ERROR: JsonValue = {"tool": "find", "error": "try again", "times": 1}
FOUND: JsonValue = {"tool": "find", "arguments": {"city": "Paris"}, "content": {"population": 2}}
ANSWER = wants("contains", "2 million")


@dataclass(frozen=True)
class Said:
    """A turn, as far as marking reads one."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversation(Sample):
    """A sample with turns."""

    turns: Any = ()

    @classmethod
    def of(cls, *turns: Said) -> "Conversation":
        calls = tuple(call for turn in turns for call in turn.tool_calls)
        return cls(KEY, text=turns[-1].text, tool_calls=calls, turns=turns)


def test_each_call_gets_the_first_result_that_fits_and_is_left() -> None:
    made = case(ANSWER, results=[ERROR, FOUND])
    given = answers(made.results, [find(), find(), find("Rome"), NOW, ToolCall("find", "{", "")])
    assert [result and (result.error or result.content) for result in given] == [
        "try again",
        '{"population": 2}',
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("turns", "recovered"),
    [
        ([Said("", (find(),)), Said("", (find(),)), Said("It has 2 million.")], True),
        ([Said("", (find(),)), Said("I could not find it.")], False),
        ([Said("", (find(),)), Said("It has 2 million.")], False),  # the second call, which is expected, is missing
        ([Said("It has 2 million.")], None),  # no call, so no error
        ([Said("2 million", (find(),))], None),  # ended before its call was answered
    ],
)
def test_recovery(turns: list[Said], recovered: bool | None) -> None:
    made = case(ANSWER, wants("tool-called", {"name": "find", "min": 2}), results=[ERROR, FOUND])
    assert "recovery" in exercised(made)
    assert mark(made, Conversation.of(*turns)).metrics.get("recovery") is recovered


def test_recovery_with_an_invalid_call_on_the_way() -> None:
    made = case(ANSWER, results=[ERROR, FOUND])
    turns = Said("", (ToolCall("find", "{}", ""),)), Said("", (find(),)), Said("2 million")
    assert mark(made, Conversation.of(*turns)).metrics == {"recovery": True}


def test_a_sample_without_turns_met_no_error() -> None:
    made = case(ANSWER, results=[ERROR])
    assert metrics(made, Sample(KEY, tool_calls=(find(),)), invalid=False, holds=True) == {}
    assert mark(made, Sample(KEY, error=SampleError(ErrorKind.LENGTH, "cut"))).metrics == {"recovery": False}


def test_what_is_wrong_with_results_is_told_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "chat.yml"
    path.write_text(
        """\
cases:
  - id: a
    messages: [{role: user, content: hi}]
    tools:
      - name: find
        parameters:
          type: object
          properties: {city: {type: string}, near: {$ref: "#/$defs/place"}}
          required: [city]
          additionalProperties: false
          $defs: {place: {type: integer}}
    max_turns: 0
    results:
      - {tool: fnd, content: x}
      - {tool: find, content: x, error: y}
      - {tool: find}
      - {tool: find, arguments: {city: 3}, content: x}
      - {tool: find, arguments: {country: France}, error: x}
      - {tool: find, arguments: {near: x}, content: x}
      - {tool: find, content: x, times: 0}
      - {tool: find, content: x, time: 1}
      - {tool: find, arguments: {near: 7}, content: {a: [1]}, times: 2}
    assert:
      - {type: tool-called, value: find}
      - {type: llm-rubrik, value: x}
      - {type: not-llm-rubric, value: ""}
      - {type: not-tool-called, value: [find, find]}
""",
        encoding="utf-8",
    )
    with pytest.raises(MalformedFile) as caught:
        load_suite(path)
    told = [line.removeprefix(f"{path}:") for line in str(caught.value).splitlines()]
    assert [line.partition(": ")[0] + " " + line.split(": ")[1] for line in told] == [
        "12 cases[0].max_turns",
        "14 cases[0].results[0].tool",
        "15 cases[0].results[1]",
        "16 cases[0].results[2]",
        "17 cases[0].results[3].arguments",
        "18 cases[0].results[4].arguments",
        "19 cases[0].results[5].arguments",
        "20 cases[0].results[6].times",
        "21 cases[0].results[7].time",
        "25 cases[0].assert[1].type",
        "26 cases[0].assert[2].value",
        "26 cases[0].assert[2].type",  # no judge
        "27 cases[0].assert[3].value",
    ]
    whole = "\n".join(told)
    for words in (
        "did you mean find?",
        "cases[0].results[1]: needs only one of content and error\n",
        "cases[0].results[2]: needs one of content and error\n",
        "no valid call of find has these",
        "did you mean times?",
        "did you mean llm-rubric?",
        "a text that says what",
        "takes one tool",
    ):
        assert words in whole
