"""Which yeses a stage still needs. Pure: a rule of the runbook and the yeses given, to how many more and of whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from bot.rotation.model.people import Actor, Approval
from bot.runbook.models import people
from bot.runbook.models.people import GroupName


@dataclass(frozen=True)
class Missing:
    """How many more people have to say yes; `groups` names those of which somebody has to be among them."""

    people: int
    groups: tuple[GroupName, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether enough have said yes."""
        return self.people == 0


def missing(rule: people.Approval, given: Sequence[Approval]) -> Missing:
    """What is still missing of `rule`; with `each`, one person stands for one group, however many they are in.

    Of several ways to let people stand for groups, the one that leaves the fewest groups open, the later ones first.
    """
    left = max(rule.needed - len(given), 0)
    if not rule.each:
        return Missing(left)
    able = [_stands_for(approval.by, rule.groups) for approval in given]
    unheard = next(
        open_groups
        for size in range(len(rule.groups) + 1)
        for open_groups in reversed([*combinations(rule.groups, size)])
        if _covered([group for group in rule.groups if group not in open_groups], able)
    )
    return Missing(max(left, len(unheard)), unheard)


def _stands_for(actor: Actor, groups: tuple[GroupName, ...]) -> frozenset[GroupName]:
    """The groups a person is of; an administrator is of those that could not be read when they said yes."""
    unread = set(actor.problems) if actor.administrator else set()
    return frozenset((set(actor.groups) | unread) & set(groups))


def _covered(wanted: Sequence[GroupName], able: Sequence[frozenset[GroupName]]) -> bool:
    """Whether different people can stand for every group wanted; three groups at most, so plain search does."""
    if not wanted:
        return True
    first, rest = wanted[0], wanted[1:]
    return any(
        first in groups and _covered(rest, [*able[:place], *able[place + 1 :]]) for place, groups in enumerate(able)
    )
