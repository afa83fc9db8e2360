"""What the catalog is a reason to propose to a slot. Each reason has a key by which it is told once. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from bot.catalog.families import family_of, followed
from bot.catalog.model import Kept, Listed, Proposal, Saving
from bot.catalog.needs import lacking, needed, unknown
from bot.catalog.retirement import deadline
from bot.catalog.savings import saving
from bot.rotation.model.state import Trigger
from bot.runbook.models.catalog import Proposals
from bot.runbook.models.plan import Plan

NEW: Final = timedelta(days=14)
"""So long a model is news: one that could not be told at once (a rotation was running) is told within this time."""
LASTING: Final = timedelta(days=365)
"""A model that is gone sooner is no place to go to."""
EXACTLY: Final = 1e-9
"""A fifth less is a fifth less, however its prices are written in binary."""
BETWEEN: Final = "|"


@dataclass(frozen=True)
class SlotView:
    """A slot as the proposals see it.

    `current` is what all its places hold, `way_back` the rollback model the runbook names (empty: none), `days` what
    each of the last days has cost in US dollars, `tried` the candidates that people have already compared with the
    current model, `held_back` those that were rolled back and that nobody has begun again, `muted` triggers.
    """

    plan: Plan
    rules: Proposals
    current: str
    way_back: str = ""
    days: tuple[float, ...] = ()
    tried: frozenset[str] = frozenset()
    held_back: frozenset[str] = frozenset()
    muted: frozenset[str] = frozenset()
    busy: bool = False

    @property
    def slot(self) -> str:
        """Its name."""
        return self.plan.slot

    def key(self, code: str, *parts: str) -> str:
        """What makes a reason the same."""
        return BETWEEN.join((self.slot, code, *parts))


def proposed_now(view: SlotView, rows: Mapping[str, Kept], told: frozenset[str], at: datetime) -> list[Proposal]:
    """Everything that is to be told to a slot now, what costs least time first.

    While a rotation runs only what threatens the models it rests on is told; the rest is still true afterwards.
    """
    found = list(_threats(view, rows, at))
    if not view.busy:
        cheap = _cheaper(view, rows, told, at)
        found += [cheap] if cheap is not None else []
        found += _new_models(view, rows, told | {one.key for one in found}, at)
    return [one for one in found if one.key not in told and one.trigger.value not in view.muted]


def _threats(view: SlotView, rows: Mapping[str, Kept], at: datetime) -> Iterator[Proposal]:
    """The current or the rollback model is going, or gone."""
    roles: dict[str, Literal["current", "way back"]] = {view.current: "current"}
    if view.way_back:
        roles.setdefault(view.way_back, "way back")
    for model, role in roles.items():
        row = rows.get(model) or rows.get(model.partition(":")[0])
        if row is None:
            continue
        candidate = _replacement(view, rows, at) if role == "current" else None
        about = {
            "slot": view.slot,
            "trigger": Trigger.DEPRECATED,
            "about": model,
            "role": role,
            "current": view.current,
            "candidate": candidate.id if candidate is not None else "",
            "listed": candidate.listed if candidate is not None else None,
        }
        retires = row.listed.retires
        if row.gone_at is not None:
            key = view.key("gone", model, row.gone_at.isoformat())
            yield Proposal.model_validate({**about, "key": key, "code": "gone", "gone_at": row.gone_at})
        elif retires is not None:
            key = view.key("retirement", model, retires.isoformat())
            due = deadline(retires, view.plan)
            yield Proposal.model_validate({**about, "key": key, "code": "retirement", "deadline": due})


def _replacement(view: SlotView, rows: Mapping[str, Kept], at: datetime) -> Kept | None:
    """The newest model of those the slot follows that is known to do what it needs and is not going itself."""
    fit = [row for row in _candidates(view, rows) if row.listed.created is not None and _lasts(row.listed, at)]
    return max(fit, key=lambda row: (row.listed.created, row.id), default=None)


def _candidates(view: SlotView, rows: Mapping[str, Kept]) -> Iterator[Kept]:
    """Listed models the slot follows, known to be able to do what it needs, that nobody has tried or taken back."""
    for row in _followed(view, rows):
        if not unknown(row.listed, needed(view.rules.needs, _current(view, rows))):
            yield row


def _followed(view: SlotView, rows: Mapping[str, Kept]) -> Iterator[Kept]:
    able = needed(view.rules.needs, _current(view, rows))
    patterns = view.rules.follows if view.rules.follows is not None else (family_of(view.current),)
    out = {view.current, view.way_back} | view.tried | view.held_back
    for row in rows.values():
        if row.gone_at is None and row.id not in out and followed(row.id, patterns) and not lacking(row.listed, able):
            yield row


def _lasts(listed: Listed, at: datetime) -> bool:
    return listed.retires is None or listed.retires - at >= LASTING


def _current(view: SlotView, rows: Mapping[str, Kept]) -> Listed | None:
    row = rows.get(view.current) or rows.get(view.current.partition(":")[0])
    return row.listed if row is not None else None


def _cheaper(view: SlotView, rows: Mapping[str, Kept], told: frozenset[str], at: datetime) -> Proposal | None:
    """The one that saves most for sure; where that one was told, nothing: a second best is no news."""
    current = _current(view, rows)
    price = current.price if current is not None else None
    if price is None:
        return None
    found: list[tuple[float, str, Saving, Listed]] = []
    for row in _candidates(view, rows):
        theirs = row.listed.price
        less = saving(price, theirs, view.days) if theirs is not None else None
        if less is not None and less.cheaper_low >= view.rules.saving - EXACTLY and _lasts(row.listed, at):
            found.append((less.cheaper_low, row.id, less, row.listed))
    if not found:
        return None
    _, candidate, less, listed = max(found, key=lambda one: (one[0], one[1]))
    key = view.key("cheaper", candidate, view.current)
    if key in told:
        return None
    return Proposal(
        key=key,
        slot=view.slot,
        trigger=Trigger.COST,
        code="cheaper",
        about=candidate,
        current=view.current,
        candidate=candidate,
        listed=listed,
        saving=less,
    )


def _new_models(view: SlotView, rows: Mapping[str, Kept], told: frozenset[str], at: datetime) -> Iterator[Proposal]:
    """Models of the families it follows that were not there when the catalog was first looked at."""
    if not rows:
        return
    first = min(row.first_seen for row in rows.values())
    able = needed(view.rules.needs, _current(view, rows))
    for row in sorted(_followed(view, rows), key=lambda row: (row.first_seen, row.id)):
        news = first < row.first_seen and at - row.first_seen <= NEW
        if not news or _told_as_cheaper(view, row.id, told):
            continue
        yield Proposal(
            key=view.key("new_model", row.id),
            slot=view.slot,
            trigger=Trigger.NEW_MODEL,
            code="new_model",
            about=row.id,
            current=view.current,
            candidate=row.id,
            listed=row.listed,
            unknown=unknown(row.listed, able),
        )


def _told_as_cheaper(view: SlotView, model: str, told: Iterable[str]) -> bool:
    return any(key.startswith(view.key("cheaper", model, "")) for key in told)
