"""Escalations in words: whether something must be done, what happened with figures, what was done already, the choices.

`CAUSES` has a text for every cause.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.engine.models.notes import PageNote
from bot.wording.comparisons import evidence_line
from bot.wording.decisions import choice_label, silence_line
from bot.wording.evidence import way_back_words
from bot.wording.facts import Facts, listed, worded
from bot.wording.figures import check_line, item_line
from bot.wording.months import month_lines, month_of
from bot.wording.names import DIMENSIONS, GROUPS, change_line
from bot.wording.reasons import advice_text
from bot.wording.requests import REPEAT
from bot.wording.summaries import checks_of, items_of
from bot.wording.text import Bold, Called, Code, Line, Link, Part, Text, When, ends, fill, line, text
from bot.wording.units import either

ACTION = "Action needed"
INFORMATION = "For your information"


@dataclass(frozen=True, slots=True)
class Cause:
    """What a cause's page says: what happened, what was done about it already, what can be done now."""

    happened: str
    done: str
    choices: str


CAUSES: Mapping[str, Cause] = {
    "guardrail_failed": Cause(
        "{stage}: {dimension} got worse than is allowed at check {look}",
        "It is going back to {way_back} by itself",
        "Look into the cause; the way back needs nothing from you",
    ),
    "verification_failed": Cause(
        "The verification list at the end is not met ({dimension})",
        "It is going back to {way_back} by itself",
        "Look into the cause; the way back needs nothing from you",
    ),
    "guardrail_failing": Cause(
        "{stage}: {dimension} got worse than is allowed at check {look}, and hands are off until {until}",
        "Nothing goes back by itself until then; nothing further is begun",
        "Roll back now, or let it be: what still fails then goes back to {way_back} by itself",
    ),
    "verification_failing": Cause(
        "The verification list at the end is not met ({dimension}), and hands are off until {until}",
        "Nothing goes back by itself until then; nothing is completed",
        "Roll back now, or let it be: the list is gone through anew then, and what is not met goes back to {way_back}",
    ),
    "provider_incident": Cause(
        "{stage}: old and new model fail together, so the provider is the cause",
        "Held: nothing is promoted, nothing is rolled back, checks go on",
        "Mend or wait for the provider; roll back if {way_back} would do better",
    ),
    "held": Cause(
        "{stage}: held, because {reasons}",
        "The time does not count, and nothing is promoted meanwhile",
        "{advice}",
    ),
    "write_failed": Cause(
        "{target} could not be set: {detail}",
        "Stopped at that place; what was set before stays",
        "Try again, roll back, or settle by hand, on the card",
    ),
    "workers_unwell": Cause(
        "{target} was set and its workers restarted, and they are not well: {detail}",
        "Stopped at that place, which holds the new model; what was set before stays",
        "See why they do not get well: they are SRE's. Then try again (they are restarted once more), or roll back",
    ),
    "target_drifted": Cause(
        "{target} holds neither what was read nor what was written: {detail}",
        "Stopped there; nothing of somebody else's was overwritten",
        "Find out who changed it and put it right; then try again, roll back, or settle by hand",
    ),
    "place_drifted": Cause(
        "{place} holds {found}, not {expected}: somebody else changed it",
        "It is left as it is",
        "Put it right there, or have ML or SRE decide: go on with what it holds now (a new comparison), or roll back",
    ),
    "late_write": Cause(
        "A write to {target} arrived after the rotation was over",
        "It is being undone",
        "Look at that place once; the thread says when it is restored",
    ),
    "rollback_failed": Cause(
        "Going back is stuck: {target} could not be restored: {detail}",
        "I keep trying; every other place goes back meanwhile",
        "Restore it by hand and settle, or try again when the cause is gone",
    ),
    "rollback_unconfirmed": Cause(
        "Everything is restored, but errors are not back to normal: {detail}",
        "{way_back} is set everywhere; I keep looking",
        "Look at the platform and the provider; settle by hand when it is clear",
    ),
    "way_back_broken": Cause(
        "The model the way back leads to does not answer: {detail}",
        "No further stage is begun until it does",
        "Make that model available again, before it is needed",
    ),
    "approval_lapsed": Cause(
        "Nobody approved {stage} in time",
        "Paused; every place is left as it is, checks go on",
        "Promote to be asked again, or roll back",
    ),
    "still_in_trouble": Cause(
        "Still {phase}, and not done: {detail}",
        "Told before; nothing was changed by this reminder",
        "Try again, roll back, or settle by hand, on the card",
    ),
    "message_refused": Cause(
        "A message about this cannot be posted: {detail}",
        "The rotation itself goes on as before; what asks somebody is tried again every ten minutes",
        "Mend what is said above; a reference is in the log of whoever runs me",
    ),
    "envelope_forecast": Cause(
        "{stage}: with the new model everywhere a month will cost more than its envelope, by what was seen so far",
        "Nothing was stopped by this; who approves a stage sees the same figures",
        "Say in the thread of the card whether that is agreed, before the next stage is approved",
    ),
    "comparison_failed": Cause(
        "The comparison says the new model is worse ({dimension})",
        "No stage was changed",
        "Look at the cases that got worse before anybody promotes it",
    ),
    "test_target_drifted": Cause(
        "{place} was changed by somebody else while a comparison had set it: it holds {found}",
        "It was left as it is; before the comparison it held {held}",
        "See whether {found} is what it should hold",
    ),
    "test_target_not_restored": Cause(
        "{place} could not be put back after a comparison: {detail}",
        "It may still hold the new model; putting it back is tried again every ten minutes",
        "Mend the cause, or write {held} there yourself",
    ),
    "comparison_errored": Cause(
        "The comparison could not be run: {detail}",
        "No stage was changed; what was measured is kept",
        "Mend the cause; the same command goes on where it stopped",
    ),
}
"""Cause -> its text."""


