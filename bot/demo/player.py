"""Playing a scenario from an empty folder to its end, and saying whether it ended as it must."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

from bot.demo.people import People, PlayFailedError, Row
from bot.demo.play import End, Play, settle
from bot.demo.processes import ChildError, Stage
from bot.demo.runbook import RUNBOOK, runbook_text
from bot.demo.scenarios import SCENARIOS, Scenario
from bot.sandbox.client import Control

Sabotage = Literal["persona", "line"]
LIMIT_S = 120.0
"""A play that has not ended by then is stuck."""


@dataclass(frozen=True)
class Played:
    """How a play went: what is not as it must be (empty: all is), and every row of what happened."""

    problems: tuple[str, ...]
    rows: Sequence[Row]


@asynccontextmanager
async def opened(
    folder: Path, environment: Mapping[str, str], python: str, show: Callable[[str], None], *, quiet_staging: bool
) -> AsyncIterator[Play]:
    """A sandbox, a bot and people, ready to play."""
    stage = Stage(folder, environment)
    async with stage.sandbox() as facts:
        text = runbook_text(facts, python, suite_path(), quiet_staging=quiet_staging)
        (folder / RUNBOOK).write_text(text, encoding="utf-8")
        async with Control(facts["control_url"]) as control:
            bot = await stage.bot(facts)
            play = Play(stage, facts, control, People(control, show), bot)
            play.before = play.files()
            try:
                yield play
            finally:
                await play.bot.stop()


def suite_path() -> Path:
    """The sandbox's suite, as it is installed."""
    return Path(str(files("bot").joinpath("examples", "sandbox.suite.yml")))


async def play_scenario(
    name: str,
    folder: Path,
    environment: Mapping[str, str],
    python: str,
    show: Callable[[str], None],
    sabotage: Sabotage | None = None,
) -> Played:
    """Play it to its end. Raises ChildError when the children do not start, KeyError for an unknown name."""
    scenario = SCENARIOS[name]
    async with opened(folder, environment, python, show, quiet_staging=scenario.quiet_staging) as play:
        failure = ""
        try:
            if sabotage is not None:
                await sabotaged(play, scenario, sabotage)
            async with play.people.followed():
                await asyncio.wait_for(scenario.story(play), LIMIT_S)
                await settle(play)
        except PlayFailedError as error:
            failure = str(error)
        except TimeoutError:
            failure = f"the play was stuck for {LIMIT_S:g} s"
        await play.people.catch_up()
        if play.bot.process.returncode is not None:
            failure = failure or f"the bot died: {play.bot.last_words()}"
        await play.bot.stop()
        end = await ended(play)
    problems = ([failure] if failure else []) + list(scenario.check(end))
    if end.chain:
        problems.append(f"the ledger: {end.chain}")
    return Played(tuple(problems), end.rows())


async def sabotaged(play: Play, scenario: Scenario, sabotage: Sabotage) -> None:
    """Make the end impossible: another persona answers for the candidate, or the line to the provider is cut."""
    if sabotage == "persona":
        await play.tell("provider", "swap", model=scenario.candidate, persona=scenario.instead)
    else:
        await play.tell("provider", "outage", rate=1.0)


async def ended(play: Play) -> End:
    """What it came to. The bot must have stopped."""
    return End(
        record=await play.record(),
        files=play.files(),
        before=play.before,
        messages=play.people.rows,
        chain=await play.verify_record(),
    )


def write_rows(rows: Sequence[Row], path: Path) -> None:
    """One JSON line a row: `at, kind, rotation, name, data`."""
    path.write_text("".join(json.dumps(asdict(row)) + "\n" for row in rows), encoding="utf-8")


__all__ = ["SCENARIOS", "ChildError", "Played", "Sabotage", "opened", "play_scenario", "write_rows"]
