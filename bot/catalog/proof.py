"""Whether a model can still be gone back to, from what its provider lists and what it answered. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from bot.catalog.model import Credit, Kept, Listed, Listing


@dataclass(frozen=True)
class Answered:
    """What came of a tiny request: `no_quota` where it was refused for credit or for its rate."""

    alive: bool
    what: str = ""
    no_quota: bool = False


@dataclass(frozen=True)
class Proof:
    """Whether the way back to a model works, why not, and when the model retires where that is known."""

    ok: bool
    detail: str = ""
    retires: datetime | None = None


def proven(
    model: str,
    answered: Answered,
    listing: Listing | None,
    known: Collection[Kept],
    *,
    now: datetime,
    until: datetime,
    credit: Credit | None = None,
) -> Proof:
    """The proof of a way back that is needed `until` a moment: listed, not retired before, answering, with quota.

    A model that was listed once and is not any more is going; one that never was (a deployment, an alias) is judged by
    its answer alone, and so is every model while the provider's list does not come. A model that still answers though
    nothing is left of the credit will not for long.
    """
    row = _listed(model, listing.models if listing is not None else ())
    was = next((kept.listed for kept in known if kept.id in _names(model)), None)
    retires = row.retires if row is not None else (was.retires if was is not None else None)
    if retires is not None and retires <= now:
        return Proof(ok=False, detail=f"{model} retired on {retires:%Y-%m-%d}", retires=retires)
    if not answered.alive:
        said = f"{model}: {'no quota: ' if answered.no_quota else ''}{answered.what}"
        return Proof(ok=False, detail=said, retires=retires)
    if credit is not None and credit.gone:
        return Proof(ok=False, detail=f"{model}: no quota: {credit.told}", retires=retires)
    if listing is not None and listing.whole and row is None and was is not None:
        return Proof(ok=False, detail=f"{model} is not listed by its provider any more, though it answers")
    if retires is not None and retires < until:
        what = f"{model} retires on {retires:%Y-%m-%d}, before this stage's watch can be over"
        return Proof(ok=False, detail=what, retires=retires)
    return Proof(ok=True, retires=retires)


def _names(model: str) -> tuple[str, str]:
    return model, model.partition(":")[0]


def _listed(model: str, models: Collection[Listed]) -> Listed | None:
    by_id = {one.id: one for one in models}
    return by_id.get(model) or by_id.get(model.partition(":")[0])
