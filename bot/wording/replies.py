"""Private answers: what was refused and why (rule, who can, what to do next), and what was taken.

`REFUSALS` has a text for every reason code of the core, `ANSWERS` for every other code of a reply.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.wording.estimates import sees_words, takes_words
from bot.wording.facts import Facts, listed, paused_words, worded
from bot.wording.names import in_brackets
from bot.wording.text import Line, Part, Text, fill, line, text
from bot.wording.units import either


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal in three sentences. `{names}` are facts."""

    rule: str
    who: str
    then: str


REFUSALS: Mapping[str, Refusal] = {
    "not_in_phase": Refusal(
        "That is not possible now: the rotation is {phase}{paused}.",
        "What is possible is on its card, as buttons.",
        "`/rotate status {rotation}` says where it is and links the card.{instead}",
    ),
    "not_entitled": Refusal(
        "You are not among those who may do this.",
        "Who can: {who}.",
        "Ask one of them; the buttons work for them at once.",
    ),
    "group_unresolved": Refusal(
        "I could not read who belongs to {groups}, and I do not guess.",
        "Who can meanwhile: the administrators named in the runbook.",
        "Try again in a minute; if it stays, `rotate doctor` says what is missing.",
    ),
    "no_guests": Refusal(
        "Guests and people of another workspace may not do this.",
        "Who can: full members of this workspace in the named groups.",
        "Ask one of them.",
    ),
    "no_bots": Refusal(
        "Bots and workflows may not do this.",
        "Who can: a person, with their own click.",
        "Ask one of the named group to press the button.",
    ),
    "own_request": Refusal(
        "You began this rotation, and the runbook wants another pair of eyes.",
        "Who can: another member of {groups}.",
        "Ask one of them; you may still roll back.",
    ),
    "already_approved": Refusal(
        "You have said yes to this already. One person counts once.",
        "Who can: another member of the group.",
        "If something else held it up and is mended, `/rotate promote` tries again.",
    ),
    "already_decided": Refusal(
        "This is settled: {outcome}{by_at}.",
        "Nobody can answer it again.",
        "The card says where the rotation is now.",
    ),
    "stale_question": Refusal(
        "This question is over: another has taken its place, or none is needed.",
        "Nobody can answer it any more.",
        "Use the newest request in the thread, or the card.",
    ),
    "stale_evidence": Refusal(
        "The evidence has changed since this message was written, so a yes to it does not count.",
        "Who can: the same group, on the newest request.",
        "Open the newest request in the thread; `/rotate promote` posts it again.",
    ),
    "reason_needed": Refusal(
        "Going on without full evidence needs a reason, which stays on the card.",
        "Who can: whoever writes one and is in the group that was asked.",
        "Press the button again and write the reason.",
    ),
    "choice_not_offered": Refusal(
        "That is not one of the answers to this question: {choices}.",
        "Who can: the group that was asked, with one of these.",
        "Use the buttons of the newest message.",
    ),
    "already_rolling_back": Refusal(
        "It is going back already.",
        "Nobody needs to do anything for that.",
        "The card shows how far it is.",
    ),
    "nothing_to_roll_back": Refusal(
        "Nothing was changed yet, so there is nothing to go back from.",
        "Who can end it: members of the channel and of ML, SRE and Finance.",
        "`/rotate abort` ends it.",
    ),
    "way_back_closed": Refusal(
        "The way back was open for {days} after completion, and that is over.",
        "Who can: anybody who may begin a rotation.",
        "Compare with the old model as candidate (`/rotate diff`) and promote it.",
    ),
    "later_rotation": Refusal(
        "{rotation} has since changed the same model setting; going back here would undo it too.",
        "Who can: whoever may roll back {rotation}.",
        "Roll back {rotation} first.",
    ),
    "already_ended": Refusal(
        "This rotation is over: {phase}.",
        "Nobody can change it any more.",
        "`/rotate promote` with a newer comparison begins another.",
    ),
    "already_paused": Refusal(
        "It is paused already, by {by}.",
        "Who can go on: members of the channel and of ML, SRE and Finance.",
        "`/rotate resume` goes on.",
    ),
    "targets_changed": Refusal(
        "Somebody else changed what is set since the comparison: {targets}.",
        "Who can: whoever changed it knows why; nothing was written by me.",
        "Put it back, or run `/rotate diff` against what is live now and promote that comparison.",
    ),
    "comparison_too_old": Refusal(
        "Comparison {comparison} is {days} old, older than the runbook allows.",
        "Who can: anybody who may run a comparison.",
        "Run `/rotate diff` again and promote the new comparison.",
    ),
    "comparison_mismatch": Refusal(
        "That comparison is about another model setting or other models than this rotation.",
        "Who can: anybody who may run a comparison.",
        "Run `/rotate diff` with the same models, or end this rotation first.",
    ),
    "evidence_not_enough": Refusal(
        "The next stage opens on {needed_evidence}, and the comparison says: {verdict}.",
        "Who can: the group that owns it, as a decision with a reason.",
        "Answer the question in the thread, or run `/rotate diff` on more cases: `rotate suite from-traces`.",
    ),
    "approver_left": Refusal(
        "{people} approved, but is not in the approving group any more.",
        "Who can: somebody who is in the group now.",
        "Ask for another approval on the new request.",
    ),
    "way_back_broken": Refusal(
        "The model the way back leads to does not answer: {detail}.",
        "Who can: SRE, who were told.",
        "When it answers again, `/rotate promote` goes on. Nothing is changed without a way back.",
    ),
    "target_unreadable": Refusal(
        "{target} could not be read: {problem}.",
        "Who can: whoever runs that place.",
        "Mend it, then `/rotate promote` tries again; approvals given still count.",
    ),
    "targets_disagree": Refusal(
        "Not every place holds the same model: {targets}.",
        "Who can: whoever runs these places.",
        "Bring them to one model first, or wait for the end of the rotation that is changing them: a comparison needs "
        "to know what is current.",
    ),
    "same_model": Refusal(
        "The new model and the old one are the same: {model}.",
        "Nobody can compare or promote a model against itself.",
        "Name another candidate.",
    ),
}

