"""The pieces messages and views are laid out with, within Slack's limits. Pure.

Limits: 50 blocks a message and 100 a view, 3,000 characters a section, 150 a header, 13,200 characters of text in all
blocks (measured, not documented), 75 a button, 300 a confirm dialog; `chat.update` takes 4,000 characters of text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.wording.text import Line, Text, plain_line
from bot.wording.unseen import plainly
from handlers.blocks.mrkdwn import cut, literal, render, within
from handlers.blocks.values import Carried, encode

Block = dict[str, Any]

SECTION = 2_900
HEADER = 150
BUTTON = 75
BUTTONS = 5
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_BUTTON = 30
TEXT = 3_900
BODY = 9_000
"""Characters of a message's running text; tables, buttons and dialogs come on top and stay within 13,200."""
CONTEXT = 2_900


@dataclass(frozen=True)
class Message:
    """A message: `text` carries the whole of it for notifications and screen readers, `blocks` the same laid out."""

    text: str
    blocks: list[Block] = field(default_factory=list)


def message(text: Text, blocks: Sequence[Block]) -> Message:
    """A message from its words and its blocks."""
    return Message(within(render(text), TEXT), list(blocks))


def header(words: str) -> Block:
    """A headline."""
    return {"type": "header", "text": {"type": "plain_text", "text": _short(words, HEADER), "emoji": True}}


_MORE = "… (more than fits here; `rotate ledger export` has all of it)"


def sections(text: Text, room: int = BODY) -> list[Block]:
    """Sections of the lines, at most `room` characters together; what does not fit is left out and said."""
    lines: list[str] = []
    left, everything = room - len(_MORE) - 1, True
    for line in render(text):
        shown = cut(line, SECTION)
        if len(shown) + 1 > left:
            everything = False
            break
        everything = everything and shown == line
        lines.append(shown)
        left -= len(shown) + 1
    return [_section("\n".join(group)) for group in _grouped([*lines, *([] if everything else [_MORE])])]


def _grouped(lines: Sequence[str]) -> Iterable[list[str]]:
    group: list[str] = []
    used = 0
    for line in lines:
        if group and used + len(line) + 1 > SECTION:
            yield group
            group, used = [], 0
        group.append(line)
        used += len(line) + 1
    if group:
        yield group


def _section(words: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": words, "verbatim": True}}


def beside(text: Text, made: Block | None = None) -> Block:
    """One section of the lines, cut to what it takes, with a button beside them where one is given."""
    section = _section(cut("\n".join(cut(line, SECTION) for line in render(text)), SECTION))
    return section if made is None else {**section, "accessory": made}


def headline(line: Line) -> Block:
    """A first line that stands out."""
    return _section(f"*{cut(literal(plain_line(line)), 300)}*")


def context(text: Text) -> list[Block]:
    """Small print; nothing for no text."""
    if not text:
        return []
    return [
        {
            "type": "context",
            "elements": [{"type": "mrkdwn", "text": cut(within(render(text), CONTEXT), CONTEXT), "verbatim": True}],
        }
    ]


def divider() -> Block:
    """A line across."""
    return {"type": "divider"}


@dataclass(frozen=True)
class Ask:
    """A confirm dialog: what would be done, and the word that does it."""

    title: str
    text: str
    confirm: str
    dangerous: bool = False


def button(
    label: str,
    action_id: str,
    carried: Carried,
    *,
    style: Literal["primary", "danger", ""] = "",
    ask: Ask | None = None,
) -> Block:
    """A button. Its label says by itself what it does."""
    made: Block = {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": _short(label, BUTTON), "emoji": True},
        "value": encode(carried),
    }
    if style:
        made["style"] = style
    if ask is not None:
        made["confirm"] = {
            "title": _plain(ask.title, CONFIRM_TITLE),
            "text": _plain(ask.text, CONFIRM_TEXT),
            "confirm": _plain(ask.confirm, CONFIRM_BUTTON),
            "deny": _plain("Not now", CONFIRM_BUTTON),
            "style": "danger" if ask.dangerous else "primary",
        }
    return made


def actions(buttons: Sequence[Block], block_id: str = "") -> list[Block]:
    """A row of at most five buttons; nothing for none."""
    if not buttons:
        return []
    row: Block = {"type": "actions", "elements": list(buttons[:BUTTONS])}
    return [{**row, "block_id": block_id} if block_id else row]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Block:
    """A table of plain cells. A message has at most one."""
    cells = [[{"type": "raw_text", "text": plainly(cell) or "–"} for cell in row] for row in (head, *rows)]
    return {"type": "table", "rows": cells, "column_settings": [{"is_wrapped": True} for _ in head]}


def _plain(words: str, room: int) -> Block:
    return {"type": "plain_text", "text": _short(words, room)}


def _short(words: str, room: int) -> str:
    flat = plainly(" ".join(words.split())) or "–"
    return flat if len(flat) <= room else f"{flat[: room - 1].rstrip()}…"
