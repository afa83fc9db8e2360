"""A check as an operator writes it: what is watched, how much worse it may get, and what follows."""

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from bot.runbook.models.durations import Duration, longer_than_nothing
from bot.runbook.models.written import Written

CheckKind = Literal["ratio", "latency", "mean", "value", "health", "attribution"]
STATISTICAL = ("ratio", "latency", "mean")
"""The kinds that hold two arms against each other."""
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
    def about(self) -> str:
        """Its dimension: as written, else by its kind."""
        return self.dimension or {"latency": "latency", "mean": "cost", "value": "cost"}.get(self.kind, "errors")

    @property
    def allowed(self) -> float:
        """The margin as written, else the dimension's default."""
        return DEFAULT_MARGINS[self.about] if self.margin is None else self.margin


class CheckRules(Written):
    """What a runbook says of one check: changes to one of `SHIPPED`, or a check of one's own with `kind` and figures.

    Figures of one's own are named in `metrics.counters` and `metrics.histograms`: a ratio has `bad` of `total`, a mean
    `sum` over `count` (and `sum_squares`, where it is counted), a latency its `histogram`. A value is asked for at each
    look: one number from a `query`, a `command` or an `http` address.
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
        if self.kind in {"attribution", "health"}:
            return f"{self.kind} is watched by itself: `checks.other_model_share` and `health` say how"
        needed, allowed = _FIGURES_OF.get(self.kind or "", (frozenset(), frozenset()))
        if foreign := sorted(written - allowed):
            of = f"a check of kind {self.kind}" if self.kind else "a check without a `kind`"
            return f"`{foreign[0]}` says nothing of {of}"
        if missing := sorted(needed - written):
            return f"a check of kind {self.kind} needs `{missing[0]}`"
        sources = written & {"query", "command", "http"}
        if self.kind == "value" and len(sources) != 1:
            return "a check of kind value needs one of `query`, `command` and `http`"
        if self.pointer is not None and (self.query or not self.pointer.startswith("/")):
            return "`pointer` is a JSON pointer such as /data/usd, into what a command prints or an address answers"
        return ""

    def named(self, name: str) -> NamedCheck:
        """The check of one's own under its name, defaults filled in. Raises ValueError for one without `kind`."""
        return NamedCheck.model_validate({**self.model_dump(include=_JUDGED, exclude_none=True), "name": name})

    @property
    def figures(self) -> dict[str, str]:
        """The names of counters and histograms it is read from, by field."""
        named = {"total": "requests"} if self.kind == "ratio" else {"count": "requests"} if self.kind == "mean" else {}
        written = {name: getattr(self, name) for name in ("bad", "total", "sum", "count", "sum_squares", "histogram")}
        return {**named, **{name: value for name, value in written.items() if value}}


_JUDGED = set(NamedCheck.model_fields)
_FIGURES = ("bad", "total", "sum", "count", "sum_squares", "histogram", "query", "command", "http", "pointer")
_FIGURES_OF = {
    "ratio": (frozenset({"bad"}), frozenset({"bad", "total"})),
    "mean": (frozenset({"sum"}), frozenset({"sum", "count", "sum_squares"})),
    "latency": (frozenset({"histogram"}), frozenset({"histogram"})),
    "value": (frozenset(), frozenset({"query", "command", "http", "pointer"})),
}
"""By kind: the figures a check needs, and those it may name."""


class ChecksFile(Written):
    """The checks of one bake, to judge recorded history by: so many looks, one `every` so often."""

    looks: int = Field(ge=1, le=10_000)
    every: Duration
    checks: tuple[NamedCheck, ...] = Field(min_length=1)
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    cycle: Duration | None = None

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [check.name for check in self.checks]
        if doubled := sorted({name for name in names if names.count(name) > 1}):
            message = f"names {', '.join(doubled)} twice"
            raise ValueError(message)
        return self
