"""The bell that rings when something in the world changed: numbers changes, wakes those who wait."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """One change: `kind` is one of the words of docs/sandbox.md; the rest says where, as far as it has a place."""

    n: int
    kind: str
    channel: str | None = None
    ts: str | None = None
    user: str | None = None


Bell = asyncio.Queue[Change | None]
"""Rings with each change; None is the last."""


class Changes:
    """Numbers changes from 1 and hands each to every listener there is at the time."""

    def __init__(self) -> None:
        self.last = 0
        self._listeners: set[Bell] = set()

    def tell(self, kind: str, *, channel: str | None = None, ts: str | None = None, user: str | None = None) -> int:
        """Rings, and answers the change's number."""
        self.last += 1
        change = Change(self.last, kind, channel, ts, user)
        for listener in self._listeners:
            listener.put_nowait(change)
        return self.last

    def close(self) -> None:
        """Tells every listener, by None, that nothing will change any more."""
        for listener in self._listeners:
            listener.put_nowait(None)

    @contextmanager
    def listen(self) -> Iterator[Bell]:
        """Gives a queue of the changes from now on; None is the last."""
        queue: Bell = asyncio.Queue()
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)
