"""A suite as its operator writes it: cases, what is expected of their answers, margins. No reading of files.

What assertions mean stands in `bot.difftest.marking`.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, Strict, model_validator

from bot.difftest.marking.rubrics import is_rubric
from bot.difftest.marking.tools import tool_type
from bot.difftest.stats.planning import effective_n

DimensionName = Literal["quality", "tools", "latency", "cost"]
DIMENSIONS: Final[tuple[DimensionName, ...]] = ("quality", "tools", "latency", "cost")
DEFAULT_MARGINS: Final[Mapping[str, float]] = {"quality": 0.05, "tools": 0.05, "latency": 0.25, "cost": 0.20}
"""Points of quality and tools (0.05 is 5), ratios of latency and cost (0.25 is +25 %)."""
DEFAULT_PASS_RATE: Final = 0.9


class Written(BaseModel):
    """A block of the file: unknown fields are errors, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _no_guess(value: object) -> object:
    """A number as it is: neither `"3"` nor `true` is meant as one."""
    if isinstance(value, bool | str):
        what = "a text" if isinstance(value, str) else "a truth value"
        raise ValueError(f"a number is expected, not {what}")  # noqa: TRY004 (pydantic tells ValueErrors)
    return value


Whole = Annotated[int, BeforeValidator(_no_guess)]
Times = Annotated[int, Field(ge=1), BeforeValidator(_no_guess)]
Number = Annotated[float, BeforeValidator(_no_guess)]
Truth = Annotated[bool, Strict()]

_UNSEEN: Final = (
    "\\x00-\\x1f\\x7f-\\x9f\\xad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb"
)
"""Controls, bidirectional ones among them, and what else takes no room: as a class of a regular expression has them."""


def _seen(name: str) -> str:
    if unseen := re.search(f"[{_UNSEEN}]", name):
        raise ValueError(f"holds U+{ord(unseen[0]):04X}, which nobody sees: ids could look alike, or be read wrongly")
    return name


CaseId = Annotated[
    str,
    AfterValidator(_seen),
    Field(min_length=1, max_length=200, json_schema_extra={"not": {"pattern": f"[{_UNSEEN}]"}}),
]


class Message(BaseModel):
    """One turn, as chat completions take it; further fields (`tool_calls`, `tool_call_id`, `name`) pass through."""

    model_config = ConfigDict(extra="allow", frozen=True)

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, JsonValue]] | None = None


def unwrapped(value: object) -> object:
    """A tool as chat completions take it, `{type: function, function: {...}}`, or the inner part alone."""
    if isinstance(value, dict) and value.get("type") == "function" and value.keys() == {"type", "function"}:
        return value["function"]
    return value


class Function(Written):
    """A tool the model may call; `parameters` is the JSON Schema of its arguments. It is never carried out."""

    name: str = Field(min_length=1, pattern=r"^[A-Za-z0-9_.:-]{1,64}$")
    description: str | None = None
    parameters: dict[str, JsonValue] = {"type": "object", "properties": {}}
    strict: Truth | None = None


Tool = Annotated[Function, BeforeValidator(unwrapped)]


class Assertion(Written):
    """One expectation of the answer; what `value` may be depends on `type`."""

    type: str
    value: JsonValue = None


