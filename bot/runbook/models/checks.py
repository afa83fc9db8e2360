"""A check as an operator writes it: what is watched, how much worse it may get, and what follows."""

from typing import Literal, Self

from pydantic import Field, model_validator

from bot.runbook.models.durations import Duration
from bot.runbook.models.written import Written

CheckKind = Literal["ratio", "latency", "mean", "value", "health", "attribution"]
STATISTICAL = ("ratio", "latency", "mean")
"""The kinds that hold two arms against each other."""
DEFAULT_MARGINS = {"errors": 0.005, "latency": 0.25, "cost": 0.20, "tools": 0.05, "quality": 0.05}


class NamedCheck(Written):
    """One check. Margins of ratios are absolute (0.005 is half a point), of latency and means relative (0.25 is +25 %).

    `limit` is absolute, in the check's own unit, and broken when `k` of the last `n` looks are beyond it. A `guardrail`
    rolls back, a `signal` holds and asks, a `report` is shown. `direction` says which way is worse.
    """

    name: str = Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.-]*$")
    kind: CheckKind
    dimension: Literal["quality", "tools", "errors", "latency", "cost"] | None = None
    role: Literal["guardrail", "signal", "report"] = "guardrail"
    margin: float | None = Field(default=None, ge=0)
    limit: float | None = None
    k: int = Field(default=2, ge=1)
    n: int = Field(default=3, ge=1)
    min_samples: float = Field(default=50, ge=1)
    direction: Literal["increase", "decrease"] = "increase"

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
