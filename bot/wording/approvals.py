"""Who is asked for a yes, has said it, is still missing: what requests, cards, lists and answers say of it."""

from bot.rotation.model.questions import Decision, Request
from bot.rotation.model.rotation import Rotation
from bot.rotation.quorum import asked_groups, missing, seats
from bot.wording.facts import Facts, listed
from bot.wording.names import GROUPS, groups_word
from bot.wording.seats import seats_words
from bot.wording.text import Line, Text, When, line, text
from bot.wording.units import count, length


def approvals_line(rotation: Rotation, request: Request) -> str:
    """Who has said yes so far, and where several groups are needed, whose yes is missing."""
    if not request.approvals:
        return ""
    asked = set(asked_groups(rotation, request.stage))
    stand_in = " (administrator, in the place of a group that could not be read)"
    names = ", ".join(
        yes.by.name if asked & set(yes.by.groups) else f"{yes.by.name}{stand_in}" for yes in request.approvals
    )
    wanted, left = seats(rotation, request.stage), missing(rotation, request.stage, request.approvals)
    but = f"; missing: {seats_words(left)}" if request.open and left and len(set(wanted)) > 1 else ""
    return f"✅ {len(request.approvals)} of {count(len(wanted), 'approval')}: {names}{but}"


def checked_words(facts: Facts) -> str:
    """Against which membership a yes was checked, and how old that was; empty where nothing is known of it."""
    own, others, age = listed(facts.get("member_of")), listed(facts.get("in_place_of")), facts.get("age_s")
    read = f" (membership read {length(age)} before)" if isinstance(age, int | float) and age >= 1 else ""
    if own:
        return f" for {groups_word(own)}{read}"
    return f", as an administrator in the place of {groups_word(others)}, which could not be read" if others else ""


def reminded_line(question: Request | Decision) -> Line:
    """That a question is posted once more because too few have answered; empty the first time."""
    if not question.reminded or question.delivered_at is None:
        return ()
    return line("⏳ Reminder: asked ", When(question.delivered_at), ", and still waiting for an answer")


def fallback_lines(rotation: Rotation, request: Request) -> Text:
    """Which groups are asked too because others did not answer, and which is next and when."""
    steps = rotation.plan.stages[request.stage].approval.fallback
    too, later = steps[: len(request.asked_too)], steps[len(request.asked_too) :]
    names = ", ".join(GROUPS[step.group.value] for step in too)
    said = f"⏳ Asked too, because others did not answer in time: {names}" if too else ""
    if not later or request.fall_back_at is None:
        return text(said)
    return text(
        said,
        line("If it is not answered by ", When(request.fall_back_at), f", {GROUPS[later[0].group.value]} is asked too"),
    )
