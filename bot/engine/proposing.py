"""A slot as proposals see it, and what becomes of them: kept, written into the ledger, and told, once each."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.catalog.model import Proposal, Proposed
from bot.catalog.propose import SlotView
from bot.engine.changes import as_json
from bot.engine.chores import ShowProposal
from bot.engine.models.comparisons import Comparison
from bot.engine.outside import Outside, Rules
from bot.engine.records import Commit, Entry, Wanted
from bot.engine.targets import agreed, read_all
from bot.ports import Store
from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.model.state import Trigger
from bot.runbook.models.catalog import Proposals
from bot.runbook.models.plan import Plan, plan_for

DAY: Final = timedelta(days=1)
USAGE_DAYS: Final = 7
"""A week has every day of the week in it."""
TAKEN_BACK: Final = frozenset({Phase.ROLLED_BACK, Phase.ROLLING_BACK, Phase.SETTLED, Phase.REJECTED})
"""Ends (and the way to one) after which nothing is begun with the same candidate but by a person."""


async def slot_view(outside: Outside, rules: Rules, slot: str, *, usage: bool = True) -> SlotView | None:
    """A slot now; None while its places hold several models, none, or cannot be read: nothing is proposed blindly.

    Without `usage` nobody is asked what it costs.
    """
    plan = plan_for(rules.runbook, slot)
    current = agreed(plan, await read_all(outside, plan))
    if not current:
        return None
    written = rules.runbook.slots[slot].proposals or Proposals()
    muted = frozenset(written.mute) | frozenset(await mutes(outside.store, slot))
    rotations = await outside.store.rotations(slot=slot)
    comparisons = await outside.store.comparisons(slot=slot)
    return SlotView(
        plan=plan,
        rules=written,
        current=current,
        way_back=plan.rollback_model or "",
        days=await daily_spend(outside, plan) if usage and Trigger.COST.value not in muted else (),
        tried=tried(comparisons, current),
        held_back=held_back(rotations, comparisons),
        muted=muted,
        busy=any(not rotation.ended for rotation in rotations),
    )


def tried(comparisons: Iterable[Comparison], current: str) -> frozenset[str]:
    """The candidates that people have compared with the current model: they know of them."""
    return frozenset(one.candidate.id for one in comparisons if one.current.id == current and one.status != "asked")


def held_back(rotations: Sequence[Rotation], comparisons: Iterable[Comparison]) -> frozenset[str]:
    """Candidates whose last rotation was taken back, and that no person has begun to compare again since."""
    last = {rotation.models.candidate.id: rotation for rotation in rotations}  # the newest comes last
    held = {name: rotation for name, rotation in last.items() if rotation.phase in TAKEN_BACK}
    for comparison in comparisons:
        taken_back = held.get(comparison.candidate.id)
        ended = taken_back.ended_at if taken_back is not None else None
        if ended is not None and comparison.started_at > ended and comparison.status != "asked":
            del held[comparison.candidate.id]
    return frozenset(held)


async def daily_spend(outside: Outside, plan: Plan) -> tuple[float, ...]:
    """US dollars the slot's stages cost in each of the last days the source can answer for, the newest first."""
    if outside.metrics is None:
        return ()
    stages, now = {stage.metric_stage for stage in plan.stages}, outside.clock.now()
    found: list[float] = []
    for day in range(USAGE_DAYS):
        seen = await outside.metrics.observe(now - (day + 1) * DAY, now - day * DAY)
        costs = [series.cost_usd for series in seen.series if series.stage in stages and series.cost_usd is not None]
        if not seen.answered or not costs:
            break
        found.append(sum(costs))
    return tuple(found)


async def mutes(store: Store, slot: str) -> dict[str, str]:
    """The triggers that people muted for a slot in Slack, and who did."""
    found: dict[str, str] = json.loads(await store.fact(muted_fact(slot)) or "{}")
    return found


def muted_fact(slot: str) -> str:
    """The fact that says what is muted for a slot."""
    return f"muted:{slot}"


async def told(outside: Outside, rules: Rules, proposals: Sequence[Proposal], now: datetime) -> Commit:
    """What telling proposals changes: each is kept with an id, written into the ledger, and posted."""
    kept = []
    for proposal in proposals:
        channel = rules.runbook.slots[proposal.slot].channel or rules.runbook.channel
        kept.append(
            Proposed(id=await outside.store.new_id("P"), at=now, channel=channel, proposal=proposal),
        )
    return Commit(
        at=now,
        proposals=tuple(kept),
        entries=tuple(Entry(one.id, "proposed", {"proposal": as_json(one.proposal)}) for one in kept),
        wanted=tuple(show(one.id, "told") for one in kept),
    )


def show(proposal_id: str, why: str) -> Wanted:
    """Post a proposal's message, or bring it up to date."""
    task = ShowProposal(proposal=proposal_id)
    return Wanted(subject=proposal_id, lane="chat", key=f"{proposal_id}:show:{why}", kind=task.kind, body=as_json(task))
