"""A current model that nobody ever had: told from one that was retired by what the provider lists.

Stands between a run and its ports. As long as the current model has never answered, the provider's word that it does
not exist is held against its list: where that has an id which differs by a slip of the hand, the run ends.
"""

import difflib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final

from bot.difftest.model.chat import ChatError, ChatRequest, Completion, ErrorKind
from bot.difftest.model.sample import RunIdentity, Sample, SampleKey, StoredRun
from bot.difftest.ports import ChatProvider, SampleStore
from bot.difftest.stopping import CouldNotRun

Listed = Callable[[], Awaitable[Sequence[str]]]
"""The ids the provider lists; none where it does not say."""

_ALIKE: Final = 0.8
_DIGITS: Final = str.maketrans("", "", "0123456789")


class MistypedModel(CouldNotRun):
    """The current model's id is no id of the provider's, but nearly one."""


def meant(model: str, listed: Sequence[str]) -> str:
    """The listed id that was probably meant; empty where it is listed, or where another version of it is the nearest.

    Ids that differ in digits only are versions of one model: the missing one was more likely retired than mistyped.
    """
    if model in listed or model.partition(":")[0] in listed:
        return ""
    near = difflib.get_close_matches(model.lower(), [name.lower() for name in listed], n=1, cutoff=_ALIKE)
    found = next((name for name in listed if near and name.lower() == near[0]), "")
    return "" if found.translate(_DIGITS).lower() == model.translate(_DIGITS).lower() else found


class Guarded:
    """A provider and a store of one run, which end it where the current model was mistyped."""

    def __init__(self, provider: ChatProvider, store: SampleStore, current: str, listed: Listed) -> None:
        self._provider, self._store, self._listed, self._current = provider, store, listed, current
        self._answered = False

    async def open(self, run: RunIdentity, *, fresh: bool = False) -> StoredRun:
        """Take the run, and see whether the current model has answered before."""
        stored = await self._store.open(run, fresh=fresh)
        self._answered |= any(sample.key.arm == "current" and sample.answered for sample in stored.samples)
        return stored

    async def start_call(self, run_id: str, key: SampleKey, attempt: int) -> None:
        """Record a call."""
        await self._store.start_call(run_id, key, attempt)

    async def add(self, run_id: str, sample: Sample) -> None:
        """Keep a sample."""
        await self._store.add(run_id, sample)

    async def discard(self, run_id: str, keys: Iterable[SampleKey]) -> None:
        """Forget samples."""
        await self._store.discard(run_id, keys)

    async def close(self, run_id: str) -> None:
        """Give the run back."""
        await self._store.close(run_id)

    async def complete(self, request: ChatRequest) -> Completion:
        """One attempt. Raises ChatError, and MistypedModel where the current model is none."""
        try:
            completion = await self._provider.complete(request)
        except ChatError as error:
            mine = request.model == self._current and not self._answered
            if (
                mine
                and error.kind is ErrorKind.MODEL_NOT_FOUND
                and (name := meant(request.model, await self._listed()))
            ):
                what = f"the provider has no model {request.model}; did you mean {name}?"
                raise MistypedModel(what, whose="request", kind=error.kind) from None
            raise
        self._answered |= request.model == self._current
        return completion

    def price(self, model: str, prompt_tokens: int, completion_tokens: int) -> float | None:
        """What such a call would cost by the list."""
        return self._provider.price(model, prompt_tokens, completion_tokens)
