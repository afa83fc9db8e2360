"""Muting a reason to rotate for a slot, and hearing of it again: what people press under a proposal."""

import json
from datetime import datetime

from bot.engine.answers import answer, refusal
from bot.engine.models.commands import Mute
from bot.engine.outside import Outside, Rules
from bot.engine.people import actor_for
from bot.engine.proposing import muted_fact, mutes, show
from bot.engine.records import Commit, Entry, Wanted
from bot.rotation.policy import Deny, may_steer
from bot.runbook.models.plan import authority_in


async def mute(outside: Outside, rules: Rules, command: Mute, now: datetime) -> None:
    """Mute or unmute the kind of a proposal for its slot; everybody sees it under that message."""
    proposed = await outside.store.proposed(command.proposal)
    if proposed is None or proposed.proposal.slot not in rules.runbook.slots:
        await _say(outside, command, now, answer(command, "stale_button"))
        return
    actor = await actor_for(outside, rules, command.actor, proposed.channel)
    gate = may_steer(authority_in(rules.runbook, proposed.proposal.slot), actor)
    if isinstance(gate, Deny):
        await _say(outside, command, now, refusal(command, gate, {"channel": proposed.channel}))
        return
    slot, trigger = proposed.proposal.slot, proposed.proposal.trigger.value
    muted = await mutes(outside.store, slot)
    if command.on:
        muted.setdefault(trigger, actor.name)
    else:
        muted.pop(trigger, None)
    code = "muted" if command.on else "unmuted"
    entry = Entry(proposed.id, code, {"slot": slot, "trigger": trigger, "by": actor.id, "name": actor.name})
    commit = Commit(
        at=now,
        entries=(entry,),
        facts=((muted_fact(slot), json.dumps(muted, sort_keys=True)),),
        wanted=(show(proposed.id, command.id), answer(command, code, slot=slot, trigger=trigger)),
        inbox_done=command.id,
    )
    await outside.store.commit(commit)


async def _say(outside: Outside, command: Mute, now: datetime, wanted: Wanted) -> None:
    await outside.store.commit(Commit(at=now, wanted=(wanted,), inbox_done=command.id))
