"""`rotate monitor`: see what a check sees, and judge recorded history as a bake would have judged it."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.exits import VERDICTS, ExitCode, Stop
from bot.cli.monitor_named import stage_named
from bot.cli.monitor_try import try_check

if TYPE_CHECKING:
    from bot.monitor.recorded_row import Row
    from bot.monitor.replay import Bake, Ended
    from bot.rotation.evidence import LookResult


def register(app: typer.Typer) -> None:
    """Add the verb and its commands."""
    group = typer.Typer(no_args_is_help=True, help="Look at a stage's checks from the terminal.")
    group.callback()(_nothing)
    group.command("try")(try_check)
    group.command("replay")(replay)
    app.add_typer(group, name="monitor")


def _nothing() -> None:
    """Look at a stage's checks from the terminal."""


def replay(
    *,
    series: Annotated[Path, typer.Option(metavar="FILE.jsonl", help="Recorded rows, one a line; - reads stdin.")],
    checks: Annotated[Path | None, typer.Option(metavar="FILE", help="The checks, as YAML or JSON.")] = None,
    runbook: Annotated[
        Path | None, typer.Option(help="The runbook whose checks are taken, with --slot, --stage.")
    ] = None,
    slot: Annotated[str | None, typer.Option(help="The model setting in the runbook.")] = None,
    stage: Annotated[str | None, typer.Option(help="The stage whose bake is taken.")] = None,
) -> ExitCode:
    """Judge recorded history look by look, so that checks can be tuned on rotations that are over.

    Either --checks FILE, or --runbook, --slot and --stage. Prints a JSON line for each look, and a last one with the
    verdict.
    Exit code 0 pass, 1 fail, 3 inconclusive, 2 for a file that cannot be read. docs/monitoring.md has both formats.
    """
    from bot.monitor.replay import Replay

    bake, kinds = _bake(checks, runbook, slot, stage)
    judged = Replay.of(bake, _rows(series, kinds))
    for look in judged.looks():
        typer.echo(json.dumps(_look_line(look), ensure_ascii=False))
    ended = judged.ended
    typer.echo(json.dumps(_last_line(ended), ensure_ascii=False))
    return VERDICTS[ended.verdict.value]


def _bake(
    checks: Path | None, runbook: Path | None, slot: str | None, stage: str | None
) -> "tuple[Bake, dict[str, str]]":
    from bot.monitor.written import bake_of, bake_of_stage, kinds_of
    from bot.runbook.checks_file import load_checks
    from bot.runbook.problems import RunbookError

    if checks is not None:
        given = {"--runbook": runbook, "--slot": slot, "--stage": stage}
        if doubled := [name for name, value in given.items() if value is not None]:
            raise Stop(ExitCode.USAGE, f"--checks says what is judged: give it without {', '.join(doubled)}.")
        try:
            file = load_checks(checks)
        except RunbookError as error:
            raise Stop(ExitCode.USAGE, str(error)) from None
        return bake_of(file), kinds_of(file)
    if runbook is None or slot is None or stage is None:
        raise Stop(ExitCode.USAGE, "Give --checks FILE, or --runbook, --slot and --stage.")
    plan, found, _ = stage_named(runbook, slot, stage)
    return bake_of_stage(plan, found)


def _rows(series: Path, kinds: dict[str, str]) -> "list[Row]":
    """The rows of a file. Raises Stop with each wrong line."""
    from bot.monitor.recorded import RowsError, read_rows

    try:
        if str(series) == "-":
            return read_rows(sys.stdin, kinds)
        with series.open(encoding="utf-8-sig") as lines:
            return read_rows(lines, kinds)
    except RowsError as error:
        told = [f"{series}:{line}: {what}" if line else f"{series}: {what}" for line, what in error.problems]
        more = [f"... and {error.more:,} more"] if error.more else []
        raise Stop(ExitCode.USAGE, "\n".join([*told, *more])) from None
    except UnicodeDecodeError as error:
        raise Stop(ExitCode.USAGE, f"{series}: is not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise Stop(ExitCode.USAGE, f"{series}: cannot be read: {error.strerror}") from None


def _look_line(look: "LookResult") -> dict[str, Any]:
    return {
        "look": look.number,
        "at": look.window_end.isoformat(),
        "verdict": look.verdict.value,
        "counted": look.counted,
        "incident": look.incident,
        "reasons": list(look.reasons),
        "checks": [check.model_dump(mode="json") for check in look.checks],
    }


def _last_line(ended: "Ended") -> dict[str, Any]:
    return {
        "final": True,
        "verdict": ended.verdict.value,
        "decided_at_look": ended.decided_at_look,
        "reasons": list(ended.reasons),
    }
