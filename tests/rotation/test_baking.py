"""Watching: looks, holds, incidents, the end of a bake, what is longer, and what a failed guardrail leads to."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from bot.rotation.events import LookTaken, WayBackChecked
from bot.rotation.evidence import CheckResult, Dimension, LookResult, Verdict
from bot.rotation.model.bake import BakeState
from bot.rotation.model.questions import Choice
from bot.runbook.models.limits import Deadlines
from bot.runbook.models.people import GroupName
from tests.rotation.cast import BOB, CAROL, EVERY, FAY, NED, NOON, SAM, STAGES, check, look, plan
from tests.rotation.play import Play, begun

UNSEEN = {"counted": False, "reasons": ("unreachable",)}


def unseen(play: Play, looks: int = 1) -> Play:
    for _ in range(looks):
        play.look_due(Verdict.INCONCLUSIVE, counted=False, reasons=("unreachable",))
    return play


def failing(*dimensions: Dimension) -> tuple[CheckResult, ...]:
    return tuple(check(Verdict.FAIL, dimension) for dimension in dimensions)


def test_a_failed_guardrail_goes_back_and_tells_the_owner_of_each_dimension() -> None:
    play = begun().to_baking(1)
    play.look_due(Verdict.FAIL, checks=failing(Dimension.LATENCY, Dimension.COST, Dimension.LATENCY))
    play.expect("post_summary", code="guardrail_failed", stage="pilots", look=1)
    play.expect("restore_target", target="pilots.2").expect("restore_target", target="pilots.1")
    play.expect("restore_target", target="staging")
    play.expect("page", cause="guardrail_failed", dimension=Dimension.LATENCY)
    play.expect("page", cause="guardrail_failed", dimension=Dimension.COST).in_phase("rolling_back")
    assert len([effect for effect in play.effects if effect.kind == "page"]) == 2


@pytest.mark.parametrize("where", ["awaiting_approval", "applying", "verifying", "awaiting_decision"])
def test_a_failing_look_goes_back_from_wherever_it_is(where: str) -> None:
    match where:
        case "awaiting_approval":
            play = begun().to_request(1)
            play.on(play.delivered())
        case "applying":
            play = begun().to_request(1)
            play.on(play.approve(BOB))
        case "verifying":
            play = begun().to_verifying()
        case _:
            play = begun().to_baking(1).look_due().look_due(Verdict.INCONCLUSIVE)
    play.in_phase(where).look_due(Verdict.FAIL).expect("restore_target", target="staging").in_phase("rolling_back")
    assert play.rotation.request is None or play.rotation.request.outcome
    assert play.rotation.decision is None or play.rotation.decision.outcome == "rolled_back"
    play.ignores(play.looked(Verdict.FAIL)).ignores(play.timer("look")).ignores(play.timer("deadline"))


def test_a_failing_look_of_the_stage_before_counts_after_the_next_bake_began() -> None:
    play = begun().to_request(1)
    play.after(minutes=10).on(play.timer("look")).expect("take_look", stage=0)
    late = play.looked(Verdict.FAIL)
    fine = play.looked()
    play.on(play.approve(BOB)).applied()
    play.ignores(fine)
    play.on(late).expect("post_summary", code="guardrail_failed", stage="staging").in_phase("rolling_back")


def test_a_fail_without_a_failed_guardrail_never_passes() -> None:
    play = begun().to_baking(1).look_due()
    play.look_due(Verdict.FAIL, checks=(check(Verdict.FAIL, role="information"), check(Verdict.INCONCLUSIVE)))
    play.in_phase("awaiting_decision")


def test_both_arms_worse_is_held_and_told_once_until_it_is_over() -> None:
    play = begun(plan(deadlines=Deadlines(hold=timedelta(hours=1)))).to_baking(1)
    play.look_due(Verdict.FAIL, incident=True, reasons=("both_arms_worse",)).in_phase("baking")
    play.expect("page", cause="provider_incident", stage="pilots").expect("post_timeline", code="held")
    play.never("restore_target").look_due(Verdict.INCONCLUSIVE, incident=True, reasons=("both_arms_worse",))
    play.never("page")
    assert play.rotation.bake is not None
    assert play.rotation.bake.counted == 0


def test_an_incident_that_ends_goes_on_by_itself_and_the_next_is_told_anew() -> None:
    play = begun().to_baking(1).look_due(Verdict.INCONCLUSIVE, incident=True, counted=False, reasons=("unhealthy",))
    play.look_due().expect("post_timeline", code="data_returned", held_seconds=600.0).in_phase("baking")
    play.look_due(Verdict.INCONCLUSIVE, incident=True).expect("page", cause="provider_incident")


def test_an_incident_after_the_bake_is_told_and_holds_nothing() -> None:
    play = begun().to_request(1).look_due(Verdict.INCONCLUSIVE, incident=True, counted=False)
    play.expect("page", cause="provider_incident").never("post_question").in_phase("awaiting_approval")


def test_no_data_holds_and_what_returns_goes_on_by_itself() -> None:
    play = unseen(begun().to_baking(1)).expect("post_timeline", code="held", reasons=["unreachable"]).in_phase("baking")
    play.look_due(Verdict.INCONCLUSIVE, counted=False, reasons=("no_requests",)).in_phase("awaiting_decision")
    play.look_due().expect("update_question").expect("post_timeline", code="look").in_phase("baking")
    assert play.rotation.decision is not None
    assert play.rotation.decision.outcome == "data_returned"
    # Held time did not count: the bake still wants its second look.
    play.look_due().in_phase("awaiting_approval")
    assert play.rotation.sealed[-1].looks == 2


def test_held_longer_than_the_bake_asks_sre_and_tells_their_channel() -> None:
    play = unseen(begun().to_baking(1), 2).expect("post_question").expect("page", cause="held", stage="pilots")
    assert play.rotation.decision is not None
    assert (play.rotation.decision.group, play.rotation.decision.default) == ("sre", "roll_back")
    # The page says until when, once that is known.
    play.on(play.delivered()).expect("page", cause="held", stage="pilots")
    # Looks go on, nothing more is asked.
    unseen(play).never("post_question", "page").in_phase("awaiting_decision")
    play.refuses(play.decide(BOB, Choice.EXTEND), "not_entitled")
    play.on(play.decide(SAM, Choice.EXTEND)).in_phase("baking")
    unseen(play).in_phase("baking")
    unseen(play).expect("post_question").in_phase("awaiting_decision")


def test_held_is_as_long_as_the_runbook_says() -> None:
    play = begun(plan(deadlines=Deadlines(hold=timedelta(minutes=30)))).to_baking(1)
    unseen(play, 2).in_phase("baking")
    unseen(play).in_phase("awaiting_decision")


def test_going_on_without_data_is_a_persons_word_and_stays_on_the_card() -> None:
    play = unseen(begun().to_baking(1), 2)
    play.refuses(play.decide(SAM, Choice.GO_ON, "  "), "reason_needed")
    play.refuses(play.decide(SAM, Choice.ABORT), "choice_not_offered")
    play.on(play.decide(SAM, Choice.GO_ON, "metrics are down, graphs look fine"))
    play.expect("post_timeline", code="decision_vote").expect("post_summary", code="stage_passed", accepted_by="sam")
    play.in_phase("awaiting_approval")
    sealed = play.rotation.sealed[-1]
    assert (sealed.verdict, sealed.looks, sealed.checks) == (Verdict.INCONCLUSIVE, 0, ())
    assert sealed.accepted_reason == "metrics are down, graphs look fine"
    assert "accepted_uncertainty" in play.rotation.marks


def test_the_time_the_bot_was_away_is_not_held_against_the_data() -> None:
    play = begun().to_baking(1)
    for _ in range(5):
        play.look_due(Verdict.INCONCLUSIVE, counted=False, late=True, reasons=("no_past",)).in_phase("baking")
    unseen(play).in_phase("baking")
    unseen(play).in_phase("awaiting_decision")


def test_a_missed_look_is_taken_over_its_own_window() -> None:
    play = begun().to_baking(1)
    start = play.at
    play.after(hours=5).on(play.timer("look"))
    play.expect("take_look", window_start=start, window_end=start + timedelta(minutes=10), final=False)
    play.on(play.looked(late=True)).expect("set_timer", name="look", due=start + timedelta(minutes=20))


def test_a_look_timer_that_fires_twice_or_early_takes_no_second_look() -> None:
    play = begun().to_baking(1)
    play.on(play.timer("look")).expect("set_timer", name="look").never("take_look")
    play.after(minutes=10).on(play.timer("look")).expect("take_look", number=1).ignores(play.timer("look"))


def test_a_look_that_answers_twice_counts_once() -> None:
    play = begun().to_baking(1)
    play.after(minutes=10).on(play.timer("look"))
    answer = play.looked()
    play.on(answer).ignores(answer)
    other = LookTaken(at=play.at, stage=1, attempt=7, result=look(2, play.at))
    play.ignores(other)
    assert play.rotation.bake is not None
    assert play.rotation.bake.counted == 1


def test_no_look_before_the_first_bake() -> None:
    play = begun().on(begun().read()).ignores(begun().timer("look"))
    play.ignores(LookTaken(at=play.at, stage=0, attempt=1, result=look(1, play.at)))


# ---- what is kept of it


def test_however_long_it_waits_only_the_newest_looks_are_kept() -> None:
    play = begun().to_request(1)
    sizes = []
    while play.at < NOON + timedelta(hours=72):
        play.look_due()
        sizes.append(len(play.rotation.model_dump_json()))
    bake = play.rotation.watched
    assert [look.number for look in bake.looks] == [bake.taken]
    assert bake.completing is not None
    assert (bake.completing.number, bake.planned) == (2, 2)
    assert max(sizes) - sizes[0] < 100
    # Only an hour apart at most: one that gets worse goes back all the same.
    assert bake.next_window[1] - bake.next_window[0] == timedelta(hours=1)
    play.look_due(Verdict.FAIL).in_phase("rolling_back")


def test_what_was_seen_last_is_kept_however_long_nothing_is() -> None:
    play = unseen(begun().to_baking(1).look_due(), 4)
    bake = play.rotation.watched
    assert [(look.number, look.seen) for look in bake.looks] == [(1, True), (5, False)]
    assert (bake.taken, bake.counted, bake.watched) == (5, 1, timedelta(minutes=10))


def test_looks_after_the_planned_ones_come_further_apart_by_the_time_that_was_seen() -> None:
    play = begun().to_baking(1).bake()
    gaps = []
    for _ in range(6):
        start, end = play.rotation.watched.next_window
        gaps.append(int((end - start) / timedelta(minutes=1)))
        play.look_due()
    assert gaps == [10, 15, 22, 33, 50, 60]
    # What was not seen makes none of them longer.
    held = unseen(begun().to_baking(1), 5).look_due().look_due()
    start, end = held.rotation.watched.next_window
    assert end - start == timedelta(minutes=10)


def test_extended_it_is_looked_at_as_closely_as_planned_again() -> None:
    play = begun().to_baking(1).look_due().look_due(Verdict.INCONCLUSIVE)
    for _ in range(4):
        play.look_due()
    start, end = play.rotation.watched.next_window
    assert timedelta(minutes=50) < end - start < timedelta(minutes=51)
    play.after(minutes=30).on(play.decide(SAM, Choice.EXTEND)).expect("set_timer", name="look", due=play.at)
    # The window that was being watched ends at once: it is one look, however long it was.
    play.on(play.timer("look")).expect("take_look", window_start=start, window_end=play.at, final=False)
    play.on(play.looked()).expect("set_timer", name="look", due=play.at + timedelta(minutes=10))
    play.look_due().in_phase("awaiting_approval")
    assert (play.rotation.sealed[-1].looks, play.rotation.watched.taken) == (8, 8)


def test_a_bake_of_the_first_release_is_counted_when_it_is_read() -> None:
    looks = [look(number, NOON + EVERY * (number - 1)) for number in range(1, 6)]
    looks[3] = looks[3].model_copy(update={"counted": False})
    written = {"stage": 1, "attempt": 1, "started_at": NOON, "every": EVERY, "planned": 3, "asked": 5}
    whole = BakeState.model_validate({**written, "looks": tuple(looks)})
    older = json.dumps(
        {**whole.model_dump(mode="json", include={*written}), "looks": [one.model_dump(mode="json") for one in looks]}
    )
    for bake in (whole, BakeState.model_validate_json(older)):
        assert (bake.taken, bake.counted, bake.asked) == (5, 4, 5)
        assert [one.number for one in bake.looks] == [5]
        assert bake.completing == looks[2]
        assert bake.next_window[0] == NOON + EVERY * 5
        assert BakeState.model_validate_json(bake.model_dump_json()) == bake


# ---- the end of a bake that cannot tell


@pytest.mark.parametrize(
    ("dimensions", "group"),
    [
        ((Dimension.COST,), "finance"),
        ((Dimension.LATENCY, Dimension.ERRORS), "sre"),
        ((Dimension.TOOLS,), "ml"),
        ((Dimension.LATENCY, Dimension.COST), "ml"),
    ],
)
def test_cannot_tell_at_the_end_asks_the_owner(dimensions: tuple[Dimension, ...], group: str) -> None:
    play = begun().to_baking(1).look_due()
    checks = tuple(check(Verdict.INCONCLUSIVE, dimension) for dimension in dimensions)
    play.look_due(Verdict.INCONCLUSIVE, checks=(*checks, check(Verdict.PASS))).in_phase("awaiting_decision")
    decision = play.rotation.decision
    assert decision is not None
    assert (decision.question, decision.group, decision.default) == ("bake_inconclusive", group, "roll_back")
    assert decision.reasons[0].endswith("too_few_requests")


def test_a_pass_that_comes_while_a_person_is_asked_promotes_nothing_by_itself() -> None:
    play = begun().to_baking(1).look_due().look_due(Verdict.INCONCLUSIVE).look_due()
    play.in_phase("awaiting_decision").never("post_question")


def test_extended_a_bake_sees_as_many_looks_again() -> None:
    play = begun().to_baking(1).look_due().look_due(Verdict.INCONCLUSIVE)
    play.on(play.decide(SAM, Choice.EXTEND)).expect("post_timeline", code="bake_extended", looks=2).in_phase("baking")
    play.look_due().in_phase("baking")
    play.after(minutes=10).on(play.timer("look")).expect("take_look", number=4, final=True)
    play.on(play.looked()).in_phase("awaiting_approval")
    sealed = play.rotation.sealed[-1]
    assert (sealed.looks, sealed.verdict, sealed.accepted_by) == (4, Verdict.PASS, None)


def test_extended_by_a_person_asks_the_owner_again_not_the_fallback() -> None:
    checks = (check(Verdict.INCONCLUSIVE, Dimension.COST),)
    play = begun().to_baking(2).look_due().look_due(Verdict.INCONCLUSIVE, checks=checks)
    play.on(play.decide(FAY, Choice.EXTEND)).look_due().look_due(Verdict.INCONCLUSIVE, checks=checks)
    assert play.rotation.decision is not None
    assert (play.rotation.decision.group, play.rotation.decision.times_asked) == ("finance", 1)


def test_nobody_answers_on_pilots_and_it_goes_back() -> None:
    play = begun().to_baking(1).look_due().look_due(Verdict.INCONCLUSIVE)
    play.on(play.delivered()).expect("set_timer", name="deadline")
    play.after(days=1).on(play.timer("deadline")).expect("post_timeline", code="decided", choice="roll_back", by="")
    play.in_phase("rolling_back")


@pytest.mark.parametrize("named", ["sre", "ml"])
def test_nobody_answers_on_global_extends_once_then_asks_the_fallback_every_day(named: str) -> None:
    checks = (check(Verdict.INCONCLUSIVE, Dimension.COST),)
    rules = plan().model_copy(update={"fallback_group": GroupName(named)})
    play = begun(rules).to_baking(2).look_due().look_due(Verdict.INCONCLUSIVE, checks=checks)
    play.on(play.delivered()).after(days=1).on(play.timer("deadline"))
    play.expect("post_timeline", code="bake_extended", looks=2).in_phase("baking")
    play.look_due().look_due(Verdict.INCONCLUSIVE, checks=checks)
    for times in (2, 3, 4):
        assert play.rotation.decision is not None
        assert (play.rotation.decision.group, play.rotation.decision.times_asked) == (named, times)
        play.ignores(play.timer("deadline"))
        play.on(play.delivered()).after(days=1).on(play.timer("deadline")).expect("post_question")
        play.in_phase("awaiting_decision")


def test_who_may_decide_and_how_often() -> None:
    play = begun().to_baking(1).look_due().look_due(Verdict.INCONCLUSIVE)
    play.refuses(play.decide(NED, Choice.ROLL_BACK), "not_entitled")
    click = play.decide(SAM, Choice.GO_ON, "fine")
    play.on(click).refuses(click, "already_decided")


def test_everybody_who_approved_a_stage_may_go_back_later() -> None:
    play = begun().to_baking(1)
    left = BOB.model_copy(update={"groups": (), "member": False})
    play.refuses(play.roll_back(NED), "not_entitled").on(play.roll_back(left)).in_phase("rolling_back")


# ---- the way back


def test_the_way_back_is_proven_every_sixth_look() -> None:
    play = begun(plan(*STAGES, way_back_looks=2)).to_baking(1).look_due().never("prove_way_back")
    play.look_due().expect("prove_way_back")


def test_the_way_back_is_proven_whenever_somebody_is_asked_and_the_request_says_so() -> None:
    play = begun().to_request(1)
    request = play.rotation.request
    assert request is not None
    play.expect("prove_way_back")
    play.on(WayBackChecked(at=play.at, ok=True)).expect("update_question", question=request.id)
    play.on(play.approve(BOB)).on(WayBackChecked(at=play.at, ok=True)).never("update_question")


def test_a_way_back_that_breaks_is_told_once() -> None:
    play = begun().to_baking(1)
    broken = WayBackChecked(at=play.at, ok=False, detail="404")
    play.on(broken).expect("page", cause="way_back_broken").in_phase("baking")
    play.on(broken).never("page")
    play.on(broken.model_copy(update={"ok": True})).never("page").on(broken).expect("page", cause="way_back_broken")
    done = begun().to_completed()
    done.on(broken).never("page")


def test_a_way_back_that_works_again_is_told_and_looked_for_when_what_held_it_is_over() -> None:
    play = begun().to_baking(1)
    broken = WayBackChecked(at=play.at, ok=False, detail="503")
    play.on(broken)
    unseen(play).never("prove_way_back")
    play.look_due().expect("post_timeline", code="data_returned").expect("prove_way_back")
    play.on(broken.model_copy(update={"ok": True})).expect("post_timeline", code="way_back_works").never("page")
    play.on(broken.model_copy(update={"ok": True})).never("post_timeline")


def test_an_unsealed_bake_is_not_concluded_twice() -> None:
    play = begun().to_request(1)
    play.on(play.pause(CAROL)).on(play.resume()).in_phase("awaiting_approval")
    assert len(play.rotation.sealed) == 1


def test_what_was_watched_is_read_back_to_the_microsecond() -> None:
    began = datetime(2026, 3, 2, 12, tzinfo=UTC)
    bake = BakeState(stage=0, attempt=1, started_at=began, every=timedelta(seconds=1), planned=3)
    for number in range(1, 9):
        start, end = bake.next_window
        odd = end + timedelta(microseconds=137 * number)
        verdict = Verdict.PASS
        seen = LookResult(number=number, window_start=start, window_end=odd, counted=True, verdict=verdict)
        bake = bake.with_look(seen)
        assert BakeState.model_validate_json(bake.model_dump_json()) == bake


# ---- a traffic cycle


def looked(play: Play, seen: int, verdict: Verdict = Verdict.PASS) -> Play:
    """A look by which so many of three parts of the traffic cycle were seen."""
    return play.look_due(verdict, cycle_seen=seen, cycle_of=3)


def test_a_bake_whose_looks_are_over_goes_on_until_the_traffic_cycle_was_seen_whole() -> None:
    play = looked(begun().to_baking(2), 1)
    looked(play, 2).in_phase("baking").expect("set_timer", name="look").never("post_question")
    assert play.rotation.watched.completing is None
    looked(play, 3).in_phase("verifying")
    assert play.rotation.sealed[-1].verdict is Verdict.PASS


def test_a_part_of_the_cycle_that_never_comes_is_a_persons_matter() -> None:
    play = begun().to_baking(2)
    for _ in range(4):
        looked(play.in_phase("baking"), 2)
    play.in_phase("awaiting_decision").expect("post_timeline", code="cycle_incomplete", seen="2 of 3")
    decision = play.rotation.decision
    assert decision is not None
    assert (decision.question, decision.reasons) == ("bake_inconclusive", ("cycle_incomplete",))


def test_a_failing_guardrail_waits_for_no_cycle() -> None:
    looked(begun().to_baking(2), 0, Verdict.FAIL).in_phase("rolling_back")


# ---- money


def dearer(verdict: Verdict) -> CheckResult:
    return check(verdict, Dimension.COST, "report").model_copy(update={"name": "envelope", "unit": "USD a month"})


@pytest.mark.parametrize("which", ["envelope", "next_month"])
def test_a_month_that_breaks_its_envelope_is_told_to_finance_once_and_stops_nothing(which: str) -> None:
    month = dearer(Verdict.FAIL).model_copy(update={"name": which})
    play = begun().to_baking(1).look_due(checks=(check(Verdict.PASS), month))
    play.expect("page", cause="envelope_forecast", stage="pilots").in_phase("baking")
    play.look_due(checks=(check(Verdict.PASS), month)).never("page").in_phase("awaiting_approval")


def test_nor_is_it_told_again_at_the_next_stage() -> None:
    month = (check(Verdict.PASS), dearer(Verdict.FAIL))
    play = begun().to_baking(1).look_due(checks=month).look_due(checks=month)
    play.on(play.delivered()).on(play.approve(BOB)).on(play.approve(FAY)).applied()
    assert play.rotation.stage == 2
    play.look_due(checks=month).never("page").in_phase("baking")


def test_a_month_that_may_break_it_is_told_to_nobody() -> None:
    begun().to_baking(1).look_due(checks=(check(Verdict.PASS), dearer(Verdict.INCONCLUSIVE))).never("page")