def _as_text(value: object) -> object:
    """What a tool answers, as the text a model reads: other JSON is written out."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | bool | int | float) else value


ToolText = Annotated[str, BeforeValidator(_as_text, json_schema_input_type=JsonValue)]


def _given(name: str) -> dict[str, Any]:
    return {"required": [name], "properties": {name: {"not": {"type": "null"}}}}


class ScriptedResult(Written):
    """What a call is answered with: tools are never carried out.

    It answers calls to `tool` whose arguments include `arguments` (all of them when there are none), with `content` or
    with `error`, so often as `times` says (always when it says nothing).
    """

    model_config = ConfigDict(json_schema_extra={"oneOf": [_given("content"), _given("error")]})

    tool: str
    arguments: dict[str, JsonValue] = {}
    content: ToolText | None = None
    error: ToolText | None = None
    times: Times | None = None

    @model_validator(mode="after")
    def _one_outcome(self) -> "ScriptedResult":
        if (self.content is None) == (self.error is None):
            raise ValueError(f"needs {'one' if self.content is None else 'only one'} of content and error")
        return self


class Case(Written):
    """One prompt and what is expected of its answer."""

    id: CaseId
    messages: tuple[Message, ...] = Field(min_length=1)
    tools: tuple[Tool, ...] = ()
    tool_choice: Literal["auto", "none", "required"] | dict[str, JsonValue] | None = None
    assertions: tuple[Assertion, ...] = Field(alias="assert", min_length=1)
    tags: tuple[str, ...] = ()
    cluster: str | None = None
    results: tuple[ScriptedResult, ...] = ()
    max_turns: Whole = Field(default=6, ge=1, le=50)

    @cached_property
    def about_text(self) -> tuple[Assertion, ...]:
        """The assertions that quality is made of and that need no judge."""
        return tuple(entry for entry in self.assertions if not is_rubric(entry.type) and tool_type(entry.type) is None)

    @cached_property
    def rubrics(self) -> tuple[Assertion, ...]:
        """The assertions that quality is made of and that a judge model decides."""
        return tuple(entry for entry in self.assertions if is_rubric(entry.type))

    @cached_property
    def about_tools(self) -> tuple[Assertion, ...]:
        """The expectations that tool behaviour is made of."""
        return tuple(entry for entry in self.assertions if tool_type(entry.type) is not None)

    @cached_property
    def about_quality(self) -> bool:
        """Whether the case says anything about quality, by itself or by a judge."""
        return bool(self.about_text or self.rubrics)

    @property
    def group(self) -> str:
        """The cases it is not independent of: its cluster, or itself alone."""
        return f"case {self.id}" if self.cluster is None else f"cluster {self.cluster}"

    @cached_property
    def offered(self) -> dict[str, JsonValue]:
        """The offered tools: name -> schema of the arguments."""
        return {tool.name: tool.parameters for tool in self.tools}


Margin = Annotated[float, Field(gt=0, lt=1), BeforeValidator(_no_guess)]
Surplus = Annotated[float, Field(gt=0, le=10), BeforeValidator(_no_guess)]


class Margins(Written):
    """By how much the candidate may be worse; None takes the default."""

    quality: Margin | None = None
    tools: Margin | None = None
    latency: Surplus | None = None
    cost: Surplus | None = None


class Registry(Written):
    """Which tool registry the cases were written against."""

    id: str
    version: str = "latest"


class JudgeSettings(Written):
    """The model that judges rubrics: at the comparison's endpoint, or at its own.

    `api_key_env` names the variable that holds the key of the judge's endpoint; without it none is sent to an endpoint
    of its own. `parameters` go to that endpoint as they are; those of the suite do not.
    """

    model: str = Field(min_length=1)
    base_url: str | None = Field(default=None, pattern=r"^https?://[^/\s]+(/\S*)?$")
    api_key_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    parameters: dict[str, JsonValue] = {}

    @property
    def apart(self) -> bool:
        """Whether it is asked in another way than the models that are compared."""
        return self.base_url is not None or self.api_key_env is not None


def _once(names: tuple[DimensionName, ...]) -> tuple[DimensionName, ...]:
    for index, name in enumerate(names):
        if name in names[:index]:
            raise ValueError(f"{name} is named twice")
    return names


class Settings(Written):
    """Everything of a suite but its cases."""

    name: str = "suite"
    description: str = ""
    private: Truth = False
    primary: Annotated[tuple[DimensionName, ...], AfterValidator(_once)] = Field(
        default=DIMENSIONS, min_length=1, json_schema_extra={"uniqueItems": True}
    )
    margins: Margins = Margins()
    pass_rate: Number = Field(default=DEFAULT_PASS_RATE, gt=0, le=1)
    repeats: Whole = Field(default=1, ge=1, le=50)
    looks: Whole = Field(default=1, ge=1, le=10)
    parameters: dict[str, JsonValue] = {}
    registry: Registry | None = None
    judge: JudgeSettings | None = None


class Suite(Settings):
    """A whole suite."""

    cases: tuple[Case, ...] = Field(min_length=1)

    @cached_property
    def digest(self) -> str:
        """A sha256 over the content: comments, order of fields, file format, defaults written out do not change it."""
        content = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def margin(self, dimension: DimensionName) -> float:
        """The suite's margin of a dimension, or the default."""
        written: float | None = getattr(self.margins, dimension)
        return DEFAULT_MARGINS[dimension] if written is None else written

    def independent(self, cases: Sequence[Case]) -> float:
        """How many independent cases these are worth at least: clusters count once, whatever their cases do."""
        return effective_n(Counter(case.group for case in cases).values())

    @property
    def by_id(self) -> dict[str, Case]:
        """The cases by their ids."""
        return {case.id: case for case in self.cases}
