"""Conversations with scripted tool results: what each call is answered, when it is over, what it comes to. Pure."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from pydantic import JsonValue

from bot.difftest.model.chat import CostSource, ToolCall
from bot.difftest.model.sample import Sample, SampleKey, Turn
from bot.difftest.served import BOTH, same_model
from bot.difftest.suite.model import Case, ScriptedResult
from bot.difftest.suite.scripted import answers


def results_given(case: Case, turns: Iterable[Sequence[ToolCall]]) -> tuple[tuple[ScriptedResult | None, ...], ...]:
    """For the calls of each turn, the result each is given; None where the script has none for it."""
    made = [tuple(calls) for calls in turns]
    given = iter(answers(case.results, [call for calls in made for call in calls]))
    return tuple(tuple(next(given) for _ in calls) for calls in made)


def turns_expected(case: Case) -> int:
    """How many calls the case takes when each scripted result is given as often as it can, or once."""
    return min(case.max_turns, 1 + sum(result.times or 1 for result in case.results))


def said_to_model(result: ScriptedResult) -> str:
    """The content of the `tool` message: the result's content as it is, an error as `{"error": "..."}`."""
    if result.error is not None:
        return json.dumps({"error": result.error}, ensure_ascii=False)
    return result.content or ""


def conversation(case: Case, turns: Sequence[Sample]) -> tuple[JsonValue, ...] | None:
    """What was said after the case's own messages, so that the model can go on; None when the conversation is over.

    It is over when a turn made no calls or ended in an error, when the script has no result for one of its calls, and
    after `max_turns`. Calls without an id, or with one that was used before, are given their own.
    """
    if not turns:
        return ()
    given = results_given(case, [turn.tool_calls for turn in turns])
    last = turns[-1]
    over = last.error is not None or not last.tool_calls or len(turns) >= case.max_turns
    if over or any(result is None for results in given for result in results):
        return None
    said: list[JsonValue] = []
    ids: set[str] = set()
    for number, (turn, results) in enumerate(zip(turns, given, strict=True)):
        calls: list[JsonValue] = []
        told: list[JsonValue] = []
        for place, (call, result) in enumerate(zip(turn.tool_calls, results, strict=True)):
            call_id = call.id if call.id and call.id not in ids else f"call_{number}_{place}"
            ids.add(call_id)
            function: dict[str, JsonValue] = {"name": call.name, "arguments": call.arguments or "{}"}
            calls.append({"id": call_id, "type": "function", "function": function})
            if result is not None:
                told.append({"role": "tool", "tool_call_id": call_id, "content": said_to_model(result)})
        said += [{"role": "assistant", "content": turn.text or None, "tool_calls": calls}, *told]
    return tuple(said)


def whole(key: SampleKey, turns: Sequence[Sample], asked: str) -> Sample:
    """The sample that the turns of one conversation with the model `asked` make together."""
    last = turns[-1]
    served = [turn.served_model for turn in turns if turn.served_model is not None]
    providers = list(dict.fromkeys(turn.served_provider for turn in turns if turn.served_provider is not None))
    answered = [turn for turn in turns if turn.error is None or turn.latency_s is not None]
    return replace(
        last,
        key=key,
        tool_calls=tuple(call for turn in turns for call in turn.tool_calls),
        latency_s=_sum([turn.latency_s for turn in turns]),
        ttft_s=turns[0].ttft_s,
        waited_s=math.fsum(turn.waited_s for turn in turns),
        attempts=sum(turn.attempts for turn in turns),
        prompt_tokens=_whole_sum([turn.prompt_tokens for turn in answered]),
        completion_tokens=_whole_sum([turn.completion_tokens for turn in answered]),
        cost_usd=_sum([turn.cost_usd for turn in answered]),
        cost_source=_source(answered),
        listed_usd=_sum([turn.listed_usd for turn in answered]),
        served_model=next((name for name in served if not same_model(asked, name)), served[-1] if served else None),
        served_provider=BOTH.join(providers) or None,
        turns=tuple(Turn(turn.text, turn.tool_calls) for turn in turns),
    )


def _sum(amounts: Sequence[float | None]) -> float | None:
    """The sum; None when there is nothing, or one is not known."""
    known = [amount for amount in amounts if amount is not None]
    return math.fsum(known) if known and len(known) == len(amounts) else None


def _whole_sum(counts: Sequence[int | None]) -> int | None:
    known = [number for number in counts if number is not None]
    return sum(known) if known and len(known) == len(counts) else None


def _source(turns: Sequence[Sample]) -> CostSource:
    sources = {turn.cost_source for turn in turns}
    return sources.pop() if len(sources) == 1 else "unknown" if "unknown" in sources or not sources else "prices"
