"""The chart of a stage's summary: owed once the summary stands, in a lane of its own, so that nothing waits for it.

A picture is worth less than the message it belongs to, which has every figure in words. What cannot be drawn or is not
taken is logged, and that is all.
"""

import asyncio
from collections.abc import Sequence

import structlog

from bot.charts.alt import series_alt
from bot.charts.model import SeriesChart
from bot.charts.png import png
from bot.charts.series import draw_series
from bot.engine.chores import AttachStageChart
from bot.engine.models.messages import Attachment, MessageRef
from bot.engine.models.notes import ChartNote
from bot.engine.native_charts import of_series
from bot.engine.outside import Outside
from bot.engine.perform.chat.cards import CARD, TOLD_AGAIN
from bot.engine.perform.watching import LOOK, membership_of, part, past_of_stage
from bot.engine.records import Claimed, Commit, Wanted
from bot.engine.stage_charts import CHARTED, charted_checks, seen_until, stage_chart
from bot.monitor.membership import Membership
from bot.monitor.model import Observation
from bot.ports import OutsideError
from bot.rotation.effects import PostSummary
from bot.rotation.model.rotation import Rotation
from bot.wording.drawn import chart_line
from bot.wording.facts import Facts
from bot.wording.unseen import plainly

log = structlog.get_logger()

LANE = "chart"
NOT_DRAWN = "bad_message"
"""What a workspace says to a block it does not have."""
LONGEST_ALT = 1000
"""Characters Slack takes as the words of a picture (files.getUploadURLExternal: alt_txt_too_large)."""


def owed(outside: Outside, rotation: Rotation, effect: PostSummary, claimed: Claimed) -> Commit | None:
    """What follows from a summary that stands: its chart, where it has one."""
    index = _stage(rotation, effect.facts) if effect.code in CHARTED else None
    if index is None or rotation.plan.stages[index].traffic == "none" or outside.metrics is None:
        return None
    task = AttachStageChart(code=effect.code, facts=effect.facts)
    wanted = Wanted(
        subject=rotation.id,
        lane=LANE,
        key=f"{claimed.key}:chart",
        kind=task.kind,
        body=task.model_dump(mode="json"),
    )
    return Commit(at=outside.clock.now(), wanted=(wanted,))


def _stage(rotation: Rotation, facts: Facts) -> int | None:
    """The stage a summary is about; one that says no attempt is of a release that drew none."""
    names = [stage.name for stage in rotation.plan.stages]
    name = facts.get("stage")
    return names.index(name) if isinstance(name, str) and name in names and "attempt" in facts else None


async def attach_stage_chart(outside: Outside, task: AttachStageChart, claimed: Claimed) -> bool:
    """The chart in the rotation's thread, where the app may put files; answers whether it was put there.

    Raises OutsideError where it is worth another try.
    """
    rotation = await outside.store.rotation(claimed.subject)
    thread = await outside.store.message(claimed.subject, CARD)
    if rotation is None or thread is None or claimed.unanswered > TOLD_AGAIN:
        return False
    try:
        found = await _file(outside, rotation, task)
    except Exception:
        log.exception("stage_chart_not_drawn", rotation=rotation.id, code=task.code)
        return False
    if found is None:
        log.info("stage_chart_without_figures", rotation=rotation.id, code=task.code)
        return False
    chart, file = found
    words = chart_line(rotation.id, str(task.facts.get("stage", "")), maybe_repeat=claimed.lost > 0)
    note = ChartNote(words=words, charts=of_series(chart), alt=plainly(series_alt(chart)))
    try:
        if not await drawn_there(outside, note, rotation.plan.channel, thread):
            await outside.messenger.attach((file,), under=thread, words=words)
    except OutsideError as error:
        if error.again and error.code != "missing_scope":
            raise
        log.warning("stage_chart_not_taken", rotation=rotation.id, what=error.what)
        return False
    return True


async def drawn_there(outside: Outside, note: ChartNote, channel: str, thread: MessageRef) -> bool:
    """Whether the workspace drew charts itself, in that thread. Raises OutsideError where it is worth another try."""
    if not outside.native_charts or not note.charts:
        return False
    try:
        await outside.messenger.post(note, channel=channel, thread=thread)
    except OutsideError as error:
        if error.code != NOT_DRAWN:
            raise
        log.warning("native_chart_not_taken", what=error.what, todo="ROTATE_NATIVE_CHARTS=false")
        return False
    return True


async def _file(outside: Outside, rotation: Rotation, task: AttachStageChart) -> tuple[SeriesChart, Attachment] | None:
    index = _stage(rotation, task.facts)
    if index is None:
        return None
    stage, attempt = rotation.plan.stages[index], int(str(task.facts["attempt"]))
    windows = await outside.store.observations(rotation.id, part(stage, attempt, LOOK))
    past = await past_of_stage(outside, rotation, index, attempt)
    # Reading a thousand tenants' windows and drawing take a while, and an ack must not wait for them.
    return await asyncio.to_thread(_drawn, rotation, task, membership_of(rotation, index), windows, past)


def _drawn(
    rotation: Rotation,
    task: AttachStageChart,
    membership: Membership,
    windows: Sequence[Observation],
    past: Sequence[Observation],
) -> tuple[SeriesChart, Attachment] | None:
    from bot.monitor.course import courses  # noqa: PLC0415 (numpy: the idle bot stays small)

    seen = seen_until(task.code, task.facts, windows)
    asked = [(check.whole, check.tenant) for check in charted_checks(task.code, task.facts)]
    chart = stage_chart(task.code, task.facts, rotation.models, seen, courses(membership, seen, past, asked))
    if chart is None:
        return None
    return chart, Attachment(
        name=f"{rotation.id}-{membership.stage.name}.png",
        title=f"{rotation.id} {chart.title}",
        alt=_cut(plainly(series_alt(chart))),
        content=png(draw_series(chart)),
    )


def _cut(words: str) -> str:
    """What happened stands first: what a longer text loses is said in the message itself."""
    return words if len(words) <= LONGEST_ALT else f"{words[: LONGEST_ALT - 1]}…"
