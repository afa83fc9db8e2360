"""The gates: who may do what now. Pure functions to `Allow` or `Deny(code, facts)`; every refusal has a code.

Codes are a closed list; their texts live in `bot.wording`. Deny is the default: a group that could not be resolved
denies and says so, unless the person is a named administrator.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from bot.rotation.events import RenewComparison
from bot.rotation.evidence import ComparisonEvidence, Verdict, evidence_digest
from bot.rotation.model.people import Actor
from bot.rotation.model.questions import Decision, Request
from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.model.state import Models
from bot.rotation.quorum import asked_groups
from bot.runbook.models.authority import HOUSE, AuthorityPlan, Who
from bot.runbook.models.people import GroupName
from bot.runbook.models.plan import Plan
from bot.runbook.models.stages import Evidence


class ReasonCode(StrEnum):
    """Why something was refused or sent back. Each has a text and a place in the docs."""

    NOT_IN_PHASE = "not_in_phase"
    NOT_ENTITLED = "not_entitled"
    GROUP_UNRESOLVED = "group_unresolved"
    NO_GUESTS = "no_guests"
    NO_BOTS = "no_bots"
    OWN_REQUEST = "own_request"
    ALREADY_APPROVED = "already_approved"
    NOTHING_TO_WITHDRAW = "nothing_to_withdraw"
    ALREADY_DECIDED = "already_decided"
    STALE_QUESTION = "stale_question"
    STALE_EVIDENCE = "stale_evidence"
    REASON_NEEDED = "reason_needed"
    CHOICE_NOT_OFFERED = "choice_not_offered"
    ALREADY_ROLLING_BACK = "already_rolling_back"
    NOTHING_TO_ROLL_BACK = "nothing_to_roll_back"
    WAY_BACK_CLOSED = "way_back_closed"
    LATER_ROTATION = "later_rotation"
    ALREADY_ENDED = "already_ended"
    ALREADY_PAUSED = "already_paused"
    TARGETS_CHANGED = "targets_changed"
    COMPARISON_TOO_OLD = "comparison_too_old"
    COMPARISON_MISMATCH = "comparison_mismatch"
    EVIDENCE_NOT_ENOUGH = "evidence_not_enough"
    APPROVER_LEFT = "approver_left"
    WAY_BACK_BROKEN = "way_back_broken"
    TARGET_UNREADABLE = "target_unreadable"
    TARGETS_DISAGREE = "targets_disagree"
    CANDIDATE_REFUSED = "candidate_refused"
    SAME_MODEL = "same_model"
    START_NOT_POSSIBLE = "start_not_possible"
    NOBODY_HOLDS_IT = "nobody_holds_it"
    NOT_FIRST_IN_LINE = "not_first_in_line"
    ASKED_TO_GIVE_WAY = "asked_to_give_way"
    NOT_THE_HOLDER = "not_the_holder"
    GUARDRAIL_FAILING = "guardrail_failing"
    NOTHING_TO_SUSPEND = "nothing_to_suspend"
    HANDS_OFF_TOO_LONG = "hands_off_too_long"
    HANDS_ARE_ON = "hands_are_on"
    NOT_AN_OPERATOR = "not_an_operator"
    NO_TERMINAL_APPROVALS = "no_terminal_approvals"


@dataclass(frozen=True)
class Allow:
    """Go on."""


@dataclass(frozen=True)
class Deny:
    """No, because of the rule `code` names; `facts` fill its text (who can, since when, what instead)."""

    code: ReasonCode
    facts: dict[str, JsonValue] = field(default_factory=dict)


Gate = Allow | Deny
ALLOW = Allow()

EVERY_GROUP = (GroupName.ML, GroupName.SRE, GroupName.FINANCE)


def real_person(actor: Actor) -> Gate:
    """Whether somebody is a full member of this workspace, or named as an operator."""
    if actor.terminal == "unnamed":
        return Deny(ReasonCode.NOT_AN_OPERATOR, {"operator": actor.name})
    if actor.bot:
        return Deny(ReasonCode.NO_BOTS)
    if actor.guest or actor.stranger:
        return Deny(ReasonCode.NO_GUESTS)
    return ALLOW


def member_of_one(actor: Actor, groups: tuple[GroupName, ...]) -> Gate:
    """Whether somebody is in one of the groups; a group that cannot be read denies all but named administrators."""
    person = real_person(actor)
    if isinstance(person, Deny):
        return person
    if set(actor.groups) & set(groups):
        return ALLOW
    unresolved = [group for group in groups if group in actor.problems]
    if unresolved:
        if actor.administrator:
            return ALLOW
        return Deny(ReasonCode.GROUP_UNRESOLVED, {"groups": list(unresolved)})
    return Deny(ReasonCode.NOT_ENTITLED, {"groups": list(groups)})


def one_of(actor: Actor, who: tuple[Who, ...]) -> Gate:
    """Whether somebody is in one of the groups, or a member of the slot's channel where that is among them."""
    groups = tuple(GroupName(one) for one in who if one is not Who.CHANNEL)
    if Who.CHANNEL not in who:
        return member_of_one(actor, groups)
    person = real_person(actor)
    if isinstance(person, Deny) or actor.member:
        return person
    if groups and member_of_one(actor, groups) == ALLOW:
        return ALLOW
    named: dict[str, JsonValue] = {"groups": list(groups)} if groups else {}
    return Deny(ReasonCode.NOT_ENTITLED, {"channel": True, **named})


