"""Work that a signal ends as an interrupt does: unwound, so that what it set is put back and what it started is ended.

By itself only SIGINT unwinds a process. A cancelled CI job, `timeout`, `docker stop` and a closed terminal send others.
"""

import asyncio
import signal
import threading
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from bot.cli.exits import ExitCode
from bot.cli.telling import say

Result = TypeVar("Result")

CODES: Final = {
    signal.SIGHUP: ExitCode.HUNG_UP,
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
}
"""The signals that end work, and what the process then says to a shell: 128 and the signal's number."""


class Interrupted(Exception):
    """The work was told to end by a signal, and is unwound."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(number.name)
        self.exit_code = CODES[number]


def run_unwinding(work: Coroutine[Any, Any, Result]) -> Result:
    """As `asyncio.run`. The first of the signals cancels the work; more of them do not cut short how it unwinds.

    Raises Interrupted, whatever became of the work after the signal, unless it came to its end all the same. A signal
    that is ignored stays so (`nohup`).
    """
    told: list[signal.Signals] = []

    async def whole() -> Result:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def end(number: signal.Signals) -> None:
            told.append(number)
            if len(told) == 1 and task is not None:
                task.cancel()
            else:
                say("It is ending already: what was set is put back first.")

        if threading.current_thread() is threading.main_thread():  # elsewhere no signal arrives
            for number in CODES:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    loop.add_signal_handler(number, end, number)
        return await work

    try:
        return asyncio.run(whole())
    except (Exception, asyncio.CancelledError):  # a closed terminal fails whoever writes to it, too
        if told:
            raise Interrupted(told[0]) from None
        raise
