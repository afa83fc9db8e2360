"""Each dimension of a comparison from its outcomes: the numbers, the verdict, and why. Pure."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from bot.difftest.estimates import Estimate, log_ratio, rate_against, rate_difference
from bot.difftest.model.report import DimensionReport, DimensionVerdict, Figures, LatencyReport
from bot.difftest.model.sample import ARMS, Sample
from bot.difftest.outcomes import Judged, Outcomes
from bot.difftest.plan import ComparisonPlan
from bot.difftest.sentences import NOT_EXERCISED, settling
from bot.difftest.stats.means import quantile
from bot.difftest.suite.model import Case, DimensionName
from bot.rotation.evidence import Verdict

MOST_LOST = 0.05
"""The largest share of lost pairs that a verdict can bear."""

LOST_DECIDE = "the answers that were lost could change the verdict"

Seen = tuple[float | None, float | None]
"""One pair: passed (1 or 0) by current and candidate; None where the answer is lost."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a dimension is judged by."""

    name: DimensionName
    margin: float
    primary: bool
    seed: int

    @classmethod
    def of(cls, name: DimensionName, outcomes: Outcomes, plan: ComparisonPlan) -> "Rules":
        """The rules that suite and plan give."""
        return cls(name, plan.margin(outcomes.suite, name), plan.is_primary(outcomes.suite, name), plan.seed)


def judged(dimension: Judged, outcomes: Outcomes, plan: ComparisonPlan) -> DimensionReport:
    """Quality or tools, both models on the same cases."""
    rules = Rules.of(dimension, outcomes, plan)
    exercised = {case.id: cluster_of(case) for case in outcomes.exercised(dimension)}
    if not exercised:
        return not_tested(rules, NOT_EXERCISED)
    seen: dict[str, list[Seen]] = {}
    for case, _, current, candidate in outcomes.pairs():
        if case.id in exercised:
            pair = outcomes.passed(dimension, current), outcomes.passed(dimension, candidate)
            seen.setdefault(case.id, []).append(pair)
    complete = _filled(seen, None, None)
    if not complete:
        return _nothing(rules, "no case was answered by both models")

    def estimate(table: Mapping[str, Sequence[tuple[float, float]]]) -> Estimate:
        gaps = [fmean(new - old for old, new in pairs) for pairs in table.values()]
        return rate_difference(gaps, [exercised[case] for case in table], seed=plan.seed)

    found = estimate(complete)
    worst, best = estimate(_filled(seen, 1.0, 0.0)), estimate(_filled(seen, 0.0, 1.0))
    verdicts = {possible.verdict(rules.margin) for possible in (found, worst, best)}
    return _estimated(
        rules,
        found,
        current=fmean(fmean(old for old, _ in pairs) for pairs in complete.values()),
        candidate=fmean(fmean(new for _, new in pairs) for pairs in complete.values()),
        unsure=LOST_DECIDE if len(verdicts) > 1 else "",
    )


def _filled(
    seen: Mapping[str, Sequence[Seen]], current: float | None, candidate: float | None
) -> dict[str, list[tuple[float, float]]]:
    """The pairs with these marks in place of the lost ones (Manski's bounds); None leaves a pair out."""
    table = {}
    for case, pairs in seen.items():
        filled = [(current if old is None else old, candidate if new is None else new) for old, new in pairs]
        if kept := [(old, new) for old, new in filled if old is not None and new is not None]:
            table[case] = kept
    return table


def judged_alone(dimension: Judged, outcomes: Outcomes, plan: ComparisonPlan) -> DimensionReport:
    """Quality or tools of the candidate against the suite's stated pass rate."""
    rules = Rules.of(dimension, outcomes, plan)
    exercised = {case.id for case in outcomes.exercised(dimension)}
    if not exercised:
        return not_tested(rules, NOT_EXERCISED)
    seen: dict[str, list[float | None]] = {}
    for sample in outcomes.of("candidate"):
        if sample.key.case in exercised:
            seen.setdefault(sample.key.case, []).append(outcomes.passed(dimension, sample))

    def estimate(lost_as: float | None) -> Estimate | None:
        filled = [[lost_as if mark is None else mark for mark in marks] for marks in seen.values()]
        known = [[mark for mark in marks if mark is not None] for marks in filled]
        rates = [fmean(marks) for marks in known if marks]
        return rate_against(math.fsum(rates), len(rates), outcomes.suite.pass_rate) if rates else None

    found = estimate(None)
    if found is None:
        return _nothing(rules, "the candidate answered no case")
    verdicts = {possible.verdict(rules.margin) for possible in (found, estimate(0.0), estimate(1.0)) if possible}
    return _estimated(
        rules,
        found,
        current=None,
        candidate=outcomes.suite.pass_rate + found.difference,
        unsure=LOST_DECIDE if len(verdicts) > 1 else "",
    )


def latency(outcomes: Outcomes, plan: ComparisonPlan, *, alone: bool) -> LatencyReport:
    """Time to the complete answer, of the attempt that succeeded."""
    rules = Rules.of("latency", outcomes, plan)
    answered = {arm: [s for s in outcomes.of(arm) if s.answered and s.latency_s is not None] for arm in ARMS}
    times = {arm: [s.latency_s for s in answered[arm] if s.latency_s is not None] for arm in ARMS}
    first = {arm: [s.ttft_s for s in answered[arm] if s.ttft_s is not None] for arm in ARMS}
    quantiles = {
        "p50_s": _quantiles(times["current"], times["candidate"], 0.5),
        "p95_s": _quantiles(times["current"], times["candidate"], 0.95),
        "ttft_p50_s": _quantiles(first["current"], first["candidate"], 0.5),
    }
    if alone:
        report = not_tested(rules, "there is no current model to compare with")
    else:
        report = _ratio(rules, outcomes, lambda s: s.latency_s if s.answered else None, exact=False)
    return LatencyReport.model_validate({**report.model_dump(), **quantiles})


