"""One look at a bake: every window seen so far in, one verdict with its evidence out. Pure."""

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.monitor import checks
from bot.monitor.checks import Schedule, with_worst
from bot.monitor.cycle import coverage
from bot.monitor.membership import Membership, Window
from bot.monitor.model import HealthReport, Observation
from bot.monitor.reasons import Reason
from bot.monitor.screen import Past, Screen, Screened, past_of, seen_by
from bot.monitor.watched import Seen, Watched, measured, shipped, unmeasured, watched
from bot.rotation.evidence import CheckResult, Dimension, LookResult, Verdict
from bot.runbook.models.plan import Plan, StagePlan

_PROVIDERS_FAULT = frozenset({Dimension.ERRORS, Dimension.LATENCY, Dimension.TOOLS})
"""What an unhealthy provider can make worse all by itself; money is not among them."""


def judge(  # noqa: PLR0913 - a look is everything seen so far, and is given all of it
    stage: StagePlan,
    plan: Plan,
    *,
    candidate: str,
    current: str,
    moved: frozenset[str],
    windows: Sequence[Observation],
    past: Sequence[Observation],
    health: HealthReport | None,
    number: int,
    planned: int,
    late: bool = False,
    same_model: Callable[[str, str], bool] = operator.eq,
) -> LookResult:
    """What all checks say at this look.

    `windows` are all windows of the bake so far in time order, the last one this look's; `past` are windows from before
    the stage was applied. `moved` are the metric stage names that carry the candidate, this stage's among them. A look
    over a window that cannot be judged is not counted; store that window with `set_aside` so that no later look takes
    it for evidence. `planned` is the number of looks the bake was planned with; counted ones beyond it are judged by
    always-valid bounds, and their windows may be longer: what counts is the time that was seen. `health` is a reading
    taken for this look. `same_model(asked, named)` says whether a series' model is the one that was asked (dates and
    prefixes aside, say). Raises ValueError without any window.
    """
    if not windows:
        message = "a look needs the window it looks at"
        raise ValueError(message)
    membership = Membership(stage, plan, candidate, current, moved, same_model)
    before = past_of(membership.past(past))
    screen = Screen(membership, before)
    sifted = [screen.sift(window) for window in windows]
    bake = _Bake(membership, before, sifted, health, max(1, planned))
    cycle = plan.cycle_of(stage)
    seen = coverage(cycle, bake.clean, membership.past(past)) if cycle is not None else None
    shell = LookResult(
        number=number,
        window_start=windows[-1].start,
        window_end=windows[-1].end,
        counted=False,
        verdict=Verdict.INCONCLUSIVE,
        late=late,
        cycle_seen=seen.seen if seen is not None else None,
        cycle_of=seen.of if seen is not None else None,
    )
    said = _without_traffic(bake.health_check()) if stage.traffic == "none" else bake.result()
    return LookResult.model_validate({**dict(shell), **said})


def _without_traffic(word: CheckResult) -> dict[str, object]:
    counted = word.verdict is Verdict.PASS or word.role == "report"
    return {"counted": counted, "verdict": word.verdict, "reasons": _codes([word]), "checks": (word,)}


def _codes(results: Iterable[CheckResult]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(result.reason for result in results if result.reason))


