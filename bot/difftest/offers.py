"""What would settle an inconclusive verdict, and can be done. Pure."""

import math
from collections.abc import Sequence

from bot.difftest.looks import ALPHA
from bot.difftest.model.report import DimensionReport, DimensionVerdict
from bot.student import normal_quantile

UNUSED_CASES = "unused_cases"
OTHER_JUDGE = "other_judge"
OWNER_DECISION = "owner_decision"


def offers(
    primary: Sequence[DimensionReport], *, unasked: int, in_doubt: bool, unfit_judge: bool = False, left: int = 0
) -> tuple[str, ...]:
    """Machine words, what settles it before what only decides it.

    `in_doubt` says that something else than the number of cases forbids a verdict: more of them would settle nothing.
    `unasked` samples of the suite were never asked for: to ask them is offered before new cases are drawn. An
    `unfit_judge` could tell nothing of any number of cases. `left` cases the suite has beside those of a run that
    rightly ended early: only what is wanted beyond them has to be drawn, and the longer suite then asks them too.
    """
    if unfit_judge:
        return OTHER_JUDGE, OWNER_DECISION
    if in_doubt:
        return (OWNER_DECISION,)
    if unasked:
        return UNUSED_CASES, OWNER_DECISION
    needed = [_more(dimension, len(primary)) for dimension in primary if not _settled(dimension)]
    known = [cases for cases in needed if cases]
    if len(known) < len(needed) or not known:
        return (OWNER_DECISION,)
    return f"more_traffic:{max(1, max(known) - left)}", OWNER_DECISION


def _settled(dimension: DimensionReport) -> bool:
    if dimension.verdict is DimensionVerdict.FAIL:
        return dimension.holm_p is not None and dimension.holm_p <= ALPHA
    return dimension.verdict is DimensionVerdict.PASS


def _more(dimension: DimensionReport, family: int) -> int | None:
    """Cases to add at the rates seen; for one that may look worse by chance, until Holm's first step agrees with it."""
    if dimension.verdict is DimensionVerdict.INCONCLUSIVE:
        return dimension.more_cases
    if dimension.p_worse is None or not 0 < dimension.p_worse < 0.5 or not dimension.n:  # noqa: PLR2004 (half)
        return None
    wanted, seen = normal_quantile(1 - ALPHA / family), normal_quantile(1 - dimension.p_worse)
    return max(1, math.ceil(dimension.n * ((wanted / seen) ** 2 - 1)))
