"""`rotate serve` with numbered points: `python -m tests.kill.serve RUNBOOK LOG [POINT ...]` dies at each POINT."""

import asyncio
import signal
import sys
from pathlib import Path

import structlog

from bot.app.serving import serving
from bot.runbook.load import load
from bot.settings import load_settings
from tests.kill.points import NumberedFile, Points, numbered


async def serve(runbook: Path, points: Points) -> None:
    settings = load_settings()
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    file = NumberedFile(settings.rotate_database, points)
    async with serving(settings, load(runbook), file=file, wrap=lambda outside: numbered(outside, points)) as running:
        sys.stdout.write(f"rotate is connected to {running.team} as @{running.bot_name}\n")
        sys.stdout.flush()
        await told.wait()


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(serve(Path(sys.argv[1]), Points(Path(sys.argv[2]), sys.argv[3:])))
