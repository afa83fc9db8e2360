"""The request for approval of a stage: what is asked, of whom, on what evidence, until when, and what became of it."""

from bot.engine.models.comparisons import Comparison
from bot.engine.models.notes import Ahead
from bot.rotation.model.freezes import Binding
from bot.rotation.model.questions import Request
from bot.rotation.model.rotation import Rotation
from bot.rotation.quorum import asked_groups, seats
from bot.runbook.models.people import GroupName
from bot.runbook.models.plan import StagePlan
from bot.wording.approvals import approvals_line, fallback_lines, reminded_line
from bot.wording.changed import changed_lines
from bot.wording.evidence import (
    all_sealed,
    begun_words,
    comparison_lines,
    corridor_line,
    marks_lines,
    money_in_brief,
    verdicts_in_brief,
    way_back_words,
)
from bot.wording.facts import OUTCOMES
from bot.wording.finance import finance_line
from bot.wording.freezes import request_line
from bot.wording.names import GROUPS, HEADLINE, in_brackets, short_pair, tenants_word
from bot.wording.seats import seats_words
from bot.wording.text import Called, Code, Line, Part, Text, When, joined, line, text
from bot.wording.units import both, count, length, shortened

AGAIN = {
    "comparison_too_old": "the comparison is older than the runbook allows",
    "target_unreadable": "a place could not be read; approvals given still count",
    "targets_changed": "somebody else changed what is set",
    "candidate_refused": "not every place would take the new model; approvals given still count",
    "approver_left": "somebody who approved is not in the group any more; other approvals still count",
    "way_back_broken": "the model the way back leads to did not answer; approvals given still count",
    "guardrail_failing": "a check fails while hands are off; approvals given still count",
    "yes_withdrawn": "an approval was taken back; other approvals still count",
    "start_missed": "its time was missed by more than an hour",
    "asked_for_another_time": "somebody wants another time than the one that was approved",
}
"""Why a request is posted again after the last look before the change."""

REPEAT = "(may be a repeat)"
"""Said of a message whose first delivery got no answer."""

SIGNS = {"approved": "✅", "rejected": "❌", "rolled_back": "↩️", "aborted": "⏹️"}


def headline(rotation: Rotation, index: int, comparison: Comparison | None) -> str:
    """Slot, old and new model, stage, verdict and money, in at most 120 characters."""
    stage = rotation.plan.stages[index]
    start = f"{shortened(rotation.slot, 16)}: "
    verdict, money = verdicts_in_brief(rotation, index), money_in_brief(rotation, comparison)
    end = f" on {shortened(stage.name, 12)}? {verdict.capitalize()}, {money}."
    room = HEADLINE - len(start) - len(end) - 3
    old, new = short_pair(rotation.models.current, rotation.models.candidate, max(room, 14))
    return f"{start}{old} → {new}{end}"


def called(groups: tuple[GroupName, ...], mentions: dict[GroupName, str], last: str = " or ") -> Line:
    """The groups that are asked, called where the workspace knows how."""
    parts: list[Part] = [
        Called(mentions[group], GROUPS[group.value]) if mentions.get(group) else GROUPS[group.value] for group in groups
    ]
    return joined(parts, ", ", last)


def uncalled(groups: tuple[GroupName, ...], mentions: dict[GroupName, str]) -> str:
    """That a group that is asked hears nothing of it, because nobody could be told who is in it."""
    names = [GROUPS[group.value] for group in groups if mentions.get(group) == ""]
    if not names:
        return ""
    return (
        f"⚠️ {both(names)} could not be called: who is in it cannot be read. Please pass it on; `rotate doctor` says why"
    )


def asked_of(rotation: Rotation, index: int, mentions: dict[GroupName, str]) -> Line:
    """Who is asked for what."""
    rule, wanted = rotation.plan.stages[index].approval, seats(rotation, index)
    groups = asked_groups(rotation, index)
    other = "" if rule.requester_may else f" other than {rotation.requester.name}, who began this"
    if len(set(wanted)) <= 1:
        who = "one of you" if len(wanted) == 1 else f"{len(wanted)} of you"
        return line(called(groups, mentions), f": {who}{other}, please approve or reject")
    who = "one of each of you" if all(len(seat) == 1 for seat in wanted) else f"it takes {seats_words(wanted)},"
    return line(called(groups, mentions, " and "), f": {who}{other}, please approve or reject")


def watched_words(stage: StagePlan) -> str:
    """How a stage is watched once it was changed."""
    return f"Then it is watched for {length(stage.bake.length)}, in {count(stage.bake.count, 'check')}"


