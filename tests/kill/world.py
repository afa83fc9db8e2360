"""A played scenario whose bot dies at some points and is started again after each, and what it came to."""

import asyncio
import contextlib
import json
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from bot.adapters.clock import SystemClock
from bot.demo.people import CHANNEL, PATIENCE_S, People, PlayFailedError
from bot.demo.play import End, Play, settle
from bot.demo.player import ended, suite_path
from bot.demo.processes import CONNECTED, Child, ChildError, Stage, bot_environment, rotate
from bot.demo.runbook import PLAYED, RUNBOOK, runbook_text
from bot.demo.scenarios import CURRENT, Scenario
from bot.difftest.model.sample import RunIdentity, Sample
from bot.rotation.model.questions import Choice
from bot.sandbox.client import Control, ControlError, Message, Outcome
from bot.settings import command_environment
from bot.store.samples import SqliteSamples
from bot.store.sqlite import SqliteFile
from handlers.blocks.ids import decide

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**command_environment(), "PYTHONPATH": str(ROOT)}
DURATIONS = {**PLAYED, "no_traffic": "20s", "hold": "20s", "inconclusive": "60s"}
"""A restarted bot has not seen some of a bake: what waits for data waits longer than a restart takes."""
BAKES = {"staging": ("1500ms", 3), "pilots": ("2000ms", 4), "global": ("1500ms", 3)}
SEED = "platform: {tenants: 9, rate: 3000}\n"
"""As much traffic of fewer tenants: a scrape is a third as long."""
SCRAPED = ("scrape_every: 150ms", "scrape_every: 250ms")
LIMIT_S = 200.0
TRIAL = """\
    test_target:
      env_file: {folder}/trial.env
      restart: [sh, -c, "cat {folder}/trial.env >> {folder}/trial.seen"]
"""
"""A place that holds the candidate while a comparison runs; whoever reads it is told by what its restart notes."""
PATIENT = 3
SEEN_S = 3.0
WATCH_LONGER = decide(Choice.EXTEND.value)
LOST = {"operation_timeout", "dispatch_failed", "dispatch_unknown_error"}
"""What Slack says when nobody acked."""


@dataclass(frozen=True)
class MortalStage(Stage):
    """Children whose bot is numbered, and dies at each of `points`."""

    points: Sequence[str] = ()
    log: Path = Path("points.log")
    lives: list[Child] = field(default_factory=list)

    @asynccontextmanager
    async def sandbox(self, *, port: int = 0) -> AsyncIterator[dict[str, str]]:
        """A smaller world."""
        seed = self.folder / "seed.yml"
        seed.write_text(SEED, encoding="utf-8")
        argv = rotate("sandbox", "--port", str(port), "--dir", str(self.folder / "platform"), "--seed", str(seed))
        child = await self.start("sandbox", argv, {})
        try:
            yield json.loads(await child.line())
        finally:
            await child.stop()

    async def bot(self, facts: Mapping[str, str], *options: str) -> Child:
        """A connected bot; one that died on its way up is started again."""
        del options
        log = self.folder / self.log
        argv = [sys.executable, "-m", "tests.kill.serve", str(self.folder / RUNBOOK), str(log), *self.points]
        child = await self.start("serve", argv, bot_environment(facts, self.folder))
        self.lives.append(child)
        try:
            line = await child.line()
        except ChildError:
            if await died(child):
                return await self.bot(facts)
            raise
        if not line.startswith(CONNECTED):
            message = f"the bot said {line!r}"
            raise ChildError(message)
        return child

    def deaths(self) -> int:
        """How often the bot has died at a point."""
        return sum(child.process.returncode == -signal.SIGKILL for child in self.lives)


async def died(child: Child) -> bool:
    """Whether a child that said nothing was killed."""
    return await asyncio.wait_for(child.process.wait(), 5) == -signal.SIGKILL


