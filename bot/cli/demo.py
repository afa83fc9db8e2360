"""`rotate demo`: a sandbox and the bot for the browser, or a scenario played without one."""

import asyncio
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.exits import ExitCode, Stop


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("demo")(demo)


def demo(
    play: Annotated[str | None, typer.Option(help="Play this scenario and exit; `list` names them.")] = None,
    jsonl: Annotated[Path | None, typer.Option(help="Write every message, event and effect to this file.")] = None,
    sabotage: Annotated[
        str | None, typer.Option(help="Make the end impossible: `persona` or `line`. The exit code must not be 0.")
    ] = None,
    port: Annotated[int, typer.Option(help="The port of the page; 0 takes a free one.", min=0, max=65535)] = 0,
) -> ExitCode:
    """Start a sandbox and the bot beside it, and print one URL to open; or play a scenario.

    Nothing leaves this machine, and nothing is kept. Exit code of a play: 0 only when it ended as it must.
    """
    from bot.demo.player import SCENARIOS, ChildError

    if play == "list":
        for name, scenario in SCENARIOS.items():
            print(f"{name:<28}{(scenario.story.__doc__ or '').splitlines()[0] if scenario.story.__doc__ else ''}")  # noqa: T201
        return ExitCode.PASS
    if play is not None and play not in SCENARIOS:
        raise Stop(ExitCode.USAGE, f"there is no scenario {play!r}; there are: {', '.join(SCENARIOS)}")
    if play is None and (jsonl is not None or sabotage is not None):
        option = "--jsonl" if jsonl is not None else "--sabotage"
        raise Stop(ExitCode.USAGE, f"{option} goes with --play SCENARIO; `rotate demo --play list` names them")
    if jsonl is not None and (why := _unwritable(jsonl)):
        raise Stop(ExitCode.USAGE, f"--jsonl {jsonl}: {why}")
    if sabotage not in {None, "persona", "line"}:
        raise Stop(ExitCode.USAGE, f"--sabotage takes `persona` or `line`, not {sabotage!r}")
    with tempfile.TemporaryDirectory(prefix="rotate-demo-") as folder:
        try:
            if play is None:
                asyncio.run(_serve(Path(folder), port))
                return ExitCode.PASS
            return _play(play, Path(folder), jsonl, sabotage)
        except ChildError as error:
            raise Stop(ExitCode.COULD_NOT_RUN, str(error)) from None


def _unwritable(path: Path) -> str:
    """Why the file could not be written after a play; empty when it can."""
    if path.is_dir():
        return "is a folder"
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}"
    return "" if os.access(path if path.exists() else path.parent, os.W_OK) else "cannot be written"


def _play(name: str, folder: Path, jsonl: Path | None, sabotage: str | None) -> ExitCode:
    from bot.demo.player import play_scenario, write_rows
    from bot.settings import command_environment

    show = lambda line: print(line, flush=True)  # noqa: E731, T201 - the conversation is the output
    played = asyncio.run(play_scenario(name, folder, command_environment(), sys.executable, show, sabotage))  # type: ignore[arg-type]
    if jsonl is not None:
        write_rows(played.rows, jsonl)
    for problem in played.problems:
        print(f"✗ {problem}", file=sys.stderr)  # noqa: T201
    if played.problems:
        return ExitCode.FAIL
    print(f"✓ {name} ended as it must")  # noqa: T201
    return ExitCode.PASS


async def _serve(folder: Path, port: int) -> None:
    from bot.demo.player import suite_path
    from bot.demo.processes import Stage
    from bot.demo.runbook import RUNBOOK, SLOWER, SLOWER_BAKES, runbook_text
    from bot.settings import command_environment

    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    stage = Stage(folder, command_environment())
    async with stage.sandbox(port=port) as facts:
        text = runbook_text(facts, sys.executable, suite_path(), durations=SLOWER, bakes=SLOWER_BAKES)
        (folder / RUNBOOK).write_text(text, encoding="utf-8")
        bot = await stage.bot(facts)
        print(f"Open {facts['page_url']} and type /rotate diff. Stop with Ctrl-C.", flush=True)  # noqa: T201
        try:
            stopped = asyncio.ensure_future(told.wait())
            died = asyncio.ensure_future(bot.process.wait())
            await asyncio.wait({stopped, died}, return_when=asyncio.FIRST_COMPLETED)
            if not stopped.done():
                raise Stop(ExitCode.COULD_NOT_RUN, f"the bot died: {bot.last_words()}")
        finally:
            await bot.stop()
