"""Which function performs which task, and what a task that failed for good leads to."""

from dataclasses import dataclass
from datetime import datetime

from bot.engine.chores import (
    AttachReport,
    AttachStageChart,
    LookAtCurrent,
    LookAtFreezes,
    LookUpCatalog,
    Reply,
    ResolvePages,
    RestoreTrial,
    RunComparison,
    ShowComparison,
    ShowProposal,
    Task,
    TellFreeze,
    TellRegressions,
    TellRules,
    TellScopes,
)
from bot.engine.frozen import look_at_freezes
from bot.engine.outside import Outside, Rules
from bot.engine.paging import page, resolve
from bot.engine.perform import charting, comparing, house, reporting, targets, trial, verifying, watching, wishes
from bot.engine.perform.chat import cards, compared, lines, pages, questions
from bot.engine.records import Claimed, Commit, Posted
from bot.escalation.effects import PostPage, UpdatePage
from bot.ports import OutsideError
from bot.rotation import effects
from bot.rotation.events import Event, LookTaken, TargetsRead, TrafficChecked, Verified, WayBackChecked
from bot.rotation.evidence import Dimension, LookResult, Verdict, VerificationItem
from bot.rotation.model.rotation import Rotation
from bot.rotation.wanted import still_wanted


@dataclass(frozen=True)
class Done:
    """What performing a task led to: an event for its rotation, a commit of its own, or nothing but being done."""

    event: Event | None = None
    commit: Commit | None = None
    posted: Posted | None = None
    skipped: bool = False


async def perform(outside: Outside, rules: Rules, task: Task, claimed: Claimed) -> Done:
    """Do a task once. Raises OutsideError when something outside did not do its part."""
    if claimed.lost and claimed.kind in MESSAGES:
        # A copy is only worth making, and only counts as one, where Slack answers at all.
        await outside.messenger.reach()
    match task:
        case Reply():
            return await _reply(outside, task, claimed)
        case RunComparison():
            return Done(commit=await comparing.run(outside, rules, task, claimed))
        case RestoreTrial():
            return Done(commit=await trial.restore(outside, task, claimed))
        case ShowComparison() | TellRegressions() | AttachReport() | AttachStageChart():
            return await _shown_of(outside, task, claimed)
        case PostPage() | UpdatePage() | ResolvePages() | effects.Page():
            return await _of_page(outside, rules, task, claimed)
        case TellRules() | TellScopes() | TellFreeze():
            return Done(skipped=not await lines.tell(outside, task, claimed))
        case LookUpCatalog() | LookAtCurrent() | ShowProposal() | LookAtFreezes():
            return await _of_the_house(outside, rules, task, claimed)
        case _:
            rotation = await outside.store.rotation(claimed.subject)
            if rotation is None or not still_wanted(rotation, task):
                return Done(skipped=True)
            return await _for_rotation(outside, rules, rotation, task, claimed)


async def _of_page(
    outside: Outside, rules: Rules, task: PostPage | UpdatePage | ResolvePages | effects.Page, claimed: Claimed
) -> Done:
    match task:
        case PostPage():
            return Done(commit=await pages.post_page(outside, rules, task, claimed))
        case UpdatePage():
            await pages.update_page(outside, rules, task)
            return Done()
        case ResolvePages():
            return Done(commit=await resolve(outside, claimed.subject, task, outside.clock.now()))
        case effects.Page():
            return Done(commit=await page(outside, claimed.subject, task, outside.clock.now()))


async def _of_the_house(
    outside: Outside, rules: Rules, task: LookUpCatalog | LookAtCurrent | ShowProposal | LookAtFreezes, claimed: Claimed
) -> Done:
    match task:
        case LookAtFreezes():
            return Done(commit=await look_at_freezes(outside, rules))
        case LookUpCatalog():
            return Done(commit=await house.look_up_catalog(outside, rules))
        case LookAtCurrent():
            return Done(commit=await house.look_at_current(outside, rules, task))
        case ShowProposal():
            return Done(posted=await compared.show_proposal(outside, task, claimed))


async def _shown_of(
    outside: Outside, task: ShowComparison | TellRegressions | AttachReport | AttachStageChart, claimed: Claimed
) -> Done:
    match task:
        case AttachStageChart():
            return Done(skipped=not await charting.attach_stage_chart(outside, task, claimed))
        case ShowComparison():
            return Done(posted=await compared.show_comparison(outside, task, claimed))
        case TellRegressions():
            await lines.tell_regressions(outside, task, claimed)
        case AttachReport():
            await reporting.attach_report(outside, task, claimed)
    return Done()


async def _reply(outside: Outside, task: Reply, claimed: Claimed) -> Done:
    if task.to.terminal:
        return Done()
    if claimed.until is not None and outside.clock.now() > claimed.until:
        return Done(skipped=True)
    await outside.messenger.reply(task.to, task.note)
    return Done()


