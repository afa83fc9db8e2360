"""Buttons and menus: each press becomes a command of the engine, a form, or a true answer. None is ignored."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from bot.engine.models.commands import Acknowledge, Answer, GiveWay, Mute, Promote, ReplyTo, Spend, Steer, SteerVerb
from bot.rotation.model.questions import Choice
from handlers.blocks import forms, ids
from handlers.blocks.forms import Remembered
from handlers.blocks.values import Carried, decode
from handlers.commands import open_form, open_proposed, show_form
from handlers.given import Given
from handlers.guard import Call, answer, guarded

Press = Callable[[Given, Call, Carried], Awaitable[None]]

_REASONED: Final = {ids.REJECT: "reject", ids.SETTLE: "settle", ids.decide(Choice.GO_ON.value): "go_on"}
"""Buttons that open the reason form -> what the reason is for."""
_AN_HOUR_S: Final = 3600


def register(app: AsyncApp, given: Given) -> None:
    """Every button there is; then whatever else is pressed."""
    for action_id, press in _presses().items():
        app.action(action_id)(guarded(given, _with_value(given, press)))
    app.action(ids.DIFF_SLOT)(guarded(given, _form_changed(given)))
    app.action(ids.CANDIDATE)(guarded(given, _form_changed(given)))
    app.options(ids.CANDIDATE)(guarded(given, _models(given)))
    app.action(re.compile(".*"))(guarded(given, _stale(given)))


def _presses() -> dict[str, Press]:
    plain = [choice for choice in Choice if choice is not Choice.GO_ON]
    return {
        ids.APPROVE: _answering("approve"),
        **{ids.decide(choice.value): _answering(choice.value) for choice in plain},
        **{action_id: _asking_why(purpose) for action_id, purpose in _REASONED.items()},
        **{verb: _steering(verb) for verb in ids.STEERING},
        ids.APPROVE_LATER: _asking_when,
        ids.GIVE_WAY: _giving_way(yes=True),
        ids.KEEP_GOING: _giving_way(yes=False),
        ids.SPEND: _spend,
        ids.PROMOTE: _promote,
        ids.ACKNOWLEDGE: _acknowledge,
        ids.OPEN_DIFF: _open_form,
        ids.START: _start_proposed,
        ids.MUTE: _muting(on=True),
        ids.UNMUTE: _muting(on=False),
    }


def action_of(call: Call) -> dict[str, Any]:
    """The one action a payload is about."""
    found = call.body.get("actions") or [{}]
    return dict(found[0])


def press_id(call: Call) -> str:
    """The same for the same press of the same button, however often it is delivered."""
    container = call.body.get("container") or {}
    where = container.get("message_ts") or container.get("view_id") or ""
    return f"press:{action_of(call).get('action_ts', '')}:{call.user}:{where}"


def _with_value(given: Given, press: Press) -> Callable[[Call], Awaitable[None]]:
    async def pressed(call: Call) -> None:
        carried = decode(action_of(call).get("value"))
        if carried is None:
            await answer(given, call, "stale_button")
        elif call.user:
            await press(given, call, carried)

    return pressed


def _stale(given: Given) -> Callable[[Call], Awaitable[None]]:
    async def pressed(call: Call) -> None:
        await answer(given, call, "stale_button")

    return pressed


def _answering(said: str) -> Press:
    async def press(given: Given, call: Call, carried: Carried) -> None:
        await given.engine.submit(
            Answer.model_validate(
                {
                    "id": press_id(call),
                    "actor": call.user,
                    "at": given.clock.now(),
                    "reply": call.reply_to,
                    "rotation": carried.subject,
                    "question": carried.question,
                    "digest": carried.digest,
                    "answer": said,
                },
            ),
        )
        await call.ack()

    return press


def _steering(verb: SteerVerb) -> Press:
    async def press(given: Given, call: Call, carried: Carried) -> None:
        await given.engine.submit(
            Steer(
                id=press_id(call),
                actor=call.user,
                at=given.clock.now(),
                reply=_in_place(call),
                verb=verb,
                subject=carried.subject,
                reason=carried.what,
            ),
        )
        await call.ack()

    return press


def _giving_way(*, yes: bool) -> Press:
    async def press(given: Given, call: Call, carried: Carried) -> None:
        await given.engine.submit(
            GiveWay(
                id=press_id(call),
                actor=call.user,
                at=given.clock.now(),
                reply=call.reply_to,
                rotation=carried.subject,
                wish=carried.question,
                yes=yes,
            ),
        )
        await call.ack()

    return press


def _in_place(call: Call) -> ReplyTo:
    """Where the answer goes: in the place of the question, where only whoever pressed its button sees that."""
    private = bool((call.body.get("container") or {}).get("is_ephemeral"))
    return call.reply_to.model_copy(update={"replaces": private})


async def _spend(given: Given, call: Call, carried: Carried) -> None:
    await given.engine.submit(
        Spend(
            id=press_id(call),
            actor=call.user,
            at=given.clock.now(),
            reply=call.reply_to.model_copy(update={"replaces": True}),
            comparison=carried.subject,
        ),
    )
    await call.ack()


async def _promote(given: Given, call: Call, carried: Carried) -> None:
    await given.engine.submit(
        Promote(
            id=press_id(call),
            actor=call.user,
            at=given.clock.now(),
            reply=call.reply_to,
            subject=carried.subject,
        ),
    )
    await call.ack()


async def _acknowledge(given: Given, call: Call, carried: Carried) -> None:
    await given.engine.submit(
        Acknowledge(
            id=press_id(call),
            actor=call.user,
            at=given.clock.now(),
            reply=call.reply_to,
            escalation=carried.subject,
        ),
    )
    await call.ack()


def _kept(call: Call, carried: Carried) -> Remembered:
    """What a form that a button opens has to remember."""
    to = call.reply_to
    return Remembered(
        channel=to.channel,
        thread=to.thread,
        response_url=to.response_url,
        subject=carried.subject,
        question=carried.question,
        digest=carried.digest,
    )


def _asking_why(purpose: str) -> Press:
    async def press(given: Given, call: Call, carried: Carried) -> None:
        await call.ack()
        view = forms.reason_form(purpose, carried.what, _kept(call, carried))
        await given.messenger.open_view(str(call.body.get("trigger_id") or ""), view)

    return press


async def _asking_when(given: Given, call: Call, carried: Carried) -> None:
    await call.ack()
    at = carried.at or int(given.clock.now().timestamp()) + _AN_HOUR_S
    view = forms.start_form(carried.what, _kept(call, carried), at)
    await given.messenger.open_view(str(call.body.get("trigger_id") or ""), view)


async def _open_form(given: Given, call: Call, carried: Carried) -> None:
    await open_form(given, call, carried.what)


async def _start_proposed(given: Given, call: Call, carried: Carried) -> None:
    await open_proposed(given, call, carried.subject)


def _muting(*, on: bool) -> Press:
    async def press(given: Given, call: Call, carried: Carried) -> None:
        await given.engine.submit(
            Mute(
                id=press_id(call),
                actor=call.user,
                at=given.clock.now(),
                reply=call.reply_to,
                proposal=carried.subject,
                on=on,
            ),
        )
        await call.ack()

    return press


def _models(given: Given) -> Callable[[Call], Awaitable[None]]:
    async def asked(call: Call) -> None:
        slot = forms.entered(call.body.get("view") or {}).get(ids.DIFF_SLOT, "") or forms.first_slot(call.body)
        found = await given.engine.suggested(slot, str(call.body.get("value") or ""))
        await call.ack(options=forms.model_options(found))

    return asked


def _form_changed(given: Given) -> Callable[[Call], Awaitable[None]]:
    async def changed(call: Call) -> None:
        await call.ack()
        view = call.body.get("view") or {}
        kept = forms.recall(view.get("private_metadata"))
        if kept is None:
            return
        entered = forms.entered(view)
        again = replace(
            kept,
            candidate=entered.get(ids.CANDIDATE, ""),
            trigger=entered.get("trigger", ""),
            reason=entered.get("reason", ""),
        )
        slot = entered.get(ids.DIFF_SLOT, "") or forms.first_slot(call.body)
        await show_form(given, call, str(view.get("id", "")), slot, again)

    return changed
