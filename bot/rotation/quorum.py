"""Whose yes a stage needs, and which is still missing. Pure: rule, evidence and yeses given in, seats out.

A seat is one yes, by somebody of any of its groups; a person takes one seat at most.
"""

from collections.abc import Sequence

from bot.rotation.envelope import standing
from bot.rotation.evidence import Verdict
from bot.rotation.model.people import Actor, Approval
from bot.rotation.model.questions import Decision
from bot.rotation.model.rotation import Rotation
from bot.runbook.models.people import GroupName

Seat = tuple[GroupName, ...]


def seats(rotation: Rotation, stage: int) -> tuple[Seat, ...]:
    """The yeses a stage needs: those of its rule, and one of Finance where a month would break its envelope.

    The choosiest seats come first, so that what is left open at the end is what most people can fill. The groups to
    fall back on that were asked meanwhile count as the rule's own.
    """
    rule, request = rotation.plan.stages[stage].approval, rotation.request
    too = request.asked_too if request is not None and request.stage == stage else ()
    own = [(group,) for group in rule.groups] if rule.each else []
    anybody = [(*rule.groups, *too)] * (rule.needed - len(own))
    asked = [(GroupName.FINANCE,)] if finance_asked(rotation, stage) else []
    return tuple(sorted([*own, *asked, *anybody], key=len))


def finance_asked(rotation: Rotation, stage: int) -> bool:
    """Whether Finance is asked besides the stage's own rule: the envelope breaks, and the rule does not ask it anyway.

    A stage without traffic costs nothing.
    """
    plan = rotation.plan.stages[stage]
    asked_anyway = plan.approval.each and GroupName.FINANCE in plan.approval.groups
    return standing(rotation) is Verdict.FAIL and plan.traffic != "none" and not asked_anyway


def asked_groups(rotation: Rotation, stage: int) -> tuple[GroupName, ...]:
    """Every group whose members may answer a stage's request, the rule's first."""
    able = {group for seat in seats(rotation, stage) for group in seat}
    own = rotation.plan.stages[stage].approval.groups
    return tuple(group for group in dict.fromkeys([*own, *GroupName]) if group in able)


def open_seats(wanted: Sequence[Seat], given: Sequence[Approval]) -> tuple[Seat, ...]:
    """The seats nobody fills yet, with people placed so that as few as can be are left and the later ones are.

    A maximum matching by augmenting paths (H. W. Kuhn, 1955): a seat once filled stays filled.
    """
    able = [_of(approval.by) for approval in given]
    taken: dict[int, int] = {}

    def fill(seat: int, tried: set[int]) -> bool:
        for person, groups in enumerate(able):
            if person in tried or not groups & set(wanted[seat]):
                continue
            tried.add(person)
            if person not in taken or fill(taken[person], tried):
                taken[person] = seat
                return True
        return False

    return tuple(wanted[seat] for seat in range(len(wanted)) if not fill(seat, set()))


def missing(rotation: Rotation, stage: int, given: Sequence[Approval]) -> tuple[Seat, ...]:
    """The yeses a stage still needs."""
    return open_seats(seats(rotation, stage), given)


def answer_seats(decision: Decision) -> tuple[Seat, ...]:
    """The yeses going on takes: so many of all its groups together, one of each among them where that is asked."""
    own = [(group,) for group in decision.groups] if decision.each else []
    anybody = [decision.groups] * (decision.quorum - len(own))
    return (*own, *anybody)


def answers_missing(decision: Decision) -> tuple[Seat, ...]:
    """The yeses going on still takes."""
    return open_seats(answer_seats(decision), decision.answers)


def named_seats(left: Sequence[Seat]) -> dict[str, object]:
    """The seats that are open, as a text tells them; nothing where none is."""
    return {"missing": [[group.value for group in seat] for seat in left]} if left else {}


def _of(actor: Actor) -> set[GroupName]:
    """The groups a person stands for; an administrator also for those that could not be read when they said yes."""
    return {*actor.groups, *(actor.problems if actor.administrator else ())}
