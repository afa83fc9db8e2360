"""Checks as an operator wrote them -> checks as they are judged, for a bake of recorded history."""

from dataclasses import replace
from typing import Final

from bot.monitor.kinds import Means
from bot.monitor.replay import Bake
from bot.monitor.watched import check_of, measured, watched
from bot.monitor.words import Word, own_words, word_of
from bot.runbook.models.checks import STATISTICAL, WORDS, ChecksFile
from bot.runbook.models.plan import Plan, StagePlan

RECORDED_AS: Final = {"errors": "ratio", "latency": "latency", "cost": "mean", "tools": "ratio", "retries": "ratio"}
"""The kind of each shipped check's rows in a recorded history."""
ATTRIBUTION, HEALTH = "attribution", "health"


def bake_of(file: ChecksFile) -> Bake:
    """The bake a checks file describes."""
    return Bake(
        planned=file.looks,
        every=file.every,
        compared=tuple(check_of(one) for one in file.checks if one.kind in STATISTICAL),
        bounded=tuple(check_of(one) for one in file.checks if one.kind == "value"),
        words=tuple(word_of(one) for one in file.checks if one.kind in WORDS),
        alpha=file.alpha,
        **({} if file.cycle is None else {"cycle": file.cycle}),
    )


def kinds_of(file: ChecksFile) -> dict[str, str]:
    """The kind of each check, by its name."""
    return {one.name: one.kind for one in file.checks}


def bake_of_stage(plan: Plan, stage: StagePlan) -> tuple[Bake, dict[str, str]]:
    """The bake of a runbook's stage, and the kind of each check as recorded rows have it.

    Of costs and means recorded rows know the squares, so they are judged as means; counters may know only the sum.
    """
    have = measured(plan.metrics, plan.checks)
    every = [one.check for one in watched(plan.checks, plan.metrics) if one.check.name in have]
    kinds = {check.name: _recorded_as(check.name, plan) for check in every}
    compared = tuple(
        replace(check, kind=Means()) if kinds[check.name] == "mean" else check
        for check in every
        if kinds[check.name] != "value"
    )
    brought = [Word(ATTRIBUTION, "attribution", limit=plan.checks.other_model_share, own=False)]
    brought += [Word(HEALTH, "health", own=False)] if plan.health else []
    mine = own_words(plan.checks)
    bake = Bake(
        planned=stage.bake.count,
        every=stage.bake.every,
        compared=compared,
        bounded=tuple(check for check in every if kinds[check.name] == "value"),
        words=(*brought, *mine),
        alpha=plan.checks.alpha,
        cycle=plan.traffic_cycle.length,
    )
    return bake, {**kinds, **{word.name: word.kind for word in bake.words}}


def _recorded_as(name: str, plan: Plan) -> str:
    rules = plan.checks.by_name.get(name)
    return RECORDED_AS[name] if rules is None or rules.kind is None else rules.kind
