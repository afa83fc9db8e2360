"""Requests and decisions: posted anew as broadcast messages, brought up to date, overtaken by a newer copy."""

from datetime import datetime

from bot.engine.frozen import held
from bot.engine.models.messages import MessageRef
from bot.engine.models.notes import Ahead, QuestionNote
from bot.engine.outside import Outside, Rules
from bot.engine.perform.chat.cards import edited, in_thread
from bot.engine.records import Claimed, Posted
from bot.ports import OutsideError
from bot.rotation.calendar import at_work, next_opening, spans_day_off
from bot.rotation.effects import PostQuestion, UpdateQuestion
from bot.rotation.events import Delivered
from bot.rotation.model.questions import Request
from bot.rotation.model.rotation import Rotation
from bot.runbook.models.people import GroupName


async def question_note(
    outside: Outside, rules: Rules, rotation: Rotation, question: str, *, again: bool
) -> QuestionNote:
    """Everything a request or decision shows."""
    mentions = {name: (await outside.directory.group(rules.runbook.groups.of(name))).mention for name in GroupName}
    now = outside.clock.now()
    return QuestionNote(
        rotation=rotation,
        question=question,
        now=now,
        ahead=_ahead(rotation, question, now),
        freeze=await held(outside.store, rotation, now),
        mentions=mentions,
        comparison=await outside.store.comparison(rotation.comparison.id),
        maybe_repeat=again,
        links=rules.runbook.links,
    )


def _ahead(rotation: Rotation, question: str, now: datetime) -> Ahead | None:
    """What lies ahead of the stage that a request asks for; None for another question."""
    asked, plan = rotation.question(question), rotation.plan
    if not isinstance(asked, Request):
        return None
    end = now + plan.stages[asked.stage].bake.length
    off = spans_day_off(now, end, plan)
    return Ahead(opening=next_opening(now, plan), watched_until=end, unattended=not at_work(end, plan), day_off=off)


async def post_question(
    outside: Outside, rules: Rules, rotation: Rotation, effect: PostQuestion, claimed: Claimed
) -> tuple[Delivered, Posted]:
    """Post a request or decision anew, as a broadcast message in the thread; only what stands there is delivered."""
    repeat = claimed.lost > 0
    note = await question_note(outside, rules, rotation, effect.question, again=repeat)
    standing = await outside.store.message(rotation.id, effect.question)
    if standing is not None:
        await _overtaken(outside, standing, note)
    message = await in_thread(outside, rules, rotation, note, claimed, broadcast=True)
    return (
        Delivered(at=outside.clock.now(), question=effect.question),
        Posted(rotation.id, effect.question, message.model_copy(update={"maybe_repeat": repeat})),
    )


async def _overtaken(outside: Outside, standing: MessageRef, note: QuestionNote) -> None:
    """Take the buttons off the copy that a newer one replaces."""
    try:
        await outside.messenger.edit(standing, note.model_copy(update={"asked_again": True}))
    except OutsideError as error:
        if error.code != "message_gone":
            raise


async def update_question(outside: Outside, rules: Rules, rotation: Rotation, effect: UpdateQuestion) -> None:
    """Bring a posted question up to date."""
    standing = await outside.store.message(rotation.id, effect.question)
    if standing is None:
        return
    note = await question_note(outside, rules, rotation, effect.question, again=standing.maybe_repeat)
    await edited(outside, standing, note)
