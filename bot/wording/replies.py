"""Private answers: what was taken, what is asked back, what could not be done.

`ANSWERS` has a text for every code of a reply that is no reason code of the core; those are `refusals`' business.
"""

from collections.abc import Mapping, Sequence

from bot.wording.estimates import sees_words, takes_words
from bot.wording.facts import Facts, listed, paused_words, worded
from bot.wording.freezes import answered_line, told_binding
from bot.wording.names import in_brackets
from bot.wording.refusals import REFUSALS
from bot.wording.text import Line, Part, Text, Typed, fill, line, text
from bot.wording.units import both, either

ANSWERS: Mapping[str, str] = {
    "already_closed": "This page is over since {at}. Nothing is left to do about it.",
    "no_rotation": (
        "❌ No rotation of {slot} is running, so there is nothing to {verb}. `/rotate status` lists what there is."
    ),
    "outside_failed": (
        "❌ Not done: {what} (that is {whose}). Nothing was changed. When it is mended, please try again."
    ),
    "accepted": "✅ {rotation}: {event}{about}.{frozen}",
    "freeze_set": "❄️ {freeze}: {held} is frozen until {until}.{changing} It is told in the channel. {lift}",
    "freeze_prolonged": (
        "❄️ {freeze}: {held} is frozen longer, until {until}.{changing} It is told in the channel. {lift}"
    ),
    "freeze_standing": (
        "❌ {held} is frozen until {until} already, by {by} ({freeze}), since {since}: {reason}. A later end prolongs "
        "it; for an earlier one lift it and freeze anew. {lift}"
    ),
    "freeze_lifted": (
        "☀️ {freeze}: {held} is no longer frozen by it; {set_by} had set it. What was put off because of it is looked "
        "at now. It is told in the channel."
    ),
    "freeze_lifted_already": "{freeze} was lifted already, by {by}, {at}. Nothing happened twice.",
    "freeze_over": "{freeze} is over since {at}, so there is nothing to lift.",
    "freeze_written": (
        "❌ {freeze} is a freeze of the runbook's, which nobody lifts from here: it ends by itself. Whoever owns the "
        "runbook can change `freezes` for rotations that begin after that."
    ),
    "not_frozen": "❌ Nobody has frozen {held}, so there is nothing to lift. Frozen by hand: {known}.",
    "freeze_of_what": (
        "❌ There is no model setting, stage or freeze called {subject}.{did_you_mean} What can be frozen: {known}."
    ),
    "freeze_of_two": (
        "❌ {subject} is a model setting and a stage. Write `/rotate {verb} slot:{subject}` or "
        "`/rotate {verb} stage:{subject}`."
    ),
    "freeze_without_end": (
        "❌ Until when? A freeze has an end: `/rotate freeze {subject} --until T --reason R`, with T such as {known}. "
        "Nothing was frozen."
    ),
    "freeze_without_reason": (
        "❌ Why? People who wait read it: `/rotate freeze {scope} --until T --reason R`. Nothing was frozen."
    ),
    "freeze_end_unclear": (
        "❌ {words} after `--until` is no time I understand. Write one such as {known}; times are those of {zone}. "
        "Nothing was frozen."
    ),
    "freeze_end_over": (
        "❌ {words} after `--until` is {until}, which is over; times are those of {zone}. Nothing was frozen."
    ),
    "freeze_too_long": (
        "❌ {words} after `--until` is more than {days} ahead. What holds for longer belongs into the runbook, under "
        "`freezes`, where everybody reads it. Nothing was frozen."
    ),
    "examining": "🩺 Looking through the installation; that takes up to a minute. Nothing is changed.",
    "no_examination": (
        "❌ What the doctor finds is for those who may begin a rotation; `/rotate help more` says who that is. Ask one "
        "of them, or run `rotate doctor` where the bot runs."
    ),
    "answer_counts": "✅ {rotation}: your answer counts. Still missing: {missing_answers}.",
    "yes_counts": "✅ {rotation}: your approval counts. Still missing: {missing}.{frozen}",
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
    "diff_foreseen": "{candidate} takes {takes}. {sees}.",
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
    "nothing_here": (
        "❔ This message is about no rotation or comparison of mine. Try it on a card, a request, or what stands in "
        "its thread; `/rotate status` lists what there is."
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
        "⏳ {rotation} waits in line behind {behind}, which holds {slot}: {by} began it, {since}; it is {phase} "
        "({stage}). {rotation} begins by itself when that is over. `/rotate supersede {rotation}` asks {by} to give "
        "way, `/rotate abort {rotation}` takes it out of the line.{frozen}"
    ),
    "rotation_begun": (
        "✅ {rotation} has begun. Its card is in the channel, what happens is told in its thread.{frozen}"
    ),
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
    "unknown_topic": "❌ I have no help about {subject}.{did_you_mean} `/rotate help more` has all there is.",
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
    "odd_length": "❌ {words} is no length of time. Write a number and a unit, such as `--for 30m` or `--for 1h30m`.",
    "open_quote": "❌ A quotation mark is opened and not closed: {words}",
    "subject_needed": "❌ Which one? {usage}. There is: {known}. `/rotate status` says more.",
    "form_offer": "Which new model? Write {usage}, or open the form.",
    "stale_button": (
        "This button is from an older message and does nothing any more. The card and the newest message in the "
        "thread have what is possible now; `/rotate status` finds them."
    ),
    "muted": (
        "🔕 {slot} is told no more proposals with this reason: {trigger}. Unmute, under the same message, undoes it."
    ),
    "unmuted": "🔔 {slot} is told proposals with this reason again: {trigger}.",
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
        set_by = [f"{facts['set_by']}, who set it"] if facts.get("set_by") else []
        began = [f"{facts['began_by']}, who began it, whoever approved it"] if facts.get("began_by") else []
        who: list[Part | Line] = [found["groups"]] if groups else []
        if facts.get("other_than"):
            who.append(f" other than {facts['other_than']}, who began it")
        others = [*set_by, *began, *members]
        named = either([*others, "members of "]) if groups else either(others) or "nobody named"
        found["who"] = line(named, *who)
    if code in {"diff_estimate", "diff_foreseen", "diff_started"}:
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
    found |= _freezing(facts)
    if code == "accepted":
        to = f", back to {facts['back_to']}" if facts.get("back_to") else ""
        found["about"] = f" ({facts['slot']}: {both(listed(facts.get('stages')))}{to})" if facts.get("stages") else ""
    if code == "asked_to_give_way":
        found["refused"] = f", and {facts['refused_by']} keeps going" if facts.get("refused_by") else ""
    if code == "reason_needed":
        found["what"] = "Taking hands off" if facts.get("event") == "hands_off" else "Going on without full evidence"
    if code == "pause_lifted":
        found["lifted"] = in_brackets(paused_words(facts))
    if code == "not_in_phase":
        found["instead"] = _instead(facts)
    return found


def _freezing(facts: Facts) -> dict[str, Part | Line]:
    """What answers about freezes are made of: what holds it, who is being changed right now, how it is lifted."""
    frozen, changing = told_binding(facts.get("frozen")), listed(facts.get("changing"))
    lift = f"`/rotate unfreeze {facts.get('freeze', 'F1')}` lifts it."
    scope = str(facts.get("scope", ""))
    held: Part = "everything" if scope == "all" else Typed(scope)
    found: dict[str, Part | Line] = {"lift": lift, "changing": (), "frozen": (), "held": held}
    if frozen is not None:
        found["frozen"] = answered_line(frozen)
    if changing:
        names = both(changing)
        found["changing"] = f" {names} is setting places this moment: one that is being set is finished, no more begun."
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
