"""What happened to the platform from outside, in order: files that were changed, restarts."""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

LENGTH = 1000
Kind = Literal["file", "restart"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line; `at` in epoch seconds."""

    n: int
    at: float
    stage: str
    kind: Kind
    data: Mapping[str, object]


class Journal:
    """The last thousand entries, and counts of all. `clock` gives epoch seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._entries: deque[Entry] = deque(maxlen=LENGTH)
        self._counts: Counter[tuple[str, Kind]] = Counter()

    @property
    def length(self) -> int:
        """How many entries there have been."""
        return sum(self._counts.values())

    def count(self, stage: str, kind: Kind) -> int:
        """How many entries of this kind the stage has had."""
        return self._counts[stage, kind]

    def note(self, stage: str, kind: Kind, data: Mapping[str, object]) -> None:
        """Write an entry, now."""
        self._counts[stage, kind] += 1
        self._entries.append(Entry(self.length, self._clock(), stage, kind, data))

    def after(self, n: int = 0) -> list[dict[str, object]]:
        """The entries after number `n`, oldest first; times in RFC 3339."""
        return [
            {"n": entry.n, "at": rfc3339(entry.at), "stage": entry.stage, "kind": entry.kind, **entry.data}
            for entry in self._entries
            if entry.n > n
        ]


def rfc3339(at: float) -> str:
    """An instant as people and programs read it: UTC, milliseconds."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
