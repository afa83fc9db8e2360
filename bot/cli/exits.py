"""How a verb ends: the exit codes, which mean the same in every verb, and the way to end early with a sentence."""

from enum import IntEnum
from typing import Final


class ExitCode(IntEnum):
    """What the process says to a script. Those from 128 on are what a shell gives for a signal: 128 and its number."""

    PASS = 0
    """Done, or the verdict is `pass`."""
    FAIL = 1
    """The verdict is `fail`, or what was checked is not in order."""
    USAGE = 2
    """The command line or a file it names is wrong; nothing was started."""
    INCONCLUSIVE = 3
    """The verdict is `inconclusive`: it can't be told yet."""
    COULD_NOT_RUN = 4
    """Something outside was missing, refused or broke off; or an error of our own."""
    HUNG_UP = 129
    INTERRUPTED = 130
    PIPE_CLOSED = 141
    TERMINATED = 143


VERDICTS: Final = {"pass": ExitCode.PASS, "fail": ExitCode.FAIL, "inconclusive": ExitCode.INCONCLUSIVE}
"""The exit code of each verdict."""


class Stop(Exception):
    """Ends the verb: `sentence` goes to stderr as it is, `exit_code` to the shell.

    A verb raises it for what a person can put right: what is wrong, where, and what to do. An error nobody foresaw is
    left to `bot.cli.main`, which answers with a reference instead of a traceback.
    """

    def __init__(self, exit_code: ExitCode, sentence: str) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code
        self.sentence = sentence