class NoButtonError(Exception):
    """The message has no such button (any more)."""


class Patient(People):
    """People who press again when Slack tells them that it did not work, and who wait as long as a restart takes."""

    async def sees(
        self, user: str, pattern: str, channel: str = CHANNEL, *, after: int | None = None, seconds: float = PATIENCE_S
    ) -> Message:
        """Wait until a person sees a message that matches."""
        return await super().sees(user, pattern, channel, after=after, seconds=seconds * PATIENT)

    async def offered(self, user: str, action: str, channel: str = CHANNEL, seconds: float = PATIENCE_S) -> Message:
        """Wait until somebody sees a button."""
        return await super().offered(user, action, channel, seconds * PATIENT)

    async def command(self, user: str, text: str, channel: str = CHANNEL) -> Outcome:
        """Type a command until it is taken."""
        self.say(f"{user}: {text}")
        return await self._until_taken(text, lambda: self.control.command(user, channel, text))

    async def click(self, user: str, message: Message, action: str, *, confirm: bool = True) -> Outcome:
        """Press a button until it is taken. One that is not there any more was: the first press was kept after all."""
        pressed: Outcome | None = None

        async def press() -> Outcome:
            nonlocal pressed
            standing = await self._as_it_stands(user, message)
            button = next((b for b in standing.buttons if b.action_id.startswith(action)), None)
            if button is None and pressed is not None:
                return replace(pressed, failure=None)
            if button is None:
                raise NoButtonError(action)
            try:
                pressed = await self.control.click(
                    user, standing, action_id=button.action_id, block_id=button.block_id, confirm=confirm
                )
            except ControlError:  # it was edited just now: look again
                if pressed is None:
                    raise
            return pressed

        self.say(f"{user} presses {action}")
        return await self._until_taken(action, press)

    async def _as_it_stands(self, user: str, message: Message) -> Message:
        seen = await self.control.messages(user, message.channel_name, threads=True)
        return next(m for m in seen.messages if m.ts == message.ts)

    async def _until_taken(self, what: str, act: Callable[[], Awaitable[Outcome]]) -> Outcome:
        for _ in range(100):
            outcome = await act()
            if outcome.failure not in LOST:
                return outcome
            self.say(f"    ({what}: {outcome.failure}; tries again)")
            await asyncio.sleep(0.2)
        message = f"{what} was never taken"
        raise PlayFailedError(message)


@dataclass
class MortalPlay(Play):
    """A play in which nobody changes anything before the bot has seen the platform for a while: what it scrapes itself
    it only knows from when it was up, and without that a stage cannot be told to be fine."""

    up_since: float = 0.0

    async def restart_bot(self, *options: str) -> None:
        """A new life."""
        self.bot = await self.stage.bot(self.facts, *options)
        self.up_since = asyncio.get_running_loop().time()

    async def promote(self, user: str, comparison: Message) -> None:
        """Press Promote; where a command typed twice has made a newer comparison meanwhile, that one's."""
        for _ in range(PATIENT):
            await self._seen_enough()
            try:
                await super().promote(user, comparison)
            except NoButtonError:
                comparison = await self.people.offered(user, "promote")
            else:
                return
        message = "no comparison kept its Promote button"
        raise PlayFailedError(message)

    async def approve(self, user: str, stage: str) -> Message:
        """Wait for the request, and approve it; where a newer copy has taken its buttons meanwhile, that one."""
        for _ in range(PATIENT):
            request = await self.request(user, stage)
            await self._seen_enough()
            with contextlib.suppress(NoButtonError):
                await self.people.click(user, request, "approve")
                return request
        message = f"no request for {stage} kept its buttons"
        raise PlayFailedError(message)

    async def request(self, user: str, stage: str) -> Message:
        """Wait for the request; what a restart left too little to tell by is watched longer, as people do."""
        for _ in range(PATIENT):
            found = await self.people.sees(user, rf"(?s){stage}.*\[Approve\]|\[Watch longer\]", seconds=20)
            if "[Approve]" in found.plain:
                return await self.people.offered(user, "approve")
            with contextlib.suppress(NoButtonError):
                await self.people.click(user, found, WATCH_LONGER)
        message = f"{stage} could not be told {PATIENT} times"
        raise PlayFailedError(message)

    async def _seen_enough(self) -> None:
        while (left := self.up_since + SEEN_S - asyncio.get_running_loop().time()) > 0:  # noqa: ASYNC110 - also moved by a restart meanwhile
            await asyncio.sleep(left)


