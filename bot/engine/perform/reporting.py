"""A comparison's chart and report in its message's thread: files, and the chart drawn by the workspace if it can."""

import asyncio
import json

import structlog

from bot.charts.alt import alt_text
from bot.difftest.model.report import Report
from bot.difftest.report.chart import chart_of, picture
from bot.difftest.report.contract import as_json
from bot.difftest.report.html import as_html
from bot.difftest.report.markdown import as_markdown
from bot.difftest.report.plain import shareable
from bot.engine.chores import AttachReport
from bot.engine.models.messages import Attachment, MessageRef
from bot.engine.models.notes import ChartNote
from bot.engine.native_charts import of_intervals
from bot.engine.outside import Outside
from bot.engine.perform.charting import drawn_there
from bot.engine.perform.chat.cards import CARD, TOLD_AGAIN
from bot.engine.records import Claimed
from bot.ports import OutsideError
from bot.wording.comparisons import files_line
from bot.wording.drawn import comparison_chart_line
from bot.wording.unseen import plainly

log = structlog.get_logger()


async def attach_report(outside: Outside, task: AttachReport, claimed: Claimed) -> None:
    """The chart and the whole report as files in the thread of the comparison's message, where the app may."""
    if claimed.unanswered > TOLD_AGAIN:
        return
    comparison = await outside.store.comparison(task.comparison)
    thread = await outside.store.message(task.comparison, CARD)
    if comparison is None or comparison.report is None or thread is None:
        return
    picture_file, *others = await asyncio.to_thread(report_files, comparison.id, comparison.report)
    again = claimed.lost > 0
    note = _note(comparison.id, comparison.report, again=again)
    drawn = outside.native_charts and bool(note.charts)
    words = files_line(comparison.id, maybe_repeat=again)
    await _attached(outside, others if drawn else [picture_file, *others], thread, words)
    if drawn and not await _drawn(outside, note, comparison.channel, thread):
        await _attached(outside, [picture_file], thread, note.words)


async def _attached(outside: Outside, files: list[Attachment], thread: MessageRef, words: str) -> None:
    try:
        await outside.messenger.attach(files, under=thread, words=words)
    except OutsideError as error:
        if error.code != "missing_scope":  # an optional one: doctor says what is lost without it
            raise


async def _drawn(outside: Outside, note: ChartNote, channel: str, thread: MessageRef) -> bool:
    """Whether the workspace drew it. The files stand already: for a chart alone they are not put there twice."""
    try:
        return await drawn_there(outside, note, channel, thread)
    except OutsideError as error:
        log.warning("comparison_chart_not_posted", what=error.what)
        return True


def _note(name: str, report: Report, *, again: bool) -> ChartNote:
    chart = chart_of(report)
    native = of_intervals(chart)
    words = comparison_chart_line(name, maybe_repeat=again)
    return ChartNote(words=words, charts=(native,) if native is not None else (), alt=plainly(alt_text(chart)))


def report_files(name: str, report: Report) -> tuple[Attachment, ...]:
    """A comparison's chart as a picture with its words, and its report for people and for programs."""
    shown, told = picture(report), shareable(report)
    return (
        Attachment(name=f"{name}.png", title=f"{name} at a glance", alt=shown.alt, content=shown.png),
        Attachment(name=f"{name}.html", title=f"Report of {name}", content=as_html(told, name=name).encode()),
        Attachment(name=f"{name}.md", title=f"Report of {name} as text", content=as_markdown(told, name).encode()),
        Attachment(
            name=f"{name}.json", title=f"Figures of {name}", content=json.dumps(as_json(told), indent=2).encode()
        ),
    )
