"""The checks of a bake: what each one reads, how far it may move, and what it says at one look.

Every result carries both arms' figures, their counts, the interval, the limit and the rule that decided.

A failed guardrail is one of several that could have failed by chance, so they share the alpha by which the lower bound
of harm is drawn. A pass needs every guardrail at once, and is no likelier than its least likely part: the upper bound
is drawn by the whole alpha (an intersection-union test: Berger 1982). Both hold at every look.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bot.monitor.arms import Arms, Design
from bot.monitor.comparison import Comparison
from bot.monitor.kinds import Kind, Rates, Tail, Value
from bot.monitor.model import HealthReport
from bot.monitor.reasons import Reason
from bot.monitor.sequential import Level, Spending, level_of
from bot.monitor.tallies import Shape, others_of
from bot.monitor.tenants import compare_tenants
from bot.rotation.evidence import CheckResult, Dimension, Verdict, of_tenant
from bot.runbook.models.checks import NoData
from bot.runbook.models.limits import Backstop

FEWEST_WORST = 2
"""With fewer tenants the arm as a whole says the same."""
WORST_SHARE = 0.1
"""The part of a bake's alpha that goes to the worst tenant, where there are several: a broken one shows far out."""
ENOUGH_SEEN = 2 / 3
"""The share of the watched windows a check must have measured something in to say that all is well."""


@dataclass(frozen=True)
class Check:
    """What is watched: its kind, how harm may move (`margin`), and its absolute limit.

    `fewest` requests of an arm are the least that say anything. `less_is_worse` turns harm round. Of the windows in
    which the candidate had its first `warm_up` requests nothing is taken. `no_data` is what silence does: it holds, is
    skipped, or fails on so many of the last `silent_looks`.
    """

    name: str
    dimension: Dimension
    unit: str
    kind: Kind
    margin: float
    backstop: Backstop | None = None
    spending: Spending = Spending.POCOCK
    role: str = "guardrail"
    fewest: float = 50
    less_is_worse: bool = False
    warm_up: float = 0
    no_data: NoData = "hold"
    silent_looks: tuple[int, int] = (2, 3)

    @property
    def margin_is_absolute(self) -> bool:
        """Whether the margin is in the check's own unit, as of shares and rates, and not a part of the figure."""
        return isinstance(self.kind, Rates) and self.kind.shape is not Shape.MEAN

    def compare(self, arms: Arms) -> Comparison | None:
        """Both arms by the check's kind, harm its way round; None where there is nothing to hold against."""
        found = self.kind.compare(arms.each(others_of) if self.by_others else arms, self.fewest)
        if found is None or not self.less_is_worse:
            return found
        return found.of_others() if self.by_others else found.turned()

    @property
    def by_others(self) -> bool:
        """Whether the share that should be large is judged by what it leaves of all: by failures, not by successes."""
        return self.less_is_worse and isinstance(self.kind, Rates) and self.kind.shape is Shape.PROPORTION

    def beyond_limit(self, value: Value) -> bool:
        """Whether one window's figure is beyond the absolute limit, on enough to say so."""
        if self.backstop is None or value.total < self.fewest:
            return False
        limit = self.backstop.limit
        return value.figure < limit if self.less_is_worse else value.figure > limit


@dataclass(frozen=True)
class Schedule:
    """Where a bake is in its looks: the `look`-th counted one of `planned`, alpha shared over its guardrails."""

    look: int
    planned: int
    alpha: float
    guardrails: int

    def beside_worst(self) -> "Schedule":
        """The same schedule with the alpha that is left beside the worst tenant's."""
        return replace(self, alpha=self.alpha * (1 - WORST_SHARE))

    def levels(self, check: Check) -> "Levels":
        """How far out a check's bounds lie at this look; what rolls nothing back shares its alpha with nobody."""
        spending, share_of_fail = check.spending, self.guardrails if check.role == "guardrail" else 1

        def level(share: int) -> Level:
            return level_of(spending, alpha=self.alpha, guardrails=share, look=self.look, planned=self.planned)

        return Levels(level(share_of_fail), level(1))


