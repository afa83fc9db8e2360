"""`rotate doctor`: whether this installation could work; each failure with what to do. Nothing is changed."""

import asyncio
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.exits import ExitCode

if TYPE_CHECKING:
    from bot.doctor.model import Finding


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("doctor")(doctor)


def doctor(
    runbook: Annotated[Path, typer.Option(help="The runbook file.")] = Path("runbook.yml"),
    candidate: Annotated[str | None, typer.Option(help="A new model that should answer too.")] = None,
) -> ExitCode:
    """Check tokens, scopes, channels, groups, targets, database, freezes, metrics, health, models. Nothing is changed.

    Exit code 0 when nothing fails, 1 when something does, 2 when the runbook or a suite of it cannot be used.
    """
    from bot.app.examination import examine_installation
    from bot.doctor.model import all_well, unusable

    findings = run(examine_installation(runbook, candidate=candidate))
    show_findings(findings)
    if unusable(findings):
        return ExitCode.USAGE
    return ExitCode.PASS if all_well(findings) else ExitCode.FAIL


def run(work: "Coroutine[Any, Any, list[Finding]]") -> "list[Finding]":
    """What the checks found. Settings that cannot be read end the verb with their sentence."""
    from bot.cli.exits import Stop
    from bot.settings import SettingsError

    try:
        return asyncio.run(work)
    except SettingsError as error:
        raise Stop(ExitCode.USAGE, str(error)) from None


def show_findings(findings: "Sequence[Finding]") -> None:
    """One line a finding, its remedy below it, and a last line that counts."""
    from bot.doctor.model import State

    marks = {State.OK: "ok         ", State.FAILS: "FAILS      ", State.NOT_CHECKED: "not checked"}
    for finding in findings:
        typer.echo(f"{marks[finding.state]}  {finding.check}: {finding.what}")
        if finding.todo:
            typer.echo(f"             -> {finding.todo}")
    counts = {state: sum(finding.state is state for finding in findings) for state in State}
    typer.echo(", ".join(f"{count} {state}" for state, count in counts.items()) + ".")
