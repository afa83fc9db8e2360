"""Every scenario, played for real: a sandbox, `rotate serve` as a child process, and people in between.

Two plays run side by side, because most of a play is waiting. Each ends as it must; sabotaged, none may.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.demo.scenarios import SCENARIOS

SIDE_BY_SIDE = 2
LIMIT_S = 180
QUICK = [("good", "persona"), ("slow", "persona"), ("outage", "line")]
"""Sabotages played every time; the others are slow tests."""
EVERY = [(name, kind) for name in SCENARIOS for kind in ("persona", "line") if (name, kind) not in QUICK]


@dataclass(frozen=True)
class Play:
    """How a play's process ended."""

    code: int
    said: str
    rows: list[dict[str, object]]


class Stage:
    """Plays scenarios in the background; asking for one waits for its end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(SIDE_BY_SIDE)
        self._plays: dict[tuple[str, str], Future[Play]] = {}

    def begin(self, name: str, sabotage: str = "") -> None:
        """Have it played when there is room."""
        if (name, sabotage) not in self._plays:
            self._plays[name, sabotage] = self._pool.submit(self._play, name, sabotage)

    def ended(self, name: str, sabotage: str = "") -> Play:
        """How it ended."""
        self.begin(name, sabotage)
        return self._plays[name, sabotage].result()

    def close(self) -> None:
        """Begin nothing more."""
        self._pool.shutdown(cancel_futures=True)

    def _play(self, name: str, sabotage: str) -> Play:
        rows = self._folder / f"{name}-{sabotage or 'as-told'}.jsonl"
        argv = [sys.executable, "-c", "from bot.cli.main import main; main()", "demo", "--play", name]
        argv += ["--jsonl", str(rows)] + (["--sabotage", sabotage] if sabotage else [])
        done = subprocess.run(argv, capture_output=True, text=True, timeout=LIMIT_S, check=False)
        read = [json.loads(line) for line in rows.read_text(encoding="utf-8").splitlines()] if rows.exists() else []
        return Play(done.returncode, done.stdout + done.stderr, read)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("plays"))
    for item in request.session.items:
        wanted = getattr(item, "callspec", None)
        if item.path == request.path and wanted is not None and "name" in wanted.params:
            stage.begin(wanted.params["name"], wanted.params.get("sabotage", ""))
    yield stage
    stage.close()


def _rotated(play: Play) -> bool:
    return any(row["name"] == "begun" for row in play.rows)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SCENARIOS)
def test_it_ends_as_it_must(stage: Stage, name: str) -> None:
    play = stage.ended(name)
    assert play.code == 0, play.said[-3000:]
    kinds = {row["kind"] for row in play.rows}
    assert kinds == ({"message", "event", "effect"} if _rotated(play) else {"message", "event"})
    assert all(set(row) == {"at", "kind", "rotation", "name", "data"} for row in play.rows)
    assert [row["at"] for row in play.rows] == sorted(row["at"] for row in play.rows)  # type: ignore[type-var]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["good"])
def test_what_was_said_stands_at_its_time_and_with_its_rotation(stage: Stage, name: str) -> None:
    rows = stage.ended(name).rows
    told = [row for row in rows if row["kind"] == "message"]
    assert [row["data"] for row in told if row["rotation"] not in {"D1", "R1"}] == []
    changed = [row["at"] for row in told if row["name"] == "edited"]
    assert len(set(changed)) == len(changed)
    words = [str(row["data"]["text"]) for row in told]  # type: ignore[index]
    [*_, counted] = [place for place, text in enumerate(words) if "your approval counts" in text]
    [ended, *_] = [place for place, text in enumerate(words) if "✅ Completed" in text]
    assert counted < ended


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("name", "sabotage"), QUICK)
def test_sabotaged_it_does_not(stage: Stage, name: str, sabotage: str) -> None:
    play = stage.ended(name, sabotage)
    assert play.code == 1, play.said[-3000:]
    assert "✗" in play.said


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("name", "sabotage"), EVERY)
def test_sabotaged_no_other_does_either(stage: Stage, name: str, sabotage: str) -> None:
    play = stage.ended(name, sabotage)
    assert play.code == 1, play.said[-3000:]
    assert "✗" in play.said
