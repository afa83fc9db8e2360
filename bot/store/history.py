"""The history direct scraping lives on, in the bot's own file."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.monitor.model import Snapshot
from bot.store import measurements
from bot.store.sqlite import SqliteFile


class SqliteHistory:
    """Snapshots of scraped endpoints, kept for `kept`."""

    def __init__(self, file: SqliteFile, kept: timedelta) -> None:
        """Share the bot's file."""
        self._file = file
        self._kept = kept

    async def save(self, snapshot: Snapshot) -> None:
        """Keep a snapshot and drop those that are too old."""
        await self._file.write(lambda db: measurements.save_snapshot(db, snapshot))
        await self._file.write(lambda db: measurements.forget_snapshots(db, snapshot.at - self._kept))

    async def load(self, start: datetime, end: datetime) -> Sequence[Snapshot]:
        """The snapshots of `start <= at <= end`, in time order."""
        return await self._file.read(lambda db: measurements.snapshots(db, start, end))

    async def times(self, start: datetime, end: datetime) -> Sequence[datetime]:
        """When the snapshots of `start <= at <= end` were taken, in order."""
        return await self._file.read(lambda db: measurements.snapshot_times(db, start, end))
