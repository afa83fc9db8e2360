"""Nothing from outside steers a terminal or turns a line round, whatever medium shows it."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from bot.wording.text import Bold, Called, Code, Link, Part, Quote, Someone, line, plain_line
from bot.wording.unseen import REPLACEMENT, plainly
from handlers.blocks.forms import notice
from handlers.blocks.layout import header, table
from handlers.blocks.mrkdwn import render_line

CLASSES = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
TURNING = [
    *(sign for sign in map(chr, range(0x110000)) if unicodedata.bidirectional(sign) in CLASSES),
    *"\u061c\u200e\u200f",
]
CONTROLS = [sign for sign in map(chr, range(0x110000)) if unicodedata.category(sign) == "Cc" and sign not in "\n\t"]
UNSEEN = [*TURNING, *CONTROLS]


def test_all_of_them_are_known() -> None:
    assert len(TURNING) == 12
    assert plainly("".join(UNSEEN)) == REPLACEMENT * len(UNSEEN)


@given(st.text(st.characters(exclude_characters=UNSEEN)))
def test_everything_else_stays(text: str) -> None:
    assert plainly(text) == text


def test_letters_of_any_script_stay() -> None:
    for words in ("שלום 12", "مرحبا", "日本 3", "é ü\tß\n"):
        assert plainly(words) == words


def test_no_medium_shows_one() -> None:
    words = f"fine{''.join(UNSEEN)}worse"
    parts: list[Part] = [words, Bold(words), Code(words), Quote(words), Someone(words), Called(words, words)]
    parts.append(Link(f"https://x.example/{words}", words))
    shown = [plain_line(line(*parts)), render_line(line(*parts)), str(header(words)), str(table([words], [[words]]))]
    shown.append(str(notice(words, words)))
    for medium in shown:
        assert not [sign for sign in UNSEEN if sign in medium]
        assert REPLACEMENT in medium
