"""What decisions rest on: verdicts, check results, looks, and the digest an approval is bound to. Pure data.

Made by the comparison and the monitor, read by the core. Numbers carry their units in their names or docstrings.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

ENVELOPE, NEXT_MONTH = "envelope", "next_month"
"""The names of the checks that hold a forecast against what a month may cost: of this month, and of the next one."""
FORECASTS = frozenset({ENVELOPE, NEXT_MONTH})


class Verdict(StrEnum):
    """The same three everywhere. People read: fine, worse, can't tell yet."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


class Dimension(StrEnum):
    """What a check or a comparison is about; routing goes by it."""

    QUALITY = "quality"
    TOOLS = "tools"
    ERRORS = "errors"
    LATENCY = "latency"
    COST = "cost"
    ATTRIBUTION = "attribution"
    HEALTH = "health"


class Fact(BaseModel):
    """A piece of evidence: complete and unchanging."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ComparedMonth(Fact):
    """A month with the new model everywhere in US dollars: what the old one costs, times the ratio compared.

    `low` and `high` are of the ratio's interval; `current` is the old one's, measured over `days`.
    """

    usd: float
    low: float
    high: float
    current: float
    days: int


class ComparisonEvidence(Fact):
    """What a rotation takes over from the comparison it began from.

    `dimensions` maps a dimension's name to its verdict; `summary` is the one sentence people read. Its age counts from
    `finished_at`: when the oldest answer it rests on may have been given, else when it ended. `month` is there
    where the metrics say what the slot costs. `differences` are candidate minus current in shares for quality and
    tools, candidate over current for latency and cost, where a dimension was tested.
    """

    id: str
    digest: str
    verdict: Verdict
    finished_at: datetime
    candidate_alone: bool = False
    dimensions: dict[str, str] = {}
    failed: tuple[Dimension, ...] = ()
    summary: str = ""
    month: ComparedMonth | None = None
    differences: dict[str, float] = {}


def of_tenant(check: str, tenant: str) -> str:
    """What a check over one tenant's requests is called."""
    return f"{check} of {tenant}"


class CheckResult(Fact):
    """One check at one look, judged over all windows of the bake so far.

    `candidate`, `current`, `limit` are in the check's own unit (`unit`); `difference` and `interval` are candidate
    minus current for ratios, candidate over current minus 1 for latency and cost; `n_*` are requests. `rule` names the
    rule that fired, `reason` is a code of the reason list. `verdict` is about all seen so far, valid at any look.
    `tenant` is whose requests alone it is about; empty where it is about all of an arm's.
    """

    name: str
    tenant: str = ""
    dimension: Dimension
    role: str = "guardrail"
    verdict: Verdict
    reason: str = ""
    rule: str = ""
    unit: str = ""
    candidate: float | None = None
    current: float | None = None
    difference: float | None = None
    interval: tuple[float | None, float | None] | None = None
    margin: float | None = None
    limit: float | None = None
    n_candidate: float = 0
    n_current: float = 0

    @property
    def whole(self) -> str:
        """The name of the check this is one tenant's part of; its own where it is about all tenants."""
        return self.name.removesuffix(of_tenant("", self.tenant)) if self.tenant else self.name


class TenantMonth(Fact):
    """One tenant's calendar month in US dollars: spent so far, and all of it with the new and with the old model."""

    tenant: str
    spent: float
    candidate: float
    current: float


class MonthForecast(Fact):
    """What a calendar month comes to in US dollars: what was `spent` until `as_of`, and the rest with either model.

    `ends` is the first moment of the next month in the runbook's time zone. Of the month so far `unknown_s` seconds
    could not be answered for, and what they cost is in nothing here. The rest goes by what `counted` days, or looks'
    windows, cost right before the change. `tenants` are the dearest, the dearest first; `others` are added up.
    """

    begins: datetime
    ends: datetime
    as_of: datetime
    spent: float
    unknown_s: float = 0
    rest_candidate: float
    rest_current: float
    basis: Literal["days", "looks"]
    counted: int
    tenants: tuple[TenantMonth, ...] = ()
    others: int = 0
    others_candidate: float = 0


