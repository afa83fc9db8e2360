"""What the home tab shows one person: what waits for them, what runs, what ended and was compared lately. Reads only.

No place is read for it: it is drawn anew whenever something happened, for everybody who looks at it.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.engine import frozen
from bot.engine.models.comparisons import Comparison
from bot.engine.models.messages import MessageRef
from bot.engine.models.shown import Home, HomeRotation, Waiting
from bot.engine.outside import Outside, Rules
from bot.engine.people import actor_for
from bot.engine.perform.chat.cards import CARD, card_note
from bot.escalation.model import Escalation
from bot.ports import OutsideError, Store
from bot.rotation.awaited import awaited_of
from bot.rotation.model.people import Actor
from bot.rotation.model.rotation import Rotation
from bot.rotation.policy import ALLOW, may_roll_back

RECENT: Final = 8
"""Rotations that are over, and comparisons, that are listed."""
VIEWERS: Final = "homes"
LOOKED: Final = timedelta(days=14)
"""Whoever has not opened the tab for so long is not kept up to date any more."""
MOST: Final = 200
"""People whose tab is kept up to date, those who opened it last."""


async def homes(outside: Outside, rules: Rules, readers: Sequence[str]) -> list[Home]:
    """The home tabs of these people, in order; what is the same for all is read once."""
    store = outside.store
    running = await store.rotations(running=True)
    over = [one for one in reversed(await store.rotations(newest=RECENT + len(running))) if one.ended][:RECENT]
    compared = await store.comparisons(newest=RECENT)
    notes = [await card_note(outside, rules, rotation, repeat=False) for rotation in running]
    cards = await _cards(store, [*running, *over, *compared])
    pages = [page for rotation in [*running, *over] for page in await store.open_escalations(rotation.id)]
    links = {page.id: standing for page in pages if (standing := await store.message(page.id, CARD)) is not None}
    freezes = await frozen.listed(store, rules.runbook, outside.clock.now())
    shown = []
    for reader in readers:
        problem, actor = await _reader(outside, rules, reader)
        waits = [] if actor is None else _waits(actor, [*running, *over], pages, compared, cards | links)
        asks = {note.rotation.id: note.question for note in notes if note.question is not None}
        shown.append(
            Home(
                now=outside.clock.now(),
                problem=problem,
                waits=tuple(one.model_copy(update={"message": _asked(one, asks)}) for one in waits),
                running=tuple(
                    HomeRotation(note=note, may_roll_back=actor is not None and _may(note.rotation, actor))
                    for note in notes
                ),
                freezes=freezes,
                over=tuple(over),
                compared=tuple(compared),
                cards=cards,
            )
        )
    return shown


async def _cards(store: Store, subjects: Sequence[Rotation | Comparison]) -> dict[str, MessageRef]:
    found = {one.id: await store.message(one.id, CARD) for one in subjects}
    return {subject: message for subject, message in found.items() if message is not None}


async def _reader(outside: Outside, rules: Rules, reader: str) -> tuple[str, Actor | None]:
    """Who looks, or why nobody can say; where a group could not be read, what waits for it is not known either."""
    try:
        actor = await actor_for(outside, rules, reader, rules.runbook.channel)
    except OutsideError as error:
        return error.what, None
    return ", ".join(actor.problems), actor


def _may(rotation: Rotation, actor: Actor) -> bool:
    return may_roll_back(rotation, actor) == ALLOW


def _waits(
    actor: Actor,
    rotations: Sequence[Rotation],
    pages: Sequence[Escalation],
    compared: Sequence[Comparison],
    messages: Mapping[str, MessageRef],
) -> list[Waiting]:
    found = [
        Waiting(what="page", subject=page.id, rotation=page.subject, cause=page.cause, message=messages.get(page.id))
        for page in pages
        if page.action and not page.closed and not page.acknowledged_by and page.group in actor.groups
    ]
    for rotation in rotations:
        for code in awaited_of(rotation, actor):
            about = {"what": code, "subject": rotation.id, "rotation": rotation.id, "slot": rotation.slot}
            until = _until(rotation) if code in {"approve", "decide"} else None
            found.append(Waiting.model_validate({**about, "until": until, "message": messages.get(rotation.id)}))
    mine = [one for one in compared if one.status == "asked" and one.requester.id == actor.id]
    found += [Waiting(what="spend", subject=one.id, slot=one.slot) for one in mine]
    return found


def _until(rotation: Rotation) -> datetime | None:
    question = rotation.decision if rotation.decision is not None and rotation.decision.open else rotation.request
    return question.deadline if question is not None and question.open else None


def _asked(waiting: Waiting, asks: Mapping[str, MessageRef]) -> MessageRef | None:
    """The question's own message where it is one that is answered there; else the card, or the page."""
    if waiting.what in {"approve", "decide"}:
        return asks.get(waiting.rotation, waiting.message)
    return waiting.message


async def opened(store: Store, reader: str, now: datetime) -> None:
    """Remember that somebody looks at their tab, so that it is kept up to date."""
    seen = await viewers(store, now)
    newest = sorted({**seen, reader: now}.items(), key=lambda item: item[1])[-MOST:]
    await store.remember(VIEWERS, json.dumps({person: at.isoformat() for person, at in newest}))


async def viewers(store: Store, now: datetime) -> dict[str, datetime]:
    """Who looked at their tab lately, and when."""
    kept: dict[str, str] = json.loads(await store.fact(VIEWERS) or "{}")
    looked = {person: datetime.fromisoformat(at) for person, at in kept.items()}
    return {person: at for person, at in looked.items() if now - at <= LOOKED}


async def gone(store: Store, reader: str, now: datetime) -> None:
    """Forget somebody whose tab cannot be shown any more."""
    left = {person: at.isoformat() for person, at in (await viewers(store, now)).items() if person != reader}
    await store.remember(VIEWERS, json.dumps(left))
