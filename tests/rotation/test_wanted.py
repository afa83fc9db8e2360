"""What has waited its turn in the outbox and is of no use, or wrong, by now."""

from bot.rotation.effects import ApplyTarget, Effect, Lane, PostTimeline, Preflight, UpdateQuestion, lane_of
from bot.rotation.evidence import Verdict
from bot.rotation.model.questions import Choice
from bot.rotation.wanted import still_wanted
from tests.rotation.cast import BOB, SAM
from tests.rotation.play import EFFECT, Play, begun


def last(play: Play, kind: str) -> Effect:
    return next(effect for effect in reversed(play.effects) if effect.kind == kind)


def wanted(play: Play, effect: Effect) -> bool:
    return still_wanted(play.rotation, effect)


def test_a_write_is_wanted_only_while_its_attempt_is_applied() -> None:
    play = begun().to_request(1)
    play.on(play.approve(BOB)).on(play.preflighted())
    write = last(play, "apply_target")
    assert isinstance(write, ApplyTarget)
    assert wanted(play, write)
    assert not wanted(play, write.model_copy(update={"attempt": 2}))
    play.on(play.pause())
    assert not wanted(play, write)
    play.on(play.resume())
    assert not wanted(play, write)  # what was found before the pause says nothing now
    play.on(play.preflighted())
    assert wanted(play, write)
    play.on(play.written("pilots.1"))
    assert not wanted(play, write)
    other = last(play, "apply_target")
    play.on(play.roll_back())
    assert not wanted(play, other)


def test_a_look_before_the_change_is_wanted_once() -> None:
    play = begun().to_request(1)
    play.on(play.approve(BOB))
    look = last(play, "preflight")
    assert isinstance(look, Preflight)
    assert wanted(play, look)
    assert not wanted(play, look.model_copy(update={"stage": 2}))
    play.on(play.preflighted())
    assert not wanted(play, look)


def test_restores_are_wanted_until_they_are_done() -> None:
    play = begun().to_baking(0)
    play.on(play.roll_back())
    restore = last(play, "restore_target")
    assert wanted(play, restore)
    play.on(play.restored("staging"))
    assert not wanted(play, restore)


def test_traffic_is_looked_for_only_while_it_is_waited_for() -> None:
    play = begun().to_request(1)
    play.on(play.approve(BOB)).on(play.preflighted()).on(play.written("pilots.1")).on(play.written("pilots.2"))
    check = last(play, "check_traffic")
    assert wanted(play, check)
    play.on(play.traffic())
    assert not wanted(play, check)
    play.on(play.roll_back())
    for name in ("pilots.1", "pilots.2", "staging"):
        play.on(play.restored(name))
    back = last(play, "check_traffic")
    assert wanted(play, back)
    play.on(play.traffic_back(1))
    assert not wanted(play, back)


def test_looks_are_wanted_in_their_order_while_somebody_watches() -> None:
    play = begun()
    look = begun().to_baking(0).after(minutes=10)
    look.on(look.timer("look"))
    effect = last(look, "take_look")
    assert not wanted(play, effect)
    assert wanted(look, effect)
    look.on(look.looked())
    assert not wanted(look, effect)
    look.after(minutes=10).on(look.timer("look"))
    effect = last(look, "take_look")
    look.on(look.roll_back())
    assert not wanted(look, effect)


def test_reading_and_verifying_are_wanted_while_they_are_waited_for() -> None:
    play = begun()
    start = last(play, "read_targets")
    assert wanted(play, start)
    play.on(play.read())
    assert not wanted(play, start)
    play = begun().to_baking(0)
    play.on(play.roll_back()).on(play.settle())
    settle = last(play, "read_targets")
    assert wanted(play, settle)
    play.on(play.retry())
    assert not wanted(play, settle)
    play = begun().to_verifying()
    verify = last(play, "verify")
    assert wanted(play, verify)
    play.on(play.pause())
    assert not wanted(play, verify)


def test_messages_are_always_wanted_and_questions_as_long_as_they_are_known() -> None:
    play = begun().to_baking(1).look_due().look_due(Verdict.INCONCLUSIVE)
    asked = play.decision
    play.on(play.decide(SAM, Choice.GO_ON, "fine"))
    assert wanted(play, UpdateQuestion(question=asked))
    assert not wanted(play, UpdateQuestion(question="R41-Q1"))
    assert wanted(play, PostTimeline(code="look", number=1))


def test_every_effect_has_a_lane_and_no_lane_waits_for_chat() -> None:
    play = begun().to_completed()
    play.on(play.roll_back())
    assert lane_of(last(play, "restore_target")) is Lane.TARGET
    assert {lane_of(effect) for effect in play.effects} == {Lane.TARGET, Lane.CHAT, Lane.TIMER}
    kinds = EFFECT.json_schema()["discriminator"]["mapping"]
    assert {lane_of(EFFECT.validate_python({"kind": kind, **FIELDS.get(kind, {})})) for kind in kinds} == {
        lane for lane in Lane if lane is not Lane.COMPARISON
    }


FIELDS: dict[str, dict[str, object]] = {
    "read_targets": {"purpose": "start", "number": 1},
    "preflight": {"stage": 0, "attempt": 1, "number": 1},
    "apply_target": {"stage": 0, "attempt": 1, "target": "a", "expected": None, "value": "b"},
    "restore_target": {"target": "a", "expected": "b", "value": None},
    "check_traffic": {
        "stage": 0,
        "attempt": 1,
        "model": "a",
        "back": False,
        "since": "2026-03-02T12:00:00Z",
        "number": 1,
    },
    "take_look": {
        "stage": 0,
        "attempt": 1,
        "number": 1,
        "window_start": "2026-03-02T12:00:00Z",
        "window_end": "2026-03-02T12:10:00Z",
        "final": False,
    },
    "prove_way_back": {"number": 1},
    "verify": {"number": 1},
    "post_question": {"question": "Q", "number": 1},
    "update_question": {"question": "Q"},
    "post_wish": {"wish": "R43", "number": 1},
    "update_wish": {"wish": "R43"},
    "post_timeline": {"code": "look", "number": 1},
    "post_summary": {"code": "completed", "number": 1},
    "page": {"cause": "held", "number": 1},
    "set_timer": {"name": "look", "due": "2026-03-02T12:00:00Z"},
    "clear_timer": {"name": "look"},
}
