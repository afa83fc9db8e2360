"""One play: a world, a bot, the people in it, and afterwards what it came to.

`Play` is what a scenario is given; `End` is what it is judged by, read from the bot's own record and from the platform.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.demo.people import CHANNEL, People, PlayFailedError, Row
from bot.demo.processes import Child, Stage, rotate
from bot.sandbox.client import Control, Message

ENDS = "Completed|Rolled back to|Ended before any change|Rejected|Settled by hand"


@dataclass
class Play:
    """A running play. Scenarios use the people, break things, and ask how it stands."""

    stage: Stage
    facts: Mapping[str, str]
    control: Control
    people: People
    bot: Child
    before: Mapping[str, bytes] = field(default_factory=dict)

    async def restart_bot(self, *options: str) -> None:
        """Start the bot again after it ended."""
        await self.bot.kill()
        self.bot = await self.stage.bot(self.facts, *options)

    async def compare(self, user: str, candidate: str, *options: str) -> Message:
        """Type `/rotate diff` and wait for the result; answers the comparison's message."""
        await self.people.command(user, " ".join(["/rotate diff", candidate, *options]))
        return await self.people.offered(user, "promote", seconds=20)

    async def promote(self, user: str, comparison: Message) -> None:
        """Press Promote on a comparison."""
        await self.people.click(user, comparison, "promote")

    async def approve(self, user: str, stage: str) -> Message:
        """Wait until the request for a stage stands, and approve it."""
        request = await self.request(user, stage)
        await self.people.click(user, request, "approve")
        return request

    async def request(self, user: str, stage: str) -> Message:
        """Wait for the request for a stage; answers its message."""
        await self.people.sees(user, rf"(?s){stage}.*\[Approve\]", seconds=20)
        return await self.people.offered(user, "approve")

    async def ended(self, user: str = "mia", seconds: float = 20.0) -> Message:
        """Wait for a rotation's last word in the channel."""
        return await self.people.sees(user, ENDS, CHANNEL, seconds=seconds)

    async def tell(self, part: str, path: str, **given: object) -> dict[str, Any]:
        """Change something about the provider or the platform."""
        return await self.control.call("POST", f"{part}/{path}", given)

    async def platform(self) -> dict[str, Any]:
        """The platform as it stands."""
        return await self.control.call("GET", "platform/")

    async def record(self) -> list[dict[str, Any]]:
        """The bot's ledger, as its own export gives it."""
        argv = rotate("ledger", "export", "--database", str(self.stage.folder / "rotate.db"))
        child = await self.stage.start("ledger", argv, {})
        output, _ = await child.process.communicate()
        if child.process.returncode != 0:
            message = f"rotate ledger export ended with {child.process.returncode}: {child.last_words()}"
            raise PlayFailedError(message)
        return [json.loads(line) for line in output.decode().splitlines()]

    async def verify_record(self) -> str:
        """Empty when `rotate ledger verify` finds nothing wrong, else what it says."""
        argv = rotate("ledger", "verify", "--database", str(self.stage.folder / "rotate.db"))
        child = await self.stage.start("ledger", argv, {})
        output, _ = await child.process.communicate()
        return "" if child.process.returncode == 0 else f"{output.decode()} {child.last_words()}".strip()

    def files(self) -> dict[str, bytes]:
        """What the env files hold now, byte for byte."""
        folder = Path(self.facts["directory"])
        return {path.name: path.read_bytes() for path in sorted(folder.glob("*.env"))}


@dataclass(frozen=True)
class End:
    """What a play came to."""

    record: list[dict[str, Any]]
    files: Mapping[str, bytes]
    before: Mapping[str, bytes]
    messages: list[Row]
    chain: str

    def phase(self, rotation: str = "R1") -> str:
        """A rotation's last phase, empty when it never began."""
        phases = [row["data"]["phase"] for row in self.record if row["subject"] == rotation and "phase" in row["data"]]
        return phases[-1] if phases else ""

    def phases(self, rotation: str = "R1") -> list[str]:
        """Every phase a rotation was in, in order."""
        found = [row["data"]["phase"] for row in self.record if row["subject"] == rotation and "phase" in row["data"]]
        return [phase for place, phase in enumerate(found) if place == 0 or phase != found[place - 1]]

    def verdict(self, comparison: str = "D1") -> str:
        """A comparison's verdict, empty when it has none."""
        for row in self.record:
            if row["subject"] == comparison and row["name"] == "comparison_finished":
                return str(row["data"]["verdict"])
        return ""

    def pages(self) -> list[tuple[str, str]]:
        """Every page as (group, cause), in order."""
        raised = [
            row["data"]["state"] for row in self.record if row["subject"].startswith("E") and "state" in row["data"]
        ]
        return [(state["group"], state["cause"]) for state in raised]

    def happened(self, name: str) -> list[dict[str, Any]]:
        """The data of every event of that name."""
        return [row["data"] for row in self.record if row["name"] == name]

    def effects(self, kind: str) -> list[dict[str, Any]]:
        """Every effect of that kind that was asked for."""
        return [e for row in self.record for e in row["data"].get("effects", []) if e["kind"] == kind]

    def said(self, code: str) -> dict[str, Any]:
        """The facts of the last summary of that code, empty when it was never said."""
        found = [effect["facts"] for effect in self.effects("post_summary") if effect["code"] == code]
        return found[-1] if found else {}

    def models(self) -> dict[str, str]:
        """The model each stage's file names."""
        named = {}
        for name, content in self.files.items():
            lines = [line for line in content.decode().splitlines() if line.startswith("CRUVERO_OPENROUTER_MODEL=")]
            named[name.removesuffix(".env")] = lines[-1].partition("=")[2].strip("\"'") if lines else ""
        return named

    def untouched(self) -> bool:
        """Whether every file is byte for byte what it was."""
        return self.files == self.before

    def rows(self) -> list[Row]:
        """Messages, events and effects in order of time."""
        rows = list(self.messages)
        for row in self.record:
            data = {key: value for key, value in row["data"].items() if key != "effects"}
            rows.append(Row(row["at"], "event", row["subject"], row["name"], data))
            rows += [
                Row(row["at"], "effect", row["subject"], effect["kind"], effect)
                for effect in row["data"].get("effects", [])
            ]
        return sorted(rows, key=lambda row: row.at)


async def settle(play: Play, seconds: float = 5.0) -> None:
    """Wait until the bot has nothing more to say for a moment."""
    end = asyncio.get_running_loop().time() + seconds
    quiet = 0
    calls = -1
    while quiet < 3 and asyncio.get_running_loop().time() < end:  # noqa: PLR2004 - three quiet moments in a row
        now = len(await play.control.calls())
        quiet = quiet + 1 if now == calls else 0
        calls = now
        await asyncio.sleep(0.15)
