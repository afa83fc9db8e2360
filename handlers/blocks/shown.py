"""Which layout a note is shown in: the one door from notes to messages. Pure."""

from typing import assert_never

from bot.engine.models import (
    CardNote,
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
)
from handlers.blocks import card, private, question, told
from handlers.blocks.layout import Message


def shown(note: Note) -> Message:
    """The message of a note."""
    match note:
        case CardNote():
            return card.card(note)
        case QuestionNote():
            return question.question(note)
        case TimelineNote():
            return told.timeline(note)
        case SummaryNote():
            return told.summary(note)
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
