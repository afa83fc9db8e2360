"""The inbox: what was accepted is there until it was carried out, and the same command once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.engine.models.commands import Acknowledge, Answer, Command, Diff, Promote, ReplyTo
from bot.engine.records import Accepted, Commit, StaleError
from bot.rotation.model.questions import Choice
from bot.rotation.model.state import Trigger
from bot.store.store import SqliteStore
from tests.rotation.play import begun
from tests.store.making import NOW, command, later, opened

TO = ReplyTo(user="U1", channel="C1", thread="1.0", response_url="https://hooks.slack.com/commands/1")
COMMANDS: list[Command] = [
    command(),
    Diff(id="d", actor="U1", at=NOW, reply=TO, slot="chat", candidate="new", trigger=Trigger.COST, fresh=True),
    Promote(id="p", actor="U1", at=NOW, reply=TO, subject="D17", via="terminal"),
    Answer(id="a", actor="U1", at=NOW, reply=TO, rotation="R1", question="R1.1", digest="d", answer="approve"),
    Answer(id="b", actor="U1", at=NOW, reply=TO, rotation="R1", question="R1.2", answer=Choice.GO_ON, reason="ü"),
    Acknowledge(id="e", actor="U1", at=NOW, reply=TO, escalation="E1"),
]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    async with opened(tmp_path / "rotate.db") as found:
        yield found


@pytest.mark.parametrize("given", COMMANDS, ids=lambda given: f"{given.kind} {given.id}")
async def test_a_command_is_given_out_as_it_was_accepted(given: Command, store: SqliteStore) -> None:
    assert await store.accept(given, later(seconds=1))
    assert await store.waiting() == [Accepted(given.id, later(seconds=1), given)]


async def test_the_same_press_is_accepted_once_whether_done_or_not(store: SqliteStore) -> None:
    assert await store.accept(command("c1"), NOW)
    assert not await store.accept(command("c1", at=later(seconds=9)), later(seconds=9))
    await store.commit(Commit(at=NOW, inbox_done="c1"))
    assert not await store.accept(command("c1"), later(seconds=9))
    assert await store.waiting() == []


async def test_they_wait_in_the_order_they_came(store: SqliteStore) -> None:
    for name, seconds in (("z", 0), ("y", 0), ("late", 9), ("early", 1)):
        await store.accept(command(name), later(seconds=seconds))
    assert [one.id for one in await store.waiting()] == ["z", "y", "early", "late"]


async def test_a_command_is_done_only_with_what_it_changed(store: SqliteStore) -> None:
    await store.accept(command("c1"), NOW)
    stale = begun().rotation.model_copy(update={"version": 5})
    with pytest.raises(StaleError):
        await store.commit(Commit(at=NOW, rotation=stale, inbox_done="c1"))
    assert [one.id for one in await store.waiting()] == ["c1"]
    await store.commit(Commit(at=NOW, inbox_done="c1"))
    assert await store.waiting() == []


async def test_only_what_was_done_long_ago_is_forgotten(store: SqliteStore) -> None:
    for name in ("old", "new", "open"):
        await store.accept(command(name), NOW)
    await store.commit(Commit(at=NOW, inbox_done="old"))
    await store.commit(Commit(at=later(days=2), inbox_done="new"))
    await store.forget(later(days=1))
    assert [await store.accept(command(name), NOW) for name in ("old", "new", "open")] == [True, False, False]
