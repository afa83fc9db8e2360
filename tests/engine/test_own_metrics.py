"""What is stored, as figures of the bot itself: whether what is watched is looked at in time, and what waits."""

import re
from datetime import datetime, timedelta

import pytest

from bot.engine.own_metrics import EVERY, METRICS, OLDEST, OVERDUE, ROTATION, WAITING, Metric, of_effects, of_rotations
from bot.engine.records import Backlog
from bot.rotation.model.rotation import Phase, Rotation
from tests.rotation.cast import EVERY as PLANNED
from tests.rotation.cast import NOON
from tests.rotation.play import Play, begun
from tests.rotation.stories import in_phase

PILOTS = ("chat", "R42", "pilots")


def told(metric: Metric, now: datetime, *rotations: Rotation) -> dict[tuple[str, ...], float]:
    return {one.labels: one.value for one in of_rotations(rotations, now) if one.metric is metric}


def due(play: Play) -> datetime:
    return play.rotation.watched.next_window[1]


def test_a_look_that_is_not_due_yet_is_not_overdue() -> None:
    play = begun().to_baking(1)
    for now in (due(play) - PLANNED, due(play) - timedelta(seconds=1), due(play)):
        assert told(OVERDUE, now, play.rotation) == {PILOTS: 0}
    assert told(EVERY, due(play), play.rotation) == {PILOTS: PLANNED.total_seconds()}


def test_a_look_is_overdue_from_the_end_of_its_window_until_it_was_taken() -> None:
    play = begun().to_baking(1)
    end = due(play)
    assert told(OVERDUE, end + timedelta(seconds=90), play.rotation) == {PILOTS: 90}
    play.at = end
    play.on(play.timer("look")).expect("take_look")
    assert told(OVERDUE, end + timedelta(seconds=90), play.rotation) == {PILOTS: 90}
    play.on(play.looked())
    assert told(OVERDUE, end + timedelta(seconds=90), play.rotation) == {PILOTS: 0}


def test_looks_that_come_further_apart_while_a_question_waits_are_due_by_their_own_gap() -> None:
    play = begun().to_request(1)
    for _ in range(4):
        play.look_due()
    found = told(EVERY, play.at, play.rotation)
    assert found == {("chat", "R42", "staging"): (due(play) - play.at).total_seconds()}
    assert found[("chat", "R42", "staging")] > PLANNED.total_seconds()


@pytest.mark.parametrize("phase", [*Phase])
def test_only_a_stage_that_is_live_and_watched_can_be_overdue(phase: Phase) -> None:
    rotation = in_phase(phase).rotation
    found = told(OVERDUE, NOON + timedelta(days=30), rotation)
    watched = {
        *(Phase.AWAITING_APPROVAL, Phase.SCHEDULED, Phase.APPLYING, Phase.BAKING, Phase.AWAITING_DECISION),
        *(Phase.VERIFYING, Phase.PAUSED, Phase.ERRORED),
    }
    assert bool(found) == (phase in watched), found
    assert found.keys() == told(EVERY, NOON, rotation).keys()
    assert all(overdue > 0 for overdue in found.values())


def test_nothing_is_watched_before_the_first_stage_was_changed() -> None:
    for play in (begun(), begun(blocked_by="R41"), begun().on(begun().read())):
        assert told(OVERDUE, NOON + timedelta(days=1), play.rotation) == {}


def test_the_stage_before_is_watched_while_the_next_one_is_applied() -> None:
    rotation = in_phase(Phase.APPLYING).rotation
    assert told(ROTATION, NOON, rotation) == {("chat", "R42", "applying", "pilots"): 1}
    assert [*told(OVERDUE, NOON, rotation)] == [("chat", "R42", "staging")]


@pytest.mark.parametrize("phase", [*Phase])
def test_a_rotation_is_told_of_with_where_it_is_until_it_has_ended(phase: Phase) -> None:
    rotation = in_phase(phase).rotation
    stage = rotation.stage_plan.name
    wanted = {} if rotation.ended else {("chat", "R42", phase.value, stage): 1}
    assert told(ROTATION, NOON, rotation) == wanted


def test_every_lane_says_what_it_has_to_do_also_when_that_is_nothing() -> None:
    oldest = {"chat": NOON - timedelta(minutes=20), "again": NOON + timedelta(seconds=1)}
    samples = [*of_effects([Backlog(lane, 3, at) for lane, at in oldest.items()], NOON)]
    waiting = {one.labels[0]: one.value for one in samples if one.metric is WAITING}
    idle = dict.fromkeys(("target", "preflight", "look", "page", "comparison", "timer"), 0)
    assert waiting == idle | {"chat": 3, "again": 3}
    age = {one.labels[0]: one.value for one in samples if one.metric is OLDEST}
    assert {lane: seconds for lane, seconds in age.items() if seconds} == {"chat": 1200}
    assert age.keys() == waiting.keys()


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_names_keep_to_the_conventions(metric: Metric) -> None:
    assert re.fullmatch(r"rotate_[a-z_]+_(seconds|info|waiting|connected|success)", metric.name)
    assert all(re.fullmatch(r"[a-z]+", label) for label in metric.labels)