def _quantiles(current: Sequence[float], candidate: Sequence[float], p: float) -> Figures:
    return Figures(
        current=quantile(current, p) if current else None, candidate=quantile(candidate, p) if candidate else None
    )


def cost(outcomes: Outcomes, plan: ComparisonPlan, *, alone: bool) -> DimensionReport:
    """US dollars a case, as billed or by the list; an unknown cost is no cost of zero."""
    rules = Rules.of("cost", outcomes, plan)
    if alone:
        return not_tested(rules, "there is no current model to compare with")
    answered = [(old, new) for _, _, old, new in outcomes.pairs() if old.answered and new.answered]
    unknown = {
        arm: sum(pair[side].cost_usd is None for pair in answered) for side, arm in enumerate(("current", "candidate"))
    }
    if answered and max(unknown.values()) > MOST_LOST * len(answered):
        models = [plan.current if unknown["current"] else "", plan.candidate if unknown["candidate"] else ""]
        named = " and ".join(model for model in models if model)
        reason = f"what {named} costs is unknown: the provider bills no cost, and no price of it is listed"
        return _nothing(rules, reason)
    sources = {sample.cost_source for pair in answered for sample in pair if sample.cost_usd is not None}
    if len(sources) > 1:
        return _nothing(rules, "some answers were billed by the provider, others only priced by the list")
    if (free := _free(rules, answered)) is not None:
        return free
    return _ratio(rules, outcomes, lambda s: s.cost_usd if s.answered else None, exact=True)


def _free(rules: Rules, answered: Sequence[tuple[Sample, Sample]]) -> DimensionReport | None:
    """The dimension where a cost of zero forbids a ratio; None where it does not."""
    known = [(o.cost_usd, n.cost_usd) for o, n in answered if o.cost_usd is not None and n.cost_usd is not None]
    if all(old > 0 and new > 0 for old, new in known):
        return None
    means = fmean(old for old, _ in known), fmean(new for _, new in known)
    if any(old == 0 for old, _ in known) and any(old > 0 for old, _ in known):
        return _nothing(rules, "some of the current model's answers were billed at nothing")
    if means[0] == 0 and means[1] > 0:
        verdict, value, reason = DimensionVerdict.FAIL, None, "the current model is free, the candidate is not"
    elif all(new == 0 for _, new in known):
        verdict, value = DimensionVerdict.PASS, 1.0 if means[0] == 0 else 0.0
        reason = "both models are free" if means[0] == 0 else "the candidate is free"
    else:
        return _nothing(rules, "some of the candidate's answers were billed at nothing")
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


def _ratio(
    rules: Rules, outcomes: Outcomes, value: Callable[[Sample], float | None], *, exact: bool
) -> DimensionReport:
    """A ratio candidate/current over the cases that both sides have the number for."""
    table: dict[str, list[tuple[float, float]]] = {}
    clusters: dict[str, str] = {}
    for case, _, current, candidate in outcomes.pairs():
        old, new = value(current), value(candidate)
        if old is not None and new is not None and old > 0 and new > 0:
            table.setdefault(case.id, []).append((old, new))
            clusters[case.id] = cluster_of(case)
    logs = [fmean(math.log(new) - math.log(old) for old, new in pairs) for pairs in table.values()]
    found = log_ratio(logs, [clusters[case] for case in table], exact=exact)
    if found is None:
        return _nothing(rules, "fewer than two cases were answered by both models")
    middle = _mean if exact else _geometric_mean
    report = _estimated(
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


def _estimated(
    rules: Rules, found: Estimate, *, current: float | None, candidate: float, unsure: str = ""
) -> DimensionReport:
    """A dimension with its interval; `unsure` is a reason for which it cannot be told in spite of it."""
    verdict = Verdict.INCONCLUSIVE if unsure else found.verdict(rules.margin)
    why, more = unsure or found.unusable, None
    if verdict is Verdict.INCONCLUSIVE and not why:
        more = found.more_cases(rules.margin)
        why = settling(more)
    return DimensionReport(
        verdict=DimensionVerdict(verdict.value),
        primary=rules.primary,
        current=current,
        candidate=candidate,
        difference=found.difference,
        interval=(found.low, found.high),
        margin=rules.margin,
        n=found.n,
        method=found.method,
        reason=why,
        p_worse=found.p_worse,
        more_cases=more,
    )


def cluster_of(case: Case) -> str:
    """The group a case belongs to: its own where none is named."""
    return f"case {case.id}" if case.cluster is None else f"cluster {case.cluster}"


def not_tested(rules: Rules, reason: str) -> DimensionReport:
    """A dimension the run says nothing about, which is no verdict and needs none."""
    return DimensionReport(verdict=DimensionVerdict.NOT_TESTED, primary=False, margin=rules.margin, reason=reason)


def _nothing(rules: Rules, reason: str) -> DimensionReport:
    """A dimension that should have been tested and cannot be told."""
    return DimensionReport(
        verdict=DimensionVerdict.INCONCLUSIVE, primary=rules.primary, margin=rules.margin, reason=reason
    )
