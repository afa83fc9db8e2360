"""What each command is answered, and that a refused one changes nothing."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.engine.facade import Facade
from bot.engine.models.commands import Command, Spend
from bot.engine.models.notes import ReplyNote
from bot.engine.records import Commit
from bot.ports import OutsideError
from bot.rotation.model.rotation import Phase
from bot.wording.replies import reply_text
from bot.wording.text import plain
from tests.engine.world import CASES, FIN, GIL, MAX, MIA, NEW, OLD, OTHER, REX, RUNBOOK, SAM, World, world


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as found:
        yield found


async def told(here: World, command: Command) -> ReplyNote:
    """The whole answer to a command."""
    await here.asks(command)
    note = here.answered(command)
    assert note is not None
    return note


async def nothing_begun(here: World) -> None:
    assert await here.store.comparisons() == []
    assert await here.store.ledger_rows() == []
    assert here.provider.asked == []
    assert here.room.said == {}


# ---- diff


async def test_an_unknown_model_setting_is_answered_with_the_nearest(here: World) -> None:
    note = await told(here, here.diff_command(slot="chatt"))
    assert (note.code, note.facts) == ("unknown_slot", {"slot": "chatt", "known": ["chat"], "nearest": "chat"})
    await nothing_begun(here)


@pytest.mark.parametrize(("who", "code"), [(REX, "not_entitled"), (GIL, "no_guests")])
async def test_who_may_not_compare_is_told_the_rule_and_the_channel(who: str, code: str, here: World) -> None:
    note = await told(here, here.diff_command(who))
    assert (note.code, note.facts["channel"]) == (code, "model-rotation")
    await nothing_begun(here)


@pytest.mark.parametrize("text", ["", "cases: []\n", "cases: [{id: a}]\n", "name: [", "no mapping"])
async def test_a_broken_suite_is_said_before_money_is_spent(text: str, here: World) -> None:
    (here.folder / "chat.suite.yml").write_text(text, encoding="utf-8")
    note = await told(here, here.diff_command())
    assert note.code == "suite_broken"
    assert "chat.suite.yml" in str(note.facts["problems"])
    await nothing_begun(here)


async def test_a_suite_that_is_gone_is_said(here: World) -> None:
    (here.folder / "chat.suite.yml").unlink()
    note = await told(here, here.diff_command())
    assert note.code == "suite_broken"
    assert "No such file" in str(note.facts["problems"])


async def test_targets_that_disagree_are_listed(here: World) -> None:
    here.disk.values["/app/pilots.env"] = OTHER
    here.disk.values["/app/global.env"] = None
    note = await told(here, here.diff_command())
    assert note.code == "targets_disagree"
    assert note.facts["targets"] == [
        f"MODEL in /app/staging.env: {OLD}",
        f"MODEL in /app/pilots.env: {OTHER}",
        "MODEL in /app/global.env: not set",
    ]
    await nothing_begun(here)


async def test_a_target_that_cannot_be_read_is_told_with_its_reason(here: World) -> None:
    here.disk.breaks("read", OutsideError("permission denied", whose="platform", again=False), times=1)
    here.disk.breaks("read", OutsideError("permission denied", whose="platform", again=False))
    note = await told(here, here.diff_command())
    assert note.code == "targets_disagree"
    assert "MODEL in /app/staging.env: permission denied" in str(note.facts["targets"])


async def test_the_current_model_is_no_candidate(here: World) -> None:
    note = await told(here, here.diff_command(candidate=OLD))
    assert (note.code, note.facts) == ("comparison_candidate_is_current", {"candidate": OLD})
    await nothing_begun(here)


async def test_a_comparison_that_runs_is_named_and_another_candidate_may_run_beside_it(here: World) -> None:
    await here.engine.submit(here.diff_command())
    await here.engine.submit(here.diff_command(MAX))
    beside = here.diff_command(SAM, OTHER)
    await here.engine.submit(beside)
    await here.settle()
    codes = sorted(note.code for _, note in here.room.replies)
    assert codes == ["diff_running", "diff_started", "diff_started"]
    assert {one.candidate.id for one in await here.store.comparisons()} == {NEW, OTHER}


async def test_a_day_s_budget_that_is_spent_ends_until_a_day_has_passed(here: World) -> None:
    assert await here.diff() == "diff_started"
    first = await here.comparison()
    spent = first.model_copy(update={"id": "D2", "status": "errored", "spent_usd": 25.0, "report": None})
    await here.store.commit(Commit(at=here.clock.now(), comparison=spent))
    note = await told(here, here.diff_command(candidate=OTHER))
    assert (note.code, note.facts["limit"]) == ("diff_over_budget", 25.0)
    here.clock.at += timedelta(hours=24, seconds=1)
    assert await here.diff(candidate=OTHER) == "diff_started"


async def test_a_run_spends_no_more_than_what_is_left_of_the_day(here: World) -> None:
    assert await here.diff() == "diff_started"
    first = await here.comparison()
    spent = first.model_copy(update={"id": "D2", "status": "errored", "spent_usd": 23.5, "report": None})
    await here.store.commit(Commit(at=here.clock.now(), comparison=spent))
    left = 25.0 - 23.5 - (first.spent_usd or 0.0)
    assert await here.diff(candidate=OTHER) == "diff_started"
    ended = await here.comparison("D3")
    assert ended.report is not None
    assert "what was left of the day's budget" in ended.report.reason
    assert 0 < (ended.spent_usd or 0.0) <= left + 1e-9


async def test_a_key_in_a_reason_is_kept_nowhere(here: World) -> None:
    key = "sk-or-v1-0123456789abcdef0123456789"
    assert await here.diff(reason=f"see {key}") == "diff_started"
    assert (await here.comparison()).reason == "see •••"
    assert key.encode() not in b"".join(path.read_bytes() for path in here.folder.glob("rotate.db*"))


async def test_asking_again_does_not_make_old_answers_young(here: World) -> None:
    assert await here.diff() == "diff_started"
    asked = len(here.provider.asked)
    here.clock.at += timedelta(days=6)
    assert await here.diff() == "diff_started"  # nothing is asked anew: it is the same run
    assert len(here.provider.asked) == asked
    first, again = [(await here.comparison(name)).report for name in ("D1", "D2")]
    assert first is not None
    assert again is not None
    assert again.digest() == first.digest()
    here.clock.at += timedelta(days=2)
    assert await here.promote(subject="D2") == "comparison_too_old"


async def test_answers_that_are_too_old_to_promote_on_are_asked_for_anew(here: World) -> None:
    assert await here.diff() == "diff_started"
    asked = len(here.provider.asked)
    here.clock.at += timedelta(days=8)
    assert await here.diff() == "diff_started"
    assert len(here.provider.asked) == 2 * asked
    assert await here.promote(subject="D2") == "rotation_begun"


# ---- diff, before anything is spent


@pytest.mark.parametrize(("price", "usd"), [(0.02, 2.4), (None, None)])
async def test_a_dear_comparison_or_one_of_unknown_cost_waits_for_a_yes(
    price: float | None, usd: float | None, here: World
) -> None:
    here.provider.price_usd = price
    note = await told(here, here.diff_command(reason="cheaper"))
    assert note.code == "diff_estimate"
    assert (note.facts["calls"], note.facts["usd"], note.facts["most_usd"]) == (2 * CASES, usd, 5.0)
    assert (await here.comparison()).status == "asked"
    assert (here.provider.asked, here.room.said) == ([], {})

    assert await here.spend() == "diff_started"
    ended = await here.comparison()
    assert (ended.status, ended.reason, ended.requester.id) == ("finished", "cheaper", MIA)
    assert await here.events("D1") == ["comparison_asked", "comparison_begun", "comparison_finished"]
    assert await here.spend() == "diff_begun_already"


async def test_what_a_comparison_would_take_is_foreseen_without_beginning_anything(here: World) -> None:
    here.provider.price_usd = 0.02
    facade = Facade(here.engine)
    note = await facade.foreseen(here.diff_command())
    await nothing_begun(here)
    asked = await told(here, here.diff_command())
    assert (note.code, asked.code) == ("diff_foreseen", "diff_estimate")
    assert {**note.facts, "comparison": "D1"} == asked.facts
    said = plain(reply_text(note.code, note.facts))
    assert f"{NEW} takes {2 * CASES} calls" in said
    assert f"{CASES} cases" in said


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ({"slot": "chatt"}, "unknown_slot"),
        ({"candidate": OLD}, "comparison_candidate_is_current"),
        ({"who": REX}, "not_entitled"),
    ],
)
async def test_why_a_comparison_cannot_begin_is_foreseen_too(here: World, command: dict[str, str], code: str) -> None:
    assert (await Facade(here.engine).foreseen(here.diff_command(**command))).code == code
    await nothing_begun(here)


async def test_a_yes_is_checked_like_the_command_it_is_for(here: World) -> None:
    here.provider.price_usd = None
    assert await here.diff() == "diff_estimate"
    assert await here.spend(REX) == "not_entitled"
    here.disk.values["/app/pilots.env"] = OTHER
    assert await here.spend(MAX) == "targets_disagree"
    assert here.provider.asked == []
    assert (await here.comparison()).status == "asked"
    here.disk.values = dict.fromkeys(here.disk.values, OTHER)  # another model is live by now
    assert await here.spend(MAX) == "diff_started"
    assert (await here.comparison()).current.id == OTHER


async def test_two_yeses_at_once_begin_one_comparison(here: World) -> None:
    here.provider.price_usd = None
    assert await here.diff() == "diff_estimate"
    for who in (MIA, MAX):
        await here.engine.submit(Spend.model_validate({**here._asked(who), "comparison": "D1"}))
    await here.settle()
    codes = sorted(note.code for _, note in here.room.replies)
    assert codes == ["diff_begun_already", "diff_estimate", "diff_started"]
    assert len(here.provider.asked) == 2 * CASES


async def test_what_waits_for_a_yes_can_be_ended_without_a_word_in_the_channel(here: World) -> None:
    here.provider.price_usd = None
    assert await here.diff() == "diff_estimate"
    assert await here.steer("abort", MIA, "D1") == "aborted_comparison"
    assert await here.spend() == "diff_begun_already"
    assert await here.promote() == "comparison_not_finished"
    assert (here.provider.asked, here.room.said) == ([], {})


# ---- promote


@pytest.mark.parametrize("subject", ["R9", "D9", "chta", "nonsense"])
async def test_an_unknown_subject_is_answered_with_what_there_is(subject: str, here: World) -> None:
    for command in (here.promote_command(MIA, subject), here.steering("pause", subject=subject)):
        note = await told(here, command)
        assert (note.code, note.facts["subject"]) == ("unknown_subject", subject)
    assert await here.store.ledger_rows() == []


async def test_a_setting_without_a_comparison_cannot_be_promoted(here: World) -> None:
    assert (await told(here, here.promote_command(MIA, "chat"))).code == "no_comparison"
    assert (await told(here, here.steering("pause", subject="chat"))).facts == {"slot": "chat", "verb": "pause"}


async def test_an_unfinished_comparison_cannot_be_promoted(here: World) -> None:
    await here.diff()
    over = {"status": "errored", "id": "D2", "report": None}
    await here.store.commit(Commit(at=here.clock.now(), comparison=(await here.comparison()).model_copy(update=over)))
    note = await told(here, here.promote_command(MIA, "D2"))
    assert (note.code, note.facts) == ("comparison_not_finished", {"comparison": "D2"})
    assert await here.store.rotations() == []


async def test_a_setting_is_promoted_by_its_newest_finished_comparison_whatever_the_letters_case(here: World) -> None:
    await here.diff()
    await here.diff(candidate=OTHER)
    note = await told(here, here.promote_command(MIA, "chat"))
    assert (note.code, (await here.rotation()).models.candidate.id) == ("rotation_begun", OTHER)
    assert (await told(here, here.promote_command(MIA, "d1"))).code == "queued"


async def test_what_changed_since_the_comparison_is_seen_before_anything_is_written(here: World) -> None:
    await here.diff()
    here.disk.values["/app/pilots.env"] = OTHER
    assert await here.promote() == "targets_disagree"
    here.disk.values = dict.fromkeys(here.disk.values, OTHER)
    before = len(here.room.said)
    note = await told(here, here.promote_command())
    assert note.code == "comparison_spent"
    said = plain(reply_text(note.code, note.facts))
    assert f"D1 compared {NEW} with {OLD}, which is not what is live" in said
    assert f"MODEL in /app/pilots.env: {OTHER}" in said
    assert (await here.store.rotations(), here.disk.log, len(here.room.said)) == ([], [], before)


async def test_who_may_not_promote_begins_nothing(here: World) -> None:
    await here.diff()
    for who, code in ((REX, "not_entitled"), (GIL, "no_guests")):
        assert await here.promote(who) == code
    assert await here.store.rotations() == []


async def test_a_comparison_that_is_too_old_is_refused(here: World) -> None:
    await here.diff()
    here.clock.at += timedelta(days=8)
    assert await here.promote() == "comparison_too_old"


# ---- steering, answering


async def test_nobody_approves_twice_their_own_or_without_being_asked(here: World) -> None:
    await here.to_pilots_question()
    assert await here.answer("approve", MIA) == "own_request"
    assert await here.answer("approve", FIN) == "not_entitled"
    before = here.holds()
    assert await here.answer("approve", MAX) == "accepted"
    await here.later(seconds=30)
    assert await here.answer("approve", MAX) == "already_decided"
    assert before == {"staging": NEW, "pilots": OLD, "global": OLD}


async def test_a_refused_click_stands_in_the_ledger_and_moves_nothing(here: World) -> None:
    await here.to_pilots_question()
    before = await here.rotation()
    assert await here.answer("approve", REX) == "not_entitled"
    assert await here.rotation() == before
    assert (await here.events())[-1] == "refused"


async def test_pause_resume_and_back(here: World) -> None:
    await here.to_pilots_bake()
    assert await here.steer("pause", MIA) == "accepted"
    assert await here.phase() is Phase.PAUSED
    assert await here.steer("pause", MIA) == "already_paused"
    assert await here.steer("resume", MIA) == "accepted"
    assert await here.phase() is Phase.BAKING
    assert await here.steer("roll_back", FIN, subject="chat") == "accepted"
    await here.later(minutes=15)
    assert await here.phase() is Phase.ROLLED_BACK
    assert here.holds() == {"staging": OLD, "pilots": OLD, "global": OLD}
    assert await here.steer("roll_back", FIN) == "already_ended"


async def test_a_running_comparison_can_be_stopped_and_asked_for_again(here: World) -> None:
    here.provider.door.clear()
    await here.engine.submit(here.diff_command())
    while not here.provider.at_the_door:
        await here.engine.turn()
    for who, code in ((REX, "not_entitled"), (MAX, "aborted_comparison")):
        command = here.steering("abort", who, "D1")
        await here.engine.submit(command)
        while (note := here.answered(command)) is None:
            await here.engine.turn()
        assert note.code == code
    await here.settle()
    stopped = await here.comparison()
    assert (stopped.status, stopped.problem, stopped.report) == ("aborted", "stopped by max", None)
    assert (here.provider.at_the_door, here.provider.asked) == (0, [])
    here.provider.door.set()
    assert await here.diff() == "diff_started"
    assert (await here.comparison("D2")).status == "finished"
    for verb, name in (("abort", "D1"), ("abort", "D2"), ("pause", "D2")):
        assert await here.steer(verb, MAX, name) == "nothing_to_abort"


async def test_an_escalation_nobody_knows_cannot_be_taken(here: World) -> None:
    assert await here.acknowledge(SAM, "E9") == "unknown_subject"


async def test_what_is_asked_before_spending_is_about_what_is_still_to_be_spent(tmp_path: Path) -> None:
    small = RUNBOOK.replace("slots:", "comparison: {max_usd: 2, max_usd_per_day: 2.5, ask_above_usd: 0}\nslots:")
    async with world(tmp_path, runbook=small) as w:
        first = w.diff_command()
        assert await w.asks(first) == "diff_estimate"
        asked = w.answered(first)
        assert asked is not None
        assert (asked.facts["calls"], asked.facts["most_usd"]) == (2 * CASES, 2)
        assert await w.spend() == "diff_started"
        await w.settle()
        spent = (await w.comparison()).spent_usd
        assert spent is not None
        again = w.diff_command(fresh=False)
        await w.asks(again)
        told = w.answered(again)
        assert told is not None
        assert told.facts["calls"] == 0
        assert told.facts["most_usd"] == pytest.approx(2.5 - spent)
        anew = w.diff_command(candidate=OTHER)
        await w.asks(anew)
        told = w.answered(anew)
        assert told is not None
        assert told.facts["calls"] == 2 * CASES
