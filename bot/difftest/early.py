"""Whether a run may end at one of the looks its suite declares. Pure: the same samples decide the same.

Two reasons are valid. The verdict is reached at the level which this look may spend (O'Brien and Fleming's spending
function by Lan and DeMets, for pass and for harm alike; docs/comparison.md). Or no outcome of the cases that are left
could change the verdict any more, which is exact and spends nothing. A look that says neither is told to nobody.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.difftest.dimensions import Seen, difference, filled, seen_pairs
from bot.difftest.estimates import NEARLY_ALL, Estimate
from bot.difftest.findings import Terms
from bot.difftest.looks import ALPHA, Schedule
from bot.difftest.marking.mark import Marks
from bot.difftest.model.report import DimensionReport, Report
from bot.difftest.model.sample import Sample, SampleKey
from bot.difftest.outcomes import JUDGED, Judged, Outcomes
from bot.difftest.plan import ComparisonPlan
from bot.difftest.suite.model import DIMENSIONS, Suite
from bot.difftest.verdict import RunFacts, got_worse, judge
from bot.rotation.evidence import Verdict
from bot.student import normal_quantile


@dataclass(frozen=True, slots=True)
class EarlyStop:
    """The run ends here: judge it at the level of `look` (from 1; None is the last one's), and say `why`."""

    look: int | None
    why: str


def stopping(
    suite: Suite,
    plan: ComparisonPlan,
    samples: Iterable[Sample],
    look: int,
    marks: Mapping[SampleKey, Marks] | None = None,
) -> EarlyStop | None:
    """Whether the run ends at the `look`-th look (from 1); None to go on, and at the last look, where it ends anyway.

    `samples` must be those of all cases up to that look and of no other, else a resumed run might decide otherwise;
    `marks` are those of samples that were judged before.
    """
    schedule = Schedule.of(suite, plan.seed)
    if look >= schedule.last:
        return None
    outcomes = Outcomes(suite, {sample.key: sample for sample in samples}, marks or {})
    if outcomes.current_gone:
        return None  # what stands in for it is only known at the end
    done = f"after {schedule.cases[look - 1]:,} of {len(suite.cases):,} cases"
    place = f"the run ended at look {look} of {schedule.last}, {done}"
    if schedule.level(look) > 0:
        facts = RunFacts(calls=0, look=look)
        report = judge(suite, plan, outcomes.samples.values(), facts, outcomes.marks)
        if report.verdict is Verdict.PASS or (report.verdict is Verdict.FAIL and _stays_worse(report, schedule, look)):
            return EarlyStop(look, f"{place}: its verdict holds at the stricter level that this look may use")
    settled = _settled(outcomes, plan, schedule)
    return EarlyStop(None, f"{place}: {settled}") if settled else None


def _stays_worse(report: Report, schedule: Schedule, look: int) -> bool:
    """Whether a dimension that got worse would not pass with all cases either, were it one standard error better.

    Few cases show a small loss before they can show that it lies within the margin; such a run goes on.
    """
    more = math.sqrt(schedule.cases[look - 1] / schedule.cases[-1])
    drawn_in = (more * _z(schedule, schedule.last) - 1) / _z(schedule, look)
    worse = [(name, found) for name, found in report.dimensions.items() if got_worse(found)]
    return any(not _would_pass(name, found, drawn_in) for name, found in worse)


def _z(schedule: Schedule, look: int) -> float:
    return normal_quantile(1 - schedule.level(look))


def _would_pass(name: str, found: DimensionReport, drawn_in: float) -> bool:
    """Whether an interval lies within the margin when its worse half is only that many times as long."""
    if found.difference is None or found.interval is None:
        return False
    middle, (low, high) = found.difference, found.interval
    if name in JUDGED:
        return middle - (middle - low) * drawn_in > -found.margin
    return math.log(middle) + math.log(high / middle) * drawn_in < math.log1p(found.margin)


def _settled(outcomes: Outcomes, plan: ComparisonPlan, schedule: Schedule) -> str:
    """What the cases that are left can no longer change, whatever their answers; empty while they could.

    Only for Tango's interval, which moves with every win and every loss in one direction: repeats, clusters and cases
    that nearly all differ have intervals that a single surprise widens. Latency and cost know no worst case.
    """
    suite = outcomes.suite
    if suite.repeats > 1 or any(case.cluster is not None for case in suite.cases):
        return ""
    terms = Terms(plan, schedule.confidence(schedule.last))
    tested = [name for name in JUDGED if outcomes.exercised(name)]
    ends = {name: _ends(name, outcomes, terms) for name in tested}
    if any(_may_differ(name, outcomes) >= NEARLY_ALL for name in tested):
        return ""
    verdicts = {name: {end.verdict(plan.margin(suite, name)) for end in both} for name, both in ends.items()}
    if all(Verdict.PASS in found for found in verdicts.values()):
        return ""
    others = sum(plan.is_primary(suite, name) for name in DIMENSIONS if name not in JUDGED)
    strictest = schedule.level(schedule.last, ALPHA / (len(tested) + others))
    for name in tested:
        if verdicts[name] == {Verdict.FAIL} and ends[name][0].p_worse <= strictest:
            return f"{name} is worse however the cases that are left turn out"
    if others or any(Verdict.FAIL in found for found in verdicts.values()):
        return ""
    return "it can neither pass nor fail any more, however the cases that are left turn out"


def _may_differ(dimension: Judged, outcomes: Outcomes) -> float:
    """The largest share of cases in which the models may yet be found to differ."""
    seen = _open_pairs(dimension, outcomes)
    return sum(None in pair or pair[0] != pair[1] for (pair,) in seen.values()) / len(seen)


def _open_pairs(dimension: Judged, outcomes: Outcomes) -> dict[str, list[Seen]]:
    """The pairs of the whole suite, those that are left like those that were lost."""
    left: dict[str, list[Seen]] = {case.id: [(None, None)] for case in outcomes.exercised(dimension)}
    return left | seen_pairs(dimension, outcomes)


def _ends(dimension: Judged, outcomes: Outcomes, terms: Terms) -> tuple[Estimate, Estimate]:
    """The best and the worst that can still come: every pair that is left, or was lost, a win or a loss."""
    seen = _open_pairs(dimension, outcomes)
    rules = terms.rules(dimension, outcomes.suite)
    best, worst = filled(seen, 0.0, 1.0), filled(seen, 1.0, 0.0)
    return difference(rules, outcomes, best), difference(rules, outcomes, worst)
