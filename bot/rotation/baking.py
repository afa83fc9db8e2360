"""Watching a stage: looks, holds, and what a failed guardrail leads to."""

from datetime import datetime, timedelta

from bot.rotation.asking import close_question
from bot.rotation.concluding import ask_about_bake, ask_about_signals, conclude_if_complete
from bot.rotation.draft import Draft
from bot.rotation.effects import ProveWayBack, TakeLook
from bot.rotation.events import LookTaken, WayBackChecked
from bot.rotation.evidence import FORECASTS, LookResult, Verdict
from bot.rotation.guardrails import guardrail_failed, recovered
from bot.rotation.model.bake import BakeState
from bot.rotation.model.hands_off import Failing
from bot.rotation.model.rotation import ENDS, Phase, Rotation, WayBack
from bot.runbook.models.people import GroupName

UNWATCHED = ENDS | {Phase.ROLLING_BACK, Phase.QUEUED}
"""Phases in which looks are over. In every other one guardrails act, whoever is being waited for."""

WORTH_TELLING = timedelta(seconds=5)
"""A look that was judged less late than this was held up by nothing anybody would want to know of."""


def start_bake(draft: Draft, *, no_traffic: bool = False) -> None:
    """Begin the watched time of the stage that was just applied."""
    rotation = draft.rotation
    plan = rotation.stage_plan.bake
    before = rotation.bake
    bake = BakeState(
        stage=rotation.stage,
        attempt=rotation.attempt,
        started_at=draft.at,
        every=plan.every,
        planned=plan.count,
        told_envelope=before is not None and before.told_envelope,
        no_traffic=no_traffic,
    )
    draft.lead_to(Phase.BAKING, bake=bake, waiting_for_traffic=None)
    draft.forget("traffic")
    draft.wake("look", draft.at + plan.every)
    draft.tell(
        "bake_started",
        stage=rotation.stage_plan.name,
        looks=plan.count,
        seconds=plan.length.total_seconds(),
        until=(draft.at + plan.length).isoformat(),
    )


def on_look_timer(draft: Draft) -> None:
    """A look is due: take it once, over its own window, when that is over."""
    bake = draft.rotation.bake
    if bake is None or draft.rotation.phase in UNWATCHED:
        return
    start, end = bake.next_window
    number = bake.taken + 1
    if bake.asked >= number:
        return
    if draft.at < end:
        draft.wake("look", end)
        return
    draft.set(bake=bake.model_copy(update={"asked": number}))
    draft.do(
        TakeLook(
            stage=bake.stage,
            attempt=bake.attempt,
            number=number,
            window_start=start,
            window_end=end,
            final=bake.counted + 1 == bake.planned,
        ),
    )


def on_look(draft: Draft, event: LookTaken) -> None:
    """Record a look; roll back on a failed guardrail, hold on silence, end the bake when its looks are complete."""
    bake = draft.rotation.bake
    if bake is None or draft.rotation.phase in UNWATCHED:
        return
    look = event.result
    if event.stage < bake.stage and look.breaks:
        guardrail_failed(draft, Failing(stage=event.stage, attempt=event.attempt, look=look))
        return
    if (event.stage, event.attempt, look.number) != (bake.stage, bake.attempt, bake.taken + 1):
        return
    before, bake = bake.newest_seen, _recorded(draft, bake, look)
    if draft.rotation.phase is Phase.ROLLING_BACK:
        return
    draft.wake("look", bake.next_window[1])
    if look.number % draft.rotation.plan.way_back.every_looks == 0:
        draft.do(ProveWayBack(number=draft.number()))
    if look.incident:
        bake = _tell_incident(draft, bake, look)
    elif look.seen and bake.told_incident:
        bake = bake.model_copy(update={"told_incident": False})
        draft.set(bake=bake)
    if look.seen:
        bake = _tell_forecast(draft, bake, look)
    if bake.sealed or look.breaks:
        return
    if look.seen:
        _go_on(draft, bake, look, before)
    else:
        _hold(draft, bake, look)


def _recorded(draft: Draft, bake: BakeState, look: LookResult) -> BakeState:
    """The bake with this look in it, and what follows at once from a guardrail that failed or is fine again."""
    known = bake.with_look(look)
    draft.set(bake=known)
    if look.breaks:
        guardrail_failed(draft, Failing(stage=known.stage, attempt=known.attempt, look=look))
        if draft.rotation.phase is not Phase.ROLLING_BACK:  # hands are off: what fails completes nothing
            known = known.model_copy(update={"completing": bake.completing})
            draft.set(bake=known)
    elif look.seen:
        recovered(draft, known)
    return known


def _name(draft: Draft, bake: BakeState) -> str:
    return draft.rotation.plan.stages[bake.stage].name


def _tell_incident(draft: Draft, bake: BakeState, look: LookResult) -> BakeState:
    if bake.told_incident:
        return bake
    told = bake.model_copy(update={"told_incident": True})
    draft.set(bake=told)
    checks = [check.model_dump(mode="json") for check in look.checks]
    draft.page("provider_incident", stage=_name(draft, bake), checks=checks)
    return told


