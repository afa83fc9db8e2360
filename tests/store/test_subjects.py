"""Rotations, comparisons, escalations and messages: compare-and-set, ids, and what is asked of them."""

import sqlite3
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from bot.engine.models.messages import MessageRef
from bot.engine.records import Commit, Entry, Posted, StaleError, Timer
from bot.escalation.model import Escalation, Standing
from bot.monitor.model import Observation, Series
from bot.rotation.model.rotation import Phase, Rotation
from bot.store.history import SqliteHistory
from bot.store.store import SqliteStore
from tests.rotation.cast import SRE, plan
from tests.rotation.play import begun
from tests.store.making import NOW, claim, comparison, later, opened, wanted
from tests.store.making import snapshot as scraped


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    async with opened(tmp_path / "rotate.db") as found:
        yield found


def rotation(name: str, *, slot: str = "chat", version: int = 1, ended_at: datetime | None = None) -> Rotation:
    changes: dict[str, object] = {"id": name, "slot": slot, "version": version, "ended_at": ended_at}
    if ended_at is not None:
        changes["phase"] = Phase.ABORTED
    return begun(plan()).rotation.model_copy(update=changes)


async def save(store: SqliteStore, *rotations: Rotation) -> None:
    for one in rotations:
        await store.commit(Commit(at=NOW, rotation=one))


# ---- compare-and-set


async def test_a_rotation_moves_from_version_to_version(store: SqliteStore) -> None:
    await save(store, rotation("R1"), second := rotation("R1", version=2))
    assert await store.rotation("R1") == second
    assert await store.rotation("R2") is None


@pytest.mark.parametrize("version", [1, 2, 4, 7])
async def test_a_version_that_does_not_follow_changes_nothing(version: int, store: SqliteStore) -> None:
    await save(store, rotation("R1"), kept := rotation("R1", version=2))
    stale = rotation("R1", version=version, ended_at=NOW)
    commit = Commit(
        at=NOW,
        rotation=stale,
        comparison=comparison(),
        entries=(Entry("R1", "begun", {}),),
        wanted=(wanted("a"),),
        timers=(Timer("R1", "look", NOW),),
        facts=(("name", "value"),),
        posted=Posted("R1", "card", MessageRef(channel="C1", ts="1")),
    )
    with pytest.raises(StaleError, match=f"R1 is no longer at version {version - 1}"):
        await store.commit(commit)
    assert await store.rotation("R1") == kept
    assert await store.comparison("D1") is None
    assert (await store.ledger_rows(), await claim(store), await store.due_timers(NOW)) == ([], [], [])
    assert (await store.fact("name"), await store.message("R1", "card")) == ("", None)


async def test_a_commit_within_a_commit_stands_or_falls_with_it(store: SqliteStore) -> None:
    await save(store, rotation("R1"))
    second = Commit(at=NOW, rotation=rotation("R1", version=2))
    with pytest.raises(StaleError):
        await store.commit(Commit(at=NOW, more=(second, Commit(at=NOW, rotation=rotation("R2", version=9)))))
    assert await store.rotation("R1") == rotation("R1")
    await store.commit(Commit(at=NOW, more=(second, Commit(at=NOW, rotation=rotation("R2")))))
    assert [one.version for one in await store.rotations()] == [2, 1]


# ---- which rotations


async def test_rotations_come_in_the_order_of_their_numbers(store: SqliteStore) -> None:
    await save(store, *(rotation(f"R{number}") for number in (9, 10, 2)))
    assert [one.id for one in await store.rotations()] == ["R2", "R9", "R10"]
    assert [one.id for one in await store.rotations(newest=2)] == ["R9", "R10"]


async def test_rotations_of_a_slot_and_those_that_run(store: SqliteStore) -> None:
    await save(store, rotation("R1", ended_at=NOW), rotation("R2"), rotation("R3", slot="docs"), rotation("R4"))
    assert [one.id for one in await store.rotations(slot="chat")] == ["R1", "R2", "R4"]
    assert [one.id for one in await store.rotations(running=True)] == ["R2", "R3", "R4"]
    assert [one.id for one in await store.rotations(slot="chat", running=True, newest=1)] == ["R4"]


async def test_a_rotation_that_leaves_its_end_runs_again(store: SqliteStore) -> None:
    await save(store, rotation("R1", ended_at=NOW))
    assert await store.rotations(running=True) == []
    await save(store, rotation("R1", version=2))
    assert [one.id for one in await store.rotations(running=True)] == ["R1"]


# ---- ids


