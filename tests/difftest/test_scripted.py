"""Conversations with scripted tool results: which result a call is given, what goes back, when it is over."""

import json
from dataclasses import replace

import pytest

from bot.difftest.model.chat import ErrorKind, ToolCall
from bot.difftest.model.sample import Sample, SampleKey, Turn
from bot.difftest.plan import request_for
from bot.difftest.scripted import conversation, results_given, whole
from bot.difftest.suite.model import Case
from tests.difftest.making import TOOL, failed, sample

KEY = SampleKey("weather", "candidate", 0)


def scripted(*results: dict[str, object], **fields: object) -> Case:
    return Case.model_validate(
        {
            "id": "weather",
            "messages": [{"role": "user", "content": "Paris?"}],
            "tools": [TOOL],
            "assert": [{"type": "contains", "value": "right"}],
            "results": results,
            **fields,
        }
    )


def calling(*calls: tuple[str, str, str]) -> Sample:
    made = tuple(ToolCall(name, arguments, call_id) for name, arguments, call_id in calls)
    return sample("weather", "candidate", text="", tool_calls=made, finish_reason="tool_calls")


def test_the_first_result_that_matches_and_is_not_used_up_is_given() -> None:
    case = scripted(
        {"tool": "get_weather", "error": "busy", "times": 1},
        {"tool": "get_weather", "arguments": {"city": "Paris"}, "content": "rain"},
        {"tool": "get_weather", "arguments": {"city": "Oslo", "unit": 1}, "content": "snow"},
    )
    calls = [
        [ToolCall("get_weather", '{"city": "Paris"}'), ToolCall("get_weather", '{"city": "Paris", "unit": "c"}')],
        [ToolCall("get_weather", '{"city": "Oslo", "unit": 1.0}'), ToolCall("get_weather", '{"city": "Oslo"}')],
        [ToolCall("get_weather", "{"), ToolCall("get_time", '{"city": "Paris"}')],
    ]
    given = results_given(case, calls)
    assert [[one and (one.error or one.content) for one in turn] for turn in given] == [
        ["busy", "rain"],
        ["snow", None],
        [None, None],
    ]


def test_the_model_sees_its_calls_and_their_results() -> None:
    case = scripted(
        {"tool": "get_weather", "arguments": {"city": "Paris"}, "content": {"sky": "é"}},
        {"tool": "get_weather", "error": "no such city"},
    )
    turn = replace(calling(("get_weather", '{"city": "Paris"}', "x"), ("get_weather", "", "x")), text="One moment.")
    said = conversation(case, [turn, turn])
    function = {"name": "get_weather", "arguments": '{"city": "Paris"}'}
    assert said is not None
    assert said[:3] == (
        {
            "role": "assistant",
            "content": "One moment.",
            "tool_calls": [
                {"id": "x", "type": "function", "function": function},
                {"id": "call_0_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "x", "content": '{"sky": "é"}'},
        {"role": "tool", "tool_call_id": "call_0_1", "content": '{"error": "no such city"}'},
    )
    ids = [call["id"] for message in said if isinstance(message, dict) for call in message.get("tool_calls") or []]  # type: ignore[union-attr, index, call-overload]
    assert ids == ["x", "call_0_1", "call_1_0", "call_1_1"]


ONE: dict[str, object] = {"tool": "get_weather", "content": "rain"}
MADE = calling(("get_weather", '{"city": "Paris"}', "1"))


@pytest.mark.parametrize(
    ("case", "turns", "goes_on"),
    [
        (scripted(ONE), [], True),
        (scripted(ONE), [MADE], True),
        (scripted(ONE), [MADE, sample("weather", "candidate")], False),
        (scripted(ONE, max_turns=2), [MADE, MADE], False),
        (scripted({**ONE, "times": 1}), [MADE, MADE], False),
        (scripted(), [MADE], False),
        (scripted(ONE), [calling(("get_weather", "{}", "1"), ("get_time", "{}", "2"))], False),
        (scripted(ONE), [failed("weather", "candidate", ErrorKind.TIMEOUT)], False),
    ],
)
def test_when_a_conversation_is_over(case: Case, turns: list[Sample], goes_on: bool) -> None:
    assert (conversation(case, turns) is not None) == goes_on


def test_a_forced_choice_is_free_once_there_are_results() -> None:
    for forced in ("required", {"type": "function", "function": {"name": "get_weather"}}):
        case = scripted(ONE, tool_choice=forced)
        assert request_for(case, "m", {}).tool_choice == forced
        so_far = conversation(case, [MADE])
        assert so_far is not None
        later = request_for(case, "m", {}, so_far)
        assert (later.tool_choice, [json.loads(json.dumps(m))["role"] for m in later.messages]) == (
            "auto",
            ["user", "assistant", "tool"],
        )


def test_times_tokens_and_costs_of_a_conversation_are_sums() -> None:
    first = replace(MADE, prompt_tokens=10, completion_tokens=5, attempts=3, waited_s=2.0, ttft_s=0.3)
    last = sample("weather", "candidate", prompt_tokens=30, completion_tokens=7, ttft_s=0.9)
    made = whole(KEY, [first, last], "acme/new")
    assert (made.latency_s, made.ttft_s, made.waited_s, made.attempts) == (2.0, 0.3, 2.0, 4)
    assert (made.prompt_tokens, made.completion_tokens, made.cost_usd) == (40, 12, 0.02)
    assert (made.text, made.tool_calls, made.finish_reason) == ("right", MADE.tool_calls, "stop")
    assert made.turns == (Turn("", MADE.tool_calls), Turn("right"))


def test_a_turn_of_unknown_cost_or_of_another_model_is_not_hidden() -> None:
    free = replace(MADE, cost_usd=None, cost_source="unknown")
    made = whole(KEY, [free, sample("weather", "candidate", served_model="acme/other")], "acme/new")
    assert (made.cost_usd, made.cost_source, made.served_model) == (None, "unknown", "acme/other")
    mixed = whole(
        KEY, [replace(MADE, served_model="acme/other", served_provider="A"), sample("x", "current")], "acme/new"
    )
    assert mixed.served_model == "acme/other"


def test_a_conversation_lost_on_the_way_is_lost_and_keeps_what_it_cost() -> None:
    made = whole(KEY, [MADE, failed("weather", "candidate", ErrorKind.TIMEOUT)], "acme/new")
    assert (made.lost, made.cost_usd, made.latency_s) == (True, 0.01, None)