ANSWERS: Mapping[str, str] = {
    "already_closed": "This page is over since {at}. Nothing is left to do about it.",
    "no_rotation": (
        "❌ No rotation of {slot} is running, so there is nothing to {verb}. `/rotate status` lists what there is."
    ),
    "outside_failed": (
        "❌ Not done: {what} (that is {whose}). Nothing was changed. When it is mended, please try again."
    ),
    "accepted": "✅ {rotation}: {event}.",
    "pause_lifted": "▶️ {rotation} goes on{lifted}. What waits for somebody is asked again in its thread.",
    "comparison_in_use": (
        "ℹ️ {comparison} is under {rotation} already, which is {phase}{paused}. Nothing has changed. "
        "`/rotate promote {rotation}` posts its open question again."
    ),
    "comparison_overtaken": (
        "❌ {rotation} rests on {newer} already, which is newer than {comparison}. Nothing has changed. "
        "`/rotate promote {rotation}` posts its open question again."
    ),
    "comparison_spent": (
        "❌ Nothing was begun: {comparison} compared {candidate} with {expected}, which is not what is live: "
        "{targets}. Run `/rotate diff` against what is live now and promote that comparison."
    ),
    "confirm_steering": "{rotation} {slot}: {what} Nothing is done before the button is pressed.",
    "diff_started": (
        "▶️ Comparison {comparison} of {slot} with {candidate} has started. Its message in the channel shows how "
        "far it is; I post the verdict there. It takes {takes}. {sees}."
    ),
    "diff_estimate": (
        "⏳ {comparison} of {slot} with {candidate} waits for your yes. It takes {takes}. {sees}. Nothing is spent "
        "before the button is pressed; answers kept from an earlier run are not asked for again."
    ),
    "diff_begun_already": (
        "{comparison} does not wait for a yes any more: it has begun, or it was ended. `/rotate status {comparison}` "
        "shows it."
    ),
    "diff_running": "The same comparison is running already: {comparison}. Its message shows how far it is.",
    "test_target_in_use": (
        "❌ Not started: {comparison} is running and has set {place}, which one comparison at a time can do. Please try"
        " again when it is over, or `/rotate abort {comparison}`."
    ),
    "diff_over_budget": (
        "❌ Not started: comparisons of this model setting have cost {spent} today, and the runbook allows {limit} "
        "a day. It starts anew tomorrow; whoever owns the runbook can raise `max_usd_per_day`."
    ),
    "unknown_subject": "❌ There is no {subject}.{did_you_mean} `/rotate status` lists what there is.",
    "unknown_model": (
        "❌ The provider does not list a model called {model}.{did_you_mean} It lists {known} models; nothing was asked"
        " of it. `/rotate` opens a form that finds them as you type."
    ),
    "unknown_slot": "❌ There is no model setting called {slot}.{did_you_mean} Known: {known}.",
    "slot_held": (
        "❌ {rotation} holds this model setting, begun by {by}, since {since}. See `/rotate status`; when it is "
        "over, promote again."
    ),
    "queued": (
        "⏳ {rotation} waits in line behind {behind} and begins by itself when that is over. `/rotate abort "
        "{rotation}` takes it out."
    ),
    "rotation_begun": "✅ {rotation} has begun. Its card is in the channel, what happens is told in its thread.",
    "comparison_not_finished": (
        "❌ {comparison} has no verdict, so there is nothing to promote. While it runs, its message shows how far it "
        "is; one that was stopped or could not run goes on with the same `/rotate diff`."
    ),
    "comparison_candidate_is_current": (
        "❌ {candidate} is what is live already, so there is nothing to compare. Name another with `/rotate diff`."
    ),
    "no_comparison": "❌ {slot} has no comparison to promote. Run `/rotate diff` first.",
    "targets_unreadable": (
        "❌ I could not read what is live: {targets}. Nothing was started. Whoever runs these places can mend "
        "that; `rotate doctor` says more. Then try again."
    ),
    "suite_broken": (
        "❌ The suite of test cases cannot be used: {problems}. Nothing was started. Mend the file, then try again."
    ),
    "acknowledged": "✅ It is yours. Everybody in the channel can see that.",
    "already_acknowledged": "{by} has had it since {at}. Nothing more to do for you here.",
    "aborted_comparison": ("⏹️ Comparison {comparison} is stopped. What it measured is kept; the same command goes on."),
    "nothing_to_abort": "Nothing to end: nothing is running under that name. `/rotate status` lists what is.",
    "internal_error": (
        "❌ Something went wrong on my side. It may not have been done: look at `/rotate status` before you try "
        "again. Reference for whoever runs me: {reference}"
    ),
    "already_done": "That was done already, by {by}, {at}. Nothing happened twice.",
    "not_recorded": (
        "❌ Something went wrong on my side, and nothing was recorded: please try again. Reference for whoever "
        "runs me: {reference}"
    ),
    "unknown_verb": "❌ I do not know {verb}.{did_you_mean} `/rotate help` shows what I can do.",
    "unknown_flag": "❌ I do not know the flag {flag}.{did_you_mean} I know: {known}.",
    "flag_without_value": "❌ {flag} needs a value after it, in quotes if it has spaces.",
    "flag_not_for_verb": "❌ {flag} does not go with {verb}. It takes: {known}.",
    "unknown_trigger": (
        "❌ {trigger_given} is not one of the runbook's four reasons to rotate: {known}.{did_you_mean}"
    ),
    "too_many_words": "❌ I do not understand {words}. The form is: {usage}",
    "odd_model": (
        "❌ {model_given} cannot be a model's id: one word of letters, digits and `. / : - _ @`, at most 200 signs, as "
        "your provider spells it. Nothing was started."
    ),
    "key_for_model": (
        "❌ What you wrote for a model looks like a key. It was not kept, and nothing was started. If it is one, "
        "revoke it; for a model write its id, as your provider spells it."
    ),
    "way_back_is_candidate": (
        "❌ {candidate} is the new model and the way back at once, so there would be no way back. Name another after "
        "`--rollback`, or leave it out."
    ),
    "comparison_holds_nothing": (
        "❌ {subject} is a comparison: it changed nothing, so there is nothing to {verb}. `/rotate abort {subject}` "
        "stops it while it runs; `/rotate status` shows the rotations."
    ),
    "open_quote": "❌ A quotation mark is opened and not closed: {words}",
    "subject_needed": "❌ Which one? {usage}. There is: {known}. `/rotate status` says more.",
    "form_offer": "Which new model? Write {usage}, or open the form.",
    "stale_button": (
        "This button is from an older message and does nothing any more. The card and the newest message in the "
        "thread have what is possible now; `/rotate status` finds them."
    ),
    "stale_form": "❌ This form is from an older version of me, and nothing was recorded. Please open it again.",
    "unknown_command": "❌ I do not serve this command here. `/rotate help` shows what I can do.",
    "other_workspace": (
        "❌ I belong to another workspace, so nothing was recorded. Whoever installed me can say where I live."
    ),
    "form_expired": "The form could not be opened in time. Please press once more.",
}
"""Code -> template of every reply that is not a refusal of the core."""


