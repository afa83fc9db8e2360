"""Questions: asking for approval of a stage, asking for a decision, and what the answers lead to."""

from datetime import datetime

from bot.rotation.draft import Draft
from bot.rotation.effects import Preflight
from bot.rotation.evidence import Verdict
from bot.rotation.model import Actor, Approval, Choice, Decision, Phase, Request, Rotation
from bot.rotation.policy import Deny, digest_now, evidence_opens
from bot.runbook.models.file import GroupName
from bot.runbook.models.owners import OWNERS

BREAK_GLASS_QUORUM = 2


def open_stage(draft: Draft, index: int, attempt: int = 1) -> None:
    """Bring a stage to its question: approval, a decision where the evidence is not enough, or straight to applying."""
    draft.set(stage=index, attempt=attempt, request=None, decision=None)
    gate = evidence_opens(draft.rotation, index)
    if isinstance(gate, Deny):
        _ask_about_comparison(draft)
    elif draft.rotation.stage_plan.approval.count == 0:
        begin_change(draft)
    else:
        ask_approval(draft)


def ask_approval(draft: Draft, note: str = "", kept: tuple[Approval, ...] = ()) -> None:
    """Post a request for the stage it is at; `note` says why again, `kept` are approvals that still hold."""
    rotation = draft.rotation
    request = Request(
        id=f"{rotation.id}-Q{draft.number()}",
        stage=rotation.stage,
        attempt=rotation.attempt,
        digest=digest_now(rotation),
        asked_at=draft.at,
        approvals=kept,
        note=note,
    )
    draft.enter(Phase.AWAITING_APPROVAL, request=request, preflight=False, waiting_for_traffic=None)
    draft.post(request.id)


def begin_change(draft: Draft) -> None:
    """Enough said yes: look once more, then apply."""
    rotation = draft.rotation
    if rotation.request is not None and rotation.request.open:
        close_question(draft, "approved", rotation.request.approvals[-1].by.name if rotation.request.approvals else "")
    draft.forget("deadline", "reminder")
    draft.enter(Phase.APPLYING, preflight=True)
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
    draft.forget("deadline")


def ask_decision(
    draft: Draft,
    question: str,
    group: GroupName,
    choices: tuple[Choice, ...],
    default: Choice,
    *,
    reasons: tuple[str, ...] = (),
    quorum: int = 1,
    times_asked: int = 1,
) -> None:
    """Ask a person what no rule settles."""
    decision = Decision.model_validate(
        {
            "id": f"{draft.rotation.id}-Q{draft.number()}",
            "question": question,
            "group": group,
            "choices": choices,
            "default": default,
            "asked_at": draft.at,
            "quorum": quorum,
            "reasons": reasons,
            "times_asked": times_asked,
        },
    )
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
        quorum=BREAK_GLASS_QUORUM if failed else 1,
    )


def with_answer(question: Decision, actor: Actor, at: datetime, digest: str) -> Decision:
    """A decision with one person's answer added; a person counts once."""
    others = tuple(answer for answer in question.answers if answer.by.id != actor.id)
    return question.model_copy(update={"answers": (*others, Approval(by=actor, at=at, digest=digest))})


def enough_approvals(rotation: Rotation) -> bool:
    """Whether the open request has as many yeses as its stage needs."""
    request = rotation.request
    return request is not None and len(request.approvals) >= rotation.plan.stages[request.stage].approval.count
