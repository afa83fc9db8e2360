"""Forty tenants whose settings a program of the platform would set: a fake that is kept on disk, entry by entry."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from bot.ports import DriftError, OutsideError
from bot.runbook.models.targets.command import CommandPlan
from tests.engine.world import OLD, RUNBOOK

NAMES = tuple(f"tenant-{n:02}" for n in range(1, 41))
HEIRS = NAMES[::3]
"""Those without a setting of their own: the platform's applies."""

_PILOTS = f"""\
      pilots:
        traffic: none
        parallel: 4
        tenants: [{", ".join(NAMES)}]
        bake: {{length: 1h, looks: 3}}
        targets:
          - kind: command
            name: preference
            read: [tenant, get, "{{tenant}}"]
            write: [tenant, set, "{{tenant}}", "{{value}}"]
            unset: [tenant, unset, "{{tenant}}"]
            inherits: true
"""
TENANTS_RUNBOOK = "".join(_PILOTS if line.startswith("      pilots:") else f"{line}\n" for line in RUNBOOK.splitlines())


class Tenants:
    """What each tenant has set, in the file `tenants.log`: one line a change, the last one counts.

    `at` is called right `before` and right `after` a change.
    """

    def __init__(self, folder: Path, at: Callable[[str], None] = lambda _step: None) -> None:
        self.file = folder / "tenants.log"
        self.at = at
        self.gone: set[str] = set()
        self.forbidden: set[str] = set()
        self.busy = self.most = 0
        if not self.file.exists():
            self.file.write_text("".join(f"{name} {'-' if name in HEIRS else OLD}\n" for name in NAMES))

    def changes(self) -> list[tuple[str, str | None]]:
        """Every change after the first state, in order."""
        rows = (line.split() for line in self.file.read_text().splitlines())
        return [(name, None if value == "-" else value) for name, value in rows][len(NAMES) :]

    def held(self) -> dict[str, str | None]:
        found: dict[str, str | None] = {name: None if name in HEIRS else OLD for name in NAMES}
        return found | dict(self.changes())

    def put(self, name: str, value: str | None) -> None:
        with self.file.open("a") as opened:
            opened.write(f"{name} {value or '-'}\n")
            opened.flush()
            os.fsync(opened.fileno())

    async def read(self, target: CommandPlan) -> str | None:
        if target.tenant in self.gone:
            raise OutsideError(f"{target.place} is not there", whose="sre", again=False, code="target_missing")
        return self.held()[target.tenant]

    async def write(self, target: CommandPlan, *, expected: str | None, value: str | None) -> bool:
        held = await self.read(target)
        if held == value:
            return False
        if held != expected:
            raise DriftError(target.place, expected=expected, found=held)
        self.busy += 1
        self.most = max(self.most, self.busy)
        await asyncio.sleep(0)
        self.at("before")
        self.put(target.tenant, value)
        self.at("after")
        self.busy -= 1
        return True

    async def restart(self, target: CommandPlan) -> None:
        """No program is named."""

    async def wait(self, target: CommandPlan, *, value: str | None) -> None:
        assert (await self.read(target)) == value

    async def refusal(self, target: CommandPlan, value: str) -> str:
        return f"{value} is not among the models allowed there" if target.tenant in self.forbidden else ""

    async def check_writable(self, target: CommandPlan) -> str:
        return "not there" if target.tenant in self.gone else ""
