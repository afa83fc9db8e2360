"""A stage that changes several targets at a time: how many, in what order, and what a failure among them leaves."""

from datetime import timedelta

from bot.rotation.effects import ApplyTarget
from bot.rotation.model.targets import rows_of
from bot.runbook.models.plan import StagePlan
from bot.runbook.models.targets.command import Command
from tests.rotation.cast import ALICE, BOB, SAM, plan, stage
from tests.rotation.play import Play, begun

TARGETS = tuple(f"pilots.{n}" for n in range(1, 8))


def wide(parallel: int) -> StagePlan:
    return stage("pilots", *TARGETS).model_copy(update={"parallel": parallel})


def applying(parallel: int) -> Play:
    play = begun(plan(wide(parallel), stage("global")))
    play.on(play.read()).on(play.approve(BOB))
    return play.on(play.preflighted())


def asked(play: Play) -> list[str]:
    return [effect.target for effect in play.effects if isinstance(effect, ApplyTarget)]


def test_so_many_at_a_time_and_one_more_for_each_that_is_done() -> None:
    play = applying(3)
    assert asked(play) == list(TARGETS[:3])
    play.on(play.written("pilots.2"))
    assert asked(play) == ["pilots.4"]
    for name, following in (("pilots.1", "pilots.5"), ("pilots.4", "pilots.6"), ("pilots.3", "pilots.7")):
        play.on(play.written(name))
        assert asked(play) == [following]
    play.on(play.written("pilots.5")).on(play.written("pilots.6"))
    assert asked(play) == []
    play.never("check_traffic")
    play.on(play.written("pilots.7")).expect("check_traffic")


def test_a_failure_stops_what_has_not_begun_and_counts_what_was_under_way() -> None:
    play = applying(3)
    play.on(play.written("pilots.2", "failed", changed=False)).in_phase("errored").never("apply_target")
    play.on(play.written("pilots.1")).never("apply_target").standing(pilots_1="written", pilots_4="untouched")
    play.on(play.written("pilots.3", "drifted", changed=True, found="x")).expect("post_timeline", code="target_drifted")
    play.in_phase("errored").standing(pilots_3="drifted")


def test_a_retry_goes_on_where_it_stopped() -> None:
    play = applying(3)
    play.on(play.written("pilots.2", "failed", changed=True)).in_phase("errored")
    play.on(play.written("pilots.1"))
    play.on(play.retry(SAM)).expect("preflight")
    play.on(play.preflighted())
    assert asked(play) == ["pilots.2", "pilots.3", "pilots.4"]


def test_a_write_that_ends_while_a_retry_looks_is_looked_at_again_and_is_no_change_by_somebody_else() -> None:
    play = applying(3)
    play.on(play.written("pilots.2", "failed", changed=False)).in_phase("errored")
    play.on(play.retry(SAM)).expect("preflight")
    before = play.rotation.standings
    old = play.held(pilots_1="old", pilots_3="old")  # read before either write took hold
    play.on(play.written("pilots.1"))
    play.on(play.preflighted(readings=old, standings=before)).expect("preflight").never("page").never("post_question")
    play.in_phase("applying").on(play.preflighted(standings=play.rotation.standings))
    assert asked(play) == ["pilots.3", "pilots.2", "pilots.4"]


def test_what_was_really_changed_meanwhile_is_still_found() -> None:
    play = applying(3)
    play.on(play.written("pilots.2", "failed", changed=False))
    play.on(play.written("pilots.1"))
    play.on(play.retry(SAM))
    found = play.preflighted(readings=play.held(pilots_1="other"), standings=play.rotation.standings)
    play.on(found).expect("page", cause="target_drifted").in_phase("awaiting_approval")


def test_a_write_that_ends_while_it_is_settled_is_settled_as_it_is() -> None:
    play = applying(3)
    play.on(play.written("pilots.2", "failed", changed=False)).on(play.settle(SAM))
    old = play.held(pilots_1="old")
    before = play.rotation.standings
    play.on(play.written("pilots.1"))
    read = play.read("settle").model_copy(update={"readings": old, "standings": before})
    play.on(read).expect("read_targets", purpose="settle").in_phase("errored")
    play.on(play.read("settle").model_copy(update={"standings": play.rotation.standings})).in_phase("settled")
    assert "pilots.1=new" in play.rotation.end_detail


def test_a_pause_lets_what_is_under_way_end_and_a_resume_goes_on() -> None:
    play = applying(2)
    play.on(play.pause(ALICE)).on(play.written("pilots.1")).never("apply_target")
    play.on(play.written("pilots.2")).never("apply_target")
    play.on(play.resume(ALICE)).expect("preflight")
    play.on(play.preflighted())
    assert asked(play) == ["pilots.3", "pilots.4"]


def test_going_back_restores_what_was_written_and_what_was_under_way() -> None:
    play = applying(3)
    play.on(play.written("pilots.1"))
    play.on(play.roll_back(ALICE))
    restored = [effect.target for effect in play.effects if effect.kind == "restore_target"]
    assert sorted(restored) == ["pilots.1", "pilots.2", "pilots.3", "pilots.4"]


def tenants(*restart: str, parallel: int = 3) -> StagePlan:
    block = Command.model_validate(
        {
            "kind": "command",
            "read": ["tenant", "get", "{tenant}"],
            "write": ["tenant", "set", "{tenant}", "{value}"],
            "restart": restart,
            "time_limit": timedelta(seconds=1),
        }
    )
    targets = block.plans("pilots.1", variable=None, tenants=tuple("abcdef"))
    return stage("pilots").model_copy(update={"targets": targets, "parallel": parallel})


def test_rows_beside_each_other_are_filled_in_turn() -> None:
    assert list(rows_of(tenants()).values()) == [0, 1, 2, 0, 1, 2]
    assert set(rows_of(tenants(parallel=1)).values()) == {0}


def test_what_shares_a_restart_stands_in_one_row() -> None:
    assert set(rows_of(tenants("reload")).values()) == {0}
    assert list(rows_of(tenants("reload", "{tenant}")).values()) == [0, 1, 2, 0, 1, 2]
