"""Whether the model that is live has got worse by its own absolute limits, with no rotation running. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.monitor.model import Observation
from bot.monitor.placed import Placed, with_tenants
from bot.monitor.table import table_of
from bot.monitor.watched import Watched, watched
from bot.rotation.evidence import Dimension
from bot.runbook.models.plan import Plan

OF_A_MODEL: Final = (Dimension.ERRORS, Dimension.LATENCY, Dimension.TOOLS, Dimension.QUALITY)
"""What a model can be to blame for; what it costs is no regression of it."""


@dataclass(frozen=True)
class Regressed:
    """A check whose figure was beyond its limit in `beyond` of the last `of` windows; `figure` is the newest."""

    check: str
    dimension: Dimension
    unit: str
    figure: float
    limit: float
    beyond: int
    of: int


@dataclass(frozen=True)
class Standing:
    """How a live model stands: what is beyond its limit, and what could not be told; every other check is well."""

    regressed: tuple[Regressed, ...]
    untold: frozenset[str]


def standing(plan: Plan, model: str, windows: Sequence[Observation]) -> Standing:
    """The guardrails and signals held against their absolute limit where `model` answers, by the runbook's k of n.

    Windows are given oldest first. One that could not be read, or saw too few requests, is evidence for nothing: with
    fewer than k that say something a check is untold, neither worse nor well again.
    """
    stages = {stage.metric_stage for stage in plan.stages}
    found, untold = [], set()
    for one in watched(plan.checks, plan.metrics):
        check, limit = one.check, one.check.backstop
        if limit is None or check.dimension not in OF_A_MODEL or check.role == "report" or one.read is None:
            continue
        recent = [_mine(window, stages, model) for window in windows if window.answered][-limit.n :]
        values = [value for placed in recent if (value := one.value(placed)) is not None]
        said = [value for value in values if value.total >= check.fewest]
        beyond = [value for value in said if check.beyond_limit(value)]
        if len(said) < limit.k:
            untold.add(check.name)
        elif len(beyond) >= limit.k:
            found.append(
                Regressed(
                    check=check.name,
                    dimension=check.dimension,
                    unit=check.unit,
                    figure=said[-1].figure,
                    limit=limit.limit,
                    beyond=len(beyond),
                    of=len(said),
                )
            )
    return Standing(tuple(found), frozenset(untold))


def most_windows(plan: Plan) -> int:
    """How many windows back the checks look."""
    limits: list[Watched] = [one for one in watched(plan.checks, plan.metrics) if one.check.backstop is not None]
    return max((one.check.backstop.n for one in limits if one.check.backstop is not None), default=0)


def _mine(window: Observation, stages: set[str], model: str) -> Placed:
    """The rows of a window that this model answered at the slot's stages."""
    table = table_of(window)
    rows = [row for row, key in enumerate(table.keys) if key[0] in stages and key[2] == model]
    return Placed(table, rows, with_tenants({}, (table.keys[row][1] for row in rows)))
