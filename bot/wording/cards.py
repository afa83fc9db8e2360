"""The card of a rotation in words: where it is, its stages as steps, what it waits for, from whom and until when."""

from datetime import datetime

from bot.engine.models import CardNote
from bot.rotation.model.bake import BakeState
from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.model.targets import CHANGED, Standing
from bot.wording.decisions import ASKS, silence_line
from bot.wording.evidence import begun_words, sealed_lines, way_back_words
from bot.wording.figures import item_line
from bot.wording.names import (
    DIMENSIONS,
    GROUPS,
    PHASE_SIGNS,
    PHASES,
    groups_word,
    in_brackets,
    short_pair,
    signed_verdict,
    tenants_word,
    verdict_word,
)
from bot.wording.requests import REPEAT, deadline_line
from bot.wording.text import Bold, Code, Line, Link, Part, Quote, Text, When, line, text
from bot.wording.timeline import CAUSES
from bot.wording.units import count, length
from bot.wording.warned import warnings

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
    if bake.no_traffic:
        seen += ", no traffic seen when it began"
    return seen


def waiting(note: CardNote) -> Text:
    """What is waited for, from whom, until when. Every phase that is no end has an answer."""
    rotation = note.rotation
    match rotation.phase:
        case Phase.QUEUED:
            behind = f"waits until {rotation.blocked_by} is over" if rotation.blocked_by else "reading what is live"
            return text(f"Next: {behind}")
        case Phase.AWAITING_APPROVAL:
            return _waiting_for_approval(note)
        case Phase.APPLYING:
            return text(_applying(rotation))
        case Phase.BAKING:
            return text(_baking(rotation, note.now))
        case Phase.AWAITING_DECISION:
            return _waiting_for_decision(note)
        case Phase.PAUSED:
            return text(_paused(rotation))
        case Phase.ROLLING_BACK:
            return text(_going_back(rotation))
        case Phase.SCHEDULED | Phase.VERIFYING | Phase.ERRORED:
            return text(_WAITS[rotation.phase])
        case _:
            return _end(rotation)


_WAITS = {
    Phase.SCHEDULED: "Next: begins when its time has come",
    Phase.VERIFYING: "Next: the verification list, read from metrics, suite and health; then it is complete",
    Phase.ERRORED: "Waiting for: SRE or ML to try again, roll back, or settle by hand. SRE is reminded until then",
}


def _question_link(note: CardNote) -> Line:
    return line(". ", Link(note.question.link, "Open the question")) if note.question and note.question.link else ()


def _waiting_for_approval(note: CardNote) -> Text:
    rotation, request = note.rotation, note.rotation.request
    if request is None:
        return text("Waiting for: approval")
    stage = rotation.plan.stages[request.stage]
    if len(request.approvals) >= stage.approval.count:
        held = f"Waiting for: what held {stage.name} up to be mended, then Ask again; the approvals given still count"
        return text(line(held, _question_link(note)), deadline_line(rotation, request))
    missing = stage.approval.count - len(request.approvals)
    groups = groups_word([group.value for group in stage.approval.groups])
    other = "" if stage.approval.requester_may else f" other than {rotation.requester.name}"
    who = f"Waiting for: {count(missing, 'approval')} of {stage.name} by {groups}{other}"
    return text(line(who, _question_link(note)), deadline_line(rotation, request))


def _waiting_for_decision(note: CardNote) -> Text:
    decision = note.rotation.decision
    if decision is None:
        return text("Waiting for: a decision")
    missing = max(decision.quorum - len(decision.answers), 1)
    who = f"Waiting for: {GROUPS[decision.group.value]} to decide ({ASKS[decision.question]})"
    more = f"; going on takes {count(missing, 'more answer', 'more answers')}" if decision.quorum > 1 else ""
    return text(line(who, more, _question_link(note)), silence_line(decision))


