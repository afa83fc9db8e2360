"""Where a message stands, and what is attached to one."""

from bot.engine.models.plain import Plain


class MessageRef(Plain):
    """A posted message: its channel's id, its timestamp, and a link to it where known.

    `maybe_repeat`: an earlier copy may stand above it, because the answer to the first attempt was lost.
    """

    channel: str
    ts: str
    link: str = ""
    maybe_repeat: bool = False


class Attachment(Plain):
    """A file that goes with a message: its name, what people call it, and what it shows in words (`alt`)."""

    name: str
    title: str
    alt: str = ""
    content: bytes
