"""How long the way back has to last, and when it is known to be too short."""

from datetime import datetime, timedelta

from bot.rotation.corridor import closes_at, too_short, watched_until
from bot.rotation.events import WayBackChecked
from bot.rotation.model.rotation import Rotation
from tests.rotation.play import begun


def proven(rotation: Rotation, retires: datetime | None) -> Rotation:
    way_back = {"ok": True, "at": rotation.begun_at, "retires": retires}
    return Rotation.model_validate({**rotation.model_dump(), "way_back": way_back})


def test_what_is_still_to_be_watched_counts_and_what_is_over_does_not() -> None:
    asked = begun().to_request(1)
    staging, pilots, last = (stage.bake.length for stage in asked.rotation.plan.stages)
    assert staging > timedelta()
    assert watched_until(asked.rotation, asked.at) == asked.at + pilots
    corridor = asked.rotation.plan.way_back.open_after_completion
    assert closes_at(asked.rotation, asked.at) == asked.at + pilots + last + corridor
    watching = begun().to_baking(1).look_due()
    bake = watching.rotation.watched
    assert watched_until(watching.rotation, watching.at) == watching.at + (bake.planned - 1) * bake.every


def test_it_is_too_short_from_the_moment_the_model_is_gone_before_it_closes() -> None:
    play = begun().to_request(1)
    closes = closes_at(play.rotation, play.at)
    assert not too_short(play.rotation, play.at)
    assert not too_short(proven(play.rotation, closes), play.at)
    assert too_short(proven(play.rotation, closes - timedelta(seconds=1)), play.at)
    ended = begun().to_completed()
    assert not too_short(proven(ended.rotation, ended.at), ended.at)


def test_what_was_found_is_kept_with_the_retirement() -> None:
    play = begun().to_baking(1)
    retires = play.at + timedelta(days=3)
    play.on(WayBackChecked(at=play.at, ok=True, retires=retires))
    assert play.rotation.way_back is not None
    assert play.rotation.way_back.retires == retires
