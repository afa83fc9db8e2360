"""`/rotate ...` and the same words in a mention: a wish becomes a command of the engine, an answer, or a form."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final, assert_never

from slack_bolt.async_app import AsyncApp

from bot.engine.models.commands import Command, Diff, LiftFreeze, Promote, ReplyTo, SetFreeze, Steer
from bot.engine.models.notes import ReplyNote
from bot.engine.models.shown import SlotStatus
from bot.ports import OutsideError
from bot.wording.helping import MORE, VERBS
from bot.wording.proposals import reason_of
from bot.wording.replies import reply_text
from bot.wording.text import Text
from handlers import grammar
from handlers.blocks import forms, private
from handlers.blocks.forms import Remembered
from handlers.blocks.steering import ASKED_BACK, could
from handlers.given import Given
from handlers.guard import Call, answer, guarded
from handlers.typed import decoded, nearest
from handlers.wishes import (
    Compare,
    Examine,
    FreezeIt,
    Help,
    NotUnderstood,
    PromoteIt,
    ShowModels,
    ShowStatus,
    ShowWhy,
    SteerIt,
    UnfreezeIt,
    Wish,
)

COMMAND: Final = "/rotate"


def register(app: AsyncApp, given: Given) -> None:
    """The slash command, and a true answer for any other."""

    async def rotate(call: Call) -> None:
        await typed(given, call, str(call.body.get("text") or ""), f"command:{call.body.get('trigger_id')}")

    async def another(call: Call) -> None:
        await answer(given, call, "unknown_command")

    app.command(COMMAND)(guarded(given, rotate))
    app.command(re.compile(".*"))(guarded(given, another))


async def typed(given: Given, call: Call, raw: str, command_id: str) -> None:
    """Do what the words say. `command_id` is the same when the same words are delivered again."""
    wish = grammar.parse(decoded(raw))
    trigger_id = str(call.body.get("trigger_id") or "")
    if isinstance(wish, Compare) and trigger_id and not (wish.candidate and wish.slot):
        await _form_or_only_slot(given, call, wish, command_id)
        return
    if isinstance(wish, SteerIt) and not wish.subject and await _asked_back(given, call, wish):
        return
    if not isinstance(wish, NotUnderstood) and grammar.incomplete(wish):
        wish = await _completed(given, call, wish)
    if isinstance(wish, NotUnderstood):
        await answer(given, call, wish.code, **wish.facts)
        return
    await _carry_out(given, call, wish, command_id)


async def _asked_back(given: Given, call: Call, wish: SteerIt) -> bool:
    """Whether a verb that undoes or ends something, typed without saying of what, was said back before it is done.

    In a rotation's own thread it is said already what is meant.
    """
    if wish.verb not in ASKED_BACK or await given.rotation_of(call.reply_to.channel, call.reply_to.thread):
        return False
    slots = await given.engine.slots()
    meant = [one.rotation for one in slots if one.rotation is not None and could(one.rotation, wish.verb)]
    if not meant:
        return False
    await call.ack()
    if len(meant) == 1:
        await given.messenger.whisper(call.reply_to, private.asked_back(meant[0], wish.verb, wish.reason))
    else:
        usage, known = grammar.usage_of(wish.verb), [rotation.id for rotation in meant]
        await answer(given, call, "subject_needed", usage=usage, known=known)
    return True


async def _completed(given: Given, call: Call, wish: Wish) -> Wish | NotUnderstood:
    here = await given.rotation_of(call.reply_to.channel, call.reply_to.thread)
    names = [slot.slot for slot in await given.engine.slots()]
    return grammar.complete(wish, names, here)


async def _carry_out(given: Given, call: Call, wish: Wish, command_id: str) -> None:
    match wish:
        case Help():
            await call.ack()
            await show_help(given, call.reply_to, wish.topic)
        case FreezeIt(subject=""):
            await call.ack()
            await given.messenger.whisper(call.reply_to, private.freezes(await given.engine.freezes()))
        case ShowStatus(subject):
            await call.ack()
            await show_status(given, call.reply_to, subject)
        case ShowWhy(subject):
            await call.ack()
            await show_why(given, call.reply_to, subject)
        case ShowModels(search):
            await call.ack()
            await given.messenger.whisper(
                call.reply_to, private.models(await given.engine.models(search), given.clock.now())
            )
        case Examine():
            await call.ack()
            await show_examined(given, call)
        case Compare() if not (wish.candidate and wish.slot):
            await call.ack()
            await given.messenger.whisper(call.reply_to, private.form_offer(wish.candidate))
        case Compare() | PromoteIt() | SteerIt() | FreezeIt() | UnfreezeIt():
            await given.engine.submit(command_of(wish, command_id, call, given))
            await call.ack()
        case _:
            assert_never(wish)


def command_of(
    wish: Compare | PromoteIt | SteerIt | FreezeIt | UnfreezeIt, command_id: str, call: Call, given: Given
) -> Command:
    """The engine's command for a complete wish."""
    at, reply = given.clock.now(), call.reply_to
    match wish:
        case Compare():
            return Diff(
                id=command_id,
                actor=call.user,
                at=at,
                reply=reply,
                reason=wish.reason,
                slot=wish.slot,
                candidate=wish.candidate,
                rollback=wish.rollback,
                trigger=wish.trigger,
                fresh=wish.fresh,
            )
        case PromoteIt(subject):
            return Promote(id=command_id, actor=call.user, at=at, reply=reply, subject=subject)
        case SteerIt(verb, subject, reason, lasts):
            asked = {"id": command_id, "actor": call.user, "at": at, "reply": reply, "reason": reason}
            return Steer.model_validate({**asked, "verb": verb, "subject": subject, "lasts": lasts})
        case FreezeIt(subject, until, reason):
            asked = {"id": command_id, "actor": call.user, "at": at, "reply": reply, "reason": reason}
            return SetFreeze.model_validate({**asked, "subject": subject, "until": until})
        case UnfreezeIt(subject, reason):
            return LiftFreeze(id=command_id, actor=call.user, at=at, reply=reply, subject=subject, reason=reason)


