"""The outbox and the timers: in order per subject and lane, one holder at a time, each key once."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.engine.records import Backlog, Claimed, Commit, LeaseLostError, Outcome, Timer, TimerMovedError, Wanted
from bot.store.store import SqliteStore
from tests.store.making import LEASE, NOW, claim, finish, keys, later, opened, want, wanted


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    async with opened(tmp_path / "rotate.db") as found:
        yield found


# ---- order


async def test_one_subject_and_lane_is_worked_off_in_order(store: SqliteStore) -> None:
    await want(store, wanted("a"), wanted("b"))
    await want(store, wanted("c"))
    for expected in ("a", "b", "c"):
        (only,) = await claim(store)
        assert only.key == expected
        assert await claim(store) == []
        await finish(store, only)
    assert await claim(store) == []


async def test_no_lane_and_no_subject_waits_for_another(store: SqliteStore) -> None:
    chat, target, other = wanted("chat"), wanted("target", lane="target"), wanted("other", subject="R2")
    await want(store, chat, wanted("chat-2"), target, wanted("target-2", lane="target"), other)
    assert keys(await claim(store)) == ["chat", "target", "other"]
    (held,) = [one for one in await claim(store, later(minutes=5)) if one.key == "target"]
    await finish(store, held)
    assert keys(await claim(store, later(minutes=5))) == ["target-2"]


async def test_a_postponed_one_waits_and_what_is_behind_it_with_it(store: SqliteStore) -> None:
    await want(store, wanted("a"), wanted("b"), wanted("c", lane="target"))
    first, _ = await claim(store)
    await store.postpone(first, later(seconds=30), "Slack is down")
    assert await claim(store, later(seconds=29)) == []
    (again,) = await claim(store, later(seconds=30))
    assert (again.key, again.attempts, again.epoch, again.lost) == ("a", 2, 2, 0)


async def test_what_was_claimed_is_what_was_wanted(store: SqliteStore) -> None:
    body = {"text": "ü", "facts": {"n": 1.5, "who": None}}
    until = later(minutes=30)
    await want(store, Wanted("R1", "chat", "k", "reply", body, until=until), at=later(seconds=-1))  # type: ignore[arg-type]
    assert await claim(store) == [
        Claimed(1, "R1", "chat", "k", "reply", body, 1, 1, later(seconds=-1), until),  # type: ignore[arg-type]
    ]


# ---- each key once


async def test_the_same_key_is_done_once_even_after_it_was_done(store: SqliteStore) -> None:
    await want(store, wanted("a"), wanted("a", lane="target"))
    (only,) = await claim(store)
    await want(store, wanted("a"))
    await finish(store, only)
    await want(store, wanted("a"))
    assert await claim(store, later(days=1)) == []


async def test_a_newer_card_takes_the_place_of_one_nobody_began(store: SqliteStore) -> None:
    await want(store, wanted("card-1", replaces="R1:card"), wanted("line"), wanted("card-2", replaces="R1:card"))
    (line,) = await claim(store)
    assert line.key == "line"
    await finish(store, line)
    assert keys(await claim(store)) == ["card-2"]


async def test_what_was_begun_is_not_replaced(store: SqliteStore) -> None:
    await want(store, wanted("card-1", replaces="R1:card"))
    (first,) = await claim(store)
    await want(store, wanted("card-2", replaces="R1:card"))
    await store.postpone(first, NOW, "a 429")
    await want(store, wanted("card-3", replaces="R1:card"), wanted("other", subject="R2", replaces="R2:card"))
    again, _ = await claim(store)
    assert again.key == "card-1"
    await finish(store, again)
    assert keys(await claim(store)) == ["card-3"]


# ---- leases


async def test_a_lease_that_ran_out_is_taken_by_the_next_and_counts_as_lost(store: SqliteStore) -> None:
    await want(store, wanted("a"))
    (first,) = await claim(store)
    assert await claim(store, NOW + LEASE - timedelta(seconds=1)) == []
    (second,) = await claim(store, NOW + LEASE)
    assert (second.attempts, second.epoch, second.lost) == (2, 2, 1)
    assert (first.attempts, first.epoch, first.lost) == (1, 1, 0)


async def test_who_lost_a_lease_can_neither_finish_nor_postpone_nor_renew(store: SqliteStore) -> None:
    await want(store, wanted("a"), wanted("b"))
    (first,) = await claim(store)
    (second,) = await claim(store, NOW + LEASE)
    with pytest.raises(LeaseLostError, match="effect 1 is no longer held under epoch 1"):
        await finish(store, first)
    with pytest.raises(LeaseLostError):
        await store.postpone(first, NOW, "")
    with pytest.raises(LeaseLostError):
        await store.renew(first, later(days=1))
    await finish(store, second)
    assert keys(await claim(store, NOW + LEASE)) == ["b"]


async def test_nothing_of_a_commit_stands_whose_lease_was_lost(store: SqliteStore) -> None:
    await want(store, wanted("a"))
    (first,) = await claim(store)
    await claim(store, NOW + LEASE)
    commit = Commit(
        at=NOW,
        effect_done=Outcome(first.id, first.epoch, "done"),
        wanted=(wanted("then", lane="target"),),
        timers=(Timer("R1", "look", NOW),),
        facts=(("seen", "yes"),),
    )
    with pytest.raises(LeaseLostError):
        await store.commit(commit)
    assert await claim(store) == []
    assert (await store.due_timers(NOW), await store.fact("seen")) == ([], "")


async def test_what_is_over_is_held_by_nobody(store: SqliteStore) -> None:
    await want(store, wanted("a"))
    (only,) = await claim(store)
    await finish(store, only)
    with pytest.raises(LeaseLostError):
        await finish(store, only)
    with pytest.raises(LeaseLostError):
        await store.postpone(only, NOW, "")


async def test_a_renewed_lease_lasts_longer(store: SqliteStore) -> None:
    await want(store, wanted("a"))
    (only,) = await claim(store)
    await store.renew(only, later(minutes=10))
    assert await claim(store, later(minutes=9)) == []
    await finish(store, only, later(minutes=9))


async def test_a_process_does_not_take_from_itself(store: SqliteStore) -> None:
    await want(store, wanted("a"), wanted("b", subject="R2"))
    first, second = await claim(store)
    found = await claim(store, NOW + LEASE, busy=(first.id,))
    assert [(one.id, one.epoch) for one in found] == [(second.id, 2)]
    await finish(store, first, NOW + LEASE)


async def test_after_a_death_everything_held_is_free_and_counted_as_lost(store: SqliteStore) -> None:
    await want(store, wanted("a"), wanted("b", subject="R2"), wanted("waits", subject="R2"))
    held = await claim(store)
    assert await store.release_all(later(seconds=1)) == 2
    again = await claim(store, later(seconds=1))
    assert [(one.key, one.lost) for one in again] == [("a", 1), ("b", 1)]
    for one in held:
        with pytest.raises(LeaseLostError):
            await finish(store, one)


async def test_lost_answers_add_up(store: SqliteStore) -> None:
    await want(store, wanted("a"))
    for lost, expected in ((True, 0), (False, 1), (True, 1)):
        (one,) = await claim(store)
        assert one.lost == expected
        await store.postpone(one, NOW, "", lost=lost)
    (last,) = await claim(store)
    assert (last.lost, last.attempts) == (2, 4)


async def test_what_was_over_long_ago_is_forgotten_and_nothing_else(store: SqliteStore) -> None:
    await want(store, wanted("old"), wanted("new", subject="R2"), wanted("open", subject="R3"))
    old, new, _ = await claim(store)
    await finish(store, old, NOW)
    await finish(store, new, later(days=2))
    await store.forget(later(days=1))
    await want(store, wanted("old", lane="x"), wanted("new", lane="x"), wanted("open", lane="x"))
    assert keys(await claim(store)) == ["old"]


# ---- timers


async def test_timers_come_due_oldest_first(store: SqliteStore) -> None:
    look, ask = Timer("R1", "look", later(minutes=2)), Timer("R2", "ask", later(minutes=1))
    await store.commit(Commit(at=NOW, timers=(look, ask)))
    assert await store.due_timers(NOW) == []
    assert await store.due_timers(later(minutes=1)) == [ask]
    assert await store.due_timers(later(minutes=2)) == [ask, look]


async def test_a_timer_is_set_moved_and_forgotten_and_the_last_word_counts(store: SqliteStore) -> None:
    moved = Timer("R1", "look", later(minutes=2))
    await store.commit(Commit(at=NOW, timers=(Timer("R1", "look", NOW), Timer("R1", "look", None), moved)))
    assert await store.due_timers(later(days=1)) == [moved]
    await store.commit(Commit(at=NOW, timers=(Timer("R1", "look", NOW), Timer("R1", "look", None))))
    assert await store.due_timers(later(days=1)) == []


async def test_a_timer_fires_once_and_may_be_set_again_in_the_same_commit(store: SqliteStore) -> None:
    first, following = Timer("R1", "look", NOW), Timer("R1", "look", later(minutes=1))
    await store.commit(Commit(at=NOW, timers=(first,)))
    await store.commit(Commit(at=NOW, fired=first, timers=(following,)))
    assert await store.due_timers(later(days=1)) == [following]
    with pytest.raises(TimerMovedError, match="the timer look of R1 is no longer due"):
        await store.commit(Commit(at=NOW, fired=first, wanted=(wanted("twice"),)))
    assert await claim(store) == []
    await store.commit(Commit(at=NOW, fired=following))
    assert await store.due_timers(later(days=1)) == []


# ---- waking up


async def test_nothing_is_due_in_an_empty_store(store: SqliteStore) -> None:
    assert await store.next_due(NOW) is None


async def test_it_wakes_for_the_first_of_timers_waits_and_leases(store: SqliteStore) -> None:
    await want(store, wanted("postponed"), wanted("held", subject="R2"))
    postponed, _ = await claim(store)
    await store.commit(Commit(at=NOW, timers=(Timer("R1", "look", later(seconds=90)),)))
    assert await store.next_due(NOW) == NOW + LEASE
    await store.postpone(postponed, later(seconds=20), "")
    assert await store.next_due(NOW) == later(seconds=20)
    assert await store.next_due(later(seconds=20)) == NOW + LEASE
    assert await store.next_due(NOW + LEASE) == later(seconds=90)
    assert await store.next_due(later(seconds=90)) is None


async def test_what_is_over_wakes_nobody(store: SqliteStore) -> None:
    await want(store, wanted("a"))
    (only,) = await claim(store)
    await finish(store, only)
    assert await store.next_due(later(days=-1)) is None


# ---- what is left to do


async def test_the_backlog_is_what_is_due_and_not_over_by_lane_with_the_oldest_wish(store: SqliteStore) -> None:
    await want(store, wanted("a"), wanted("b", lane="target"), at=NOW)
    await want(store, wanted("c", subject="R2"), wanted("d"), at=later(minutes=5))
    first, target, _ = await claim(store, later(minutes=6))
    await finish(store, target, later(minutes=6))
    assert await store.backlog(later(minutes=6)) == [Backlog("chat", 3, NOW)]  # also what is under way
    await finish(store, first, later(minutes=6))
    assert await store.backlog(later(minutes=6)) == [Backlog("chat", 2, later(minutes=5))]


async def test_what_was_put_off_from_the_start_is_no_backlog_but_what_was_tried_and_put_off_is(
    store: SqliteStore,
) -> None:
    assert await store.backlog(NOW) == []
    await want(store, replace(wanted("later", lane="again"), due=later(minutes=10)), wanted("now"))
    (tried,) = await claim(store)
    await store.postpone(tried, later(minutes=10), "Slack is down")
    assert await store.backlog(later(minutes=9)) == [Backlog("chat", 1, NOW)]
    assert await store.backlog(later(minutes=10)) == [Backlog("again", 1, NOW), Backlog("chat", 1, NOW)]
