"""The home tab in words: what waits for its reader, what runs and what comes next, what is over."""

from bot.engine.models.comparisons import Comparison
from bot.engine.models.messages import MessageRef
from bot.engine.models.shown import Home, HomeRotation, Waiting
from bot.rotation.model.rotation import Rotation
from bot.wording.cards import state_line
from bot.wording.comparisons import comparison_headline
from bot.wording.names import change_line
from bot.wording.pages import CAUSES
from bot.wording.text import Bold, Line, Link, Part, Text, When, line, text
from bot.wording.waits import waiting
from bot.wording.warned import warnings

WAITS = {
    "page": "a page is yours to take",
    "mend": "it is stuck: try again, roll back, or settle by hand",
    "decide": "decide how it goes on",
    "approve": "approve or reject",
    "give_way": "another rotation asks you to give way",
    "confirm": "confirm that the old model answers again",
    "ask_again": "see to what held it up, then ask again",
    "resume": "it is paused: resume, or roll back",
    "spend": "agree to what the comparison costs",
}
"""What a person is waited for, in words."""


WARNINGS = 2
"""So many of what must not be overlooked are on the tab; the card has all."""


def linked(subject: str, message: MessageRef | None) -> Part:
    """The name, as a link to its message where that is known."""
    return Link(message.link, subject) if message is not None and message.link else Bold(subject)


def wait_line(wait: Waiting) -> Line:
    """One thing that waits for the reader: where, what, until when."""
    about = f" {wait.slot}" if wait.slot else f" about {wait.rotation}" if wait.rotation else ""
    happened = wait.cause.replace("_", " ") if wait.cause not in CAUSES else ""
    said = f"{WAITS[wait.what]}{f' ({happened})' if happened else ''}"
    until = (", until ", When(wait.until)) if wait.until is not None else ()
    return line(linked(wait.subject, wait.message), f"{about}: {said}", *until)


def running_text(one: HomeRotation, card: MessageRef | None) -> Text:
    """One rotation: what is changed, where it is since when, what must not be overlooked, and what comes next."""
    rotation = one.note.rotation
    first = line(linked(rotation.id, card), f" {rotation.slot} ", change_line(rotation.models))
    begun = line(state_line(rotation), ", begun ", When(rotation.begun_at))
    return text(first, begun, warnings(rotation)[:WARNINGS], waiting(one.note)[:1])


def over_line(rotation: Rotation, card: MessageRef | None) -> Line:
    """One rotation that is over."""
    change = change_line(rotation.models)
    return line("• ", linked(rotation.id, card), f" {rotation.slot} ", change, ": ", state_line(rotation))


def compared_line(comparison: Comparison, card: MessageRef | None) -> Line:
    """One comparison."""
    headline = comparison_headline(comparison).replace(f"{comparison.id} ", "", 1)
    at: tuple[Part, ...] = (", ", When(comparison.finished_at or comparison.started_at))
    return line("• ", linked(comparison.id, card), f" {headline}", *at)


def nothing_waits(home: Home) -> str:
    """What is said where nothing waits for the reader, or where it is not known."""
    if home.problem:
        return f"⚠️ What waits for you is not known in full: {home.problem} could not be read. It is tried again"
    return "Nothing waits for you"
