"""Effects that tell people something. Posts remember where they stand, so that later ones edit instead of repeating."""

from datetime import datetime

from bot.difftest.report.plain import shareable
from bot.engine.chores import ShowComparison, ShowProposal, TellFreeze, TellRegressions, TellRules, TellScopes
from bot.engine.drift import drifts
from bot.engine.frozen import held
from bot.engine.models import (
    Ahead,
    CardNote,
    Comparison,
    ComparisonNote,
    FreezeNote,
    MessageRef,
    Note,
    PageNote,
    ProposalNote,
    QuestionNote,
    SummaryNote,
    TimelineNote,
)
from bot.engine.outside import Outside, Rules
from bot.engine.proposing import mutes
from bot.engine.records import Claimed, Commit, Entry, Posted
from bot.escalation.effects import PostPage, UpdatePage
from bot.ports import OutsideError
from bot.rotation.calendar import at_work, next_opening, spans_day_off
from bot.rotation.effects import PostQuestion, PostSummary, PostTimeline, UpdateQuestion
from bot.rotation.events import Delivered
from bot.rotation.machine import TRANSITIONS
from bot.rotation.model.questions import Request
from bot.rotation.model.rotation import Rotation
from bot.runbook.models.people import GroupName

CARD = "card"
NOT_THERE = frozenset({"not_in_channel", "channel_not_found", "is_archived", "restricted"})
"""Why a group's channel takes no page, though Slack is well: the bot's own channel gets it then."""
TOLD_AGAIN = 1
"""A line whose answer was lost is repeated once; a third copy would tell nobody anything."""


async def card(outside: Outside, rules: Rules, rotation: Rotation, claimed: Claimed) -> Posted | None:
    """Post the card, or bring it up to date; answers where it stands when it is new."""
    standing = await outside.store.message(rotation.id, CARD)
    repeat = standing.maybe_repeat if standing is not None else claimed.lost > 0
    note = await card_note(outside, rules, rotation, repeat=repeat)
    return await _upsert(outside, rotation.id, note, standing, channel=rotation.plan.channel)


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


async def _upsert(
    outside: Outside,
    subject: str,
    note: CardNote | ComparisonNote | ProposalNote,
    standing: MessageRef | None,
    *,
    channel: str,
) -> Posted | None:
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
    posted = await _upsert(outside, rotation.id, note, None, channel=rotation.plan.channel)
    if posted is None:
        message = f"the card of {rotation.id} has no place"
        raise OutsideError(message, whose="messenger", again=True)
    await outside.store.commit(Commit(at=outside.clock.now(), posted=posted))
    return posted.message


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


async def timeline(outside: Outside, rules: Rules, rotation: Rotation, effect: PostTimeline, claimed: Claimed) -> None:
    """One line in the thread."""
    if claimed.unanswered > TOLD_AGAIN:
        return
    note = TimelineNote(rotation=rotation.id, code=effect.code, facts=effect.facts, maybe_repeat=claimed.lost > 0)
    await in_thread(outside, rules, rotation, note, claimed, broadcast=False)


async def summary(outside: Outside, rules: Rules, rotation: Rotation, effect: PostSummary, claimed: Claimed) -> None:
    """A stage's result or the end, in the thread and the channel."""
    if claimed.unanswered > TOLD_AGAIN:
        return
    note = SummaryNote(rotation=rotation, code=effect.code, facts=effect.facts, maybe_repeat=claimed.lost > 0)
    await in_thread(outside, rules, rotation, note, claimed, broadcast=True)


async def show_comparison(outside: Outside, task: ShowComparison, claimed: Claimed) -> Posted | None:
    """Post a comparison's message, or bring it up to date."""
    comparison = await outside.store.comparison(task.comparison)
    if comparison is None:
        return None
    standing = await outside.store.message(comparison.id, CARD)
    repeat = standing.maybe_repeat if standing is not None else claimed.lost > 0
    note = ComparisonNote(
        comparison=comparison,
        used_by=await _used_by(outside, comparison),
        superseded_by=await _superseded_by(outside, comparison),
        maybe_repeat=repeat,
    )
    return await _upsert(outside, comparison.id, note, standing, channel=comparison.channel)


async def show_proposal(outside: Outside, task: ShowProposal, claimed: Claimed) -> Posted | None:
    """Post a proposal's message, or bring it up to date."""
    proposed = await outside.store.proposed(task.proposal)
    if proposed is None:
        return None
    standing = await outside.store.message(proposed.id, CARD)
    repeat = standing.maybe_repeat if standing is not None else claimed.lost > 0
    muted = await mutes(outside.store, proposed.proposal.slot)
    note = ProposalNote(
        proposed=proposed,
        now=outside.clock.now(),
        muted_by=muted.get(proposed.proposal.trigger.value, ""),
        maybe_repeat=repeat,
    )
    return await _upsert(outside, proposed.id, note, standing, channel=proposed.channel)


