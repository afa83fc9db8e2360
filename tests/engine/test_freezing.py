"""Freezes at work: what they hold and what they do not, and nothing of them is lost or comes twice."""

from datetime import datetime, timedelta
from pathlib import Path

from bot.engine.facade import Facade
from bot.engine.models.notes import CardNote, FreezeNote, QuestionNote, ReplyNote
from bot.ports import OutsideError
from bot.rotation.model.freezes import Freeze
from bot.rotation.model.rotation import Phase
from tests.engine.world import MAX, NEW, OLD, OTHER, RUNBOOK, SECOND_SLOT, World, world

NIGHTS = """\
freezes:
  - {name: nights, start: "18:00", end: "08:00", slots: [chat], stages: [pilots, global], reason: nobody watches}
"""


def frozen_in(note: ReplyNote | None) -> object:
    """The freeze that a private answer tells of."""
    frozen = note.facts.get("frozen") if note is not None else None
    return frozen.get("freeze") if isinstance(frozen, dict) else None


async def card(w: World, rotation: str = "R1") -> CardNote:
    notes = [n for n in w.room.notes("card") if isinstance(n, CardNote) and n.rotation.id == rotation]
    return notes[-1]


async def test_a_promotion_asked_for_while_frozen_is_told_so_at_once_and_begins_by_itself_when_it_is_over(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as w:
        assert await w.diff() == "diff_started"
        assert await w.freeze("all", "2h") == "freeze_set"
        promote = w.promote_command()
        assert await w.asks(promote) == "rotation_begun"
        assert frozen_in(w.answered(promote)) == "F1"
        await w.later(minutes=30)
        assert (await w.phase(), set(w.holds().values())) == (Phase.SCHEDULED, {OLD})
        shown = await card(w)
        assert shown.freeze is not None
        assert (shown.freeze.by, shown.freeze.reason) == ("sam", "year end")
        await w.later(hours=1, minutes=29)
        assert w.holds()["staging"] == OLD
        await w.later(minutes=2)
        assert w.holds()["staging"] == NEW
        assert (await card(w)).freeze is None


async def test_an_approved_stage_waits_for_the_end_and_comparing_watching_and_going_back_go_on(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        assert await w.freeze("global", "1d") == "freeze_set"
        looks = (await w.rotation()).watched.taken
        await w.later(hours=1, minutes=1)
        rotation = await w.rotation()
        assert (rotation.phase, rotation.watched.taken > looks) == (Phase.AWAITING_APPROVAL, True)
        (question,) = [
            n for n in w.room.notes("question") if isinstance(n, QuestionNote) and n.question == w.question().id
        ]
        assert question.freeze is not None
        approve = w.answering("approve")
        assert await w.asks(approve) == "accepted"
        assert frozen_in(w.answered(approve)) == "F1"
        assert (await w.phase(), w.holds()["global"]) == (Phase.SCHEDULED, OLD)
        assert await w.diff(candidate=OTHER) == "diff_started"
        await w.later(minutes=5)
        assert (await w.comparison("D2")).status == "finished"
        assert await w.steer("roll_back") == "accepted"
        await w.later(minutes=20)
        assert (await w.phase(), set(w.holds().values())) == (Phase.ROLLED_BACK, {OLD})


async def test_a_guardrail_that_fails_while_it_is_frozen_rolls_back(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        assert await w.freeze("all", "1d") == "freeze_set"
        w.traffic.slow.add(NEW)
        await w.later(hours=1)
        assert await w.phase() in {Phase.ROLLING_BACK, Phase.ROLLED_BACK}
        assert set(w.holds().values()) == {OLD}


async def test_lifted_early_it_begins_now_and_prolonged_it_is_put_off_again(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        assert await w.freeze("chat", "2h") == "freeze_set"
        assert await w.answer("approve") == "accepted"
        assert await w.freeze("chat", "5h", reason="") == "freeze_prolonged"
        await w.later(hours=4)
        assert (await w.phase(), w.holds()["pilots"]) == (Phase.SCHEDULED, OLD)
        put_off = (await w.rotation()).put_off
        assert put_off is not None
        assert (put_off.freeze, put_off.reason) == ("F1", "year end")
        assert await w.unfreeze("chat") == "freeze_lifted"
        await w.later(seconds=30)
        assert (await w.phase(), w.holds()["pilots"]) == (Phase.BAKING, NEW)
        assert [row.name for row in await w.store.ledger_rows("F1")] == [
            "freeze_set",
            "freeze_prolonged",
            "freeze_lifted",
        ]
        told = [n for n in w.room.notes("freeze") if isinstance(n, FreezeNote)]
        assert [(n.what, n.held) for n in told] == [("set", ("R1",)), ("prolonged", ("R1",)), ("lifted", ("R1",))]


async def test_the_runbooks_own_freeze_holds_by_the_calendar_and_ends_by_itself(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=RUNBOOK + NIGHTS) as w:
        w.clock.at += timedelta(hours=6)  # 18:00: staging is not in it
        await w.to_pilots_question()
        approve = w.answering("approve")
        assert await w.asks(approve) == "accepted"
        assert frozen_in(w.answered(approve)) == "nights"
        assert await w.unfreeze("nights") == "freeze_written"
        await w.later(hours=13)
        assert (await w.phase(), w.holds()["pilots"]) == (Phase.SCHEDULED, OLD)
        await w.later(hours=1)
        assert (await w.phase(), w.holds()["pilots"]) == (Phase.BAKING, NEW)


async def test_a_card_says_so_as_soon_as_the_runbooks_freeze_begins_and_no_longer_than_it_lasts(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=RUNBOOK + NIGHTS) as w:
        await w.to_pilots_question()
        assert (await card(w)).freeze is None
        await w.later(hours=5, minutes=50)
        shown = await card(w)
        assert shown.freeze is not None
        assert shown.freeze.freeze == "nights"
        await w.later(hours=14)
        assert (await card(w)).freeze is None


async def test_a_stage_that_is_being_changed_stops_before_its_next_place(tmp_path: Path) -> None:
    places = "{env_file: /app/pilots.env, restart: [reload, a]}, {env_file: /app/b.env, restart: [reload, b]}"
    one = "pilots:  {env_file: /app/pilots.env,  restart: [reload, pilots],"
    two = RUNBOOK.replace(one, f"pilots:  {{targets: [{places}],")
    async with world(tmp_path, runbook=two) as w:
        w.disk.values["/app/b.env"] = OLD
        await w.to_pilots_question()
        frozen = w.freezing("all", "2h")
        restart = w.disk.restart

        async def frozen_at_the_first(target: object) -> None:
            w.disk.restart = restart  # type: ignore[method-assign]
            await w.engine.submit(frozen)
            while not await w.store.freezes(w.clock.at):
                await w.engine.turn()
                await w.clock.sleep(0)
            await restart(target)  # type: ignore[arg-type]

        w.disk.restart = frozen_at_the_first  # type: ignore[method-assign]
        assert await w.answer("approve") == "accepted"
        await w.settle()
        rotation = await w.rotation()
        assert (rotation.phase, w.holds()["pilots"], w.holds()["b"]) == (Phase.SCHEDULED, NEW, OLD)
        answered = w.answered(frozen)
        assert answered is not None
        assert (answered.code, answered.facts["changing"]) == ("freeze_set", ["R1"])
        assert "put_off" in w.room.codes()
        await w.later(hours=2, minutes=1)
        assert (await w.phase(), w.holds()["b"]) == (Phase.BAKING, NEW)


async def test_two_that_overlap_hold_until_the_last_is_over(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        assert await w.freeze("chat", "2h") == "freeze_set"
        assert await w.freeze("pilots", "4h", who=MAX) == "freeze_set"
        assert await w.answer("approve") == "accepted"
        assert await w.unfreeze("chat") == "freeze_lifted"
        await w.later(hours=3)
        assert (await w.phase(), w.holds()["pilots"]) == (Phase.SCHEDULED, OLD)
        await w.later(hours=1, minutes=1)
        assert w.holds()["pilots"] == NEW


async def test_what_is_delivered_twice_happens_once_and_two_at_once_make_one(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        freeze = w.freezing("chat", "2h")
        await w.engine.submit(freeze)
        await w.engine.submit(freeze)
        other = w.freezing("chat", "2h", MAX)
        assert await w.asks(other) in {"freeze_standing", "freeze_set"}
        assert len(await w.store.freezes(w.clock.at)) == 1
        assert [row.name for row in await w.store.ledger_rows("F1")] == ["freeze_set"]


async def test_a_bot_that_was_away_over_the_end_begins_soon_after_or_asks_again(tmp_path: Path) -> None:
    for away, phase in ((2.5, Phase.BAKING), (4.0, Phase.AWAITING_APPROVAL)):
        folder = tmp_path / str(away)
        folder.mkdir()
        async with world(folder) as w:
            await w.to_pilots_question()
            assert await w.freeze("all", "2h") == "freeze_set"
            assert await w.answer("approve") == "accepted"
            assert await w.phase() is Phase.SCHEDULED
        w.clock.at += timedelta(hours=away)
        async with world(folder, outside=w) as again:
            await again.later(minutes=1)
            assert await again.phase() is phase
            assert (again.holds()["pilots"] == NEW) is (phase is Phase.BAKING)


async def test_a_freeze_that_was_accepted_is_in_force_after_a_death_before_anything_else_is_done(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        approve, freeze = w.answering("approve"), w.freezing("all", "2h")
        await w.store.accept(freeze, w.clock.at)
        await w.store.accept(approve, w.clock.at)
    async with world(tmp_path, outside=w) as again:
        await again.later(minutes=5)
        assert (await again.phase(), again.holds()["pilots"]) == (Phase.SCHEDULED, OLD)
        assert len(await again.store.freezes(again.clock.at)) == 1


async def test_freezes_that_cannot_be_read_hold_the_change_until_they_can(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_question()
        whole = w.store.freezes
        held: list[str | None] = []

        async def unreadable_at_first(at: datetime) -> list[Freeze]:
            if len(held) < 5:
                held.append(w.holds()["pilots"])
                raise OutsideError("the disk is gone", whose="sre", again=True)
            return await whole(at)

        w.engine.outside.store.freezes = unreadable_at_first  # type: ignore[method-assign]
        await w.engine.submit(w.answering("approve"))
        await w.settle()
        assert held == [OLD] * 5
        assert w.holds()["pilots"] == NEW


async def test_status_lists_what_holds_a_slot(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=RUNBOOK + SECOND_SLOT + NIGHTS) as w:
        assert await w.freeze("chat", "20h") == "freeze_set"
        facade = Facade(w.engine)
        chat, draft = (await facade.status()).slots
        assert [one.freeze for one in chat.freezes] == ["F1"]
        assert draft.freezes == ()
        assert [(one.freeze, one.in_force) for one in await facade.freezes()] == [("F1", True), ("nights", False)]
        await w.later(hours=7)
        assert [(one.freeze, one.in_force) for one in await facade.freezes()] == [("F1", True), ("nights", True)]


async def test_a_dry_run_changes_nothing_and_is_not_held(tmp_path: Path) -> None:
    async with world(tmp_path, dry_run=True) as w:
        assert await w.freeze("all", "3d") == "freeze_set"
        assert await w.diff() == "diff_started"
        assert await w.promote() == "rotation_begun"
        await w.later(minutes=30)
        assert await w.phase() is not Phase.SCHEDULED
