"""What of the evidence is not as it was when a stage was asked for before, and whose yes is void by it. Pure."""

from bot.rotation.model.basis import Basis, Change, changes
from bot.rotation.model.people import Approval
from bot.rotation.model.questions import Request
from bot.rotation.model.rotation import Rotation


def basis_of(rotation: Rotation) -> Basis:
    """What a request asked now shows."""
    comparison = rotation.comparison
    return Basis(
        comparison=comparison.id,
        verdict=comparison.verdict.value,
        dimensions=comparison.dimensions,
        differences=comparison.differences,
        stages={sealed.stage: sealed.verdict.value for sealed in rotation.sealed},
        month_usd=comparison.month.usd if comparison.month is not None else None,
        way_back=rotation.models.after_rollback.id,
    )


def since_before(rotation: Rotation, digest: str) -> tuple[Change, ...]:
    """What is not as it was when this stage was asked for before; for the same evidence, what was new of it then."""
    before = _before(rotation)
    if before is None or before.basis is None:
        return ()
    if before.digest == digest:
        return before.changes
    return changes(before.basis, basis_of(rotation))


def no_longer(rotation: Rotation, kept: tuple[Approval, ...]) -> tuple[str, ...]:
    """Who said yes when this stage was last asked for, or had to look again then, and is not among those kept."""
    before = _before(rotation)
    if before is None:
        return ()
    given = (*before.void, *(yes.by.name for yes in before.approvals))
    return tuple(name for name in dict.fromkeys(given) if name not in {yes.by.name for yes in kept})


def _before(rotation: Rotation) -> Request | None:
    """The request for this stage that came last."""
    asked = (*rotation.past, rotation.request)
    return next((q for q in reversed(asked) if isinstance(q, Request) and q.stage == rotation.stage), None)
