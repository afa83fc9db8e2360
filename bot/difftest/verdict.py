"""From a run's samples to its report. Pure: the same samples give the same report, in whatever order they came.

`pass` needs every primary dimension (intersection-union: no correction). `fail` is the claim that something got worse,
so it is Holm-corrected over the primary dimensions. Everything else, and every doubt about the run itself, is
`inconclusive`. Formulas and their sources: docs/comparison.md.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.difftest import examples
from bot.difftest.dimensions import judged, judged_alone, tools
from bot.difftest.external import UNMAPPED, first_outputs, untested
from bot.difftest.findings import MOST_LOST, Terms
from bot.difftest.judge.summary import judge_notes, judge_report, unfit
from bot.difftest.looks import ALPHA, Schedule
from bot.difftest.marking.mark import Marks
from bot.difftest.model.report import (
    DimensionReport,
    Dimensions,
    DimensionVerdict,
    OverheadReport,
    Regression,
    Report,
)
from bot.difftest.model.sample import ARMS, Sample, SampleKey
from bot.difftest.notes import figure_notes
from bot.difftest.offers import offers
from bot.difftest.outcomes import Outcomes, kinds_of
from bot.difftest.plan import ComparisonPlan
from bot.difftest.ratios import cost, latency
from bot.difftest.sentences import count, figures, joined, settling
from bot.difftest.served import BOTH, joined_or, pinned_in, provider_problem, served_problem
from bot.difftest.stats.binary import mcnemar_exact
from bot.difftest.stats.means import quantile
from bot.difftest.stats.multiplicity import holm
from bot.difftest.suite.model import Suite
from bot.rotation.evidence import Verdict

MOST_OVERHEAD = 0.05
"""The share of a usual answer's time above which what the client adds is told."""
LEAST_MS = 0.1
"""Less than that is not told as a figure."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What the samples alone do not tell: calls made, calls repeated, and whether the run came to its end.

    `stopped` is why it was broken off (its budget), which forbids a verdict. `look` is the declared look, from 1, at
    whose level the samples are judged, None the last; `stopped_early` why the run rightly ended there. `overhead` is
    what the client itself adds to a time; `stored_current` says that the current model is gone and its samples are
    those of an earlier run.
    """

    calls: int
    repeated_calls: int = 0
    stopped: str = ""
    overhead: OverheadReport | None = None
    stored_current: bool = False
    look: int | None = None
    stopped_early: str = ""


