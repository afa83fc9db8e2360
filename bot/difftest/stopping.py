"""When a run must not go on: trouble with the account, an endpoint that is not there, money spent. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from bot.difftest.model.chat import ErrorClass, ErrorKind
from bot.difftest.model.sample import ARMS, AnyArm, Sample, SampleKey
from bot.difftest.plan import ComparisonPlan
from bot.difftest.sentences import dollars

Whose = Literal["account", "network", "provider", "request"]
"""Whose trouble it is: who owns key and credit; the way to the endpoint; the endpoint; what was asked for."""

_FAILED_IN_A_ROW: Final = 10
_GONE_IN_A_ROW: Final = 3
_ROUNDING: Final = 1 + 1e-9

_REFUSED: Final = frozenset({ErrorKind.BAD_REQUEST, ErrorKind.UNSUPPORTED, ErrorKind.CONTEXT_LENGTH})
"""Errors with which an endpoint refuses what it is asked: no model has seen the question, so none has answered."""

ACCOUNT: Final[Mapping[ErrorKind, str]] = {
    ErrorKind.UNAUTHORISED: "the provider does not accept the API key; ask whoever owns the account for a valid one",
    ErrorKind.PAYMENT_REQUIRED: "the account is out of credit or quota; whoever pays for it can top it up",
    ErrorKind.FORBIDDEN: "the account may not do this; whoever owns it can grant it",
    ErrorKind.NO_PROVIDER: "none of the providers that may answer serves this model; pin another one, or none",
    ErrorKind.WRONG_ADDRESS: "the base URL is no chat completions endpoint; it must include the version path (/v1)",
}

_WHOSE: Final[Mapping[ErrorKind, Whose]] = {ErrorKind.NO_PROVIDER: "request"}


class CouldNotRun(Exception):
    """The comparison cannot go on and gives no verdict; `whose` trouble it is and `kind` of error say why."""

    def __init__(self, what: str, *, whose: Whose, kind: ErrorKind) -> None:
        """Keep the sentence people read; it holds no secret."""
        super().__init__(what)
        self.what = what
        self.whose = whose
        self.kind = kind


@dataclass(slots=True)
class Watch:
    """Looks at every finished sample of a run and says when there is no point in going on.

    `unkept` are samples that say nothing about the models, but only that the endpoint was away or wanted to be asked
    otherwise: the next run is to ask for them again.
    """

    plan: ComparisonPlan
    total: int
    unkept: list[SampleKey] = field(default_factory=list)
    _heard: set[AnyArm] = field(default_factory=set)
    _proven: set[AnyArm] = field(default_factory=set)
    _gone: dict[AnyArm, list[Sample]] = field(default_factory=lambda: {arm: [] for arm in ARMS})
    _failed: list[Sample] = field(default_factory=list)

    def see(self, sample: Sample) -> CouldNotRun | None:
        """Take a sample into account; the reason to stop, if there is one."""
        error = sample.error
        arm, model = sample.key.arm, self.plan.model(sample.key.arm)
        self._heard.add(arm)
        if error is not None and error.error_class is ErrorClass.ACCOUNT:
            what = f"{ACCOUNT[error.kind]} ({model}: {error.message})"
            return CouldNotRun(what, whose=_WHOSE.get(error.kind, "account"), kind=error.kind)
        if error is not None and not sample.gone and (sample.lost or error.kind in _REFUSED):
            return self._without_candidate() or self._see_failed(sample, error.kind, error.message)
        self._failed.clear()
        if sample.gone:
            self._gone[arm].append(sample)
        else:
            self._proven.add(arm)
        return self._without_candidate()

    def _without_candidate(self) -> CouldNotRun | None:
        """The endpoint has no candidate. Whether it has the current model is heard first: the address may be wrong."""
        gone = self._gone["candidate"]
        if "candidate" in self._proven or len(gone) < max(1, min(_GONE_IN_A_ROW, self.total // 2)):
            return None
        if "current" not in self._heard and len(gone) < _FAILED_IN_A_ROW:
            return None
        self.unkept = [each.key for each in (*self._gone["current"], *gone)]
        said = gone[-1].error.message if gone[-1].error is not None else ""
        if self._gone["current"] and "current" not in self._proven:
            what = (
                f"{self.plan.base_url} knows neither {self.plan.current} nor {self.plan.candidate} ({said});"
                " are both ids and the version path of the base URL right?"
            )
        else:
            what = f"{self.plan.base_url} has no model {self.plan.candidate} ({said}); is its id right?"
        return CouldNotRun(what, whose="request", kind=ErrorKind.MODEL_NOT_FOUND)

    def _see_failed(self, sample: Sample, kind: ErrorKind, message: str) -> CouldNotRun | None:
        """The endpoint was away, or refused the request: too many of these in a row, of both models, are the end."""
        self._failed.append(sample)
        never = not self._proven and not any(self._gone.values())
        if never and kind is ErrorKind.UNREACHABLE:
            self.unkept = [failed.key for failed in self._failed]
            return CouldNotRun(message, whose="network", kind=kind)
        both = {failed.key.arm for failed in self._failed} == {"current", "candidate"}
        most = max(_FAILED_IN_A_ROW, 2 * self.plan.concurrency)
        if not both or not (len(self._failed) >= most or (never and len(self._failed) >= self.total)):
            return None
        self.unkept = [failed.key for failed in self._failed]
        refused = [failed for failed in self._failed if not failed.lost]
        if 2 * len(refused) > len(self._failed):
            what = (
                f"the provider refused {len(self._failed)} requests in a row, to both models: {message};"
                " do the suite's parameters, tools and messages suit this endpoint?"
            )
            return CouldNotRun(what, whose="request", kind=kind)
        what = f"the provider failed {len(self._failed)} calls in a row, to both models: {message}"
        return CouldNotRun(what, whose="provider", kind=kind)


@dataclass(slots=True)
class Budget:
    """The hard cap: what was spent, and what the calls in flight may still cost.

    `expected_usd` is what a call to a model may cost: by the list, then the dearest seen; None while nobody has said.
    `before_usd` was spent before the day's limit began to count, where it is that limit which caps the run.
    """

    cap_usd: float | None
    expected_usd: dict[AnyArm, float | None]
    spent_usd: float = 0.0
    before_usd: float | None = None
    unpriced: set[AnyArm] = field(default_factory=set)
    _reserved: float = 0.0
    reached: bool = False

    def guessing(self, arm: AnyArm) -> bool:
        """Whether what a call to that model costs is still to be found out, so that only one may be on its way."""
        return self.cap_usd is not None and self.expected_usd[arm] is None and arm not in self.unpriced

    def expect(self, per_call_usd: Mapping[AnyArm, float | None]) -> None:
        """Take what calls may cost from a better source, where nothing dearer was seen."""
        for arm, told in per_call_usd.items():
            known = [amount for amount in (told, self.expected_usd[arm]) if amount is not None]
            self.expected_usd[arm] = max(known, default=None)

    def reserve(self, arm: AnyArm) -> float | None:
        """Set money aside for one call, in US dollars; None when the cap would not hold."""
        expected = self.expected_usd[arm] or 0.0
        if self.cap_usd is not None:
            taken = self.spent_usd + self._reserved
            full = (
                taken >= self.cap_usd if self.expected_usd[arm] is None else taken + expected > self.cap_usd * _ROUNDING
            )
            if full or self.cap_usd <= 0:
                self.reached = True
                return None
        self._reserved += expected
        return expected

    def settle(self, sample: Sample, reserved_usd: float = 0.0) -> None:
        """Book what a call cost; the dearest call seen is what the next one is expected to cost.

        An answer whose cost nobody says tells that the next one's will not be known either.
        """
        arm, cost = sample.key.arm, sample.cost_usd
        self._reserved = max(0.0, self._reserved - reserved_usd)
        if cost is not None:
            self.spent_usd += cost
            self.expected_usd[arm] = max(self.expected_usd[arm] or 0.0, cost)
        elif sample.answered and self.expected_usd[arm] is None:
            self.unpriced.add(arm)

    def told(self) -> str:
        """The cap as people read it, and by how much it did not hold."""
        before, cap = self.before_usd or 0.0, self.cap_usd or 0.0
        name = "its budget of" if self.before_usd is None else "what was left of the day's budget,"
        if self.spent_usd <= cap * _ROUNDING:
            return f"{name} {dollars(cap - before)}"
        return (
            f"{name} {dollars(cap - before)}, over which it went to {dollars(self.spent_usd - before)}:"
            " what a call costs was known only once it was answered"
        )

    def lower(self, left_usd: float) -> None:
        """Cap what is spent from now on."""
        cap = self.spent_usd + max(0.0, left_usd)
        if self.cap_usd is None or cap < self.cap_usd:
            self.cap_usd, self.before_usd = cap, self.spent_usd