def _tell_forecast(draft: Draft, bake: BakeState, look: LookResult) -> BakeState:
    """Finance hears once in a rotation that a month will cost more than it may, before it does."""
    broken = [c for c in look.checks if c.name in FORECASTS and c.verdict is Verdict.FAIL]
    if not broken or bake.told_envelope:
        return bake
    told = bake.model_copy(update={"told_envelope": True})
    draft.set(bake=told)
    month = None if look.month is None else look.month.model_dump(mode="json")
    checks = [check.model_dump(mode="json") for check in broken]
    draft.page("envelope_forecast", stage=_name(draft, bake), checks=checks, month=month)
    return told


def _hold(draft: Draft, bake: BakeState, look: LookResult) -> None:
    since = bake.held_since or look.window_start
    if look.late:  # the time the bot was away is not held against the data
        since += look.window_end - look.window_start
    if bake.held_since is None or bake.hold_reasons != look.reasons:
        late = _lateness(draft, bake, look)
        draft.tell("held", stage=_name(draft, bake), reasons=list(look.reasons), **late)
    draft.set(bake=bake.model_copy(update={"held_since": since, "hold_reasons": look.reasons}))
    if draft.rotation.phase is Phase.BAKING:
        _ask_if_held_too_long(draft, since)


def _ask_if_held_too_long(draft: Draft, since: datetime) -> None:
    bake = draft.rotation.watched
    held = bake.next_window[0] - since
    longest = draft.rotation.plan.deadlines.hold or draft.rotation.plan.stages[bake.stage].bake.length
    if held >= longest:
        ask_about_bake(draft, "held", GroupName.SRE, bake.hold_reasons)
        page_held(draft)


def page_held(draft: Draft) -> None:
    """Tell SRE that nothing can be judged and that they are asked; again once it is known until when."""
    bake = draft.rotation.watched
    draft.page("held", stage=_name(draft, bake), reasons=list(bake.hold_reasons))


def _go_on(draft: Draft, bake: BakeState, look: LookResult, before: LookResult | None) -> None:
    stage = _name(draft, bake)
    if bake.held_since is not None:
        seconds = (look.window_start - bake.held_since).total_seconds()
        draft.tell("data_returned", stage=stage, held_seconds=seconds)
        draft.set(bake=bake.model_copy(update={"held_since": None, "hold_reasons": ()}))
        if draft.rotation.way_back is not None and not draft.rotation.way_back.ok:
            draft.do(ProveWayBack(number=draft.number()))  # what held it up may have been what broke it
        _withdraw_held_question(draft)
    first_late = bool(_lateness(draft, bake, look)) and not (before is not None and before.late)
    if before is None or before.verdict is not look.verdict or first_late:
        draft.tell("look", stage=stage, number=look.number, verdict=look.verdict.value, **_lateness(draft, bake, look))
    _conclude_or_ask(draft)


def _conclude_or_ask(draft: Draft) -> None:
    if draft.rotation.phase is Phase.BAKING:
        conclude_if_complete(draft)
    if draft.rotation.phase is Phase.BAKING:
        ask_about_signals(draft)


def _lateness(draft: Draft, bake: BakeState, look: LookResult) -> dict[str, object]:
    """By how much a missed look was judged late, and how many more are still to be; nothing for one in time."""
    late = draft.at - look.window_end
    if not look.late or late < WORTH_TELLING:
        return {}
    return {"late_seconds": late.total_seconds(), "more_late": int(late / bake.every)}


def _withdraw_held_question(draft: Draft) -> None:
    decision = draft.rotation.decision
    if decision is not None and decision.open and decision.question == "held":
        close_question(draft, "data_returned", "")
        draft.lead_to(Phase.BAKING)


def go_on_watching(draft: Draft) -> None:
    """After a pause: what ended meanwhile is concluded, what was held too long meanwhile is asked about."""
    bake = draft.rotation.watched
    if bake.held_since is not None:
        _ask_if_held_too_long(draft, bake.held_since)
    else:
        _conclude_or_ask(draft)


def on_way_back(draft: Draft, event: WayBackChecked) -> None:
    """Keep what was found; tell SRE once when the way back breaks, before it is needed, and when it works again."""
    rotation: Rotation = draft.rotation
    was_ok = rotation.way_back is None or rotation.way_back.ok
    draft.set(way_back=WayBack(ok=event.ok, at=event.at, detail=event.detail, retires=event.retires))
    if rotation.ended:
        return
    if rotation.request is not None and rotation.request.open:
        draft.refresh(rotation.request.id)
    if event.ok and not was_ok:
        draft.tell("way_back_works")
    if was_ok and not event.ok:
        draft.page("way_back_broken", detail=event.detail)
        draft.tell("way_back_broken", detail=event.detail)