async def test_ids_of_rotations_and_comparisons_are_free_until_one_is_stored(store: SqliteStore) -> None:
    assert [await store.new_id("R"), await store.new_id("R"), await store.new_id("D")] == ["R1", "R1", "D1"]
    await save(store, rotation("R1"))
    await store.commit(Commit(at=NOW, comparison=comparison("D9")))
    assert [await store.new_id("R"), await store.new_id("D")] == ["R2", "D10"]


async def test_an_id_is_taken_once(store: SqliteStore) -> None:
    await save(store, rotation("R1"))
    with pytest.raises(StaleError, match="R1 is no longer at version 0"):
        await save(store, rotation("R1", slot="docs"))


async def test_no_two_escalations_share_an_id(store: SqliteStore) -> None:
    assert [await store.new_id("E") for _ in range(11)] == [f"E{number}" for number in range(1, 12)]


# ---- comparisons


async def test_a_comparison_ends_once(store: SqliteStore) -> None:
    await store.commit(Commit(at=NOW, comparison=comparison()))
    await store.commit(Commit(at=NOW, comparison=comparison(spent=0.5)))
    ended = comparison(status="aborted", spent=0.7)
    await store.commit(Commit(at=NOW, comparison=ended))
    for late in (comparison(spent=0.9), comparison(status="finished")):
        with pytest.raises(StaleError, match="D1 is over"):
            await store.commit(Commit(at=NOW, comparison=late))
    assert await store.comparison("D1") == ended


async def test_comparisons_come_newest_first(store: SqliteStore) -> None:
    for one in (
        comparison("D9", status="finished"),
        comparison("D10"),
        comparison("D11", status="errored"),
        comparison("D12", slot="docs"),
    ):
        await store.commit(Commit(at=NOW, comparison=one))
    assert [one.id for one in await store.comparisons()] == ["D12", "D11", "D10", "D9"]
    assert [one.id for one in await store.comparisons(slot="chat", newest=2)] == ["D11", "D10"]
    assert [one.id for one in await store.comparisons(running=True)] == ["D12", "D10"]
    assert [one.id for one in await store.comparisons(slot="chat", finished=True, newest=1)] == ["D9"]


async def test_what_was_spent_is_summed_over_a_slot_and_a_time(store: SqliteStore) -> None:
    for one in (
        comparison("D1", at=later(hours=-30), spent=100.0),
        comparison("D2", at=later(hours=-24), spent=1.5),
        comparison("D3", at=later(hours=-1), spent=2.25, status="aborted"),
        comparison("D4", at=NOW, spent=None),
        comparison("D5", at=NOW, spent=50.0, slot="docs"),
    ):
        await store.commit(Commit(at=NOW, comparison=one))
    assert await store.spent_since("chat", later(hours=-24)) == 3.75
    assert await store.spent_since("chat", later(hours=-24, microseconds=1)) == 2.25
    assert await store.spent_since("mail", later(days=-9)) == 0


async def test_what_a_running_comparison_spends_counts_at_once(store: SqliteStore) -> None:
    for spent in (0.1, 0.4):
        await store.commit(Commit(at=NOW, comparison=comparison(spent=spent)))
        assert await store.spent_since("chat", later(hours=-24)) == spent


# ---- escalations, messages, facts


def escalation(name: str, subject: str, cause: str = "held", standing: Standing = Standing.OPEN) -> Escalation:
    return Escalation(id=name, subject=subject, cause=cause, group=SRE, action=True, raised_at=NOW, standing=standing)


async def test_an_escalation_is_open_until_it_is_closed(store: SqliteStore) -> None:
    states = ((Standing.OPEN, True), (Standing.ACKNOWLEDGED, True), (Standing.CLOSED, False))
    for version, (standing, is_open) in enumerate(states):
        found = escalation("E1", "R1", standing=standing).model_copy(update={"version": version})
        await store.commit(Commit(at=NOW, escalation=found))
        assert await store.escalation("E1") == found
        assert (await store.open_escalation(found.key) == found) is is_open
        assert (await store.open_escalations("R1") == [found]) is is_open


async def test_of_two_changes_of_one_escalation_the_second_is_told_that_it_moved_on(store: SqliteStore) -> None:
    first = escalation("E1", "R1")
    closed = first.model_copy(update={"version": 1, "standing": Standing.CLOSED})
    taken = first.model_copy(update={"version": 1, "standing": Standing.ACKNOWLEDGED})
    await store.commit(Commit(at=NOW, escalation=first))
    await store.commit(Commit(at=NOW, escalation=closed))
    with pytest.raises(StaleError, match="E1"):
        await store.commit(Commit(at=NOW, escalation=taken))
    assert await store.escalation("E1") == closed


