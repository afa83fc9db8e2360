"""How an estimate becomes a dimension of the report, and what stands there where there is none. Pure."""

from dataclasses import dataclass

from bot.difftest.estimates import Estimate
from bot.difftest.model.report import CONFIDENCE, DimensionReport, DimensionVerdict
from bot.difftest.plan import ComparisonPlan
from bot.difftest.sentences import settling
from bot.difftest.suite.model import DimensionName, Suite
from bot.rotation.evidence import Verdict

MOST_LOST = 0.05
"""The largest share of lost pairs that a verdict can bear."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a comparison is judged by: its plan, and the confidence of its intervals (more where looks are declared).

    `unasked` cases of its suite were not asked: what is said of further ones counts them first.
    """

    plan: ComparisonPlan
    confidence: float = CONFIDENCE
    unasked: int = 0

    def rules(self, name: DimensionName, suite: Suite) -> "Rules":
        """Those of one dimension."""
        plan = self.plan
        primary = plan.is_primary(suite, name)
        return Rules(name, plan.margin(suite, name), primary, plan.seed, self.confidence, self.unasked)


@dataclass(frozen=True, slots=True)
class Rules:
    """What one dimension is judged by."""

    name: DimensionName
    margin: float
    primary: bool
    seed: int
    confidence: float
    unasked: int = 0


def estimated(
    rules: Rules, found: Estimate, *, current: float | None, candidate: float, unsure: str = ""
) -> DimensionReport:
    """A dimension with its interval; `unsure` is a reason for which it cannot be told in spite of it."""
    verdict = Verdict.INCONCLUSIVE if unsure else found.verdict(rules.margin)
    why, more = unsure or found.unusable, None
    if verdict is Verdict.INCONCLUSIVE and not why:
        more = found.more_cases(rules.margin)
        why = settling(more, rules.unasked)
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


def not_tested(rules: Rules, reason: str) -> DimensionReport:
    """A dimension the run says nothing about, which is no verdict and needs none."""
    return DimensionReport(verdict=DimensionVerdict.NOT_TESTED, primary=False, margin=rules.margin, reason=reason)


def untold(rules: Rules, reason: str) -> DimensionReport:
    """A dimension that should have been tested and cannot be told."""
    return DimensionReport(
        verdict=DimensionVerdict.INCONCLUSIVE, primary=rules.primary, margin=rules.margin, reason=reason
    )
