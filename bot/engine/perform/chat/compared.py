"""The messages of comparisons and of proposals to compare."""

from bot.engine.chores import ShowComparison, ShowProposal
from bot.engine.models.comparisons import Comparison
from bot.engine.models.notes import ComparisonNote, ProposalNote
from bot.engine.outside import Outside
from bot.engine.perform.chat.cards import CARD, upserted
from bot.engine.proposing import mutes
from bot.engine.records import Claimed, Posted


async def show_comparison(outside: Outside, task: ShowComparison, claimed: Claimed) -> Posted | None:
    """Post a comparison's message, or bring it up to date."""
    comparison = await outside.store.comparison(task.comparison)
    if comparison is None:
        return None
    standing = await outside.store.message(comparison.id, CARD)
    repeat = standing.maybe_repeat if standing is not None else claimed.lost > 0
    note = ComparisonNote(
        comparison=comparison,
        used_by=await _used_by(outside, comparison),
        superseded_by=await _superseded_by(outside, comparison),
        maybe_repeat=repeat,
    )
    return await upserted(outside, comparison.id, note, standing, channel=comparison.channel)


async def show_proposal(outside: Outside, task: ShowProposal, claimed: Claimed) -> Posted | None:
    """Post a proposal's message, or bring it up to date."""
    proposed = await outside.store.proposed(task.proposal)
    if proposed is None:
        return None
    standing = await outside.store.message(proposed.id, CARD)
    repeat = standing.maybe_repeat if standing is not None else claimed.lost > 0
    muted = await mutes(outside.store, proposed.proposal.slot)
    note = ProposalNote(
        proposed=proposed,
        now=outside.clock.now(),
        muted_by=muted.get(proposed.proposal.trigger.value, ""),
        maybe_repeat=repeat,
    )
    return await upserted(outside, proposed.id, note, standing, channel=proposed.channel)


async def _used_by(outside: Outside, comparison: Comparison) -> str:
    """The rotation that rests on a comparison, the newest where several do; empty while none does."""
    rotations = await outside.store.rotations(slot=comparison.slot)
    return next((one.id for one in reversed(rotations) if one.comparison.id == comparison.id), "")


async def _superseded_by(outside: Outside, comparison: Comparison) -> str:
    """The newest finished comparison of the same models of the slot, where that is another."""
    for other in await outside.store.comparisons(slot=comparison.slot, finished=True):  # newest first
        if other.id == comparison.id:
            return ""
        if (other.current, other.candidate) == (comparison.current, comparison.candidate):
            return other.id
    return ""
