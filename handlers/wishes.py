"""What people may wish for with `/rotate ...`, as data: what `handlers.grammar.parse` answers. Pure; knows no Slack."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from pydantic import JsonValue

from bot.engine.models.commands import SteerVerb
from bot.rotation.model.state import Trigger

STEERING: Final[Mapping[str, SteerVerb]] = {
    "rollback": "roll_back",
    "pause": "pause",
    "resume": "resume",
    "abort": "abort",
    "retry": "retry",
    "settle": "settle",
    "confirm": "confirm",
    "withdraw": "withdraw",
    "hands-off": "hands_off",
    "hands-on": "hands_on",
    "supersede": "supersede",
}
"""What people type -> the verb of a `Steer`."""


@dataclass(frozen=True, slots=True)
class Help:
    """`help`, `help more`, or help with one verb or model setting."""

    topic: str = ""


@dataclass(frozen=True, slots=True)
class ShowStatus:
    """`status`, of everything or of one subject."""

    subject: str = ""


@dataclass(frozen=True, slots=True)
class ShowWhy:
    """`why`, of a rotation or a slot's newest."""

    subject: str = ""


@dataclass(frozen=True, slots=True)
class ShowModels:
    """`models`, all of them or those with a word in their id or name."""

    search: str = ""


@dataclass(frozen=True, slots=True)
class Examine:
    """`doctor`, of the whole installation."""


@dataclass(frozen=True, slots=True)
class Compare:
    """`diff`. An empty candidate wants the form; an empty slot is filled in where there is only one."""

    candidate: str = ""
    slot: str = ""
    rollback: str = ""
    trigger: Trigger = Trigger.NEW_MODEL
    reason: str = ""
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class PromoteIt:
    """`promote`."""

    subject: str = ""


@dataclass(frozen=True, slots=True)
class SteerIt:
    """Any other verb on a rotation or comparison."""

    verb: SteerVerb
    subject: str = ""
    reason: str = ""
    lasts: timedelta | None = None


@dataclass(frozen=True, slots=True)
class FreezeIt:
    """`freeze`. Without a subject it wants the list; `until` as typed."""

    subject: str = ""
    until: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class UnfreezeIt:
    """`unfreeze`."""

    subject: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """Why the words mean nothing: the code of a reply, and its facts."""

    code: str
    facts: dict[str, JsonValue] = field(default_factory=dict)


Wish = Help | ShowStatus | ShowWhy | ShowModels | Examine | Compare | PromoteIt | SteerIt | FreezeIt | UnfreezeIt


def verb_of(verb: SteerVerb) -> str:
    """What people type for a verb."""
    return next(typed for typed, known in STEERING.items() if known == verb)
