"""The card of a rotation in words: where it is, its stages as steps, what it waits for, from whom and until when."""

from bot.engine.models.notes import CardNote
from bot.rotation.model.bake import BakeState
from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.model.targets import CHANGED, Standing
from bot.wording.drifted import drift_lines
from bot.wording.evidence import begun_words, sealed_lines, way_back_words
from bot.wording.freezes import card_line
from bot.wording.names import (
    PHASE_SIGNS,
    PHASES,
    in_brackets,
    short_pair,
    signed_verdict,
    tenants_word,
    verdict_word,
)
from bot.wording.requests import REPEAT
from bot.wording.text import Bold, Line, Link, Part, Text, When, line, text
from bot.wording.waits import waiting
from bot.wording.warned import warnings
from bot.wording.watching import watched_lines

_TITLE = 150


def card_title(rotation: Rotation) -> str:
    """Id, slot, old and new model, within a header's 150 characters."""
    start = f"{rotation.id} {rotation.slot[:40]}: "
    old, new = short_pair(rotation.models.current, rotation.models.candidate, _TITLE - len(start) - 3)
    return f"{start}{old} → {new}"


def state_line(rotation: Rotation) -> Line:
    """The phase in words, with the stage it is about."""
    sign, word = PHASE_SIGNS[rotation.phase], PHASES[rotation.phase]
    staged = rotation.phase in {
        *(
            Phase.AWAITING_APPROVAL,
            Phase.SCHEDULED,
            Phase.APPLYING,
            Phase.BAKING,
            Phase.AWAITING_DECISION,
            Phase.ERRORED,
        ),
    }
    at = f" ({rotation.stage_plan.name})" if staged else ""
    ended: tuple[Part, ...] = (", ", When(rotation.ended_at)) if rotation.ended and rotation.ended_at else ()
    return line(f"{sign} ", Bold(f"{word.capitalize()}{at}"), *ended)


def steps(rotation: Rotation) -> Text:
    """Each stage as a step with its state in words."""
    return text(*(_step(rotation, index) for index in range(len(rotation.plan.stages))))


def _step(rotation: Rotation, index: int) -> Line:
    stage = rotation.plan.stages[index]
    last = index == len(rotation.plan.stages) - 1
    reach = tenants_word(stage, last=last)
    quiet = "no traffic" if stage.traffic == "none" else ""
    sign, word = _state_of_step(rotation, index)
    return line(f"{sign} ", Bold(f"{index + 1}. {stage.name}"), f"{in_brackets(reach, quiet)}: {word}")


def _state_of_step(rotation: Rotation, index: int) -> tuple[str, str]:
    standings = {rotation.target(target.id).standing for target in rotation.plan.stages[index].targets}
    if Standing.DRIFTED in standings:
        return "⚠️", "a place holds something else"
    if Standing.UNREADABLE in standings:
        return "⚠️", "a place could not be read"
    if Standing.RESTORING in standings:
        return "↩️", "going back"
    if Standing.RESTORED in standings and not standings & CHANGED:
        return "↩️", f"back on {rotation.models.after_rollback.id}"
    if rotation.plan.dry_run and (index < rotation.stage or rotation.end_detail == "dry_run"):
        return "🧪", f"would set {rotation.models.current.id} to {rotation.models.candidate.id}"
    sealed = next((one for one in rotation.sealed if one.stage == rotation.plan.stages[index].name), None)
    if standings <= {Standing.WRITTEN}:
        if sealed is not None:
            accepted = f", {sealed.accepted_by} went on" if sealed.accepted_by else ""
            return "✅", f"new model, watched: {verdict_word(sealed.verdict.value)}{accepted}"
        if rotation.bake is not None and rotation.bake.stage == index:
            return "▶️", f"new model, {bake_words(rotation.bake)}"
        return "▶️", "new model, waiting for requests to be answered by it"
    if index == rotation.stage and not rotation.ended:
        return PHASE_SIGNS[rotation.phase], PHASES[rotation.phase]
    return "▫️", "never changed" if rotation.ended else "not begun"


def bake_words(bake: BakeState) -> str:
    """How far the watching is."""
    more = f"{bake.counted - bake.planned} more than planned"
    seen = "watching, " + (f"check {bake.counted} of {bake.planned}" if bake.counted <= bake.planned else more)
    if bake.looks:
        seen += f", last one {verdict_word(bake.looks[-1].verdict.value)}"
        if not bake.looks[-1].cycle_complete and bake.counted >= bake.planned:
            seen += f", {bake.looks[-1].cycle_seen} of {bake.looks[-1].cycle_of} parts of the traffic cycle seen"
    if bake.no_traffic:
        seen += ", no traffic seen when it began"
    return seen


def comparison_words(note: CardNote) -> Line:
    """The comparison it rests on, linked where it can be."""
    evidence = note.rotation.comparison
    name: Part = Link(note.comparison.link, evidence.id) if note.comparison and note.comparison.link else evidence.id
    alone = " (new model alone, the old one no longer answers)" if evidence.candidate_alone else ""
    return line("Comparison ", name, f": {signed_verdict(evidence.verdict.value)}{alone}")


def links_line(note: CardNote) -> Line:
    """Dashboard and status page of each provider that takes part and has any."""
    parts: list[Part] = []
    taking_part = {note.rotation.models.current.provider, note.rotation.models.candidate.provider}
    for provider, links in note.links.items():
        for url, word in ((links.dashboard, "dashboard"), (links.status, "status page")):
            if url and provider in taking_part:
                parts += [", " if parts else "", Link(url, f"{provider} {word}")]
    return line(*parts)


def card_text(note: CardNote) -> Text:
    """The whole card in words."""
    rotation = note.rotation
    return text(
        card_title(rotation),
        REPEAT if note.maybe_repeat else "",
        state_line(rotation),
        warnings(rotation),
        drift_lines(note.drifts, over=rotation.ended),
        card_line(rotation, note.freeze),
        waiting(note),
        steps(rotation),
        watched_lines(rotation),
        *(sealed_lines(stage, whole=False) for stage in rotation.sealed),
        comparison_words(note),
        way_back_words(rotation, note.now),
        begun_words(rotation),
        links_line(note),
    )
