"""What a slot is told of without being asked: each reason with its figures, and how to begin. One message each."""

from datetime import datetime

from bot.catalog.model import Deadline, Proposal, Saving
from bot.engine.models.notes import ProposalNote
from bot.wording.listed import able_words, price_words, retirement_words
from bot.wording.names import TRIGGERS
from bot.wording.requests import REPEAT
from bot.wording.text import Bold, Code, Line, Part, Text, When, line, text
from bot.wording.units import both, length, money

MUTED = "🔕 Muted for {slot} by {by}: nothing more is told with this reason ({reason})."


def proposal_text(note: ProposalNote) -> Text:
    """The whole proposal in words."""
    proposal = note.proposed.proposal
    muted = ""
    if note.muted_by:
        reason = TRIGGERS[proposal.trigger.value]
        muted = MUTED.format(slot=proposal.slot, by=note.muted_by, reason=reason)
    return text(
        proposal_headline(proposal, note.now),
        REPEAT if note.maybe_repeat else "",
        _reason(proposal, note),
        _candidate(proposal, note),
        _how(proposal),
        muted,
    )


def proposal_headline(proposal: Proposal, now: datetime) -> Line:
    """Slot, model and reason: what a phone shows of it."""
    about, slot = Code(proposal.about), Bold(proposal.slot)
    match proposal.code:
        case "new_model":
            return line("🆕 ", slot, ": a new model is available, ", about)
        case "cheaper":
            less = proposal.saving
            share = _shares(less) if less is not None else "less"
            return line("💰 ", slot, ": ", about, f" costs {share} less a token than ", Code(proposal.current))
        case "retirement":
            due = proposal.deadline
            verb = "retired" if due is not None and due.retires <= now else "retires"
            day: Part = When(due.retires) if due is not None else "soon"
            return line("⏳ ", slot, ": ", about, f" ({_role(proposal)}) {verb} ", day)
        case "gone":
            return line("⚠️ ", slot, ": ", about, f" ({_role(proposal)}) is no longer listed by its provider")
        case "regressed":
            return line("⚠️ ", slot, ": ", about, f" ({_role(proposal)}) is beyond its own limits")


def _role(proposal: Proposal) -> str:
    return "live now" if proposal.role == "current" else "the model to go back to"


def _reason(proposal: Proposal, note: ProposalNote) -> Text:
    match proposal.code:
        case "retirement":
            return _last_start(proposal.deadline, note) if proposal.deadline is not None else ()
        case "gone":
            since: Part = When(proposal.gone_at) if proposal.gone_at is not None else "lately"
            return text(line("Missing since ", since, ", in two looks in a row that were answered. Ask the provider."))
        case "cheaper":
            return _money(proposal.saving) if proposal.saving is not None else ()
        case "regressed":
            return text(*(f"• {check}" for check in proposal.checks))
        case "new_model":
            return ()


def _last_start(due: Deadline, note: ProposalNote) -> Text:
    late = due.last_safe_start <= note.now
    said = "⚠️ The last safe start was " if late else "Begin a rotation by "
    takes = both(
        [
            f"{length(due.validation)} for approvals and the earlier stages",
            f"{length(due.cycle)} for the last stage's traffic cycle",
            f"{length(due.corridor)} in which it can still be taken back",
        ]
    )
    begin = line(said, When(due.last_safe_start), f": before the retirement lie at the longest {takes}")
    return text(begin, "Begun now, the way back may be gone before it closes." if late else "")


def _shares(saving: Saving) -> str:
    low, high = round(saving.cheaper_low * 100), round(saving.cheaper_high * 100)
    return f"{low} %" if low == high else f"{low} to {high} %"


def _money(saving: Saving) -> Text:
    if saving.a_year is None:
        return text("What that is in a year is not known: the runbook names no metric of costs that answers.")
    amount = saving.a_year
    days = f"the last {saving.days} days" if saving.days > 1 else "the last day"
    said = (
        f"About {money(amount.usd)} a year, between {money(amount.low)} and {money(amount.high)}, by what {days} cost"
    )
    why = "prompts and answers differ in what they save"
    spread = f"days differ (90 %), and {why}" if saving.days > 2 else why  # noqa: PLR2004 - fewer have no spread
    return text(f"{said}: {spread}. That is at as many tokens as now; the comparison measures it.")


def _candidate(proposal: Proposal, note: ProposalNote) -> Text:
    listed = proposal.listed
    if listed is None:
        named = proposal.code in {"retirement", "gone", "regressed"}
        return text("Which model comes after it is for you to say; `/rotate models` lists them." if named else "")
    newest = proposal.code in {"retirement", "gone"}
    about = line("Newest of its family that can do what it needs: ", Code(listed.id)) if newest else ()
    retires = retirement_words(listed, note.now)
    unknown = f"Nobody says whether it has: {', '.join(proposal.unknown)}." if proposal.unknown else ""
    return text(about, f"{price_words(listed)}; {able_words(listed)}", line(*retires), unknown)


def _how(proposal: Proposal) -> Line:
    command = f"/rotate diff {proposal.candidate or 'MODEL'} {proposal.slot} --trigger {proposal.trigger.value}"
    return line("Nothing is compared, spent or changed before somebody begins it here, or by ", Code(command))


def reason_of(proposal: Proposal) -> str:
    """The reason in one sentence, as a comparison begun from it carries it to those who approve."""
    match proposal.code:
        case "new_model":
            return f"{proposal.about} is new."
        case "cheaper":
            share = _shares(proposal.saving) if proposal.saving is not None else "less"
            return f"{proposal.about} costs {share} less a token than {proposal.current}."
        case "retirement":
            when = f"{proposal.deadline.retires:%Y-%m-%d}" if proposal.deadline is not None else "soon"
            return f"{proposal.about} ({_role(proposal)}) retires on {when}."
        case "gone":
            return f"{proposal.about} ({_role(proposal)}) is no longer listed by its provider."
        case "regressed":
            return f"{proposal.about} is beyond its own limits: {'; '.join(proposal.checks)}."
