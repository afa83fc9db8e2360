"""What a comparison needs from outside, as Protocols. No behaviour; implementations are adapters and stores."""

from collections.abc import Iterable
from typing import Protocol

from bot.difftest.model.chat import ChatRequest, Completion
from bot.difftest.model.sample import RunBusy, RunIdentity, Sample, SampleKey, StoredRun

__all__ = ["ChatProvider", "Clock", "RunBusy", "SampleStore"]


class ChatProvider(Protocol):
    """One endpoint that completes chats, for any model it serves."""

    async def complete(self, request: ChatRequest) -> Completion:
        """One attempt, without retries. Raises ChatError, whose kind says whose trouble it is."""
        ...

    def price(self, model: str, prompt_tokens: int, completion_tokens: int) -> float | None:
        """What such a call would cost in US dollars by the list; None when unknown, never zero for unknown."""
        ...


class SampleStore(Protocol):
    """Where a run's samples are kept. What returned is on disk: it survives the process's death."""

    async def open(self, run: RunIdentity, *, fresh: bool = False) -> StoredRun:
        """Take the run for this process and return what is kept of it; `fresh` forgets that first.

        Calls that were started and have no outcome are counted as cut off from now on. Raises RunBusy.
        """
        ...

    async def start_call(self, run_id: str, key: SampleKey, attempt: int) -> None:
        """Record that a call is about to be sent; an earlier attempt for the same key had its outcome."""
        ...

    async def add(self, run_id: str, sample: Sample) -> None:
        """Keep a finished sample; its last call had its outcome."""
        ...

    async def discard(self, run_id: str, keys: Iterable[SampleKey]) -> None:
        """Forget these samples, so that they are asked for again; their calls stay counted."""
        ...

    async def close(self, run_id: str) -> None:
        """Give the run back."""
        ...


class Clock(Protocol):
    """Time that passes, and waiting."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds."""
        ...
