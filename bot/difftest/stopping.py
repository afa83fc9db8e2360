"""When a run must not go on: trouble with the account, an endpoint that is not there, money spent. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from bot.difftest.model.chat import ErrorClass, ErrorKind
from bot.difftest.model.sample import ARMS, AnyArm, Sample, SampleKey
from bot.difftest.plan import ComparisonPlan

Whose = Literal["account", "network", "provider", "request"]
"""Whose trouble it is: who owns key and credit; the way to the endpoint; the endpoint; what was asked for."""

_LOST_IN_A_ROW: Final = 10
_GONE_IN_A_ROW: Final = 3

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

    `unkept` are samples that say nothing about the models, but only that the endpoint was away: the next run is to ask
    for them again.
    """

    plan: ComparisonPlan
    total: int
    unkept: list[SampleKey] = field(default_factory=list)
    _proven: set[AnyArm] = field(default_factory=set)
    _gone: dict[AnyArm, list[SampleKey]] = field(default_factory=lambda: {arm: [] for arm in ARMS})
    _lost: list[SampleKey] = field(default_factory=list)

    def see(self, sample: Sample) -> CouldNotRun | None:
        """Take a sample into account; the reason to stop, if there is one."""
        error = sample.error
        arm, model = sample.key.arm, self.plan.model(sample.key.arm)
        if error is not None and error.error_class is ErrorClass.ACCOUNT:
            what = f"{ACCOUNT[error.kind]} ({model}: {error.message})"
            return CouldNotRun(what, whose=_WHOSE.get(error.kind, "account"), kind=error.kind)
        if sample.gone:
            return self._see_gone(sample)
        if sample.lost and error is not None:
            return self._see_lost(sample, error.kind, error.message)
        self._proven.add(arm)
        self._lost.clear()
        return None

    def _see_gone(self, sample: Sample) -> CouldNotRun | None:
        arm = sample.key.arm
        self._lost.clear()
        self._gone[arm].append(sample.key)
        if arm in self._proven or len(self._gone["candidate"]) < min(_GONE_IN_A_ROW, self.total // 2):
            return None
        if "candidate" in self._proven:
            return None
        self.unkept = [*self._gone["current"], *self._gone["candidate"]]
        said = sample.error.message if sample.error is not None else ""
        if self._gone["current"] and "current" not in self._proven:
            what = (
                f"{self.plan.base_url} knows neither {self.plan.current} nor {self.plan.candidate} ({said});"
                " are both ids and the version path of the base URL right?"
            )
        else:
            what = f"{self.plan.base_url} has no model {self.plan.candidate} ({said}); is its id right?"
        return CouldNotRun(what, whose="request", kind=ErrorKind.MODEL_NOT_FOUND)

    def _see_lost(self, sample: Sample, kind: ErrorKind, message: str) -> CouldNotRun | None:
        self._lost.append(sample.key)
        never = not self._proven and not any(self._gone.values())
        if never and kind is ErrorKind.UNREACHABLE:
            self.unkept = list(self._lost)
            return CouldNotRun(message, whose="network", kind=kind)
        both = {key.arm for key in self._lost} == {"current", "candidate"}
        most = max(_LOST_IN_A_ROW, 2 * self.plan.concurrency)
        if both and (len(self._lost) >= most or (never and len(self._lost) >= self.total)):
            self.unkept = list(self._lost)
            what = f"the provider failed {len(self._lost)} calls in a row, to both models: {message}"
            return CouldNotRun(what, whose="provider", kind=kind)
        return None


@dataclass(slots=True)
class Budget:
    """The hard cap: what was spent, and what the calls in flight may still cost."""

    cap_usd: float | None
    expected_usd: dict[AnyArm, float]
    spent_usd: float = 0.0
    _reserved: float = 0.0
    reached: bool = False

    def reserve(self, arm: AnyArm) -> bool:
        """Set money aside for one call; False when the cap would not hold."""
        expected = self.expected_usd[arm]
        if self.cap_usd is not None and self.spent_usd + self._reserved + expected > self.cap_usd:
            self.reached = True
            return False
        self._reserved += expected
        return True

    def settle(self, arm: AnyArm, reserved_usd: float, cost_usd: float | None) -> None:
        """Book what the call cost; the dearest call seen is what the next one is expected to cost."""
        self._reserved = max(0.0, self._reserved - reserved_usd)
        if cost_usd is not None:
            self.spent_usd += cost_usd
            self.expected_usd[arm] = max(self.expected_usd[arm], cost_usd)
