"""Latency and cost from their outcomes: ratios candidate/current, and the figures shown beside them. Pure."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import fmean

from bot.difftest.estimates import log_ratio
from bot.difftest.findings import MOST_LOST, Rules, Terms, estimated, not_tested, untold
from bot.difftest.model.report import (
    CostReport,
    DimensionReport,
    DimensionVerdict,
    Figures,
    LatencyReport,
    RatioFigure,
)
from bot.difftest.model.sample import ARMS, Arm, Sample
from bot.difftest.outcomes import Outcomes
from bot.difftest.plan import ComparisonPlan
from bot.difftest.stats.means import quantile, quantile_ratio

FEWEST_FOR_P95 = 100
"""Below so many cases a 95th percentile is a matter of five answers."""
_ALONE = "there is no current model to compare with"
Value = Callable[[Sample], float | None]


def _latency(sample: Sample) -> float | None:
    return sample.latency_s if sample.answered else None


def _first_content(sample: Sample) -> float | None:
    return sample.ttft_s if sample.answered else None


def _cost(sample: Sample) -> float | None:
    return sample.cost_usd if sample.answered else None


def latency(outcomes: Outcomes, terms: Terms, *, alone: bool) -> LatencyReport:
    """Time to the complete answer, of the attempt that succeeded."""
    rules = terms.rules("latency", outcomes.suite)
    times = {arm: _known(outcomes.of(arm), _latency) for arm in ARMS}
    first = {arm: _known(outcomes.of(arm), _first_content) for arm in ARMS}
    shown: dict[str, object] = {
        "p50_s": _quantiles(times["current"], times["candidate"], 0.5),
        "p95_s": _quantiles(times["current"], times["candidate"], 0.95),
        "ttft_p50_s": _quantiles(first["current"], first["candidate"], 0.5),
    }
    if alone:
        report = not_tested(rules, _ALONE)
    elif not any(times.values()) and any(sample.answered for arm in ARMS for sample in outcomes.of(arm)):
        report = not_tested(rules, "nobody measured how long the answers took")
    else:
        report = _ratio(rules, outcomes, _latency, exact=False)
        shown["p95_ratio"] = _tail_ratio(rules, outcomes)
        if first["current"] and first["candidate"]:
            shown["ttft"] = _ratio(replace(rules, primary=False), outcomes, _first_content, exact=False)
    return LatencyReport.model_validate({**report.model_dump(), **shown})


def _known(samples: Sequence[Sample], value: Value) -> list[float]:
    return [known for sample in samples if (known := value(sample)) is not None]


def _quantiles(current: Sequence[float], candidate: Sequence[float], p: float) -> Figures:
    return Figures(
        current=quantile(current, p) if current else None, candidate=quantile(candidate, p) if candidate else None
    )


def _tail_ratio(rules: Rules, outcomes: Outcomes) -> RatioFigure | None:
    """The ratio of the 95th percentiles over the cases of which every repeat was timed on both sides.

    None for few cases, and where clusters are named: drawing cases one by one would make too little of the spread.
    """
    table: dict[str, list[tuple[float, float]]] = {}
    for case, _, current, candidate in outcomes.pairs():
        old, new = _latency(current), _latency(candidate)
        if old is not None and new is not None and old > 0:
            table.setdefault(case.id, []).append((old, new))
    rows = [pairs for pairs in table.values() if len(pairs) == outcomes.suite.repeats]
    if len(rows) < FEWEST_FOR_P95 or any(case.cluster is not None for case in outcomes.suite.cases):
        return None
    ratio, interval = quantile_ratio(
        [[old for old, _ in pairs] for pairs in rows],
        [[new for _, new in pairs] for pairs in rows],
        0.95,
        rules.confidence,
        seed=rules.seed,
    )
    return RatioFigure(ratio=ratio, interval=interval, n=len(rows))


def cost(outcomes: Outcomes, terms: Terms, *, alone: bool) -> CostReport:
    """US dollars a case, as billed or by the list; an unknown cost is no cost of zero."""
    rules = terms.rules("cost", outcomes.suite)
    report = not_tested(rules, _ALONE) if alone else _compared_cost(rules, outcomes, terms.plan)
    billed, estimated_usd = _both_prices(outcomes)
    return CostReport.model_validate(
        {
            **report.model_dump(),
            "per_success": None if alone else _per_success(outcomes),
            "billed_usd": billed,
            "estimated_usd": estimated_usd,
        }
    )


def _compared_cost(rules: Rules, outcomes: Outcomes, plan: ComparisonPlan) -> DimensionReport:
    answered = [(old, new) for _, _, old, new in outcomes.pairs() if old.answered and new.answered]
    unknown = [sum(pair[side].cost_usd is None for pair in answered) for side in range(len(ARMS))]
    if max(unknown) > MOST_LOST * len(answered):
        named = [plan.model(arm) for arm, number in zip(ARMS, unknown, strict=True) if number]
        cost, them = ("costs", "it") if len(named) == 1 else ("cost", "them")
        what = f"what {' and '.join(named)} {cost} is unknown"
        return untold(rules, f"{what}: the provider bills no cost, and no price of {them} is listed")
    sources = {sample.cost_source for pair in answered for sample in pair if sample.cost_usd is not None}
    if len(sources) > 1:
        return untold(rules, "some answers were billed by the provider, others only priced by the list")
    return _free(rules, answered) or _ratio(rules, outcomes, _cost, exact=True)


def _per_success(outcomes: Outcomes) -> Figures | None:
    """What each model's answers cost, for each one that passes all that its case is about."""
    pairs = [(o, n) for _, _, o, n in outcomes.pairs() if not outcomes.missing(o) and not outcomes.missing(n)]
    found: dict[Arm, float | None] = {}
    for side, arm in enumerate(ARMS):
        samples = [pair[side] for pair in pairs]
        costs = [sample.cost_usd for sample in samples if sample.answered or sample.cost_usd is not None]
        known = [amount for amount in costs if amount is not None]
        passed = sum(map(outcomes.all_passed, samples))
        found[arm] = math.fsum(known) / passed if passed and len(known) == len(costs) else None
    return Figures(**found) if any(value is not None for value in found.values()) else None


