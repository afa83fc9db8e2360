"""The root of `rotate`: finds the file of the verb asked for, runs it, and turns how it ended into an exit code.

Only that one file is imported, so that `rotate --help` and every verb start fast. A verb's file defines
`register(app: typer.Typer) -> None`, which adds one command, or one group of commands, of the file's name
(`hands-off` of hands_off.py).
"""

import errno
import gc
import importlib
import importlib.util
import io
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from bot.cli.exits import ExitCode, Stop
from bot.cli.telling import say
from bot.cli.unexpected import LOG_FILE, answer

_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""What the system says when what we print has no room."""

PACKAGE: Final = "bot.cli"

VERBS: Final = {
    "init": "Write a runbook, a suite and .env; print the link that creates the Slack app.",
    "doctor": "Check tokens, scopes, channels, groups, targets, database, metrics and provider; say what to do.",
    "serve": "Run the bot.",
    "demo": "Start a sandbox and the bot beside it, or play a scenario.",
    "sandbox": "Start a Slack, a provider and a platform on loopback.",
    "diff": "Compare two models on a suite of cases.",
    "suite": "Check a suite, print its schema, import one, or draw one from recorded traffic.",
    "promote": "Begin a rotation from a comparison, or ask again for its approval.",
    "approve": "Say yes to what a rotation asks for, where the runbook takes that from a terminal.",
    "status": "Show what is running, and each stage's model.",
    "why": "Tell how a rotation came to where it is, and what it waits for.",
    "models": "Show which models there are, by the stored catalog.",
    "pause": "Stop a rotation from advancing; guardrails still roll back.",
    "resume": "Let a paused rotation go on.",
    "abort": "End a rotation before anything was changed, or stop a comparison.",
    "freeze": "Change no stage until a time; or list what is frozen.",
    "unfreeze": "End a freeze before its time.",
    "retry": "Try again what failed for technical reasons.",
    "settle": "Read every place of a rotation that is stuck, and record that as its end.",
    "confirm": "Say that what a rotation went back to answers again.",
    "withdraw": "Take your own approval back.",
    "supersede": "Ask whoever holds a model setting to give way to a rotation that waits for it.",
    "hands-off": "Suspend a rotation's automatic rollback for at most two hours.",
    "hands-on": "Make a rotation's rollback automatic again.",
    "rollback": "Put a rotation's targets back to what they held.",
    "runbook": "Check a runbook file; print its schema.",
    "monitor": "Look at a stage's checks from the terminal.",
    "ledger": "Verify, show and export the record of what happened.",
}
"""Every verb, in the order of `rotate --help`, with its line there."""


def written_verbs(package: str = PACKAGE) -> list[str]:
    """The verbs that have a file in `package`."""
    return [verb for verb in VERBS if importlib.util.find_spec(_file(verb, package)) is not None]


def _file(verb: str, package: str) -> str:
    return f"{package}.{verb.replace('-', '_')}"


def load_verb(verb: str, package: str = PACKAGE) -> TyperCommand | TyperGroup:
    """The command of a verb, with what its file alone imports."""
    app = typer.Typer(rich_markup_mode="rich")
    importlib.import_module(_file(verb, package)).register(app)
    command = get_group(app).commands[verb]
    if not isinstance(command, TyperCommand | TyperGroup):
        message = f"{package}.{verb} registers a {type(command).__name__}"
        raise TypeError(message)
    return command


class UnloadedVerb(TyperCommand):
    """A verb as `rotate --help` lists it: its name and its line."""

    def __init__(self, verb: str, package: str) -> None:
        super().__init__(verb, help=VERBS[verb])
        self.verb = verb
        self.package = package

    def load(self) -> TyperCommand | TyperGroup:
        """The command itself."""
        return load_verb(self.verb, self.package)


class VerbGroup(TyperGroup):
    """All verbs unloaded; the one asked for is loaded when it is looked up."""

    def resolve_command(
        self,
        ctx: Any,  # noqa: ANN401 (typer keeps this type to itself)
        args: list[str],
    ) -> tuple[str | None, Any, list[str]]:
        """Find the verb in `args` as typer does, with its nearest matches when there is none; then load it."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.load() if isinstance(command, UnloadedVerb) else command, rest


@dataclass
class Flags:
    """What the options before the verb ask for."""

    debug: bool = False


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(version("rotate"))
        raise typer.Exit


def _before_verb(
    ctx: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an unexpected error.")] = False,
    version: Annotated[  # noqa: ARG001 (its callback answers)
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Replace an LLM platform's current model by a candidate, safely.

    Exit codes, in every verb: 0 pass or done, 1 fail, 2 usage or malformed file, 3 inconclusive, 4 could not run.
    Of `diff` ended by a signal 128 and its number, as in a shell: 129 hung up, 130 interrupted, 143 terminated.
    """
    ctx.ensure_object(Flags).debug = debug


def build_root(package: str = PACKAGE) -> TyperGroup:
    """The command `rotate` with all verbs that have a file in `package`; none of these files is imported yet."""
    app = typer.Typer(
        name="rotate",
        cls=VerbGroup,
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_before_verb)
    root = get_group(app)
    for verb in written_verbs(package):
        root.add_command(UnloadedVerb(verb, package))
    return root


def run(args: Sequence[str], *, package: str = PACKAGE, log_file: Path = LOG_FILE) -> int:
    """Run one command line, without the program's name, and answer its exit code. Nothing is raised but SystemExit.

    The traceback of an unexpected error goes to `log_file`.
    """
    flags = Flags()
    try:
        outcome = build_root(package).main(args, prog_name="rotate", standalone_mode=False, obj=flags)
        sys.stdout.flush()
    except Stop as stop:
        say(stop.sentence)
        return stop.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        return _reader_gone()
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # typer makes it `exit 1`, which means `fail` here
            return _reader_gone()
        raise
    except typer.TyperException as error:
        from typer.rich_utils import rich_format_error

        rich_format_error(error)  # type: ignore[arg-type]  # the subclass it wants is typer's own secret
        return ExitCode.USAGE
    except OSError as error:
        if error.filename is not None or error.errno not in _FULL:
            return _unexpected(error, flags, log_file)
        _drop_output()
        typer.echo(f"The output cannot be written: {error.strerror}.", err=True)
        return ExitCode.COULD_NOT_RUN
    except Exception as error:  # noqa: BLE001 (the last place that can answer)
        return _unexpected(error, flags, log_file)
    return outcome if isinstance(outcome, int) else ExitCode.PASS


def _unexpected(error: Exception, flags: Flags, log_file: Path) -> ExitCode:
    typer.echo(answer(error, debug=flags.debug, log_file=log_file), err=True)
    return ExitCode.COULD_NOT_RUN


def _reader_gone() -> ExitCode:
    """Leave quietly: what read our output has enough (`rotate ledger export | head`)."""
    _drop_output()
    return ExitCode.PIPE_CLOSED


def _drop_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # else the interpreter's last flush complains


def main() -> NoReturn:
    """The console script. A terminal that cannot show a sign is shown its number rather than an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    code = run(sys.argv[1:])
    gc.freeze()  # what is left goes with the process: looking through it once more takes as long as a short verb
    sys.exit(code)
