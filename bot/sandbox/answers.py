"""What the control API answers, typed: messages, views, outcomes. Reading only; `client` does the asking."""

from dataclasses import dataclass, field
from typing import Any, Self

Json = dict[str, Any]


@dataclass(frozen=True)
class Button:
    """A button as somebody sees it; `confirm` is its dialog."""

    label: str
    action_id: str
    block_id: str
    value: str | None = None
    style: str | None = None
    url: str | None = None
    confirm: dict[str, str] | None = None


@dataclass(frozen=True)
class Message:
    """A message as somebody sees it; `raw` is the whole JSON."""

    channel: str
    channel_name: str
    ts: str
    thread_ts: str | None
    user: str
    user_name: str
    bot: bool
    text: str
    plain: str
    blocks: list[Json]
    buttons: tuple[Button, ...]
    ephemeral: bool
    broadcast: bool
    edited: bool
    deleted: bool
    n: int
    at: float
    raw: Json = field(repr=False)

    @classmethod
    def of(cls, raw: Json) -> Self:
        """Reads one message of an answer."""
        names = set(cls.__dataclass_fields__) - {"buttons", "raw"}
        buttons = tuple(Button(**button) for button in raw["buttons"])
        return cls(**{name: raw[name] for name in names}, buttons=buttons, raw=raw)

    def button(self, label: str) -> Button:
        """Answers the button with this label; KeyError, naming those there are, when it has none."""
        for button in self.buttons:
            if button.label == label:
                return button
        raise KeyError(f"no button {label!r}; there are: {', '.join(b.label for b in self.buttons) or 'none'}")


@dataclass(frozen=True)
class View:
    """A modal or home tab as its user sees it; `raw` is the whole JSON."""

    view_id: str
    type: str
    callback_id: str
    title: str | None
    plain: str
    blocks: list[Json]
    buttons: tuple[Button, ...]
    fields: list[Json]
    errors: dict[str, str]
    raw: Json = field(repr=False)

    @classmethod
    def of(cls, raw: Json) -> Self:
        """Reads one view of an answer."""
        names = set(cls.__dataclass_fields__) - {"buttons", "raw"}
        buttons = tuple(Button(**button) for button in raw["buttons"])
        return cls(**{name: raw[name] for name in names}, buttons=buttons, raw=raw)


@dataclass(frozen=True)
class Outcome:
    """What came of an act: see docs/sandbox.md."""

    acked: bool
    failure: str | None
    saw: tuple[Message, ...]
    notice: str | None
    dialog: dict[str, str] | None
    sent: bool
    errors: dict[str, str]
    view: View | None
    delivery: str | None
    raw: Json = field(repr=False)

    @classmethod
    def of(cls, raw: Json) -> Self:
        """Reads an outcome."""
        return cls(
            acked=raw["acked"],
            failure=raw["failure"],
            saw=tuple(Message.of(said) for said in raw["saw"]),
            notice=raw["notice"],
            dialog=raw["dialog"],
            sent=raw["sent"],
            errors=raw["errors"],
            view=View.of(raw["view"]) if raw["view"] else None,
            delivery=raw["delivery"],
            raw=raw,
        )


@dataclass(frozen=True)
class Seen:
    """Messages and the cursor to ask for later ones with."""

    messages: tuple[Message, ...]
    cursor: int


@dataclass(frozen=True)
class Views:
    """A user's open modals, bottom first, and their home tab."""

    views: tuple[View, ...]
    home: View | None
