"""Questions: asking for approval of a stage, asking for a decision, and what the answers lead to."""

from collections.abc import Iterable
from datetime import datetime

from bot.rotation.asked_before import basis_of, no_longer, since_before
from bot.rotation.draft import Draft
from bot.rotation.effects import Preflight, ProveWayBack
from bot.rotation.evidence import Dimension, Verdict
from bot.rotation.model.basis import Change
from bot.rotation.model.people import Actor, Approval
from bot.rotation.model.questions import Choice, Decision, Request
from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.policy import Deny, digest_now, evidence_opens
from bot.rotation.quorum import answers_missing, missing, seats
from bot.runbook.models.authority import BreakGlassPlan
from bot.runbook.models.owners import OWNERS
from bot.runbook.models.people import GroupName

WAITING = ("deadline", "remind", "fall_back")
"""The timers of an open question."""
COMPARISON_QUESTIONS = frozenset({"comparison_failed", "comparison_inconclusive"})


def open_stage(draft: Draft, index: int, attempt: int = 1) -> None:
    """Bring a stage to its question: approval, a decision where the evidence is not enough, or straight to applying."""
    _file(draft)
    draft.set(stage=index, attempt=attempt)
    gate = evidence_opens(draft.rotation, index)
    if isinstance(gate, Deny):
        _ask_about_comparison(draft)
    elif not seats(draft.rotation, index):
        begin_change(draft)
    else:
        ask_approval(draft)


def _file(draft: Draft) -> None:
    """Keep what was asked: its message may still have to be brought up to date."""
    rotation = draft.rotation
    asked = [question for question in (rotation.request, rotation.decision) if question is not None]
    draft.set(request=None, decision=None, past=(*rotation.past, *asked))


def ask_approval(draft: Draft, note: str = "", kept: tuple[Approval, ...] = (), found: tuple[Change, ...] = ()) -> None:
    """Post a request for the stage it is at; `note` says why again, `kept` are approvals that still hold.

    `found` is what was found to be other than approved besides the evidence.
    """
    rotation = draft.rotation
    digest, before = digest_now(rotation), rotation.request
    same = before is not None and (before.stage, before.attempt, before.digest) == (
        rotation.stage,
        rotation.attempt,
        digest,
    )
    request = Request(
        id=f"{rotation.id}-Q{draft.number()}",
        stage=rotation.stage,
        attempt=rotation.attempt,
        digest=digest,
        asked_too=before.asked_too if before is not None and same else (),
        asked_at=draft.at,
        approvals=kept,
        note=note,
        basis=basis_of(rotation),
        changes=tuple(dict.fromkeys((*found, *since_before(rotation, digest)))),
        void=no_longer(rotation, kept),
    )
    _file(draft)
    waits: dict[str, object] = {"preflight": False, "waiting_for_traffic": None, "start_at": None, "put_off": None}
    draft.enter(Phase.AWAITING_APPROVAL, request=request, **waits)
    draft.post(request.id)
    # Whoever is asked sees a way back that was proven just now; it is proven once more right before the change.
    draft.do(ProveWayBack(number=draft.rotation.asked))


def begin_change(draft: Draft) -> None:
    """Enough said yes: look once more, then apply."""
    rotation = draft.rotation
    approvals = rotation.request.approvals if rotation.request is not None else ()
    close_question(draft, "approved", approvals[-1].by.name if approvals else "")
    draft.set(approvers=tuple(dict.fromkeys((*rotation.approvers, *(yes.by.id for yes in approvals)))))
    draft.forget("reminder")
    draft.enter(Phase.APPLYING, preflight=True, start_at=None)
    draft.do(Preflight(stage=rotation.stage, attempt=rotation.attempt, number=draft.number()))


def close_question(draft: Draft, outcome: str, by: str) -> None:
    """Give the open question its outcome and take its buttons away. Nothing happens when none is open."""
    rotation = draft.rotation
    closing: dict[str, object] = {"outcome": outcome, "decided_by": by, "decided_at": draft.at}
    if rotation.request is not None and rotation.request.open:
        draft.set(request=rotation.request.model_copy(update=closing))
        draft.refresh(rotation.request.id)
    if rotation.decision is not None and rotation.decision.open:
        draft.set(decision=rotation.decision.model_copy(update=closing))
        draft.refresh(rotation.decision.id)
    draft.forget(*WAITING)


