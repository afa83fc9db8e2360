"""What a look at the catalog changes: new models, models that are gone, and what is said of the others. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.catalog.model import CatalogChange, Kept, Listed, Listing

MISSED: Final = 2
"""A model that so many whole looks in a row do not list is gone; a single one may be a hiccup of its endpoint."""
_SAID: Final = ("context", "tools", "structured_output", "inputs", "outputs")


@dataclass(frozen=True)
class TakenIn:
    """What is to be kept after a look: every row that differs from before, and what changed in words."""

    rows: tuple[Kept, ...]
    changes: tuple[CatalogChange, ...]


def taken_in(known: Sequence[Kept], listing: Listing) -> TakenIn:
    """The catalog after a look at it.

    The very first look tells nothing as new: everything is. A look that failed says nothing of who is missing in it.
    """
    before = {row.id: row for row in known}
    rows: list[Kept] = []
    changes: list[CatalogChange] = []
    for model in listing.models:
        row = before.get(model.id)
        rows.append(_seen(row, model, listing.at))
        if row is not None:
            changes += _differences(row, model, listing.at)
        elif known:
            changes.append(CatalogChange(at=listing.at, model=model.id, what="appeared"))
    if listing.whole:
        listed = {model.id for model in listing.models}
        for row in known:
            if row.id not in listed and row.gone_at is None:
                rows.append(_missed(row, listing.at))
                changes += _gone(rows[-1])
    return TakenIn(tuple(rows), tuple(changes))


def after(known: Sequence[Kept], taken: TakenIn) -> dict[str, Kept]:
    """Every row as it is kept then, by id."""
    return {**{row.id: row for row in known}, **{row.id: row for row in taken.rows}}


def present(rows: Mapping[str, Kept]) -> dict[str, Kept]:
    """The models that are listed, by id."""
    return {name: row for name, row in rows.items() if row.gone_at is None}


def _seen(row: Kept | None, model: Listed, at: datetime) -> Kept:
    return Kept(listed=model, first_seen=row.first_seen if row is not None else at, last_seen=at)


def _missed(row: Kept, at: datetime) -> Kept:
    missed = row.missed + 1
    return row.model_copy(update={"missed": missed, "gone_at": at if missed >= MISSED else None})


def _gone(row: Kept) -> Iterator[CatalogChange]:
    if row.gone_at is not None:
        yield CatalogChange(at=row.gone_at, model=row.id, what="gone", before=row.last_seen.isoformat())


def _differences(row: Kept, now: Listed, at: datetime) -> Iterator[CatalogChange]:
    was = row.listed
    if row.gone_at is not None:
        yield CatalogChange(at=at, model=now.id, what="returned", before=row.gone_at.isoformat())
    if was.retires != now.retires:
        yield CatalogChange(
            at=at, model=now.id, what="retires", before=_moment(was.retires), after=_moment(now.retires)
        )
    if was.price != now.price:
        yield CatalogChange(at=at, model=now.id, what="price", before=_price(was), after=_price(now))
    for name in _SAID:
        one, other = getattr(was, name), getattr(now, name)
        if one != other:
            yield CatalogChange(
                at=at, model=now.id, what="changed", before=f"{name}: {_word(one)}", after=f"{name}: {_word(other)}"
            )


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""


def _price(listed: Listed) -> str:
    price = listed.price
    return f"{price.prompt_usd!r} {price.completion_usd!r}" if price is not None else ""


def _word(value: object) -> str:
    if value is None:
        return "unknown"
    return ", ".join(value) if isinstance(value, tuple) else str(value).lower()
