"""People at work in the sandbox: typing, waiting, clicking, and writing down what they see."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.demo.transcript import edited, said, subject
from bot.sandbox.client import Control, Message, Outcome

CHANNEL = "model-rotation"
PATIENCE_S = 15.0
READERS = ("mia", "max", "sam", "fin", "rex", "gil")
"""Through whose eyes the conversation is written down: between them they see every channel."""
_SAID = {"message", "changed", "ephemeral", "deleted"}


class PlayFailedError(Exception):
    """Something a scenario waited for did not come, or what came was not what it must be."""


@dataclass
class Row:
    """One line of what was played: a message as seen, an event or an effect of the bot."""

    at: str
    kind: str
    rotation: str
    name: str
    data: Any


@dataclass
class People:
    """Everybody in the workspace, through the control API. `show` is given each line of the conversation."""

    control: Control
    show: Callable[[str], None]
    rows: list[Row] = field(default_factory=list)
    _shown: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    _about: dict[tuple[str, str], str] = field(default_factory=dict)
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _cursor: int = 0

    async def command(self, user: str, text: str, channel: str = CHANNEL) -> Outcome:
        """Type a slash command. Raises PlayFailedError when the bot did not take it."""
        await self.catch_up()
        self.say(f"{user}: {text}")
        return _taken(await self.control.command(user, channel, text), text)

    async def click(self, user: str, message: Message, action: str, *, confirm: bool = True) -> Outcome:
        """Press a message's button, by its action id. A confirm dialog is agreed to."""
        button = button_of(message, action)
        await self.catch_up()
        self.say(f"{user} presses [{button.label}]")
        outcome = await self.control.click(
            user, message, action_id=button.action_id, block_id=button.block_id, confirm=confirm
        )
        return _taken(outcome, button.label)

    async def fill(self, user: str, values: Mapping[str, Any]) -> Outcome:
        """Fill in and send the modal on top."""
        await self.catch_up()
        self.say(f"{user} fills in: {', '.join(f'{name}: {value}' for name, value in values.items())}")
        return _taken(await self.control.submit(user, dict(values)), "the modal")

    async def sees(
        self, user: str, pattern: str, channel: str = CHANNEL, *, after: int | None = None, seconds: float = PATIENCE_S
    ) -> Message:
        """Wait until a person sees a message that matches. Raises PlayFailedError when they do not."""
        found = await self.control.wait(user, pattern, channel=channel, after=after, timeout=seconds)
        await self.catch_up()
        if found is None:
            message = f"{user} waited {seconds:g} s in #{channel} for /{pattern}/ and saw nothing like it"
            raise PlayFailedError(message)
        return found

    async def offered(self, user: str, action: str, channel: str = CHANNEL, seconds: float = PATIENCE_S) -> Message:
        """Wait until somebody sees a button with this action id; answers the newest message that has it."""
        end = asyncio.get_running_loop().time() + seconds
        while True:
            seen = await self.control.messages(user, channel, threads=True)
            having = [m for m in seen.messages if any(b.action_id.startswith(action) for b in m.buttons)]
            if having:
                await self.catch_up()
                return having[-1]
            left = end - asyncio.get_running_loop().time()
            if left <= 0:
                message = f"{user} waited {seconds:g} s in #{channel} for a button {action} and saw none"
                raise PlayFailedError(message)
            await self.control.wait(user, "", channel=channel, after=seen.cursor, timeout=min(left, 2.0))

    async def answered(self, user: str, pattern: str, channel: str = CHANNEL, seconds: float = PATIENCE_S) -> Message:
        """Wait for a private answer that matches. Raises PlayFailedError when none comes."""
        end = asyncio.get_running_loop().time() + seconds
        while True:
            seen = await self.control.messages(user, channel, threads=True)
            found = [m for m in seen.messages if m.ephemeral and re.search(pattern, m.plain, re.DOTALL)]
            if found:
                await self.catch_up()
                return found[-1]
            left = end - asyncio.get_running_loop().time()
            if left <= 0:
                message = f"{user} waited {seconds:g} s in #{channel} for a private answer /{pattern}/ and got none"
                raise PlayFailedError(message)
            await self.control.wait(user, "", channel=channel, after=seen.cursor, timeout=min(left, 2.0))

    @asynccontextmanager
    async def followed(self) -> AsyncIterator[None]:
        """Write down what is said as it is said, for as long as the block lasts."""
        follower = asyncio.ensure_future(self._follow())
        try:
            yield
        finally:
            follower.cancel()
            await asyncio.gather(follower, return_exceptions=True)  # a sandbox that went is told by who asks it next

    async def _follow(self) -> None:
        async with self.control.stream() as changes:
            async for change in changes:
                if change["kind"] in _SAID and change["n"] > self._cursor:
                    await self.catch_up()

    async def catch_up(self) -> None:
        """Write down every message that is new or was changed since the last time, in the order of what happened."""
        async with self._writing:
            every = [(user, await self.control.messages(user, after=self._cursor, threads=True)) for user in READERS]
            # Readers are asked one after the other: what came meanwhile only the later ones were shown, so it waits.
            self._cursor = max(self._cursor, min(seen.cursor for _, seen in every))
            found: dict[tuple[str, str, int], tuple[Message, str]] = {}
            for user, seen in every:
                for message in seen.messages:
                    if message.n <= self._cursor:
                        found.setdefault((message.channel, message.ts, message.n), (message, user))
            for message, _ in found.values():
                self._about.setdefault((message.channel, message.ts), subject(message.plain))
            for message, reader in sorted(found.values(), key=lambda each: each[0].n):
                self._write_down(message, reader)

    def _write_down(self, message: Message, reader: str) -> None:
        key = (message.channel, message.ts)
        number, before = self._shown.get(key, (0, None))
        if message.n <= number:
            return
        self._shown[key] = (message.n, message.plain)
        if message.plain == before:
            return
        self.say(said(message, reader) if before is None else edited(message, before))
        what = f"only {reader} sees" if message.ephemeral else "says" if before is None else "edited"
        at = datetime.fromtimestamp(message.at, UTC).isoformat(timespec="microseconds")
        data = {
            "channel": message.channel_name,
            "user": message.user_name,
            "text": message.plain,
            "edited": before is not None,
        }
        about = self._about.get((message.channel, message.thread_ts or message.ts)) or subject(message.plain)
        self.rows.append(Row(at, "message", about, what, data))

    def say(self, line: str) -> None:
        """A line of the conversation."""
        self.show(line)


def button_of(message: Message, action: str) -> Any:  # noqa: ANN401 - the client's Button
    """The message's button whose action id begins so. Raises PlayFailedError naming those it has."""
    for button in message.buttons:
        if button.action_id.startswith(action):
            return button
    has = ", ".join(f"{b.label} ({b.action_id})" for b in message.buttons) or "none"
    failure = f"the message has no button {action}; it has {has}"
    raise PlayFailedError(failure)


def _taken(outcome: Outcome, what: str) -> Outcome:
    if outcome.failure:
        message = f"{what}: the bot did not take it ({outcome.failure})"
        raise PlayFailedError(message)
    return outcome
