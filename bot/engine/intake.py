"""Carrying out accepted commands: from what somebody asked to an event, a comparison or a rotation, and an answer.

Each command is ticked off in the transaction that writes what it changed, so that it is carried out once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import assert_never

from bot.engine.answers import answer, frozen_facts, refusal
from bot.engine.beginning import begin_rotation
from bot.engine.diffing import abort_comparison, ask_or_begin, begin_asked
from bot.engine.freezing import lift_freeze, set_freeze
from bot.engine.happen import UnknownRotationError, happen
from bot.engine.models.commands import (
    Acknowledge,
    Answer,
    Asked,
    Command,
    Diff,
    GiveWay,
    LiftFreeze,
    Mute,
    Promote,
    SetFreeze,
    Spend,
    Steer,
)
from bot.engine.muting import mute
from bot.engine.outside import Outside, Rules
from bot.engine.paging import acknowledge
from bot.engine.people import actor_for
from bot.engine.records import Commit, Wanted
from bot.engine.slots import in_the_way, nearest
from bot.rotation import events
from bot.rotation.effects import PostTimeline
from bot.rotation.freezes import holding
from bot.rotation.machine import Moved, Refused
from bot.rotation.model.freezes import Freeze
from bot.rotation.model.people import Actor
from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.model.targets import CHANGED
from bot.rotation.policy import Deny, ReasonCode

_STEERING: Mapping[str, type[events.Human]] = {
    "pause": events.PauseIt,
    "resume": events.Resume,
    "abort": events.Abort,
    "retry": events.Retry,
    "settle": events.SettleByHand,
    "confirm": events.ConfirmByHand,
    "withdraw": events.Withdraw,
    "hands_off": events.HandsOffIt,
    "hands_on": events.HandsOnIt,
}


async def carry_out(outside: Outside, rules: Rules, command: Command, now: datetime) -> None:
    """Do what a command asks and tick it off. Raises OutsideError when people or targets cannot be looked up."""
    match command:
        case Diff():
            await ask_or_begin(outside, rules, command, now)
        case Spend():
            await begin_asked(outside, rules, command, now)
        case Promote():
            await _promote(outside, rules, command, now)
        case Answer():
            await _answer(outside, rules, command, now)
        case Steer():
            await _steer(outside, rules, command, now)
        case GiveWay():
            await _give_way(outside, rules, command, now)
        case Acknowledge():
            await acknowledge(outside, rules, command, now)
        case Mute():
            await mute(outside, rules, command, now)
        case SetFreeze():
            await set_freeze(outside, rules, command, now)
        case LiftFreeze():
            await lift_freeze(outside, rules, command, now)
        case _:
            assert_never(command)


async def say(outside: Outside, asked: Asked, now: datetime, wanted: Wanted) -> None:
    """Tick a command off with nothing but an answer."""
    await outside.store.commit(Commit(at=now, wanted=(wanted,), inbox_done=asked.id))


async def _promote(outside: Outside, rules: Rules, command: Promote, now: datetime) -> None:
    subject = command.subject
    if subject.upper().startswith("R") and await outside.store.rotation(subject.upper()):
        await _to_rotation(outside, rules, command, subject.upper(), now, events.Promote)
        return
    comparison = await outside.store.comparison(subject.upper())
    if comparison is None and subject in rules.runbook.slots:
        running = await outside.store.rotations(slot=subject, running=True)
        if running:
            await _to_rotation(outside, rules, command, running[0].id, now, events.Promote)
            return
        newest = await outside.store.comparisons(slot=subject, finished=True, newest=1)
        if not newest:
            await say(outside, command, now, answer(command, "no_comparison", slot=subject))
            return
        comparison = newest[0]
    if comparison is None:
        await unknown_subject(outside, rules, command, subject, now)
        return
    await begin_rotation(outside, rules, command, comparison, now)


async def unknown_subject(outside: Outside, rules: Rules, asked: Asked, subject: str, now: datetime) -> None:
    """Answer that there is no such rotation, comparison or slot, with the nearest one there is."""
    known = [*rules.runbook.slots]
    known += [r.id for r in await outside.store.rotations(running=True)]
    known += [c.id for c in await outside.store.comparisons(newest=20)]
    wanted = answer(asked, "unknown_subject", subject=subject, nearest=nearest(subject, known), known=known[:8])
    await say(outside, asked, now, wanted)


async def _answer(outside: Outside, rules: Rules, command: Answer, now: datetime) -> None:
    rotation = await outside.store.rotation(command.rotation)
    if rotation is None:
        await unknown_subject(outside, rules, command, command.rotation, now)
        return
    actor = await actor_for(outside, rules, command.actor, rotation.plan.channel)
    event: events.HumanEvent
    if command.answer == "approve":
        event = events.Approve(
            at=now, actor=actor, request=command.question, digest=command.digest, start=command.start
        )
    elif command.answer == "reject":
        event = events.Reject(at=now, actor=actor, request=command.question, reason=command.reason)
    else:
        event = events.Decide(
            at=now, actor=actor, decision=command.question, choice=command.answer, reason=command.reason
        )
    await _send(outside, command, rotation.id, event)


async def _steer(outside: Outside, rules: Rules, command: Steer, now: datetime) -> None:
    subject = command.subject
    if subject.upper().startswith("D") and subject[1:].isdigit():
        await abort_comparison(outside, rules, command, now)
        return
    rotation = await _meant(outside, rules, subject, command.verb)
    if rotation is None:
        if subject in rules.runbook.slots:
            await say(outside, command, now, answer(command, "no_rotation", slot=subject, verb=command.verb))
        else:
            await unknown_subject(outside, rules, command, subject, now)
        return
    if command.verb == "supersede":
        await _supersede(outside, rules, command, rotation, now)
        return
    if command.verb != "roll_back":
        more = {"lasts": command.lasts} if command.verb == "hands_off" else {}
        await _to_rotation(outside, rules, command, rotation.id, now, _STEERING[command.verb], more)
        return
    actor = await actor_for(outside, rules, command.actor, rotation.plan.channel)
    later = await _later(outside, rotation)
    event = events.RollBack(at=now, actor=actor, reason=command.reason, later_rotation=later)
    await _send(outside, command, rotation.id, event)


async def _supersede(outside: Outside, rules: Rules, command: Steer, rotation: Rotation, now: datetime) -> None:
    """Ask whoever holds the slot to give way; who is before it in line goes first."""
    actor = await actor_for(outside, rules, command.actor, rotation.plan.channel)
    ahead = [other.id for other in in_the_way(rotation, await outside.store.rotations(running=True))]
    before = next((other for other in ahead if other != rotation.blocked_by), "")
    event = events.Supersede(at=now, actor=actor, reason=command.reason, before=before)
    await _send(outside, command, rotation.id, event)


async def _give_way(outside: Outside, rules: Rules, command: GiveWay, now: datetime) -> None:
    rotation, wisher = await outside.store.rotation(command.rotation), await outside.store.rotation(command.wish)
    if rotation is None:
        await unknown_subject(outside, rules, command, command.rotation, now)
    elif command.yes and (wisher is None or wisher.ended):
        await say(outside, command, now, refusal(command, Deny(ReasonCode.STALE_QUESTION)))
    else:
        actor = await actor_for(outside, rules, command.actor, rotation.plan.channel)
        event = events.GiveWay(at=now, actor=actor, reason=command.reason, wish=command.wish, yes=command.yes)
        await _send(outside, command, rotation.id, event)


async def _meant(outside: Outside, rules: Rules, subject: str, verb: str) -> Rotation | None:
    found = await outside.store.rotation(subject.upper())
    if found is not None or subject not in rules.runbook.slots:
        return found
    running = await outside.store.rotations(slot=subject, running=True)
    if verb == "supersede":  # it is about the one that waits, never the one that holds
        running = [one for one in running if one.phase is Phase.QUEUED] or running
    if running:
        return running[0]
    every = await outside.store.rotations(slot=subject, newest=1) if verb in {"roll_back", "confirm"} else []
    return every[-1] if every else None


async def _later(outside: Outside, rotation: Rotation) -> str:
    number = int(rotation.id[1:])
    for other in await outside.store.rotations(slot=rotation.slot):
        if int(other.id[1:]) > number and other.ever_changed:
            return other.id
    return ""


async def _to_rotation(
    outside: Outside,
    rules: Rules,
    asked: Asked,
    rotation_id: str,
    now: datetime,
    kind: type[events.Human],
    more: Mapping[str, object] = MappingProxyType({}),
) -> None:
    rotation = await outside.store.rotation(rotation_id)
    if rotation is None:
        raise UnknownRotationError(rotation_id)
    actor: Actor = await actor_for(outside, rules, asked.actor, rotation.plan.channel)
    event = kind.model_validate({"at": now, "actor": actor, "reason": asked.reason, **more})
    await _send(outside, asked, rotation_id, event)  # type: ignore[arg-type]


async def _send(outside: Outside, asked: Asked, rotation_id: str, event: events.HumanEvent) -> None:
    freezes = await outside.store.freezes(event.at) if isinstance(event, events.Promote | events.Approve) else []
    await happen(
        outside.store,
        rotation_id,
        event,
        inbox_done=asked.id,
        then=lambda outcome: (
            refusal(asked, outcome.deny, {"rotation": rotation_id, **outcome.deny.facts})
            if isinstance(outcome, Refused)
            else _taken(asked, event, outcome, freezes)
        ),
    )


def _taken(asked: Asked, event: events.HumanEvent, outcome: Moved, freezes: Sequence[Freeze]) -> Wanted:
    """The answer to what was taken.

    Who lifts a pause hears whose it was, who approves whose yes is still missing, and at once that a freeze holds it.
    """
    rotation_id = outcome.rotation.id
    begins = event.start or event.at if isinstance(event, events.Approve) else event.at
    frozen = frozen_facts(holding(outcome.rotation, begins, freezes))
    for effect in outcome.effects:
        told = effect.facts if isinstance(effect, PostTimeline) else {}
        match effect:
            case PostTimeline(code="resumed") if told.get("paused_by") != told.get("by"):
                return answer(asked, "pause_lifted", rotation=rotation_id, **told)
            case PostTimeline(code="approved") if "missing" in told:
                return answer(asked, "yes_counts", rotation=rotation_id, missing=told["missing"], **frozen)
            case PostTimeline(code="decision_vote") if "missing" in told:
                return answer(asked, "answer_counts", rotation=rotation_id, missing_answers=told["missing"])
    return answer(
        asked, "accepted", rotation=rotation_id, event=event.kind, **frozen, **_named(event, outcome.rotation)
    )


def _named(event: events.HumanEvent, rotation: Rotation) -> dict[str, object]:
    """Slot, stages and model of what undoes or ends something: said back to whoever asked for it."""
    match event:
        case events.RollBack():
            plans = rotation.plan.stages
            back = {target.id for target in rotation.targets if target.standing in CHANGED}
            stages = [stage.name for stage in plans if back & {target.id for target in stage.targets}]
            return {"slot": rotation.slot, "stages": stages, "back_to": rotation.models.after_rollback.id}
        case events.Abort() | events.SettleByHand():
            return {"slot": rotation.slot, "stages": [rotation.stage_plan.name]}
        case _:
            return {}
