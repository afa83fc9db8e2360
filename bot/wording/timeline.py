"""One line for the thread per thing that happened to a rotation. `LINES` has a text for every code."""

from collections.abc import Callable, Mapping
from datetime import datetime

from pydantic import JsonValue

from bot.wording.approvals import checked_words
from bot.wording.facts import Facts, listed, moment, paused_words, worded
from bot.wording.freezes import frozen_words, told_binding
from bot.wording.names import CHOICES, DIMENSIONS, VERDICT_SIGNS, groups_word, in_brackets, verdict_word
from bot.wording.replies import because
from bot.wording.seats import said as said_missing
from bot.wording.text import Code, Line, Part, Quote, When, fill, line
from bot.wording.units import both, count, length

CAUSES = {
    "asked": "asked for",
    "decided": "decided",
    "rejected": "the request was rejected",
    "guardrail_failed": "a check got worse than is allowed",
    "verification_failed": "an item of the verification list is not met",
    "gave_way": "its holder gave way to another rotation",
}
"""Why a rotation goes back."""

QUESTIONS = {
    "comparison_failed": "go on although the comparison says worse",
    "comparison_inconclusive": "go on although the comparison can't tell yet",
    "bake_inconclusive": "go on although the checks can't tell yet",
    "signal_failed": "go on although a check that asks got worse",
    "held": "go on although nothing could be judged",
    "cannot_verify": "complete although the verification list can't be told",
}
"""The decisions there are, in words."""

_TEMPLATES = {
    "begun": "▶️ {by} began this from comparison {comparison} ({trigger}){said_why}",
    "queued": "⏳ Waits in line behind {behind}",
    "supersede_asked": "⏳ {by} asked whoever began {holder} to give way{said_why}",
    "supersede_refused": "⏳ {by} keeps going with {holder}, so this stays in line",
    "gave_way": "☑️ {by} gives way to {wisher}",
    "kept_slot": "☑️ {by} keeps going; {wisher} waits in line",
    "would_set": "🧪 Dry run: would set {place} to {value}",
    "bake_skipped": "🧪 Dry run: {stage} would be watched for {seconds}, in {looks}. Skipped",
    "yes_withdrawn": "↩️ {by} took their approval of {stage} back",
    "scheduled": "⏳ {stage} is approved and begins {start}. It is looked at once more then",
    "start_missed": "⚠️ {stage} was to begin {start}, and I was not there or it was paused. Not made up: asked again",
    "applied": "✅ {stage}: the new model is set in {targets}",
    "target_drifted": "⚠️ {target} holds {found}: neither what we read nor what we wrote. Stopped there; {detail}",
    "write_failed": "⚠️ {target} could not be set: {detail}. Stopped there",
    "workers_unwell": "⚠️ {target} was set, and its workers are not well: {detail}. Stopped there; they are SRE's",
    "place_drifted": (
        "⚠️ {place} holds {found}, not {expected}: somebody else changed it. It is left as it is. Put it right there; "
        "or ML or SRE decide to go back, or to compare anew with what it holds"
    ),
    "place_unread": "❔ {place} could not be read: {problem}. Whether it still holds what was set there is not known",
    "place_as_it_should": "✅ {place} holds {found} again, as it should",
    "late_write_undone": "⚠️ A write to {target} arrived after this was over. It is being undone",
    "traffic_seen": "✅ {stage}: requests are answered by the new model",
    "no_traffic": "❔ {stage}: no requests so far. Watching begins all the same; checks will say they saw no data",
    "bake_started": "▶️ {stage}: watching for {seconds}, in {looks}. The last one is due {until}",
    "data_returned": "✅ {stage}: data are back after {held_seconds}. Watching goes on",
    "bake_extended": "▶️ {stage}: watching longer, {looks} more",
    "way_back_broken": "⚠️ The way back does not work: {detail}. SRE was told",
    "way_back_works": "✅ The way back works again",
    "guardrail_recovered": "✅ {stage}: at check {look} nothing fails any more. Hands are still off",
    "cycle_incomplete": "❔ {stage}: all checks were seen, and only {seen} parts of the traffic cycle",
    "paused": "⏸️ {by} paused this{said_why}. Checks go on, and one that fails still rolls back",
    "retried": "▶️ {by} asked to try again",
    "settling": "✋ {by} settles this by hand: reading what every place holds",
    "settle_failed": (
        "⚠️ Not settled: {targets} could not be read ({problems}). Mend that and try again; or settle again with a "
        "reason, then it is recorded as unreadable"
    ),
    "comparison_renewed": (
        "▶️ {by} put comparison {comparison} under this. Approvals start anew where its result is another"
    ),
    "way_back_changed": "⚠️ Going back writes {model} from now on, not {before}. Approvals start anew",
    "start_held": "⏳ Not begun yet, a place could not be read: {problems}. Nothing is changed; it is read again",
    "restore_failed": "⚠️ {target} could not be restored: {detail}. Trying again, SRE was told",
    "restore_drifted": (
        "⚠️ {target} holds {found}: neither what was there before nor what we wrote. It is left as it is and not set "
        "back to {before}. Set it back and try again, or settle by hand; SRE was told"
    ),
    "approval_lapsed": "⏸️ Nobody approved {stage} in time. Paused, everything is left as it is; promote asks again",
    "group_unread": (
        "⚠️ Who is in {groups} cannot be read: {problem}. Until it can, its members cannot approve; only the "
        "administrators named in the runbook can"
    ),
    "group_read_again": "✅ Who is in {groups} can be read again",
    "fallback_asked": "⏳ {stage}: {groups} did not answer within {seconds}; {too} is asked too",
    "still_waiting": "⏳ {requester}: this is still {phase}",
    "verification_held": "⚠️ The provider fails for both models, so the list can't be told. Held; SRE was told",
    "was_down": "⚠️ I was not running for {seconds}. Deadlines moved on by as much; missed checks are judged afterwards",
}


