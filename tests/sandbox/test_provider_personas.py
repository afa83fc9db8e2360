"""What a persona says is what is measured: error rates within binomial bounds, latency, cost, failures."""

import json
import math
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from bot.sandbox.platform.settings import Settings
from bot.sandbox.provider.completion import Completion, complete, failure
from bot.sandbox.provider.personas import CATALOGUE, Persona, per_token
from bot.sandbox.provider.request import ChatRequest, parse
from bot.sandbox.provider.solver import solve

SEED = 7
COMPARISON = 16
"""Requests in flight of a comparison."""
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
TIMER = {
    "type": "function",
    "function": {
        "name": "set_timer",
        "description": "Start a timer",
        "parameters": {"type": "object", "properties": {"minutes": {"type": "integer"}}, "required": ["minutes"]},
    },
}


def sums(count: int) -> list[ChatRequest]:
    return [
        parse({"model": "m", "messages": [{"role": "user", "content": f"What is {n} + {7 * n % 101}?"}]})
        for n in range(count)
    ]


def timers(count: int) -> list[ChatRequest]:
    return [
        parse(
            {
                "model": "m",
                "tools": [WEATHER, TIMER],
                "messages": [{"role": "user", "content": f"Set a timer of {n} minutes."}],
            }
        )
        for n in range(1, count + 1)
    ]


def wrong(requests: list[ChatRequest], persona: Persona, seed: int = SEED) -> int:
    count = 0
    for request in requests:
        right, said = solve(request), complete(request, persona, seed, COMPARISON).answer
        count += (said.text, said.calls) != (right.text, right.calls)
    return count


def bounds(n: int, p: float) -> tuple[float, float]:
    """Four standard deviations of a binomial around its mean: one false alarm in some fifteen thousand."""
    spread = 4 * math.sqrt(n * p * (1 - p)) + 1
    return n * p - spread, n * p + spread


@pytest.mark.parametrize("persona", CATALOGUE.values(), ids=list(CATALOGUE))
def test_measured_error_rates_are_the_personas(persona: Persona) -> None:
    for requests, rate in ((sums(500), persona.quality_error), (timers(500), persona.tools_error)):
        low, high = bounds(len(requests), rate)
        assert low <= wrong(requests, persona) <= high


def test_every_slip_in_words_is_a_wrong_answer_and_every_slip_with_tools_breaks_the_call() -> None:
    fool = Persona("any/fool", quality_error=1.0, tools_error=1.0)
    assert wrong(sums(200), fool) == 200
    kinds: Counter[str] = Counter()
    for request in timers(200):
        said = complete(request, fool, SEED, 1).answer
        if not said.calls:
            kinds["missing"] += 1
        elif said.calls[0].name != "set_timer":
            kinds["other tool"] += 1
        else:
            try:
                kinds["wrong value"] += json.loads(said.calls[0].arguments) != json.loads(
                    solve(request).calls[0].arguments
                )
            except json.JSONDecodeError:
                kinds["malformed"] += 1
    assert set(kinds) == {"missing", "other tool", "wrong value", "malformed"}
    assert sum(kinds.values()) == 200


def test_a_fool_calls_tools_where_none_is_needed() -> None:
    request = parse({"model": "m", "tools": [WEATHER], "messages": [{"role": "user", "content": "Thank you!"}]})
    assert complete(request, Persona("any/fool", tools_error=1.0), SEED, 1).answer.calls[0].name == "get_weather"


def test_the_same_seed_answers_the_same_and_models_err_apart() -> None:
    quill = CATALOGUE["lumen/quill-2"]
    requests = sums(300)
    assert [complete(each, quill, SEED, 1) for each in requests] == [
        complete(each, quill, SEED, 1) for each in requests
    ]

    def erred(persona: Persona, seed: int) -> set[str]:
        return {each.digest for each in requests if complete(each, persona, seed, 1).answer.text != solve(each).text}

    twin = replace(quill, id="lumen/twin")
    assert erred(quill, SEED) != erred(quill, SEED + 1)
    assert erred(quill, SEED) != erred(twin, SEED)


def test_another_sample_of_a_prompt_is_another_draw() -> None:
    quill = CATALOGUE["lumen/quill-2"]
    texts = set()
    for sample in range(60):
        request = parse({"model": "m", "seed": sample, "messages": [{"role": "user", "content": "What is 2 + 2?"}]})
        texts.add(complete(request, quill, SEED, 1).answer.text)
    assert "4" in texts
    assert len(texts) > 1


def figures(persona: Persona, in_flight: float) -> tuple[float, float]:
    """Geometric mean of seconds, and total dollars, over a comparison's prompts."""
    done: list[Completion] = [complete(each, persona, SEED, in_flight) for each in sums(240)]
    return math.exp(sum(math.log(each.seconds) for each in done) / len(done)), sum(each.cost for each in done)


@pytest.mark.parametrize("model", ["acme/sable-5", "orbit/comet-1", "orbit/regal-1"])
def test_in_a_comparison_they_are_within_the_margins(model: str) -> None:
    seconds, dollars = figures(CATALOGUE["acme/sable-4"], COMPARISON)
    of_model = figures(CATALOGUE[model], COMPARISON)
    assert of_model[0] / seconds < 1.10
    assert of_model[1] / dollars < 1.10


def under_traffic(model: str, in_flight: float) -> tuple[float, float]:
    settings, persona = Settings(), CATALOGUE[model]
    tokens = settings.completion_tokens + persona.hidden_tokens(settings.prompt_tokens)
    return persona.seconds(tokens, in_flight), persona.cost(settings.prompt_tokens, tokens)


def test_under_the_pilots_traffic_one_is_slow_and_one_is_dear_and_neither_is_both() -> None:
    pilots = 3 * Settings().pilot_rate * 0.018  # requests a second times seconds each
    seconds, dollars = under_traffic("acme/sable-4", pilots)
    slow, dear, good = (under_traffic(model, pilots) for model in ("orbit/comet-1", "orbit/regal-1", "acme/sable-5"))
    assert slow[0] / seconds > 1.6
    assert slow[1] / dollars < 1.1
    assert dear[1] / dollars > 1.6
    assert dear[0] / seconds < 1.1
    assert good[0] < seconds
    assert good[1] < dollars


def test_failures_come_at_the_rate_of_the_persona_and_trying_again_helps() -> None:
    flicker = CATALOGUE["nimbus/flicker-1"]
    requests = sums(1500)
    low, high = bounds(len(requests), flicker.failure_rate)
    first = [failure(request, flicker, SEED, 1) for request in requests]
    assert low <= sum(1 for fault in first if fault) <= high
    assert {fault.status for fault in first if fault} == set(flicker.failure_status)
    assert all(fault.retry_after for fault in first if fault and fault.status == 429)
    again = [failure(request, flicker, SEED, 2) for request, fault in zip(requests, first, strict=True) if fault]
    assert sum(1 for fault in again if fault) < 0.4 * len(again)
    assert not any(failure(request, CATALOGUE["acme/sable-4"], SEED, 1) for request in requests)


def test_retirement_is_a_day() -> None:
    persona = replace(CATALOGUE["acme/sable-4"], retired=date(2026, 12, 1))
    assert not persona.is_retired(date(2026, 11, 30))
    assert persona.is_retired(date(2026, 12, 1))


def test_prices_are_decimal_strings_for_one_token() -> None:
    assert per_token(CATALOGUE["acme/sable-4"].price_in) == "0.0000004"
    assert per_token(CATALOGUE["acme/sable-4"].price_out) == "0.0000016"
