"""Whose requests are whose: which series carry the candidate, which the current model, at the same time or before.

Membership is decided by stage label and tenant, never by who answered: what a fallback answered for the candidate is
the candidate's, and how much of it there was is the attribution check's business.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.monitor.counted import ABSENT_TENANT, Count, Key
from bot.monitor.model import Observation
from bot.monitor.table import SeriesTable, table_of
from bot.runbook.models.plan import Plan, StagePlan

NOT_PRODUCTION = frozenset({"dev", "test", "staging"})
"""Stages with traffic of their own: no control for production, and production is none for them."""

Rows = Sequence[int]
"""Rows of a window's table."""


@dataclass(frozen=True)
class Window:
    """One window's series by column, sorted into the two arms. `current` are the production stages not yet moved."""

    observation: Observation
    table: SeriesTable
    candidate: Rows
    current: Rows

    def requests_of(self, rows: Rows) -> float:
        """How many requests these rows are."""
        requests = self.table.counts.get(Count.REQUESTS)
        return sum(map(requests.__getitem__, rows)) if requests is not None else 0.0

    @property
    def requests(self) -> float:
        """Requests of the candidate's arm."""
        return self.requests_of(self.candidate)


@dataclass(frozen=True)
class Membership:
    """Sorts series into arms for one stage of one plan.

    Without a stage label arms are told apart by tenant where the stage names tenants and the series carry them, else
    by the answering model. `same` says whether a model that was asked is the one a series names.
    """

    stage: StagePlan
    plan: Plan
    candidate: str
    current: str
    moved: frozenset[str]
    same: Callable[[str, str], bool] = operator.eq

    def other_share(self, window: Window, rows: Rows, model: str) -> float:
        """The share of requests in these rows that another model than `model` answered; 0 where there are none."""
        keys = window.table.keys
        mine = {name for name in {keys[row][2] for row in rows} if self.same(model, name)}
        total = window.requests_of(rows)
        return 1 - window.requests_of([row for row in rows if keys[row][2] in mine]) / total if total else 0.0

    @property
    def concurrent(self) -> bool:
        """Whether stages still on the current model are a fair control for this one."""
        return self.stage.name not in NOT_PRODUCTION

    @property
    def _staged(self) -> bool:
        return self.plan.metrics is None or self.plan.metrics.labels.stage is not None

    def _in_stage(self, key: Key, stage: StagePlan) -> bool:
        label, tenant, model = key
        if self._staged and label != stage.metric_stage:
            return False
        named = stage.tenants and tenant != ABSENT_TENANT
        shared = not self._staged or any(
            other.metric_stage == stage.metric_stage for other in self.plan.stages if other.name != stage.name
        )
        if named and shared:
            return tenant in stage.tenants
        return self._staged or self.same(self.candidate, model)

    def _carries(self, key: Key) -> bool:
        for stage in self.plan.stages:
            if stage.name == self.stage.name:
                return False
            if stage.metric_stage in self.moved and self._in_stage(key, stage):
                return True
        return False

    def _in_production(self, key: Key) -> bool:
        if not self._staged:
            return self.same(self.current, key[2]) or bool(self.stage.tenants and key[1] != ABSENT_TENANT)
        return any(stage.metric_stage == key[0] and stage.name not in NOT_PRODUCTION for stage in self.plan.stages)

    @cached_property
    def _named(self) -> frozenset[str]:
        """The tenants that are anything but one of many."""
        return frozenset({ABSENT_TENANT}.union(*(stage.tenants for stage in self.plan.stages)))

    def _arm(self, key: Key) -> str:
        if self._in_stage(key, self.stage):
            return "candidate"
        return "current" if self._in_production(key) and not self._carries(key) else ""

    def window(self, observation: Observation) -> Window:
        """The observation's series in their arms; what belongs to neither is left out."""
        arms: dict[str, list[int]] = {"candidate": [], "current": [], "": []}
        known: dict[Key, str] = {}
        named, table = self._named, table_of(observation)
        for row, (label, tenant, model) in enumerate(table.keys):
            # All tenants that no stage names are alike: a thousand of them are decided upon once.
            key = label, tenant if tenant in named else "", model
            if key not in known:
                known[key] = self._arm(key)
            arms[known[key]].append(row)
        return Window(observation, table, arms["candidate"], arms["current"])

    def past(self, observations: Sequence[Observation]) -> tuple[Window, ...]:
        """Windows from before the stage was applied; an arm the current model did not answer then is left empty."""
        share = self.plan.checks.other_model_share
        kept = []
        for observation in observations:
            if not observation.answered or observation.set_aside:
                continue
            window = self.window(observation)
            own = window.candidate if self.other_share(window, window.candidate, self.current) <= share else ()
            others = window.current if self.other_share(window, window.current, self.current) <= share else ()
            kept.append(Window(observation, window.table, own, others))
        return tuple(kept)
