"""Escalations in their group's channel, or in the bot's own where that takes none."""

from bot.engine.models.notes import PageNote
from bot.engine.outside import Outside, Rules
from bot.engine.perform.chat.cards import CARD, edited
from bot.engine.records import Claimed, Commit, Entry, Posted
from bot.escalation.effects import PostPage, UpdatePage
from bot.ports import OutsideError

NOT_THERE = frozenset({"not_in_channel", "channel_not_found", "is_archived", "restricted"})
"""Why a group's channel takes no page, though Slack is well: the bot's own channel gets it then."""


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
