"""Looking at the catalog, and at the models that are live; and the proposals that come of it."""

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.catalog.changes import after, taken_in
from bot.catalog.model import Kept, Proposal
from bot.catalog.propose import SlotView, proposed_now
from bot.engine.changes import as_json
from bot.engine.chores import LookAtCurrent
from bot.engine.outside import Outside, Rules
from bot.engine.proposing import slot_view, told
from bot.engine.records import CatalogLook, Commit, Entry
from bot.rotation.evidence import Dimension
from bot.rotation.model.state import Trigger
from bot.wording.figures import figure_text

if TYPE_CHECKING:
    from bot.monitor.standing import Regressed

WINDOW: Final = timedelta(hours=1)
PROBLEM: Final = "catalog_problem"
"""The fact that says why the catalog could not be looked up last time, since when, and how often in a row."""
TRIGGER_OF: Final = {Dimension.TOOLS: Trigger.QUALITY, Dimension.QUALITY: Trigger.QUALITY}
"""What got worse -> the runbook's reason to rotate; else it is unstable, which the runbook has with deprecated."""


async def look_up_catalog(outside: Outside, rules: Rules) -> Commit:
    """Take in what is listed now, and tell each slot what that is a reason for."""
    if outside.catalog is None:
        return Commit(at=outside.clock.now())
    listing = await outside.catalog.listing()
    known = await outside.store.known_models()
    taken = taken_in(known, listing)
    rows = after(known, taken)
    views = [view for slot in rules.runbook.slots if (view := await slot_view(outside, rules, slot)) is not None]
    proposals = await _fresh(outside, views, rows, listing.at)
    telling = await told(outside, rules, proposals, outside.clock.now())
    entries = (Entry("catalog", "catalog_changed", {"changes": [as_json(change) for change in taken.changes]}),)
    return Commit(
        at=telling.at,
        catalog=CatalogLook(taken.rows, taken.changes),
        entries=entries if taken.changes else (),
        facts=((PROBLEM, await _problem(outside, listing.problem, listing.at)),),
        more=(telling,),
    )


async def _fresh(outside: Outside, views: list[SlotView], rows: dict[str, Kept], at: datetime) -> list[Proposal]:
    keys = await outside.store.proposed_keys()
    return [proposal for view in views for proposal in proposed_now(view, rows, keys, at)]


async def _problem(outside: Outside, problem: str, at: datetime) -> str:
    """What is remembered of a look that failed; empty after one that did not."""
    if not problem:
        return ""
    before = json.loads(await outside.store.fact(PROBLEM) or "{}")
    since, times = before.get("since", at.isoformat()), int(before.get("times", 0)) + 1
    return json.dumps({"what": problem, "since": since, "times": times})


async def look_at_current(outside: Outside, rules: Rules, task: LookAtCurrent) -> Commit:
    """Hold the live model's last windows against its own limits; a regression is told once, until it is over."""
    now = outside.clock.now()
    if outside.metrics is None or task.slot not in rules.runbook.slots:
        return Commit(at=now)
    view = await slot_view(outside, rules, task.slot, usage=False)
    if view is None or view.busy:  # a rotation has looks of its own
        return Commit(at=now)
    from bot.monitor.standing import most_windows, standing  # noqa: PLC0415 (numpy: the idle bot stays small)

    count = most_windows(view.plan)
    windows = [await outside.metrics.observe(now - n * WINDOW, now - (n - 1) * WINDOW) for n in range(count, 0, -1)]
    stands = standing(view.plan, view.current, windows)
    fact = f"regressed:{task.slot}"
    before: dict[str, str] = json.loads(await outside.store.fact(fact) or "{}")
    since = {_name(view, one.check): before.get(_name(view, one.check), now.isoformat()) for one in stands.regressed}
    # Silence is no recovery: what could not be told is as it was.
    kept = {name: before[name] for check in stands.untold if (name := _name(view, check)) in before}
    keys = await outside.store.proposed_keys()
    proposals = [
        proposal
        for one in stands.regressed
        if (proposal := _regression(view, one, since[_name(view, one.check)])).key not in keys
        and proposal.trigger.value not in view.muted
    ]
    telling = await told(outside, rules, proposals, now)
    return Commit(at=now, facts=((fact, json.dumps({**kept, **since})),), more=(telling,))


def _name(view: SlotView, check: str) -> str:
    return f"{view.current} {check}"


def _regression(view: SlotView, one: "Regressed", since: str) -> Proposal:
    figure, limit = figure_text(one.unit, one.figure), figure_text(one.unit, one.limit)
    return Proposal(
        key=view.key("regressed", view.current, one.check, since),
        slot=view.slot,
        trigger=TRIGGER_OF.get(one.dimension, Trigger.DEPRECATED),
        code="regressed",
        about=view.current,
        role="current",
        current=view.current,
        checks=(f"{one.check}: {figure}, limit {limit}, beyond it in {one.beyond} of the last {one.of} hours",),
    )
