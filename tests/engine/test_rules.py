"""A changed runbook is announced once: who may decide and what is allowed, with its digest."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.engine.chores import TASK, TellRules
from bot.engine.outside import Rules
from bot.engine.rules import announce_changes
from bot.runbook.load import checked, digest_of
from bot.runbook.models.file import Runbook
from bot.store.sqlite import SqliteFile
from bot.store.store import SqliteStore
from handlers.blocks.shown import shown
from tests.handlers.judge import judged

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
MINIMAL = Path("bot/examples/minimal.yml")


def rules_of(text: str) -> Rules:
    runbook = checked(text, "runbook.yml", MINIMAL.parent.absolute())
    return Rules(runbook, digest_of(runbook))


async def told(store: SqliteStore) -> list[TellRules]:
    claimed = await store.claim(NOW + timedelta(days=1), timedelta(minutes=1), ())
    return [task for one in claimed if isinstance(task := TASK.validate_python(one.body), TellRules)]


async def test_a_changed_approver_is_announced_with_both_values(tmp_path: Path) -> None:
    store = SqliteStore(SqliteFile(tmp_path / "rotate.db"))
    await store.open()
    text = MINIMAL.read_text(encoding="utf-8")
    before, after = rules_of(text), rules_of(text.replace("[U024BE7LH]", "[U0NEWPERSON]"))

    await announce_changes(store, before, NOW)
    assert await told(store) == []
    await announce_changes(store, before, NOW)
    assert await told(store) == []

    await announce_changes(store, after, NOW)
    (task,) = await told(store)
    assert task.channel == "model-rotation"
    assert task.note.digest == after.digest != before.digest
    (change,) = task.note.changes
    assert (change.field, change.before, change.after) == ("groups.finance.people", ["U024BE7LH"], ["U0NEWPERSON"])
    message = judged(shown(task.note))
    assert after.digest[:12] in message.text
    assert "U0NEWPERSON" in message.text
    assert [row.name for row in await store.ledger_rows("runbook")] == ["rules_changed"]
    await store.close()


async def test_a_line_of_authority_is_announced_for_the_slots_it_is_for(tmp_path: Path) -> None:
    store = SqliteStore(SqliteFile(tmp_path / "rotate.db"))
    await store.open()
    text = MINIMAL.read_text(encoding="utf-8")
    after = rules_of(f"{text}authority: {{settle: [sre], break_glass: {{groups: [ml, sre], count: 3}}}}\n")
    await announce_changes(store, rules_of(text), NOW)
    await announce_changes(store, after, NOW)
    (task,) = await told(store)
    message = judged(shown(task.note)).text
    assert '`slots.chat.authority.settle`: ["ml", "sre"] → ["sre"]' in message
    assert "`slots.chat.authority.break_glass.count`: 2 → 3" in message
    assert after.digest[:12] in message
    await announce_changes(store, after, NOW)
    assert await told(store) == []
    await store.close()


async def test_a_link_is_changed_without_a_word(tmp_path: Path) -> None:
    store = SqliteStore(SqliteFile(tmp_path / "rotate.db"))
    await store.open()
    text = MINIMAL.read_text(encoding="utf-8")
    await announce_changes(store, rules_of(text), NOW)
    await announce_changes(store, rules_of(f"{text}links: {{openrouter: {{status: 'https://status.example'}}}}\n"), NOW)
    assert await told(store) == []
    await store.close()


async def test_rules_of_another_form_are_not_compared(tmp_path: Path) -> None:
    store = SqliteStore(SqliteFile(tmp_path / "rotate.db"))
    await store.open()
    await store.remember("runbook", '{"of": "a later release"}')
    rules = rules_of(MINIMAL.read_text(encoding="utf-8"))
    await announce_changes(store, rules, NOW)
    assert await told(store) == []
    assert Runbook.model_validate_json(await store.fact("runbook")) == rules.runbook
    await store.close()


async def test_a_freeze_that_was_written_is_announced(tmp_path: Path) -> None:
    store = SqliteStore(SqliteFile(tmp_path / "rotate.db"))
    await store.open()
    text = MINIMAL.read_text(encoding="utf-8")
    await announce_changes(store, rules_of(text), NOW)
    await announce_changes(store, rules_of(f"{text}freezes: [{{name: weekends, start: fri 16:00, end: mon}}]\n"), NOW)
    (task,) = await told(store)
    (change,) = task.note.changes
    assert change.field == "freezes"
    assert "weekends" in judged(shown(task.note)).text
    await store.close()
