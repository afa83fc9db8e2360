"""Freezes that somebody sets and lifts: who may, what is wrong with what was typed, and what is written and told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.engine.answers import answer, refusal
from bot.engine.changes import as_json
from bot.engine.chores import TellFreeze
from bot.engine.frozen import concerns, every_plan, next_turn, told_to_running
from bot.engine.models.commands import LiftFreeze, SetFreeze
from bot.engine.models.notes import FreezeNote
from bot.engine.outside import Outside, Rules
from bot.engine.people import actor_for
from bot.engine.records import Commit, Entry, Json, Wanted
from bot.engine.slots import nearest
from bot.engine.untils import EXAMPLES, parsed_until
from bot.rotation.freezes import LONGEST_FREEZE, lifters, may_freeze, may_lift, next_change
from bot.rotation.model.freezes import Freeze, Scope
from bot.rotation.model.people import Actor
from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.policy import Deny
from bot.runbook.models.file import Runbook

ALL = frozenset({"all", "everything", "everywhere"})
_KINDS = {"slot": "slot", "setting": "slot", "stage": "stage"}


async def set_freeze(outside: Outside, rules: Rules, command: SetFreeze, now: datetime) -> None:
    """Hold every change of a slot, a stage or everything, until then; one that holds the same already is prolonged."""
    scope = scope_of(rules.runbook, command.subject)
    if scope is None:
        await _say(outside, command, now, _unknown(rules.runbook, command))
        return
    actor = await actor_for(outside, rules, command.actor, _channels(rules.runbook, scope)[0])
    gate = may_freeze(every_plan(rules.runbook), scope, actor)
    if isinstance(gate, Deny):
        await _say(outside, command, now, refusal(command, gate))
        return
    until = _until(rules.runbook, command, now)
    if isinstance(until, Wanted):
        await _say(outside, command, now, until)
        return
    in_force = await outside.store.freezes(now)
    standing = next((one for one in in_force if one.scope == scope), None)
    if standing is not None and until <= standing.until:
        await _say(outside, command, now, _standing(command, standing))
        return
    if standing is None and not command.reason.strip():
        await _say(outside, command, now, answer(command, "freeze_without_reason", scope=_typed(scope)))
        return
    running = [one for one in await outside.store.rotations(running=True) if concerns(scope, one)]
    told: dict[str, object] = {"scope": _typed(scope), "until": until.isoformat(), "changing": _changing(running)}
    if standing is None:
        freeze = _begun(await outside.store.new_id("F"), scope, actor, command, now, until)
        what, answered = "set", answer(command, "freeze_set", freeze=freeze.id, **told)
    else:
        freeze = _prolonged(standing, command, until)
        what, answered = "prolonged", answer(command, "freeze_prolonged", freeze=freeze.id, **told)
    await _write(outside, rules, command, _Change(what, freeze, actor, now, answered), in_force)


def _standing(command: SetFreeze, freeze: Freeze) -> Wanted:
    """The answer where the same is frozen for longer already: by whom, since when, why."""
    facts = {"until": freeze.until.isoformat(), "since": freeze.set_at.isoformat(), "scope": _typed(freeze.scope)}
    return answer(command, "freeze_standing", freeze=freeze.id, by=freeze.name, reason=freeze.reason, **facts)


def _begun(freeze_id: str, scope: Scope, actor: Actor, command: SetFreeze, now: datetime, until: datetime) -> Freeze:
    reason = " ".join(command.reason.split())
    return Freeze(id=freeze_id, scope=scope, by=actor.id, name=actor.name, reason=reason, set_at=now, until=until)


def _prolonged(standing: Freeze, command: SetFreeze, until: datetime) -> Freeze:
    """The same freeze, longer: it stays whose it is; a new reason takes the old one's place."""
    reason = " ".join(command.reason.split()) or standing.reason
    return standing.model_copy(update={"until": until, "reason": reason, "version": standing.version + 1})


