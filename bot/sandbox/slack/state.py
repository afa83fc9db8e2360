"""The nouns of a workspace: plain data, changed only by `workspace` and the methods beside it."""

from dataclasses import dataclass, field

from bot.sandbox.slack.refused import Json


@dataclass
class User:
    """A member, the bot's own user, or Slackbot."""

    id: str
    name: str
    real_name: str
    title: str = ""
    email: str = ""
    guest: bool = False
    admin: bool = False
    is_bot: bool = False


@dataclass
class Channel:
    """A channel, or (with `direct`) the conversation between that user and the bot."""

    id: str
    name: str
    members: set[str]
    created: int
    topic: str = ""
    private: bool = False
    archived: bool = False
    direct: str | None = None


@dataclass
class Group:
    """A user group."""

    id: str
    handle: str
    name: str
    users: list[str]


@dataclass
class Message:
    """One message. `to` is set on an ephemeral one; `earlier` holds the blocks it had before each change.

    `n` and `at` are the number and the time (seconds since 1970) of its last change.
    """

    channel: str
    ts: str
    user: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    broadcast: bool = False
    to: str | None = None
    bot: bool = False
    metadata: Json | None = None
    edited: str | None = None
    marked_edited: bool = False
    deleted: bool = False
    files: list[str] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    username: str = ""
    earlier: list[list[Json]] = field(default_factory=list)
    n: int = 0
    at: float = 0.0


@dataclass
class File:
    """An uploaded file; `shared` once `files.completeUploadExternal` named it."""

    id: str
    name: str
    length: int
    user: str
    created: int
    title: str = ""
    alt: str = ""
    mimetype: str = "application/octet-stream"
    content: bytes | None = None
    shared: bool = False


@dataclass
class View:
    """A modal in a user's stack, or a home tab. `values` is what the user has entered, by block and action id."""

    id: str
    user: str
    body: Json
    hash: str
    root: str
    previous: str | None = None
    external_id: str = ""
    values: dict[str, dict[str, Json]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    n: int = 0
