"""One question to one model until there is a sample: attempts, back-off, Retry-After. Talks through the ports only."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from bot.difftest.model.characters import whole
from bot.difftest.model.chat import ChatError, ChatRequest, Completion, ErrorClass, ErrorKind
from bot.difftest.model.sample import Sample, SampleError, SampleKey
from bot.difftest.ports import ChatProvider, Clock

BACKOFF_S: Final = 0.5
LONGEST_BACKOFF_S: Final = 20.0
LONGEST_WAIT_S: Final = 300.0
"""A server that asks for a longer wait is not waited for."""
_ASKED_DIFFERENTLY: Final = 2
"""How often an endpoint may refuse the way it is asked: once the usage option, once streaming itself."""


@dataclass(frozen=True)
class Asker:
    """Asks a provider, trying again after infrastructure errors: full jitter, or the wait the server names.

    Of a `private` suite's questions no error keeps a word of whoever was asked: it may quote them. What is not kept
    cannot be told, by whatever way an error later takes to people.
    """

    provider: ChatProvider
    clock: Clock
    retries: int
    draw: random.Random
    private: bool

    async def ask(
        self, key: SampleKey, request: ChatRequest, before: Callable[[int], Awaitable[None]] | None = None
    ) -> Sample:
        """The sample: an answer, or the error left after the last attempt; `before` is awaited ahead of each."""
        attempt, tried, refused, waited = 0, 0, 0, 0.0
        while True:
            attempt += 1
            if before is not None:
                await before(attempt)
            try:
                completion = await self.provider.complete(request)
            except ChatError as error:
                if error.kind is ErrorKind.STREAM_REFUSED and refused < _ASKED_DIFFERENTLY:
                    refused += 1
                    continue
                wait = self._wait(error, tried)
                if wait is None:
                    failed = SampleError(error.kind, error.bare if self.private else whole(error.message))
                    return Sample(key, waited_s=waited, attempts=attempt, error=failed)
                tried += 1
                waited += wait
                await self.clock.sleep(wait)
            else:
                return answered(key, completion, attempts=attempt, waited_s=waited)

    def _wait(self, error: ChatError, tried: int) -> float | None:
        """Seconds until the next attempt; None when there is to be none."""
        if error.kind.error_class is not ErrorClass.INFRASTRUCTURE or tried >= self.retries:
            return None
        backoff = self.draw.uniform(0, min(LONGEST_BACKOFF_S, BACKOFF_S * 2**tried))
        if error.retry_after_s is None:
            return backoff
        return None if error.retry_after_s > LONGEST_WAIT_S else error.retry_after_s + backoff / 10


def answered(key: SampleKey, completion: Completion, *, attempts: int = 1, waited_s: float = 0.0) -> Sample:
    """The sample of an answer; one that the model itself broke off is that model's error."""
    broken = completion.error
    return Sample(
        key=key,
        text=whole(completion.text),
        tool_calls=tuple(
            replace(call, name=whole(call.name), arguments=whole(call.arguments)) for call in completion.tool_calls
        ),
        finish_reason=completion.finish_reason,
        latency_s=completion.latency_s,
        ttft_s=completion.ttft_s,
        waited_s=waited_s,
        attempts=attempts,
        prompt_tokens=completion.prompt_tokens,
        completion_tokens=completion.completion_tokens,
        cost_usd=completion.cost_usd,
        cost_source=completion.cost_source,
        listed_usd=completion.listed_usd,
        served_model=completion.served_model,
        served_provider=completion.served_provider,
        error=None if broken is None else SampleError(broken, _BROKEN_OFF[broken]),
    )


_BROKEN_OFF: Final = {
    ErrorKind.LENGTH: "the answer was cut off at its longest allowed length",
    ErrorKind.CONTENT_FILTER: "the answer was stopped by a content filter",
    ErrorKind.REFUSAL: "the model refused",
}