def _context(code: str, facts: Facts) -> dict[str, Part | Line]:
    """The facts as words, with the pieces some refusals are made of."""
    found = worded(facts)
    if code == "not_entitled":
        groups = listed(facts.get("groups"))
        channel = facts.get("channel")
        members = (
            [f"members of #{channel}" if isinstance(channel, str) else "members of its channel"] if channel else []
        )
        began = [f"{facts['began_by']}, who began it, whoever approved it"] if facts.get("began_by") else []
        who: list[Part | Line] = [found["groups"]] if groups else []
        if facts.get("other_than"):
            who.append(f" other than {facts['other_than']}, who began it")
        named = either([*began, *members, "members of "]) if groups else either([*began, *members]) or "nobody named"
        found["who"] = line(named, *who)
    if code in {"diff_estimate", "diff_started"}:
        found |= {"takes": takes_words(facts), "sees": sees_words(facts)}
    if code == "already_decided":
        by, at = facts.get("by"), facts.get("at")
        found["by_at"] = line(f" by {by}" if by else "", ", " if at else "", found["at"] if at else "")
    if code == "evidence_not_enough":
        found["needed_evidence"] = worded({"needed_evidence": facts.get("needed")})["needed_evidence"]
    if "paused_by" in facts:
        whose = f" by {facts['paused_by']}" if facts["paused_by"] else " because nobody approved in time"
        found["paused"] = line(whose, ", since ", found.get("since", "unknown"))
    else:
        found["paused"] = ()
    if code == "pause_lifted":
        found["lifted"] = in_brackets(paused_words(facts))
    if code == "not_in_phase":
        found["instead"] = _instead(facts)
    return found