@dataclass(frozen=True)
class Run:
    """What one run came to: its end, the platform's record of it, the points it came by, and how often it died."""

    end: End
    failure: str
    journal: list[dict[str, Any]]
    posts: list[str]
    points: list[str]
    deaths: int
    conversation: list[str]
    owed: int
    under_way: int
    lost: int
    report: dict[str, Any] | None
    cut_off_and_ended: tuple[int, int]


@asynccontextmanager
async def opened(
    folder: Path, points: Sequence[str], samples: "Samples | None", say: Callable[[str], None], *, trial: bool
) -> AsyncIterator[tuple[Play, asyncio.Task[None]]]:
    """A sandbox, a mortal bot, and patient people."""
    stage = MortalStage(folder, ENVIRONMENT, points)
    async with stage.sandbox() as facts:
        text = runbook_text(facts, sys.executable, suite_path(), durations=DURATIONS, bakes=BAKES)
        assert SCRAPED[0] in text
        if trial:
            place = Path(facts["directory"])
            (place / "trial.env").write_text(f"# by hand\nCRUVERO_OPENROUTER_MODEL={CURRENT}\n", encoding="utf-8")
            text = text.replace("    stages:\n", TRIAL.format(folder=place) + "    stages:\n", 1)
        (folder / RUNBOOK).write_text(text.replace(*SCRAPED), encoding="utf-8")
        if samples is not None:
            await samples.put(folder / "rotate.db", facts["provider_url"])
        async with Control(facts["control_url"]) as control:
            play = MortalPlay(stage, facts, control, Patient(control, say), await stage.bot(facts))
            play.up_since = asyncio.get_running_loop().time()
            play.before = play.files()
            keeper = asyncio.ensure_future(_keep_alive(play))
            try:
                yield play, keeper
            finally:
                keeper.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await keeper
                await play.bot.stop()


async def _keep_alive(play: Play) -> None:
    while True:
        await play.bot.process.wait()
        if play.bot.process.returncode != -signal.SIGKILL:
            return
        await play.restart_bot()


async def _at_rest(play: Play, keeper: "asyncio.Task[None]") -> None:
    """Wait until a bot that lives says nothing more: one that died at its last point is started again first."""
    while True:
        await settle(play)
        if play.bot.process.returncode is None or keeper.done():
            return
        await asyncio.sleep(0.1)


async def run(
    scenario: Scenario,
    folder: Path,
    points: Sequence[str] = (),
    samples: "Samples | None" = None,
    *,
    trial: bool = False,
) -> Run:
    """Play a scenario to its end; the bot dies at each of `points` and is started again.

    With `trial` the slot has a test target, and the journal tells what its readers saw.
    """
    folder.mkdir(parents=True)
    said: list[str] = []
    async with opened(folder, points, samples, said.append, trial=trial) as (play, keeper):
        failure = ""
        try:
            await asyncio.wait_for(scenario.story(play), LIMIT_S)
            await _at_rest(play, keeper)
        except PlayFailedError as error:
            failure = str(error)
        except TimeoutError:
            failure = f"stuck for {LIMIT_S:g} s"
        await play.people.catch_up()
        if play.bot.process.returncode is not None:
            failure = failure or f"the bot died: {play.bot.last_words()}"
        keeper.cancel()
        journal = (await play.control.call("GET", "platform/log"))["log"]
        journal += seen_in(Path(play.facts["directory"]) / "trial.seen")
        await play.bot.stop()
        posts = await posted(play.control)  # what it posts while it is asked to stop is read too
        end = await ended(play)
        stage = play.stage
        assert isinstance(stage, MortalStage)
        passed = (folder / stage.log).read_text(encoding="utf-8").split("\n")[:-1]
        return Run(end, failure, journal, posts, passed, stage.deaths(), said, *kept(folder / "rotate.db"))


