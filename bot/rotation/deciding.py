"""People, or a deadline, settle a decision. A person's answer asks its gates, then changes the draft."""

from typing import assert_never

from bot.rotation.asking import (
    close_question,
    enough_answers,
    open_stage,
    with_answer,
)
from bot.rotation.baking import go_on_watching
from bot.rotation.concluding import accept_signals, advance, extend, seal, verify
from bot.rotation.draft import Draft
from bot.rotation.ending import abort, complete
from bot.rotation.events import (
    Decide,
)
from bot.rotation.model.questions import Choice, Decision
from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.policy import (
    ALLOW,
    Deny,
    Gate,
    ReasonCode,
    digest_now,
    may_answer_decision,
    may_break_glass,
    may_roll_back,
    nothing_failing,
    question_waits,
)
from bot.rotation.quorum import answers_missing, named_seats
from bot.rotation.rolling_back import start_rollback


def decide(draft: Draft, event: Decide) -> Gate:
    """Answer a decision; with a quorum, the last of them settles it (after a pause, at resume)."""
    decision = draft.rotation.decision
    gate = question_waits(draft.rotation, decision, event.decision)
    if isinstance(gate, Deny) or decision is None:
        return gate
    gate = _may_choose(draft.rotation, decision, event)
    if isinstance(gate, Deny):
        return gate
    if event.choice is not Choice.GO_ON:
        settle_decision(draft, decision, event.choice, event.actor.name, event.reason)
        return ALLOW
    decision = with_answer(decision, event.actor, event.at, digest_now(draft.rotation), event.reason)
    draft.set(decision=decision)
    left = named_seats(answers_missing(decision))
    draft.tell("decision_vote", by=event.actor.name, reason=event.reason, needed=decision.quorum, **left)
    if draft.rotation.phase is Phase.AWAITING_DECISION and enough_answers(decision):
        settle_decision(draft, decision, event.choice, event.actor.name, event.reason)
    else:
        draft.refresh(decision.id)
    return ALLOW


def _may_choose(rotation: Rotation, decision: Decision, event: Decide) -> Gate:
    if event.choice not in decision.choices:
        return Deny(ReasonCode.CHOICE_NOT_OFFERED, {"choices": list(decision.choices)})
    if event.choice is Choice.ROLL_BACK:
        return may_roll_back(rotation, event.actor)
    gate = may_answer_decision(decision, event.actor)
    if isinstance(gate, Deny) or event.choice is not Choice.GO_ON:
        return gate
    if not event.reason.strip():
        return Deny(ReasonCode.REASON_NEEDED)
    if any(answer.by.id == event.actor.id for answer in decision.answers):
        return Deny(ReasonCode.ALREADY_APPROVED, {"groups": list(decision.groups)})
    gate = nothing_failing(rotation)
    return gate if isinstance(gate, Deny) else may_break_glass(rotation, decision, event.actor)


def settle_decision(draft: Draft, decision: Decision, choice: Choice, by: str, reason: str) -> None:
    """Carry out what a decision came to, by people or by its stated default."""
    close_question(draft, choice.value, by)
    draft.tell("decided", question=decision.question, choice=choice.value, by=by, reason=reason)
    match choice:
        case Choice.ABORT:
            abort(draft, by=by, code="decided")
        case Choice.ROLL_BACK:
            start_rollback(draft, cause="decided", by=by, reason=reason)
        case Choice.EXTEND:
            _measure_longer(draft, decision)
        case Choice.GO_ON:
            _go_on(draft, decision, by, reason)
        case _:
            assert_never(choice)


def _measure_longer(draft: Draft, decision: Decision) -> None:
    if decision.question == "cannot_verify":
        verify(draft)
    else:
        extend(draft)


def _go_on(draft: Draft, decision: Decision, by: str, reason: str) -> None:
    match decision.question:
        case "comparison_failed" | "comparison_inconclusive":
            mark = "break_glass" if decision.question == "comparison_failed" else "accepted_uncertainty"
            draft.set(accepted=draft.rotation.comparison.digest, marks=draft.rotation.marked(mark))
            draft.announce("went_on", mark=mark, by=by, reason=reason)
            open_stage(draft, draft.rotation.stage, draft.rotation.attempt)
        case "bake_inconclusive" | "held":
            draft.set(marks=draft.rotation.marked("accepted_uncertainty"))
            seal(draft, accepted_by=by, reason=reason)
            advance(draft)
        case "signal_failed":
            draft.set(marks=draft.rotation.marked("accepted_signal"))
            accept_signals(draft, by=by, reason=reason)
            if draft.rotation.phase is Phase.BAKING:
                go_on_watching(draft)
        case "cannot_verify":
            draft.set(marks=draft.rotation.marked("accepted_uncertainty"))
            complete(draft)
        case _:
            assert_never(decision.question)
