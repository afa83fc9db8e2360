"""Running one operator's command: an argv list without a shell, a time limit, few variables, no secret in its error."""

import asyncio
import os
import re
import signal
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import IO

from bot.masking import mask
from bot.ports import OutsideError

_TAIL_BYTES = 2000
_TAIL_LINES = 5
_GRACE = 2.0  # seconds between asking a command that took too long to end, and ending it


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
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(environment),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise OutsideError(
                f"`{shown}` could not be started: {reason}", whose="sre", again=False, code="command_not_started"
            ) from None
        try:
            status = await asyncio.wait_for(process.wait(), limit.total_seconds())
        except TimeoutError:
            raise OutsideError(
                f"`{shown}` did not end within {limit.total_seconds():g} s and was ended{_tail(output, secrets)}",
                whose="sre",
                again=True,
                code="command_timeout",
            ) from None
        finally:
            if process.returncode is None:
                await _end(process)
        if status:
            how = f"was ended by {_signal_name(-status)}" if status < 0 else f"ended with status {status}"
            raise OutsideError(
                f"`{shown}` {how}{_tail(output, secrets)}", whose="sre", again=True, code="command_failed"
            )


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


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _tail(output: IO[bytes], secrets: Iterable[str]) -> str:
    output.seek(0, os.SEEK_END)
    output.seek(max(0, output.tell() - _TAIL_BYTES))
    text = mask(output.read().decode(errors="replace"), secrets)
    printable = re.sub(r"\x1b\[[0-9;]*[A-Za-z]|[^\S\n]+|[^\x20-\x7e\n\u00a0-\uffff]", " ", text)
    lines = [line.strip() for line in printable.splitlines() if line.strip()][-_TAIL_LINES:]
    return f"; its last words: {' / '.join(lines)}" if lines else ", and said nothing"
