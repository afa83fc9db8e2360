"""The way it should go, from a comparison to the end."""

from tests.rotation.cast import ALICE, BOB, CAROL, comparison
from tests.rotation.play import begun


def test_a_good_candidate_goes_through_all_stages() -> None:
    play = begun().expect("post_timeline", code="begun", by="alice").expect("read_targets", purpose="start")
    # Staging needs nobody's yes: promoting it was enough.
    play.on(play.read()).expect("preflight", stage=0).in_phase("applying")
    play.on(play.preflighted()).expect("apply_target", target="staging", expected="old", value="new")
    play.on(play.written("staging")).expect("set_timer", name="look").in_phase("baking").never("check_traffic")
    play.look_due().expect("post_timeline", code="look", number=1).in_phase("baking")
    play.look_due().expect("post_summary", code="stage_passed", stage="staging").expect("post_question")
    play.in_phase("awaiting_approval")
    # Pilots: two targets, one after the other.
    play.refuses(play.approve(ALICE), "own_request")
    play.on(play.delivered()).expect("set_timer", name="deadline")
    play.on(play.approve(BOB)).expect("clear_timer", name="deadline").expect("preflight", stage=1)
    play.on(play.preflighted()).expect("apply_target", target="pilots.1").never("check_traffic")
    play.on(play.written("pilots.1")).expect("apply_target", target="pilots.2")
    play.on(play.written("pilots.2")).expect("check_traffic", model="new", back=False).in_phase("applying")
    play.on(play.traffic(seen=False)).expect("set_timer", name="traffic").in_phase("applying")
    play.after(seconds=15).on(play.timer("traffic")).expect("check_traffic")
    play.on(play.traffic()).expect("post_timeline", code="traffic_seen").in_phase("baking")
    play.bake().in_phase("awaiting_approval")
    # Global, and the verification list.
    play.on(play.approve(CAROL)).applied().bake().expect("verify").in_phase("verifying")
    play.on(play.verified()).expect("post_summary", code="completed").in_phase("completed")
    play.standing(staging="written", pilots_1="written", pilots_2="written")
    assert [sealed.stage for sealed in play.rotation.sealed] == ["staging", "pilots", "global"]
    assert play.rotation.ended
    assert play.replayed() == play.rotation


def test_looks_go_on_while_somebody_is_being_waited_for() -> None:
    play = begun(evidence=comparison()).to_request(1)
    play.look_due().expect("set_timer", name="look").in_phase("awaiting_approval")
    play.on(play.approve(BOB)).look_due().in_phase("applying")
