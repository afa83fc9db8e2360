"""The judge of the kill runs finds what it is there for: each wrong end by its own sentence, none in a right one."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.demo.play import End
from bot.demo.scenarios import CURRENT, GOOD, Scenario
from tests.kill.judge import problems
from tests.kill.points import Points, commit_name
from tests.kill.test_kills import dealt, distinct, spread
from tests.kill.world import Run

VALUES = {"pilots": [CURRENT, GOOD, CURRENT], "global": [CURRENT]}


def test_dying_between_two_things_is_the_same_as_dying_after_the_first() -> None:
    points = [
        "before a#1",
        "after a#1",
        "before b#1",
        "before c#1",
        "after b#1",
        "after c#1",
        "before a#2",
        "after a#2",
    ]
    kept = ["before a#1", "after a#1", "before c#1", "after b#1", "after c#1", "after a#2"]
    assert distinct(points) == kept
    assert spread(kept, 3) == ["after a#1", "after b#1", "after a#2"]


def test_each_run_gets_points_from_all_over_it_and_each_point_one_run() -> None:
    points = [f"p#{n}" for n in range(11)]
    hands = dealt(points, 4)
    assert hands == [points[0::3], points[1::3], points[2::3]]
    assert sorted(point for hand in hands for point in hand) == sorted(points)


def test_a_process_that_is_started_again_counts_on(tmp_path: Path) -> None:
    log = tmp_path / "points.log"
    for _ in range(2):
        points = Points(log)
        points.reach("a#b")
        points.reach("a#b")
    assert log.read_text(encoding="utf-8").splitlines() == ["a#b#1", "a#b#2", "a#b#3", "a#b#4"]


async def nothing(_play: object) -> None:
    """A story in which nobody does anything."""


FINE = Scenario(nothing, lambda _end: iter(()))
RIGHT = Run(
    end=End(record=[], files={}, before={}, messages=[], chain=""),
    failure="",
    journal=[
        {"kind": "restart", "stage": "pilots", "model": GOOD},
        {"kind": "file", "stage": "pilots", "value": GOOD},
        {"kind": "file", "stage": "pilots", "value": CURRENT},
    ],
    posts=["card", "request", "request (may be a repeat)"],
    points=[],
    deaths=1,
    conversation=[],
    owed=2,
    under_way=0,
    lost=1,
    report={"repeated_calls": 1, "calls": 480},
    cut_off_and_ended=(1, 480),
)


def test_a_right_end_has_no_problem() -> None:
    assert problems(RIGHT, FINE, VALUES) == []


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"failure": "max saw nothing"}, "max saw nothing"),
        ({"end": replace(RIGHT.end, chain="row 7 was edited")}, "row 7 was edited"),
        ({"journal": [*RIGHT.journal, RIGHT.journal[1]]}, "pilots went through"),
        ({"journal": [RIGHT.journal[1], RIGHT.journal[1], RIGHT.journal[2]]}, "pilots went through"),
        ({"journal": RIGHT.journal[:2]}, "pilots went through"),
        ({"journal": [*RIGHT.journal, {"kind": "file", "stage": "global", "value": GOOD}]}, "global went through"),
        ({"posts": [*RIGHT.posts, "card"]}, "3 messages were posted as new where 2 were owed"),
        ({"posts": [*RIGHT.posts, RIGHT.posts[2]]}, "repeated 2 times"),
        ({"posts": ["card"]}, "1 messages were posted where 2 were owed"),
        ({"cut_off_and_ended": (2, 480)}, "the report says 1, 480"),
    ],
)
def test_a_wrong_end_is_named(changed: dict[str, Any], found: str) -> None:
    (problem,) = problems(replace(RIGHT, **changed), FINE, VALUES)
    assert found in problem


def test_two_deaths_in_one_posting_are_two_repeats() -> None:
    twice = replace(RIGHT, posts=[*RIGHT.posts, RIGHT.posts[2]], lost=2)
    assert problems(twice, FINE, VALUES) == []


def test_a_scenario_s_own_end_counts() -> None:
    assert problems(RIGHT, replace(FINE, check=lambda _end: iter(["it was never completed"])), VALUES) == [
        "it was never completed"
    ]


@pytest.mark.parametrize(
    ("statements", "entries", "name"),
    [
        (["INSERT INTO snapshots VALUES (1)", "DELETE FROM snapshots WHERE at < 1"], [], ""),
        (["INSERT INTO facts VALUES ('alive_at', '2026') ON CONFLICT DO NOTHING"], [], ""),
        (["INSERT INTO facts VALUES ('last_E', '1')"], [], "commit of facts"),
        (
            ["SELECT 1", "UPDATE outbox SET state = 'done'", "INSERT OR REPLACE INTO timers VALUES (1)"],
            [],
            "commit of outbox+timers",
        ),
        (["UPDATE rotations SET phase = 1", "INSERT INTO ledger VALUES (1)"], ["approve"], "commit of approve"),
    ],
)
def test_a_commit_is_named_after_what_it_records_and_housekeeping_is_left_out(
    statements: list[str], entries: list[str], name: str
) -> None:
    assert commit_name(statements, entries) == name
