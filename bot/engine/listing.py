"""Questions about the stored catalog: what fits a word, what may be meant by what is typed, how old it is."""

import json
from datetime import datetime
from typing import Final

from bot.catalog.model import Kept
from bot.difftest.alike import holding
from bot.engine.house import CATALOG, LOOKED
from bot.engine.models.shown import Models
from bot.engine.outside import Outside, Rules
from bot.engine.perform.house import PROBLEM
from bot.engine.targets import agreed, read_all
from bot.runbook.models.plan import plan_for

SHOWN: Final = 25
"""So many models fit into one private message."""


async def models(outside: Outside, rules: Rules, search: str) -> Models:
    """The models with a word in their id or name: those that are live first, then the newest."""
    rows = await outside.store.known_models()
    live = {slot: held for slot in rules.runbook.slots if (held := await _live(outside, rules, slot))}
    listed = [row for row in rows if row.gone_at is None]
    fit = _fitting(search, [row for row in rows if row.gone_at is None or row.id in live.values()])
    order = sorted(fit, key=lambda row: (row.id not in live.values(), -_created(row), row.id))
    looked = await outside.store.fact(LOOKED + CATALOG)
    problem = json.loads(await outside.store.fact(PROBLEM) or "{}")
    return Models(
        search=search,
        found=tuple(order[:SHOWN]),
        total=len(listed),
        live=live,
        looked_at=datetime.fromisoformat(looked) if looked and rows else None,
        problem=problem.get("what", ""),
        failing_since=datetime.fromisoformat(problem["since"]) if problem else None,
    )


async def stored_ids(outside: Outside) -> tuple[str, ...]:
    """The ids that are listed, by the last look; empty before the first."""
    return tuple(row.id for row in await outside.store.known_models() if row.gone_at is None)


def _fitting(search: str, rows: list[Kept]) -> list[Kept]:
    if not search.strip():
        return rows
    by_id = set(holding(search, [row.id for row in rows]))
    return [row for row in rows if row.id in by_id or holding(search, [row.listed.name] if row.listed.name else [])]


def _created(row: Kept) -> float:
    return row.listed.created.timestamp() if row.listed.created is not None else 0.0


async def _live(outside: Outside, rules: Rules, slot: str) -> str:
    plan = plan_for(rules.runbook, slot)
    return agreed(plan, await read_all(outside, plan)) or ""
