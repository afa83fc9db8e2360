"""The looks a suite declares: which cases each of them has seen, and at which level it may be read. Pure.

Blocks are drawn from the seed alone, whole cases and whole clusters, so that a look always sees the same samples
however the run was interrupted, and each block adds information of its own.
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from bot.difftest.stats.spending import nominal_levels
from bot.difftest.suite.model import Case, Suite

ALPHA = 0.05
"""What a comparison may err with, one-sided, over all its looks."""


def blocks(suite: Suite, seed: int) -> tuple[tuple[Case, ...], ...]:
    """The cases in as many parts as the suite declares looks (fewer where it has too few), to be asked one by one."""
    if suite.looks == 1:
        return (suite.cases,)
    groups: dict[str, list[Case]] = {}
    for case in suite.cases:
        groups.setdefault(case.group, []).append(case)
    drawn = list(groups.values())
    random.Random(f"looks {seed}").shuffle(drawn)
    parts: list[list[Case]] = [[]]
    done, total = 0, len(suite.cases)
    for group in drawn:
        if parts[-1] and done >= total * len(parts) / suite.looks:
            parts.append([])
        parts[-1] += group
        done += len(group)
    return tuple(map(tuple, parts))


@dataclass(frozen=True, slots=True)
class Schedule:
    """`cases` seen at each look; `shares` of what each dimension will see, one row a dimension."""

    cases: tuple[int, ...]
    shares: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, suite: Suite, seed: int) -> "Schedule":
        """What a suite declares; one look at the end unless it says otherwise."""
        parts = blocks(suite, seed)
        if len(parts) == 1:
            return cls((len(suite.cases),), ((1.0,),))
        seen = [
            [len(part) for part in parts],
            [sum(bool(case.about_text) for case in part) for part in parts],
            [sum(bool(case.about_tools) for case in part) for part in parts],
        ]
        return cls(tuple(accumulate(seen[0])), tuple({_shares(row): None for row in seen if sum(row)}))

    @property
    def last(self) -> int:
        """The number of the last look, counted from 1."""
        return len(self.cases)

    def level(self, look: int, alpha: float = ALPHA) -> float:
        """The one-sided level at which the `look`-th look (from 1) may be read, of `alpha` for all of them.

        The strictest over the dimensions, which see their cases at different speed: none of them errs more than alpha.
        """
        return min(nominal_levels(alpha, row)[look - 1] for row in self.shares)

    def confidence(self, look: int) -> float:
        """That of the two-sided intervals at a look; 1 means that nothing can be said there."""
        return 1 - 2 * self.level(look)

    def factor(self, look: int) -> Callable[[int], float]:
        """What Holm's step over so many remaining claims multiplies a p value by at that look."""

        def of(claims: int) -> float:
            if self.last == 1:
                return float(claims)
            level = self.level(look, ALPHA / claims)
            return ALPHA / level if level else math.inf

        return of


def _shares(counts: Sequence[int]) -> tuple[float, ...]:
    return tuple(done / sum(counts) for done in accumulate(counts))
