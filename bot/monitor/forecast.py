"""What a month will cost when the new model serves everything, held against the envelope. Pure.

The watched stage says how much dearer or cheaper a request is; what a month costs now was measured over all stages. So
the forecast is the month as it is, times what the bake found, with the bake's own interval.
"""

from typing import Final

from bot.rotation.evidence import ENVELOPE, CheckResult, Dimension, Verdict

UNIT: Final = "USD a month"


def envelope_check(cost: CheckResult, *, month_usd: float, envelope: float) -> CheckResult | None:
    """The forecast as a check that is only reported; None while the cost check has nothing to go by.

    `fail` when even the lower bound breaks the envelope, `pass` when the upper one keeps it. `difference` and
    `interval` are the cost check's: relative to what a month costs now.
    """
    if cost.difference is None or cost.interval is None:
        return None
    low, high = cost.interval
    verdict = Verdict.INCONCLUSIVE
    if low is not None and month_usd * (1 + low) > envelope:
        verdict = Verdict.FAIL
    elif high is not None and month_usd * (1 + high) <= envelope:
        verdict = Verdict.PASS
    return CheckResult(
        name=ENVELOPE,
        dimension=Dimension.COST,
        role="report",
        verdict=verdict,
        unit=UNIT,
        candidate=month_usd * (1 + cost.difference),
        current=month_usd,
        difference=cost.difference,
        interval=cost.interval,
        limit=envelope,
        n_candidate=cost.n_candidate,
        n_current=cost.n_current,
    )
