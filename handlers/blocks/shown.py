"""Which layout a note is shown in: the one door from notes to messages. Pure."""

from typing import assert_never

from bot.engine.models.notes import (
    CardNote,
    ChartNote,
    ComparisonNote,
    FreezeNote,
    Note,
    PageNote,
    ProposalNote,
    QuestionNote,
    ReplyNote,
    RulesNote,
    ScopesNote,
    SummaryNote,
    TimelineNote,
    WishNote,
)
from handlers.blocks import card, charted, private, question, told, wish
from handlers.blocks.layout import Message


def shown(note: Note) -> Message:
    """The message of a note."""
    match note:
        case CardNote() | QuestionNote() | WishNote() | TimelineNote() | SummaryNote():
            return _of_rotation(note)
        case ChartNote():
            return charted.charted(note)
        case ComparisonNote():
            return told.comparison(note)
        case PageNote():
            return told.page(note)
        case RulesNote() | ScopesNote() | FreezeNote():
            return told.of_the_house(note)
        case ProposalNote():
            return told.proposal(note)
        case ReplyNote():
            return private.reply(note)
        case _:
            assert_never(note)


def _of_rotation(note: CardNote | QuestionNote | WishNote | TimelineNote | SummaryNote) -> Message:
    match note:
        case CardNote():
            return card.card(note)
        case QuestionNote():
            return question.question(note)
        case WishNote():
            return wish.wish(note)
        case TimelineNote():
            return told.timeline(note)
        case SummaryNote():
            return told.summary(note)
        case _:
            assert_never(note)
