"""A comparison's message: how far it is, then its verdict with every figure it rests on."""

from bot.difftest.model.report import Report
from bot.engine.models.comparisons import Comparison
from bot.engine.models.notes import ComparisonNote
from bot.wording.errors import errors_line
from bot.wording.figures import cost_in_brief, dimension_line, dimensions_in_brief, extras_line
from bot.wording.names import HEADLINE, TRIGGERS, VERDICT_SIGNS, short_pair, verdict_word
from bot.wording.offers import offered
from bot.wording.requests import REPEAT
from bot.wording.text import Bold, Code, Line, Quote, Text, When, line, text
from bot.wording.units import count, length, money, percent, spoken

_SHOWN_MODELS = 6
_STATES = {"asked": "waits for a yes", "running": "comparing", "aborted": "stopped", "errored": "could not run"}


def comparison_headline(comparison: Comparison) -> str:
    """Slot, old and new model, verdict and money, in at most 120 characters."""
    report = comparison.report
    if comparison.status == "finished" and report is not None:
        said = f"{verdict_word(report.verdict.value)}, {cost_in_brief(report)}"
        sign = VERDICT_SIGNS[report.verdict.value]
    else:
        said = _STATES.get(comparison.status, "")
        sign = {"asked": "⏳", "running": "▶️", "aborted": "⏹️"}.get(comparison.status, "⚠️")
    start, end = f"{sign} {comparison.id} {comparison.slot}: ", f": {said}"
    old, new = short_pair(comparison.current, comparison.candidate, HEADLINE - len(start) - len(end) - 3)
    return f"{start}{old} → {new}{end}"


def progress_line(note: ComparisonNote) -> str:
    """How far it is. Never a verdict."""
    progress = note.progress
    if progress is None or not progress.total:
        return "Preparing the first calls."
    share = min(1.0, progress.done / progress.total)
    filled = round(share * 10)
    parts = [f"{'▰' * filled}{'▱' * (10 - filled)} {progress.done:,} of {count(progress.total, 'answer')}"]
    if progress.cost_usd is not None:
        parts.append(f"{money(progress.cost_usd)} so far")
    if progress.seconds_left is not None:
        parts.append(f"about {length(progress.seconds_left)} left")
    return ", ".join(parts)


def begun_line(comparison: Comparison) -> Line:
    """Who asked, when, and why."""
    why = TRIGGERS.get(comparison.trigger.value, comparison.trigger.value)
    reason: tuple[str | Quote, ...] = (". Reason: ", Quote(comparison.reason)) if comparison.reason else ()
    return line(f"Asked by {comparison.requester.name}, ", When(comparison.started_at), f" ({why})", *reason)


def way_back_line(comparison: Comparison) -> Line:
    """What a rotation from it would go back to."""
    return line("Way back: ", Code(comparison.rollback.id))


def served_line(report: Report) -> str:
    """Which models the provider said had answered, where that is another than asked for."""
    strange = [
        f"Asked for the {arm} model {asked}, answered by {', '.join(found[:_SHOWN_MODELS])}"
        for arm, asked in (("old", report.current), ("new", report.candidate))
        if (found := report.served_models.get("current" if arm == "old" else "candidate", ())) and set(found) != {asked}
    ]
    return "; ".join(strange)


def month_line(comparison: Comparison) -> str:
    """What the difference in cost is in money a month, beside what the slot may cost; empty where that is unknown."""
    report, month = comparison.report, comparison.month
    if report is None or month is None:
        return ""
    cost = report.dimensions.cost
    if cost.difference is None or cost.interval is None:
        return ""
    more = [month.usd * (ratio - 1) for ratio in (cost.interval[0], cost.difference, cost.interval[1])]
    either_way = max(more[1] - more[0], more[2] - more[1])
    difference, spread, digits = spoken(more[1], either_way)
    about = f"about {'+' if more[1] >= 0 else '−'}${abs(difference):,.{digits}f} a month (±{spread})"
    total = f"${month.usd + difference:,.{digits}f} instead of ${month.usd:,.{digits}f}"
    allowed = (
        f", of ${month.envelope:,.{0 if month.envelope == int(month.envelope) else 2}f}"
        if month.envelope is not None
        else ""
    )
    over = month.envelope is not None and month.usd + more[2] > month.envelope
    warn = "⚠️ It may break the envelope: " if over else "In money: "
    return f"{warn}{about}, {total}{allowed}, by the last {count(month.days, 'day')} of spend"


def files_line(name: str, *, maybe_repeat: bool) -> str:
    """What stands above the files of a comparison."""
    return f"Chart and report of {name}{f'. {REPEAT}' if maybe_repeat else ''}"


def spent_line(note: ComparisonNote, report: Report) -> str:
    """What it took: cases, calls, money."""
    repeated = f", {report.repeated_calls} of them sent again" if report.repeated_calls else ""
    lost = f", {count(report.pairs_lost, 'case')} lost" if report.pairs_lost else ""
    cost = money(report.cost_usd) if report.cost_usd is not None else "cost unknown"
    sees = f". It can see a difference of {percent(note.sees_points)}" if note.sees_points else ""
    return f"{cases_asked(report)}{lost}, {count(report.calls, 'call')}{repeated}, {cost}{sees}"


def cases_asked(report: Report) -> str:
    """How many cases the figures rest on: the suite's, and of how many where not all were asked."""
    asked = report.asked_cases
    return count(report.cases, "case") if asked in {None, report.cases} else f"{asked:,} of {report.cases:,} cases"


