"""Who may do what besides approving a stage: what a file says, and what holds where it says nothing."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, ClassVar, Final, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from bot.runbook.models.people import GroupName
from bot.runbook.models.written import Grown, Resolved, Written, WrongAtKey

EASY: Final = "Rolling back and pausing are deliberately easy: they cannot be restricted"
EMPTY: Final = "is empty; leave the line out for the default"
NOBODY: Final = "is empty, and then nobody could; name at least one, or leave the line out for the default"


class Who(StrEnum):
    """Members of the slot's channel, or one of the three owners."""

    CHANNEL = "channel"
    ML = "ml"
    SRE = "sre"
    FINANCE = "finance"


Named = TypeVar("Named", Who, GroupName)


def _somebody(value: object) -> object:
    if value == []:
        raise ValueError(NOBODY)
    return value


def _written_out(value: object) -> object:
    if value is None:
        raise ValueError(EMPTY)
    return value


def _each_once(value: tuple[Named, ...]) -> tuple[Named, ...]:
    if doubled := sorted({one.value for one in value if value.count(one) > 1}):
        message = f"names {', '.join(doubled)} twice; each once"
        raise ValueError(message)
    return value


Anybody = Annotated[tuple[Who, ...], BeforeValidator(_somebody), AfterValidator(_each_once)]
"""The channel's members too, where they are named."""
Owners = Annotated[tuple[GroupName, ...], BeforeValidator(_somebody), AfterValidator(_each_once)]
"""Members of the three groups only."""


class BreakGlass(Grown, Written):
    """Whose yes going on against a comparison's `fail` takes: `count` members of `groups`, one of each if asked."""

    NEWER: ClassVar[tuple[str, ...]] = ("groups", "count", "each")

    groups: Owners | None = None
    count: int | None = Field(default=None, ge=1, le=20)
    each: bool | None = None

    _not_empty = field_validator("*", mode="before")(_written_out)

    @model_validator(mode="after")
    def _each_of_somebody(self) -> Self:
        if self.each and self.groups is None:
            raise WrongAtKey("each", "asks for somebody of each of `groups`; name them beside it")
        return self


class Authority(Grown, Written):
    """Lines of a file, or of a slot whose own lines win over the file's; None where one is not written."""

    NEWER: ClassVar[tuple[str, ...]] = ("compare", "steer", "settle", "freeze", "break_glass")
    ELSEWHERE: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            **dict.fromkeys(("roll_back", "rollback", "pause"), EASY),
            **dict.fromkeys(
                ("begin", "promote", "resume", "abort", "supersede", "mute"),
                "is not a line of its own: `steer` says who may begin, promote again, resume and abort",
            ),
            **dict.fromkeys(
                ("retry", "confirm", "hands_off", "hands_on"),
                "is not a line of its own: `settle` says who may settle by hand, retry, confirm, take hands off and on",
            ),
            **dict.fromkeys(
                ("approve", "approval", "reject"), "is said for each stage: `approval` there says whose yes it needs"
            ),
            "decide": "cannot be named: a “can't tell” is put to the group that owns it, and to the file's "
            "`fallback_group` where nobody answers",
            "unfreeze": "cannot be named: whoever set a freeze lifts it, and those who approve what it holds",
            "diff": "is called `compare` here",
        }
    )

    compare: Anybody | None = None
    steer: Anybody | None = None
    settle: Owners | None = None
    freeze: Owners | None = None
    break_glass: BreakGlass | None = None

    _not_empty = field_validator("*", mode="before")(_written_out)


class BreakGlassPlan(Resolved):
    """Whose yes it needs, complete; without `groups` those of the group that owns what got worse."""

    groups: tuple[GroupName, ...] = ()
    count: int = 2
    each: bool = False

    @property
    def needed(self) -> int:
        """How many people have to say yes."""
        return max(self.count, len(self.groups)) if self.each else self.count


class AuthorityPlan(Resolved):
    """Who may do what in one slot, complete. The defaults are the rules of the house."""

    compare: tuple[Who, ...] = (Who.CHANNEL,)
    steer: tuple[Who, ...] = (Who.CHANNEL, Who.ML, Who.SRE, Who.FINANCE)
    settle: tuple[GroupName, ...] = (GroupName.ML, GroupName.SRE)
    freeze: tuple[GroupName, ...] = (GroupName.ML, GroupName.SRE, GroupName.FINANCE)
    break_glass: BreakGlassPlan = BreakGlassPlan()


HOUSE: Final = AuthorityPlan()
"""What holds where a runbook names nobody."""


def authority_plan(*blocks: Authority | None) -> AuthorityPlan:
    """The blocks laid over the rules of the house line by line, inside `break_glass` too; a later one wins."""
    said: dict[str, object] = {}
    glass: dict[str, object] = {}
    for block in blocks:
        if block is not None:
            said |= _written(block, ("compare", "steer", "settle", "freeze"))
            glass |= _written(block.break_glass, ("groups", "count", "each")) if block.break_glass is not None else {}
    return HOUSE.model_copy(update={**said, "break_glass": HOUSE.break_glass.model_copy(update=glass)})


def _written(block: Authority | BreakGlass, lines: Iterable[str]) -> dict[str, object]:
    return {line: value for line in lines if (value := getattr(block, line)) is not None}
