"""Checks as an operator wrote them -> checks as they are judged, for a bake of recorded history."""

from dataclasses import replace
from typing import Any, Final

from bot.monitor.checks import Check, named, shipped
from bot.monitor.kinds import Kind, Means, Numbers, Rates, Tail
from bot.monitor.replay import Bake
from bot.monitor.sequential import Spending
from bot.monitor.tallies import Shape
from bot.rotation.evidence import Dimension
from bot.runbook.models.checks import STATISTICAL, ChecksFile, NamedCheck
from bot.runbook.models.limits import Backstop
from bot.runbook.models.plan import Plan, StagePlan

OTHER_MODEL_SHARE: Final = 0.02
"""The share another model may answer, where a check of kind attribution names no limit."""
_KINDS: Final[dict[str, Kind[Any]]] = {
    "ratio": Rates(Shape.PROPORTION),
    "latency": Tail(),
    "mean": Means(),
    "value": Numbers(),
}
_UNITS: Final = {"ratio": "share", "latency": "s", "mean": "", "value": ""}
RECORDED_AS: Final = {"errors": "ratio", "latency": "latency", "cost": "mean", "tools": "ratio", "retries": "ratio"}
"""The kind of each shipped check's rows in a recorded history."""
ATTRIBUTION, HEALTH = "attribution", "health"
SLOW: Final = frozenset({Dimension.COST})
"""What moves slowly: its alpha is spent late."""


def check_of(written: NamedCheck) -> Check:
    """The check a line of the file describes."""
    dimension = Dimension(written.about)
    return Check(
        name=written.name,
        dimension=dimension,
        unit=_UNITS[written.kind],
        kind=_KINDS[written.kind],
        margin=written.allowed,
        backstop=None if written.limit is None else Backstop(limit=written.limit, k=written.k, n=written.n),
        spending=Spending.OBRIEN_FLEMING if dimension in SLOW else Spending.POCOCK,
        role=written.role,
        fewest=written.min_samples,
        less_is_worse=written.direction == "decrease",
    )


def bake_of(file: ChecksFile) -> Bake:
    """The bake a checks file describes."""
    return Bake(
        planned=file.looks,
        every=file.every,
        compared=tuple(check_of(one) for one in file.checks if one.kind in STATISTICAL),
        bounded=tuple(check_of(one) for one in file.checks if one.kind == "value"),
        attribution=tuple(
            (one.name, OTHER_MODEL_SHARE if one.limit is None else one.limit)
            for one in file.checks
            if one.kind == "attribution"
        ),
        health=tuple(one.name for one in file.checks if one.kind == "health"),
        alpha=file.alpha,
        **({} if file.cycle is None else {"cycle": file.cycle}),
    )


def kinds_of(file: ChecksFile) -> dict[str, str]:
    """The kind of each check, by its name."""
    return {one.name: one.kind for one in file.checks}


def bake_of_stage(plan: Plan, stage: StagePlan) -> tuple[Bake, dict[str, str]]:
    """The bake of a runbook's stage, and the kind of each check as recorded rows have it.

    Of costs recorded rows know the squares, so they are judged as means; the platform's counters know only the sum.
    """
    have = named(plan.metrics)
    compared = tuple(
        replace(one.check, kind=_KINDS[RECORDED_AS[one.check.name]])
        for one in shipped(plan.checks)
        if one.check.name in have
    )
    bake = Bake(
        planned=stage.bake.count,
        every=stage.bake.every,
        compared=compared,
        attribution=((ATTRIBUTION, plan.checks.other_model_share),),
        health=(HEALTH,) if plan.health else (),
        alpha=plan.checks.alpha,
    )
    kinds = {check.name: RECORDED_AS[check.name] for check in compared}
    return bake, {**kinds, ATTRIBUTION: "attribution", **({HEALTH: "health"} if plan.health else {})}
