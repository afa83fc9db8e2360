"""Going back: to exactly what was held, newest stage first, confirmed by traffic, or stuck in plain sight."""

from datetime import timedelta

import pytest

from bot.rotation.model.people import Actor
from bot.rotation.model.state import ModelRef
from tests.rotation.cast import ALICE, BOB, FAY, GUS, MEL, NED, RETIRED, ROBO, SAM, comparison, plan, stage
from tests.rotation.play import Play, begun


def all_back(play: Play) -> Play:
    for name in ("global", "pilots.2", "pilots.1", "staging"):
        if play.rotation.target(name).standing == "restoring":
            play.on(play.restored(name))
    return play


def test_back_from_every_stage_newest_first() -> None:
    play = begun().to_baking(2)
    play.on(play.roll_back(FAY, reason="too dear"))
    restores = [effect.target for effect in play.effects if effect.kind == "restore_target"]
    assert restores == ["global", "pilots.2", "pilots.1", "staging"]
    play.refuses(play.roll_back(), "already_rolling_back").refuses(play.pause(), "not_in_phase")
    all_back(play).expect("check_traffic", stage=2, model="old")
    play.on(play.traffic_back(2)).expect("check_traffic", stage=1).ignores(play.traffic_back(2))
    play.on(play.traffic_back(1)).expect("post_summary", code="rolled_back", by="fay", model="old")
    play.in_phase("rolled_back").refuses(play.roll_back(), "already_ended")
    assert play.rotation.marks == ()
    assert play.replayed() == play.rotation


def test_what_was_unset_is_unset_again() -> None:
    play = begun(plan(stage("pilots", count=0), stage("global")))
    play.on(play.read()).on(play.preflighted())
    # A target that was unset cannot hold the model that was compared, so this is built, not played.
    unset = play.rotation.target("pilots").model_copy(update={"held": None})
    play.rotation = play.rotation.with_target(unset)
    play.on(play.roll_back()).expect("restore_target", target="pilots", expected="new", value=None)


def test_where_the_old_model_is_gone_the_named_one_is_written() -> None:
    play = begun(plan(stage("pilots", count=0), stage("global")), models=RETIRED, evidence=comparison(alone=True))
    play.on(play.read()).on(play.preflighted()).expect("apply_target", expected="old", value="new")
    play.on(play.written("pilots")).on(play.traffic()).on(play.roll_back())
    play.expect("restore_target", target="pilots", expected="new", value="spare")
    play.on(play.restored("pilots")).expect("check_traffic", model="spare", back=True)
    play.on(play.traffic_back(0)).expect("post_summary", code="rolled_back", model="spare").in_phase("rolled_back")


@pytest.mark.parametrize(("actor", "code"), [(NED, "not_entitled"), (MEL, "not_entitled"), (ROBO, "no_bots")])
def test_who_may_not_go_back(actor: Actor, code: str) -> None:
    play = begun().to_baking(0)
    play.refuses(play.roll_back(actor), code)


def test_a_guest_may_not_but_the_requester_always_may() -> None:
    play = begun().to_baking(0)
    play.refuses(play.roll_back(GUS), "no_guests").on(play.roll_back(ALICE)).in_phase("rolling_back")


def test_nothing_to_go_back_from() -> None:
    play = begun(plan(stage("pilots"), stage("global"))).on(begun().read())
    play.refuses(play.roll_back(), "nothing_to_roll_back")
    queued = begun(blocked_by="R41")
    queued.refuses(queued.roll_back(), "nothing_to_roll_back")


def test_a_stage_without_traffic_needs_no_confirmation() -> None:
    play = begun().to_baking(0)
    play.on(play.roll_back()).on(play.restored("staging")).never("check_traffic").in_phase("rolled_back")


# ---- confirming


def test_without_traffic_for_ten_minutes_it_ends_unconfirmed() -> None:
    play = begun().to_baking(1)
    all_back(play.on(play.roll_back()))
    play.after(minutes=9).on(play.traffic_back(1, seen=False)).expect("set_timer", name="traffic")
    play.after(minutes=1).on(play.timer("traffic")).expect("check_traffic", stage=1)
    play.on(play.traffic_back(1, seen=False)).expect("post_summary", code="rolled_back", unconfirmed="no_traffic")
    play.in_phase("rolled_back")
    assert play.rotation.marks == ("unconfirmed",)
    play.refuses(play.confirm(MEL), "not_entitled")
    play.on(play.confirm(SAM)).expect("post_timeline", code="confirmed").in_phase("rolled_back")
    assert play.rotation.marks == ("confirmed_by_hand",)
    play.refuses(play.confirm(), "not_in_phase")


def test_one_silent_stage_does_not_hide_another() -> None:
    play = begun().to_baking(2)
    all_back(play.on(play.roll_back()))
    play.after(minutes=10).on(play.traffic_back(2, seen=False)).expect("check_traffic", stage=1)
    play.on(play.traffic_back(1)).in_phase("rolled_back")
    assert play.rotation.marks == ("unconfirmed",)


