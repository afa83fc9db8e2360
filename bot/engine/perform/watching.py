"""Effects that look at the platform: traffic, looks, and the windows kept from before a change."""

import asyncio
from datetime import datetime, timedelta
from functools import partial

from bot.difftest.served import same_model
from bot.engine.health import active_health
from bot.engine.outside import Outside
from bot.engine.quiet import SMOKE_CASES, judge_quiet
from bot.engine.slots import neighbours
from bot.engine.spending import with_forecast
from bot.engine.suites import smoke_run
from bot.engine.targets import read_one
from bot.monitor.counted import Count
from bot.monitor.membership import Membership
from bot.monitor.model import HealthReport, Observation
from bot.monitor.table import SeriesTable, table_of
from bot.ports import OutsideError
from bot.rotation.effects import CheckTraffic, TakeLook
from bot.rotation.events import LookTaken, TrafficChecked
from bot.rotation.evidence import LookResult, Verdict
from bot.rotation.model.rotation import Rotation
from bot.rotation.model.targets import Standing
from bot.runbook.models.plan import StagePlan

NEIGHBOUR_GOING_BACK = "neighbour_going_back"
NEIGHBOURS_LOOKED_AT = 20
"""So many of the newest rotations: the way back is open for seven days, and a slot has one rotation at a time."""
LOOK, PAST = "look", "past"
"""The windows of a bake, and those from before its stage was changed."""
SAME_HOURS = 100_000
"""Windows kept from a cycle before are numbered from here on, below those right before the change."""
PAST_REACH = 3
"""How many bakes' lengths back windows are looked for when the source cannot answer for all of the last one."""

LEAST_REACH = timedelta(minutes=1)
"""Of a very short bake: a restart of the bot is a gap in what it scraped itself, and longer than that bake."""
SEARCHED = timedelta(seconds=60)
"""How long the change waits for a source that does not answer."""


def part(stage: StagePlan, attempt: int, what: str) -> str:
    """The name windows of a stage are kept under."""
    return f"{stage.name}.{attempt}.{what}"


