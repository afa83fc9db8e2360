"""Worlds of tenants by column, so that thousands of bakes are judged in minutes: what a bake of errors says of each.

By the very checks a bake is judged by, without the rows and windows around them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np  # noqa: TID253 (tests may be heavy)

from bot.monitor.added import NOTHING, Added
from bot.monitor.arms import Arms
from bot.monitor.checks import Check, Schedule, evaluate, worst_tenant
from bot.monitor.kinds import Rates, Value
from bot.monitor.tallies import Shape, counted
from bot.rotation.evidence import Dimension, Verdict

ERRORS = Check("errors", Dimension.ERRORS, "share", Rates(Shape.PROPORTION), margin=0.0)
"""At a margin of nothing every innocent candidate stands right at it, where a false alarm is likeliest."""


@dataclass(frozen=True)
class World:
    """Tenants of which the first `moved` carry the candidate, for 24 hourly looks after as many hours of their past.

    Logarithms' standard deviations: of their rates (`spread`), of their sizes, of how each drifts when the stage is
    changed, of what everybody does then (`shared`), of how rates wander from hour to hour. `ratio` is the candidate's
    harm, `broken` that to its first tenant.
    """

    tenants: int = 30
    moved: int = 3
    hourly: float = 20_000 / 24
    base: float = 0.005
    spread: float = 0.5
    sizes: float = 0.0
    drift: float = 0.15
    shared: float = 0.15
    wander: float = 0.0
    daily: float = 0.0
    past: int = 24
    looks: int = 24
    ratio: float = 1.0
    broken: float = 1.0

    def arms(self, seed: int) -> Iterator[tuple[Arms, Value]]:
        """Both arms as they stand at each look, and the candidate's figure in its window."""
        draw, many = np.random.default_rng(seed), self.tenants
        mine = np.arange(many) < self.moved
        harm = np.where(mine, self.ratio, 1.0) * np.where(np.arange(many) == 0, self.broken, 1.0)
        usual = self.base * _log_normal(draw, self.spread, many)
        size = self.hourly * _log_normal(draw, self.sizes, many)
        moves = np.exp(draw.normal(0, self.drift, many) + draw.normal(0, self.shared))
        off = draw.normal(0, self.wander, many)
        sums: dict[str, Added] = dict.fromkeys(("now", "others", "past", "others_past", "hours"), NOTHING)
        before: dict[int, Added] = {}
        for look in range(1 - self.past, self.looks + 1):
            off = 0.8 * off + draw.normal(0, 0.6 * self.wander, many)
            total = draw.poisson(size * (1 + self.daily * math.sin(2 * math.pi * look / 24))).astype(float)
            rate = usual * np.exp(off) * (moves * harm if look > 0 else 1.0)
            bad = np.minimum(total, draw.poisson(total * np.minimum(rate, 1.0)))
            own, rest = (counted(bad * part, total * part, (total * part > 0).astype(float)) for part in (mine, ~mine))
            if look <= 0:
                before[look] = own.plain
                sums |= {"past": sums["past"] + own, "others_past": sums["others_past"] + rest}
                continue
            sums |= {"now": sums["now"] + own.plain, "others": sums["others"] + rest}
            sums["hours"] += before.get(look - 24, NOTHING)
            names = tuple(map(str, range(many)))
            figure = Value(float(bad[mine].sum() / max(1, total[mine].sum())), float(total[mine].sum()))
            yield (
                Arms(
                    candidate=sums["now"],
                    current=sums["others"],
                    candidate_past=sums["past"],
                    current_past=sums["others_past"],
                    same_hours=sums["hours"],
                    tenants=names,
                ),
                figure,
            )

    def failed(self, seed: int) -> tuple[bool, bool]:
        """Whether a bake fails by all tenants together, and whether by its worst one."""
        figures, whole, alone = [], False, False
        for look, (arms, figure) in enumerate(self.arms(seed), start=1):
            figures.append(figure)
            schedule = Schedule(look, self.looks, 0.05, guardrails=1)
            worst = worst_tenant(ERRORS, arms, schedule)
            rest = schedule.beside_worst() if worst is not None else schedule
            whole = whole or evaluate(ERRORS, figures, arms, rest).verdict is Verdict.FAIL
            alone = alone or (worst is not None and worst.verdict is Verdict.FAIL)
            if whole and alone:
                break
        return whole, alone


def _log_normal(draw: Any, spread: float, many: int) -> Any:  # noqa: ANN401 - numpy's generator and array
    return np.exp(draw.normal(0, spread, many) - spread * spread / 2)
