"""The card of a rotation in words: where it is, its stages as steps, what it waits for, from whom and until when."""

from bot.engine.models import CardNote
from bot.rotation.model.bake import BakeState
from bot.rotation.model.rotation import ENDS, Phase, Rotation, Trouble
from bot.rotation.model.targets import CHANGED, Standing, TargetState, target_plan
from bot.wording.evidence import begun_words, marks_lines, sealed_lines, way_back_words
from bot.wording.names import (
    PHASE_SIGNS,
    PHASES,
    in_brackets,
    short_pair,
    signed_verdict,
    tenants_word,
    verdict_word,
)
from bot.wording.reasons import reasons_text
from bot.wording.requests import REPEAT
from bot.wording.text import Bold, Code, Line, Link, Part, Text, When, line, text
from bot.wording.waits import waiting

_TITLE = 150

UNWATCHED = ENDS | {Phase.ROLLING_BACK}
"""Where nothing is watched any more, so that nothing is held."""


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


def warnings(rotation: Rotation) -> Text:
    """What must not be overlooked: marks, trouble, drift, holds, a broken way back. First on the card."""
    found: list[Line | Text | str] = [marks_lines(rotation)]
    if rotation.settling:
        found.append("✋ Being settled by hand: reading what every place holds")
    if rotation.trouble is not None and not rotation.ended:
        found.append(_trouble(rotation, rotation.trouble))
    if rotation.start_problem:
        found.append(f"⚠️ Not begun yet, a place could not be read: {rotation.start_problem}. It is read again")
    if rotation.rollback is not None and rotation.rollback.trouble and rotation.phase is Phase.ROLLING_BACK:
        found.append(_stuck(rotation, rotation.rollback.trouble))
    said = rotation.trouble.target if rotation.trouble is not None and not rotation.ended else None
    drifted = [one for one in rotation.targets if one.standing is Standing.DRIFTED and one.id != said]
    found += [_drift(rotation, target) for target in drifted]
    found += [_unread(rotation, target) for target in rotation.targets if target.standing is Standing.UNREADABLE]
    bake = rotation.bake
    if bake is not None and bake.held_since is not None and rotation.phase not in UNWATCHED:
        incident = any(look.incident for look in bake.looks[-1:])
        word = "provider incident" if incident else "held"
        why = reasons_text(bake.hold_reasons)
        found.append(line(f"⚠️ {word.capitalize()} since ", When(bake.held_since), f": {why}. The time does not count"))
    if rotation.way_back is not None and not rotation.way_back.ok and not rotation.ended:
        found.append(f"⚠️ The way back does not work: {rotation.way_back.detail or 'no detail given'}")
    if rotation.models.restore_named:
        found.append(_named_way_back(rotation))
    return text(*found)


def _named_way_back(rotation: Rotation) -> Line:
    """That going back leads to another model than the old one: before it is used, and after; not where it never is."""
    model = Code(rotation.models.rollback.id)
    if rotation.phase is Phase.ROLLED_BACK:
        return line("⚠️ The old model was no longer usable: going back wrote ", model)
    if rotation.ended and rotation.phase is not Phase.COMPLETED:
        return ()
    return line("⚠️ The old model is no longer usable: going back writes ", model)


def _stuck(rotation: Rotation, trouble: str) -> str:
    """What failed is tried again by itself; a place that holds something else waits for a person."""
    trying = any(one.standing is Standing.RESTORING and one.detail == trouble for one in rotation.targets)
    return f"⚠️ Going back is stuck: {trouble}. {'I keep trying; ' if trying else ''}SRE was told"


def _trouble(rotation: Rotation, trouble: Trouble) -> Line:
    at = f" at {trouble.target}" if trouble.target else ""
    what = line(f"⚠️ Technical failure{at}, ", When(trouble.at), f": {trouble.what}")
    target = next((one for one in rotation.targets if one.id == trouble.target), None)
    if trouble.code != "target_drifted" or target is None:
        return what
    other = ": neither what was there before nor what we wrote. Before, it held "
    return line(what, ". It holds ", _value(target.found), other, _value(target.held))


def _value(held: str | None) -> Part:
    return Code(held) if held else "nothing"


def _drift(rotation: Rotation, target: TargetState) -> Line:
    """Both values, and that nothing is overwritten: on the way back a person sets it back, or leaves it."""
    _, plan = target_plan(rotation.plan, target.id)
    before = _value(rotation.set_back(target))
    other: Line = line(
        f"⚠️ {plan.place} holds ", _value(target.found), ": neither what was there before nor what we wrote"
    )
    match rotation.phase:
        case Phase.ROLLING_BACK:
            then = ". It is left as it is: set it back and try again, or settle by hand"
            return line(other, ". Going back would set ", before, then)
        case Phase.SETTLED:
            return line(other, ". It was left like that; going back would have set ", before)
        case _:
            return line(other, ". Before, it held ", _value(target.held))


def _unread(rotation: Rotation, target: TargetState) -> Line:
    _, plan = target_plan(rotation.plan, target.id)
    before = _value(rotation.set_back(target))
    left = "Nobody knows what it holds; going back would have set "
    return line(f"⚠️ {plan.place} could not be read when this was settled: {target.detail}. {left}", before)


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
        waiting(note),
        steps(rotation),
        *(sealed_lines(stage, whole=False) for stage in rotation.sealed),
        comparison_words(note),
        way_back_words(rotation),
        begun_words(rotation),
        links_line(note),
    )
