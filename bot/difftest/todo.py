"""What a run has still to ask for: a queue that its own answers may lengthen or cut short. No I/O, no clock."""

import asyncio
from collections import deque
from collections.abc import Iterable

from bot.difftest.model.sample import SampleKey


class Todo:
    """Keys in the order in which they are asked for; each is given out once, however often it is put in.

    Whoever takes a key says when it is done: an answer may put in further keys, so the queue ends when it is empty and
    nobody is at work.
    """

    def __init__(self, keys: Iterable[SampleKey] = (), *, done: Iterable[SampleKey] = ()) -> None:
        """Begin with `keys`; those in `done` are never given out."""
        self._known = set(done)
        self._waiting: deque[SampleKey] = deque()
        self._at_work = 0
        self._closed = False
        self._changed = asyncio.Event()
        self.add(keys)

    def __len__(self) -> int:
        """How many wait to be taken."""
        return len(self._waiting)

    def add(self, keys: Iterable[SampleKey], *, first: bool = False) -> int:
        """Put keys in, at the end, or at the front where they are to be `first`; answers how many were new."""
        new = [key for key in dict.fromkeys(keys) if key not in self._known]
        self._known.update(new)
        if not self._closed:
            (self._waiting.extendleft(reversed(new)) if first else self._waiting.extend(new))
        self._changed.set()
        return len(new)

    async def take(self) -> SampleKey | None:
        """The next key, waited for while somebody at work may put it in; None at the end."""
        while not self._waiting and self._at_work and not self._closed:
            self._changed.clear()
            await self._changed.wait()
        if not self._waiting:
            return None
        self._at_work += 1
        return self._waiting.popleft()

    def done(self) -> None:
        """A key that was taken is dealt with, whatever came of it."""
        self._at_work -= 1
        self._changed.set()

    def close(self) -> None:
        """Give out nothing more: the budget is spent, or what is there decides already."""
        self._closed = True
        self._waiting.clear()
        self._changed.set()
