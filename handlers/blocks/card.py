"""The card of a rotation: the one live-edited message. Pure."""

from bot.engine.models.notes import CardNote
from bot.wording import cards, waits
from bot.wording.drifted import drift_lines
from bot.wording.evidence import begun_words, sealed_lines, way_back_words
from bot.wording.freezes import card_line
from bot.wording.requests import REPEAT
from bot.wording.text import text
from bot.wording.warned import warnings
from bot.wording.watching import watched_lines
from handlers.blocks.layout import Message, actions, context, divider, header, message, sections
from handlers.blocks.steering import steering


def card(note: CardNote) -> Message:
    """Warnings first, then what is waited for, the stages as steps, the buttons, and what it rests on."""
    rotation = note.rotation
    drifted = drift_lines(note.drifts, over=rotation.ended)
    repeat = REPEAT if note.maybe_repeat else ""
    first = (card_line(rotation, note.freeze), waits.waiting(note))
    blocks = [
        header(cards.card_title(rotation)),
        *sections(text(repeat, cards.state_line(rotation), warnings(rotation), drifted, *first), 4_000),
        divider(),
        *sections(text(cards.steps(rotation), watched_lines(rotation)), 4_000),
        *actions(steering(rotation, note.actions)),
        *context(
            text(
                *(sealed_lines(stage, whole=False) for stage in rotation.sealed),
                cards.comparison_words(note),
                way_back_words(rotation, note.now),
                begun_words(rotation),
                cards.links_line(note),
            ),
        ),
    ]
    return message(cards.card_text(note), blocks)
