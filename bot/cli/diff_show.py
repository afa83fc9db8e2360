"""`rotate diff show` and `compare`: finished comparisons again, from the bot's database or the terminal's own."""

import asyncio
import difflib
import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bot.cli.diff_output import HtmlFile, JsonFile, JunitFile, MarkdownFile, Outputs, print_report
from bot.cli.exits import VERDICTS, ExitCode, Stop
from bot.cli.telling import tell

if TYPE_CHECKING:
    from bot.difftest.kept import Kept
    from bot.difftest.model.cases import CaseOutcome
    from bot.difftest.model.report import Report
    from bot.engine.models.comparisons import Comparison

_HELP: Final = "A comparison of the bot (D17), or how a terminal run's id begins."
_OF_THE_BOT: Final = re.compile(r"D\d+", re.IGNORECASE)
_SHOWN: Final = 12
_LISTED: Final = 5
Database = Annotated[Path | None, typer.Option("--database", help="The bot's database; ROTATE_DATABASE if not given.")]
Name = Annotated[str, typer.Argument(metavar="ID", help=_HELP)]


@dataclass(frozen=True)
class Found:
    """A finished comparison by its name; `cases` are kept of terminal runs only."""

    name: str
    report: "Report"
    cases: tuple["CaseOutcome", ...] = ()
    told: str = ""


def show(
    comparison: Name,
    database: Database = None,
    json_to: JsonFile = None,
    html: HtmlFile = None,
    markdown: MarkdownFile = None,
    junit: JunitFile = None,
) -> None:
    """Show a finished comparison again, without a call; the exit code is its verdict."""
    outputs = Outputs(json_to, html, markdown, junit)
    outputs.check()
    found = find(comparison, database)
    outputs.write(found.report, found.cases, found.name)
    tell(found.told, err=outputs.stdout_taken)
    print_report(found.report, to_stderr=outputs.stdout_taken)
    raise typer.Exit(VERDICTS[found.report.verdict.value])


def compare(
    before: Name,
    after: Annotated[str, typer.Argument(metavar="ID", help="The one to hold against it.")],
    database: Database = None,
) -> None:
    """Hold two finished comparisons against each other: what they are about, and what changed in each dimension."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from bot.difftest.report.against import Side, cases_told, changes, premises
    from bot.difftest.report.terminal import visible

    old, new = find(before, database), find(after, database)
    first, second = Side(old.name, old.report), Side(new.name, new.report)
    console = Console(highlight=False)
    for told in (old.told, new.told, *premises(first, second)):
        console.print(visible(told), markup=False)
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("", first.name, second.name, "change"):
        table.add_column(column)
    for change in changes(first, second):
        table.add_row(*(Text(cell) for cell in (change.key, change.before, change.after, change.change)))
    console.print(table)
    for line in cases_told(first, second):
        console.print(visible(line), markup=False)


def find(name: str, database: Path | None) -> Found:
    """The finished comparison of that name. Raises Stop with the nearest names where there is none."""
    if _OF_THE_BOT.fullmatch(name):
        # `D17` may also be how a run's id begins; the bot's is meant where it has one.
        problem = ""
        try:
            return _of_the_bot(name.upper(), database)
        except Unknown as unknown:
            problem = str(unknown)
        runs = _kept(name)
        if len(runs) != 1:
            raise Stop(ExitCode.USAGE, problem)
        return _of_a_terminal(runs[0])
    runs = _kept(name)
    if len(runs) == 1:
        return _of_a_terminal(runs[0])
    if runs:
        raise Stop(ExitCode.USAGE, f"{name}: several runs begin so: {_listed(runs)}.")
    every = _kept("")
    if not every:
        raise Stop(ExitCode.USAGE, f"{name}: no finished comparison is kept in {_folder()}; the bot's are called D17.")
    nearest = _nearest(name, [each.report.run_id[: max(len(name), 1)] for each in every])
    meant = [each for each in every if nearest and each.report.run_id.startswith(nearest)]
    raise Stop(ExitCode.USAGE, f"{name}: no run's id begins so. {_hint('Nearest', meant) or _hint('There are', every)}")


class Unknown(Exception):
    """The bot has no comparison of that name; the message says what it has."""


def _of_the_bot(name: str, database: Path | None) -> Found:
    from bot.settings import SettingsError, load_settings

    try:
        path = database or load_settings().rotate_database
    except SettingsError as error:
        raise Stop(ExitCode.USAGE, str(error)) from None
    if not path.is_file():
        raise Unknown(f"{name}: there is no database at {path}; name it with --database or ROTATE_DATABASE.")
    from bot.app.database import stored_comparison

    try:
        comparison, known = asyncio.run(stored_comparison(path, name))
    except (sqlite3.Error, ValueError) as error:
        raise Stop(ExitCode.COULD_NOT_RUN, f"{path} cannot be read as a database: {error}") from None
    if comparison is None:
        nearest = _nearest(name, known)
        has = f"Nearest: {nearest}." if nearest else f"It has {', '.join(known[:_LISTED]) or 'none'}."
        raise Unknown(f"{name}: {path} has no such comparison. {has}")
    if comparison.report is None:
        raise Stop(ExitCode.COULD_NOT_RUN, f"{name} has no verdict: {_why_none(comparison)}.")
    return Found(name, comparison.report, told=_told(comparison))


def _told(comparison: "Comparison") -> str:
    finished = comparison.finished_at
    when = f", finished {finished:%Y-%m-%d %H:%M} UTC" if finished is not None else ""
    return f"{comparison.id}, {comparison.slot}{when}, asked by {comparison.requester.name}"


def _why_none(comparison: "Comparison") -> str:
    if comparison.status == "asked":
        return "it waits for a yes to what it costs, in Slack, and nothing was asked yet"
    if comparison.status == "running":
        return "it is still running"
    what = "it was stopped" if comparison.status == "aborted" else "it could not run"
    return f"{what} ({comparison.problem.rstrip('.')})" if comparison.problem else what


def _of_a_terminal(run: "Kept") -> Found:
    name = run.report.run_id[:_SHOWN]
    return Found(
        name, run.report, run.cases, f"{name}, suite {run.report.suite}, finished {run.finished_at:%Y-%m-%d %H:%M} UTC"
    )


def _folder() -> Path:
    from bot.cli.diff import state_folder

    return state_folder()


def _kept(prefix: str) -> "list[Kept]":
    from bot.difftest.kept import kept

    try:
        return kept(_folder(), prefix.lower())
    except (sqlite3.Error, ValueError) as error:
        raise Stop(ExitCode.COULD_NOT_RUN, f"{_folder()} cannot be read: {error}") from None


def _nearest(name: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(name.lower(), {each.lower(): each for each in known}, n=1, cutoff=0.5)
    return next((each for each in known if found and each.lower() == found[0]), "")


def _hint(head: str, runs: "list[Kept]") -> str:
    return f"{head}: {_listed(runs)}." if runs else ""


def _listed(runs: "list[Kept]") -> str:
    told = [
        f"{run.report.run_id[:_SHOWN]} ({run.report.suite}: {run.report.current} → {run.report.candidate})"
        for run in runs[:_LISTED]
    ]
    return ", ".join(told)
