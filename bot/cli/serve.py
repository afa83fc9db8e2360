"""`rotate serve`: run the bot until it is told to stop."""

import asyncio
import logging
import signal
import sqlite3
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.exits import ExitCode, Stop


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("serve")(serve)


def serve(
    runbook: Annotated[Path, typer.Option(help="The runbook file.")] = Path("runbook.yml"),
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything but write; rotations end aborted.")] = False,
) -> None:
    """Run the bot.

    Tokens come from SLACK_BOT_TOKEN and SLACK_APP_TOKEN (or .env), the provider's key from the variable the runbook
    names. The database is ROTATE_DATABASE, rotate.db in the working directory if not set.
    """
    from bot.runbook.load import load
    from bot.runbook.problems import RunbookError
    from bot.settings import SettingsError, load_settings

    try:
        settings = load_settings()
        _log_to_stderr(settings.rotate_log_level)
        loaded = load(runbook)
        settings = settings.checked()
    except (RunbookError, SettingsError) as error:
        raise Stop(ExitCode.USAGE, str(error)) from None
    from bot.app import DatabaseBusyError, SlackRefusedError, serving

    async def until_told() -> None:
        told = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, told.set)
        async with serving(settings, loaded, dry_run=dry_run) as running:
            mode = ", dry run: nothing is written" if dry_run else ""
            print(f"rotate is connected to {running.team} as @{running.bot_name}{mode}", flush=True)  # noqa: T201
            await told.wait()

    try:
        asyncio.run(until_told())
    except (DatabaseBusyError, SlackRefusedError) as error:
        raise Stop(ExitCode.COULD_NOT_RUN, str(error)) from None
    except (sqlite3.Error, OSError) as error:
        path = str(settings.rotate_database)
        if isinstance(error, OSError) and not str(error.filename or "").startswith(path):
            raise  # not about the database
        why = error.strerror if isinstance(error, OSError) else error
        sentence = f"{path} cannot be used as a database: {why}; ROTATE_DATABASE names another"
        raise Stop(ExitCode.COULD_NOT_RUN, sentence) from None


def _log_to_stderr(level: str) -> None:
    import structlog

    from bot.masking import mask

    def masked(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {key: mask(value) if isinstance(value, str) else value for key, value in event.items()}

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            masked,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
