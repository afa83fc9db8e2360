"""What a report says of its judge: counts, whether it can be relied on, and that in words. Pure."""

import math
from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Final

from bot.difftest.judge.calls import is_judges
from bot.difftest.judge.family import same_family
from bot.difftest.judge.probing import Probe, probe_note, probe_problem
from bot.difftest.judge.tally import JudgedPair, Judgements
from bot.difftest.model.report import JudgeReport
from bot.difftest.model.sample import ARMS, Sample
from bot.difftest.plan import ComparisonPlan
from bot.difftest.sentences import count, money
from bot.difftest.served import served_problem
from bot.difftest.stats.binary import mcnemar_exact

MOST_UNJUDGED: Final = 0.05
"""The largest share of unjudged pairs that a verdict on quality can bear."""
MOST_FLIPS: Final = 0.25
"""The share of pairs with disagreeing orders above which a judge is called unreliable."""
FEWEST_FOR_FLIPS: Final = 10
MOST_BY_PLACE: Final = 0.5
"""The share of pairs judged by place above which nothing is known: a coin takes one place twice in half of them."""
UNLIKELY: Final = 0.05
LONGER: Final = 1.2
"""A ratio of lengths from which on it is said: judges favour length (Zheng et al. 2023, verbosity bias)."""


def first_slot_p(first: int, choices: int) -> float:
    """Exact two-sided binomial p of so many choices for the first slot, by an even coin.

    Both orders of a pair are in it. Without a preference for a place their chances are q and 1 - q, and a sum of such
    draws spreads no wider than the coin's (Hoeffding 1956): the test is never too eager.
    """
    return mcnemar_exact(first, choices - first)


def judge_report(judgements: Judgements, plan: ComparisonPlan) -> JudgeReport | None:
    """The judge's part of a report; None for a suite without rubrics."""
    judge = judgements.suite.judge
    if judge is None or not any(case.rubrics for case in judgements.suite.cases):
        return None
    calls = [sample for sample in judgements.samples.values() if is_judges(sample.key)]
    pairs, found = judgements.pairs, [f for f in judgements.findings.values() if f is not None]
    outcomes = [pair.outcome for pair in pairs]
    asked = [pair for pair in pairs if pair.asked and not pair.identical]
    slots = [choice.better for pair in asked for choice in pair.choices if choice is not None]
    first, second = slots.count("first"), slots.count("second")
    relatives = tuple(arm for arm in ARMS if same_family(judge.model, plan.model(arm)))
    return JudgeReport(
        model=judge.model,
        calls=sum(sample.attempts for sample in calls),
        cost_usd=_cost(calls),
        judged=judgements.needed - judgements.unjudged,
        unjudged=judgements.unjudged,
        wins=outcomes.count("win"),
        losses=outcomes.count("loss"),
        ties=outcomes.count("tie"),
        identical=sum(pair.identical for pair in pairs),
        met=sum(finding.meets for finding in found),
        flip_rate=sum(pair.flipped for pair in asked) / len(asked) if asked else None,
        first_slot_rate=first / (first + second) if first + second else None,
        first_slot_p=first_slot_p(first, first + second) if first + second else None,
        same_family=bool(relatives),
        relatives=relatives,
        length_ratio=_length_ratio(pairs),
        served_models=tuple(sorted({sample.served_model for sample in calls if sample.served_model})),
        control_pairs=judgements.probe.pairs,
        control_planted=judgements.probe.planted,
        control_harmless=judgements.probe.harmless,
        control_p=judgements.probe.p,
        follows_planted=judgements.probe.follows,
    )


def _cost(calls: Sequence[Sample]) -> float | None:
    billed = [sample.cost_usd for sample in calls if sample.answered or sample.cost_usd is not None]
    known = [amount for amount in billed if amount is not None]
    return math.fsum(known) if len(known) == len(billed) else None


def _length_ratio(pairs: Sequence[JudgedPair]) -> float | None:
    before = fmean(len(pair.current.text) for pair in pairs) if pairs else 0.0
    return fmean(len(pair.candidate.text) for pair in pairs) / before if before else None


