"""What a runbook asks for that nobody can give: more people than a group has, and groups that are asked too late.

Pure: a runbook (and, live, the sizes of its groups) in, sentences out.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from bot.runbook.fields import Path
from bot.runbook.models.authority import HOUSE, AuthorityPlan, Who
from bot.runbook.models.durations import format_duration
from bot.runbook.models.file import Runbook
from bot.runbook.models.people import Approval, Fallback, GroupName
from bot.runbook.models.plan import plan_for

Sizes = Mapping[GroupName, int | None]
"""How many people each group has; None where that is not known."""


def known_sizes(runbook: Runbook) -> dict[GroupName, int | None]:
    """How many people each group has, as far as the file says: lists of people yes, Slack user groups no."""
    groups = {name: runbook.groups.of(name) for name in GroupName}
    return {name: len(set(group.people)) if group.people else None for name, group in groups.items()}


def unreachable_approvals(runbook: Runbook, sizes: Sizes) -> tuple[str, ...]:
    """The stages nobody could ever approve and the lines nobody could ever act by, as sentences."""
    found: list[str] = []
    for name in runbook.slots:
        plan = plan_for(runbook, name)
        asked = ((f"stage {stage.name}", _too_few(stage.approval, sizes)) for stage in plan.stages)
        found += [f"slot {name}, {what}: {why}" for what, why in (*asked, *_powerless(plan.authority, sizes)) if why]
    return tuple(dict.fromkeys(found))


def _too_few(approval: Approval, sizes: Sizes) -> str:
    named = "approver group " + " and ".join(approval.groups)
    return _unreachable(approval.groups, approval.needed, sizes, named, each=approval.each) or _short(
        approval.groups,
        approval.needed,
        sizes,
        f"it needs {approval.needed} approvals, and {named} has",
        "approval.count",
    )


def _powerless(authority: AuthorityPlan, sizes: Sizes) -> Iterator[tuple[str, str]]:
    """Each line of the authority that nobody could act by, and why."""
    lines = {"compare": authority.compare, "steer": authority.steer}
    named = {line: tuple(GroupName(one) for one in who) for line, who in lines.items() if Who.CHANNEL not in who}
    for line, groups in {**named, "settle": authority.settle, "freeze": authority.freeze}.items():
        yield f"authority.{line}", _unreachable(groups, 1, sizes, " and ".join(groups))
    glass = authority.break_glass
    if glass == HOUSE.break_glass:
        return
    for groups in [glass.groups] if glass.groups else [(group,) for group in GroupName]:
        of = " and ".join(groups)
        have = "have" if len(groups) > 1 else "has"
        takes = f"going on against a comparison's fail takes {_people(glass.needed)}, and {of} {have}"
        why = _unreachable(groups, glass.needed, sizes, of, each=glass.each)
        yield "authority.break_glass", why or _short(groups, glass.needed, sizes, takes, "break_glass.count")


def _unreachable(groups: Sequence[GroupName], needed: int, sizes: Sizes, named: str, *, each: bool = False) -> str:
    """That there is nobody to ask, or nobody of one of those that all have to be asked; empty where there may be."""
    empty = [group.value for group in groups if sizes.get(group) == 0]
    if needed and each and empty:
        return f"it needs somebody of each of its groups, and {' and '.join(empty)} is empty; add people to it"
    return f"{named} is empty; add people to it" if needed and groups and len(empty) == len(groups) else ""


def _short(groups: Sequence[GroupName], needed: int, sizes: Sizes, takes: str, line: str) -> str:
    """That all of them together are too few; empty where they are enough, or where that is not known."""
    known = [sizes.get(group) for group in groups]
    people = sum(size for size in known if size is not None)
    if None in known or people >= needed:
        return ""
    return f"{takes} {_people(people)}: add people to it, or lower `{line}`"


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


def never_asked(runbook: Runbook) -> tuple[tuple[Path, str], ...]:
    """The steps of each stage's `approval.fallback` that come when nobody is waited for any more: where, and why."""
    found: list[tuple[Path, str]] = []
    for slot, body in runbook.slots.items():
        for stage, rules in body.stages.items():
            path: Path = ("slots", slot, "stages", stage, "approval", "fallback")
            steps = rules.approval.fallback if rules.approval is not None else ()
            found += [((*path, number, "after"), why) for number, why in _too_late(runbook, steps)]
    return tuple(found)


def _too_late(runbook: Runbook, steps: Sequence[Fallback]) -> Iterator[tuple[int, str]]:
    waits = runbook.deadlines.approval
    working = runbook.deadlines.count == "working" and bool(runbook.working_hours.days)
    for number, step in enumerate(steps):
        asked = [one.after for one in steps[: number + 1]]
        if sum(asked, timedelta()) < waits:
            continue
        sometimes = working and _before_work(asked, waits)
        when = "is asked in time only where a night or a day off comes between" if sometimes else "is never asked"
        after = " + ".join(format_duration(one) for one in asked)
        why = f"it would be after {after}, and a request waits {format_duration(waits)} (`deadlines.approval`)"
        yield number, f"{step.group.value} {when}: {why}; shorten the one or lengthen the other"


def _before_work(asked: Sequence[timedelta], waits: timedelta) -> bool:
    """Whether waits that are longer together may be over sooner: whole days are working days, the rest is clock time.

    Hours before the last whole day may pass while nobody works, and then put nothing off; those after it always do.
    """
    days = sum(one.days for one in asked)
    last = max((number for number, one in enumerate(asked) if one.days), default=0)
    hours = sum((one - timedelta(days=one.days) for one in asked[last:]), timedelta())
    return (days, hours) < (waits.days, waits - timedelta(days=waits.days))