async def _used_by(outside: Outside, comparison: Comparison) -> str:
    """The rotation that rests on a comparison, the newest where several do; empty while none does."""
    rotations = await outside.store.rotations(slot=comparison.slot)
    return next((one.id for one in reversed(rotations) if one.comparison.id == comparison.id), "")


async def _superseded_by(outside: Outside, comparison: Comparison) -> str:
    """The newest finished comparison of the same models of the slot, where that is another."""
    for other in await outside.store.comparisons(slot=comparison.slot, finished=True):  # newest first
        if other.id == comparison.id:
            return ""
        if (other.current, other.candidate) == (comparison.current, comparison.candidate):
            return other.id
    return ""


async def tell(outside: Outside, task: TellRules | TellScopes | TellFreeze, claimed: Claimed) -> bool:
    """Tell a channel of the house's affairs; False where that was said often enough without an answer."""
    note: Note = task.note
    if isinstance(note, FreezeNote):
        if claimed.unanswered > TOLD_AGAIN:
            return False
        note = note.model_copy(update={"maybe_repeat": claimed.lost > 0})
    await outside.messenger.post(note, channel=task.channel)
    return True


async def tell_regressions(outside: Outside, task: TellRegressions, claimed: Claimed) -> None:
    """The cases that got worse, and better, in the thread of the comparison's message; no words of a private suite."""
    comparison = await outside.store.comparison(task.comparison)
    thread = await outside.store.message(task.comparison, CARD)
    if comparison is None or comparison.report is None or thread is None:
        return
    report = shareable(comparison.report)
    facts = {
        "regressions": [found.model_dump(mode="json") for found in report.worst_regressions],
        "gains": [found.model_dump(mode="json") for found in report.best_gains],
        "outputs": [found.model_dump(mode="json") for found in report.outputs],
        "alone": report.mode == "candidate_alone",
    }
    told = {"rotation": comparison.id, "code": "worst_regressions", "facts": facts}
    note = TimelineNote.model_validate({**told, "maybe_repeat": claimed.lost > 0})
    await outside.messenger.post(note, channel=comparison.channel, thread=thread)


async def page_note(outside: Outside, rules: Rules, escalation_id: str, *, again: bool = False) -> PageNote | None:
    """Everything an escalation's message shows; None when there is no such escalation."""
    escalation = await outside.store.escalation(escalation_id)
    if escalation is None:
        return None
    rotation = await outside.store.rotation(escalation.subject)
    comparison = await outside.store.comparison(escalation.subject)
    group = rules.runbook.groups.of(escalation.group)
    return PageNote(
        escalation=escalation.id,
        cause=escalation.cause,
        dimension=escalation.dimension,
        group=escalation.group,
        mention=(await outside.directory.group(group)).mention,
        action=escalation.action,
        facts=escalation.facts,
        rotation=rotation,
        comparison=comparison,
        card=await outside.store.message(escalation.subject, CARD),
        findings=escalation.findings,
        over=escalation.over,
        acknowledged_by=escalation.acknowledged_name,
        acknowledged_at=escalation.acknowledged_at,
        closed=escalation.closed,
        meant_for=group.channel,
        not_taken=await outside.store.fact(_elsewhere(escalation.id)),
        links=rules.runbook.links,
        maybe_repeat=again,
    )


async def post_page(outside: Outside, rules: Rules, task: PostPage, claimed: Claimed) -> Commit | None:
    """Post an escalation in its group's channel."""
    repeat = claimed.lost > 0
    note = await page_note(outside, rules, task.escalation, again=repeat)
    if note is None:
        return None
    channel = rules.runbook.groups.of(note.group).channel
    elsewhere = (_elsewhere(task.escalation), "")
    try:
        message = await outside.messenger.post(note, channel=channel)
    except OutsideError as error:
        if error.code not in NOT_THERE and error.again:
            raise
        elsewhere = (_elsewhere(task.escalation), error.what)
        note = note.model_copy(update={"not_taken": error.what})
        channel = rules.runbook.channel
        message = await outside.messenger.post(note, channel=channel)
    posted = Posted(task.escalation, CARD, message.model_copy(update={"maybe_repeat": repeat}))
    entry = Entry(task.escalation, "page_posted", {"channel": channel, "ts": message.ts})
    return Commit(at=outside.clock.now(), posted=posted, entries=(entry,), facts=(elsewhere,))


def _elsewhere(escalation: str) -> str:
    """The fact that says why a page stands in the bot's own channel; empty where it does not."""
    return f"page_not_taken:{escalation}"


async def update_page(outside: Outside, rules: Rules, task: UpdatePage) -> None:
    """Bring an escalation's message up to date."""
    standing = await outside.store.message(task.escalation, CARD)
    if standing is None:
        return
    note = await page_note(outside, rules, task.escalation, again=standing.maybe_repeat)
    if note is not None:
        await edited(outside, standing, note)
