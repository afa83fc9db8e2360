"""Recorded history judged look by look, as a bake would have judged it. Pure: rows in, one result a look out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.monitor.account import Account
from bot.monitor.checks import Check, Schedule, evaluate, with_worst, within_limit, worst_tenant
from bot.monitor.history import History, Look
from bot.monitor.incident import Control, control_in
from bot.monitor.kinds import Tail
from bot.monitor.quantiles import Readings
from bot.monitor.reading import Gauge
from bot.monitor.reasons import Reason
from bot.monitor.recorded_row import Row
from bot.monitor.tallies import Tally
from bot.monitor.verdict import overall, tells
from bot.monitor.words import Heard, Word, failed, setting_aside, unwell
from bot.rotation.evidence import CheckResult, Dimension, LookResult, Verdict
from bot.runbook.models.limits import TrafficCycle

_PROVIDERS = frozenset({Dimension.ERRORS, Dimension.LATENCY})
"""What a provider in trouble shows."""


@dataclass(frozen=True)
class Bake:
    """What recorded history is judged by: `planned` looks, one `every` so often; traffic repeats each `cycle`.

    `compared` hold two arms against each other, `bounded` are numbers with a limit alone; `words` say whether a look
    counts.
    """

    planned: int
    every: timedelta
    compared: tuple[Check, ...] = ()
    bounded: tuple[Check, ...] = ()
    words: tuple[Word, ...] = ()
    alpha: float = 0.05
    cycle: timedelta = TrafficCycle().length


def _as_recorded(bake: Bake, rows: Sequence[Row]) -> Bake:
    """The bake with each latency judged by what its rows have: histograms, or quantiles read ready-made."""
    ready_made = {row.check for row in rows if isinstance(row.counted, Gauge)}
    counted = {row.check for row in rows} - ready_made

    def judged(check: Check) -> Check:
        if check.name in ready_made:
            return replace(check, kind=Readings())
        return replace(check, kind=Tail()) if check.name in counted and isinstance(check.kind, Readings) else check

    return replace(bake, compared=tuple(map(judged, bake.compared)))


@dataclass(frozen=True)
class Ended:
    """How a replay ended; `decided_at_look` is None while nothing is decided."""

    verdict: Verdict
    decided_at_look: int | None
    reasons: tuple[str, ...]


@dataclass
class Replay:
    """One bake over recorded rows. Take its `looks`, then ask how it `ended`."""

    bake: Bake
    history: History
    _counted: int = 0
    _accounts: dict[str, Account] = field(default_factory=dict)
    _heard: dict[str, list[bool | None]] = field(default_factory=dict)
    _steady: bool = True
    _last: LookResult | None = None
    _sealed: LookResult | None = None

    @classmethod
    def of(cls, bake: Bake, rows: Sequence[Row]) -> "Replay":
        """A replay of rows in the order of their looks."""
        return cls(_as_recorded(bake, rows), History(rows))

    def looks(self) -> Iterator[LookResult]:
        """Every look until a guardrail fails, also those after the planned ones: guardrails act while people wait."""
        for number, look in enumerate(self.history.watched, start=1):
            result = self._last = self._taken(number, look)
            if result.counted and self._counted == self.bake.planned and self._sealed is None:
                self._sealed = result
            yield result
            if result.verdict is Verdict.FAIL:
                return

    @property
    def ended(self) -> Ended:
        """What the looks taken so far come to. A bake whose planned looks are not over has decided nothing."""
        if self._last is None:
            return Ended(Verdict.INCONCLUSIVE, None, (Reason.NO_REQUESTS,))
        if self._last.verdict is Verdict.FAIL:
            return Ended(Verdict.FAIL, self._last.number, self._last.reasons)
        if self._sealed is None:
            reasons = dict.fromkeys((Reason.BAKE_NOT_OVER, *self._last.reasons))
            return Ended(Verdict.INCONCLUSIVE, None, tuple(reasons))
        decided = self._sealed.number if self._sealed.verdict is Verdict.PASS else None
        return Ended(self._sealed.verdict, decided, self._sealed.reasons)

    def _taken(self, number: int, look: Look) -> LookResult:
        words = self._words(look)
        shell = LookResult(
            number=number,
            window_start=look.at - self.bake.every,
            window_end=look.at,
            counted=False,
            verdict=Verdict.INCONCLUSIVE,
            checks=tuple(words),
        )
        if reason := self._set_aside(look, words):
            incident, fails = reason == Reason.BOTH_ARMS_WORSE, failed(words)
            verdict = Verdict.FAIL if fails else Verdict.INCONCLUSIVE
            aside = {"verdict": verdict, "reasons": (reason,), "incident": incident and not fails}
            return shell.model_copy(update=aside)
        before = self._counted, self._accounts
        self._count(look)
        results = self._results()
        if unwell(words) and not failed(words) and not self._alone(look, results):
            self._counted, self._accounts = before
            failing = any(result.verdict is Verdict.FAIL for result in results)
            return shell.model_copy(update={"reasons": (Reason.UNHEALTHY,), "incident": failing})
        held = [word for word in words if word.reason != Reason.UNHEALTHY or word.verdict is Verdict.FAIL]
        verdict = overall([*results, *held])
        reasons = [result.reason for result in (*results, *words) if result.reason and tells(result, verdict)]
        changed = [] if self._steady else [Reason.CONTROL_CHANGED]
        unguarded = not any(result.role == "guardrail" for result in (*results, *words))
        missing = [Reason.NO_GUARDRAIL] if unguarded else []
        told = tuple(dict.fromkeys((*reasons, *changed, *missing)))
        return shell.model_copy(
            update={"counted": True, "verdict": verdict, "reasons": told, "checks": (*results, *words)}
        )

    def _words(self, look: Look) -> list[CheckResult]:
        """What says whether a look counts at all: who answered, and whether the platform is well."""
        said = []
        for word in self.bake.words:
            if word.kind == "attribution":
                rows = look.candidate(word.name)
                now = word.of_counts(sum(rows.values(), Tally())) if rows else Heard(None, reason=Reason.NO_SERIES)
            else:
                cells = {**look.current(word.name), **look.candidate(word.name)}
                now = Heard(all(cells.values()) if cells else None)
            before = self._heard.setdefault(word.name, [])
            said.append(word.judged(now, before))
            before.append(now.well)
        return said

    def _set_aside(self, look: Look, words: Sequence[CheckResult]) -> str:
        """Why a look does not count; empty where it does."""
        if not any(self._seen(check, look) for check in (*self.bake.compared, *self.bake.bounded)):
            return Reason.NO_REQUESTS
        if reason := setting_aside(words):
            return reason
        for check in self.bake.compared:
            if check.dimension in _PROVIDERS:
                control = control_in(check, *self.history.sides(check, look, self._account(check)))
                if control is Control.MOVED_WITH_CANDIDATE:
                    return Reason.BOTH_ARMS_WORSE
                self._steady = self._steady and control is Control.STEADY
        return ""

    def _account(self, check: Check) -> Account:
        return self._accounts.get(check.name, Account())

    def _seen(self, check: Check, look: Look) -> bool:
        value = check.kind.value(self.history.candidate(check, look))
        return value is not None and value.total > 0

    def _count(self, look: Look) -> None:
        self._counted += 1
        self._accounts = {
            check.name: self.history.counted(check, self._account(check), look, self.bake.cycle)
            for check in (*self.bake.compared, *self.bake.bounded)
        }

    def _results(self) -> list[CheckResult]:
        guardrails = sum(check.role == "guardrail" for check in self.bake.compared)
        schedule = Schedule(self._counted, self.bake.planned, self.bake.alpha, guardrails)
        compared = [
            (check, self._accounts[check.name], self.history.arms(check, self._accounts[check.name], fair=self._steady))
            for check in self.bake.compared
        ]
        worst = [one for check, _, arms in compared if (one := worst_tenant(check, arms, schedule)) is not None]
        rest = schedule.beside_worst() if worst else schedule
        results = [evaluate(check, account.figures, arms, rest) for check, account, arms in compared]
        bounded = [within_limit(check, self._accounts[check.name].figures) for check in self.bake.bounded]
        return with_worst(results, worst) + bounded

    def _alone(self, look: Look, results: Sequence[CheckResult]) -> bool:
        """Whether the candidate fails while the current model, at the same time, is there and does not."""
        failing = {result.name for result in results if result.role == "guardrail" and result.verdict is Verdict.FAIL}
        return self._steady and any(
            check.name in failing
            and (value := check.kind.value(self.history.control(check, look))) is not None
            and value.total >= check.fewest
            for check in self.bake.compared
        )