def judge(
    suite: Suite,
    plan: ComparisonPlan,
    samples: Iterable[Sample],
    facts: RunFacts,
    marks: Mapping[SampleKey, Marks] | None = None,
) -> Report:
    """The report of a run; `marks` are those of samples that were judged before and may be without their words."""
    known = {case.id for case in suite.cases}
    outcomes = Outcomes(suite, {s.key: s for s in samples if s.key.case in known}, marks or {})
    alone = outcomes.current_gone
    schedule = Schedule.of(suite, plan.seed)
    look = facts.look or schedule.last
    asked_cases = len({case.id for case, *_ in outcomes.pairs()})
    left = len(suite.cases) - asked_cases
    terms = Terms(plan, schedule.confidence(look), left)
    measured = not plan.raw
    dimensions = (
        _dimensions(outcomes, terms, alone=alone, stored=facts.stored_current)
        if measured
        else untested(outcomes, terms)
    )
    found = _holm(dimensions, schedule.factor(look))
    primary = [dimension for _, dimension in found.items() if dimension.primary]
    doubts = _doubts(outcomes, plan, facts, alone=alone)
    verdict = _overall(primary, doubts)
    unasked = 0 if facts.stopped_early else len(suite.cases) * suite.repeats - sum(1 for _ in outcomes.pairs())
    in_doubt = any(doubt != facts.stopped for doubt in doubts)
    told = _reasons(verdict, found, doubts)
    its_judge = judge_report(outcomes.judgements, plan)
    judged_so = judge_notes(its_judge, plan) if its_judge is not None else ()
    undecided = verdict is Verdict.INCONCLUSIVE
    no_judge = undecided and unfit(outcomes.judgements)
    return Report(
        verdict=verdict,
        reason=joined([_gone_reason(plan, suite, facts, alone=alone), *told, facts.stopped_early]),
        mode="stored_current" if facts.stored_current else "candidate_alone" if alone else "paired",
        suite=suite.name,
        suite_digest=suite.digest,
        private=suite.private,
        run_id=plan.identity(suite).id,
        base_url=plan.base_url.rstrip("/"),
        current=plan.current,
        candidate=plan.candidate,
        parameters=plan.asked_with(suite),
        seed=plan.seed,
        repeats=suite.repeats,
        cases=len(suite.cases),
        asked_cases=asked_cases,
        pairs_lost=_lost(outcomes, alone=alone)[0],
        dimensions=found,
        confidence=terms.confidence,
        calls=facts.calls,
        repeated_calls=facts.repeated_calls,
        cost_usd=_spent(s for s in outcomes.samples.values() if not (facts.stored_current and s.key.arm == "current")),
        served_models={arm: _served(outcomes.of(arm)) for arm in ARMS},
        served_providers={arm: _providers(outcomes.of(arm)) for arm in ARMS},
        errors=outcomes.errors(),
        worst_regressions=_worst(outcomes, alone=alone) if measured else (),
        best_gains=() if alone or not measured else examples.gains(outcomes),
        outputs=() if measured else first_outputs(outcomes),
        notes=(*_notes(outcomes, plan, facts), *figure_notes(found, schedule), *judged_so),
        judge=its_judge,
        offers=offers(primary, unasked=unasked, left=left, in_doubt=in_doubt, unfit_judge=no_judge)
        if undecided
        else (),
        looks=schedule.cases if schedule.last > 1 else (),
        stopped_early=facts.stopped_early,
        overhead=facts.overhead,
    )


def _worst(outcomes: Outcomes, *, alone: bool) -> tuple[Regression, ...]:
    return examples.failures_alone(outcomes) if alone else examples.regressions(outcomes)


def _dimensions(outcomes: Outcomes, terms: Terms, *, alone: bool, stored: bool) -> Dimensions:
    return Dimensions(
        quality=(judged_alone if alone else judged)("quality", outcomes, terms),
        tools=tools(outcomes, terms, alone=alone),
        latency=latency(outcomes, terms, alone=alone or stored),
        cost=cost(outcomes, terms, alone=alone or stored),
    )


def _holm(found: Dimensions, factor: Callable[[int], float]) -> Dimensions:
    """The dimensions with Holm's p beside their own, over the primary ones that have one."""
    family = [(name, d.p_worse) for name, d in found.items() if d.primary and d.p_worse is not None]
    adjusted = dict(zip([name for name, _ in family], holm([p for _, p in family], factor), strict=True))
    return found.model_copy(
        update={name: getattr(found, name).model_copy(update={"holm_p": p}) for name, p in adjusted.items()}
    )


def got_worse(dimension: DimensionReport) -> bool:
    """Whether it may be claimed that this dimension got worse."""
    return (
        dimension.primary
        and dimension.verdict is DimensionVerdict.FAIL
        and dimension.holm_p is not None
        and dimension.holm_p <= ALPHA
    )


def _overall(primary: Sequence[DimensionReport], doubts: Sequence[str]) -> Verdict:
    if doubts or not primary:
        return Verdict.INCONCLUSIVE
    if any(map(got_worse, primary)):
        return Verdict.FAIL
    passed = all(dimension.verdict is DimensionVerdict.PASS for dimension in primary)
    return Verdict.PASS if passed else Verdict.INCONCLUSIVE