def _alone(report: Report) -> str:
    match report.mode:
        case "paired":
            return ""
        case "stored_current":
            return "⚠️ The old model no longer answers: the new one was compared with its last stored answers"
        case "candidate_alone":
            return (
                "⚠️ The old model no longer answers: the new one was judged alone, against the suite's stated pass rate"
            )


def verdict_line(report: Report) -> Line:
    """The verdict's word, and the reason that stands alone."""
    return line(Bold(f"{verdict_word(report.verdict.value).capitalize()}."), f" {report.reason}")


def judged_lines(comparison: Comparison, report: Report) -> Text:
    """The verdict with its reason, and what it is in money."""
    return text(verdict_line(report), month_line(comparison))


def warnings(note: ComparisonNote) -> Text:
    """What must not be overlooked about a finished comparison."""
    report = note.comparison.report
    if report is None:
        return ()
    served = served_line(report)
    break_glass = Code(f"/rotate promote {note.comparison.id}")
    return text(
        f"⚠️ {note.superseded_by} has since compared the same and is newer" if note.superseded_by else "",
        f"▶️ Promoted: {note.used_by} rests on it" if note.used_by else "",
        _alone(report),
        f"⚠️ {served}" if served else "",
        line("⚠️ Not to be promoted. ", break_glass, " would ask for break-glass")
        if report.verdict.value == "fail"
        else (),
    )


def remarks(report: Report) -> Text:
    """What to know beside figures: errors, how many cases got worse, notes."""
    worst = len(report.worst_regressions)
    alone = report.mode == "candidate_alone"
    which = "the new model fails" if alone else "the old model passes and the new one does not"
    return text(
        errors_line(report),
        f"In the thread: {count(worst, 'case')} {which}" if worst else "",
        f"In the thread: what the engine printed for {count(len(report.outputs), 'case')}" if report.outputs else "",
        *(f"• {one}" for one in report.notes),
        f"What can be done: {'; '.join(map(offered, report.offers))}" if report.offers else "",
    )


def beyond_table(report: Report) -> Text:
    """What a table of the dimensions leaves out, and the remarks."""
    more = [extras_line(name, found) for name, found in report.dimensions.items()]
    return text(*(f"• {one}" for one in more if one), remarks(report))


def reused_line(comparison: Comparison) -> Line:
    """That answers of an earlier run of the same stand in it, and how to have them anew; empty where they do not."""
    report = comparison.report
    if report is None or report.answers_since is None or report.answers_since >= comparison.started_at:
        return ()
    own = "" if comparison.spent_usd is None else f"; its own calls cost {money(comparison.spent_usd)}"
    again = Code(f"/rotate diff {comparison.candidate.id} {comparison.slot} --fresh")
    since = When(report.answers_since)
    return line("♻️ Answers of an earlier run of the same, begun ", since, f", are used again{own}. Anew: ", again)


def small_print(note: ComparisonNote) -> Text:
    """What it took, whether it was there before, where the way back leads, who asked."""
    report = note.comparison.report
    spent = spent_line(note, report) if report is not None else ""
    return text(spent, reused_line(note.comparison), way_back_line(note.comparison), begun_line(note.comparison))


def result_text(note: ComparisonNote) -> Text:
    """The whole result: warnings, the verdict with its reason, each dimension, what it took."""
    report = note.comparison.report
    if report is None:
        return text("There is no report.")
    lines = [f"• {dimension_line(name, found, report.confidence)}" for name, found in report.dimensions.items()]
    return text(
        warnings(note),
        judged_lines(note.comparison, report),
        *lines,
        remarks(report),
        small_print(note),
    )


def comparison_text(note: ComparisonNote) -> Text:
    """The whole message in words, whatever state the comparison is in."""
    comparison = note.comparison
    head = text(comparison_headline(comparison), REPEAT if note.maybe_repeat else "")
    if comparison.status == "finished" and comparison.report is not None:
        return text(head, result_text(note))
    if comparison.status == "asked":
        return text(head, "Nothing is spent until whoever asked agrees to what it costs", begun_line(comparison))
    if comparison.status == "running":
        return text(head, progress_line(note), begun_line(comparison))
    who = _WHOSE.get(comparison.whose, comparison.whose)
    problem = comparison.problem or "no reason given"
    said = f"{problem[:1].upper()}{problem[1:]}{f' ({who})' if who else ''}"
    return text(head, said, begun_line(comparison), next_line(comparison))


_WHOSE = {
    "request": "whoever asked: the provider does not take what was asked for",
    "account": "",  # the sentences about an account say themselves who can mend it
    "network": "whoever runs this network",
    "provider": "the provider: nothing to mend here",
}
"""Whose a failure is -> who can mend it, in words."""


def next_line(comparison: Comparison) -> Line:
    """What to do about a comparison that has no verdict."""
    command = Code(f"/rotate diff {comparison.candidate.id} {comparison.slot}")
    if comparison.status == "errored":
        return line("What was measured is kept. When the cause is gone, ", command, " goes on where it stopped")
    return line("What was measured is kept: ", command, " goes on where it stopped")


def evidence_line(comparison: Comparison) -> str:
    """A comparison as evidence, in one line: verdict of each dimension."""
    report = comparison.report
    return f"{comparison.id}: {dimensions_in_brief(report)}" if report is not None else f"{comparison.id}: no report"
