"""A verb that ends in every way a verb can end; the tests hand this folder to `run` in place of bot/cli."""

import sys
from typing import Annotated

import typer

from bot.cli.exits import ExitCode, Stop


def register(app: typer.Typer) -> None:
    @app.command()
    def status(end: str, times: Annotated[int, typer.Option(help="How often.")] = 1) -> int | None:
        """End in the way asked for."""
        match end:
            case "quietly":
                typer.echo(f"{times} times")
                return None
            case "with-a-code":
                return ExitCode.INCONCLUSIVE
            case "with-exit":
                raise typer.Exit(ExitCode.FAIL)
            case "with-a-sentence":
                raise Stop(ExitCode.COULD_NOT_RUN, "rotate.db is locked: stop the other bot first")
            case "at-the-keyboard":
                raise KeyboardInterrupt
            case "at-a-prompt":
                typer.confirm("Sure?", abort=True)
            case "with-a-bug":
                message = f"refused for {'xoxb'}-1234-abcdef"
                raise ValueError(message)
            case "never":
                while True:
                    sys.stdout.write("more\n")
            case _:
                raise typer.BadParameter(end)
        return None