async def test_escalations_of_one_subject_are_not_those_of_another(store: SqliteStore) -> None:
    for found in (
        escalation("E1", "R1"),
        escalation("E2", "R11"),
        escalation("E3", "R1", "write_failed"),
        escalation("E4", "R1", "late_write", Standing.CLOSED),
    ):
        await store.commit(Commit(at=NOW, escalation=found))
    assert [one.id for one in await store.open_escalations("R1")] == ["E1", "E3"]
    assert await store.open_escalation("R1:late_write::sre") is None
    assert await store.open_escalation("R2:held::sre") is None


async def test_a_message_stands_where_it_was_posted_last(store: SqliteStore) -> None:
    first = MessageRef(channel="C1", ts="1.0", link="https://acme.slack.com/1", maybe_repeat=True)
    second = MessageRef(channel="C2", ts="2.0")
    assert await store.message("R1", "card") is None
    for message in (first, second):
        await store.commit(Commit(at=NOW, posted=Posted("R1", "card", message)))
        assert await store.message("R1", "card") == message
    assert await store.message("R1", "R1.1") is None
    assert await store.message("R11", "card") is None


async def test_a_fact_is_what_was_remembered_last(store: SqliteStore) -> None:
    assert await store.fact("alive_at") == ""
    await store.remember("alive_at", "one")
    await store.commit(Commit(at=NOW, facts=(("alive_at", "two"), ("other", "x"))))
    assert (await store.fact("alive_at"), await store.fact("other")) == ("two", "x")


# ---- what was seen


def window(minute: int, requests: float) -> Observation:
    series = Series(stage="pilots", tenant="t1", model="new", requests=requests, errors=0, latency={"1": 3, "+Inf": 4})
    return Observation(start=later(minutes=minute), end=later(minutes=minute + 1), series=(series,))


async def test_windows_of_a_part_come_in_order_and_the_same_one_once(store: SqliteStore) -> None:
    for number in (10, 2, -1):
        await store.save_observation("R1", "pilots.1.look", number, window(number, 5))
    await store.save_observation("R1", "pilots.1.look", 2, window(2, 7))
    await store.save_observation("R1", "pilots.2.look", 1, window(1, 9))
    expected = [window(-1, 5), window(2, 7), window(10, 5)]
    assert await store.observations("R1", "pilots.1.look") == expected
    assert await store.observations("R2", "pilots.1.look") == []


async def test_windows_of_an_earlier_release_are_read_as_they_were_written(store: SqliteStore) -> None:
    old = window(3, 5)
    await store.save_observation("R1", "pilots.1.look", 3, old)
    text = old.model_dump_json()
    await store.file.write(lambda db: db.execute("UPDATE measurements SET observation = ?, series = NULL", (text,)))
    (found,) = await store.observations("R1", "pilots.1.look")
    assert (found.start, list(found.series)) == (old.start, list(old.series))


async def test_windows_below_a_number_are_those_before_it(store: SqliteStore) -> None:
    for number in (1, 2, 3):
        await store.save_observation("R1", "pilots.1.look", number, window(number, 5))
    assert await store.observations("R1", "pilots.1.look", below=3) == [window(1, 5), window(2, 5)]
    assert await store.observations("R1", "pilots.1.look", below=1) == []


async def test_what_windows_come_to_is_kept_with_the_window_or_not_at_all(store: SqliteStore) -> None:
    await store.save_observation("R1", "pilots.1.look", 1, window(1, 5), {"before": b"b", "running": b"1"})
    await store.save_observation("R1", "pilots.1.look", 2, window(2, 5), {"running": b"2"})
    assert await store.sums("R1", "pilots.1.look", ["before", "running", "hour"]) == {"before": b"b", "running": b"2"}
    assert await store.sums("R1", "pilots.1.look", ["before"]) == {"before": b"b"}
    assert await store.sums("R1", "pilots.2.look", ["before"]) == {}
    broken: dict[str, bytes] = {"running": None}  # type: ignore[dict-item]  # what cannot be kept
    with pytest.raises(sqlite3.IntegrityError):
        await store.save_observation("R1", "pilots.1.look", 3, window(3, 5), broken)
    assert await store.observations("R1", "pilots.1.look") == [window(1, 5), window(2, 5)]


async def test_scraped_history_keeps_the_counters_of_the_newest_only(store: SqliteStore) -> None:
    history = SqliteHistory(store.file, kept=later(minutes=3) - NOW)
    taken = [scraped(minute) for minute in range(5)]
    for one in taken:
        await history.save(one)
    assert await history.load(later(minutes=-9), later(minutes=9)) == [
        *(one.without_raw() for one in taken[1:4]),
        taken[4],
    ]
    assert await history.load(later(minutes=2), later(minutes=3)) == [one.without_raw() for one in taken[2:4]]
