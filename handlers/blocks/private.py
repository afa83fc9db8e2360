"""What one person is told: answers, help, status, and the offer of a form. Pure."""

from collections.abc import Sequence
from datetime import datetime

from bot.doctor.model import Finding
from bot.engine.models.guides import Guide
from bot.engine.models.notes import ReplyNote
from bot.engine.models.shown import FreezeShown, Models, Status, Why
from bot.rotation.model.rotation import Rotation
from bot.wording.doctoring import findings_text
from bot.wording.estimates import estimate_label
from bot.wording.freezelists import freezes_text
from bot.wording.guides import more_text, slot_text
from bot.wording.helping import VERBS, help_text, usage, verb_text
from bot.wording.modelslist import models_text
from bot.wording.replies import reply_text
from bot.wording.statuses import status_text
from bot.wording.text import When
from bot.wording.units import shortened
from bot.wording.whys import why_text
from handlers.blocks import ids
from handlers.blocks.layout import Block, Message, actions, button, message, sections
from handlers.blocks.steering import said_back, told_back
from handlers.blocks.values import Carried

_ID = 20


def reply(note: ReplyNote) -> Message:
    """An answer to a command or click."""
    said = reply_text(note.code, note.facts)
    return message(said, [*sections(said), *actions(_offered(note))])


def _offered(note: ReplyNote) -> list[Block]:
    """What the answer lets its reader do at once."""
    match note.code:
        case "diff_estimate":
            carried = Carried(str(note.facts["comparison"]))
            return [button(estimate_label(note.facts), ids.SPEND, carried, style="primary")]
        case "queued":
            by = shortened(str(note.facts.get("by", "")), 40)
            return [button(f"Ask {by} to give way", ids.SUPERSEDE, Carried(str(note.facts["rotation"])[:_ID]))]
        case _:
            return []


def asked_back(rotation: Rotation, verb: str, reason: str) -> Message:
    """What a verb would do to which rotation, with the one button that does it."""
    label, what = said_back(rotation, verb)
    said = reply_text("confirm_steering", {"rotation": rotation.id, "slot": rotation.slot, "what": what})
    return message(said, [*sections(said), *actions([told_back(rotation, verb, label, reason)])])


def help_message(guide: Guide) -> Message:
    """The help: five verbs, and the way to the rest."""
    said = help_text(guide)
    offer = button("Compare a new model", ids.OPEN_DIFF, Carried("diff"), style="primary")
    return message(said, [*sections(said), *actions([offer])])


def help_more(guide: Guide) -> Message:
    """The other verbs, and what this installation has and allows."""
    said = more_text(guide)
    return message(said, sections(said, 11_000))


def help_about(topic: str, guide: Guide) -> Message | None:
    """Help with one verb or model setting; None for a word that is neither."""
    slot = next((slot for slot in guide.slots if slot.slot.casefold() == topic.casefold()), None)
    if topic not in VERBS and slot is None:
        return None
    said = verb_text(topic) if slot is None else slot_text(slot)
    return message(said, sections(said))


def examined(findings: Sequence[Finding]) -> Message:
    """What the doctor found."""
    said = findings_text(findings)
    return message(said, sections(said, 11_000))


def status(shown: Status) -> Message:
    """What runs and what waits."""
    said = status_text(shown)
    return message(said, sections(said, 11_000))


def why(shown: Why) -> Message:
    """Why a rotation is where it is."""
    said = why_text(shown)
    return message(said, sections(said, 11_000))


def models(shown: Models, now: datetime) -> Message:
    """Which models there are."""
    said = models_text(shown, When(now))
    return message(said, sections(said, 11_000))


def freezes(shown: Sequence[FreezeShown]) -> Message:
    """What is frozen, and what will be."""
    said = freezes_text(shown)
    return message(said, sections(said, 11_000))


def form_offer(candidate: str = "") -> Message:
    """The way to the comparison form from where no form can be opened at once."""
    said = reply_text("form_offer", {"usage": usage("diff")})
    return message(
        said, [*sections(said), *actions([button("Open the form", ids.OPEN_DIFF, Carried("diff", what=candidate))])]
    )