async def keep_past(outside: Outside, rotation: Rotation, stage_index: int, now: datetime) -> None:
    """Keep the windows right before a stage's change, as many and as long as its bake's: each arm's own past."""
    if outside.metrics is None:
        return
    stage = rotation.plan.stages[stage_index]
    if stage_index == len(rotation.plan.stages) - 1:  # nobody is left to compare with
        await _keep_same_hours(outside, rotation, stage, now)
    kept = 0
    reach = max(PAST_REACH * stage.bake.count, LEAST_REACH // stage.bake.every)
    for number in range(reach):
        end = now - number * stage.bake.every
        seen = await outside.metrics.observe(end - stage.bake.every, end)
        if not seen.answered:
            if outside.clock.now() - now > SEARCHED:
                return
            continue
        await outside.store.save_observation(rotation.id, part(stage, rotation.attempt, PAST), -number, seen)
        kept += 1
        if kept == stage.bake.count:
            return


async def _keep_same_hours(outside: Outside, rotation: Rotation, stage: StagePlan, now: datetime) -> None:
    """Keep the windows a cycle before those of the bake, where they are not right before the change anyway."""
    cycle = rotation.plan.traffic_cycle.length
    if outside.metrics is None or stage.bake.length >= cycle:
        return
    for number in range(1, stage.bake.count + 1):
        end = now + number * stage.bake.every - cycle
        seen = await outside.metrics.observe(end - stage.bake.every, end)
        if not seen.answered:
            return  # what the source does not know of one hour it rarely knows of the next
        name = part(stage, rotation.attempt, PAST)
        await outside.store.save_observation(rotation.id, name, -SAME_HOURS - number, seen)


async def check_traffic(outside: Outside, rotation: Rotation, effect: CheckTraffic) -> TrafficChecked:
    """Whether requests of the stage are answered by the model it was set to, and whether errors are normal."""
    stage = rotation.plan.stages[effect.stage]
    now = outside.clock.now()
    requests = errors = 0.0
    detail = "no metrics source is named in the runbook"
    if outside.metrics is not None:
        observed = await outside.metrics.observe(effect.since, now)
        mine = served_to(observed, stage.metric_stage, effect.model)
        requests, errors = mine.sum_of(Count.REQUESTS), mine.sum_of(Count.ERRORS)
        detail = observed.detail or observed.problem
    share = errors / requests if requests else 0.0
    normal = share <= await _normal_errors(outside, rotation, stage)
    if requests:
        detail = f"{requests:.0f} requests answered by {effect.model}, {share:.2%} errors"
    return TrafficChecked(
        at=now,
        attempt=effect.attempt,
        stage=effect.stage,
        back=effect.back,
        seen=requests > 0,
        errors_normal=normal,
        detail=detail,
    )


def served_to(window: Observation, label: str, model: str | None = None) -> SeriesTable:
    """The window's series of a stage, as metrics name it; those that one model answered, where one is given."""
    table = table_of(window)
    answered = {name: model is None or same_model(model, name) for name in {key[2] for key in table.keys}}
    return table.only(row for row, key in enumerate(table.keys) if key[0] == label and answered[key[2]])


async def _normal_errors(outside: Outside, rotation: Rotation, stage: StagePlan) -> float:
    """The error share that counts as normal: the stage's own past plus the margin, at most the backstop."""
    checks = rotation.plan.checks
    past = await outside.store.observations(rotation.id, part(stage, rotation.attempt, PAST))
    tables = [served_to(window, stage.metric_stage) for window in past]
    requests = sum(table.sum_of(Count.REQUESTS) for table in tables)
    if not requests:
        return checks.errors_backstop.limit
    before = sum(table.sum_of(Count.ERRORS) for table in tables) / requests
    return min(max(before + checks.errors_margin, 2 * checks.errors_margin), checks.errors_backstop.limit)


def membership_of(rotation: Rotation, index: int) -> Membership:
    """Whose requests are whose while a stage is watched."""
    stages, models = rotation.plan.stages, rotation.models
    # A current model that no longer answers is no measure for anything: absolute limits are left, and a person.
    moved = stages if models.restore_named else stages[: index + 1]
    names = frozenset(stage.metric_stage for stage in moved)
    return Membership(stages[index], rotation.plan, models.candidate.id, models.current.id, names, same_model)


async def past_of_stage(outside: Outside, rotation: Rotation, index: int, attempt: int) -> list[Observation]:
    """The windows from before a stage was changed; none where the current model no longer answers."""
    if rotation.models.restore_named:
        return []
    return await outside.store.observations(rotation.id, part(rotation.plan.stages[index], attempt, PAST))


async def take_look(outside: Outside, rotation: Rotation, effect: TakeLook) -> LookTaken:
    """Judge one window: by metrics where traffic flows, else by read-back, health and a smoke run."""
    stage = rotation.plan.stages[effect.stage]
    late = outside.clock.now() - effect.window_end > stage.bake.every
    health = await active_health(outside, rotation.models.candidate.id)
    if stage.traffic == "none":
        taken = await _quiet_look(outside, rotation, effect, health)
        return taken.model_copy(update={"result": taken.result.model_copy(update={"late": late})})
    from bot.engine.perform.judging import judged  # noqa: PLC0415 (numpy: the idle bot stays small)

    kept = part(stage, effect.attempt, LOOK)
    if outside.metrics is None:
        window = Observation(start=effect.window_start, end=effect.window_end, problem="no_source")
    else:
        window = await outside.metrics.observe(effect.window_start, effect.window_end)
    window = await _with_numbers(outside, rotation, stage, window)
    now = outside.clock.now()
    found = await judged(outside, rotation, effect, window, health, late=late)
    result = await _settled(outside, rotation, effect, found.result, window)
    window, sums = found.window, found.sums if result.counted == found.result.counted else None
    if not result.counted:
        # Later looks must not take a window for evidence that was not judged when its time was.
        aside = result.reasons[0] if result.reasons else "not_counted"
        window = window.model_copy(update={"set_aside": aside})
    await outside.store.save_observation(rotation.id, kept, effect.number, window, sums)
    return LookTaken(at=now, stage=effect.stage, attempt=effect.attempt, result=result)


async def _settled(
    outside: Outside, rotation: Rotation, effect: TakeLook, result: LookResult, window: Observation
) -> LookResult:
    """The look with what is known of the world around it: the month's forecast, drift, and neighbours going back."""
    past = partial(past_of_stage, outside, rotation, effect.stage, effect.attempt)
    result = await with_forecast(outside, rotation, result, window, past)
    if not result.failed and await _drifted(outside, rotation, effect.stage):
        # What was watched may not be what it is taken for: held until the place is put right or a person decides.
        reasons = tuple(dict.fromkeys(("target_drifted", *result.reasons)))
        held: dict[str, object] = {"counted": False, "verdict": Verdict.INCONCLUSIVE, "reasons": reasons}
        result = result.model_copy(update=held)
    if await _neighbour_going_back(outside, rotation, effect.window_start, effect.window_end):
        reasons = (NEIGHBOUR_GOING_BACK,)
        unseen: dict[str, object] = {"counted": False, "verdict": Verdict.INCONCLUSIVE, "incident": False, "checks": ()}
        result = result.model_copy(update={**unseen, "reasons": reasons})
    return result


async def _with_numbers(outside: Outside, rotation: Rotation, stage: StagePlan, window: Observation) -> Observation:
    """The window with what checks that ask for something were told for it.

    Health is asked also where the series have no answer; numbers would be evidence for nothing then.
    """
    by_name = rotation.plan.checks.by_name
    asked = {name: rules for name, rules in by_name.items() if rules.asks and window.answered}
    well = {name: rules for name, rules in by_name.items() if rules.kind == "health"}
    if outside.numbers is None or not (asked or well):
        return window
    named = {"stage": stage.metric_stage, "model": rotation.models.candidate.id}
    read, word = outside.numbers.read, outside.numbers.word
    said, reports = await asyncio.gather(
        asyncio.gather(*(read(rules, window.start, window.end, **named) for rules in asked.values())),
        asyncio.gather(*(word(rules, window.start, window.end, **named) for rules in well.values())),
    )
    told = dict(zip(asked, said, strict=True))
    numbers = {name: one.value for name, one in told.items() if one.value is not None}
    unread = {name: one.problem for name, one in told.items() if one.value is None}
    heard = dict(zip(well, reports, strict=True))
    return window.model_copy(update={"numbers": numbers, "unread": unread, "health": heard})


async def _neighbour_going_back(outside: Outside, rotation: Rotation, start: datetime, end: datetime) -> bool:
    """Whether a slot that shares a file, a restart or series with this one went back to its old model meanwhile.

    What was seen then is of that restart as much as of the model that is watched.
    """
    for other in await outside.store.rotations(newest=NEIGHBOURS_LOOKED_AT):
        going = other.rollback if other.id != rotation.id and neighbours(other.plan, rotation.plan) else None
        if going is not None and going.at < end and (other.ended_at is None or other.ended_at > start):
            return True
    return False


async def _drifted(outside: Outside, rotation: Rotation, stage: int) -> bool:
    """Whether a place this rotation wrote no longer holds the candidate, or cannot be read."""
    wanted = rotation.models.candidate.id
    for plan in rotation.plan.stages[: stage + 1]:
        for target in plan.targets:
            if rotation.target(target.id).standing is Standing.WRITTEN:
                reading = await read_one(outside, target)
                if reading.problem or reading.value != wanted:
                    return True
    return False


async def _quiet_look(outside: Outside, rotation: Rotation, effect: TakeLook, health: HealthReport | None) -> LookTaken:
    stage = rotation.plan.stages[effect.stage]
    candidate = rotation.models.candidate.id
    held: dict[str, str | None] = {}
    problem = ""
    for target in stage.targets:
        try:
            held[target.place] = await outside.targets[target.kind].read(target)
        except OutsideError as error:
            problem = error.what
    run, allowed = None, 0.0
    if effect.final:
        run, allowed = await smoke_run(outside, rotation.plan, candidate, SMOKE_CASES)
    now = outside.clock.now()
    result = judge_quiet(
        candidate=candidate,
        held=held,
        unreadable=problem,
        health=health,
        smoke=run,
        final=effect.final,
        number=effect.number,
        window=(effect.window_start, effect.window_end),
        allowed=allowed,
    )
    return LookTaken(at=now, stage=effect.stage, attempt=effect.attempt, result=result)
