"""What a comparison needs from outside, as Protocols. No behaviour; implementations are adapters and stores."""

from collections.abc import AsyncIterator, Iterable
from typing import Protocol

from bot.difftest.model.chat import ChatRequest, Completion
from bot.difftest.model.report import OverheadReport
from bot.difftest.model.sample import EarlierRun, RunBusy, RunIdentity, Sample, SampleKey, StoredRun

__all__ = ["ChatProvider", "Clock", "RunBusy", "SampleStore"]


class ChatProvider(Protocol):
    """One endpoint that completes chats, for any model it serves."""

    async def prepare(self, concurrency: int, *, stream: bool) -> OverheadReport | None:
        """Get ready for timed calls: open a connection by a request that costs nothing, and measure what is our own.

        The answer is what this client itself adds to a time when so many calls are in flight; None where it is not
        known. Raises nothing: an endpoint that is away is for the first call to report.
        """
        ...

    async def complete(self, request: ChatRequest) -> Completion:
        """One attempt, without retries. Raises ChatError, whose kind says whose trouble it is."""
        ...

    def price(self, model: str, prompt_tokens: int, completion_tokens: int) -> float | None:
        """What such a call would cost in US dollars by the list; None when unknown, never zero for unknown."""
        ...


class SampleStore(Protocol):
    """Where a run's samples are kept. What returned is on disk: it survives the process's death."""

    async def open(self, run: RunIdentity, *, fresh: bool = False) -> StoredRun:
        """Take the run for this process and return what is known of it; `fresh` forgets it first.

        Calls that were started and have no outcome are counted as cut off from now on. Raises RunBusy.
        """
        ...

    def kept(self, run_id: str) -> AsyncIterator[Sample]:
        """Every sample that is kept of a run, also of one this process has not taken; few at a time in memory."""
        ...

    async def load(self, run_id: str, keys: Iterable[SampleKey]) -> list[Sample]:
        """These samples with all their words; those that are not there are left out."""
        ...

    async def earlier(self, run: RunIdentity) -> tuple[EarlierRun, ...]:
        """Other runs that asked the run's current model the same suite in the same way, newest first."""
        ...

    async def start_call(self, run_id: str, key: SampleKey, attempt: int) -> None:
        """Record that a call is about to be sent; an earlier attempt for the same key had its outcome."""
        ...

    async def add(self, run_id: str, sample: Sample) -> None:
        """Keep a finished sample; its last call had its outcome."""
        ...

    async def add_turn(self, run_id: str, turn: Sample, number: int) -> None:
        """Keep one turn (from 0) of a conversation that goes on, as a sample of its own; its call had its outcome."""
        ...

    async def note(self, run_id: str, name: str, value: str) -> None:
        """Keep something about the run itself under a name; it replaces what was there."""
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