def may_steer(authority: AuthorityPlan, actor: Actor) -> Gate:
    """Begin, promote again, resume, abort: by the rules of the house members of the slot's channel and the groups."""
    return one_of(actor, authority.steer)


def may_pause(actor: Actor) -> Gate:
    """Pause: the house's rule of `may_steer`, and a terminal of the bot's machine; no runbook restricts it."""
    return ALLOW if actor.terminal else one_of(actor, HOUSE.steer)


def may_compare(authority: AuthorityPlan, actor: Actor) -> Gate:
    """Run a comparison: by the rules of the house members of the slot's channel, no guests."""
    return one_of(actor, authority.compare)


def may_stop(authority: AuthorityPlan, actor: Actor) -> Gate:
    """Stop a comparison that runs: whoever may run one, and whoever may steer."""
    return one_of(actor, tuple(dict.fromkeys([*authority.compare, *authority.steer])))


def may_settle(authority: AuthorityPlan, actor: Actor) -> Gate:
    """Settle by hand, retry, confirm by hand, hands off and on: by the rules of the house ML or SRE."""
    return member_of_one(actor, authority.settle)


def may_roll_back(rotation: Rotation, actor: Actor) -> Gate:
    """The requester, any approver, any member of the three groups, and from a terminal of the bot's machine anybody."""
    if actor.terminal:
        return ALLOW
    if actor.bot:
        return Deny(ReasonCode.NO_BOTS)
    if actor.id == rotation.requester.id or actor.id in rotation.approvers:
        return ALLOW
    gate = member_of_one(actor, EVERY_GROUP)
    if isinstance(gate, Deny) and gate.code is ReasonCode.NOT_ENTITLED:
        return Deny(gate.code, {**gate.facts, "began_by": rotation.requester.name})
    return gate


def may_answer_request(rotation: Rotation, index: int, actor: Actor) -> Gate:
    """Approve or reject: a member of the groups asked, not the requester unless the runbook says so."""
    rule, requester, groups = rotation.plan.stages[index].approval, rotation.requester, asked_groups(rotation, index)
    if actor.terminal == "steering":
        return Deny(ReasonCode.NO_TERMINAL_APPROVALS)
    gate = member_of_one(actor, groups)
    if isinstance(gate, Deny):
        other: dict[str, JsonValue] = {} if rule.requester_may else {"other_than": requester.name}
        return Deny(gate.code, {**gate.facts, **other}) if gate.code is ReasonCode.NOT_ENTITLED else gate
    if actor.id == requester.id and not rule.requester_may:
        return Deny(ReasonCode.OWN_REQUEST, {"groups": list(groups)})
    return ALLOW


def may_answer_decision(decision: Decision, actor: Actor) -> Gate:
    """Settle a decision: a member of one of the groups it was put to."""
    if actor.terminal == "steering":
        return Deny(ReasonCode.NO_TERMINAL_APPROVALS)
    return member_of_one(actor, decision.groups)


def may_break_glass(rotation: Rotation, decision: Decision, actor: Actor) -> Gate:
    """Go on against a failed comparison: as with approvals, not by the requester unless the stage says so."""
    approval = rotation.stage_plan.approval
    if decision.question == "comparison_failed" and actor.id == rotation.requester.id and not approval.requester_may:
        return Deny(ReasonCode.OWN_REQUEST, {"groups": list(decision.groups)})
    return ALLOW


def may_give_way(rotation: Rotation, actor: Actor) -> Gate:
    """Answer a wish for the slot: whoever began the rotation that holds it, and nobody in their name."""
    person = real_person(actor)
    if isinstance(person, Deny):
        return person
    if actor.id == rotation.requester.id:
        return ALLOW
    return Deny(ReasonCode.NOT_THE_HOLDER, {"holder": rotation.requester.name})


def wish_waits(rotation: Rotation, wisher: str) -> Gate:
    """Whether that rotation's wish is still open; else the truth about it."""
    wish = rotation.wish(wisher)
    if wish is None or wish.outcome == "over":
        return Deny(ReasonCode.STALE_QUESTION, {"question": wisher})
    if wish.open:
        return ALLOW
    at = wish.decided_at.isoformat() if wish.decided_at is not None else None
    return Deny(ReasonCode.ALREADY_DECIDED, {"outcome": wish.outcome, "by": wish.decided_by, "at": at})


