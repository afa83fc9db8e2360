"""Superseding: who waits in line asks whoever holds the slot to give way; nothing happens without the holder's word."""

import pytest

from bot.rotation.evidence import Verdict
from bot.rotation.model.people import Actor
from tests.rotation.cast import ALICE, BOB, CAROL, GUS, MEL, NED, SAM, plan, stage
from tests.rotation.play import Play, begun


def waiting() -> Play:
    return begun(blocked_by="R41", requester=BOB)


def held(play: Play) -> Play:
    """The slot of a rotation that ALICE began is wanted by R43."""
    return play.on(play.wanted()).expect("post_wish", wish="R43")


def test_asked_once_by_whoever_may_steer() -> None:
    play = waiting()
    play.refuses(play.supersede(NED), "not_entitled").refuses(play.supersede(GUS), "no_guests")
    play.on(play.supersede(MEL)).expect("post_timeline", code="supersede_asked", holder="R41").in_phase("queued")
    assert (play.rotation.asked_of, play.rotation.asked_by, play.rotation.asked_by_id) == ("R41", "mel", MEL.id)
    play.refuses(play.supersede(BOB), "asked_to_give_way")


def test_nobody_jumps_the_line_and_nobody_is_asked_who_does_not_hold_it() -> None:
    play = waiting()
    play.refuses(play.supersede(before="R40"), "not_first_in_line")
    play.on(play.freed()).refuses(play.supersede(), "nobody_holds_it")


def test_what_the_holder_said_is_told_and_may_be_asked_of_the_next_one() -> None:
    play = waiting()
    play.on(play.supersede()).on(play.refused("R41", ALICE)).expect("post_timeline", code="supersede_refused")
    play.ignores(play.refused("R41", ALICE)).refuses(play.supersede(), "asked_to_give_way")
    assert play.facts["refused_by"] == "alice"
    play.on(play.taken("R40")).on(play.supersede()).ignores(play.refused("R41"))
    assert (play.rotation.asked_of, play.rotation.refused_by) == ("R40", "")


@pytest.mark.parametrize("by", [BOB, CAROL, SAM, MEL, NED], ids=lambda by: by.name)
@pytest.mark.parametrize("yes", [True, False])
def test_only_whoever_began_it_can_answer(by: Actor, yes: bool) -> None:
    play = held(begun().to_baking(1))
    play.refuses(play.give_way(by, yes=yes), "not_the_holder")
    assert play.facts["holder"] == "alice"


def test_giving_way_after_a_change_goes_back_first() -> None:
    play = held(begun().to_baking(1))
    play.on(play.give_way()).expect("update_wish", wish="R43").expect("post_timeline", code="gave_way", wisher="R43")
    play.expect("restore_target", target="pilots.2").in_phase("rolling_back")
    play.refuses(play.give_way(), "already_decided")


def test_giving_way_before_any_change_ends_it() -> None:
    play = held(begun(plan(stage("pilots"), stage("global"))).on(begun().read()))
    play.on(play.give_way()).expect("post_summary", code="aborted", because="gave_way").in_phase("aborted")


def test_keeping_going_changes_nothing_and_is_final() -> None:
    play = held(begun().to_baking(1))
    play.on(play.give_way(yes=False)).expect("update_wish").expect("post_timeline", code="kept_slot").in_phase("baking")
    play.refuses(play.give_way(), "already_decided").ignores(play.wanted())


def test_a_wish_is_put_once_and_each_rotation_has_its_own() -> None:
    play = held(begun().to_baking(1))
    play.ignores(play.wanted()).on(play.wanted(wish="R44")).expect("post_wish", wish="R44")
    play.on(play.unwanted("R44")).expect("update_wish", wish="R44").ignores(play.unwanted("R44"))
    play.refuses(play.give_way(wish="R44"), "stale_question").on(play.give_way(wish="R43")).in_phase("rolling_back")


def test_a_wish_loses_its_buttons_when_the_slot_comes_free_by_itself() -> None:
    play = held(begun().to_baking(1)).look_due(Verdict.FAIL).expect("update_wish", wish="R43")
    play.in_phase("rolling_back").ignores(play.wanted(wish="R44"))
    play = held(begun().to_verifying())
    play.on(play.verified()).expect("update_wish", wish="R43").in_phase("completed").ignores(play.wanted(wish="R44"))
