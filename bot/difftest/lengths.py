"""How long answers to a suite were, by what is kept of earlier runs: what a price is guessed by beforehand."""

from statistics import median
from typing import Final

from bot.difftest.model.sample import RunIdentity
from bot.difftest.ports import SampleStore

_ENOUGH: Final = 200
"""So many answers tell their usual length well enough."""


async def usual_answer(store: SampleStore, run: RunIdentity) -> int | None:
    """The median length of an answer in tokens, of this run or the newest alike; None where none is kept."""
    for run_id in (run.id, *(other.id for other in await store.earlier(run))):
        found: list[int] = []
        async for sample in store.kept(run_id):
            if sample.answered and sample.completion_tokens is not None:
                found.append(sample.completion_tokens)
            if len(found) == _ENOUGH:
                break
        if found:
            return round(median(found))
    return None
