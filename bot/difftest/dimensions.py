"""Quality and tools from their outcomes: pass rates, the verdict, and each side of tool behaviour. Pure."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from bot.difftest.estimates import Estimate, rate_against, rate_difference
from bot.difftest.findings import Rules, Terms, estimated, not_tested, untold
from bot.difftest.judge.summary import judge_problem
from bot.difftest.model.report import CONFIDENCE, TOOL_METRICS, DimensionReport, ToolMetric, ToolsReport
from bot.difftest.model.sample import Sample
from bot.difftest.outcomes import Judged, Outcomes
from bot.difftest.sentences import NOT_EXERCISED, count
from bot.difftest.stats.binary import wilson_interval

LEAST_PASSED = 0.05
"""What the upper bound (Wilson) of the current model's pass rate must exceed: below it there is nothing to lose."""

LOST_DECIDE = "the answers that were lost or not judged could change the verdict"

Seen = tuple[float | None, float | None]
"""One pair: passed (1 or 0) by current and candidate; None where the answer is lost."""
Table = Mapping[str, Sequence[tuple[float, float]]]
"""The pairs of each case."""


def judged(dimension: Judged, outcomes: Outcomes, terms: Terms) -> DimensionReport:
    """Quality or tools, both models on the same cases."""
    rules = terms.rules(dimension, outcomes.suite)
    if not outcomes.exercised(dimension):
        return not_tested(rules, NOT_EXERCISED)
    unusable = judge_problem(outcomes.judgements) if dimension == "quality" else ""
    found = _paired(rules, outcomes, seen_pairs(dimension, outcomes), unusable)
    return found or untold(rules, unusable or "no case was answered by both models")


def tools(outcomes: Outcomes, terms: Terms, *, alone: bool) -> ToolsReport:
    """Tools as a whole, and each of its metrics where there are two models to compare."""
    whole = (judged_alone if alone else judged)("tools", outcomes, terms)
    rules = replace(terms.rules("tools", outcomes.suite), primary=False)
    metrics: dict[ToolMetric, DimensionReport] = {}
    exercising = {} if alone else _exercising(outcomes)
    for metric in TOOL_METRICS:
        if metric in exercising:
            found = _paired(rules, outcomes, _metric_pairs(metric, exercising[metric], outcomes))
            metrics[metric] = found or untold(rules, "no case tells it of both models")
    return ToolsReport.model_validate({**whole.model_dump(), "metrics": metrics})


def _exercising(outcomes: Outcomes) -> dict[ToolMetric, set[str]]:
    """The cases in which each metric could be told of at least one answer."""
    found: dict[ToolMetric, set[str]] = {}
    for key, marks in outcomes.marks.items():
        for metric in marks.metrics:
            found.setdefault(metric, set()).add(key.case)
    return found


def seen_pairs(dimension: Judged, outcomes: Outcomes) -> dict[str, list[Seen]]:
    """What both models did in the cases that exercise the dimension."""
    exercised = {case.id for case in outcomes.exercised(dimension)}

    def told(sample: Sample) -> tuple[bool, float | None]:
        return sample.key.case in exercised, outcomes.passed(dimension, sample)

    return _collected(outcomes, told)


def _metric_pairs(metric: ToolMetric, exercised: set[str], outcomes: Outcomes) -> dict[str, list[Seen]]:
    """What both models did where the metric can be told of both; a model's own error fails it."""

    def told(sample: Sample) -> tuple[bool, float | None]:
        if sample.key.case not in exercised:
            return False, None
        if outcomes.missing(sample):
            return True, None
        met = outcomes.marks[sample.key].metrics.get(metric)
        return met is not None or not sample.answered, float(bool(met))

    return _collected(outcomes, told)


def _collected(outcomes: Outcomes, told: Callable[[Sample], tuple[bool, float | None]]) -> dict[str, list[Seen]]:
    """The pairs of which `told` can be said of both samples, by case."""
    seen: dict[str, list[Seen]] = {}
    for case, _, current, candidate in outcomes.pairs():
        (before, old), (after, new) = told(current), told(candidate)
        if before and after:
            seen.setdefault(case.id, []).append((old, new))
    return seen