def _generic(cause: str) -> Cause:
    return Cause(cause.replace("_", " ").capitalize(), "Nothing more is known", "Open the card")


def page_headline(note: PageNote) -> Line:
    """First whether something must be done, then who is called, then what about."""
    word = ACTION if note.action else INFORMATION
    subject: Line = ()
    if note.rotation is not None:
        subject = line(f" {note.rotation.id} {note.rotation.slot}, ", change_line(note.rotation.models), ".")
    elif note.comparison is not None:
        compared = note.comparison
        change = (Code(compared.current.id), " → ", Code(compared.candidate.id))
        subject = line(f" {compared.id} {compared.slot}, ", *change, ".")
    group = GROUPS[note.group.value]
    called: Part = Called(note.mention, group) if note.mention else group
    return line(Bold(word), " ", called, ":", subject)


def _facts(note: PageNote, facts: Facts, dimension: str) -> dict[str, Part | Line]:
    found = worded(facts)
    rotation = note.rotation
    found["way_back"] = Code(rotation.models.after_rollback.id) if rotation is not None else "the old model"
    found["advice"] = advice_text(listed(facts.get("reasons")))
    found.setdefault("dimension", DIMENSIONS.get(dimension, dimension) or "a check")
    return found


def links_line(note: PageNote) -> Line:
    """The card, and each provider's pages."""
    parts: list[Part] = []
    if note.card is not None and note.card.link:
        parts.append(Link(note.card.link, "Open the card"))
    for provider, links in note.links.items():
        for url, word in ((links.dashboard, "dashboard"), (links.status, "status page")):
            if url:
                parts += [", " if parts else "", Link(url, f"{provider} {word}")]
    return line(*parts)


def state_line(note: PageNote) -> Line:
    """Who has it, or that it is over."""
    if note.closed:
        return line("✅ Over: nothing is left to do")
    if note.acknowledged_by:
        at: tuple[Part, ...] = (", ", When(note.acknowledged_at)) if note.acknowledged_at else ()
        return line(f"✋ {note.acknowledged_by} has it", *at)
    return line("Nobody has taken it yet") if note.action else ()


def _findings(note: PageNote) -> Text:
    """What else was found of the same incident, and what of all of it is over already."""
    told = []
    for found in note.findings:
        cause, facts = CAUSES.get(found.cause) or _generic(found.cause), _facts(note, found.facts, found.dimension)
        over = "✅ Over: " if found.cause in note.over and not note.closed else ""
        told.append(line("• Found since: ", over, fill(cause.happened, facts), ". ", fill(cause.done, facts)))
    own = "✅ What this page began with is over; what was found since is not" if note.cause in note.over else ""
    return text("" if note.closed else own, *told)


def _choices(note: PageNote) -> Text:
    """What can be done: about each cause that is not over, and the answers to the question that is open."""
    if not note.action or note.closed:
        return ()
    raised = [(note.cause, note.facts, note.dimension), *((f.cause, f.facts, f.dimension) for f in note.findings)]
    left = [
        (CAUSES.get(cause) or _generic(cause), _facts(note, facts, of))
        for cause, facts, of in raised
        if cause not in note.over
    ]
    said = [line("You can: ", fill(cause.choices, facts)) for cause, facts in left]
    return text(*dict.fromkeys(said), _asked(note))


def _asked(note: PageNote) -> Text:
    """The decision that is open about the same thing: its answers, and what silence leads to."""
    decision = note.rotation.decision if note.rotation is not None else None
    held = "held" in {note.cause, *(found.cause for found in note.findings)}
    if not held or decision is None or not decision.open or decision.question != "held":
        return ()
    answers = either([choice_label(decision, choice) for choice in decision.choices])
    return text(line(f"Asked in the thread of the card: {answers}. ", silence_line(decision)))


def page_text(note: PageNote) -> Text:
    """The whole page."""
    cause = CAUSES.get(note.cause) or _generic(note.cause)
    facts = _facts(note, note.facts, note.dimension)
    figures = [f"• {check_line(check)}" for check in checks_of(note.facts)]
    items = [f"• {item_line(item)}" for item in items_of(note.facts)]
    compared = [evidence_line(note.comparison)] if note.comparison is not None else []
    happened = fill(cause.happened, facts)
    return text(
        line(page_headline(note), " ", happened, "" if ends(happened) else "."),
        REPEAT if note.maybe_repeat else "",
        f"⚠️ Meant for #{note.meant_for}, which does not take it ({note.not_taken}): please pass it on"
        if note.not_taken
        else "",
        state_line(note),
        *figures,
        *(line("• ", said) for said in month_lines(month_of(note.facts))),
        *items,
        *compared,
        line("Done already: ", fill(cause.done, facts)),
        _findings(note),
        _choices(note),
        way_back_words(note.rotation) if note.rotation is not None else (),
        links_line(note),
    )