def test_time_the_bot_was_away_is_not_silence() -> None:
    play = begun().to_baking(1)
    all_back(play.on(play.roll_back()))
    play.on(play.was_down(minutes=30)).on(play.traffic_back(1, seen=False)).in_phase("rolling_back")


def test_errors_that_stay_high_are_told_once_and_watched() -> None:
    play = begun().to_baking(1)
    all_back(play.on(play.roll_back()))
    play.on(play.traffic_back(1, errors_normal=False)).never("page").expect("set_timer", name="traffic")
    play.after(minutes=10).on(play.traffic_back(1, errors_normal=False)).expect("page", cause="rollback_unconfirmed")
    play.on(play.traffic_back(1, errors_normal=False)).never("page").in_phase("rolling_back")
    play.after(minutes=20).on(play.timer("reminder")).expect("page", cause="still_in_trouble", detail="errors 9 %")
    play.on(play.retry(SAM)).expect("check_traffic").on(play.traffic_back(1)).in_phase("rolled_back")


# ---- stuck


def test_a_restore_that_fails_is_told_once_and_tried_again() -> None:
    play = begun().to_baking(1)
    play.on(play.roll_back())
    play.on(play.restored("pilots.2", "failed", "no such file")).expect("set_timer", name="retry")
    play.expect("page", cause="rollback_failed", target="pilots.2", detail="no such file")
    play.on(play.restored("pilots.2", "failed", "no such file")).never("page")
    play.on(play.restored("pilots.1", "failed", "disk full")).expect("page", cause="rollback_failed", target="pilots.1")
    play.on(play.restored("staging")).in_phase("rolling_back")
    play.after(seconds=1).on(play.timer("retry"))
    assert [e.target for e in play.effects if e.kind == "restore_target"] == ["pilots.2", "pilots.1"]
    play.on(play.restored("pilots.2")).on(play.restored("pilots.1")).expect("check_traffic", back=True)


def test_retries_come_further_and_further_apart() -> None:
    play = begun().to_baking(0)
    play.on(play.roll_back()).on(play.restored("staging", "failed"))
    play.expect("set_timer", name="retry", due=play.at + timedelta(seconds=1))
    play.after(minutes=4).on(play.restored("staging", "failed"))
    play.expect("set_timer", name="retry", due=play.at + timedelta(minutes=4))
    play.after(hours=4).on(play.restored("staging", "failed"))
    play.expect("set_timer", name="retry", due=play.at + timedelta(minutes=30))


def test_a_target_somebody_else_changed_is_left_alone_until_a_person_says() -> None:
    play = begun().to_baking(1)
    all_back(play.on(play.roll_back()).on(play.restored("pilots.1", "drifted"))).in_phase("rolling_back")
    play.standing(pilots_1="drifted", pilots_2="restored")
    assert play.rotation.rollback is not None
    assert play.rotation.rollback.trouble == "drifted"
    play.ignores(play.timer("retry")).refuses(play.retry(MEL), "not_entitled")
    play.on(play.retry(BOB)).expect("restore_target", target="pilots.1").on(play.restored("pilots.1"))
    play.on(play.traffic_back(1)).in_phase("rolled_back")


def test_an_answer_about_a_restore_heard_again_says_nothing() -> None:
    play = begun().to_baking(1)
    play.on(play.roll_back())
    failed = play.restored("pilots.2", "failed")
    play.on(failed).on(play.timer("retry")).on(play.restored("pilots.2")).ignores(failed)
    play.standing(pilots_2="restored").ignores(play.restored("pilots.2"))


# ---- after completion


def test_back_after_completion_while_the_way_is_open() -> None:
    play = begun().to_completed()
    play.after(days=7).on(play.roll_back(FAY)).in_phase("rolling_back")
    assert play.rotation.ended_at is None
    all_back(play).on(play.traffic_back(2)).on(play.traffic_back(1)).in_phase("rolled_back")


def test_after_the_corridor_the_way_is_closed() -> None:
    play = begun().to_completed()
    play.after(days=7, seconds=1).refuses(play.roll_back(), "way_back_closed")


def test_a_later_rotation_that_changed_something_closes_the_way() -> None:
    play = begun().to_completed()
    play.refuses(play.roll_back(later="R43"), "later_rotation")
    assert play.facts["rotation"] == "R43"


def test_a_rotation_that_would_lead_back_to_its_candidate_never_begins() -> None:
    candidate = ModelRef(provider="openrouter", id="new")
    with pytest.raises(AssertionError, match="same_model"):
        begun(models=RETIRED.model_copy(update={"rollback": candidate}))
    with pytest.raises(AssertionError, match="same_model"):
        begun(models=RETIRED.model_copy(update={"current": candidate}))
