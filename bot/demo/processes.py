"""The two child processes of a play: a sandbox and a bot. Started, watched, and stopped by their own process id."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.demo.runbook import RUNBOOK

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 5.0
CONNECTED = "rotate is connected"
LAST_LINES = 5


class ChildError(Exception):
    """A child process ended or said nothing when it should have; the message has its last words."""


@dataclass
class Child:
    """A child process and the file its stderr goes to."""

    what: str
    process: asyncio.subprocess.Process
    log: Path

    async def line(self) -> str:
        """The next line it prints. Raises ChildError when it ends or stays silent instead."""
        line = b""
        with contextlib.suppress(TimeoutError):
            if self.process.stdout is not None:
                line = await asyncio.wait_for(self.process.stdout.readline(), START_TIMEOUT_S)
        if not line.strip():
            message = f"{self.what} did not start: {self.last_words() or 'it said nothing'}"
            raise ChildError(message)
        return line.decode().strip()

    def last_words(self) -> str:
        """The end of its stderr."""
        return " / ".join(self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-LAST_LINES:])

    async def stop(self) -> None:
        """End it: asked first, then made to."""
        if self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), STOP_TIMEOUT_S)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End it without asking."""
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()


@dataclass(frozen=True)
class Stage:
    """Where children run: their folder, and the environment they inherit (what finds Python; no operator's token)."""

    folder: Path
    environment: Mapping[str, str]

    async def start(self, what: str, argv: list[str], environment: Mapping[str, str]) -> Child:
        """A new child."""
        log = self.folder / f"{what}.log"
        with log.open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                cwd=self.folder,
                env={**self.environment, "PYTHONUNBUFFERED": "1", **environment},
            )
        return Child(what, process, log)

    @asynccontextmanager
    async def sandbox(self, *, port: int = 0) -> AsyncIterator[dict[str, str]]:
        """A running sandbox; answers the facts it prints."""
        argv = rotate("sandbox", "--port", str(port), "--dir", str(self.folder / "platform"))
        child = await self.start("sandbox", argv, {})
        try:
            yield json.loads(await child.line())
        finally:
            await child.stop()

    async def bot(self, facts: Mapping[str, str], *options: str) -> Child:
        """A running, connected bot. Raises ChildError when it does not come up."""
        argv = rotate("serve", "--runbook", str(self.folder / RUNBOOK), *options)
        child = await self.start("serve", argv, bot_environment(facts, self.folder))
        line = await child.line()
        if not line.startswith(CONNECTED):
            await child.stop()
            message = f"the bot said {line!r}"
            raise ChildError(message)
        return child


def rotate(*arguments: str) -> list[str]:
    """The argv of a `rotate` verb in this installation."""
    return [sys.executable, "-c", "from bot.cli.main import main; main()", *arguments]


def bot_environment(facts: Mapping[str, str], folder: Path) -> dict[str, str]:
    """What a bot needs in its environment to work in a sandbox: only addresses and tokens differ from a real one."""
    return {
        "SLACK_BOT_TOKEN": facts["bot_token"],
        "SLACK_APP_TOKEN": facts["app_token"],
        "SLACK_API_URL": facts["api_url"],
        "SANDBOX_API_KEY": facts["provider_key"],
        "ROTATE_DATABASE": str(folder / "rotate.db"),
    }
