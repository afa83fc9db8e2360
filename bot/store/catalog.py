"""What is known of models and what was proposed because of it: rows of JSON beside the columns they are found by."""

from collections.abc import Iterable
from datetime import datetime

from bot.catalog.model import CatalogChange, Kept, Proposed
from bot.engine.records import CatalogLook
from bot.store.library import Database


def save(db: Database, look: CatalogLook) -> None:
    """Keep what a look at the catalog found."""
    for row in look.rows:
        db.execute(
            "INSERT INTO catalog VALUES (?, ?) ON CONFLICT (model) DO UPDATE SET state = excluded.state",
            (row.id, row.model_dump_json()),
        )
    for change in look.changes:
        db.execute(
            "INSERT INTO catalog_changes (at, state) VALUES (?, ?)", (change.at.isoformat(), change.model_dump_json())
        )


def known(db: Database) -> list[Kept]:
    """Every model that was ever listed, by id."""
    return [Kept.model_validate_json(row["state"]) for row in db.query("SELECT state FROM catalog ORDER BY model")]


def changes(db: Database, since: datetime) -> list[CatalogChange]:
    """What changed since then, oldest first."""
    found = db.query("SELECT state FROM catalog_changes WHERE at >= ? ORDER BY id", (since.isoformat(),))
    return [CatalogChange.model_validate_json(row["state"]) for row in found]


def propose(db: Database, proposals: Iterable[Proposed]) -> None:
    """Keep proposals; one whose reason was told already changes nothing."""
    for one in proposals:
        db.execute(
            "INSERT INTO proposals VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (one.id, one.proposal.key, one.at.isoformat(), one.model_dump_json()),
        )


def proposed(db: Database, proposal_id: str) -> Proposed | None:
    """A proposal by its id."""
    row = next(iter(db.query("SELECT state FROM proposals WHERE id = ?", (proposal_id,))), None)
    return Proposed.model_validate_json(row["state"]) if row else None


def keys(db: Database) -> frozenset[str]:
    """The reasons that were ever told."""
    return frozenset(str(row["key"]) for row in db.query("SELECT key FROM proposals"))
