"""What each call of the control API takes. A key that is not here is refused."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Asked(BaseModel):
    """A call without parameters."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OfUser(Asked):
    """A call about one user."""

    user: str


class Messages(OfUser):
    """Which messages."""

    channel: str | None = None
    thread_ts: str | None = None
    since: str | None = None
    after: int | None = None
    threads: bool = False
    deleted: bool = False


class Wait(OfUser):
    """What to wait for."""

    contains: str = ""
    timeout: float = Field(default=10.0, ge=0, le=60)
    what: Literal["message", "view", "home"] = "message"
    channel: str | None = None
    thread_ts: str | None = None
    after: int | None = None
    gone: bool = False


class Command(OfUser):
    """A slash command."""

    channel: str
    text: str
    thread_ts: str | None = None


class Say(Command):
    """A message."""

    broadcast: bool = False


class OnElement(OfUser):
    """An element of a message or view."""

    channel: str | None = None
    ts: str | None = None
    view_id: str | None = None
    action_id: str | None = None
    block_id: str | None = None


class Options(OnElement):
    """The options of a menu."""

    query: str = ""


class Click(OnElement):
    """The use of an element."""

    label: str | None = None
    value: str | None = None
    option: Any = None
    confirm: bool = True
    stale: bool = False


class Submit(OfUser):
    """A modal, filled in."""

    view_id: str | None = None
    values: dict[str, Any] = Field(default_factory=dict)


class Close(OfUser):
    """A modal, or all of them."""

    view_id: str | None = None
    all: bool = False


class Shortcut(OfUser):
    """A shortcut."""

    callback_id: str
    channel: str | None = None
    ts: str | None = None


class OnMessage(OfUser):
    """One message."""

    channel: str
    ts: str


class React(OnMessage):
    """A reaction."""

    name: str


class Calls(Asked):
    """Which Web API calls."""

    method: str | None = None
    after: int | None = None


class Again(Asked):
    """A past delivery."""

    delivery: str


class Disconnect(Asked):
    """How the sockets end."""

    reason: Literal["refresh_requested", "warning", "link_disabled", "too_many_websockets", "cut"] = "refresh_requested"


class DeliveryMode(Asked):
    """Signed HTTP to this address, or Socket Mode for null."""

    request_url: str | None


class SetGroup(Asked):
    """A group's members."""

    group: str
    users: list[str]


class SetMember(OfUser):
    """A membership."""

    channel: str
    member: bool
