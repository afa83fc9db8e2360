"""docs/rotation.md: the phases and what leads from one to the next, found by letting everything happen in each phase.

The edges are what `transition` answered, so the diagram cannot say anything else than the machine does.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.rotation.events import Event
from bot.rotation.evidence import Dimension, Verdict
from bot.rotation.machine import Moved, transition
from bot.rotation.model.questions import Choice
from bot.rotation.model.rotation import ENDS, Phase, Rotation
from bot.rotation.scheduling import MADE_UP
from tests.rotation.cast import BOB, CAROL, SAM, comparison, item, plan, stage
from tests.rotation.play import Play, begun
from tests.rotation.stories import KINDS, human, in_phase

PAGE: Final = "docs/rotation.md"
BLOCK: Final = "phases and what leads from one to the next"


def moments() -> Iterator[Play]:
    """Where a rotation can be: in each phase, and at the points within one where what comes next leads out of it."""
    yield from (in_phase(phase) for phase in Phase)
    yield in_phase(Phase.SCHEDULED).after(hours=9)
    yield in_phase(Phase.SCHEDULED).after(hours=11)
    yield begun()
    yield begun(evidence=comparison(Verdict.FAIL))
    failed = begun(evidence=comparison(Verdict.FAIL)).on(begun().read())
    failed.on(failed.decide(CAROL, Choice.GO_ON, "seen"))
    yield failed
    yield _copy(failed).on(failed.delivered()).after(days=2)
    sent_back = begun().on(begun().read())
    yield sent_back.on(sent_back.preflighted(way_back_ok=False))
    yield begun(plan(stage("pilots"), stage("global")))
    first = begun(plan(stage("pilots"), stage("global"))).on(begun().read())
    yield first
    yield _copy(first).on(first.delivered()).after(days=4)
    yield begun().on(begun().read())
    quiet = begun().on(begun().read())
    yield quiet.on(quiet.preflighted())
    errored = begun().on(begun().read())
    yield errored.on(errored.preflighted()).on(errored.written("staging", "failed", changed=False))
    yield _asked_about_the_comparison()
    waiting = in_phase(Phase.APPLYING)
    yield waiting.on(waiting.written("pilots.1")).on(waiting.written("pilots.2"))
    yield begun().to_baking(1).look_due()
    yield begun().to_baking(2).look_due()
    dry = begun(plan(stage("global", count=0), dry_run=True))
    yield dry.on(dry.read())
    lapsing = in_phase(Phase.AWAITING_APPROVAL)
    yield lapsing.on(lapsing.delivered()).after(days=4)
    undecided = begun().to_baking(2).look_due().look_due(Verdict.INCONCLUSIVE)
    yield undecided.on(undecided.delivered()).after(days=2)
    undecided = begun().to_baking(1).look_due().look_due(Verdict.INCONCLUSIVE)
    yield undecided.on(undecided.delivered()).after(days=2)
    unverified = begun().to_verifying()
    unverified.on(unverified.verified(item("cannot_tell")))
    yield unverified.on(unverified.delivered()).after(days=2)
    yield _held()
    back = in_phase(Phase.ROLLING_BACK)
    for name in ("pilots.2", "pilots.1", "staging"):
        back.on(back.restored(name))
    yield back
    nearly_back = begun().to_baking(0)
    yield nearly_back.on(nearly_back.roll_back())
    settling = in_phase(Phase.ROLLING_BACK)
    yield settling.on(settling.settle())
    settling = in_phase(Phase.ERRORED)
    yield settling.on(settling.settle())
    places = (Phase.QUEUED, Phase.APPLYING, Phase.BAKING, Phase.AWAITING_DECISION, Phase.VERIFYING)
    for place in (*(in_phase(phase) for phase in places), _copy(first)):
        yield place.on(place.pause())


def _copy(play: Play) -> Play:
    return Play(Moved(play.rotation, ()))


def _asked_about_the_comparison() -> Play:
    play = begun(evidence=comparison(Verdict.INCONCLUSIVE)).on(begun().read()).applied().bake()
    return play.in_phase("awaiting_decision")


def _held() -> Play:
    play = begun().to_baking(1)
    for _ in range(2):
        play.look_due(Verdict.INCONCLUSIVE, counted=False, reasons=("unreachable",))
    return play.in_phase("awaiting_decision")


def happenings(play: Play) -> Iterator[tuple[str, Event]]:
    """Everything that can happen there, with the name it has on its arrow."""
    for kind in KINDS:
        if kind != "decide":
            yield kind, human(play, kind)
    if play.rotation.request is not None and play.rotation.request.open:
        yield "approve for later", play.approve(BOB, start=play.at + timedelta(hours=9))
    if play.rotation.decision is not None:
        for choice in Choice:
            for by in (BOB, SAM):
                yield f"decide {choice.value}", play.decide(by, choice, "seen")
    yield "targets read", play.read()
    elsewhere = play.held(**{play.rotation.targets[-1].id.replace(".", "_"): "another"})
    yield "targets disagree", play.read().model_copy(update={"readings": elsewhere})
    yield "targets read", play.read("settle")
    yield "looked at: not as approved", play.preflighted(way_back_ok=False)
    yield "dry run over", play.preflighted()
    name = play.rotation.stage_plan.targets[0].id
    yield "written, where no traffic is expected", play.written(name)
    yield "write failed or drifted", play.written(name, "failed")
    yield "traffic seen, or none for long", play.traffic()
    for target in play.rotation.targets:
        yield "restored", play.restored(target.id)
    yield "traffic back, or none for long", play.traffic_back(1)
    yield "all met", play.verified()
    yield "not met", play.verified(item("not_met", Dimension.COST))
    yield "cannot be told", play.verified(item("cannot_tell"))
    if play.rotation.bake is not None:
        yield "bake passed", play.looked()
        yield "guardrail failed", play.looked(Verdict.FAIL)
        yield "bake cannot tell, or held too long", play.looked(Verdict.INCONCLUSIVE)
        yield "data returned", play.looked()
    yield "deadline", play.timer("deadline")
    late = play.rotation.start_at is not None and play.at - play.rotation.start_at > MADE_UP
    yield "its time was missed" if late else "its time has come", play.timer("begin")
    yield "slot taken", play.taken("R41")
    yield "slot freed", play.freed()


def edges() -> dict[tuple[Phase, Phase], set[str]]:
    """Every change of phase that was seen, with what led to it."""
    found: defaultdict[tuple[Phase, Phase], set[str]] = defaultdict(set)
    for play in moments():
        before: Rotation = play.rotation
        for name, event in happenings(play):
            outcome = transition(before, event)
            if isinstance(outcome, Moved) and outcome.rotation.phase is not before.phase:
                found[before.phase, outcome.rotation.phase].add(name)
    return _told_apart(found)


def _told_apart(found: dict[tuple[Phase, Phase], set[str]]) -> dict[tuple[Phase, Phase], set[str]]:
    """One event can mean two things by where it comes; keep the one that is meant."""
    for (before, after), names in found.items():
        if {"bake passed", "data returned"} <= names:
            names.discard("bake passed" if before is Phase.AWAITING_DECISION else "data returned")
        if (before, after) == (Phase.AWAITING_DECISION, Phase.BAKING):
            names.discard("bake cannot tell, or held too long")
        if "dry run over" in names and after is not Phase.ABORTED:
            names.discard("dry run over")
        if len(names) > 1:
            names.discard("targets disagree" if "targets read" in names else "")
    return found


def render() -> str:
    """A mermaid state diagram, in the order of the phases."""
    order = list(Phase)
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {Phase.QUEUED.value}: promote D17"]
    lines += [
        f"    {before.value} --> {after.value}: {', '.join(sorted(names))}"
        for (before, after), names in sorted(
            edges().items(), key=lambda e: (order.index(e[0][0]), order.index(e[0][1]))
        )
    ]
    lines += [f"    {phase.value} --> [*]" for phase in order if phase in ENDS]
    return "\n".join([*lines, "```"])
