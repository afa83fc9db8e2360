"""Arms from what a test writes down: tenant -> tally, moments or histogram, window by window."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any

from bot.monitor.account import Account
from bot.monitor.added import NOTHING, Added
from bot.monitor.arms import Arms
from bot.monitor.checks import Check, Schedule, evaluate
from bot.monitor.kinds import Kind, Rates, Tail
from bot.monitor.tallies import Shape, Spread, Tally, spread_of
from bot.rotation.evidence import CheckResult

Windows = Sequence[Mapping[str, Any]]
SHARES = Rates(Shape.PROPORTION)


def places_of(*sides: Windows) -> dict[str, int]:
    names = dict.fromkeys(tenant for side in sides for window in side for tenant in window)
    return {name: place for place, name in enumerate(names)}


def added(kind: Kind, windows: Windows, places: Mapping[str, int]) -> Added:
    return reduce(add, (kind.gathered(window, places) for window in windows), NOTHING)


def arms(
    candidate: Windows = (),
    current: Windows = (),
    candidate_past: Windows = (),
    current_past: Windows = (),
    *,
    kind: Kind = SHARES,
    split: bool = False,
    fair: bool = True,
) -> Arms:
    places = places_of(candidate, current, candidate_past, current_past)
    ours, theirs = added(kind, candidate, places), added(kind, current, places)
    past, others_past = added(kind, candidate_past, places), added(kind, current_past, places)
    return Arms(ours, theirs, past, others_past, fair=fair, split=split, tenants=tuple(places))


def of_times(
    candidate: Windows = (),
    current: Windows = (),
    candidate_past: Windows = (),
    current_past: Windows = (),
    *,
    fair: bool = True,
) -> Arms:
    return arms(candidate, current, candidate_past, current_past, kind=Tail(), fair=fair)


def spread(windows: Sequence[Mapping[str, Tally]]) -> Spread:
    return spread_of(added(SHARES, windows, places_of(windows)))


def evaluated(check: Check, candidate: Windows, current: Windows, schedule: Schedule) -> CheckResult:
    """What a check says of windows without a past."""
    places, account = places_of(candidate, current), Account()
    for ours, theirs in zip(candidate, current, strict=True):
        account = account.with_window(check, check.kind.gathered(ours, places), check.kind.gathered(theirs, places))
    held = Arms(account.candidate, account.current, tenants=tuple(places))
    return evaluate(check, account.figures, held, schedule)
