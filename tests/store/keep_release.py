"""Writes the database a release leaves behind: `python -m tests.store.keep_release tests/data/databases/0.1.0.db.gz`.

Done once for each release, and then kept: what later releases open must be what people really have.
"""

import asyncio
import contextlib
import gzip
import sqlite3
import sys
import tempfile
from pathlib import Path

from bot.difftest.model.chat import ChatError, ErrorKind
from tests.difftest.world import right
from tests.engine.world import OTHER, RUNBOOK, suite_text, world


async def lived(folder: Path) -> None:
    """A rotation to its end and back, one on its way with an open question, one that waits, and what is still owed."""
    async with world(folder, runbook=RUNBOOK.replace("chat.suite.yml", "suite.yml")) as w:
        await w.to_the_end()
        await w.steer("roll_back", subject="R1", reason="customers noticed")
        await w.later(minutes=10)
        w.provider.answer = lambda _request, _times: ChatError(ErrorKind.UNAUTHORISED, "no such key", status=401)
        await w.diff(candidate=OTHER)
        await w.later(minutes=1)
        w.provider.answer = right
        await w.diff(candidate=OTHER)
        await w.diff(candidate="acme/third")
        await w.later(minutes=1)
        await w.promote(subject="D3")
        await w.promote(subject="D4")
        await w.later(minutes=30)
        await w.store.accept(w.steering("pause", subject="R2"), w.clock.now())


def main(kept: Path) -> None:
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("suite.yml").write_text(suite_text(), encoding="utf-8")
        asyncio.run(lived(Path(folder)))
        with contextlib.closing(sqlite3.connect("rotate.db")) as db:
            db.execute("DELETE FROM samples WHERE rowid > 4")
            db.commit()
            db.execute("VACUUM")
            db.execute("PRAGMA journal_mode = DELETE")
        kept.write_bytes(gzip.compress(Path("rotate.db").read_bytes(), mtime=0))


if __name__ == "__main__":
    target = Path(sys.argv[1]).absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    main(target)
