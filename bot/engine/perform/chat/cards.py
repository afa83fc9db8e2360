"""A subject's own message: posted, brought up to date, and what hangs under it."""

from bot.engine.drift import drifts
from bot.engine.frozen import held
from bot.engine.models.messages import MessageRef
from bot.engine.models.notes import CardNote, ComparisonNote, Note, ProposalNote
from bot.engine.outside import Outside, Rules
from bot.engine.records import Claimed, Commit, Posted
from bot.ports import OutsideError
from bot.rotation.machine import TRANSITIONS
from bot.rotation.model.rotation import Rotation

CARD = "card"
"""The name under which the message that stands for a subject is remembered."""
TOLD_AGAIN = 1
"""A line whose answer was lost is repeated once; a third copy would tell nobody anything."""


async def card(outside: Outside, rules: Rules, rotation: Rotation, claimed: Claimed) -> Posted | None:
    """Post the card, or bring it up to date; answers where it stands when it is new."""
    standing = await outside.store.message(rotation.id, CARD)
    repeat = standing.maybe_repeat if standing is not None else claimed.lost > 0
    note = await card_note(outside, rules, rotation, repeat=repeat)
    return await upserted(outside, rotation.id, note, standing, channel=rotation.plan.channel)


async def card_note(outside: Outside, rules: Rules, rotation: Rotation, *, repeat: bool) -> CardNote:
    """Everything the card shows."""
    question = rotation.decision if rotation.decision and rotation.decision.open else rotation.request
    asked = await outside.store.message(rotation.id, question.id) if question and question.open else None
    return CardNote(
        rotation=rotation,
        now=outside.clock.now(),
        freeze=await held(outside.store, rotation, outside.clock.now()),
        actions=tuple(sorted(TRANSITIONS[rotation.phase])),
        question=asked,
        comparison=await outside.store.message(rotation.comparison.id, CARD),
        links=rules.runbook.links,
        tenants=sum(len(stage.tenants) for stage in rotation.plan.stages),
        drifts=await drifts(outside.store, rotation),
        maybe_repeat=repeat,
    )


async def upserted(
    outside: Outside,
    subject: str,
    note: CardNote | ComparisonNote | ProposalNote,
    standing: MessageRef | None,
    *,
    channel: str,
) -> Posted | None:
    """A subject's own message brought up to date, or posted where none stands: then where."""
    if standing is not None and await edited(outside, standing, note):
        return None
    message = await outside.messenger.post(note, channel=channel)
    return Posted(subject, CARD, message.model_copy(update={"maybe_repeat": note.maybe_repeat}))


async def edited(outside: Outside, standing: MessageRef, note: Note) -> bool:
    """Whether a message could be brought up to date; False when it is not there any more."""
    try:
        await outside.messenger.edit(standing, note)
    except OutsideError as error:
        if error.code != "message_gone":
            raise
        return False
    return True


async def in_thread(
    outside: Outside, rules: Rules, rotation: Rotation, note: Note, claimed: Claimed, *, broadcast: bool
) -> MessageRef:
    """Post under the card. A card that somebody deleted takes its thread with it: a new one is posted first."""
    thread = await _thread_of(outside, rules, rotation, claimed)
    try:
        return await outside.messenger.post(note, channel=rotation.plan.channel, thread=thread, broadcast=broadcast)
    except OutsideError as error:
        if error.code != "thread_gone":
            raise
    thread = await _new_card(outside, rules, rotation, repeat=False)
    return await outside.messenger.post(note, channel=rotation.plan.channel, thread=thread, broadcast=broadcast)


async def _thread_of(outside: Outside, rules: Rules, rotation: Rotation, claimed: Claimed) -> MessageRef:
    """The card of a rotation, posted now if it was not yet: its thread is the timeline's."""
    standing = await outside.store.message(rotation.id, CARD)
    if standing is not None:
        return standing
    return await _new_card(outside, rules, rotation, repeat=claimed.lost > 0)


async def _new_card(outside: Outside, rules: Rules, rotation: Rotation, *, repeat: bool) -> MessageRef:
    note = await card_note(outside, rules, rotation, repeat=repeat)
    posted = await upserted(outside, rotation.id, note, None, channel=rotation.plan.channel)
    if posted is None:
        message = f"the card of {rotation.id} has no place"
        raise OutsideError(message, whose="messenger", again=True)
    await outside.store.commit(Commit(at=outside.clock.now(), posted=posted))
    return posted.message
