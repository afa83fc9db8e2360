"""Who somebody is, and who is in a group, by the directory."""

from datetime import datetime

from bot.engine.models.plain import Plain


class Person(Plain):
    """A person as the workspace knows them."""

    id: str
    name: str
    guest: bool = False
    bot: bool = False
    stranger: bool = False


class Members(Plain):
    """Who belongs to a group or channel. `problem`: why it could not be read; `mention`: how to call the group."""

    ids: tuple[str, ...] = ()
    read_at: datetime
    problem: str = ""
    mention: str = ""
