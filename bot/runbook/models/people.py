"""Names as people write them, and who may say yes: channels, user groups, people, the three owners, approvals."""

import re
from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from bot.masking import mask
from bot.runbook.models.durations import Duration, longer_than_nothing
from bot.runbook.models.written import Grown, Written, WrongAtKey

EMPTY = "is empty; `#` starts a comment in YAML, so write the name without it (or in quotes)"
NOBODY = (
    "is empty; expected at least one member id, such as [U024BE7LH]; `#` starts a comment in YAML, so write an id"
    " without it"
)


def _name(value: object) -> object:
    if value is None:
        raise ValueError(EMPTY)
    return value.strip().lstrip("#@") if isinstance(value, str) else value


Name = Annotated[str, BeforeValidator(_name), Field(min_length=1, max_length=80)]
"""A channel, group or person as people write it; a leading `#` or `@` is dropped."""


_UNFIT = r"\s!\"#$%&'()*+,/:;<=>?@\[\\\]^`{|}~"
CHANNEL = re.compile(rf"[^{_UNFIT}.]{{1,80}}")
_HANDLE = re.compile(rf"[^{_UNFIT}]{{1,80}}")
_MENTION = re.compile(r"<(?:@|#|!subteam\^)([A-Z0-9]+)(?:\|[^>]*)?>")


def _unwrapped(value: object) -> object:
    """The id in a mention as Slack copies it, `<@U024BE7LH>`; anything else as it is."""
    mention = _MENTION.fullmatch(value.strip()) if isinstance(value, str) else None
    return mention[1] if mention else value


def _channel(value: str) -> str:
    if not CHANNEL.fullmatch(value):
        message = f"{mask(value)!r} is no channel: expected its name, such as model-rotation, or its id"
        raise ValueError(message)
    return value


def _handle(value: str) -> str:
    if not _HANDLE.fullmatch(value):
        message = f"{mask(value)!r} is no user group: expected its handle, such as ml-oncall, or its id"
        raise ValueError(message)
    return value


Channel = Annotated[Name, BeforeValidator(_unwrapped), AfterValidator(_channel)]
"""A channel's name or id."""
Handle = Annotated[Name, BeforeValidator(_unwrapped), AfterValidator(_handle)]
"""A user group's handle or id."""
Member = Annotated[Name, BeforeValidator(_unwrapped)]
"""A person, by member id; whether it is one, the rules ask of what was written."""


class GroupName(StrEnum):
    """The three owners the runbook escalates to."""

    ML = "ml"
    SRE = "sre"
    FINANCE = "finance"


class Group(Written):
    """Who a group is, and the channel it is told in. Give `group` (a Slack user group) or `people` (member ids)."""

    channel: Channel
    group: Handle | None = None
    people: tuple[Member, ...] = ()

    @field_validator("people", mode="before")
    @classmethod
    def _somebody(cls, value: object) -> object:
        if value is None:
            raise ValueError(NOBODY)
        return value

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.group is None and not self.people:  # written and empty, or not written at all?
            for key, message in (("group", EMPTY), ("people", NOBODY)):
                if key in self.model_fields_set:
                    raise WrongAtKey(key, message)
        if (self.group is None) == (not self.people):
            message = "name either `group` (a Slack user group) or `people` (a list of member ids), one of the two"
            raise ValueError(message)
        return self


class Groups(Written):
    """The owners: ML (quality, tools), SRE (outage, latency), Finance (cost)."""

    ml: Group
    sre: Group
    finance: Group

    def of(self, name: GroupName) -> Group:
        """The group with that name."""
        return {GroupName.ML: self.ml, GroupName.SRE: self.sre, GroupName.FINANCE: self.finance}[name]


class Fallback(Written):
    """Who is asked too once a request was delivered and has gone unanswered for `after`, since the last were asked."""

    group: GroupName
    after: Duration

    _longer_than_nothing = field_validator("after")(longer_than_nothing)


class Approval(Grown, Written):
    """Whose yes a stage needs: `count` members of `groups`, the requester not among them unless allowed.

    With `each`, somebody of every one of the groups has to be among them, and nobody stands for two. `fallback` are
    groups that are asked too, one after the other, while nobody answers.
    """

    NEWER: ClassVar[tuple[str, ...]] = ("each", "fallback")

    groups: tuple[GroupName, ...] = (GroupName.ML,)
    count: int = Field(default=1, ge=0, le=20)
    each: bool = False
    requester_may: bool = False
    fallback: tuple[Fallback, ...] = ()

    @property
    def needed(self) -> int:
        """How many people have to say yes."""
        return max(self.count, len(self.groups)) if self.each else self.count

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if self.count and not self.groups:
            message = "name at least one of the groups ml, sre, finance (or `count: 0`, where nobody's yes is needed)"
            raise ValueError(message)
        if len(set(self.groups)) < len(self.groups):
            raise WrongAtKey("groups", "names a group twice; each once")
        if self.each and not self.count:
            raise WrongAtKey("each", "needs somebody's yes and `count: 0` needs nobody's: leave one of them out")
        return self

    @model_validator(mode="after")
    def _others_to_fall_back_on(self) -> Self:
        later = [step.group for step in self.fallback]
        if known := sorted({group.value for group in later if group in self.groups or later.count(group) > 1}):
            message = f"names {', '.join(known)}, which is asked already; name another group, each once"
            raise WrongAtKey("fallback", message)
        if later and (self.each or not self.count):
            why = "`each` asks for somebody of every group, whom no other replaces" if self.count else "`count` is 0"
            raise WrongAtKey("fallback", f"stands for nobody here: {why}")
        return self
