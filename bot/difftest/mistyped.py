"""A current model that nobody ever had: told from one that was retired by what the provider lists.

Stands between a run and its provider. Where the current model has never answered, the provider's word that it does not
exist is held against its list: if that has an id which differs by a slip of the hand, the run ends.
"""

import difflib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.difftest.alike import NAMED, closest, is_listed
from bot.difftest.model.chat import ChatError, ChatRequest, Completion, ErrorKind
from bot.difftest.model.report import OverheadReport
from bot.difftest.model.sample import Arm, RunIdentity
from bot.difftest.ports import ChatProvider, SampleStore
from bot.difftest.stopping import CouldNotRun

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


def with_nearest(error: CouldNotRun, models: Sequence[str], listed: Sequence[str]) -> CouldNotRun:
    """The same end of a run over models the provider does not have, with the listed ids that were perhaps meant."""
    wrong = [model for model in models if listed and not is_listed(model, listed)]
    near = list(dict.fromkeys(name for model in wrong for name in closest(model, listed)))[:NAMED]
    if error.kind is not ErrorKind.MODEL_NOT_FOUND or not near:
        return error
    return CouldNotRun(f"{error.what} The nearest it lists: {', '.join(near)}", whose=error.whose, kind=error.kind)


async def answered_before(store: SampleStore, run: RunIdentity) -> bool:
    """Whether an answer of the run's current model to its suite is kept, of this run or of an earlier one."""
    if await _answered(store, run.id, "current"):
        return True
    return any([await _answered(store, other.id, other.arm) for other in await store.earlier(run)])


async def _answered(store: SampleStore, run_id: str, arm: Arm) -> bool:
    async for sample in store.kept(run_id):
        if sample.key.arm == arm and sample.answered:
            return True
    return False


@dataclass
class Guarded:
    """A provider that ends the run where its current model was mistyped.

    `listed` are the ids the provider lists (none where it does not say), `answered` whether the model ever answered.
    """

    provider: ChatProvider
    current: str
    listed: Callable[[], Awaitable[Sequence[str]]]
    answered: Callable[[], Awaitable[bool]]
    _good: bool = False

    async def prepare(self, concurrency: int, *, stream: bool) -> OverheadReport | None:
        """Get ready for timed calls."""
        return await self.provider.prepare(concurrency, stream=stream)

    def price(self, model: str, prompt_tokens: int, completion_tokens: int) -> float | None:
        """What such a call would cost by the list."""
        return self.provider.price(model, prompt_tokens, completion_tokens)

    async def complete(self, request: ChatRequest) -> Completion:
        """One attempt. Raises ChatError, and MistypedModel where the current model is none."""
        try:
            completion = await self.provider.complete(request)
        except ChatError as error:
            doubtful = request.model == self.current and not self._good and error.kind is ErrorKind.MODEL_NOT_FOUND
            if doubtful and (name := meant(request.model, await self.listed())) and not await self.answered():
                what = f"the provider has no model {request.model}; did you mean {name}?"
                raise MistypedModel(what, whose="request", kind=error.kind) from None
            raise
        self._good |= request.model == self.current
        return completion
