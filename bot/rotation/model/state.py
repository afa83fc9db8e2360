"""What every part of a rotation's state is, and its first nouns: models and why they are changed."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

MACHINE_VERSION = 4
"""Raised when the same events would fold to another state; older ledger rows are then read through upcasters."""


class State(BaseModel):
    """A part of a rotation's state: complete and unchanging."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Trigger(StrEnum):
    """Why a rotation is run: the runbook's four."""

    NEW_MODEL = "new-model"
    COST = "cost"
    DEPRECATED = "deprecated"
    QUALITY = "quality"


class ModelRef(State):
    """A model at a provider: the two are kept apart because `openai/x` is an id at one and a prefix at another."""

    provider: str
    id: str


class Models(State):
    """Current, candidate, and what the way back leads to.

    `restore_named`: the current model is no longer usable, so rollback writes `rollback` instead of what was held.
    """

    current: ModelRef
    candidate: ModelRef
    rollback: ModelRef
    restore_named: bool = False

    @property
    def after_rollback(self) -> ModelRef:
        """The model that answers once everything was set back."""
        return self.rollback if self.restore_named else self.current
