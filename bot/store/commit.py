"""Writing a `Commit`: everything one event changes, inside the transaction of the caller."""

from dataclasses import replace

from bot.engine.records import STORED, Commit, Entry, digest_of_state
from bot.store import catalog, freezes, inbox, ledger, outbox, subjects
from bot.store.library import Database


def apply(db: Database, commit: Commit) -> None:
    """Write all of it. Raises StaleError, TimerMovedError or LeaseLostError, and then nothing of it stands."""
    if commit.effect_done is not None:
        outbox.finish(db, commit.at, commit.effect_done)
    if commit.rotation is not None:
        subjects.save_rotation(db, commit.rotation)
    if commit.comparison is not None:
        subjects.save_comparison(db, commit.comparison)
    if commit.escalation is not None:
        subjects.save_escalation(db, commit.escalation)
    if commit.freeze is not None:
        freezes.save(db, commit.freeze)
    if commit.posted is not None:
        subjects.save_message(db, commit.posted)
    if commit.catalog is not None:
        catalog.save(db, commit.catalog)
    catalog.propose(db, commit.proposals)
    ledger.append(db, commit.at, _recorded(commit))
    outbox.add(db, commit.at, commit.wanted)
    if commit.fired is not None:
        outbox.fire(db, commit.fired)
    outbox.set_timers(db, commit.timers)
    for name, value in commit.facts:
        subjects.remember(db, name, value)
    if commit.inbox_done:
        inbox.done(db, commit.inbox_done, commit.at)
    for one in commit.more:
        apply(db, one)


def _recorded(commit: Commit) -> tuple[Entry, ...]:
    """The entries, each with the digest of its subject's state, so that an edit of what is stored can be told."""
    states = (commit.rotation, commit.comparison, commit.escalation, commit.freeze)
    saved = (one for one in states if one is not None)
    digests = {one.id: digest_of_state(one.model_dump_json()) for one in saved}
    return tuple(
        replace(entry, data={**entry.data, STORED: digests[entry.subject]}) if entry.subject in digests else entry
        for entry in commit.entries
    )
