"""`rotate init`: six questions, three files, a link that creates the Slack app, and what `rotate doctor` says."""

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from bot.cli.exits import ExitCode, Stop
from bot.runbook.starter import (
    RUNBOOK_NAME,
    SUITE_NAME,
    AnswerError,
    Answers,
    app_link,
    env_text,
    missing_from_env,
    model_variables,
    parse_address,
    parse_channel,
    parse_env_files,
    parse_owners,
    parse_provider,
    parse_variable,
    runbook_text,
)

CHANNEL = "model-rotation"
OWNERS = "ml-oncall, sre-oncall, finance-ops"
PROVIDER = "openrouter"
ENV_FILES = "/etc/app/staging.env, /etc/app/pilots.env, /etc/app/global.env"
VARIABLE = "CRUVERO_OPENROUTER_MODEL"
METRICS = "http://localhost:9090"
FEWEST_CASES = 52
"""The fewest cases that can show a difference below 5 points at 95 %, when all agree (bot.difftest.stats.planning)."""

Parsed = TypeVar("Parsed")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("init")(init)


def init(
    *,
    channel: Annotated[str | None, typer.Option(help="The Slack channel rotations are talked about in.")] = None,
    groups: Annotated[
        str | None, typer.Option(help="ML, SRE, Finance: user groups, or member ids joined by +; commas between.")
    ] = None,
    provider: Annotated[
        str | None, typer.Option(help="openrouter, openai, or an address such as https://host/v1.")
    ] = None,
    env_files: Annotated[
        str | None, typer.Option(help="The env files that hold the model: staging, pilots, global; commas between.")
    ] = None,
    variable: Annotated[str | None, typer.Option(help="The variable in them that holds the model.")] = None,
    metrics: Annotated[str | None, typer.Option(help="The address of a Prometheus; `none` for none.")] = None,
    health: Annotated[str, typer.Option(help="An address that says whether the provider is healthy.")] = "",
    folder: Annotated[Path, typer.Option(help="Where the files are written.")] = Path(),
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: defaults for what no option says.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite runbook and suite without asking; never .env.")
    ] = False,
) -> ExitCode:
    """Write a runbook, a suite and .env; print the link that creates the Slack app.

    Existing files are kept unless you say otherwise.
    """
    asking = _Asking(yes)
    answers = _asked(asking, (channel, groups, provider, env_files, variable, metrics), health)
    _write_all(asking, answers, folder, force=force)
    manifest = files("bot").joinpath("examples", "manifest.yml").read_text(encoding="utf-8")
    typer.echo("\nCreate the Slack app with this link, install it, and put both tokens into .env:\n")
    typer.echo(app_link(manifest))
    typer.echo("\nWhat `rotate doctor` says now:\n")
    _doctor(folder)
    typer.echo("\nNext: mend what fails, `rotate doctor` again, then `rotate serve --runbook runbook.yml`.")
    return ExitCode.PASS


@dataclass(frozen=True)
class _Asking:
    """Asks on the terminal, or takes every default."""

    silent: bool

    def value(self, question: str, option: str | None, default: str, parse: Callable[[str], Parsed]) -> Parsed:
        """The option where it was given, else the answer, asked again until it can be used. Raises Stop."""
        if option is not None or self.silent:
            try:
                return parse(default if option is None else option)
            except AnswerError as error:
                raise Stop(ExitCode.USAGE, f"{question}: {error}") from None
        while True:
            try:
                return parse(self._line(question, default))
            except AnswerError as error:
                typer.echo(f"  {error}")

    def yes(self, question: str) -> bool:
        """Whether the person says yes; without a person, no."""
        if self.silent:
            return False
        return self._line(f"{question} (y/n)", "n").strip().lower() in {"y", "yes"}

    @staticmethod
    def _line(question: str, default: str) -> str:
        try:
            return str(typer.prompt(question, default=default))
        except typer.Abort:
            if sys.stdin.isatty():
                raise
            what = "the answers ended; on no terminal give --yes, and options for what should differ from the defaults"
            raise Stop(ExitCode.USAGE, what) from None


def _asked(asking: _Asking, options: tuple[str | None, ...], health: str) -> Answers:
    channel, groups, provider, env_files, variable, metrics = options
    in_channel = asking.value("1/6 Slack channel for rotations", channel, CHANNEL, parse_channel)
    owners = asking.value(
        "2/6 Owners ML, SRE, Finance (user groups, or member ids joined by +)",
        groups,
        OWNERS,
        lambda text: parse_owners(text, in_channel),
    )
    endpoint = asking.value("3/6 Provider (openrouter, openai or an address)", provider, PROVIDER, parse_provider)
    places = asking.value("4/6 Env files of staging, pilots, global", env_files, ENV_FILES, parse_env_files)
    usual = _variable_in(places.values())
    name = asking.value("5/6 Variable in them that holds the model", variable, usual, parse_variable)
    series = asking.value("6/6 Prometheus (or none)", metrics, METRICS, parse_address)
    reports = asking.value("--health", health, "", parse_address)
    return Answers(in_channel, owners, endpoint, name, places, series, reports)


def _variable_in(paths: Iterable[str]) -> str:
    for path in paths:
        try:
            found = model_variables(Path(path).read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
        if found:
            return found[0]
    return VARIABLE


def _write_all(asking: _Asking, answers: Answers, folder: Path, *, force: bool) -> None:
    from bot.runbook.load import checked
    from bot.runbook.problems import RunbookError

    text = runbook_text(answers)
    try:
        checked(text, RUNBOOK_NAME, folder)
    except RunbookError as error:
        raise Stop(ExitCode.USAGE, f"these answers make no runbook:\n{error}") from None
    suite = files("bot").joinpath("examples", SUITE_NAME).read_text(encoding="utf-8")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(asking, folder / RUNBOOK_NAME, text, force=force)
        if _write(asking, folder / SUITE_NAME, suite, force=force):
            typer.echo(
                f"  its ten cases can open staging; a `pass` within 5 points takes at least {FEWEST_CASES} cases"
            )
        _write_env(folder / ".env", answers.provider)
    except BrokenPipeError:
        raise  # what reads our output has enough
    except OSError as error:
        raise Stop(ExitCode.COULD_NOT_RUN, f"{error.filename or folder}: {error.strerror}") from None


def _write(asking: _Asking, path: Path, text: str, *, force: bool) -> bool:
    """Write a file, unless it is there and nobody says that it may go."""
    if path.exists() and not force:
        if path.read_text(encoding="utf-8", errors="replace") == text:
            typer.echo(f"{path} is as it would be written; kept")
            return False
        if not asking.yes(f"{path} exists. Overwrite it?"):
            typer.echo(f"{path} exists; kept (--force overwrites it)")
            return False
    path.write_text(text, encoding="utf-8")
    typer.echo(f"wrote {path}")
    return True


def _write_env(path: Path, provider: str) -> None:
    """Write `.env` for its owner's eyes only; one that is there stays as it is."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        lacking = missing_from_env(path.read_text(encoding="utf-8", errors="replace"), provider)
        typer.echo(f"{path} exists; kept" + (f"; it lacks {', '.join(lacking)}" if lacking else ""))
        if path.stat().st_mode & 0o077:
            typer.echo(f"  others can read it: chmod 600 {path}")
        return
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, 0o600)
        file.write(env_text(provider))
    typer.echo(f"wrote {path} (readable by you only)")


def _doctor(folder: Path) -> None:
    from bot.app.examination import examine_installation
    from bot.cli.doctor import run, show_findings

    show_findings(run(examine_installation(folder / RUNBOOK_NAME, env_file=folder / ".env")))