async def _for_rotation(outside: Outside, rules: Rules, rotation: Rotation, task: Task, claimed: Claimed) -> Done:
    match task:
        case effects.UpdateCard():
            return Done(posted=await cards.card(outside, rules, rotation, claimed))
        case effects.PostQuestion():
            delivered, posted = await questions.post_question(outside, rules, rotation, task, claimed)
            return Done(event=delivered, posted=posted)
        case effects.UpdateQuestion():
            await questions.update_question(outside, rules, rotation, task)
            return Done()
        case effects.PostWish():
            return Done(posted=await wishes.post_wish(outside, rules, rotation, task, claimed))
        case effects.UpdateWish():
            await wishes.update_wish(outside, rotation, task)
            return Done()
        case effects.PostTimeline():
            await lines.timeline(outside, rules, rotation, task, claimed)
            return Done()
        case effects.PostSummary():
            await lines.summary(outside, rules, rotation, task, claimed)
            return Done(commit=charting.owed(outside, rotation, task, claimed))
        case _:
            return Done(event=await _answer(outside, rules, rotation, task, tried_before=claimed.attempts > 1))


async def _answer(outside: Outside, rules: Rules, rotation: Rotation, task: Task, *, tried_before: bool) -> Event:
    match task:
        case effects.ReadTargets():
            return await targets.read_targets(outside, rules, rotation, task)
        case effects.Preflight():
            return await targets.preflight(outside, rules, rotation, task)
        case effects.ApplyTarget():
            return await targets.apply_target(outside, rotation, task, tried_before=tried_before)
        case effects.RestoreTarget():
            return await targets.restore_target(outside, rotation, task)
        case effects.CheckTraffic():
            return await watching.check_traffic(outside, rotation, task)
        case effects.TakeLook():
            return await watching.take_look(outside, rotation, task)
        case effects.ProveWayBack():
            return await targets.prove_way_back(outside, rotation, task)
        case effects.Verify():
            return await verifying.verify(outside, rotation, task)
        case _:
            message = f"nothing performs {task.kind}"
            raise AssertionError(message)


MUST_REACH = frozenset({"post_question", "post_wish", "post_page"})
"""Messages that somebody waits for: tried again until they stand."""
MESSAGES = MUST_REACH | {
    *("update_card", "update_question", "update_wish", "post_timeline", "post_summary"),
    *("show_comparison", "tell_regressions", "attach_report", "attach_stage_chart"),
    *("tell_rules", "tell_scopes", "tell_freeze", "update_page", "show_proposal"),
}
"""Kinds that tell people something."""

PATIENCE = {
    "read_targets": 6,
    "preflight": 6,
    "apply_target": 3,
    "restore_target": 2,
    "check_traffic": 3,
    "take_look": 3,
    "prove_way_back": 3,
    "verify": 3,
    "run_comparison": 4,
    "restore_trial": 4,
    "look_up_catalog": 4,
    "look_at_current": 4,
}
"""Kinds whose failure is itself an answer that is waited for, and after how many attempts it is given."""


async def given_up(outside: Outside, rotation: Rotation, task: Task, error: OutsideError) -> Event | None:
    """What a rotation is told when a task failed for good; None where nothing waits for it."""
    now = outside.clock.now()
    match task:
        case effects.ApplyTarget():
            return await targets.gave_up_applying(outside, rotation, task, error)
        case effects.RestoreTarget():
            return await targets.gave_up_restoring(outside, rotation, task, error)
        case effects.ReadTargets():
            return TargetsRead(at=now, purpose=task.purpose, readings=targets.unread(rotation, error))
        case effects.Preflight():
            return await targets.gave_up_looking(outside, rotation, task, error)
        case effects.CheckTraffic():
            return _no_traffic(task, error, now)
        case effects.ProveWayBack():
            return WayBackChecked(at=now, ok=False, detail=error.what)
        case effects.TakeLook():
            return _unseen(task, error, now)
        case effects.Verify():
            item = VerificationItem(
                name="acceptance prompts", state="cannot_tell", figures=error.what, dimension=Dimension.QUALITY
            )
            return Verified(at=now, items=(item,))
        case _:
            return None


def _no_traffic(task: effects.CheckTraffic, error: OutsideError, now: datetime) -> TrafficChecked:
    return TrafficChecked(
        at=now,
        attempt=task.attempt,
        stage=task.stage,
        back=task.back,
        seen=False,
        errors_normal=False,
        detail=error.what,
    )


UNSEEN = {"timeout": "look_too_long", "suite_broken": "suite_broken", "could_not_run": "smoke_refused"}
"""Why a look could not be taken at all -> the reason code that goes into its result."""
LOOK_CRASHED = "look_crashed"


def _unseen(task: effects.TakeLook, error: OutsideError, now: datetime) -> LookTaken:
    result = LookResult(
        number=task.number,
        window_start=task.window_start,
        window_end=task.window_end,
        counted=False,
        verdict=Verdict.INCONCLUSIVE,
        reasons=(UNSEEN.get(error.code, LOOK_CRASHED),),
    )
    return LookTaken(at=now, stage=task.stage, attempt=task.attempt, result=result)