def judge_problem(judgements: Judgements) -> str:
    """Why quality must not be judged at all: by whom answers can talk to, too little, or by the place they stood in."""
    if problem := probe_problem(judgements.probe):
        return problem
    unjudged, needed = judgements.unjudged, judgements.needed
    if unjudged <= MOST_UNJUDGED * needed:
        return _place_problem(judgements)
    what = "answer" if judgements.alone else "pair"
    return (
        f"{count(unjudged, what)} of {needed} ({unjudged / needed:.0%}) got no usable judgement;"
        f" more than {MOST_UNJUDGED:.0%} forbid a verdict on quality"
    )


def unfit(judgements: Judgements) -> bool:
    """Whether this judge could tell nothing of any number of cases."""
    return bool(probe_problem(judgements.probe) or _place_problem(judgements))


def _place_problem(judgements: Judgements) -> str:
    """All of those pairs are ties, so that whatever they hide would pass."""
    asked = [pair for pair in judgements.pairs if pair.asked and not pair.identical]
    by_place = sum(pair.same_place for pair in asked)
    if len(asked) < FEWEST_FOR_FLIPS or by_place <= MOST_BY_PLACE * len(asked):
        return ""
    return (
        f"in {by_place} of {count(len(asked), 'pair')} the judge took the same place in both orders, more often than a"
        " coin would: it tells places, not answers; ask another judge"
    )


def judge_notes(report: JudgeReport, plan: ComparisonPlan) -> Iterator[str]:
    """What a reader should know of the judge: what it said and took, then whether it can be relied on."""
    judge = report.model
    asked = report.judged - report.identical
    yield _said(report)
    if report.flip_rate is not None and report.flip_rate > MOST_FLIPS and asked >= FEWEST_FOR_FLIPS:
        yield (
            f"The judge {judge} contradicted itself in {report.flip_rate:.0%} of {count(asked, 'pair')} when the"
            " answers changed places: it is unreliable on this suite, and those pairs count as ties."
        )
    rate, p = report.first_slot_rate, report.first_slot_p
    if rate is not None and p is not None and p < UNLIKELY:
        place, share = ("first", rate) if rate > 1 / 2 else ("second", 1 - rate)
        yield (
            f"The judge {judge} favours the answer it reads {place} ({share:.0%} of its choices, p {p:.2g}): real"
            " differences may be hidden among the ties."
        )
    probe = Probe(report.control_pairs, report.control_planted, report.control_harmless)
    if asked and (note := probe_note(judge, probe)):
        yield note
    if report.same_family:
        named = " and ".join(f"the {arm} model {plan.model(arm)}" for arm in report.relatives)
        yield f"The judge {judge} is of the same family as {named}, and may favour its own kind: ask another one."
    if report.unjudged:
        needed = report.judged + report.unjudged
        yield f"{count(report.unjudged, 'judgement')} of {needed} could not be had from {judge}."
    ratio = report.length_ratio
    if ratio is not None and (longest := max(ratio, 1 / ratio if ratio else 0.0)) > LONGER and asked:
        longer = "candidate" if ratio > 1 else "current model"
        yield f"The {longer}'s answers are {longest:.1f} times as long as the other's; judges tend to favour length."
    if (problem := served_problem("judge", judge, report.served_models)) is not None:
        yield f"{problem[0].upper()}{problem[1:]}."


def _said(report: JudgeReport) -> str:
    cost = "cost unknown" if report.cost_usd is None else money(report.cost_usd)
    took = f"{count(report.calls, 'call')}, {cost}"
    paired = report.wins + report.losses + report.ties
    if not paired and report.judged:
        answers = count(report.judged, "answer")
        return f"Rubrics were judged by {report.model}: {report.met} of {answers} meet them; {took}."
    same = f" ({report.identical} with the same answer twice)" if report.identical else ""
    return (
        f"Rubrics were judged by {report.model}, in both orders: better in {report.wins}, worse in {report.losses},"
        f" tied in {report.ties}{same} of {count(paired, 'pair')}; {took}."
    )
