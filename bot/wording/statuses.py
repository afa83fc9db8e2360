"""`/rotate status` and the home tab in words: each model setting, what runs, what waits, the newest comparison."""

from bot.engine.models.messages import MessageRef
from bot.engine.models.shown import SlotStatus, Status
from bot.rotation.quorum import missing
from bot.wording.cards import bake_words, state_line
from bot.wording.comparisons import comparison_headline
from bot.wording.freezelists import shown_line
from bot.wording.names import change_line, groups_word
from bot.wording.seats import seats_words
from bot.wording.text import Bold, Code, Line, Link, Part, Text, joined, line, text


def models_line(slot: SlotStatus) -> Line:
    """What each stage runs; one model where they agree."""
    held = list(dict.fromkeys(slot.models.values()))
    if not held:
        return line("nothing could be read of what is live")
    if len(held) == 1:
        return line(Code(held[0]), " everywhere" if len(slot.models) > 1 else "")
    parts: list[Part] = []
    for place, model in slot.models.items():
        parts += [", " if parts else "", f"{place} ", Code(model) if model else "unset"]
    return line(*parts)


def rotation_line(slot: SlotStatus, cards: dict[str, MessageRef]) -> Line:
    """What runs, with its card; empty when nothing does."""
    rotation = slot.rotation
    if rotation is None:
        return ()
    card = cards.get(rotation.id)
    name: Part = Link(card.link, rotation.id) if card and card.link else rotation.id
    watched = (
        f", {bake_words(rotation.bake)}"
        if rotation.bake is not None and not rotation.bake.sealed and not rotation.ended
        else ""
    )
    last = "the last one, " if rotation.ended else ""
    return line(last, name, " ", change_line(rotation.models), ": ", state_line(rotation), watched)


def waits_for(slot: SlotStatus) -> str:
    """Whom it waits for, in a few words; empty when nobody."""
    rotation = slot.rotation
    if rotation is None or rotation.ended:
        return ""
    if rotation.request is not None and rotation.request.open:
        left = missing(rotation, rotation.request.stage, rotation.request.approvals)
        held = "what held it up to be mended; enough have approved"
        return f"waits for {seats_words(left) if left else held}"
    if rotation.decision is not None and rotation.decision.open:
        return f"waits for {groups_word(rotation.decision.groups)} to decide"
    return ""


def slot_text(slot: SlotStatus, cards: dict[str, MessageRef]) -> Text:
    """One model setting."""
    waits = waits_for(slot)
    queued = joined(slot.queued)
    return text(
        line(Bold(slot.slot), ": ", models_line(slot)),
        line("• ", rotation_line(slot, cards)) if slot.rotation is not None else "• no rotation is running",
        f"• {waits}" if waits else "",
        *(line("• ", shown_line(freeze)) for freeze in slot.freezes),
        f"• {comparison_headline(slot.comparison)}" if slot.comparison is not None else "• no comparison yet",
        line("• in line: ", queued) if slot.queued else (),
    )


def status_text(status: Status) -> Text:
    """Everything there is."""
    if not status.slots:
        return text("The runbook has no model setting")
    return text(*(slot_text(slot, status.cards) for slot in status.slots))
