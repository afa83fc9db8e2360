"""Margins, caps, deadlines and hours, with the defaults of the one defaults table."""

import re
from datetime import time, timedelta
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from bot.runbook.models.checks import LONGEST_NAME, NAME, SHIPPED, CheckRules
from bot.runbook.models.durations import Duration, longer_than_nothing
from bot.runbook.models.written import Grown, Written


class ComparisonMargins(Written):
    """How much worse a candidate may be and still pass. Points as fractions, latency and cost as ratios above 1."""

    quality: float = Field(default=0.05, gt=0, lt=1)
    tools: float = Field(default=0.05, gt=0, lt=1)
    latency: float = Field(default=0.25, gt=0)
    cost: float = Field(default=0.20, gt=0)


class Comparison(Written):
    """Limits of a comparison."""

    margins: ComparisonMargins = ComparisonMargins()
    max_usd: float = Field(default=5.0, gt=0)
    max_usd_per_day: float = Field(default=25.0, gt=0)
    ask_above_usd: float = Field(default=1.0, ge=0)
    max_age: Duration = timedelta(days=7)
    concurrency: int = Field(default=8, ge=1, le=500)
    seed: int = 7


class Backstop(Written):
    """An absolute limit, broken when `k` of the last `n` looks are beyond it."""

    limit: float
    k: int = Field(default=2, ge=1)
    n: int = Field(default=3, ge=1)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.k > self.n:
            message = "`k` of the last `n` looks: k must not be larger than n"
            raise ValueError(message)
        return self


class Checks(Written):
    """The bake's margins and backstops. Errors in fractions of requests, latency and cost as ratios above 1."""

    errors_margin: float = Field(default=0.005, ge=0, lt=1)
    errors_backstop: Backstop = Backstop(limit=0.08)
    latency_margin: float = Field(default=0.25, ge=0)
    latency_backstop_s: Backstop = Backstop(limit=8.0)
    cost_margin: float = Field(default=0.20, ge=0)
    tools_margin: float = Field(default=0.05, ge=0, lt=1)
    other_model_share: float = Field(default=0.02, ge=0, lt=1)
    min_requests: int = Field(default=50, ge=1)
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    tool_validity_min: float = Field(default=0.95, gt=0, le=1)
    retry_rate_max: float = Field(default=0.10, ge=0)
    by_name: dict[str, CheckRules] = Field(default_factory=dict)

    @field_validator("by_name")
    @classmethod
    def _own_or_shipped(cls, value: dict[str, CheckRules]) -> dict[str, CheckRules]:
        for name, rules in value.items():
            if problem := _named_problem(name, rules):
                message = f"{name}: {problem}"
                raise ValueError(message)
        return value


def _named_problem(name: str, rules: CheckRules) -> str:
    if name in {"attribution", "health"}:
        return "is watched by itself: `checks.other_model_share` and `health` say how"
    if name not in SHIPPED and rules.kind is None:
        return f"is none of the checks there are ({', '.join(SHIPPED)}); one of your own needs a `kind`"
    if name in SHIPPED and (rules.kind or rules.dimension or rules.direction or rules.unit):
        return "is there already: its rules may be changed, not what it is; leave out `kind` and the like"
    if name in SHIPPED and (rules.k or 2) > (rules.n or 3):
        return "`k` of the last `n` looks: k must not be larger than n (3 where it is not written)"
    if name in {"errors", "tools"} and rules.margin is not None and rules.margin >= 1:
        return f"the margin is a share: 0.005 is half a point, and {rules.margin:g} is all"
    if " of " in name:
        return "reads like one tenant's part of another check, such as `errors of northwind`; choose another name"
    if not re.fullmatch(NAME, name) or len(name) > LONGEST_NAME:
        return f"a check's name is letters, digits, blanks, `-`, `_` and `.`, at most {LONGEST_NAME}"
    return ""


class Deadlines(Grown, Written):
    """How long each question waits before its stated default, and how often owners are told again.

    A question is asked again every `reminder`, and once more `last_call` before its time is up.
    """

    NEWER: ClassVar[tuple[str, ...]] = ("last_call",)

    approval: Duration = timedelta(days=3)
    inconclusive: Duration = timedelta(days=1)
    reminder: Duration = timedelta(days=1)
    trouble_reminder: Duration = timedelta(minutes=30)
    no_traffic: Duration = timedelta(minutes=10)
    traffic_poll: Duration = timedelta(seconds=15)
    rollback_confirmation: Duration = timedelta(minutes=10)
    hold: Duration | None = None
    count: Literal["working", "calendar"] = "working"
    last_call: Duration = timedelta(hours=1)


def _time_of_day(value: object) -> object:
    if isinstance(value, int | float):
        message = f"{value} is not a time of day; write hours and minutes, such as '09:00'"
        raise ValueError(message)  # noqa: TRY004 - pydantic reports a ValueError at its field, a TypeError not at all
    return value


TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]
"""Hours and minutes in the runbook's time zone."""


class WorkingHours(Written):
    """When people are at work; `days` are 0 (Monday) to 6. An empty `days` means there is no night."""

    days: tuple[int, ...] = (0, 1, 2, 3, 4)
    start: TimeOfDay = time(9)
    end: TimeOfDay = time(18)

    @field_validator("days")
    @classmethod
    def _weekdays(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if any(day not in range(7) for day in value):
            message = "days are numbers from 0 (Monday) to 6 (Sunday)"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start >= self.end:
            message = "`start` must be earlier than `end` (of the same day)"
            raise ValueError(message)
        return self


class WayBack(Written):
    """How the way back is kept open."""

    every_looks: int = Field(default=6, ge=1)
    open_after_completion: Duration = timedelta(days=7)


class TrafficCycle(Written):
    """How traffic repeats itself: `length`, cut into `buckets`, each seen with `enough` of its usual volume."""

    length: Duration = timedelta(hours=24)
    buckets: int = Field(default=24, ge=1, le=10_000)
    enough: float = Field(default=0.5, gt=0, le=1)

    _longer_than_nothing = field_validator("length")(longer_than_nothing)


class Retention(Written):
    """How long what models were asked and answered is kept."""

    answers: Duration = timedelta(days=30)

    _longer_than_nothing = field_validator("answers")(longer_than_nothing)
