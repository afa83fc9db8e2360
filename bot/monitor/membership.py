"""Whose requests are whose: which series carry the candidate, which the current model, at the same time or before.

Membership is decided by stage label and tenant, never by who answered: what a fallback answered for the candidate is
the candidate's, and how much of it there was is the attribution check's business.
"""

import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bot.monitor.arms import ALL
from bot.monitor.model import Observation, Series
from bot.runbook.models.plan import Plan, StagePlan

NOT_PRODUCTION = frozenset({"dev", "test", "staging"})
"""Stages with traffic of their own: no control for production, and production is none for them."""


@dataclass(frozen=True)
class Window:
    """One window's series, sorted into the two arms. `current` are the production stages not yet moved."""

    observation: Observation
    candidate: tuple[Series, ...]
    current: tuple[Series, ...]

    @property
    def requests(self) -> float:
        """Requests of the candidate's arm."""
        return sum(series.requests for series in self.candidate)


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

    def other_share(self, series: Iterable[Series], model: str) -> float:
        """The share of requests another model than `model` answered; 0 where there are none."""
        own = total = 0.0
        for one in series:
            total += one.requests
            own += one.requests if self.same(model, one.model) else 0.0
        return 1 - own / total if total else 0.0

    @property
    def concurrent(self) -> bool:
        """Whether stages still on the current model are a fair control for this one."""
        return self.stage.name not in NOT_PRODUCTION

    @property
    def _staged(self) -> bool:
        return self.plan.metrics is None or self.plan.metrics.labels.stage is not None

    def _in_stage(self, series: Series, stage: StagePlan) -> bool:
        if self._staged and series.stage != stage.metric_stage:
            return False
        named = stage.tenants and series.tenant != ALL
        shared = not self._staged or any(
            other.metric_stage == stage.metric_stage for other in self.plan.stages if other.name != stage.name
        )
        if named and shared:
            return series.tenant in stage.tenants
        return self._staged or self.same(self.candidate, series.model)

    def _carries(self, series: Series) -> bool:
        for stage in self.plan.stages:
            if stage.name == self.stage.name:
                return False
            if stage.metric_stage in self.moved and self._in_stage(series, stage):
                return True
        return False

    def _in_production(self, series: Series) -> bool:
        if not self._staged:
            return self.same(self.current, series.model) or bool(self.stage.tenants and series.tenant != ALL)
        return any(
            stage.metric_stage == series.stage and stage.name not in NOT_PRODUCTION for stage in self.plan.stages
        )

    def window(self, observation: Observation) -> Window:
        """The observation's series in their arms; what belongs to neither is left out."""
        candidate, current = [], []
        for series in observation.series:
            if self._in_stage(series, self.stage):
                candidate.append(series)
            elif self._in_production(series) and not self._carries(series):
                current.append(series)
        return Window(observation, tuple(candidate), tuple(current))

    def past(self, observations: Sequence[Observation]) -> tuple[Window, ...]:
        """Windows from before the stage was applied; an arm the current model did not answer then is left empty."""
        share = self.plan.checks.other_model_share
        kept = []
        for observation in observations:
            if not observation.answered or observation.set_aside:
                continue
            window = self.window(observation)
            own = window.candidate if self.other_share(window.candidate, self.current) <= share else ()
            others = window.current if self.other_share(window.current, self.current) <= share else ()
            kept.append(Window(observation, own, others))
        return tuple(kept)