async def show_help(given: Given, to: ReplyTo, topic: str) -> None:
    """Help, all of it with `more`, or with one verb or model setting; the nearest names for a word that is none."""
    guide = await given.engine.guide()
    if topic in {"", MORE}:
        await given.messenger.whisper(to, private.help_more(guide) if topic else private.help_message(guide))
    elif (found := private.help_about(topic, guide)) is not None:
        await given.messenger.whisper(to, found)
    else:
        known = [*VERBS, *(slot.slot for slot in guide.slots)]
        near = grammar.verbs_like(topic) or nearest(topic, known)
        await given.messenger.reply(to, ReplyNote(code="unknown_topic", facts={"subject": topic, "nearest": near}))


async def show_examined(given: Given, call: Call) -> None:
    """What the doctor finds, for whoever may steer; it asks Slack, places, metrics and models, which takes a while."""
    if not await given.engine.may_examine(call.user, call.reply_to.channel):
        await answer(given, call, "no_examination")
        return
    await given.messenger.reply(call.reply_to, ReplyNote(code="examining"))
    await given.messenger.whisper(call.reply_to, private.examined(await given.engine.examine()))


async def show_status(given: Given, to: ReplyTo, subject: str) -> None:
    """The status of a subject or of everything; the nearest names for one nobody knows."""
    found = await given.engine.status(subject or None)
    if subject and not found.slots:
        await _nobody_knows(given, to, subject)
        return
    await given.messenger.whisper(to, private.status(found))


async def show_why(given: Given, to: ReplyTo, subject: str) -> None:
    """Why a rotation is where it is; the nearest names for one nobody knows."""
    found = await given.engine.why(subject)
    if found is None:
        await _nobody_knows(given, to, subject)
        return
    await given.messenger.whisper(to, private.why(found))


async def _nobody_knows(given: Given, to: ReplyTo, subject: str) -> None:
    everything = await given.engine.status(None)
    close = nearest(subject, known_names(everything.slots))
    await given.messenger.reply(to, ReplyNote(code="unknown_subject", facts={"subject": subject, "nearest": close}))


def known_names(slots: Sequence[SlotStatus]) -> list[str]:
    """Every name a person could mean: model settings, running rotations, newest comparisons."""
    names = [slot.slot for slot in slots]
    names += [slot.rotation.id for slot in slots if slot.rotation is not None]
    names += [slot.comparison.id for slot in slots if slot.comparison is not None]
    return names + [queued for slot in slots for queued in slot.queued]


async def _form_or_only_slot(given: Given, call: Call, wish: Compare, command_id: str) -> None:
    """With a candidate and one model setting, compare; else open the form before its trigger expires, then fill it."""
    if wish.candidate:
        slots = await given.engine.slots()
        filled = grammar.complete(wish, [slot.slot for slot in slots])
        if isinstance(filled, Compare) and filled.slot:
            await _carry_out(given, call, filled, command_id)
            return
    await open_form(given, call, wish.candidate)


async def open_form(given: Given, call: Call, candidate: str = "") -> None:
    """Open the comparison form at once, then fill in what is live. Raises OutsideError."""
    await _opened(given, call, "", replace(_remembered(call), candidate=candidate))


async def open_proposed(given: Given, call: Call, proposal_id: str) -> None:
    """Open the comparison form with what a proposal proposes. Raises OutsideError."""
    proposed = await given.engine.proposed(proposal_id)
    if proposed is None:
        await answer(given, call, "stale_button")
        return
    proposal = proposed.proposal
    why = {"trigger": proposal.trigger.value, "reason": reason_of(proposal)}
    await _opened(given, call, proposal.slot, replace(_remembered(call), candidate=proposal.candidate, **why))


def _remembered(call: Call) -> Remembered:
    to = call.reply_to
    return Remembered(channel=to.channel, thread=to.thread, response_url=to.response_url)


async def _opened(given: Given, call: Call, slot: str, kept: Remembered) -> None:
    await call.ack()
    view_id = await given.messenger.open_view(str(call.body.get("trigger_id") or ""), forms.loading())
    await show_form(given, call, view_id, slot, kept)


async def show_form(given: Given, call: Call, view_id: str, chosen: str, kept: Remembered) -> None:
    """Fill the comparison form: a menu of models where the provider lists them, and what comparing the one named takes.

    What is worked out comes a moment after the form. Raises OutsideError.
    """
    slots = await given.engine.slots()
    slot = chosen or (slots[0].slot if slots else "")
    form = partial(forms.diff_form, slots, chosen, kept, listed=bool(await given.engine.suggested(slot)))
    if not (slots and grammar.model_like(kept.candidate)):
        await given.messenger.update_view(view_id, form())
        return
    await given.messenger.update_view(view_id, form(foreseen=forms.FORESEEING))
    await given.messenger.update_view(view_id, form(foreseen=await _foreseen(given, call, slot, kept)))


async def _foreseen(given: Given, call: Call, slot: str, kept: Remembered) -> Text:
    to = kept.reply(call.user)
    head = {"id": f"foreseen:{call.user}", "actor": call.user, "at": given.clock.now(), "reply": to}
    try:
        note = await given.engine.foreseen(Diff.model_validate({**head, "slot": slot, "candidate": kept.candidate}))
    except OutsideError as error:
        return reply_text("outside_failed", {"what": error.what, "whose": error.whose})
    return reply_text(note.code, note.facts)