def _filled(template: str) -> Callable[[Facts], Line]:
    return lambda facts: fill(template, worded(facts))


def _approved(facts: Facts) -> Line:
    needed = facts.get("needed")
    asked = f" ({count(needed, 'approval')} needed)" if isinstance(needed, int) and needed > 1 else ""
    missing = said_missing(facts.get("missing"))
    left = f"; still missing: {missing}" if missing else ""
    whose = checked_words(facts)
    said = f"✅ {facts.get('by', 'somebody')} approved {facts.get('stage', 'the stage')}{whose}{asked}{left}"
    return line(said, ", to begin ", moment(facts["start"])) if "start" in facts else line(said)


def _group_changed(facts: Facts) -> Line:
    joined, left, void = (listed(facts.get(key)) for key in ("joined", "left", "void"))
    news = both([*([f"{both(joined)} joined"] if joined else []), *([f"{both(left)} left"] if left else [])])
    lost = f". The approval of {both(void)} counts no longer unless they are back before the change" if void else ""
    return line("ℹ️ ", groups_word(listed(facts.get("groups"))) or "A group", f": {news}{lost}")


def _vote(facts: Facts) -> Line:
    needed = facts.get("needed")
    asked = f" ({count(needed, 'answer')} needed)" if isinstance(needed, int) and needed > 1 else ""
    missing = said_missing(facts.get("missing"), "answer")
    left = f"; still missing: {missing}" if missing else ""
    said = f"☑️ {facts.get('by', 'somebody')} says go on{asked}{left}. Reason: "
    return line(said, Quote(str(facts.get("reason", ""))))


