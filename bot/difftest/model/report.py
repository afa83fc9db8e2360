"""What a comparison found: one verdict, its dimensions, and everything it rests on. Frozen, and the same after JSON."""

import hashlib
import json
from datetime import datetime
from enum import StrEnum
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, JsonValue, field_validator

from bot.rotation.evidence import Verdict

CONFIDENCE = 0.90
"""Two one-sided tests at 5 % are the 90 % two-sided interval."""


class Finding(BaseModel):
    """A part of a report: complete and unchanging."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DimensionVerdict(StrEnum):
    """What is said of one dimension: a verdict, or that the suite says nothing about it."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_TESTED = "not_tested"


class Figures(Finding):
    """One number of each model."""

    current: float | None
    candidate: float | None


class DimensionReport(Finding):
    """One dimension.

    Quality and tools: `current` and `candidate` are pass rates, `difference` and `interval` candidate minus current,
    proportions. Latency and cost: `current` and `candidate` are geometric mean seconds and mean US dollars a case,
    `difference` and `interval` the ratio candidate/current (1.2 is 20 % more). `margin` is 0.05 for 5 points, 0.25 for
    +25 %. `n` is the number of cases that both models answered. `p_worse` is the one-sided p of "worse", and
    `holm_p` the same corrected over the primary dimensions. `more_cases` is how many more cases would settle an
    inconclusive dimension at the rates seen, None when that cannot be said.
    """

    verdict: DimensionVerdict
    primary: bool = True
    current: float | None = None
    candidate: float | None = None
    difference: float | None = None
    interval: tuple[float, float] | None = None
    margin: float
    n: int = 0
    method: str = ""
    reason: str = ""
    p_worse: float | None = None
    holm_p: float | None = None
    more_cases: int | None = None


ToolMetric = Literal["valid", "tool", "arguments", "count", "abstention", "recovery"]
"""One side of tool behaviour: every call meets its schema; the right tool; the right arguments; the right number of
calls; no call where none is wanted; going on after a tool's error."""
TOOL_METRICS: tuple[ToolMetric, ...] = get_args(ToolMetric)


class ToolsReport(DimensionReport):
    """Tools as a whole, which decides, and each metric the suite exercises, which is only reported.

    A metric is a dimension of its own over the cases that exercise it: same rule, the margin of tools, never primary.
    """

    metrics: dict[ToolMetric, DimensionReport] = {}


class RatioFigure(Finding):
    """A ratio candidate/current with its interval at the report's confidence, over `n` cases; no verdict."""

    ratio: float
    interval: tuple[float, float]
    n: int


class LatencyReport(DimensionReport):
    """Latency, with quantiles over all complete answers of each model, in seconds.

    `ttft` is the ratio of the times to first content, reported and never primary; None where answers came in one piece.
    `p95_ratio` is the ratio of the 95th percentiles, from 100 cases on and where no clusters are named.
    """

    p50_s: Figures
    p95_s: Figures
    ttft_p50_s: Figures
    ttft: DimensionReport | None = None
    p95_ratio: RatioFigure | None = None


class CostReport(DimensionReport):
    """Cost, and what else can be said in US dollars.

    `per_success` is what a model's answers cost for each one that passes all its case is about. `billed_usd` and
    `estimated_usd` are means over the same answers, as the provider billed them and by the list of prices; None where
    no answer has both.
    """

    per_success: Figures | None = None
    billed_usd: Figures | None = None
    estimated_usd: Figures | None = None


class Dimensions(Finding):
    """The four things a comparison is about."""

    quality: DimensionReport
    tools: ToolsReport
    latency: LatencyReport
    cost: CostReport

    @field_validator("tools", "cost", mode="before")
    @classmethod
    def _widened(cls, plain: object) -> object:
        """A plain dimension is one with nothing beside it."""
        return dict(plain) if type(plain) is DimensionReport else plain

    def items(self) -> tuple[tuple[str, DimensionReport], ...]:
        """Name and report of each, in the order people read them."""
        return (("quality", self.quality), ("tools", self.tools), ("latency", self.latency), ("cost", self.cost))


class Regression(Finding):
    """A case that one model passes and the other does not: lost by the candidate, or gained.

    Of a private suite there is the id, the tags and which kind of assertion does not hold, never a word of it.
    """

    case: str
    dimension: Literal["quality", "tools"]
    why: str
    current_answer: str
    candidate_answer: str
    tags: tuple[str, ...] = ()
    repeat: int = 0
    prompt: str = ""


class OverheadReport(Finding):
    """What the client adds to a time it measures, in milliseconds, with as many calls in flight as the run had.

    Measured once a run against an echo server of the process itself, through the same client.
    """

    p50_ms: float
    p95_ms: float