def _applying(rotation: Rotation) -> Line:
    stage = rotation.stage_plan
    if rotation.preflight:
        return line("Next: a last look at places, approvers and the way back, right before the change")
    if rotation.waiting_for_traffic is not None:
        longest = length(rotation.plan.deadlines.no_traffic)
        since = When(rotation.waiting_for_traffic, "time")
        return line("Waiting for: requests answered by the new model, since ", since, f", at most {longest}")
    written = sum(rotation.target(one.id).standing is Standing.WRITTEN for one in stage.targets)
    return line(f"Next: {written} of {count(len(stage.targets), 'place')} of {stage.name} set, the others follow")


def _baking(rotation: Rotation, now: datetime) -> Line:
    bake = rotation.bake
    if bake is None:
        return line("Next: watching begins")
    due = max(bake.next_window[1], now)
    if bake.counted >= bake.planned:
        return line("Next: every planned check was seen; it goes on when data are back, check at ", When(due, "time"))
    left = max(bake.planned - bake.counted, 0)
    last = bake.next_window[0] + left * bake.every
    done = line(", the last one due ", When(last)) if left > 1 else ()
    return line(f"Next: check {bake.counted + 1} of {bake.planned} at ", When(due, "time"), done)


def _paused(rotation: Rotation) -> Line:
    stopped = rotation.pause
    if stopped is None:
        return line("Paused. Checks go on, and one that fails still rolls back")
    if stopped.reason == "approval_lapsed":
        why = line("because nobody approved in time; everything is left as it is")
    else:
        why = line(f"by {stopped.by or 'rule'}", *((": ", Quote(stopped.reason)) if stopped.reason else ()))
    back = PHASES[stopped.returns_to]
    rest = f". Resume leads back to: {back}. Checks go on, and one that fails still rolls back"
    return line("Paused ", When(stopped.at), " ", why, rest)


def _going_back(rotation: Rotation) -> Line:
    rollback = rotation.rollback
    left = sum(target.standing in CHANGED for target in rotation.targets)
    if rollback is None:
        return line("Going back")
    why = _cause(rotation)
    if left:
        to = Code(rotation.models.after_rollback.id)
        return line("Going back to ", to, " because: ", why, f". {count(left, 'place')} still to set")
    names = ", ".join(rotation.plan.stages[index].name for index in rollback.to_confirm)
    to = Code(rotation.models.after_rollback.id)
    done = "Set to it" if rotation.models.restore_named else "Restored"
    return line("Going back to ", to, " because: ", why, f". {done}; waiting until {names} is answered by it")


def _cause(rotation: Rotation) -> Line:
    rollback = rotation.rollback
    if rollback is None:
        return line("not recorded")
    about = f" ({DIMENSIONS[rollback.dimension.value]})" if rollback.dimension else ""
    by = f", by {rollback.by}" if rollback.by else ""
    said: tuple[Part, ...] = (": ", Quote(rollback.reason)) if rollback.reason else ()
    return line(f"{CAUSES.get(rollback.cause, rollback.cause)}{about}{by}", *said)


def _end(rotation: Rotation) -> Text:
    match rotation.phase:
        case Phase.COMPLETED:
            days = length(rotation.plan.way_back.open_after_completion)
            first = line(f"The way back stays open for {days} after the end")
        case Phase.ROLLED_BACK:
            first = line("Went back because: ", _cause(rotation))
        case Phase.SETTLED if "unreadable" in rotation.marks:
            first = line("What the places held: ", Quote(rotation.end_detail))
        case Phase.SETTLED:
            first = line(f"Every place was read: {rotation.end_detail}")
        case Phase.REJECTED if rotation.end_detail:
            first = line("Reason: ", Quote(rotation.end_detail))
        case Phase.ABORTED:
            first = line(f"Ended because: {ENDINGS.get(rotation.end_detail, rotation.end_detail)}")
        case _:
            first = line("Nothing was changed")
    return text(first, *(item_line(item) for item in rotation.verification))


ENDINGS = {
    "asked": "asked for",
    "decided": "decided",
    "targets_disagree": "not every place holds the model it was compared against",
    "approval_lapsed": "nobody approved in time",
    "dry_run": "it was a dry run: nothing was written, this is what would have been done",
}
"""Why a rotation ended before any change."""


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
