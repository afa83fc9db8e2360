"""Going back is spoken of by the model it leads to: before, under way, and after it is over."""

import pytest
from pydantic import JsonValue

from bot.engine.models.notes import CardNote
from bot.rotation.events import RollBack
from bot.rotation.model.rotation import Phase, Rotation
from bot.wording.cards import card_text
from bot.wording.summaries import summary_text
from bot.wording.text import plain, plain_line
from bot.wording.timeline import timeline_line
from handlers.blocks.steering import back_to
from tests.handlers import scenes
from tests.handlers.scenes import BACK, OLD


def named(rotation: Rotation) -> Rotation:
    """The same, where the old model is gone and another was named to go back to."""
    return rotation.model_copy(update={"models": scenes.models(restore_named=True)})


def card(rotation: Rotation) -> str:
    return plain(card_text(CardNote(rotation=rotation, now=scenes.T0, actions=())))


def test_places_that_got_the_named_model_are_not_said_to_have_the_old_one_again() -> None:
    facts: dict[str, JsonValue] = {"targets": 1, "model": BACK, "named": True}
    said = plain_line(timeline_line("restored", facts))
    assert said.startswith(f"↩️ 1 place set to {BACK}, because the old model is no longer usable. Waiting until")
    assert said.endswith("answered by it")
    again = plain_line(timeline_line("restored", {**facts, "model": OLD, "named": False}))
    assert again == f"↩️ 1 place restored. Waiting until requests are answered by {OLD} again"
    assert "the old model again" in plain_line(timeline_line("restored", {"targets": 1}))  # an older release's row


def test_the_thread_is_told_which_model_it_goes_back_to() -> None:
    rotation = named(scenes.rolling_back())
    restored = scenes.restored(rotation)
    assert restored.rollback is not None
    assert restored.rollback.restored_at is not None
    assert f"Going back to {BACK} because" in card(rotation)
    assert "Set to it; waiting until pilots is answered by it" in card(restored)
    assert "old model again" not in card(restored)


def test_a_card_does_not_say_it_is_held_while_it_goes_back() -> None:
    held = scenes.held()
    assert "Held since" in card(held)
    back = scenes.moved(held, RollBack(at=scenes.later(held), actor=scenes.MAX, reason="enough"))
    assert back.phase is Phase.ROLLING_BACK
    assert "Held since" not in card(back)


@pytest.mark.parametrize(
    ("rotation", "said", "never"),
    [
        (scenes.pilots_watched(), f"going back writes {BACK}", "going back wrote"),
        (scenes.completed(), f"going back writes {BACK}", "going back wrote"),
        (scenes.rolled_back(), f"going back wrote {BACK}", "going back writes"),
        (scenes.rejected(), "Rejected", "going back writes"),
    ],
)
def test_the_named_way_back_is_told_in_the_tense_it_has(rotation: Rotation, said: str, never: str) -> None:
    whole = card(named(rotation))
    assert said in whole
    assert never not in whole


def test_the_dialog_names_only_stages_that_were_changed() -> None:
    asked = scenes.pilots_asked()
    assert back_to(asked) == f"Back to {OLD} on staging. Needs no approval and begins at once."
    assert back_to(scenes.pilots_watched()) == (
        f"Back to {OLD} on staging, pilots (3 tenants). Needs no approval and begins at once."
    )


def test_an_end_that_nobody_confirmed_says_so_once() -> None:
    silent = scenes.rolled_back(seen=False)
    facts: dict[str, JsonValue] = {"cause": "asked", "by": "sam", "unconfirmed": "no_traffic", "model": OLD}
    assert plain(summary_text(silent, "rolled_back", facts)).count("unconfirmed") == 1
