"""What becomes of an error nobody foresaw: a traceback in a private log file, a reference for the person.

The message of such an error is not shown, as it may quote a token; in the log, what looks like one is masked.
"""

import os
import secrets
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.masking import mask

LOG_FILE: Final = Path("~/.local/state/rotate/errors.log")
"""Where the tracebacks of the command line go; `~` is left in, as the person knows it by that."""


def answer(error: BaseException, *, debug: bool, log_file: Path) -> str:
    """Log the error and say to the person, in one line, where to find it.

    With `debug` the traceback comes before that line instead of going to `log_file`, which is made readable by its
    owner only. A log that cannot be written is said, and does not hide the first error.
    """
    reference = secrets.token_hex(4)
    what = f"Unexpected error: {type(error).__name__} (reference {reference})."
    trace = mask("".join(traceback.format_exception(error)))
    if debug:
        return f"{trace}{what}"
    try:
        path = log_file.expanduser()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(path, "a", encoding="utf-8", opener=_private) as log:
            at = datetime.now(tz=UTC)  # noqa: TID251 (stamps a log line, decides nothing)
            log.write(f"{at.isoformat(timespec='seconds')} reference={reference}\n{trace}\n")
    except (OSError, RuntimeError) as refused:  # a RuntimeError: the account has no home
        return f"{what} {log_file} cannot be written ({refused}): `rotate --debug ...` shows the traceback."
    return f"{what} The traceback is in {log_file}; `rotate --debug ...` shows it here."


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)