@dataclass(frozen=True)
class _Bake:
    """One bake as it stands at one look."""

    membership: Membership
    past: Past
    sifted: Sequence[Screened]
    health: HealthReport | None
    planned: int

    @property
    def last(self) -> Screened:
        return self.sifted[-1]

    @property
    def clean(self) -> list[Window]:
        """The windows that count."""
        return [one.window for one in self.sifted if not one.reason]

    def health_check(self) -> CheckResult:
        return checks.health(self.health, named_in_runbook=self.membership.plan.health is not None)

    def result(self) -> dict[str, object]:
        """The fields of the look's result that are not its number and times."""
        word = self.health_check()
        served = self._attribution()
        if self.last.reason:
            return self._set_aside(word, served)
        results = [*self._statistical(), served, word]
        failed = {result.name for result in results if result.role == "guardrail" and result.verdict is Verdict.FAIL}
        if self._unhealthy and not (failed and self._alone(results)):
            held = [_held(result) for result in results]
            reasons = _codes([word, *(result for result in held if result.verdict is Verdict.INCONCLUSIVE)])
            return {"incident": bool(failed), "reasons": reasons, "checks": tuple(held)}
        verdict = overall(results)
        return {
            "counted": True,
            "verdict": verdict,
            "reasons": self._reasons(results, verdict),
            "checks": tuple(results),
        }

    def _attribution(self) -> CheckResult:
        window, membership = self.last.window, self.membership
        share = membership.other_share(window.candidate, membership.candidate)
        return checks.attribution(window.requests, share, membership.plan.checks.other_model_share)

    def _information(self, clean: Sequence[Screened]) -> int:
        """How much was seen, in planned windows: after the planned looks a window may be as long as many of those."""
        if len(clean) <= self.planned:
            return len(clean)
        seen = sum((one.window.observation.end - one.window.observation.start for one in clean), timedelta())
        return max(len(clean), math.ceil(seen / self.membership.stage.bake.every))

    @property
    def _unhealthy(self) -> bool:
        return self.health is not None and not self.health.healthy

    def _set_aside(self, word: CheckResult, served: CheckResult) -> dict[str, object]:
        incident = self.last.reason == Reason.BOTH_ARMS_WORSE
        shown = [served, word] if self.last.window.observation.answered else [word]
        if incident:
            shown = [
                *(_in_window(one, self.last.window) for one in shipped(self.membership.plan.checks)[:2]),
                *shown,
            ]
        reasons = (self.last.reason, *(code for code in _codes([word]) if code != Reason.NO_SERIES))
        return {"incident": incident, "reasons": reasons, "checks": tuple(shown)}

    def _statistical(self) -> list[CheckResult]:
        clean = [one for one in self.sifted if not one.reason]
        seen = seen_by(self.membership, self.past, clean)
        plan = self.membership.plan
        have = measured(plan.metrics, plan.checks) if plan.metrics is not None else _found(seen)
        every = watched(plan.checks)
        compared = [one for one in every if one.check.name in have and one.read is not None]
        guardrails = sum(one.check.role == "guardrail" for one in compared)
        schedule = Schedule(self._information(clean), self.planned, plan.checks.alpha, max(1, guardrails))
        worst = [found for one in compared if (found := one.worst(seen, schedule)) is not None]
        rest = schedule.beside_worst() if worst else schedule
        results = [one.result(seen, rest) if one.check.name in have else unmeasured(one.check) for one in every]
        return with_worst(results, worst)

    def _alone(self, results: Iterable[CheckResult]) -> bool:
        """Whether the candidate is worse while the current model, at the same time, is not (or money is the matter)."""
        requests = sum(series.requests for series in self.last.window.current)
        if requests >= self.membership.plan.checks.min_requests and self.last.steady:
            return True
        return any(result.verdict is Verdict.FAIL and result.dimension not in _PROVIDERS_FAULT for result in results)

    def _reasons(self, results: Sequence[CheckResult], verdict: Verdict) -> tuple[str, ...]:
        telling = [one for one in results if tells(one, verdict) or one.reason == Reason.NO_SERIES]
        changed = any(not one.steady for one in self.sifted if not one.reason)
        return (*_codes(telling), *((Reason.CONTROL_CHANGED,) if changed else ()))


def overall(results: Iterable[CheckResult]) -> Verdict:
    """`fail` when a guardrail failed, `pass` when every guardrail passes and there is one, else `inconclusive`.

    A signal that fails holds: it is a person's question, and no pass.
    """
    told = list(results)
    verdicts = {result.verdict for result in told if result.role == "guardrail"}
    if Verdict.FAIL in verdicts:
        return Verdict.FAIL
    held = any(result.role == "signal" and result.verdict is Verdict.FAIL for result in told)
    return Verdict.PASS if verdicts == {Verdict.PASS} and not held else Verdict.INCONCLUSIVE


def tells(result: CheckResult, verdict: Verdict) -> bool:
    """Whether a check's reason is one of its look's: it says the same, or is a signal that holds it."""
    return result.verdict is verdict or (result.role == "signal" and result.verdict is Verdict.FAIL)


def _held(result: CheckResult) -> CheckResult:
    if result.verdict is Verdict.FAIL and result.dimension in _PROVIDERS_FAULT:
        return result.model_copy(update={"verdict": Verdict.INCONCLUSIVE, "reason": Reason.UNHEALTHY.value})
    return result


def _in_window(shown: Watched, window: Window) -> CheckResult:
    """Both arms' figures in the one window both got worse in."""
    check, ours, theirs = shown.check, shown.value(window.candidate), shown.value(window.current)
    return CheckResult(
        name=check.name,
        dimension=check.dimension,
        verdict=Verdict.INCONCLUSIVE,
        reason=Reason.BOTH_ARMS_WORSE,
        rule="both arms against their own past",
        unit=check.unit,
        candidate=ours.figure if ours else None,
        current=theirs.figure if theirs else None,
        margin=check.margin,
        limit=check.backstop.limit if check.backstop else None,
        n_candidate=ours.total if ours else 0,
        n_current=theirs.total if theirs else 0,
    )


def _found(seen: Seen) -> frozenset[str]:
    """Without a `metrics` block: the checks the series themselves allow."""
    series = [one for window in seen.candidate for one in window]
    present = {
        "latency": any(one.latency is not None for one in series),
        "cost": any(one.cost_usd is not None for one in series),
        "tools": any(one.tool_calls is not None and one.invalid_tool_calls is not None for one in series),
        "retries": any(one.retries is not None for one in series),
    }
    return frozenset({"errors", *(name for name, there in present.items() if there)})