def evaluate(check: Check, figures: Sequence[Value | None], arms: Arms, schedule: Schedule) -> CheckResult:
    """What the check says at a look, over all counted windows so far that are not its warm-up.

    `figures` are the candidate's in each of these windows, None where nothing was measured; `arms` is what they add up
    to, and what they are held against.
    """
    values = [value for value in figures if value is not None]
    counted = sum(value.total for value in values)
    levels = schedule.levels(check)
    comparison = check.compare(arms) if counted else None
    result = _with(_described(check, comparison, levels), {"n_candidate": counted_of(values)})
    if broken := _broken(check, values):
        update = {
            "verdict": Verdict.FAIL,
            "reason": Reason.BEYOND_LIMIT,
            "rule": broken,
            "candidate": values[-1].figure,
        }
        return _with(result, update)
    if silent := _silence(check, figures):
        return _with(result, silent)
    if counted < check.fewest:
        return _with(result, {"reason": Reason.TOO_FEW_REQUESTS})
    if comparison is None:
        reason = Reason.TOO_FEW_REQUESTS if arms.fair and arms.current.there.any() else Reason.NO_PAST
        return _with(result, {"reason": reason})
    decided = _decided(check, comparison, levels)
    if decided.get("verdict") is Verdict.PASS and arms.changed and arms.current.there.any():
        decided = {"reason": Reason.CONTROL_CHANGED}
    if decided.get("verdict") is Verdict.PASS and (doubt := check.kind.doubt(arms)):
        decided = {"reason": doubt}
    if decided.get("verdict") is Verdict.PASS and (gap := _gap(figures)):
        decided = {"reason": gap}
    return _with(result, decided)


def worst_tenant(check: Check, arms: Arms, schedule: Schedule) -> CheckResult | None:
    """The tenant whose errors have most surely got worse, as a guardrail of its own; None without tenants.

    It has a share of the bake's alpha, which its tenants share: a tenant that is broken is not hidden by a good mean.
    Nothing is passed by it: most tenants have too few requests to say that they are well.
    """
    if check.dimension is not Dimension.ERRORS or not isinstance(check.kind, Rates) or check.role != "guardrail":
        return None
    tenants = int(arms.candidate.there.sum())
    if tenants < FEWEST_WORST:
        return None
    counted, turned = (arms.each(others_of), False) if check.by_others else (arms, check.less_is_worse)
    found = compare_tenants(check.kind.shape, counted, check.fewest, less_is_worse=turned)
    if found is None or not len(found.places):
        return None
    alpha, share = schedule.alpha * WORST_SHARE, shared_by(tenants)
    level = level_of(check.spending, alpha=alpha, guardrails=share, look=schedule.look, planned=schedule.planned)
    worse_by = found.worse_by(level.z)
    worst = int(np.argmax(worse_by))
    comparison = found.comparison(worst).of_others() if check.by_others else found.comparison(worst)
    result = _described(check, comparison, Levels(level, level))
    broken = bool(worse_by[worst] > check.margin)
    verdict = {"verdict": Verdict.FAIL, "reason": Reason.WORST_TENANT} if broken else {"role": "report"}
    tenant = arms.tenants[found.places[worst]]
    named = {"name": of_tenant(check.name, tenant), "tenant": tenant}
    return _with(result, {**named, "n_candidate": comparison.n_observed, "limit": None, **verdict})