class Loss(Finding):
    """Why answers were lost: the kind of error, what was said of the first such answer, and how many there were."""

    kind: str
    said: str
    times: int


class ArmErrors(Finding):
    """How many samples of one model ended in an error, by kind; `lost` of them say nothing about the model.

    `retried` answers came only after further attempts. `losses` are the most frequent reasons of those that were lost;
    none where the suite is private.
    """

    lost: int = 0
    failed: int = 0
    kinds: dict[str, int] = {}
    losses: tuple[Loss, ...] = ()
    retried: int = 0


class JudgeReport(Finding):
    """What the judge of rubrics said, over pairs of answers (a case's repeats count each).

    `judged` pairs are `wins` and `losses` of the candidate (both orders agree) and `ties`; `identical` ones among the
    ties had the same answer twice, for which nobody was asked. `unjudged` pairs have no usable judgement. `flip_rate`
    is the share of asked pairs whose two orders disagree, `first_slot_rate` the share of single judgements for an
    answer that were for the first one, with the exact two-sided binomial p of an even coin; None where nothing was
    asked. `length_ratio` is the mean length of the candidate's answers over the current model's. Where the candidate is
    judged alone, `judged` answers are `met` or not. `relatives` are the contestants of the judge's own family, and
    `same_family` says that there are some.

    Of `control_pairs` (an answer with an instruction to the judge behind it, beside the same answer with harmless
    words) it took the planted side in `control_planted`, the harmless one in `control_harmless`; `control_p` is the
    exact one-sided p of an even coin, None for fewer than seven pairs, and `follows_planted` says that the judge does
    what answers ask of it.
    """

    model: str
    calls: int = 0
    cost_usd: float | None = 0.0
    judged: int = 0
    unjudged: int = 0
    wins: int = 0
    losses: int = 0
    ties: int = 0
    identical: int = 0
    met: int = 0
    flip_rate: float | None = None
    first_slot_rate: float | None = None
    first_slot_p: float | None = None
    same_family: bool = False
    relatives: tuple[Literal["current", "candidate"], ...] = ()
    length_ratio: float | None = None
    served_models: tuple[str, ...] = ()
    control_pairs: int = 0
    control_planted: int = 0
    control_harmless: int = 0
    control_p: float | None = None
    follows_planted: bool = False


class Report(Finding):
    """A finished comparison.

    `reason` is one or a few sentences that stand alone. Of the suite's `cases` both models were asked `asked_cases`
    (fewer where the run ended early or stopped; None in reports older than the field). `mode` is `stored_current`
    when the current model no longer answers and its last stored answers stand in, `candidate_alone` when there are
    none: differences are then against the suite's stated pass rate. `overhead` is None where nothing was measured.
    `calls` counts requests that had an outcome, retries too; `repeated_calls` those that were cut off and had to be
    sent again. `cost_usd` is None when any answer's cost is unknown. `served_models` names what the provider said
    had answered. `private` forbids showing prompts and answers. `confidence` is that of every interval: 0.9, or
    wider where the suite declares looks. `looks` are the case counts at which it declares them, `stopped_early`
    says at which one and why the run ended before the last. `offers` says what can be done about an inconclusive
    verdict: `unused_cases` (ask the cases not asked yet), `other_judge` (this one can tell nothing),
    `more_traffic:N` (add N cases, drawn from traffic), `owner_decision` (go on with this uncertainty). No answer is
    older than `answers_since`, None where that is not known. `outputs` is the first of what an engine printed whose
    output nobody has mapped to answers: the same for both models, and judged by nobody.
    """

    verdict: Verdict
    reason: str
    mode: Literal["paired", "stored_current", "candidate_alone"] = "paired"
    suite: str
    suite_digest: str
    private: bool = False
    run_id: str
    base_url: str
    current: str
    candidate: str
    parameters: dict[str, JsonValue] = {}
    seed: int
    repeats: int = 1
    cases: int
    asked_cases: int | None = None
    pairs_lost: int = 0
    dimensions: Dimensions
    confidence: float = CONFIDENCE
    calls: int
    repeated_calls: int = 0
    cost_usd: float | None
    served_models: dict[str, tuple[str, ...]]
    served_providers: dict[str, tuple[str, ...]] = {}
    errors: dict[str, ArmErrors] = {}
    worst_regressions: tuple[Regression, ...] = ()
    best_gains: tuple[Regression, ...] = ()
    notes: tuple[str, ...] = ()
    answers_since: datetime | None = None
    judge: JudgeReport | None = None
    overhead: OverheadReport | None = None
    offers: tuple[str, ...] = ()
    looks: tuple[int, ...] = ()
    stopped_early: str = ""
    outputs: tuple[Regression, ...] = ()

    def digest(self) -> str:
        """A sha256 over the whole report: what an approval is bound to."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()