def _decided(facts: Facts) -> Line:
    question = QUESTIONS.get(str(facts.get("question")), str(facts.get("question", "")))
    choice = CHOICES.get(str(facts.get("choice")), str(facts.get("choice", "")))
    by = facts.get("by")
    who: tuple[Part, ...] = (str(by),) if by else ("Nobody answered in time, so the stated default",)
    reason = facts.get("reason") if by else ""
    said: tuple[Part, ...] = (". Reason: ", Quote(str(reason))) if reason else ()
    return line("⚖️ ", *who, f" decided: {choice} (asked: {question})", *said)


def _rolling_back(facts: Facts) -> Line:
    cause = CAUSES.get(str(facts.get("cause")), str(facts.get("cause", "")))
    dimension = facts.get("dimension")
    about = f" ({DIMENSIONS.get(str(dimension), str(dimension))})" if dimension else ""
    by = f", by {facts['by']}" if facts.get("by") else ""
    said: tuple[Part, ...] = (". Reason: ", Quote(str(facts["reason"]))) if facts.get("reason") else ()
    return line(f"↩️ Going back: {cause}{about}{by}", *said)


def _restored(facts: Facts) -> Line:
    places = worded(facts).get("targets", "everything")
    model = facts.get("model")
    if facts.get("named") and model:
        named = line(Code(str(model)), ", because the old model is no longer usable")
        return line("↩️ ", places, " set to ", named, ". Waiting until requests are answered by it")
    to: Part = Code(str(model)) if model else "the old model"
    return line("↩️ ", places, " restored. Waiting until requests are answered by ", to, " again")


def _confirmed(facts: Facts) -> Line:
    to: Part = Code(str(facts["model"])) if facts.get("model") else "the old model"
    return line(f"✋ {facts.get('by', 'somebody')} confirmed by hand that requests are answered by ", to, " again")


def _resumed(facts: Facts) -> Line:
    return line(f"▶️ {facts.get('by', 'somebody')} resumed this", in_brackets(paused_words(facts)))


def _look(facts: Facts) -> Line:
    verdict = str(facts.get("verdict", ""))
    sign = VERDICT_SIGNS.get(verdict, "❔")
    said = f"{sign} {facts.get('stage', '')}: check {facts.get('number', '')}: {verdict_word(verdict)}"
    late = _late(facts)
    return line(said, f". It was judged {late}" if late else "")


def _held(facts: Facts) -> Line:
    late = _late(facts)
    seen = f". It was looked at {late}: what was not measured then is not known" if late else ""
    told = "⚠️ {stage}: held, because {reasons}{seen}. The time does not count, and nothing is promoted meanwhile"
    return fill(told, {**worded(facts), "seen": seen})


def _late(facts: Facts) -> str:
    """How late a missed check was judged, and how many more are still to be; empty for one in time."""
    seconds, more = facts.get("late_seconds"), facts.get("more_late")
    if not isinstance(seconds, int | float):
        return ""
    others = f"; {count(more, 'more check')} missed meanwhile" if isinstance(more, int) and more else ""
    return f"{length(seconds)} late, because nobody looked when it was due{others}"


def _sent_back(facts: Facts) -> Line:
    told = because(str(facts.get("because", "")), {k: v for k, v in facts.items() if k != "because"})
    return line("⚠️ Not changed, asked again: ", told)


def readings_line(value: JsonValue) -> Line:
    """What targets hold, as read: `pilots holds x; global could not be read: ...`."""
    parts: list[Part] = []
    for reading in value if isinstance(value, list) else []:
        if not isinstance(reading, dict):
            continue
        if parts:
            parts.append("; ")
        if reading.get("problem"):
            parts.append(f"{reading.get('target')} could not be read: {reading['problem']}")
        else:
            held: Part = Code(str(reading["value"])) if reading.get("value") else "nothing (unset)"
            parts += [f"{reading.get('target')} holds ", held]
    return line(*parts) or line("nothing could be read")