async def lift_freeze(outside: Outside, rules: Rules, command: LiftFreeze, now: datetime) -> None:
    """End a freeze before its time: what was put off because of it is looked at at once."""
    in_force = await outside.store.freezes(now)
    found = await _meant(outside, rules, command, in_force)
    if isinstance(found, Wanted):
        await _say(outside, command, now, found)
        return
    plans = every_plan(rules.runbook)
    actor = await actor_for(outside, rules, command.actor, _channels(rules.runbook, found.scope)[0])
    gate = may_lift(plans, found, actor)
    if isinstance(gate, Deny):
        await _say(outside, command, now, refusal(command, gate))
        return
    lifted = {"lifted_at": now, "lifted_by": actor.id, "lifted_name": actor.name, "version": found.version + 1}
    freeze = found.model_copy(update={**lifted, "lifted_reason": " ".join(command.reason.split())})
    answered = answer(command, "freeze_lifted", freeze=freeze.id, scope=_typed(freeze.scope), set_by=freeze.name)
    await _write(outside, rules, command, _Change("lifted", freeze, actor, now, answered), in_force)


async def _meant(outside: Outside, rules: Rules, command: LiftFreeze, in_force: Sequence[Freeze]) -> Freeze | Wanted:
    """The freeze in force that a word means: its id, or what it holds; else the answer that says what there is."""
    subject = command.subject.strip()
    scope = scope_of(rules.runbook, subject)
    found = next((one for one in in_force if one.id == subject.upper() or one.scope == scope), None)
    if found is not None:
        return found
    known = [f"{_typed(one.scope)} ({one.id})" for one in in_force]
    over = await outside.store.freeze(subject.upper())
    if over is not None and over.lifted_at is not None:
        return answer(
            command, "freeze_lifted_already", freeze=over.id, by=over.lifted_name, at=over.lifted_at.isoformat()
        )
    if over is not None:
        return answer(command, "freeze_over", freeze=over.id, at=over.until.isoformat())
    written = next((one for one in rules.runbook.freezes if one.name.casefold() == subject.casefold()), None)
    if written is not None:
        return answer(command, "freeze_written", freeze=written.name)
    if scope is None:
        return _unknown(rules.runbook, command)
    return answer(command, "not_frozen", scope=_typed(scope), known=known)


@dataclass(frozen=True)
class _Change:
    """A freeze as it is from `at` on, what was done to it by whom, and what they are answered."""

    what: str
    freeze: Freeze
    actor: Actor
    at: datetime
    answered: Wanted


async def _write(
    outside: Outside, rules: Rules, command: SetFreeze | LiftFreeze, change: _Change, in_force: Iterable[Freeze]
) -> None:
    """The freeze, its ledger row, what is told, and what every rotation concerned makes of it: all of it or nothing."""
    freeze, actor = change.freeze, change.actor
    running = [one.id for one in await outside.store.rotations(running=True) if concerns(freeze.scope, one)]
    may = lifters(every_plan(rules.runbook), freeze.scope)
    note = FreezeNote.model_validate({"what": change.what, "freeze": freeze, "lifters": may, "held": tuple(running)})
    by: Json = {"id": actor.id, "name": actor.name, "groups": list(actor.groups)}
    told = [_told(note, channel) for channel in _channels(rules.runbook, freeze.scope)]
    now_in_force = [*(one for one in in_force if one.id != freeze.id), freeze]
    commit = Commit(
        at=change.at,
        freeze=freeze,
        entries=(Entry(freeze.id, f"freeze_{change.what}", {"state": as_json(freeze), "by": by}),),
        wanted=(change.answered, *told),
        timers=(await next_turn(outside.store, rules, change.at, now_in_force),),
        inbox_done=command.id,
        more=await told_to_running(outside.store, change.at, freeze.scope),
    )
    await outside.store.commit(commit)


