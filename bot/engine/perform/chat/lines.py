"""Lines in threads and channels: what happened, a stage's result, the house's affairs."""

from datetime import datetime, timedelta
from typing import Final

from bot.difftest.report.plain import shareable
from bot.engine.chores import TellFreeze, TellRegressions, TellRules, TellScopes
from bot.engine.models.notes import FreezeNote, Note, SummaryNote, TimelineNote
from bot.engine.outside import Outside, Rules
from bot.engine.perform.chat.cards import CARD, TOLD_AGAIN, in_thread
from bot.engine.records import Claimed
from bot.rotation.effects import PostSummary, PostTimeline
from bot.rotation.model.rotation import Rotation

LATE: Final = timedelta(minutes=5)
"""From then on the time that Slack shows beside a line misleads about when it happened."""


async def timeline(outside: Outside, rules: Rules, rotation: Rotation, effect: PostTimeline, claimed: Claimed) -> None:
    """One line in the thread."""
    if claimed.unanswered > TOLD_AGAIN:
        return
    note = TimelineNote(
        rotation=rotation.id,
        code=effect.code,
        facts=effect.facts,
        maybe_repeat=claimed.lost > 0,
        happened_at=_told_late(outside, claimed),
    )
    await in_thread(outside, rules, rotation, note, claimed, broadcast=False)


async def summary(outside: Outside, rules: Rules, rotation: Rotation, effect: PostSummary, claimed: Claimed) -> None:
    """A stage's result or the end, in the thread and the channel."""
    if claimed.unanswered > TOLD_AGAIN:
        return
    note = SummaryNote(
        rotation=rotation,
        code=effect.code,
        facts=effect.facts,
        maybe_repeat=claimed.lost > 0,
        happened_at=_told_late(outside, claimed),
    )
    await in_thread(outside, rules, rotation, note, claimed, broadcast=True)


def _told_late(outside: Outside, claimed: Claimed) -> datetime | None:
    """When something happened that could not be told for a while: Slack was away, or took no more; None otherwise."""
    return claimed.created_at if outside.clock.now() - claimed.created_at >= LATE else None


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
