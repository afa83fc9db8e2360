"""`rotate sandbox`: a Slack, a provider and a platform on loopback, in this process, until it is told to stop."""

import asyncio
import errno
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.exits import ExitCode, Stop


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("sandbox")(sandbox)


def sandbox(
    port: Annotated[int, typer.Option(help="The port on 127.0.0.1; 0 takes a free one.", min=0, max=65535)] = 0,
    seed: Annotated[Path | None, typer.Option(help="A YAML or JSON file that changes who and what is there.")] = None,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Where the platform keeps its env files; a new folder if not given.")
    ] = None,
) -> None:
    """Start a second Slack, an OpenAI-compatible provider and a small platform, and print one JSON line of addresses.

    docs/sandbox.md describes the control API that plays people and breaks things.
    """
    from bot.sandbox.seed import SeedError
    from bot.sandbox.world import serve

    try:
        asyncio.run(serve(port, seed, directory, lambda line: print(line, flush=True)))  # noqa: T201
    except SeedError as error:
        raise Stop(ExitCode.USAGE, str(error)) from None
    except OSError as error:
        taken = f"port {port} is taken by another program; --port 0 takes a free one"
        what = taken if error.errno == errno.EADDRINUSE else f"the sandbox cannot start: {error.strerror or error}"
        raise Stop(ExitCode.COULD_NOT_RUN, what) from None
