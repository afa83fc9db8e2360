"""The card of a watched stage: how much was seen, a line a check, and nothing of what nobody measures."""

from datetime import timedelta

from bot.rotation.evidence import CheckResult, Dimension, Verdict
from bot.wording.text import plain
from bot.wording.watching import watched_lines
from tests.handlers import scenes


def test_how_much_was_seen_and_what_each_check_said() -> None:
    lines = plain(watched_lines(scenes.pilots_watched())).splitlines()
    assert lines[0].endswith(": 50 min of 4 h seen")
    assert lines[1] == "✅ errors: new 0.9 %, old 0.8 % (+0.1 points)"
    assert not [line for line in lines if "invalid tool calls" in line]  # nobody measures them


def test_what_was_not_counted_and_how_much_of_the_cycle() -> None:
    rotation = scenes.looked(
        scenes.looked(scenes.pilots_watched(), counted=False, verdict=Verdict.INCONCLUSIVE), cycle_seen=5, cycle_of=24
    )
    first = plain(watched_lines(rotation)).splitlines()[0]
    assert first.endswith("1 h of 4 h seen, 1 of 7 checks not counted, 5 of 24 parts of the traffic cycle")


def test_a_number_held_against_its_limit_alone() -> None:
    bill = CheckResult(name="bill", dimension=Dimension.COST, verdict=Verdict.PASS, unit="USD", candidate=812.4)
    rotation = scenes.looked(scenes.pilots_watched(), checks=(bill,))
    assert plain(watched_lines(rotation)).splitlines()[1] == "✅ bill: $812.40"


def test_words_of_one_s_own() -> None:
    ill = {"verdict": Verdict.INCONCLUSIVE, "reason": "unhealthy", "rule": "unhealthy 1/1: degraded"}
    words = (
        CheckResult.model_validate({"name": "gateway", "dimension": Dimension.HEALTH, **ill}),
        CheckResult(
            name="fallbacks", dimension=Dimension.ATTRIBUTION, verdict=Verdict.PASS, unit="share", candidate=0.0
        ),
    )
    lines = plain(watched_lines(scenes.looked(scenes.pilots_watched(), checks=words))).splitlines()
    assert lines[1:] == [
        "❔ gateway: not healthy at 1 of 1 check; it said “degraded”",
        "✅ fallbacks: as it should be",
    ]


def test_before_the_first_check_and_after_the_end_there_is_nothing() -> None:
    rotation = scenes.pilots_watched()
    assert rotation.bake is not None
    fresh = rotation.bake.model_copy(update={"looks": (), "taken": 0, "counted": 0, "watched": timedelta()})
    assert watched_lines(rotation.model_copy(update={"bake": fresh})) == ()
    assert watched_lines(scenes.rolling_back()) == ()
    assert watched_lines(scenes.completed()) == ()