def ask_decision(
    draft: Draft,
    question: str,
    group: GroupName,
    choices: tuple[Choice, ...],
    default: Choice,
    *,
    reasons: tuple[str, ...] = (),
    times_asked: int = 1,
    glass: BreakGlassPlan | None = None,
) -> None:
    """Ask a person what no rule settles. With `glass`, going on takes the yeses it names instead of one of the group's.

    `group` is then asked where it names no groups.
    """
    first, *also = (group,) if glass is None else glass.groups or (group,)
    broken: dict[str, object] = {} if glass is None else {"quorum": glass.needed, "also": also, "each": glass.each}
    decision = Decision.model_validate(
        {
            "id": f"{draft.rotation.id}-Q{draft.number()}",
            "question": question,
            "group": first,
            "choices": choices,
            "default": default,
            "asked_at": draft.at,
            "reasons": reasons,
            "times_asked": times_asked,
            **broken,
        },
    )
    _file(draft)
    draft.enter(Phase.AWAITING_DECISION, decision=decision)
    draft.post(decision.id)


def _ask_about_comparison(draft: Draft) -> None:
    comparison = draft.rotation.comparison
    failed = comparison.verdict is Verdict.FAIL
    owner = OWNERS[comparison.failed[0]] if comparison.failed else GroupName.ML
    ask_decision(
        draft,
        "comparison_failed" if failed else "comparison_inconclusive",
        owner,
        (Choice.GO_ON, Choice.ROLL_BACK if draft.rotation.changed else Choice.ABORT),
        Choice.ROLL_BACK if draft.rotation.changed else Choice.ABORT,
        reasons=(comparison.summary,),
        glass=draft.rotation.plan.authority.break_glass if failed else None,
    )


def with_answer(question: Decision, actor: Actor, at: datetime, digest: str, reason: str) -> Decision:
    """A decision with one person's answer added."""
    given = Approval(by=actor, at=at, digest=digest, reason=reason)
    return question.model_copy(update={"answers": (*question.answers, given)})


def owner_of(dimensions: Iterable[Dimension]) -> GroupName:
    """The group that owns all of these, ML where several do."""
    owners = {OWNERS[dimension] for dimension in dimensions}
    return owners.pop() if len(owners) == 1 else GroupName.ML


def post_request(draft: Draft, request: Request) -> None:
    """Post the open request anew; one asked on other evidence than there is now is asked anew with that."""
    if request.digest == digest_now(draft.rotation):
        draft.post(request.id)
        return
    close_question(draft, "superseded", "")
    ask_approval(draft)


def ask_again(draft: Draft) -> None:
    """After a pause: post what is still open with its time beginning anew, or ask anew what lapsed meanwhile."""
    rotation = draft.rotation
    fresh: dict[str, object] = {"delivered_at": None, "deadline": None, "remind_at": None}
    request, decision = rotation.request, rotation.decision
    if decision is not None and decision.open:
        draft.set(decision=decision.model_copy(update=fresh))
        draft.post(decision.id)
    elif request is not None and request.open:
        draft.set(request=request.model_copy(update={**fresh, "fall_back_at": None}))
        post_request(draft, request)
    else:
        ask_approval(draft, kept=request.approvals if request is not None else ())


def about_comparison(decision: Decision | None) -> bool:
    """Whether a decision about the comparison is open."""
    return decision is not None and decision.open and decision.question in COMPARISON_QUESTIONS


def enough_answers(decision: Decision) -> bool:
    """Whether as many people said to go on as the decision needs."""
    return not answers_missing(decision)


def enough_approvals(rotation: Rotation) -> bool:
    """Whether the request has as many yeses to the evidence as it is now as its stage needs."""
    request = rotation.request
    if request is None:
        return False
    digest = digest_now(rotation)
    given = [approval for approval in request.approvals if approval.digest == digest]
    return not missing(rotation, request.stage, given)