def change_words(rotation: Rotation, index: int) -> Line:
    """What approving does: which places are set, whom it reaches, how long it is watched."""
    stage = rotation.plan.stages[index]
    places = joined([target.place for target in stage.targets[:4]], ", ")
    more = f" and {len(stage.targets) - 4} more" if len(stage.targets) > 4 else ""  # noqa: PLR2004 - four are shown
    reach = tenants_word(stage, last=index == len(rotation.plan.stages) - 1)
    named = f": {', '.join(stage.tenants[:10])}{', …' if len(stage.tenants) > 10 else ''}" if stage.tenants else ""  # noqa: PLR2004
    verb = "would set" if rotation.plan.dry_run else "sets"
    watched = f". {watched_words(stage)}"
    quiet = ", without traffic" if stage.traffic == "none" else ""
    to = Code(rotation.models.candidate.id)
    return line(f"Approving {verb} ", *places, f"{more} to ", to, f"{in_brackets(f'{reach}{named}')}{watched}{quiet}")


def ahead_line(rotation: Rotation, index: int, ahead: Ahead | None) -> Line:
    """Until when the last stage is watched if it begins now, and what about that time a person may not like."""
    stage = rotation.plan.stages[index]
    if ahead is None or stage.traffic == "none" or index != len(rotation.plan.stages) - 1:
        return ()
    warned = [
        *(["nobody is at work then"] if ahead.unattended else []),
        *(["a day off is in between, whose traffic is not a working day's"] if ahead.day_off else []),
    ]
    but = f". ⚠️ But {both(warned)}: Schedule begins it at another time" if warned else ""
    return line("Begun now, it is watched until ", When(ahead.watched_until), but)


def no_means(rotation: Rotation) -> str:
    """What rejecting does."""
    if rotation.changed:
        return "Rejecting rolls back what was changed so far"
    return "Rejecting ends it; nothing was changed so far"


def deadline_line(rotation: Rotation, request: Request) -> Line:
    """Until when it waits, and what happens when nobody answers."""
    then = "it is paused with everything left as it is" if rotation.changed else "it ends and nothing was changed"
    if request.deadline is None:
        return line(f"If nobody answers in time, {then}")
    return line("Until ", When(request.deadline), f"; if nobody answers, {then}")


def _again(request: Request) -> str:
    if not request.note:
        return ""
    why = AGAIN.get(request.note, request.note.replace("_", " "))
    return f"⚠️ Asked again: {why}. The line above in this thread has the details"


def request_ask(
    rotation: Rotation,
    request: Request,
    mentions: dict[GroupName, str],
    ahead: Ahead | None = None,
    freeze: Binding | None = None,
) -> Text:
    """What is asked: warnings first, of whom, what yes and no do, until when."""
    return text(
        marks_lines(rotation),
        _again(request),
        changed_lines(request),
        corridor_line(rotation),
        reminded_line(request),
        request_line(rotation, freeze),
        uncalled(asked_groups(rotation, request.stage), mentions),
        asked_of(rotation, request.stage, mentions),
        approvals_line(rotation, request),
        change_words(rotation, request.stage),
        ahead_line(rotation, request.stage, ahead),
        finance_line(rotation, request.stage),
        no_means(rotation),
        fallback_lines(rotation, request),
        deadline_line(rotation, request),
    )


def grounds(rotation: Rotation, comparison: Comparison | None) -> Text:
    """What the answer rests on: the comparison, every stage watched so far, the way back, who began it and why."""
    return text(
        comparison_lines(rotation, comparison),
        tuple(all_sealed(rotation)),
        way_back_words(rotation),
        begun_words(rotation),
    )


def request_text(
    rotation: Rotation,
    request: Request,
    *,
    comparison: Comparison | None,
    mentions: dict[GroupName, str],
    maybe_repeat: bool = False,
    ahead: Ahead | None = None,
    freeze: Binding | None = None,
) -> Text:
    """An open request, whole."""
    return text(
        headline(rotation, request.stage, comparison),
        REPEAT if maybe_repeat else "",
        request_ask(rotation, request, mentions, ahead, freeze),
        grounds(rotation, comparison),
    )


def outcome_line(question_outcome: str, by: str, at: Part | None) -> Line:
    """What became of a question: the outcome, by whom, when."""
    said = OUTCOMES.get(question_outcome, question_outcome.replace("_", " "))
    sign = SIGNS.get(question_outcome, "☑️")
    who = f" by {by}" if by else ""
    when: tuple[Part, ...] = (", ", at) if at is not None else ()
    return line(f"{sign} {said.capitalize()}{who}", *when)


def request_outcome(rotation: Rotation, request: Request, comparison: Comparison | None) -> Text:
    """A request that is over: the outcome, and what it was about."""
    at = When(request.decided_at) if request.decided_at else None
    return text(
        outcome_line(request.outcome, request.decided_by, at),
        headline(rotation, request.stage, comparison),
        marks_lines(rotation),
        approvals_line(rotation, request),
    )
