"""Which models there are, as an operator writes it: how often to look, what a slot is told of, a file of models."""

from datetime import date, datetime, timedelta
from typing import Literal

from pydantic import Field, field_validator

from bot.runbook.models.durations import Duration
from bot.runbook.models.written import Written

TriggerName = Literal["new-model", "cost", "deprecated", "quality"]
"""The runbook's four reasons to rotate, as they are typed."""
SHORTEST = timedelta(seconds=1)


class Catalog(Written):
    """How the list of models is kept: the provider's own, and a file with what the provider does not say."""

    every: Duration = timedelta(hours=6)
    file: str | None = None

    @field_validator("every")
    @classmethod
    def _not_hammering(cls, value: timedelta) -> timedelta:
        if value < SHORTEST:
            message = "must be a second at least: lists of models change from day to day"
            raise ValueError(message)
        return value


class Needs(Written):
    """What a model has to be able to do to be proposed for a slot. None: as much as the current one is listed with."""

    tools: bool | None = None
    structured_output: bool | None = None
    context: int | None = Field(default=None, ge=1)


class Proposals(Written):
    """What a slot is told without being asked. `follows` are patterns of model ids; None: the current one's family."""

    follows: tuple[str, ...] | None = None
    needs: Needs = Needs()
    saving: float = Field(default=0.2, gt=0, lt=1)
    mute: tuple[TriggerName, ...] = ()


class Price(Written):
    """US dollars for a million tokens."""

    prompt: float = Field(ge=0)
    completion: float = Field(ge=0)


class CatalogEntry(Written):
    """One model in the file: what it says goes over what the provider says, what it leaves out does not."""

    name: str | None = None
    usd_per_million: Price | None = None
    context: int | None = Field(default=None, ge=1)
    tools: bool | None = None
    structured_output: bool | None = None
    inputs: tuple[str, ...] | None = None
    outputs: tuple[str, ...] | None = None
    created: datetime | date | None = None
    retires: datetime | date | None = None


class CatalogFile(Written):
    """The file: models by id."""

    models: dict[str, CatalogEntry] = Field(min_length=1)