def same_comparison(rotation: Rotation, event: RenewComparison) -> Gate:
    """Whether a comparison is about this slot and these models, with a way back, and young enough to rest on."""
    models = event.models
    if (
        event.slot != rotation.slot
        or models is None
        or (models.current, models.candidate) != (rotation.models.current, rotation.models.candidate)
    ):
        compared: dict[str, JsonValue] = {"slot": event.slot}
        if models is not None:
            compared |= {"current": models.current.id, "candidate": models.candidate.id}
        return Deny(ReasonCode.COMPARISON_MISMATCH, {"comparison": event.comparison.id, **compared})
    gate = models_differ(models)
    if isinstance(gate, Deny):
        return gate
    return comparison_young(rotation.plan, event.comparison, event.at)


def question_open(question: Request | Decision | None, question_id: str) -> Gate:
    """Whether a click's question is the one that waits now; else the truth about it."""
    if question is None or question.id != question_id:
        return Deny(ReasonCode.STALE_QUESTION, {"question": question_id})
    if not question.open:
        return Deny(
            ReasonCode.ALREADY_DECIDED,
            {
                "outcome": question.outcome,
                "by": question.decided_by,
                "at": question.decided_at.isoformat() if question.decided_at else None,
            },
        )
    return ALLOW


def question_waits(rotation: Rotation, current: Request | Decision | None, question_id: str) -> Gate:
    """Whether a click's question is `current` and open; one that was answered long ago gets the truth about itself."""
    if current is not None and current.id == question_id:
        return question_open(current, question_id)
    asked = rotation.question(question_id)
    return question_open(asked if asked is not None and not asked.open else None, question_id)


def evidence_opens(rotation: Rotation, stage: int) -> Gate:
    """Whether comparison and earlier bakes are enough for that stage to be asked for."""
    needed = rotation.plan.stages[stage].evidence
    verdict = rotation.comparison.verdict
    if rotation.accepted == rotation.comparison.digest:
        return ALLOW
    match needed:
        case Evidence.NOT_FAIL:
            enough = verdict is not Verdict.FAIL
        case Evidence.PASS:
            enough = verdict is Verdict.PASS
        case _:
            assert_never(needed)
    if enough:
        return ALLOW
    return Deny(ReasonCode.EVIDENCE_NOT_ENOUGH, {"needed": needed.value, "verdict": verdict.value})


def nothing_failing(rotation: Rotation) -> Gate:
    """Whether no rollback is held back by hands being off: against a failed guardrail nothing is begun or completed."""
    off = rotation.hands_off
    if off is None or not rotation.held_back:
        return ALLOW
    return Deny(ReasonCode.GUARDRAIL_FAILING, {"until": off.until.isoformat()})


LATEST_START = timedelta(days=30)
"""Nobody knows further ahead what a change will meet."""


def startable(plan: Plan, start: datetime | None, at: datetime) -> Gate:
    """Whether a change may be put off to that time: it lies ahead, and not too far."""
    if start is None or at < start <= at + LATEST_START:
        return ALLOW
    zone = ZoneInfo(plan.time_zone)
    facts: dict[str, JsonValue] = {"start": start.astimezone(zone).isoformat(), "days": LATEST_START.days}
    return Deny(ReasonCode.START_NOT_POSSIBLE, facts)


def comparison_young(plan: Plan, comparison: ComparisonEvidence, at: datetime) -> Gate:
    """Whether a comparison is still within its maximum age."""
    age = at - comparison.finished_at
    if age > plan.comparison.max_age:
        days = round(age.total_seconds() / 86400, 1)
        return Deny(ReasonCode.COMPARISON_TOO_OLD, {"comparison": comparison.id, "days": days})
    return ALLOW


def models_differ(models: Models) -> Gate:
    """Whether there is something to change, and something else to go back to."""
    if models.current == models.candidate:
        return Deny(ReasonCode.SAME_MODEL, {"model": models.candidate.id})
    if models.restore_named and models.rollback == models.candidate:
        return Deny(ReasonCode.SAME_MODEL, {"model": models.candidate.id, "rollback": True})
    return ALLOW


def digest_now(rotation: Rotation) -> str:
    """The digest an approval given now is bound to."""
    named = rotation.models.rollback if rotation.models.restore_named else None
    way_back = f"{named.provider}:{named.id}" if named is not None else ""
    return evidence_digest(rotation.comparison, rotation.sealed, way_back)


def rollback_possible(rotation: Rotation, at: datetime, later_rotation: str) -> Gate:
    """Whether there is something to go back from, and the way is still open."""
    if rotation.phase is Phase.ROLLING_BACK:
        return Deny(ReasonCode.ALREADY_ROLLING_BACK)
    if rotation.phase is Phase.COMPLETED:
        open_for = rotation.plan.way_back.open_after_completion
        if rotation.ended_at is not None and at - rotation.ended_at > open_for:
            return Deny(ReasonCode.WAY_BACK_CLOSED, {"days": open_for.days})
        if later_rotation:
            return Deny(ReasonCode.LATER_ROTATION, {"rotation": later_rotation})
        return ALLOW
    if rotation.ended:
        return Deny(ReasonCode.ALREADY_ENDED, {"phase": rotation.phase.value})
    if not rotation.changed:
        return Deny(ReasonCode.NOTHING_TO_ROLL_BACK, {"phase": rotation.phase.value})
    return ALLOW