def _targets_disagree(facts: Facts) -> Line:
    expected = Code(str(facts.get("expected", "")))
    found = readings_line(facts.get("readings"))
    return line("⚠️ Ended before any change: not every place holds ", expected, ": ", found)


_EXAMPLE = 200
"""Characters of a prompt or an answer that are shown in a thread; the report's file has more."""


def _rows(value: JsonValue) -> list[dict[str, JsonValue]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _example(row: dict[str, JsonValue]) -> list[Part]:
    """One case: what was asked, what both said, why it does not pass. Of a private suite, its id and the reason."""
    parts: list[Part] = [f"\n• {row.get('case')} ({row.get('dimension')}): ", Quote(str(row.get("why", "")))]
    if tags := listed(row.get("tags")):
        parts.append(f" [{', '.join(tags)}]")
    for label, key in (("asked", "prompt"), ("old model", "current_answer"), ("new model", "candidate_answer")):
        if row.get(key):
            parts += [f"\n    {label}: ", Quote(str(row[key])[:_EXAMPLE])]
    return parts


def _output(row: dict[str, JsonValue]) -> list[Part]:
    """What an engine printed for one case, the same for both models."""
    told: list[Part] = [f"\n• {row.get('case')}"]
    for label, key in (("asked", "prompt"), ("output", "candidate_answer")):
        told += [f"\n    {label}: ", Quote(str(row.get(key, ""))[:_EXAMPLE])]
    return told


def _worst(facts: Facts) -> Line:
    if outputs := _rows(facts.get("outputs")):
        return line("What the engine printed, judged by nobody:", *(part for row in outputs for part in _output(row)))
    worse, better = _rows(facts.get("regressions")), _rows(facts.get("gains"))
    which = "the new model fails" if facts.get("alone") else "the old model passes and the new one does not"
    parts: list[Part] = [f"Cases {which}:" if worse else f"Cases {which}: none"]
    for row in worse:
        parts += _example(row)
    if better:
        parts.append("\nCases the new model passes and the old one does not:")
    for row in better:
        parts += _example(row)
    return line(*parts)


def _put_off(facts: Facts) -> Line:
    stage, written, places = facts.get("stage", "the stage"), facts.get("written"), facts.get("places")
    freeze = told_binding(facts.get("freeze"))
    told = frozen_words(freeze) if freeze is not None else line("for now")
    half = (
        f". {written} of {count(places, 'place')} were set before it; the others wait, and going back is possible"
        if isinstance(written, int) and isinstance(places, int) and written
        else ""
    )
    then = f"{half}. It is looked at once more then"
    return line(f"❄️ {stage} is approved and does not begin yet: it is frozen ", told, then)


LINES: Mapping[str, Callable[[Facts], Line]] = {
    **{code: _filled(template) for code, template in _TEMPLATES.items()},
    "approved": _approved,
    "decision_vote": _vote,
    "decided": _decided,
    "group_changed": _group_changed,
    "rolling_back": _rolling_back,
    "resumed": _resumed,
    "restored": _restored,
    "confirmed": _confirmed,
    "look": _look,
    "held": _held,
    "put_off": _put_off,
    "sent_back": _sent_back,
    "targets_disagree": _targets_disagree,
    "worst_regressions": _worst,
}
"""Code -> its line."""


def timeline_line(code: str, facts: Facts, *, maybe_repeat: bool = False, happened_at: datetime | None = None) -> Line:
    """The line for something that happened, with when if it is told late.

    A code without a text is shown with its facts rather than lost.
    """
    say = LINES.get(code)
    repeat = "(may be a repeat) " if maybe_repeat else ""
    late: Line = line("(told late; it happened ", When(happened_at), ") ") if happened_at is not None else ()
    if say is not None:
        return line(repeat, late, say(facts))
    told = "; ".join(f"{key} {', '.join(listed(value)) or value}" for key, value in facts.items())
    return line(repeat, late, f"{code.replace('_', ' ')}{': ' if told else ''}{told}")
