"""An engine of the operator's own: the command that answers a case with both models, and where its answers stand.

What is written here says how the command is started and read; starting it is an adapter's work.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, Field, field_validator, model_validator

from bot.runbook.models.durations import Duration
from bot.runbook.models.written import Written

PLACEHOLDERS: Final = ("prompt", "current", "candidate", "registry_id", "registry_version", "case")
"""What may stand in braces in an argument."""
_PLACEHOLDER = re.compile(r"\{([A-Za-z_]+)\}")
_POINTER = re.compile(r"(/([^~/]|~[01])*)+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _argument(value: str) -> str:
    unknown = [name for name in _PLACEHOLDER.findall(value) if name not in PLACEHOLDERS]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        message = f"{{{unknown[0]}}} is no placeholder; there are {known}"
        raise ValueError(message)
    if "\0" in value:
        message = "no argument of a program can hold a NUL character"
        raise ValueError(message)
    return value


def _pointer(value: str) -> str:
    if not _POINTER.fullmatch(value):
        message = "expected a JSON pointer into the command's output, such as /model_a/text (RFC 6901)"
        raise ValueError(message)
    return value


def _variable(value: str) -> str:
    if not _VARIABLE.fullmatch(value):
        message = "expected the name of an environment variable, such as OPENROUTER_API_KEY, never its value"
        raise ValueError(message)
    return value


Argument = Annotated[str, AfterValidator(_argument)]
"""One argument of the command; its placeholders are filled in, and it stays one argument."""
Pointer = Annotated[str, AfterValidator(_pointer)]
"""Where something stands in a JSON document (RFC 6901)."""
VariableName = Annotated[str, AfterValidator(_variable)]
"""The name of an environment variable that the command is given."""


class AnswerPlaces(Written):
    """Where one model's answer stands in the command's JSON. What is not named is not known."""

    text: Pointer
    tool_calls: Pointer | None = None
    latency_s: Pointer | None = None
    latency_ms: Pointer | None = None
    cost_usd: Pointer | None = None
    model: Pointer | None = None
    error: Pointer | None = None

    @model_validator(mode="after")
    def _one_unit(self) -> "AnswerPlaces":
        if self.latency_s is not None and self.latency_ms is not None:
            message = "name either `latency_s` or `latency_ms`, one of the two"
            raise ValueError(message)
        return self


class Answers(Written):
    """Where both answers stand."""

    current: AnswerPlaces
    candidate: AnswerPlaces


class External(Written):
    """The command, run once for each case: never by a shell. Without `answers` a person reads its output."""

    command: tuple[Argument, ...] = Field(min_length=1)
    directory: str | None = Field(default=None, min_length=1)
    time_limit: Duration = timedelta(minutes=2)
    environment: tuple[VariableName, ...] = ()
    answers: Answers | None = None

    @field_validator("time_limit")
    @classmethod
    def _some_time(cls, value: timedelta) -> timedelta:
        if value <= timedelta():
            message = "must be longer than nothing"
            raise ValueError(message)
        return value

    @field_validator("command")
    @classmethod
    def _asks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value[0].strip() or _PLACEHOLDER.search(value[0]):
            message = "the first entry is the program, without placeholders"
            raise ValueError(message)
        named = {name for argument in value for name in _PLACEHOLDER.findall(argument)}
        if not named & {"prompt", "case"}:
            message = "no argument has {prompt} (or {case}), so the command would not hear what is asked"
            raise ValueError(message)
        return value

    @property
    def raw(self) -> bool:
        """Whether nothing says where the answers stand: the output is kept, and a person decides."""
        return self.answers is None

    @property
    def address(self) -> str:
        """What stands for the endpoint: another command, or another reading of its output, is another run."""
        told = self.model_dump_json(exclude={"time_limit"})
        return f"command:{hashlib.sha256(told.encode()).hexdigest()[:16]}"


@dataclass(frozen=True)
class EngineRun:
    """What every run of the command is told beside prompt and case: both models, and the suite's tool registry."""

    current: str
    candidate: str
    registry_id: str = "default"
    registry_version: str = "latest"


def filled(argument: str, values: Mapping[str, str]) -> str:
    """An argument with its placeholders filled in, once: what is filled in is never looked at for more."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], argument)