def _paired(
    rules: Rules, outcomes: Outcomes, seen: Mapping[str, Sequence[Seen]], unsure: str = ""
) -> DimensionReport | None:
    """The dimension over these pairs; None where both models answered none of them. `unsure` forbids a verdict."""
    complete = filled(seen, None, None)
    if not complete:
        return None
    found = difference(rules, outcomes, complete)
    possible = {found.verdict(rules.margin)}
    if any(None in pair for pairs in seen.values() for pair in pairs):
        bounds = filled(seen, 1.0, 0.0), filled(seen, 0.0, 1.0)
        possible |= {difference(rules, outcomes, table).verdict(rules.margin) for table in bounds}
    return estimated(
        rules,
        found,
        current=fmean(fmean(old for old, _ in pairs) for pairs in complete.values()),
        candidate=fmean(fmean(new for _, new in pairs) for pairs in complete.values()),
        unsure=unsure or (LOST_DECIDE if len(possible) > 1 else _shows_nothing(complete, found)),
    )


def _shows_nothing(table: Table, found: Estimate) -> str:
    """Why a pass on these cases would say nothing; empty where it says something.

    Where the current model has nothing to lose, no candidate could fail. One that is better beyond doubt has shown that
    the cases tell models apart.
    """
    rates = [fmean(old for old, _ in pairs) for pairs in table.values()]
    passed = math.fsum(rates)
    if found.low > 0 or (passed and wilson_interval(passed, len(rates), CONFIDENCE)[1] > LEAST_PASSED):
        return ""
    least = f"only {passed:g} of {count(len(rates), 'case')}" if passed else "no case"
    return f"the current model passes {least}: this suite can show nothing"


def difference(rules: Rules, outcomes: Outcomes, table: Table) -> Estimate:
    """Candidate minus current over these cases."""
    gaps = [fmean(new - old for old, new in pairs) for pairs in table.values()]
    groups = [outcomes.cases[case].group for case in table]
    return rate_difference(gaps, groups, seed=rules.seed, confidence=rules.confidence)


def filled(
    seen: Mapping[str, Sequence[Seen]], current: float | None, candidate: float | None
) -> dict[str, list[tuple[float, float]]]:
    """The pairs with these marks in place of the lost ones (Manski's bounds); None leaves a pair out."""
    table = {}
    for case, pairs in seen.items():
        marked = [(current if old is None else old, candidate if new is None else new) for old, new in pairs]
        if kept := [(old, new) for old, new in marked if old is not None and new is not None]:
            table[case] = kept
    return table


def judged_alone(dimension: Judged, outcomes: Outcomes, terms: Terms) -> DimensionReport:
    """Quality or tools of the candidate against the suite's stated pass rate."""
    rules = terms.rules(dimension, outcomes.suite)
    exercised = {case.id for case in outcomes.exercised(dimension)}
    if not exercised:
        return not_tested(rules, NOT_EXERCISED)
    seen: dict[str, list[float | None]] = {}
    for sample in outcomes.of("candidate"):
        if sample.key.case in exercised:
            seen.setdefault(sample.key.case, []).append(outcomes.passed(dimension, sample))

    def estimate(lost_as: float | None) -> Estimate | None:
        marked = [[lost_as if mark is None else mark for mark in marks] for marks in seen.values()]
        known = [[mark for mark in marks if mark is not None] for marks in marked]
        rates = [fmean(marks) for marks in known if marks]
        passed, stated = math.fsum(rates), outcomes.suite.pass_rate
        return rate_against(passed, len(rates), stated, confidence=rules.confidence) if rates else None

    unusable = judge_problem(outcomes.judgements) if dimension == "quality" else ""
    found = estimate(None)
    if found is None:
        return untold(rules, unusable or "the candidate answered no case")
    verdicts = {possible.verdict(rules.margin) for possible in (found, estimate(0.0), estimate(1.0)) if possible}
    return estimated(
        rules,
        found,
        current=None,
        candidate=outcomes.suite.pass_rate + found.difference,
        unsure=unusable or (LOST_DECIDE if len(verdicts) > 1 else ""),
    )