def _both_prices(outcomes: Outcomes) -> tuple[Figures | None, Figures | None]:
    """Mean US dollars of the answers that were billed and have a list price too: the bill, and the list."""
    billed: dict[Arm, float | None] = {}
    listed: dict[Arm, float | None] = {}
    for arm in ARMS:
        both = [
            (sample.cost_usd, sample.listed_usd)
            for sample in outcomes.of(arm)
            if sample.cost_source == "provider" and sample.cost_usd is not None and sample.listed_usd is not None
        ]
        billed[arm] = fmean(bill for bill, _ in both) if both else None
        listed[arm] = fmean(price for _, price in both) if both else None
    if all(value is None for value in billed.values()):
        return None, None
    return Figures(**billed), Figures(**listed)


def _free(rules: Rules, answered: Sequence[tuple[Sample, Sample]]) -> DimensionReport | None:
    """The dimension where a cost of zero forbids a ratio; None where it does not."""
    known = [(o.cost_usd, n.cost_usd) for o, n in answered if o.cost_usd is not None and n.cost_usd is not None]
    if all(old > 0 and new > 0 for old, new in known):
        return None
    means = fmean(old for old, _ in known), fmean(new for _, new in known)
    if any(old == 0 for old, _ in known) and any(old > 0 for old, _ in known):
        return untold(rules, "some of the current model's answers were billed at nothing")
    if means[0] == 0 and means[1] > 0:
        verdict, value, reason = DimensionVerdict.FAIL, None, "the current model is free, the candidate is not"
    elif all(new == 0 for _, new in known):
        verdict, value = DimensionVerdict.PASS, 1.0 if means[0] == 0 else 0.0
        reason = "both models are free" if means[0] == 0 else "the candidate is free"
    else:
        return untold(rules, "some of the candidate's answers were billed at nothing")
    return DimensionReport(
        verdict=verdict,
        primary=rules.primary,
        margin=rules.margin,
        n=len(known),
        current=means[0],
        candidate=means[1],
        difference=value,
        interval=None if value is None else (value, value),
        method="zero cost",
        reason=reason,
        p_worse=0.0 if verdict is DimensionVerdict.FAIL else 1.0,
    )


def _ratio(rules: Rules, outcomes: Outcomes, value: Value, *, exact: bool) -> DimensionReport:
    """A ratio candidate/current over the cases that both sides have the number for."""
    table: dict[str, list[tuple[float, float]]] = {}
    clusters: dict[str, str] = {}
    for case, _, current, candidate in outcomes.pairs():
        old, new = value(current), value(candidate)
        if old is not None and new is not None and old > 0 and new > 0:
            table.setdefault(case.id, []).append((old, new))
            clusters[case.id] = case.group
    logs = [fmean(math.log(new) - math.log(old) for old, new in pairs) for pairs in table.values()]
    found = log_ratio(
        logs, [clusters[case] for case in table], exact=exact, seed=rules.seed, confidence=rules.confidence
    )
    if found is None:
        return untold(rules, "fewer than two cases were answered by both models")
    middle = _mean if exact else _geometric_mean
    report = estimated(
        replace(rules, margin=math.log1p(rules.margin)),
        found,
        current=middle([old for pairs in table.values() for old, _ in pairs]),
        candidate=middle([new for pairs in table.values() for _, new in pairs]),
    )
    return report.model_copy(
        update={
            "margin": rules.margin,
            "difference": math.exp(-found.difference),
            "interval": (math.exp(-found.high), math.exp(-found.low)),
        }
    )


def _mean(values: Sequence[float]) -> float:
    return fmean(values)


def _geometric_mean(values: Sequence[float]) -> float:
    return math.exp(fmean(map(math.log, values)))
