"""One look at a bake: what was counted so far and one more window in, one verdict with its evidence out. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.monitor import checks
from bot.monitor.before import Before, drawn_up
from bot.monitor.checks import Schedule, evaluate, with_worst, worst_tenant
from bot.monitor.membership import Membership
from bot.monitor.model import HealthReport, Observation
from bot.monitor.placed import Placed, with_tenants
from bot.monitor.reasons import Reason
from bot.monitor.running import Running, advance, hearing
from bot.monitor.screen import Screen, Screened
from bot.monitor.watched import Watched, measured, of_numbers, shipped, unmeasured, watched
from bot.monitor.words import failed, own_words, unwell
from bot.rotation.evidence import CheckResult, Dimension, LookResult, Verdict

_PROVIDERS_FAULT = frozenset({Dimension.ERRORS, Dimension.LATENCY, Dimension.TOOLS})
"""What an unhealthy provider can make worse all by itself; money is not among them."""


@dataclass(frozen=True)
class Bake:
    """One stage's bake as far as it was counted: its past, and what its windows came to. `planned` looks were planned.

    Counted looks beyond the planned ones are judged by always-valid bounds, and their windows may be longer: what
    counts is the time that was seen.
    """

    membership: Membership
    before: Before
    running: Running
    planned: int

    @classmethod
    def of(
        cls, membership: Membership, past: Sequence[Observation], windows: Iterable[Observation], planned: int
    ) -> "Bake":
        """The bake as these windows leave it: those of before the stage was applied, and since, in time order.

        A window that was set aside, or is to be, counts for nothing.
        """
        before = drawn_up(membership, past)
        bake = cls(membership, before, Running.begun(membership, before), max(1, planned))
        for window in windows:
            seen = Screen(membership, before, bake.running.accounts).sift(window)
            bake = bake.hearing(seen)
            bake = bake if seen.reason else bake.counting(seen)
        return bake

    def hearing(self, seen: Screened) -> "Bake":
        """The bake with what was heard in one more window, whether it counts or not."""
        return replace(self, running=hearing(self.running, self.membership, seen.window))

    def counting(self, seen: Screened) -> "Bake":
        """The bake with one more window that counts."""
        running = advance(self.running, self.before, self.membership, seen)
        return Bake(self.membership, self.before, running, self.planned)

    def look(self, window: Observation, health: HealthReport | None, number: int, *, late: bool = False) -> "Looked":
        """What all checks say once this window is in.

        `health` is a reading taken for this look. A look over a window that cannot be judged is not counted, and the
        bake stays as it was.
        """
        seen = Screen(self.membership, self.before, self.running.accounts).sift(window)
        heard = self.hearing(seen)
        after = heard if seen.reason else heard.counting(seen)
        look = _Look(after, seen, health)
        stage = self.membership.stage
        covered = after.running.covered(self.membership, self.before)
        shell = LookResult(
            number=number,
            window_start=window.start,
            window_end=window.end,
            counted=False,
            verdict=Verdict.INCONCLUSIVE,
            late=late,
            cycle_seen=covered.seen if covered is not None else None,
            cycle_of=covered.of if covered is not None else None,
        )
        said = _without_traffic(look.health_check()) if stage.traffic == "none" else look.result()
        control = "" if seen.reason else "steady" if seen.steady else "moved"
        result = LookResult.model_validate({**dict(shell), **said})
        return Looked(result, window.model_copy(update={"control": control}) if control else window, heard, after)


@dataclass(frozen=True)
class Looked:
    """A look: its result, the window with what the control did in it, and the bake without and with the window."""

    result: LookResult
    window: Observation
    without: Bake
    with_it: Bake

    def bake(self, *, counted: bool) -> Bake:
        """The bake after this look, by whether it counted in the end."""
        return self.with_it if counted else self.without


def _without_traffic(word: CheckResult) -> dict[str, object]:
    counted = word.verdict is Verdict.PASS or word.role == "report"
    return {"counted": counted, "verdict": word.verdict, "reasons": _codes([word]), "checks": (word,)}


def _codes(results: Iterable[CheckResult]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(result.reason for result in results if result.reason))


@dataclass(frozen=True)
class _Look:
    """One look at the bake as it stands with the window."""

    bake: Bake
    last: Screened
    health: HealthReport | None

    @property
    def membership(self) -> Membership:
        return self.bake.membership

    def health_check(self) -> CheckResult:
        return checks.health(self.health, named_in_runbook=self.membership.plan.health is not None)

    def result(self) -> dict[str, object]:
        """The fields of the look's result that are not its number and times."""
        word = self.health_check()
        served, own = self._attribution(), self._own_words()
        if self.last.reason:
            return self._set_aside(word, served, own)
        results = [*self._statistical(), served, word, *own]
        if unwell([word, *own]) and not (failed(results) and self._alone(results)):
            held = [_held(result) for result in results]
            reasons = _codes([word, *own, *(result for result in held if result.verdict is Verdict.INCONCLUSIVE)])
            return {"incident": failed(results), "reasons": reasons, "checks": tuple(held)}
        verdict = overall(results)
        return {
            "counted": True,
            "verdict": verdict,
            "reasons": self._reasons(results, verdict),
            "checks": tuple(results),
        }

    def _attribution(self) -> CheckResult:
        window, membership = self.last.window, self.membership
        share = membership.other_share(window, window.candidate, membership.candidate)
        return checks.attribution(window.requests, share, membership.plan.checks.other_model_share)

    @property
    def _information(self) -> int:
        """How much was seen, in planned windows: after the planned looks a window may be as long as many of those."""
        running = self.bake.running
        if running.windows <= self.bake.planned:
            return running.windows
        return max(running.windows, math.ceil(running.time / self.membership.stage.bake.every))

    def _own_words(self) -> tuple[CheckResult, ...]:
        """What the runbook's own health and attribution say, this window being the newest that was heard."""
        heard, window = self.bake.running.heard, self.last.window
        words = own_words(self.membership.plan.checks)
        return tuple(word.judged(word.in_window(window), heard.get(word.name, ())[:-1]) for word in words)

    def _set_aside(self, word: CheckResult, served: CheckResult, own: Sequence[CheckResult]) -> dict[str, object]:
        incident, plan = self.last.reason == Reason.BOTH_ARMS_WORSE, self.membership.plan
        shown = [served, word, *own] if self.last.window.observation.answered else [word, *own]
        if incident:
            shown = [
                *(self._in_window(one) for one in shipped(plan.checks, plan.metrics)[:2]),
                *shown,
            ]
        telling = [one for one in (word, *own) if one.role == "guardrail" and one.reason != Reason.UNREAD]
        reasons = (self.last.reason, *(code for code in _codes(telling) if code != Reason.NO_SERIES))
        verdict = Verdict.FAIL if failed(own) else Verdict.INCONCLUSIVE
        return {
            "incident": incident and not failed(own),
            "verdict": verdict,
            "reasons": tuple(dict.fromkeys(reasons)),
            "checks": tuple(shown),
        }

    def _statistical(self) -> list[CheckResult]:
        running, plan = self.bake.running, self.membership.plan
        have = measured(plan.metrics, plan.checks) if plan.metrics is not None else {"errors", *running.found}
        every = watched(plan.checks, plan.metrics)
        arms = {
            one.check.name: running.arms(one, self.bake.before, concurrent=self.membership.concurrent)
            for one in every
            if one.check.name in have and one.read is not None
        }
        compared = [one.check for one in every if one.check.name in arms]
        guardrails = sum(check.role == "guardrail" for check in compared)
        schedule = Schedule(self._information, self.bake.planned, plan.checks.alpha, max(1, guardrails))
        worst = [one for check in compared if (one := worst_tenant(check, arms[check.name], schedule)) is not None]
        rest = schedule.beside_worst() if worst else schedule

        def said(one: Watched) -> CheckResult:
            name, figures = one.check.name, running.account(one).figures
            if name not in have:
                return unmeasured(one.check)
            return evaluate(one.check, figures, arms[name], rest) if name in arms else of_numbers(one.check, figures)

        return with_worst([said(one) for one in every], worst)

    def _alone(self, results: Iterable[CheckResult]) -> bool:
        """Whether the candidate is worse while the current model, at the same time, is not (or money is the matter)."""
        requests = self.last.window.requests_of(self.last.window.current)
        if requests >= self.membership.plan.checks.min_requests and self.last.steady:
            return True
        return any(result.verdict is Verdict.FAIL and result.dimension not in _PROVIDERS_FAULT for result in results)

    def _reasons(self, results: Sequence[CheckResult], verdict: Verdict) -> tuple[str, ...]:
        telling = [one for one in results if tells(one, verdict) or one.reason == Reason.NO_SERIES]
        changed = () if self.bake.running.steady else (Reason.CONTROL_CHANGED,)
        return tuple(dict.fromkeys((*_codes(telling), *changed)))

    def _in_window(self, shown: Watched) -> CheckResult:
        """Both arms' figures in the one window both got worse in."""
        check, window = shown.check, self.last.window
        places = with_tenants({}, (key[1] for key in window.table.keys))
        ours, theirs = (shown.value(Placed(window.table, rows, places)) for rows in (window.candidate, window.current))
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
