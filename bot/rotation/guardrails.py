"""What a failed guardrail leads to: going back at once, or, while hands are off, a page and nothing more until then."""

from bot.rotation.draft import Draft
from bot.rotation.evidence import CheckResult, Dimension, LookResult, VerificationItem
from bot.rotation.model.bake import BakeState
from bot.rotation.model.hands_off import Failing, HandsOff
from bot.rotation.rolling_back import start_rollback


def guardrail_failed(draft: Draft, failing: Failing) -> None:
    """A look with a failed guardrail: roll back, or keep it while hands are off."""
    off = draft.rotation.hands_off
    if off is None:
        go_back(draft, failing)
    else:
        _keep(draft, off, failing)


def go_back(draft: Draft, failing: Failing) -> None:
    """Say which check failed, roll back, and tell the owner of each dimension."""
    look, stage = failing.look, draft.rotation.plan.stages[failing.stage].name
    draft.announce("guardrail_failed", stage=stage, attempt=failing.attempt, look=look.number, checks=_told(look))
    start_rollback(draft, cause="guardrail_failed", by="", dimension=look.failed[0].dimension)
    for dimension in _dimensions(look):
        draft.page("guardrail_failed", dimension, stage=stage, look=look.number, checks=_told(look, dimension))


def _keep(draft: Draft, off: HandsOff, failing: Failing) -> None:
    """Page the owner of every dimension that was not failing before; the channel hears it when it begins."""
    look, stage = failing.look, draft.rotation.plan.stages[failing.stage].name
    before = set(_dimensions(off.failing.look)) if off.failing is not None else set()
    draft.set(hands_off=off.model_copy(update={"failing": failing}))
    until = off.until.isoformat()
    if off.failing is None:
        draft.announce("guardrail_failing", stage=stage, look=look.number, checks=_told(look), until=until)
    for dimension in _dimensions(look):
        if dimension not in before:
            checks = _told(look, dimension)
            draft.page("guardrail_failing", dimension, stage=stage, look=look.number, checks=checks, until=until)


def recovered(draft: Draft, bake: BakeState) -> None:
    """A later look of the same stage is fine again: what was held back is forgotten, and what stood still goes on."""
    off = draft.rotation.hands_off
    if off is None or off.failing is None or off.failing.stage != bake.stage:
        return
    draft.set(hands_off=off.model_copy(update={"failing": None}))
    draft.tell("guardrail_recovered", stage=draft.rotation.plan.stages[bake.stage].name, look=bake.taken)
    draft.wake("go_on", draft.at)


def list_not_met(draft: Draft, missed: list[VerificationItem]) -> None:
    """An item of the verification list is not met: as a failed guardrail."""
    off = draft.rotation.hands_off
    if off is None:
        start_rollback(draft, cause="verification_failed", by="", dimension=missed[0].dimension)
        for dimension, items in _by_dimension(missed):
            draft.page("verification_failed", dimension, items=items)
        return
    draft.set(hands_off=off.model_copy(update={"unmet": True}))
    for dimension, items in [] if off.unmet else _by_dimension(missed):
        draft.page("verification_failing", dimension, items=items, until=off.until.isoformat())


def _by_dimension(missed: list[VerificationItem]) -> list[tuple[Dimension, list[object]]]:
    """Each dimension that is missed, with all that is missed: its owner sees the whole list."""
    items: list[object] = [item.model_dump(mode="json") for item in missed]
    return [(dimension, items) for dimension in dict.fromkeys(item.dimension for item in missed)]


def _dimensions(look: LookResult) -> list[Dimension]:
    return list(dict.fromkeys(check.dimension for check in look.failed))


def _told(look: LookResult, dimension: Dimension | None = None) -> list[object]:
    failed: list[CheckResult] = [c for c in look.failed if dimension is None or c.dimension is dimension]
    return [check.model_dump(mode="json") for check in failed]
