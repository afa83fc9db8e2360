"""What every block of the runbook file has in common."""

from pydantic import BaseModel, ConfigDict


class Written(BaseModel):
    """A block of the file: unknown keys are errors, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
