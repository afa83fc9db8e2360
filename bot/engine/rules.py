"""A changed runbook is no secret: who may decide and what is allowed is announced, with the digest of the new rules."""

import contextlib
from datetime import datetime

from pydantic import ValidationError

from bot.engine.changes import as_json
from bot.engine.chores import TellRules
from bot.engine.models.notes import RuleChange, RulesNote
from bot.engine.outside import Rules
from bot.engine.records import Commit, Entry, Wanted
from bot.ports import Store
from bot.runbook.changes import changes
from bot.runbook.models.file import Runbook

LAST_RULES = "runbook"


async def announce_changes(store: Store, rules: Rules, now: datetime) -> None:
    """Compare the rules with those of the last start; tell the channel what weighs, and remember them."""
    last = await store.fact(LAST_RULES)
    # Rules an older release remembered in a form that is read no more cannot be compared: nothing is claimed of them.
    with contextlib.suppress(ValidationError):
        if last:
            await _announce(store, Runbook.model_validate_json(last), rules, now)
    await store.remember(LAST_RULES, rules.runbook.model_dump_json())


async def _announce(store: Store, before: Runbook, rules: Rules, now: datetime) -> None:
    found = [change for change in changes(before, rules.runbook) if change.weighty]
    if not found:
        return
    note = RulesNote(
        digest=rules.digest,
        changes=tuple(RuleChange(field=c.field, before=c.before, after=c.after) for c in found),
        running=tuple(rotation.id for rotation in await store.rotations(running=True)),
    )
    task = TellRules(channel=rules.runbook.channel, note=note)
    wanted = Wanted(
        subject="runbook",
        lane="chat",
        key=f"rules:{rules.digest}:{now.isoformat()}",
        kind=task.kind,
        body=as_json(task),
    )
    entry = Entry("runbook", "rules_changed", as_json(note))
    await store.commit(Commit(at=now, entries=(entry,), wanted=(wanted,)))
