"""Whether enough of the right people said yes, and who is still missing. Pure.

One person counts once and stands for one group, however many groups they are in.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.rotation.model.people import Actor
from bot.rotation.model.people import Approval as Yes
from bot.rotation.model.questions import Request
from bot.runbook.models.people import Approval, GroupName


@dataclass(frozen=True, slots=True)
class Missing:
    """What is missing: `people` more, among them one of each of `each`; a member of `groups` brings it nearer.

    Where somebody who said yes stands for one of several groups, whichever is left open, `each` does not say which;
    `groups` then has all of them.
    """

    people: int
    each: tuple[GroupName, ...]
    groups: tuple[GroupName, ...]

    @property
    def nobody(self) -> bool:
        """Whether enough have said yes."""
        return self.people == 0


def stands_for(actor: Actor, rule: Approval) -> tuple[GroupName, ...]:
    """The rule's groups somebody can speak for: their own, and for a named administrator those that cannot be read."""
    own = set(actor.groups) | (set(actor.problems) if actor.administrator else set())
    return tuple(group for group in rule.groups if group in own)


def missing(rule: Approval, said_yes: Iterable[Yes]) -> Missing:
    """Who is still missing for a rule once these people have said yes."""
    people = [stands_for(yes.by, rule) for yes in {yes.by.id: yes for yes in said_yes}.values()]
    taken = _matched(people, rule.one_of_each)
    unmatched = len(rule.one_of_each) - len(taken)
    helping = tuple(
        group for group in rule.one_of_each if len(_matched([*people, (group,)], rule.one_of_each)) > len(taken)
    )
    more = max(rule.count - len(people), unmatched, 0)
    each = helping if len(helping) == unmatched else ()
    return Missing(people=more, each=each, groups=helping if more == unmatched and helping else rule.groups)


def rule_for(rule: Approval, request: Request | None) -> Approval:
    """A stage's rule as it is for a request: the groups to fall back on that were asked meanwhile count too."""
    too = request.asked_too if request is not None else ()
    return rule.model_copy(update={"groups": (*rule.groups, *too)}) if too else rule


def still_missing(rule: Approval, request: Request | None, digest: str = "") -> Missing:
    """Who is still missing for a request; with a digest, only yeses to that evidence count."""
    said_yes = request.approvals if request is not None else ()
    return missing(rule_for(rule, request), [yes for yes in said_yes if not digest or yes.digest == digest])


def _matched(people: Sequence[tuple[GroupName, ...]], each: Sequence[GroupName]) -> dict[int, GroupName]:
    """Person -> the group they stand for: as many groups as there can be, one person for one of them.

    An augmenting path for each group in turn: H. W. Kuhn, The Hungarian method for the assignment problem (1955).
    """
    stands: dict[int, GroupName] = {}

    def somebody_for(group: GroupName, asked: set[int]) -> bool:
        for person, speaks_for in enumerate(people):
            if group in speaks_for and person not in asked:
                asked.add(person)
                if person not in stands or somebody_for(stands[person], asked):
                    stands[person] = group
                    return True
        return False

    for group in each:
        somebody_for(group, set())
    return stands