def shared_by(tenants: int) -> int:
    """By how many the worst tenant's alpha is divided: the tenants, two of their digits, rounded up.

    A thousand and three are taken for eleven hundred: a bound so little further out (0.02 of a standard error at most)
    is worth one that need not be worked out anew for every tenant that comes or goes.
    """
    step = int(10 ** max(0, len(str(tenants)) - 2))
    return -(-tenants // step) * step


def with_worst(results: Sequence[CheckResult], worst: Sequence[CheckResult]) -> list[CheckResult]:
    """The results with the worst tenants': beside a check that fails as a whole its worst tenant is only told."""
    failed = {one.name for one in results if one.verdict is Verdict.FAIL}
    return [*results, *(_with(one, {"role": "report"}) if one.whole in failed else one for one in worst)]


def _silence(check: Check, each: Sequence[Value | None]) -> dict[str, object]:
    """What follows from windows in which nothing was measured; nothing where something was."""
    if not each:
        return {"reason": Reason.WARMING_UP}
    needed, of = check.silent_looks
    silent = sum(value is None for value in each[-of:])
    if check.no_data == "fail" and silent >= needed:
        rule = f"no data {silent}/{min(of, len(each))}"
        return {"verdict": Verdict.FAIL, "reason": Reason.SILENT, "rule": rule}
    if any(value is not None for value in each):
        return {}
    return {"reason": Reason.NO_SERIES, **({"role": "report"} if check.no_data == "skip" else {})}


def _gap(each: Sequence[Value | None]) -> str:
    """Why what was measured is no evidence for all that was watched: it stopped, or came too seldom."""
    if each[-1] is None:
        return Reason.SILENT
    return Reason.MOSTLY_SILENT if sum(value is not None for value in each) < ENOUGH_SEEN * len(each) else ""


def within_limit(check: Check, figures: Sequence[Value | None]) -> CheckResult:
    """What a check with an absolute limit alone says: it passes once `n` windows were seen and the limit holds."""
    values = [value for value in figures if value is not None]
    result = _described(check, None, Schedule(1, 1, 1 / 2, 1).levels(check))
    figure = values[-1].figure if values else None
    result = _with(result, {"candidate": figure, "n_candidate": len(values), "margin": None})
    if broken := _broken(check, values):
        return _with(result, {"verdict": Verdict.FAIL, "reason": Reason.BEYOND_LIMIT, "rule": broken})
    if silent := _silence(check, figures):
        return _with(result, silent)
    if gap := _gap(figures):
        return _with(result, {"reason": gap})
    needed = check.backstop.n if check.backstop is not None else 1
    if len(values) < needed:
        return _with(result, {"reason": Reason.NOT_ENOUGH_EVIDENCE})
    return _with(result, {"verdict": Verdict.PASS})


@dataclass(frozen=True)
class Levels:
    """How far out the two bounds lie: the lower one, which fails, and the upper one, which passes."""

    fail: Level
    succeed: Level

    def interval(self, comparison: Comparison) -> tuple[float, float]:
        """The bounds of harm."""
        return comparison.interval(self.fail.z)[0], comparison.interval(self.succeed.z)[1]


def _described(check: Check, comparison: Comparison | None, levels: Levels) -> CheckResult:
    result = CheckResult(
        name=check.name,
        dimension=check.dimension,
        role=check.role,
        verdict=Verdict.INCONCLUSIVE,
        unit=check.unit,
        margin=check.margin,
        limit=check.backstop.limit if check.backstop else None,
    )
    if comparison is None:
        return result
    low, high = levels.interval(comparison)
    return result.model_copy(
        update={
            "rule": f"{comparison.design} {levels.fail.rule}",
            "candidate": comparison.candidate,
            "current": comparison.current,
            "difference": comparison.harm(),
            "interval": (_finite(low), _finite(high)),
            "n_current": comparison.n_expected,
        },
    )


def _with(result: CheckResult, changes: Mapping[str, object]) -> CheckResult:
    return CheckResult.model_validate({**dict(result), **changes})


def counted_of(values: Sequence[Value]) -> float:
    """What the figures rest on; where nobody says, so many windows."""
    total = sum(value.total for value in values)
    return total if math.isfinite(total) else len(values)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _decided(check: Check, comparison: Comparison, levels: Levels) -> dict[str, object]:
    low, high = levels.interval(comparison)
    no_past = comparison.design in {Design.CONCURRENT, Design.CONCURRENT_TENANTS}
    if low > check.margin:
        return {"verdict": Verdict.FAIL, "reason": Reason.BEYOND_MARGIN}
    if high < check.margin:
        return {"verdict": Verdict.PASS, "reason": Reason.NO_PAST if no_past else ""}
    if isinstance(check.kind, Tail) and math.isinf(high):
        return {"reason": Reason.BEYOND_BUCKETS}
    return {"reason": Reason.NOT_ENOUGH_EVIDENCE}


def _broken(check: Check, values: Sequence[Value]) -> str:
    """The rule that fired, empty while fewer than k of the last n windows are beyond the limit."""
    limit = check.backstop
    if limit is None:
        return ""
    recent = values[-limit.n :]
    count = sum(map(check.beyond_limit, recent))
    return f"backstop {count}/{len(recent)}" if count >= limit.k else ""


def attribution(total: float, share: float, limit: float) -> CheckResult:
    """Whether the configured model answered, in one window of `total` requests of which it did not answer `share`."""
    reason = Reason.NO_REQUESTS if not total else Reason.ANSWERED_BY_ANOTHER_MODEL if share > limit else ""
    return CheckResult(
        name="attribution",
        dimension=Dimension.ATTRIBUTION,
        verdict=Verdict.INCONCLUSIVE if reason else Verdict.PASS,
        reason=reason,
        rule="answered by another model",
        unit="share",
        candidate=share if total else None,
        limit=limit,
        n_candidate=total,
    )


def health(report: HealthReport | None, *, named_in_runbook: bool) -> CheckResult:
    """The platform's own word. Without an endpoint in the runbook it is reported as not measured."""
    if report is None and not named_in_runbook:
        return _with(healthy(said=None), {"role": "report", "reason": Reason.NO_SERIES})
    return healthy(said=None if report is None else report.healthy)


def healthy(*, said: bool | None) -> CheckResult:
    """What a word about health comes to; None where none was given."""
    reason = {True: "", False: Reason.UNHEALTHY, None: Reason.HEALTH_UNKNOWN}[said]
    return CheckResult(
        name="health",
        dimension=Dimension.HEALTH,
        verdict=Verdict.INCONCLUSIVE if reason else Verdict.PASS,
        reason=reason,
        rule="health endpoint",
    )
