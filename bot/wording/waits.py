"""What a rotation waits for in words: what comes next, of whom something is asked and until when, or how it ended."""

from datetime import datetime

from bot.engine.models.notes import CardNote
from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.model.targets import CHANGED, Standing
from bot.rotation.quorum import answers_missing, missing
from bot.wording.decisions import ask_of, silence_line
from bot.wording.figures import item_line
from bot.wording.names import DIMENSIONS, PHASES, groups_word, places_word
from bot.wording.requests import deadline_line
from bot.wording.seats import seats_words
from bot.wording.text import Code, Line, Link, Part, Quote, Text, When, line, text
from bot.wording.timeline import CAUSES
from bot.wording.units import count, length


def waiting(note: CardNote) -> Text:
    """What is waited for, from whom, until when. Every phase that is no end has an answer."""
    rotation = note.rotation
    match rotation.phase:
        case Phase.QUEUED:
            return text(f"Next: {_in_line(rotation)}")
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
        case Phase.SCHEDULED:
            return text(_scheduled(rotation))
        case Phase.VERIFYING | Phase.ERRORED:
            return text(_VERIFYING if rotation.phase is Phase.VERIFYING else _errored(rotation))
        case _:
            return _end(rotation)


def _in_line(rotation: Rotation) -> str:
    if not rotation.blocked_by:
        return "reading what is live"
    asked = ""
    if rotation.asked_of == rotation.blocked_by:
        refused = f"{rotation.refused_by} keeps going" if rotation.refused_by else "no answer yet"
        asked = f". {rotation.asked_by} asked for it to give way: {refused}"
    return f"waits until {rotation.blocked_by} is over{asked}"


_VERIFYING = "Next: the verification list, read from metrics, suite and health; then it is complete"


def _errored(rotation: Rotation) -> str:
    who = groups_word(rotation.plan.authority.settle)
    return f"Waiting for: {who} to try again, roll back, or settle by hand. SRE is reminded until then"


def _scheduled(rotation: Rotation) -> Line:
    start, name = rotation.start_at, rotation.stage_plan.name
    if start is None:
        return line("Next: begins when its time has come")
    if rotation.put_off is None:
        again = f"; `/rotate promote {rotation.id}` asks for another time"
        return line(f"Next: {name} begins ", When(start), again)
    sooner = f", or when it is lifted; `/rotate promote {rotation.id}` looks again at once"
    written = sum(rotation.target(one.id).standing is Standing.WRITTEN for one in rotation.stage_plan.targets)
    half = (
        f"{written} of {places_word(rotation.stage_plan.targets)} of {name} set before the freeze. " if written else ""
    )
    goes_on = f"{name} {'goes on' if written else 'begins'}"
    return line(f"{half}Next: {goes_on} when the freeze is over, ", When(start), sooner)


def _question_link(note: CardNote) -> Line:
    return line(". ", Link(note.question.link, "Open the question")) if note.question and note.question.link else ()


def _waiting_for_approval(note: CardNote) -> Text:
    rotation, request = note.rotation, note.rotation.request
    if request is None:
        return text("Waiting for: approval")
    stage = rotation.plan.stages[request.stage]
    left = missing(rotation, request.stage, request.approvals)
    if not left:
        held = f"Waiting for: what held {stage.name} up to be mended, then Ask again; the approvals given still count"
        return text(line(held, _question_link(note)), deadline_line(rotation, request))
    other = "" if stage.approval.requester_may else f" other than {rotation.requester.name}"
    who = f"Waiting for: {seats_words(left, of=f' of {stage.name}')}{other}"
    return text(line(who, _question_link(note)), deadline_line(rotation, request))


def _waiting_for_decision(note: CardNote) -> Text:
    decision = note.rotation.decision
    if decision is None:
        return text("Waiting for: a decision")
    left = answers_missing(decision)
    who = f"Waiting for: {groups_word(decision.groups)} to decide ({ask_of(decision)})"
    more = f"; going on takes {seats_words(left, what='more answer')}" if decision.quorum > 1 and left else ""
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
    every = places_word(stage.targets)
    return line(f"Next: {written} of {every} of {stage.name} set, the others follow")


def _baking(rotation: Rotation, now: datetime) -> Line:
    bake = rotation.bake
    if bake is None:
        return line("Next: watching begins")
    due = max(bake.next_window[1], now)
    newest = bake.newest_seen
    if bake.counted >= bake.planned and newest is not None and not newest.cycle_complete:
        seen = f"{newest.cycle_seen} of {newest.cycle_of} parts of the traffic cycle"
        return line(f"Next: {seen} were seen; it is watched until all are, check at ", When(due, "time"))
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
    "gave_way": "its holder gave way to another rotation",
    "approval_lapsed": "nobody approved in time",
    "dry_run": "it was a dry run: nothing was written, this is what would have been done",
}
"""Why a rotation ended before any change."""
