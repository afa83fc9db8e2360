"""What a sandbox starts with: a pydantic model with a complete default, read from YAML or JSON.

Only data. Nothing here knows how the workspace behaves, and the sections of the provider and the platform are passed on
unread: they are theirs to check.
"""

import hashlib
import secrets
from base64 import b32encode
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

BOT_SCOPES = (
    "app_mentions:read",
    "channels:read",
    "chat:write",
    "commands",
    "files:write",
    "groups:read",
    "usergroups:read",
    "users:read",
)
"""What is granted unless a seed says otherwise: what an app asks for that wants no more than it needs."""


class SeedError(Exception):
    """A seed file that cannot be used; the text says every fault with its place."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Person(_Strict):
    """A member of the workspace. `guest` is a multi-channel guest, `admin` may delete what others wrote."""

    name: str
    real_name: str
    title: str = ""
    email: str = ""
    guest: bool = False
    admin: bool = False
    id: str = ""


class Room(_Strict):
    """A channel. `members` are user names; the bot's own name puts the bot in it."""

    name: str
    members: tuple[str, ...]
    topic: str = ""
    private: bool = False
    archived: bool = False
    id: str = ""


class UserGroup(_Strict):
    """A Slack user group, mentioned as `@handle`."""

    handle: str
    name: str
    users: tuple[str, ...] = ()
    id: str = ""


class Command(_Strict):
    """A slash command of the app, as its manifest declares it."""

    command: str = Field(pattern=r"^/[a-z0-9_-]{1,31}$")
    description: str = ""
    usage_hint: str = ""
    should_escape: bool = False


class Shortcut(_Strict):
    """A global or message shortcut of the app, as its manifest declares it."""

    name: str
    callback_id: str
    type: Literal["global", "message"]
    description: str = ""


class App(_Strict):
    """The installed app. Tokens and secret are made at each start unless they are given."""

    name: str = "rotate"
    id: str = ""
    bot_scopes: tuple[str, ...] = BOT_SCOPES
    app_scopes: tuple[str, ...] = ("connections:write",)
    commands: tuple[Command, ...] = (
        Command(
            command="/rotate",
            description="Replace a model safely",
            usage_hint="help | diff CANDIDATE | promote D17 | status | rollback R42",
            should_escape=True,
        ),
    )
    shortcuts: tuple[Shortcut, ...] = (
        Shortcut(
            name="What happened here?",
            callback_id="what_happened",
            type="message",
            description="Explains a rotation from its card or thread",
        ),
        Shortcut(
            name="Roll this back",
            callback_id="roll_this_back",
            type="message",
            description="Goes back to what a rotation found, after one question",
        ),
    )
    events: tuple[str, ...] = ("app_home_opened", "app_mention")
    home_tab: bool = True
    request_url: str | None = None
    bot_token: str = Field(default_factory=lambda: f"xoxb-{secrets.randbelow(10**12):012d}-{secrets.token_hex(12)}")
    app_token: str = Field(default_factory=lambda: f"xapp-1-A0SANDBOX-{secrets.token_hex(16)}")
    signing_secret: str = Field(default_factory=lambda: secrets.token_hex(16))


class Timing(_Strict):
    """Slack's clocks, in seconds. Shortened only by tests that would otherwise have to sit them out."""

    ack: float = 3.0
    trigger: float = 3.0
    response_url: float = 1800.0
    event_retries: tuple[float, ...] = (0.0, 60.0, 300.0)
    connection: float = 10800.0


def _people() -> tuple[Person, ...]:
    return (
        Person(
            name="mia", real_name="Mia Larsen", title="Machine learning engineer", email="mia@acme.example", admin=True
        ),
        Person(name="max", real_name="Max Okafor", title="Machine learning engineer", email="max@acme.example"),
        Person(name="sam", real_name="Sam Rivera", title="Site reliability engineer", email="sam@acme.example"),
        Person(name="sol", real_name="Sol Nakamura", title="Site reliability engineer", email="sol@acme.example"),
        Person(name="fin", real_name="Fin Dubois", title="Finance", email="fin@acme.example"),
        Person(name="rex", real_name="Rex Adeyemi", title="Product", email="rex@acme.example"),
        Person(name="gil", real_name="Gil Weber", title="Contractor", email="gil@elsewhere.example", guest=True),
    )


def _rooms() -> tuple[Room, ...]:
    everybody = ("mia", "max", "sam", "sol", "fin", "rex")
    return (
        Room(name="model-rotation", members=(*everybody, "gil", "rotate"), topic="Which model runs where, and why"),
        Room(name="ml-oncall", members=("mia", "max", "rotate"), topic="Quality and tool behaviour"),
        Room(name="sre-oncall", members=("sam", "sol", "rotate"), topic="Outages and latency"),
        Room(name="finance-ops", members=("fin", "rotate"), topic="What it costs"),
        Room(name="general", members=everybody, topic="Everybody"),
    )


def _groups() -> tuple[UserGroup, ...]:
    return (
        UserGroup(handle="ml-oncall", name="ML on call", users=("mia", "max")),
        UserGroup(handle="sre-oncall", name="SRE on call", users=("sam", "sol")),
        UserGroup(handle="finance-ops", name="Finance operations", users=("fin",)),
    )


class Seed(_Strict):
    """Everything a sandbox starts with. `Seed()` is the Acme of the demo."""

    team: str = "Acme"
    domain: str = "acme"
    seed: int = 7
    app: App = Field(default_factory=App)
    users: tuple[Person, ...] = Field(default_factory=_people)
    channels: tuple[Room, ...] = Field(default_factory=_rooms)
    groups: tuple[UserGroup, ...] = Field(default_factory=_groups)
    timing: Timing = Timing()
    rate_limit_scale: float = Field(default=1.0, gt=0)
    provider: dict[str, Any] = Field(default_factory=dict)
    platform: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_are_known(self) -> "Seed":
        known = {person.name for person in self.users} | {self.app.name}
        places = [(f"channel {room.name}", room.members) for room in self.channels]
        places += [(f"group {group.handle}", group.users) for group in self.groups]
        for place, names in places:
            strangers = sorted(set(names) - known)
            if strangers:
                message = f"{place} names {', '.join(strangers)}, who is not among the users"
                raise ValueError(message)
        return self


def slack_id(prefix: str, name: str) -> str:
    """Answers an id as Slack spells them (`U0` and nine capitals or digits), the same for the same name."""
    digest = b32encode(hashlib.sha256(f"{prefix}:{name}".encode()).digest()).decode()
    return f"{prefix}0{digest[:9]}"


def load(path: Path | None) -> Seed:
    """Reads a seed file (YAML, of which JSON is a part), or answers the default for None.

    Raises:
        SeedError: with one line a fault, each naming the field and what was expected.
    """
    if path is None:
        return Seed()
    try:
        raw = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SeedError(f"{path}: {error.strerror or error}") from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise SeedError(f"{path}: not readable as YAML: {error}") from error
    if not isinstance(raw, dict | None):
        raise SeedError(f"{path}: expected a mapping of settings, found {type(raw).__name__}")
    try:
        return Seed.model_validate(raw or {})
    except ValidationError as error:
        faults = [f"{path}: {'.'.join(map(str, fault['loc'])) or 'seed'}: {fault['msg']}" for fault in error.errors()]
        raise SeedError("\n".join(faults)) from error
