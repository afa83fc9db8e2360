"""After a restart the workers are asked: a stage counts as applied only when all of them are well, and stay so."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
from aiohttp import web

from bot.adapters.http import Http
from bot.adapters.numbers import NumberSource
from bot.engine.models.notes import PageNote, TimelineNote
from bot.engine.workers import PAUSE_S, STEADY
from bot.monitor.model import HealthReport, NumberRead
from bot.rotation.model.rotation import Phase
from bot.rotation.model.targets import Standing
from bot.runbook.models.checks import CheckRules
from bot.wording.pages import page_text
from bot.wording.text import plain, text
from bot.wording.timeline import timeline_line
from tests.engine.world import NEW, OLD, RUNBOOK, SAM, World, world

ONE, TWO = "http://127.0.0.1:9/one/readyz", "http://127.0.0.1:9/two/readyz?key=hidden"
WORKERS = f'restart: [reload, pilots], workers: {{http: ["{ONE}", "{TWO}"], within: 20s}},'


def runbook(workers: str = WORKERS) -> str:
    return RUNBOOK.replace("restart: [reload, pilots],", workers)


class Workers:
    """What each address says: well, as the test scripts it (the last word stays), and who was asked when."""

    def __init__(self, **said: list[str]) -> None:
        self.said = {"one": ["ok"], "two": ["ok"], **said}
        self.asked: list[tuple[str, str, str, datetime]] = []

    async def read(self, rules: CheckRules, start: datetime, end: datetime, *, stage: str, model: str) -> NumberRead:
        raise AssertionError((rules, start, end, stage, model))

    async def word(self, rules: CheckRules, start: datetime, end: datetime, *, stage: str, model: str) -> HealthReport:
        assert start < end
        name = (rules.http or "").split("/")[3]
        self.asked.append((name, stage, model, end))
        words = self.said[name]
        word = words.pop(0) if len(words) > 1 else words[0]
        return HealthReport(at=end, healthy=word == "ok", detail=word)

    def rounds(self) -> int:
        return len([name for name, *_ in self.asked if name == "one"])


def said(w: World, code: str) -> str:
    notes = [one.note for one in w.room.said.values()]
    return next(
        plain(text(timeline_line(n.code, n.facts))) for n in notes if isinstance(n, TimelineNote) and n.code == code
    )


async def test_a_stage_whose_workers_are_well_is_applied(tmp_path: Path) -> None:
    asked = Workers()
    async with world(tmp_path, runbook=runbook(), numbers=asked) as w:
        await w.to_pilots_bake()
        assert {(name, stage, model) for name, stage, model, _ in asked.asked} == {
            ("one", "pilots", NEW),
            ("two", "pilots", NEW),
        }
        assert asked.rounds() == STEADY
        assert w.disk.restarted[-1] == "pilots"


async def test_one_that_takes_a_moment_to_start_is_waited_for(tmp_path: Path) -> None:
    asked = Workers(two=["starting", "starting", "ok"])
    async with world(tmp_path, runbook=runbook(), numbers=asked) as w:
        await w.to_pilots_bake()
        assert asked.rounds() == 2 + STEADY
        assert PAUSE_S in w.clock.slept


async def test_one_that_does_not_get_well_stops_the_stage_and_is_sres(tmp_path: Path) -> None:
    asked = Workers(two=["status: degraded"])
    async with world(tmp_path, runbook=runbook(), numbers=asked) as w:
        await w.to_pilots_question()
        await w.answer("approve")
        await w.later(minutes=1)
        rotation = await w.rotation()
        assert rotation.phase is Phase.ERRORED
        assert rotation.target("pilots").standing is Standing.WRITING
        assert await w.pages() == [("sre", "workers_unwell")]
        (page,) = (n for n in w.room.notes("page") if isinstance(n, PageNote))
        told = plain(page_text(page))
        assert "within 20s of their restart: http://127.0.0.1:9/two/readyz said status: degraded" in told
        assert "hidden" not in told
        assert "SRE" in said(w, "workers_unwell")
        assert w.disk.restarted.count("pilots") == 1  # nobody is restarted again and again
        asked.said["two"] = ["ok"]
        assert await w.steer("retry", SAM) == "accepted"
        await w.later(minutes=1)
        assert await w.phase() is Phase.BAKING
        assert w.disk.restarted.count("pilots") == 2
        assert [value for name, value in w.disk.log if name == "pilots"] == [NEW]


async def test_one_that_crashes_again_and_again_is_not_well(tmp_path: Path) -> None:
    asked = Workers(one=["ok", "down"] * 40)
    async with world(tmp_path, runbook=runbook(), numbers=asked) as w:
        await w.to_pilots_question()
        await w.answer("approve")
        await w.later(minutes=1)
        assert await w.phase() is Phase.ERRORED
        assert asked.rounds() == int(20 / PAUSE_S) + STEADY


async def test_going_back_asks_them_too_and_says_what_the_place_holds(tmp_path: Path) -> None:
    asked = Workers()
    async with world(tmp_path, runbook=runbook(), numbers=asked) as w:
        await w.to_pilots_bake()
        asked.said["one"] = ["unhealthy"]
        assert await w.steer("roll_back") == "accepted"
        await w.later(minutes=5)
        assert await w.phase() is Phase.ROLLING_BACK
        assert w.holds()["pilots"] == OLD
        assert ("sre", "rollback_failed") in await w.pages()
        assert f"it holds {OLD} now" in said(w, "restore_failed")
        asked.said["one"] = ["ok"]
        await w.later(hours=1)
        assert await w.phase() is Phase.ROLLED_BACK


async def test_a_restore_that_fails_where_nothing_can_be_read_claims_nothing(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        w.disk.gone.add("pilots")
        assert await w.steer("roll_back") == "accepted"
        await w.later(minutes=5)
        assert "what it holds now cannot be read" in said(w, "restore_failed")
        assert "unset" not in said(w, "restore_failed")


async def test_workers_nobody_can_ask_are_not_taken_for_well(tmp_path: Path) -> None:
    async with world(tmp_path, runbook=runbook()) as w:
        await w.to_pilots_question()
        await w.answer("approve")
        await w.later(minutes=1)
        assert await w.phase() is Phase.ERRORED


@pytest.fixture
async def readyz() -> AsyncIterator[tuple[str, dict[str, tuple[int, str]]]]:
    """A server that says of itself whatever it is told to, by path."""
    answers: dict[str, tuple[int, str]] = {}

    async def answer(request: web.Request) -> web.Response:
        status, words = answers[request.path]
        return web.Response(status=status, text=words)

    app = web.Application()
    app.router.add_get("/{name:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}", answers
    await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "words", "well"),
    [
        (200, "ok", True),
        (200, '{"status": "ready", "queue": 3}', True),
        (200, "", False),
        (200, "<html>log in</html>", False),
        (200, '{"status": "warming up"}', False),
        (200, '{"status": "degraded primary, healthy active"}', False),
        (503, "ok", False),
    ],
)
async def test_a_word_that_is_not_plainly_good_is_not(
    tmp_path: Path,
    readyz: tuple[str, dict[str, tuple[int, str]]],
    status: int,
    words: str,
    *,
    well: bool,
) -> None:
    url, answers = readyz
    answers["/readyz"] = status, words
    workers = f'restart: [reload, pilots], workers: {{http: "{url}/readyz", within: 2s}},'
    async with Http() as client:
        source = NumberSource(client, prometheus=None, environment={})
        async with world(tmp_path, runbook=runbook(workers), numbers=source) as w:
            await w.to_pilots_question()
            await w.answer("approve")
            await w.later(seconds=30)
            assert await w.phase() is (Phase.BAKING if well else Phase.ERRORED)
