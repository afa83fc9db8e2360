"""The steps of a promotion: where the setting lives at each, who is asked, how long it is watched."""

from datetime import timedelta
from enum import StrEnum
from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from bot.runbook.models.durations import Duration, longer_than_nothing
from bot.runbook.models.people import Approval, Name
from bot.runbook.models.targets.env_file import VARIABLE, EnvFile
from bot.runbook.models.targets.kinds import TargetBlock
from bot.runbook.models.targets.workers import Workers
from bot.runbook.models.written import Grown, Written, WrongAtKey


class Evidence(StrEnum):
    """What a comparison or bake must have said for a stage to open."""

    NOT_FAIL = "not_fail"
    PASS = "pass"  # noqa: S105 - a verdict, not a password


class Bake(Written):
    """How long a stage is watched, and how often: `looks` in all, or one `every` so often."""

    length: Duration
    looks: int = Field(default=24, ge=1, le=10_000)
    every: Duration | None = None

    _longer_than_nothing = field_validator("length", "every")(longer_than_nothing)

    @model_validator(mode="after")
    def _one_rhythm(self) -> Self:
        if {"looks", "every"} <= self.model_fields_set and self.every is not None:
            message = "name either `looks` (how many in all) or `every` (one so often), one of the two"
            raise ValueError(message)
        return self


class Stage(Grown, Written):
    """One step of the promotion. `env_file`/`restart`/`workers` here are short for one entry of `targets`.

    `parallel` is how many of its targets are changed at a time.
    """

    NEWER: ClassVar[tuple[str, ...]] = ("parallel", "workers")

    env_file: str | None = Field(default=None, min_length=1)
    variable: str | None = Field(default=None, pattern=VARIABLE)
    restart: tuple[str, ...] = ()
    restart_timeout: Duration = timedelta(minutes=2)
    workers: Workers | None = None
    targets: tuple[TargetBlock, ...] = ()
    parallel: int = Field(default=1, ge=1, le=50)
    traffic: Literal["live", "none"] = "live"
    metric_stage: str | None = None
    tenants: tuple[Name, ...] = ()
    approval: Approval | None = None
    evidence: Evidence | None = None
    bake: Bake | None = None

    @field_validator("tenants")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if doubled := sorted({name for name in value if value.count(name) > 1}):
            message = f"names {', '.join(doubled)} twice"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _has_targets(self) -> Self:
        if (self.env_file is None) == (not self.targets):
            message = "name either `env_file` or `targets`, one of the two"
            raise ValueError(message)
        if self.targets and (self.restart or self.variable or self.workers is not None):
            message = "`restart`, `variable` and `workers` go with `env_file`; inside `targets` each entry has its own"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _tenants_for_targets(self) -> Self:
        for target in self.targets:
            if target.by_tenant and not target.plans("", variable=None, tenants=self.tenants):
                message = "asks for a {tenant}, and there is none: write `tenants` there, or for the stage"
                raise WrongAtKey("targets", message)
        return self

    @property
    def places(self) -> tuple[TargetBlock, ...]:
        """Its targets as they are written; one that stands in the stage itself is one."""
        if self.env_file is None:
            return self.targets
        return (
            EnvFile(
                env_file=self.env_file,
                variable=self.variable,
                restart=self.restart,
                restart_timeout=self.restart_timeout,
                workers=self.workers,
            ),
        )
