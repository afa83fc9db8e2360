"""What was seen of the platform in one window: counts by stage, tenant and answering model. Data only."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidatorFunctionWrapHandler, WrapValidator

LARGEST: Final = 1e18
"""More than that no counter has counted, nor what is summed up of it: whoever shows it shows something else."""


class Seen(BaseModel):
    """A piece of what was seen: complete and unchanging."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Series(Seen):
    """Counts of one (stage, tenant, answering model) over one window.

    `latency` maps a histogram's upper bound in seconds (as written, `+Inf` included) to the cumulative count at or
    below it; `latency_sum_s` is the sum of all. None means the source has no such series; 0 means it has and saw none.
    `tenant` is `all` where the runbook names no tenant label. `own` and `own_latency` are what the operator named in
    `metrics.counters` and `metrics.histograms`, by that name; one the source has no series for is not in them.
    `quantiles` are seconds, by the names of `metrics.quantiles`; `metrics.latency_quantile` is `latency` among them.
    """

    stage: str
    tenant: str = "all"
    model: str
    requests: float
    errors: float
    latency: dict[str, float] | None = None
    latency_sum_s: float | None = None
    cost_usd: float | None = None
    tool_calls: float | None = None
    invalid_tool_calls: float | None = None
    retries: float | None = None
    own: dict[str, float] = {}
    own_latency: dict[str, dict[str, float]] = {}
    quantiles: dict[str, float] = {}


class HealthReport(Seen):
    """What was found of a provider's health. Anything not plainly healthy is not healthy.

    `failures` counts the readings in a row, this one included, that were not healthy, where somebody counted.
    """

    at: datetime
    healthy: bool
    detail: str = ""
    failures: int = 0


def _as_it_is_kept(value: object, check: ValidatorFunctionWrapHandler) -> object:
    """A sequence of its own kind (a table, say) is taken as it is; rows written one by one are looked at."""
    return value if isinstance(value, Sequence) and not isinstance(value, list | tuple | str) else check(value)


class Observation(Seen):
    """One window as the source answered it.

    `series` are rows; of a window with many a source gives a `bot.monitor.table.SeriesTable`.

    `problem` is empty when the source answered; else a reason code (`unreachable`, `unauthorised`, `bad_answer`,
    `not_scraped`, ...) with `detail` saying what and whose it is. An answer without any series is an answer: no data.
    `set_aside` is the reason code of a look over this window that was not counted; a window set aside is evidence for
    nothing at any later look either. `control` is what the look over this window found the control to have done, so
    that no later look has to find it again; empty before that. `numbers` are what checks of kind value were told for
    this window (and of kind attribution: shares), `unread` why others were not, `health` what those of kind health
    were told, by the check's name.
    """

    start: datetime
    end: datetime
    series: Annotated[Sequence[Series], WrapValidator(_as_it_is_kept)] = ()
    problem: str = ""
    detail: str = ""
    set_aside: str = ""
    control: Literal["", "steady", "moved"] = ""
    numbers: dict[str, float] = {}
    unread: dict[str, str] = {}
    health: dict[str, HealthReport] = {}

    @property
    def answered(self) -> bool:
        """Whether the source could answer for this window at all."""
        return not self.problem


class NumberRead(Seen):
    """What a check of kind value was told: the number, or why there is none."""

    value: float | None = None
    problem: str = ""


class Snapshot(Seen):
    """What directly scraped endpoints had counted at one instant.

    `totals` are counts since `epoch`, corrected for counters that began again: the difference of two snapshots of one
    epoch is what happened between them. `raw` are the counters as last read, by endpoint and counter; only the newest
    snapshot of a history needs it. `started` is when each endpoint's process began, where it says so. `missing` maps an
    endpoint that did not answer to why: its counts are as they were before. The `quantiles` of `totals` are what was
    shown at that instant.
    """

    at: datetime
    epoch: datetime
    totals: tuple[Series, ...] = ()
    raw: dict[str, dict[str, float]] = {}
    started: dict[str, float] = {}
    missing: dict[str, str] = {}
    problem: str = ""

    @property
    def complete(self) -> bool:
        """Whether every endpoint answered."""
        return not self.missing

    def without_raw(self) -> "Snapshot":
        """The snapshot as it may be kept once there is a newer one."""
        return self.model_copy(update={"raw": {}, "started": {}})
