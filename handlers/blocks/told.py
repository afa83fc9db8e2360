"""What is told without being asked: timeline lines, summaries, comparisons, pages. Pure."""

from bot.engine.models.notes import (
    ComparisonNote,
    FreezeNote,
    PageNote,
    ProposalNote,
    RulesNote,
    ScopesNote,
    SummaryNote,
    TimelineNote,
)
from bot.rotation.model.rotation import Phase
from bot.wording import comparisons, pages
from bot.wording.figures import dimension_cells, table_head
from bot.wording.freezelists import freeze_text
from bot.wording.proposals import proposal_text
from bot.wording.requests import REPEAT
from bot.wording.rules import rules_text
from bot.wording.scopes import missing_text
from bot.wording.summaries import summary_text
from bot.wording.text import text
from bot.wording.timeline import timeline_line
from bot.wording.units import shortened
from handlers.blocks import ids
from handlers.blocks.layout import Ask, Block, Message, actions, button, context, headline, message, sections, table
from handlers.blocks.steering import roll_back, steering
from handlers.blocks.values import Carried


def timeline(note: TimelineNote) -> Message:
    """One line in a rotation's thread."""
    late = note.happened_at
    said = text(timeline_line(note.code, note.facts, maybe_repeat=note.maybe_repeat, happened_at=late))
    return message(said, sections(said))


def summary(note: SummaryNote) -> Message:
    """A stage's result or a rotation's end."""
    late = note.happened_at
    said = summary_text(note.rotation, note.code, note.facts, maybe_repeat=note.maybe_repeat, happened_at=late)
    return message(said, [headline(said[0]), *sections(said[1:])])


def comparison(note: ComparisonNote) -> Message:
    """Progress while it runs, then the verdict with a table of dimensions and a Promote button."""
    compared = note.comparison
    said = comparisons.comparison_text(note)
    first = headline((comparisons.comparison_headline(compared),))
    if compared.status != "finished" or compared.report is None:
        running = compared.status == "running"
        return message(said, [first, *sections(said[1:]), *actions([_stop(note)] if running else [])])
    report = compared.report
    repeat = REPEAT if note.maybe_repeat else ""
    rows = [dimension_cells(name, found) for name, found in report.dimensions.items()]
    blocks = [
        first,
        *sections(text(repeat, comparisons.warnings(note), comparisons.judged_lines(compared, report)), 4_000),
        table(table_head(report.confidence), rows),
        *sections(comparisons.beyond_table(report), 3_000),
        *actions(_promote(note)),
        *context(comparisons.small_print(note)),
    ]
    return message(said, blocks)


def _stop(note: ComparisonNote) -> Block:
    compared = note.comparison
    ask = Ask(f"Stop {compared.id}?", "What was measured is kept; the same command goes on.", "Stop it")
    return button("Stop", ids.ABORT, Carried(compared.id), ask=ask)


def _promote(note: ComparisonNote) -> list[Block]:
    compared = note.comparison
    if note.used_by or note.superseded_by or compared.report is None or compared.report.verdict.value == "fail":
        return []  # going on against a comparison is no button's work: the command says so, and people break the glass
    candidate = shortened(compared.candidate.id, 80)
    what = (
        f"Begins a rotation of {shortened(compared.slot, 40)} to {candidate}. The first stage may be changed at once,"
        " as the runbook says; each later stage asks for approval and says how many tenants it reaches."
    )
    ask = Ask(f"Promote {compared.id}?", what, "Promote")
    return [button("Promote", ids.PROMOTE, Carried(compared.id), style="primary", ask=ask)]


def of_the_house(note: RulesNote | ScopesNote | FreezeNote) -> Message:
    """The runbook was changed, Slack does not let the bot do something, or a freeze was set, prolonged or lifted."""
    match note:
        case RulesNote():
            said = rules_text(note)
        case ScopesNote():
            said = missing_text(note)
        case FreezeNote():
            said = freeze_text(note)
    return message(said, sections(said))


def proposal(note: ProposalNote) -> Message:
    """A reason to begin a comparison, with the form one press away; or muted, and how to hear of it again."""
    said, carried = proposal_text(note), Carried(note.proposed.id)
    begin = button("Start", ids.START, carried, style="primary")
    slot = shortened(note.proposed.proposal.slot, 40)
    other = (
        button("Unmute", ids.UNMUTE, carried)
        if note.muted_by
        else button(f"Mute for {slot}", ids.MUTE, carried, ask=_mute(slot))
    )
    return message(said, [*sections(said), *actions([begin, other])])


def _mute(slot: str) -> Ask:
    what = "Nothing more is told with this reason. Everybody sees who muted it; the same place unmutes it."
    return Ask(f"Mute for {slot}?", what, "Mute")


def page(note: PageNote) -> Message:
    """An escalation: the first words say whether something must be done."""
    said = pages.page_text(note)
    return message(said, [*sections(said), *actions(_page_buttons(note))])


def _page_buttons(note: PageNote) -> list[Block]:
    if note.closed:
        return []
    buttons = []
    if not note.acknowledged_by:
        buttons.append(button("Acknowledge", ids.ACKNOWLEDGE, Carried(note.escalation), style="primary"))
    rotation = note.rotation
    if not note.action or rotation is None or rotation.ended:
        return buttons
    if rotation.phase is Phase.ROLLING_BACK:
        return [*buttons, *steering(rotation, ("retry", "settle"))]
    if rotation.phase is Phase.ERRORED:
        return [*buttons, *steering(rotation, ("retry", "roll_back", "settle"))]
    return [*buttons, roll_back(rotation)] if rotation.changed else buttons