def seen_in(file: Path) -> list[dict[str, Any]]:
    """What the readers of the test target were told, once for each change; a restart may be run again."""
    if not file.exists():
        return []
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    told = [value for value, _ in groupby(line.partition("=")[2] for line in lines)]
    return [{"kind": "file", "stage": "trial", "value": value} for value in told]


async def posted(control: Control) -> list[str]:
    """Every message of the bot that people can read, as it stands now."""
    found: dict[tuple[str, str], str] = {}
    for user in ("mia", "max", "sam", "fin"):
        for message in (await control.messages(user, threads=True)).messages:
            if message.bot and not message.ephemeral:
                found[message.channel, message.ts] = message.plain
    return list(found.values())


def kept(database: Path) -> tuple[int, int, int, dict[str, Any] | None, tuple[int, int]]:
    """How many messages the outbox and the cards owe, and how many were being posted when the bot was stopped.

    Then how often at most the bot died in one message's posting, the first comparison's report, and its calls.
    """
    with contextlib.closing(sqlite3.connect(database)) as db:
        ((posts,),) = db.execute(
            "SELECT count(*) FROM outbox WHERE state = 'done' AND kind IN"
            " ('post_timeline', 'post_summary', 'post_question', 'post_page', 'tell_regressions', 'attach_report',"
            " 'attach_stage_chart')"
        )
        ((under_way,),) = db.execute(
            "SELECT count(*) FROM outbox WHERE state = 'claimed' AND lane IN ('chat', 'chart', 'page')"
        )
        ((lost,),) = db.execute("SELECT max(lost) FROM outbox WHERE lane IN ('chat', 'chart', 'page')")
        ((cards,),) = db.execute("SELECT count(*) FROM messages WHERE name = 'card' AND subject NOT LIKE 'E%'")
        reports = db.execute("SELECT state FROM comparisons WHERE id = 'D1'").fetchall()
        states = dict(db.execute("SELECT state, count(*) FROM calls GROUP BY state").fetchall())
    report = json.loads(reports[0][0])["report"] if reports else None
    return posts + cards, under_way, lost or 0, report, (states.get("cut_off", 0), states.get("ended", 0))


@dataclass(frozen=True)
class Samples:
    """A finished comparison's rows, to be put under another run as if its bot had asked for them itself."""

    identity: dict[str, Any]
    rows: list[tuple[str, str]]
    missing: int = 0

    @classmethod
    def of(cls, database: Path, missing: int = 0) -> "Samples":
        """Those of the only run in a database."""
        with contextlib.closing(sqlite3.connect(database)) as db:
            ((identity,),) = db.execute("SELECT identity FROM runs").fetchall()
            rows = db.execute("SELECT sample, body FROM samples ORDER BY rowid").fetchall()
        return cls(json.loads(identity), rows, missing)

    async def put(self, database: Path, base_url: str) -> None:
        """Into a new database, all but the last `missing`."""
        file = SqliteFile(database)
        await file.open()
        store = SqliteSamples(file, SystemClock().now, timedelta(days=30))
        run = RunIdentity(**{**self.identity, "base_url": base_url.rstrip("/")})
        await store.open(run)
        kept = self.rows[: len(self.rows) - self.missing]
        await asyncio.gather(*(store.add(run.id, Sample.from_json(body)) for _, body in kept))
        await store.close(run.id)
        await file.close()
