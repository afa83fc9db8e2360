"""`rotate serve`: run the bot until it is told to stop."""

import asyncio
import contextlib
import signal
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from bot.cli.exits import ExitCode, Stop

if TYPE_CHECKING:
    from pydantic import SecretStr

    from bot.runbook.models.sources import Provider


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
    from bot.cli.logs import log_to_stderr
    from bot.cli.runbook import loaded_with_suites
    from bot.settings import SettingsError, load_settings

    try:
        settings = load_settings()
        loaded = loaded_with_suites(runbook)
        settings = settings.checked()
        key = provider_key(loaded.runbook.provider)
        known = [*settings.secrets(), *([key.get_secret_value()] if key else [])]
        log_to_stderr(settings.rotate_log_level, known)
    except SettingsError as error:
        raise Stop(ExitCode.USAGE, str(error)) from None
    from bot.app.database import DatabaseBusyError
    from bot.app.own_metrics import CannotListenError
    from bot.app.serving import serving
    from bot.app.slack import SlackRefusedError

    async def run() -> None:
        async with serving(settings, loaded, dry_run=dry_run) as running:
            mode = ", dry run: nothing is written" if dry_run else ""
            print(f"rotate is connected to {running.team} as @{running.bot_name}{mode}", flush=True)  # noqa: T201
            if running.warning:
                print(running.warning, flush=True)  # noqa: T201
            await asyncio.Event().wait()

    async def until_told() -> None:
        told = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, told.set)
        work, stop = asyncio.ensure_future(run()), asyncio.ensure_future(told.wait())
        await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if told.is_set():
            work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work

    try:
        asyncio.run(until_told())
    except (DatabaseBusyError, CannotListenError, SlackRefusedError) as error:
        raise Stop(ExitCode.COULD_NOT_RUN, str(error)) from None
    except (sqlite3.Error, OSError) as error:
        path = str(settings.rotate_database)
        if isinstance(error, OSError) and not str(error.filename or "").startswith(path):
            raise  # not about the database
        why = error.strerror if isinstance(error, OSError) else error
        sentence = f"{path} cannot be used as a database: {why}; ROTATE_DATABASE names another"
        raise Stop(ExitCode.COULD_NOT_RUN, sentence) from None


def provider_key(provider: "Provider") -> "SecretStr | None":
    """The provider's key. Raises Stop when one is needed and there is none: loopback without a named key needs none."""
    from bot.settings import key_trouble, secret

    key = secret(provider.key_variable)
    local = urlsplit(provider.url).hostname in {"127.0.0.1", "localhost", "::1"}
    if key is None and (provider.api_key_env or not local):
        sentence = f"{provider.key_variable} is not set: it holds the key of {provider.name}; put it into .env"
        raise Stop(ExitCode.USAGE, sentence)
    if key is not None and (trouble := key_trouble(key)):
        raise Stop(ExitCode.USAGE, f"{provider.key_variable} {trouble}")
    return key
