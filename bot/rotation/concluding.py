"""The end of a bake, or what a person is asked before it: sealed with a pass, decided by a person otherwise."""

from bot.rotation.asking import ask_decision, open_stage, owner_of
from bot.rotation.draft import Draft
from bot.rotation.effects import Verify
from bot.rotation.evidence import CheckResult, LookResult, StageEvidence, Verdict
from bot.rotation.model.questions import Choice
from bot.rotation.model.rotation import Phase
from bot.runbook.models.people import GroupName

CYCLE_INCOMPLETE = "cycle_incomplete"
"""The reason where all looks were seen and a part of the traffic cycle was not."""
WATCHING_CHOICES = (Choice.EXTEND, Choice.GO_ON, Choice.ROLL_BACK)


def conclude_if_complete(draft: Draft) -> None:
    """End the bake when all its planned looks were seen: on with a pass, a person's question otherwise.

    It is judged by the look that completed it; what a later one saw while it was paused was not asked for as its last.
    """
    bake = draft.rotation.watched
    last = bake.completing
    if last is None:
        return
    if not last.cycle_complete:
        seen = f"{last.cycle_seen} of {last.cycle_of}"
        draft.tell("cycle_incomplete", stage=draft.rotation.stage_plan.name, seen=seen)
        ask_about_bake(draft, "bake_inconclusive", GroupName.ML, (*last.reasons, CYCLE_INCOMPLETE))
    elif last.verdict is Verdict.PASS:
        _seal(draft, last, looks=bake.planned, verdict=last.verdict)
        advance(draft)
    elif last.passes(bake.accepted):
        _seal(draft, last, looks=bake.planned, accepted_by=bake.accepted_by, reason=bake.accepted_reason)
        advance(draft)
    else:
        open_checks = [c for c in last.checks if c.role == "guardrail" and c.verdict is not Verdict.PASS]
        open_checks += [c for c in last.holding if c.name not in bake.accepted]
        reasons = last.reasons or tuple(f"{c.name}: {c.reason}" for c in open_checks)
        ask_about_bake(draft, "bake_inconclusive", owner_of(c.dimension for c in open_checks), reasons)


def ask_about_bake(draft: Draft, question: str, group: GroupName, reasons: tuple[str, ...]) -> None:
    """The last stage is extended once when nobody answers, then the fallback group is asked; others roll back."""
    rotation = draft.rotation
    unanswered = rotation.watched.unanswered
    default = Choice.EXTEND if rotation.last_stage else Choice.ROLL_BACK
    asked = rotation.plan.fallback_group if unanswered else group
    ask_decision(draft, question, asked, WATCHING_CHOICES, default, reasons=reasons, times_asked=1 + unanswered)


def ask_about_signals(draft: Draft) -> None:
    """Ask the owner of a check that may not roll back but failed: once for each such check and bake."""
    bake = draft.rotation.watched
    last = bake.newest_seen
    news = [c for c in last.holding if c.name not in bake.signals_asked] if last is not None else []
    if not news:
        return
    draft.set(bake=bake.model_copy(update={"signals_asked": (*bake.signals_asked, *(c.name for c in news))}))
    reasons = tuple(f"{c.name}: {c.reason}" for c in news)
    ask_about_bake(draft, "signal_failed", owner_of(c.dimension for c in news), reasons)


def accept_signals(draft: Draft, by: str, reason: str) -> None:
    """Somebody goes on with what was asked about: these checks hold this bake up no more."""
    bake = draft.rotation.watched
    told: dict[str, object] = {"accepted": bake.signals_asked, "accepted_by": by, "accepted_reason": reason}
    draft.lead_to(Phase.BAKING, bake=bake.model_copy(update=told))


def extend(draft: Draft) -> None:
    """Watch as long again, or keep waiting for data. The window that is being watched ends as soon as it may."""
    bake = draft.rotation.watched
    more = draft.rotation.plan.stages[bake.stage].bake.count
    planned = max(bake.planned, bake.counted) + (more if bake.counted >= bake.planned else 0)
    start, end = bake.next_window
    due = min(end, max(start + bake.every, draft.at))
    longer: dict[str, object] = {"planned": planned, "extended": bake.extended + 1, "completing": None, "due": due}
    held: dict[str, object] = {"held_since": None, "hold_reasons": ()}
    draft.lead_to(Phase.BAKING, bake=bake.model_copy(update={**longer, **held}))
    draft.wake("look", due)
    draft.tell("bake_extended", stage=draft.rotation.plan.stages[bake.stage].name, looks=planned - bake.counted)


def seal(draft: Draft, accepted_by: str, reason: str) -> None:
    """Turn what was seen so far into evidence, since a person goes on with it."""
    bake = draft.rotation.watched
    _seal(draft, bake.newest_seen, looks=bake.counted, accepted_by=accepted_by, reason=reason)


def _seal(
    draft: Draft,
    last: LookResult | None,
    *,
    looks: int,
    verdict: Verdict = Verdict.INCONCLUSIVE,
    accepted_by: str | None = None,
    reason: str | None = None,
) -> None:
    bake = draft.rotation.watched
    checks: tuple[CheckResult, ...] = last.checks if last else ()
    evidence = StageEvidence(
        stage=draft.rotation.plan.stages[bake.stage].name,
        attempt=bake.attempt,
        verdict=verdict,
        looks=looks,
        sealed_at=draft.at,
        checks=checks,
        accepted_by=accepted_by,
        accepted_reason=reason,
        month=last.month if last else None,
    )
    draft.set(bake=bake.model_copy(update={"sealed": True}), sealed=(*draft.rotation.sealed, evidence))
    draft.announce("stage_passed", **evidence.model_dump(mode="json"))


def advance(draft: Draft) -> None:
    """The stage is done: ask for the next one, or verify after the last."""
    if draft.rotation.last_stage:
        verify(draft)
    else:
        open_stage(draft, draft.rotation.stage + 1)


def verify(draft: Draft) -> None:
    """Go through the runbook's verification list; while paused, at resume."""
    draft.lead_to(Phase.VERIFYING)
    if draft.rotation.phase is Phase.VERIFYING:
        draft.do(Verify(number=draft.number()))
