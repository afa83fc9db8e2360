"""What every block of the runbook file has in common."""

from pydantic import BaseModel, ConfigDict


class WrongAtKey(ValueError):
    """A block is wrong, and one of its keys is where it has to be put right."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


class Written(BaseModel):
    """A block of the file: unknown keys are errors, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