def _lost(outcomes: Outcomes, *, alone: bool) -> tuple[int, int]:
    """How many pairs were lost, of how many (alone: the candidate's samples)."""
    if alone:
        candidate = outcomes.of("candidate")
        return sum(map(outcomes.missing, candidate)), len(candidate)
    lost = [outcomes.missing(old) or outcomes.missing(new) for _, _, old, new in outcomes.pairs()]
    return sum(lost), len(lost)


def _doubts(outcomes: Outcomes, plan: ComparisonPlan, facts: RunFacts, *, alone: bool) -> list[str]:
    """What forbids a verdict whatever the numbers say."""
    doubts = [facts.stopped] if facts.stopped else []
    if plan.raw:
        doubts.append(UNMAPPED)
    lost, asked = _lost(outcomes, alone=alone)
    if asked == 0:
        doubts.append("no case was answered by both models")
    elif lost > MOST_LOST * asked:
        doubts.append(
            f"{count(lost, 'pair')} of {asked} ({lost / asked:.0%}) {'was' if lost == 1 else 'were'} lost to errors of"
            " network or provider;"
            f" more than {MOST_LOST:.0%} forbid a verdict ({_kinds_lost(outcomes)})"
        )
    elif not alone and (gap := _error_gap(outcomes)):
        doubts.append(gap)
    problems = [served_problem(arm, plan.model(arm), _served(outcomes.of(arm))) for arm in ARMS]
    pinned = pinned_in(plan.asked_with(outcomes.suite))
    problems += [provider_problem(arm, pinned, _providers(outcomes.of(arm))) for arm in ARMS]
    return doubts + [problem for problem in problems if problem is not None]


def _kinds_lost(outcomes: Outcomes) -> str:
    """The kinds of error behind the missing answers, and no others: what counts against a model is not lost."""
    found = {arm: kinds_of(filter(outcomes.missing, outcomes.of(arm))) for arm in ARMS}
    told = [
        f"{arm}: {', '.join(f'{kind} {number}' for kind, number in kinds.items())}"
        for arm, kinds in found.items()
        if kinds
    ]
    return "; ".join(told)


def _error_gap(outcomes: Outcomes) -> str:
    """Whether one side was lost so much more often than the other that the lost pairs are no accident."""
    flags = [(outcomes.missing(old), outcomes.missing(new)) for _, _, old, new in outcomes.pairs()]
    only_current = sum(old and not new for old, new in flags)
    only_candidate = sum(new and not old for old, new in flags)
    if mcnemar_exact(only_current, only_candidate) >= ALPHA:
        return ""
    arm = "candidate" if only_candidate > only_current else "current"
    return (
        f"the {arm} model's answers were lost more often than the other's ({max(only_current, only_candidate)} against"
        f" {min(only_current, only_candidate)}), so the rest is no fair sample"
    )


def _gone_reason(plan: ComparisonPlan, suite: Suite, facts: RunFacts, *, alone: bool) -> str:
    """What a reader must know first where the current model no longer answers; empty where it does."""
    if facts.stored_current:
        return (
            f"the provider no longer has the current model {plan.current}, so the candidate was compared with its last"
            " stored answers; latency and cost were not compared"
        )
    if not alone:
        return ""
    return (
        f"the provider has no current model {plan.current} to compare with, so the candidate was judged alone against"
        f" the suite's stated pass rate of {suite.pass_rate:.0%}; latency and cost were not compared"
    )


