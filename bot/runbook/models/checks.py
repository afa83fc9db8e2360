"""A check as an operator writes it: what is watched, how much worse it may get, and what follows."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from bot.runbook.models.durations import Duration, longer_than_nothing
from bot.runbook.models.written import Written

CheckKind = Literal["ratio", "latency", "mean", "value", "health", "attribution"]
STATISTICAL = ("ratio", "latency", "mean")
"""The kinds that hold two arms against each other."""
WORDS = ("health", "attribution")
"""The kinds that say whether a look counts."""
CheckDimension = Literal["quality", "tools", "errors", "latency", "cost"]
Role = Literal["guardrail", "signal", "report"]
NoData = Literal["hold", "skip", "fail"]
"""What a check that saw nothing does: the bake's end is held, it is only reported, or it fails on `k` of `n` looks."""
SHIPPED = ("errors", "latency", "cost", "tools", "retries")
"""The checks the product brings along: their series are named in `metrics`, their rules may be changed by name."""
NAME = r"^[A-Za-z0-9][A-Za-z0-9 _.-]*$"
LONGEST_NAME = 60
PLAIN_TOTALS = ("requests", "errors", "tool_calls")
"""Counts of the `metrics` block that may stand where the name of a counter of one's own is asked for."""
DEFAULT_MARGINS = {"errors": 0.005, "latency": 0.25, "cost": 0.20, "tools": 0.05, "quality": 0.05}


def limit_trouble(kind: object, limit: object) -> str:
    """Why no look could ever break an absolute limit, or why every one must; empty where it may be one.

    Not asked of rules that are kept with a rotation: what ran so may go on.
    """
    if isinstance(limit, bool) or not isinstance(limit, int | float):
        return ""
    if kind in {"ratio", "attribution"} and not 0 <= limit <= 1:
        return f"the limit is a share of requests, from 0 to 1: 0.08 is 8 %, and {limit:g} is none"
    if kind == "latency" and limit <= 0:
        return f"the limit is in seconds, more than 0: {limit:g} is none"
    return ""


class NamedCheck(Written):
    """One check. Margins of ratios are absolute (0.005 is half a point), of latency and means relative (0.25 is +25 %).

    `limit` is absolute, in the check's own unit, and broken when `k` of the last `n` looks are beyond it. A `guardrail`
    rolls back, a `signal` holds and asks, a `report` is shown. `direction` says which way is worse. The windows in
    which the candidate had its first `warm_up` requests are left out.
    """

    name: str = Field(min_length=1, max_length=LONGEST_NAME, pattern=NAME)
    kind: CheckKind
    dimension: CheckDimension | None = None
    role: Role = "guardrail"
    margin: float | None = Field(default=None, ge=0)
    limit: float | None = None
    k: int = Field(default=2, ge=1)
    n: int = Field(default=3, ge=1)
    min_samples: float = Field(default=50, ge=1)
    direction: Literal["increase", "decrease"] = "increase"
    no_data: NoData = "hold"
    warm_up: float = Field(default=0, ge=0)
    unit: str = Field(default="", max_length=20)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.k > self.n:
            message = "`k` of the last `n` looks: k must not be larger than n"
            raise ValueError(message)
        if self.kind == "ratio" and self.margin is not None and self.margin >= 1:
            message = f"the margin of a ratio is a share of requests: 0.005 is half a point, and {self.margin:g} is all"
            raise ValueError(message)
        if self.kind not in STATISTICAL and self.margin is not None:
            message = f"a check of kind {self.kind} has no margin: it is not held against the other arm"
            raise ValueError(message)
        if self.kind == "value" and self.limit is None:
            message = "a check of kind value is judged by its limit alone: write `limit`"
            raise ValueError(message)
        return self

    @property
    def fails(self) -> tuple[int, int] | None:
        """`k` and `n` of a health or attribution that may fail: where they are written, or it asks; else None."""
        written = bool({"k", "n"} & self.model_fields_set)
        return (self.k, self.n) if written or self.role == "signal" else None

    @property
    def about(self) -> str:
        """Its dimension: as written, else by its kind."""
        return self.dimension or {"latency": "latency", "mean": "cost", "value": "cost"}.get(self.kind, "errors")

    @property
    def allowed(self) -> float:
        """The margin as written, else the dimension's default."""
        return DEFAULT_MARGINS[self.about] if self.margin is None else self.margin