def _instead(facts: Facts) -> str:
    """What is possible instead of what was refused."""
    if facts.get("instead") == "rollback":
        return " `/rotate rollback` takes it back."
    return f" `/rotate resume {facts.get('rotation', '')}` lifts the pause." if "paused_by" in facts else ""


def not_listed(model: str, near: Sequence[str]) -> Line:
    """That a model is not among those the provider lists, and which were most likely meant."""
    return fill("The provider does not list {model}.{did_you_mean}", worded({"model": model, "nearest": list(near)}))


def because(code: str, facts: Facts) -> Line:
    """Only the rule of a refusal, for a line that goes on with something else."""
    refusal = REFUSALS.get(code)
    return fill(refusal.rule, _context(code, facts)) if refusal is not None else line(code.replace("_", " "))


def reply_text(code: str, facts: Facts) -> Text:
    """The answer for a reply's code. A code without a text says so with its facts rather than nothing."""
    found = _context(code, facts)
    if refusal := REFUSALS.get(code):
        return text(
            line("❌ ", fill(refusal.rule, found)),
            fill(refusal.who, found),
            fill(refusal.then, found),
        )
    if template := ANSWERS.get(code):
        return text(fill(template, found))
    told = "; ".join(f"{key}: {value}" for key, value in facts.items())
    return text(f"{code.replace('_', ' ')}{': ' if told else ''}{told}")
