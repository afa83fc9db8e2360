"""What came of an act, as the person saw it; and the refusal of an act nobody could have done."""

from dataclasses import dataclass, field

from bot.sandbox.slack import limits
from bot.sandbox.slack.refused import Json
from bot.sandbox.slack.state import Message


class Impossible(Exception):
    """A person could not have done this in Slack: nothing was done. `status` is the HTTP status of the answer."""

    def __init__(self, code: str, detail: str, status: int = 404) -> None:
        super().__init__(detail)
        self.code, self.detail, self.status = code, detail, status


@dataclass
class Outcome:
    """See docs/sandbox.md, "What a person can do"."""

    acked: bool = False
    failure: str | None = None
    saw: list[Message] = field(default_factory=list)
    notice: str | None = None
    dialog: Json | None = None
    sent: bool = True
    errors: dict[str, str] = field(default_factory=dict)
    delivery: str | None = None


def typed(text: str) -> None:
    """Refuses what Slack's client would not send off: a text longer than a person can type at once."""
    if len(text) > limits.TYPED_TEXT:
        detail = f"{len(text):,} characters are too long; Slack's client sends at most {limits.TYPED_TEXT:,} at once"
        raise Impossible("msg_too_long", detail, 400)