def _told(note: FreezeNote, channel: str) -> Wanted:
    task = TellFreeze(channel=channel, note=note)
    key = f"{note.freeze.id}:{note.freeze.version}:{channel}"
    return Wanted(subject=note.freeze.id, lane="chat", key=key, kind=task.kind, body=as_json(task))


def scope_of(runbook: Runbook, word: str) -> Scope | None:
    """What a word holds: `all`, a slot, the stages of a name; `slot:x` and `stage:x` say which. None for another."""
    bare = word.strip().lstrip("#")
    kind, colon, name = bare.partition(":")
    if colon and kind.casefold() in _KINDS:
        return _named(runbook, name, _KINDS[kind.casefold()])
    if bare.casefold() in ALL:
        return Scope(kind="all")
    found = [scope for wanted in ("slot", "stage") if (scope := _named(runbook, bare, wanted)) is not None]
    return found[0] if len(found) == 1 else None


def _named(runbook: Runbook, name: str, kind: str) -> Scope | None:
    known = list(runbook.slots) if kind == "slot" else stage_names(runbook)
    meant = next((one for one in known if one.casefold() == name.casefold()), None)
    return Scope.model_validate({"kind": kind, "name": meant}) if meant is not None else None


def stage_names(runbook: Runbook) -> list[str]:
    """The names of stages, each once."""
    return list(dict.fromkeys(stage for slot in runbook.slots.values() for stage in slot.stages))


def _unknown(runbook: Runbook, command: SetFreeze | LiftFreeze) -> Wanted:
    """The answer to a word that means no scope, or two."""
    word, slots, stages = command.subject, list(runbook.slots), stage_names(runbook)
    if word.casefold() in {one.casefold() for one in slots} & {one.casefold() for one in stages}:
        return answer(command, "freeze_of_two", subject=word, verb=command.kind)
    known = [*slots, *stages, "all"]
    return answer(command, "freeze_of_what", subject=word, nearest=nearest(word, known), known=known[:20])


def _until(runbook: Runbook, command: SetFreeze, now: datetime) -> datetime | Wanted:
    """The end that was typed, or the answer that says what is wrong with it."""
    typed, zone, longest = command.until, runbook.time_zone, LONGEST_FREEZE.days
    if not typed.strip():
        return answer(command, "freeze_without_end", subject=command.subject, known=list(EXAMPLES))
    try:
        until = parsed_until(typed, now, runbook.zone)
    except ValueError:
        return answer(command, "freeze_end_unclear", words=typed, known=list(EXAMPLES), zone=zone)
    except OverflowError:
        return answer(command, "freeze_too_long", words=typed, days=longest)
    if until <= now:
        return answer(command, "freeze_end_over", words=typed, until=until.isoformat(), zone=zone)
    return until if until - now <= LONGEST_FREEZE else answer(command, "freeze_too_long", words=typed, days=longest)


def _typed(scope: Scope) -> str:
    """A scope as it is typed."""
    return "all" if scope.kind == "all" else scope.name


def _changing(running: Iterable[Rotation]) -> list[str]:
    """The rotations that are setting places this very moment: the place that is being set is still finished."""
    under_way = [one for one in running if one.phase is Phase.APPLYING and not one.preflight]
    return [one.id for one in under_way if next_change(one) == one.stage]


def _channels(runbook: Runbook, scope: Scope) -> list[str]:
    """Where a freeze is told: in the channels of what it holds; in the runbook's own where that is all, or is gone."""
    slots = [name for name, slot in runbook.slots.items() if any(scope.covers(name, stage) for stage in slot.stages)]
    mine = [runbook.slots[name].channel or runbook.channel for name in slots]
    return list(dict.fromkeys([runbook.channel, *mine] if scope.kind == "all" or not mine else mine))


async def _say(outside: Outside, command: SetFreeze | LiftFreeze, now: datetime, wanted: Wanted) -> None:
    await outside.store.commit(Commit(at=now, wanted=(wanted,), inbox_done=command.id))
