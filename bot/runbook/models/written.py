"""What every block of the runbook file has in common, and every block of a plan that is made from it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, SerializationInfo, SerializerFunctionWrapHandler, model_serializer

WHOLE: Final = "whole"
"""The context of a dump for people: every line, those that say their default too."""


class WrongAtKey(ValueError):
    """A block is wrong, and one of its keys is where it has to be put right."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


class Written(BaseModel):
    """A block of the file: unknown keys are errors, values do not change after loading.

    `ELSEWHERE` answers keys that people look for in it and that are said elsewhere, or cannot be said at all.
    """

    ELSEWHERE: ClassVar[Mapping[str, str]] = MappingProxyType({})

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Resolved(BaseModel):
    """A block of a plan: complete and unchanging."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Grown(BaseModel):
    """A block that has got lines since it was first stored: `NEWER` ones are left out where they say their default.

    What was written or stored before there were such lines reads the same, and has the digest it always had.
    """

    NEWER: ClassVar[tuple[str, ...]] = ()

    @model_serializer(mode="wrap")
    def _without_the_unsaid(self, plainly: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        plain: dict[str, Any] = plainly(self)
        if info.context == WHOLE:
            return plain
        fields = type(self).model_fields
        unsaid = {
            name for name in self.NEWER if getattr(self, name) == fields[name].get_default(call_default_factory=True)
        }
        return {name: value for name, value in plain.items() if name not in unsaid}
