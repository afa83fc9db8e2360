"""Running one operator's command: an argv list without a shell, a time limit, few variables, no secret in its error."""

import asyncio
import contextlib
import errno
import os
import re
import signal
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO

from bot.masking import mask
from bot.ports import OutsideError

_TAIL_BYTES = 2000
_TAIL_LINES = 5
_GRACE = 2.0  # seconds between asking a command that took too long to end, and ending it


@dataclass(frozen=True)
class Printed:
    """What a command that came to its end left: its status, its output, and the end of what it said beside it."""

    status: int
    output: bytes
    last_words: str


async def run(
    argv: Sequence[str],
    *,
    limit: timedelta,
    environment: Mapping[str, str],
    secrets: Iterable[str] = (),
) -> None:
    """Run a command to its end. `environment` is all it gets.

    Raises OutsideError when it cannot be started, takes longer than `limit` (it and what it started are ended), or
    ends with another status than 0; the error carries the end of its output with secrets masked.
    """
    shown = mask(" ".join(argv), secrets)
    # A file, not a pipe: a command may leave a child behind that keeps the pipe open for ever.
    with tempfile.TemporaryFile() as output:
        status = await _ended(argv, shown, limit, environment, (output, output), secrets=secrets)
        if status:
            raise OutsideError(
                f"`{shown}` {how_ended(status)}{_tail(output, secrets)}", whose="sre", again=True, code="command_failed"
            )


async def printed(
    argv: Sequence[str],
    *,
    name: str,
    limit: timedelta,
    environment: Mapping[str, str],
    directory: Path | str | None = None,
    most_bytes: int,
    secrets: Iterable[str] = (),
) -> Printed:
    """Run a command to its end, in `directory`, and read what it printed: `most_bytes` and one more at most.

    `name` is what it is called in errors. Raises OutsideError as `run` does, but not for another status than 0.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as said:
        files = output, said
        status = await _ended(argv, name, limit, environment, files, directory=directory, secrets=secrets)
        output.seek(0)
        words = _lines(said, secrets)
        return Printed(status, output.read(most_bytes + 1), words[-1] if words else "")


async def _ended(
    argv: Sequence[str],
    shown: str,
    limit: timedelta,
    environment: Mapping[str, str],
    files: tuple[IO[bytes], IO[bytes]],
    *,
    directory: Path | str | None = None,
    secrets: Iterable[str],
) -> int:
    """The status of a command that was started and came to its end. Raises OutsideError."""
    output, said = files
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=said,
            env=dict(environment),
            cwd=directory,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        code = "argument_unusable" if isinstance(error, ValueError) or error.errno == errno.E2BIG else None
        raise OutsideError(
            f"`{shown}` could not be started: {reason}", whose="sre", again=False, code=code or "command_not_started"
        ) from None
    try:
        return await asyncio.wait_for(process.wait(), limit.total_seconds())
    except TimeoutError:
        raise OutsideError(
            f"`{shown}` did not end within {limit.total_seconds():g} s and was ended{_tail(said, secrets)}",
            whose="sre",
            again=True,
            code="command_timeout",
        ) from None
    finally:
        if process.returncode is None:
            await _end(process)


def how_ended(status: int) -> str:
    """What a status other than 0 says."""
    return f"was ended by {_signal_name(-status)}" if status < 0 else f"ended with status {status}"


async def _end(process: asyncio.subprocess.Process) -> None:
    for asked in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, asked)
        except (ProcessLookupError, PermissionError):
            break
        try:
            await asyncio.wait_for(process.wait(), _GRACE)
        except TimeoutError:
            continue
        break
    # What it started may have stayed when it went itself.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _tail(output: IO[bytes], secrets: Iterable[str]) -> str:
    lines = _lines(output, secrets)
    return f"; its last words: {' / '.join(lines)}" if lines else ", and said nothing"


def _lines(output: IO[bytes], secrets: Iterable[str]) -> list[str]:
    """The last lines there are, printable and with secrets masked."""
    output.seek(0, os.SEEK_END)
    output.seek(max(0, output.tell() - _TAIL_BYTES))
    text = mask(output.read().decode(errors="replace"), secrets)
    printable = re.sub(r"\x1b\[[0-9;]*[A-Za-z]|[^\S\n]+|[^\x20-\x7e\n\u00a0-\uffff]", " ", text)
    return [line.strip() for line in printable.splitlines() if line.strip()][-_TAIL_LINES:]
