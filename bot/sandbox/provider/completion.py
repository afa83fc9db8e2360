"""One answered request: what was said, how long it takes, what it costs, and whether it fails. Pure.

Every draw is a hash of (seed, model, request): the same request gets the same answer from the same world.
"""

import hashlib
from dataclasses import dataclass, replace
from random import Random
from statistics import NormalDist

from bot.sandbox.provider.faults import MESSAGES, Fault
from bot.sandbox.provider.personas import Persona
from bot.sandbox.provider.request import CHARACTERS_PER_TOKEN, ChatRequest, tokens_of
from bot.sandbox.provider.solver import Answer, given_up, last_error, slip, solve

MAX_CHUNKS = 4
FIRST_SHARE = 0.6
"""Share of the whole latency after which the first content arrives."""
NORMAL = NormalDist()
RATE_LIMITED = 429
SPREAD_LIMIT = 0.001


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer with its measures: seconds it takes, tokens, US dollars."""

    id: str
    model: str
    host: str
    answer: Answer
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    hidden_tokens: int
    cost: float
    seconds: float

    def pieces(self) -> list[str]:
        """The text in the few pieces a stream carries it in."""
        text = self.answer.text
        size = max(1, -(-len(text) // MAX_CHUNKS))
        return [text[start : start + size] for start in range(0, len(text), size)]

    def usage(self) -> dict[str, object]:
        """The usage object of a response; `cost` in US dollars."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
            "cost": self.cost,
            "is_byok": False,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": self.hidden_tokens},
            "cost_details": {"upstream_inference_cost": None},
        }


def draw(seed: int, *parts: str) -> Random:
    """A generator that depends on nothing but the seed and the parts."""
    digest = hashlib.sha256("\0".join((str(seed), *parts)).encode()).digest()
    return Random(int.from_bytes(digest[:8], "big"))


def errs(request: ChatRequest, persona: Persona, seed: int) -> bool:
    """Whether the persona gets this request wrong: by its rate after a tool's error, with tools, or in words."""
    if last_error(request):
        rate = persona.recovery_error
    else:
        rate = persona.tools_error if request.tools and request.choice != "none" else persona.quality_error
    return draw(seed, "error", persona.id, request.digest).random() < rate


def complete(request: ChatRequest, persona: Persona, seed: int, in_flight: float) -> Completion:
    """The persona's answer to the request while `in_flight` requests are being answered."""
    answer = solve(request, persona.judging)
    if errs(request, persona, seed):
        chance = draw(seed, "slip", persona.id, request.digest)
        answer = given_up(request) if last_error(request) else slip(request, answer, chance)
    answer, finish = _cut(answer, request.max_tokens)
    spoken = tokens_of(answer.text) + sum(tokens_of(call.name + call.arguments) for call in answer.calls)
    hidden = round(persona.hidden_tokens(request.prompt_tokens))
    total = spoken + hidden
    quantile = draw(seed, "latency", persona.id, request.digest).uniform(SPREAD_LIMIT, 1 - SPREAD_LIMIT)
    return Completion(
        id=f"gen-{hashlib.sha256(f'{seed}{persona.id}{request.digest}'.encode()).hexdigest()[:24]}",
        model=persona.id,
        host=persona.host,
        answer=answer,
        finish_reason=finish,
        prompt_tokens=request.prompt_tokens,
        completion_tokens=total,
        hidden_tokens=hidden,
        cost=round(persona.cost(request.prompt_tokens, total), 12),
        seconds=persona.seconds(total, in_flight) * (1 + persona.jitter * NORMAL.inv_cdf(quantile)),
    )


def failure(request: ChatRequest, persona: Persona, seed: int, attempt: int) -> Fault | None:
    """How this attempt fails, when it does. Attempts are numbered, so that trying again may succeed."""
    chance = draw(seed, "failure", persona.id, request.digest, str(attempt))
    if chance.random() >= persona.failure_rate:
        return None
    status = chance.choice(persona.failure_status)
    return Fault(
        status,
        MESSAGES.get(status, "Provider returned error"),
        retry_after=persona.retry_after if status == RATE_LIMITED else None,
        host=persona.host,
        shape=persona.failure_shape,
    )


def _cut(answer: Answer, limit: int | None) -> tuple[Answer, str]:
    """The answer within the limit of tokens, and why it ended."""
    if limit is None:
        return answer, "tool_calls" if answer.calls else "stop"
    if answer.calls:
        room = limit * CHARACTERS_PER_TOKEN
        if sum(len(call.name + call.arguments) for call in answer.calls) <= room:
            return answer, "tool_calls"
        first = answer.calls[0]
        return replace(
            answer, calls=(replace(first, arguments=first.arguments[: max(0, room - len(first.name))]),)
        ), "length"
    if tokens_of(answer.text) <= limit:
        return answer, "stop"
    return replace(answer, text=answer.text[: limit * CHARACTERS_PER_TOKEN]), "length"
