"""One life of a bot that sets forty tenants, or sets them back: `python -m tests.kill.tenants FOLDER apply|back`.

It kills itself, once each, at the points written in FOLDER/points: `before 7` is right before the eighth change of a
tenant, `after 8` right after it. Prints the rotation's phase at its end.
"""

import asyncio
import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from bot.engine.models.commands import Answer, ReplyTo, Steer
from bot.rotation.model.rotation import Phase
from tests.engine.tenants import TENANTS_RUNBOOK, Tenants
from tests.engine.world import MAX, NEW, ManualClock, World, world


def deadly(tenants: Tenants, folder: Path) -> None:
    """Have it die at each point once."""
    points, died = folder / "points", folder / "died"

    def at(step: str) -> None:
        point = f"{step} {len(tenants.changes())}"
        if point in points.read_text().splitlines() and point not in died.read_text().splitlines():
            with died.open("a") as opened:
                opened.write(f"{point}\n")
                opened.flush()
                os.fsync(opened.fileno())
            os.kill(os.getpid(), signal.SIGKILL)

    tenants.at = at


async def live(folder: Path, verb: str) -> Phase:
    """Go on with what was asked, or ask for it, to its end."""
    clock = ManualClock(datetime.fromisoformat((folder / "clock").read_text()))
    tenants = Tenants(folder)
    async with world(folder, runbook=TENANTS_RUNBOOK, clock=clock, targets={"command": tenants}) as w:
        w.disk.values["/app/staging.env"] = NEW  # this disk is in memory, and staging was applied in another life
        deadly(tenants, folder)
        await (apply(w) if verb == "apply" else back(w))
        return await w.phase()


async def apply(w: World) -> None:
    rotation = await w.rotation()
    if rotation.phase is Phase.AWAITING_APPROVAL and rotation.request is not None:
        request = rotation.request
        about = {"rotation": rotation.id, "question": request.id, "digest": request.digest, "answer": "approve"}
        await w.engine.submit(Answer.model_validate({**asked(w, "approve"), **about}))
    await w.later(seconds=30)


async def back(w: World) -> None:
    if await w.phase() is Phase.BAKING:
        await w.engine.submit(Steer.model_validate({**asked(w, "back"), "verb": "roll_back", "subject": "R1"}))
    await w.later(minutes=15)


def asked(w: World, name: str) -> dict[str, object]:
    """The same command in every life, as Slack would deliver it again."""
    to = ReplyTo(user=MAX, channel="C1", thread=name, response_url="http://127.0.0.1:9/respond")
    return {"id": f"kill-{name}", "actor": MAX, "at": w.clock.at, "reply": to, "reason": ""}


if __name__ == "__main__":
    sys.stdout.write(f"\n{asyncio.run(live(Path(sys.argv[1]), sys.argv[2])).value}\n")