class CheckRules(Written):
    """What a runbook says of one check: changes to one of `SHIPPED`, or a check of one's own with `kind` and figures.

    Figures of one's own are named in `metrics`: a ratio has `bad` of `total` and a mean `sum` over `count` (and
    `sum_squares`, where it is counted) in `counters`, a latency its `histogram` in `histograms` or its `quantile` in
    `quantiles`. A value is asked for at each look: one number from a `query`, a `command` or an `http` address.
    """

    kind: CheckKind | None = None
    dimension: CheckDimension | None = None
    role: Role | None = None
    margin: float | None = Field(default=None, ge=0)
    limit: float | None = None
    k: int | None = Field(default=None, ge=1)
    n: int | None = Field(default=None, ge=1)
    min_samples: float | None = Field(default=None, ge=1)
    direction: Literal["increase", "decrease"] | None = None
    no_data: NoData | None = None
    warm_up: float | None = Field(default=None, ge=0)
    unit: str | None = Field(default=None, max_length=20)
    bad: str | None = None
    total: str | None = None
    sum: str | None = None
    count: str | None = None
    sum_squares: str | None = None
    histogram: str | None = None
    quantile: str | None = None
    query: str | None = Field(default=None, min_length=1)
    command: tuple[str, ...] = ()
    http: str | None = None
    pointer: str | None = None
    timeout: Duration = timedelta(seconds=10)

    _longer_than_nothing = field_validator("timeout")(longer_than_nothing)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if problem := self._figures_problem():
            raise ValueError(problem)
        if self.kind is not None:
            self.named("check")  # a check of one's own must be judgeable as it is written
        return self

    def _figures_problem(self) -> str:
        written = {name for name in _FIGURES if getattr(self, name)}
        needed, allowed = _FIGURES_OF.get(self.kind or "", (frozenset(), frozenset()))
        if foreign := sorted(written - allowed):
            of = f"a check of kind {self.kind}" if self.kind else "a check without a `kind`"
            return f"`{foreign[0]}` says nothing of {of}"
        if missing := sorted(needed - written):
            return f"a check of kind {self.kind} needs `{missing[0]}`"
        if self.kind in WORDS and (problem := self._word_problem(written)):
            return problem
        if self.kind == "latency" and len(written & {"histogram", "quantile"}) != 1:
            return "a check of kind latency needs one of `histogram` and `quantile`"
        sources = written & {"query", "command", "http"}
        if self.kind == "value" and len(sources) != 1:
            return "a check of kind value needs one of `query`, `command` and `http`"
        if self.pointer is not None and (self.query or not self.pointer.startswith("/")):
            return "`pointer` is a JSON pointer such as /data/usd, into what a command prints or an address answers"
        return ""

    def _word_problem(self, written: set[str]) -> str:
        """What is wrong with one that says whether a look counts."""
        for field in _NOT_OF_WORDS:
            if getattr(self, field) is not None:
                return f"`{field}` says nothing of a check of kind {self.kind}"
        if len(written & {"bad", "query", "command", "http"}) != 1:
            counted = "`bad`, " if self.kind == "attribution" else ""
            return f"a check of kind {self.kind} needs one of {counted}`query`, `command` and `http`"
        if "total" in written and "bad" not in written:
            return "`total` stands beside `bad`: what is asked for is the share itself"
        if self.kind == "attribution" and self.limit is not None and not 0 <= self.limit <= 1:
            return f"the limit of an attribution is a share of requests, from 0 to 1: {self.limit:g} is none"
        if self.direction == "decrease" and (self.bad or (self.kind == "health" and self.limit is None)):
            return "`direction: decrease` needs a number that is asked for, and for health its `limit`"
        return ""

    @property
    def asks(self) -> bool:
        """Whether a number is asked for at each look: of a value, or of an attribution that is not counted."""
        return self.kind == "value" or (self.kind == "attribution" and self.bad is None)

    def named(self, name: str) -> NamedCheck:
        """The check of one's own under its name, defaults filled in. Raises ValueError for one without `kind`."""
        return NamedCheck.model_validate({**self.model_dump(include=_JUDGED, exclude_none=True), "name": name})

    @property
    def figures(self) -> dict[str, str]:
        """The names of counters and histograms it is read from, by field."""
        named = {"count": "requests"} if self.kind == "mean" else {"total": "requests"} if self.bad else {}
        written = {
            name: getattr(self, name)
            for name in ("bad", "total", "sum", "count", "sum_squares", "histogram", "quantile")
        }
        return {**named, **{name: value for name, value in written.items() if value}}


_NOT_OF_WORDS = ("dimension", "margin", "min_samples", "no_data", "warm_up", "unit")
_JUDGED = set(NamedCheck.model_fields)
_FIGURES = (
    "bad",
    "total",
    "sum",
    "count",
    "sum_squares",
    "histogram",
    "quantile",
    "query",
    "command",
    "http",
    "pointer",
)
_FIGURES_OF = {
    "ratio": (frozenset({"bad"}), frozenset({"bad", "total"})),
    "mean": (frozenset({"sum"}), frozenset({"sum", "count", "sum_squares"})),
    "latency": (frozenset(), frozenset({"histogram", "quantile"})),
    "value": (frozenset(), frozenset({"query", "command", "http", "pointer"})),
    "health": (frozenset(), frozenset({"query", "command", "http", "pointer"})),
    "attribution": (frozenset(), frozenset({"bad", "total", "query", "command", "http", "pointer"})),
}
"""By kind: the figures a check needs, and those it may name."""


def _with_possible_limit(check: NamedCheck) -> NamedCheck:
    if problem := limit_trouble(check.kind, check.limit):
        raise ValueError(problem)
    return check


class ChecksFile(Written):
    """The checks of one bake, to judge recorded history by: so many looks, one `every` so often."""

    looks: int = Field(ge=1, le=10_000)
    every: Duration
    checks: tuple[Annotated[NamedCheck, AfterValidator(_with_possible_limit)], ...] = Field(min_length=1)
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    cycle: Duration | None = None

    _longer_than_nothing = field_validator("every", "cycle")(longer_than_nothing)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [check.name for check in self.checks]
        if doubled := sorted({name for name in names if names.count(name) > 1}):
            message = f"names {', '.join(doubled)} twice"
            raise ValueError(message)
        return self
