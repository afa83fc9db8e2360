"""Forms that were sent: their fields become a command of the engine. Nothing is taken that is not complete."""

import asyncio
import contextlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from slack_bolt.async_app import AsyncApp

from bot.engine.models.commands import Answer, Command, Diff, Steer
from bot.rotation.model.state import Trigger
from bot.wording.replies import not_listed, reply_text
from bot.wording.text import plain, plain_line
from handlers.blocks import forms, ids
from handlers.blocks.forms import Remembered
from handlers.given import Given
from handlers.grammar import model_like, subject_of
from handlers.guard import Call, guarded

_TRIGGERS = {trigger.value for trigger in Trigger}


def register(app: AsyncApp, given: Given) -> None:
    """The forms, and a true answer for one of an older version; closing a form needs none."""

    async def diff(call: Call) -> None:
        await _diff(given, call)

    async def reason(call: Call) -> None:
        await _reason(given, call)

    async def start(call: Call) -> None:
        await _start(given, call)

    async def closed(call: Call) -> None:
        await call.ack()

    app.view(ids.DIFF_FORM)(guarded(given, diff))
    app.view(ids.REASON_FORM)(guarded(given, reason))
    app.view(ids.START_FORM)(guarded(given, start))
    app.view(re.compile(".*"))(guarded(given, _stale))
    app.view_closed(re.compile(".*"))(guarded(given, closed))


def form_id(call: Call) -> str:
    """The same for the same form, however often its sending is delivered."""
    return f"form:{(call.body.get('view') or {}).get('id', '')}:{call.user}"


async def _stale(call: Call) -> None:
    said = plain(reply_text("stale_form", {}))
    await call.ack(response_action="update", view=forms.notice("Please open it again", said))


async def _diff(given: Given, call: Call) -> None:
    view = call.body.get("view") or {}
    kept, entered = forms.recall(view.get("private_metadata")), forms.entered(view)
    slot, candidate = entered.get(ids.DIFF_SLOT, ""), entered.get("candidate", "")
    if kept is None or not slot:
        await _stale(call)
        return
    rollback = entered.get("rollback", "")
    field = f"rollback:{slot}"[:255]
    # What was filled in is what is live, whether or not the provider still lists it.
    typed = {ids.CANDIDATE: candidate, field: "" if rollback == forms.prefilled(view, field) else rollback}
    errors = _errors(candidate, rollback, field) or await _unlisted(given, slot, typed)
    if errors:
        await call.ack(response_action="errors", errors=errors)
        return
    trigger = entered.get("trigger", "")
    await given.engine.submit(
        Diff(
            id=form_id(call),
            actor=call.user,
            at=given.clock.now(),
            reply=kept.reply(call.user),
            reason=entered.get("reason", ""),
            slot=slot,
            candidate=candidate,
            rollback=rollback,
            trigger=Trigger(trigger) if trigger in _TRIGGERS else Trigger.NEW_MODEL,
        ),
    )
    await call.ack()


PATIENCE_S = 1.5
"""Slack waits three seconds for an answer to a form. What is found out later is told afterwards, by the engine."""


async def _unlisted(given: Given, slot: str, models: Mapping[str, str]) -> dict[str, str]:
    """Which of the models entered the provider does not list, by field, with the nearest it does."""
    errors = {}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            for field, model in models.items():
                near = await given.engine.unlisted(slot, model) if model else None
                if near is not None:
                    errors[field] = plain_line(not_listed(model, near))
    return errors


def _errors(candidate: str, rollback: str, rollback_field: str) -> dict[str, str]:
    """What is wrong with the models entered, by the field it stands under."""
    said = "Write the model's id as your provider names it, such as openai/gpt-4.1: one word, no spaces."
    errors = {} if model_like(candidate) else {"candidate": said}
    if rollback and not model_like(rollback):
        errors[rollback_field] = said
    elif rollback and rollback == candidate:
        errors[rollback_field] = "This is the new model itself. Name another to go back to, or leave it empty."
    return errors


async def _reason(given: Given, call: Call) -> None:
    view = call.body.get("view") or {}
    kept = forms.recall(view.get("private_metadata"))
    reason = forms.entered(view).get("reason", "")
    if kept is None or kept.purpose not in forms.PURPOSES or not kept.subject:
        await _stale(call)
        return
    if not reason:
        await call.ack(response_action="errors", errors={"reason": "Write a reason: it is shown with what you decide."})
        return
    await given.engine.submit(_command(given, call, kept, reason))
    await call.ack()


async def _start(given: Given, call: Call) -> None:
    view = call.body.get("view") or {}
    kept, chosen = forms.recall(view.get("private_metadata")), forms.entered(view).get("start", "")
    if kept is None or kept.purpose != "approve" or not kept.question:
        await _stale(call)
        return
    now = given.clock.now()
    start = datetime.fromtimestamp(int(chosen), UTC) if chosen.isdigit() else now
    if start <= now:
        await call.ack(response_action="errors", errors={"start": "Choose a time that is still to come."})
        return
    asked = {"id": form_id(call), "actor": call.user, "at": now, "reply": kept.reply(call.user)}
    about = {"rotation": kept.subject, "question": kept.question, "digest": kept.digest}
    await given.engine.submit(Answer.model_validate({**asked, **about, "answer": "approve", "start": start}))
    await call.ack()


def _command(given: Given, call: Call, kept: Remembered, reason: str) -> Command:
    asked = {
        "id": form_id(call),
        "actor": call.user,
        "at": given.clock.now(),
        "reply": kept.reply(call.user),
        "reason": reason,
    }
    if kept.purpose == "settle":
        return Steer.model_validate({**asked, "verb": "settle", "subject": subject_of(kept.subject)})
    about = {"rotation": kept.subject, "question": kept.question, "digest": kept.digest}
    return Answer.model_validate({**asked, **about, "answer": kept.purpose})