class LookResult(Fact):
    """One planned evaluation of all checks.

    `counted` says whether the window was seen (False: no data, unreachable source, wrong model answering: the bake's
    clock stands still and another look is added at its end). `incident` says both arms got worse together: the
    provider's fault, hold and tell SRE. `verdict` is `fail` only when a guardrail failed, `pass` only with positive
    evidence for every guardrail. `reasons` are codes. `cycle_seen` of the `cycle_of` buckets of a traffic cycle were
    seen so far, where the stage has to see one whole. `month` is what this month comes to, where that is known.
    """

    number: int
    window_start: datetime
    window_end: datetime
    counted: bool
    verdict: Verdict
    incident: bool = False
    reasons: tuple[str, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    late: bool = False
    cycle_seen: int | None = None
    cycle_of: int | None = None
    month: MonthForecast | None = None

    @property
    def cycle_complete(self) -> bool:
        """Whether the traffic cycle was seen whole, where one has to be."""
        return self.cycle_of is None or self.cycle_seen == self.cycle_of

    @property
    def seen(self) -> bool:
        """Whether its window was seen and is the models' own: an incident of the provider is held time."""
        return self.counted and not self.incident

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """The guardrails that failed."""
        return tuple(c for c in self.checks if c.role == "guardrail" and c.verdict is Verdict.FAIL)

    @property
    def breaks(self) -> bool:
        """Whether a guardrail failed by the new model's own fault, so that it goes back."""
        return self.verdict is Verdict.FAIL and bool(self.failed) and not self.incident

    @property
    def holding(self) -> tuple[CheckResult, ...]:
        """The signals that failed: a person is asked, nothing goes back by itself."""
        return tuple(c for c in self.checks if c.role == "signal" and c.verdict is Verdict.FAIL)

    def passes(self, accepted: Collection[str]) -> bool:
        """Whether every guardrail passes, there is one, and of each failed signal a person `accepted` the check."""
        guardrails = [c.verdict for c in self.checks if c.role == "guardrail"]
        healthy = bool(guardrails) and all(verdict is Verdict.PASS for verdict in guardrails)
        return healthy and all(signal.name in accepted for signal in self.holding)


class StageEvidence(Fact):
    """A bake as sealed at its end: what the next approval rests on. `accepted_by` names who went on with can't-tell."""

    stage: str
    attempt: int
    verdict: Verdict
    looks: int
    sealed_at: datetime
    checks: tuple[CheckResult, ...] = ()
    accepted_by: str | None = None
    accepted_reason: str | None = None
    month: MonthForecast | None = None


class VerificationItem(Fact):
    """One line of the runbook's verification list. `met` None: not measured or can't be told, `state` says which."""

    name: str
    state: str
    figures: str = ""
    dimension: Dimension


def digest_of(parts: Mapping[str, JsonValue]) -> str:
    """A sha256 over canonical JSON: the same for equal parts, whatever their order."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def evidence_digest(comparison: ComparisonEvidence, sealed: tuple[StageEvidence, ...], way_back: str = "") -> str:
    """The digest an approval is bound to: the comparison and each earlier bake as sealed at its end.

    `way_back` is the model going back writes where that is not what was there before (empty: it is).
    """
    parts: dict[str, JsonValue] = {
        "comparison": comparison.digest,
        "bakes": [_digested(stage) for stage in sealed],
    }
    return digest_of(parts | {"way_back": way_back} if way_back else parts)


def _digested(stage: StageEvidence) -> JsonValue:
    """A bake without when it was sealed; without a forecast, or a tenant, as it was before there were any."""
    unwritten = {"sealed_at", "checks"} if stage.month is not None else {"sealed_at", "checks", "month"}
    checks = [one.model_dump(mode="json", exclude=None if one.tenant else {"tenant"}) for one in stage.checks]
    return {**stage.model_dump(mode="json", exclude=unwritten), "checks": checks}
