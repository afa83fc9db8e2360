"""How a rotation is led to each phase, and each human event by somebody who may."""

from collections.abc import Callable, Mapping
from copy import copy
from datetime import timedelta
from functools import cache

from bot.rotation.events import Approve, Decide, HumanEvent, Reject
from bot.rotation.evidence import Verdict
from bot.rotation.model.questions import Choice
from bot.rotation.model.rotation import Phase
from tests.rotation.cast import BOB, CAROL, SAM, comparison, plan, stage
from tests.rotation.play import Play, begun

KINDS = (
    *("promote", "approve", "withdraw", "reject", "decide", "renew"),
    *("roll_back", "pause", "resume", "abort", "retry", "settle", "confirm", "hands_off", "hands_on"),
    *("supersede", "give_way"),
)


def untouched() -> Play:
    return begun(plan(stage("pilots"), stage("global"))).on(begun().read())


def unconfirmed() -> Play:
    play = begun().to_baking(1)
    play.on(play.roll_back())
    for name in ("pilots.2", "pilots.1", "staging"):
        play.on(play.restored(name))
    return play.after(minutes=10).on(play.traffic_back(1, seen=False))


def errored() -> Play:
    play = begun().to_request(1)
    return play.on(play.approve(BOB)).on(play.preflighted()).on(play.written("pilots.1", "failed"))


def scheduled() -> Play:
    play = begun().to_request(1)
    return play.on(play.approve(BOB, start=play.at + timedelta(hours=9)))


def asked() -> Play:
    return begun().to_request(1)


def applying() -> Play:
    play = asked()
    return play.on(play.approve(BOB)).on(play.preflighted())


def settled() -> Play:
    play = errored()
    return play.on(play.settle()).on(play.read("settle"))


STORIES: Mapping[Phase, Callable[[], Play]] = {
    Phase.QUEUED: lambda: begun(blocked_by="R41"),
    Phase.AWAITING_APPROVAL: asked,
    Phase.SCHEDULED: scheduled,
    Phase.APPLYING: applying,
    Phase.BAKING: lambda: begun().to_baking(1),
    Phase.AWAITING_DECISION: lambda: begun().to_baking(1).look_due().look_due(Verdict.INCONCLUSIVE),
    Phase.VERIFYING: lambda: begun().to_verifying(),
    Phase.PAUSED: lambda: (play := asked()).on(play.pause()),
    Phase.ROLLING_BACK: lambda: (play := begun().to_baking(1)).on(play.roll_back()),
    Phase.ERRORED: errored,
    Phase.REJECTED: lambda: (play := untouched()).on(play.reject(BOB, "no")),
    Phase.ABORTED: lambda: (play := untouched()).on(play.abort()),
    Phase.COMPLETED: lambda: begun().to_completed(),
    Phase.ROLLED_BACK: unconfirmed,
    Phase.SETTLED: settled,
}
"""How a rotation is led to each phase, with as much already done as there can be."""


@cache
def told(phase: Phase) -> Play:
    return STORIES[phase]().in_phase(phase)


def in_phase(phase: Phase) -> Play:
    play = copy(told(phase))
    play.script, play.events = [*play.script], [*play.events]
    return play


def human(play: Play, kind: str) -> HumanEvent:
    """That event by somebody who may, about the question that is open (or the one that was asked last)."""
    request = play.rotation.request
    decision = play.rotation.decision
    question = request.id if request else "R42-Q0"
    digest = request.digest if request else ""
    events: dict[str, HumanEvent] = {
        "promote": play.promote(CAROL),
        "approve": Approve(at=play.at, actor=BOB, request=question, digest=digest),
        "reject": Reject(at=play.at, actor=BOB, request=question, reason="no"),
        "decide": Decide(
            at=play.at,
            actor=SAM,
            decision=decision.id if decision else "R42-Q0",
            choice=Choice.GO_ON,
            reason="seen",
        ),
        "roll_back": play.roll_back(CAROL),
        "pause": play.pause(CAROL),
        "resume": play.resume(CAROL),
        "abort": play.abort(CAROL),
        "retry": play.retry(SAM),
        "settle": play.settle(SAM),
        "confirm": play.confirm(SAM),
        "withdraw": play.withdraw(BOB),
        "hands_off": play.hands_off(SAM),
        "hands_on": play.hands_on(SAM),
        "supersede": play.supersede(CAROL),
        "give_way": play.give_way(),
        "renew": play.renew(comparison(name="D18")),
    }
    return events[kind]