def _reasons(verdict: Verdict, found: Dimensions, doubts: list[str]) -> list[str]:
    """The sentences of the verdict, the deciding ones first."""
    tested = [(name, d) for name, d in found.items() if d.verdict is not DimensionVerdict.NOT_TESTED]
    primary = [(name, d) for name, d in tested if d.primary]
    worse = [figures(name, d) for name, d in primary if got_worse(d)]
    open_ones = [(name, d) for name, d in primary if d.verdict is DimensionVerdict.INCONCLUSIVE]
    chance = [(name, d) for name, d in primary if d.verdict is DimensionVerdict.FAIL and not got_worse(d)]
    if verdict is Verdict.PASS:
        return [f"no worse than the margins allow: {'; '.join(figures(name, d) for name, d in primary)}"]
    if verdict is Verdict.FAIL:
        return [f"the candidate is worse: {'; '.join(worse)}"]
    said = [f"cannot tell: {doubt}" for doubt in doubts]
    said += [f"cannot tell about {figures(name, d)}: {d.reason or settling(d.more_cases)}" for name, d in open_ones]
    said += [
        f"{figures(name, d)} looks worse, but with {len(primary)} dimensions looked at it may be chance"
        f" (p {d.p_worse:.3f}, {d.holm_p:.3f} after Holm's correction); more cases would settle it"
        for name, d in chance
        if d.p_worse is not None and d.holm_p is not None
    ]
    return said or ["cannot tell: the suite exercises no primary dimension"]


def _spent(samples: Iterable[Sample]) -> float | None:
    """US dollars of all answers; None when any answer's cost is unknown."""
    costs = [sample.cost_usd for sample in samples if sample.answered or sample.cost_usd is not None]
    known = [amount for amount in costs if amount is not None]
    return math.fsum(known) if len(known) == len(costs) else None


def _served(samples: Iterable[Sample]) -> tuple[str, ...]:
    return tuple(sorted({sample.served_model for sample in samples if sample.served_model}))


def _providers(samples: Iterable[Sample]) -> tuple[str, ...]:
    served = [sample.served_provider for sample in samples if sample.served_provider]
    return tuple(sorted({name for names in served for name in names.split(BOTH)}))


def _overhead_note(outcomes: Outcomes, overhead: OverheadReport | None) -> str:
    """The warning that times are not the server's alone; empty where the client adds next to nothing."""
    times = {arm: [s.latency_s for s in outcomes.of(arm) if s.answered and s.latency_s is not None] for arm in ARMS}
    medians = [quantile(found, 0.5) for found in times.values() if found]
    if overhead is None or not medians or overhead.p50_ms / 1000 <= MOST_OVERHEAD * min(medians):
        return ""
    share = f"{overhead.p50_ms / 1000 / min(medians):.0%} of a usual answer"
    if overhead.p50_ms < 1:  # no lower concurrency would help: the answers are that fast
        adds = f"about {overhead.p50_ms:.1f} ms" if overhead.p50_ms >= LEAST_MS else f"less than {LEAST_MS:g} ms"
        return f"This machine itself adds {adds} to each time, {share}: answers this fast cannot be timed more exactly."
    return (
        f"This machine itself adds about {overhead.p50_ms:.0f} ms to each time, {share}:"
        " with a lower concurrency it would add less."
    )


def _notes(outcomes: Outcomes, plan: ComparisonPlan, facts: RunFacts) -> tuple[str, ...]:
    """What a reader should know beside the verdict."""
    if plan.raw:
        return ()
    notes = [note] if (note := _overhead_note(outcomes, facts.overhead)) else []
    pinned = pinned_in(plan.asked_with(outcomes.suite))
    for arm in ARMS:
        providers = _providers(outcomes.of(arm))
        if pinned and not providers and any(s.answered for s in outcomes.of(arm)):
            notes.append(
                f"{joined_or(pinned)} was pinned, but nobody said which provider answered for the {arm} model."
            )
        if any(s.answered for s in outcomes.of(arm)) and not _served(outcomes.of(arm)):
            notes.append(f"The provider did not say which model answered for the {arm} one.")
        stored = arm == "current" and facts.stored_current  # nobody was asked for these
        capped = plan.max_cost_usd is not None and not stored
        if capped and any(s.answered and s.cost_usd is None for s in outcomes.of(arm)):
            notes.append(f"What the {arm} model's answers cost is unknown, so no budget could be held against them.")
    if any(sample.cost_source == "prices" for sample in outcomes.samples.values()):
        notes.append("Costs are estimated from list prices: the provider's answers carry none.")
    return tuple(notes)
