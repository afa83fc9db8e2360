"""A sample of what goes by, stratified, in memory that does not grow with it. Pure.

Each request has a place drawn by seed and content. Those with the smallest places are kept, of all and of each stratum:
a uniform sample without replacement of either (bottom-k), whatever the order of the file. Kept counts are of all
traffic, so that the sample has its proportions.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

Stratum = tuple[str, ...]
MOST_STRATA: Final = 1000
OF_EACH: Final = 6
"""So many of each stratum are kept at least, for when some turn out to be nearly the same."""
MOST_BYTES: Final = 48_000_000


@dataclass(slots=True)
class _Kept:
    stratum: Stratum
    data: bytes
    holders: int = 0


@dataclass(slots=True)
class Reservoir:
    """Keeps `most` of everything and a few of each stratum. `names` are the parts a stratum is made of."""

    names: tuple[str, ...]
    most: int
    counts: Counter[Stratum] = field(default_factory=Counter)
    dropped: list[str] = field(default_factory=list)
    _items: dict[int, _Kept] = field(default_factory=dict)
    _overall: list[int] = field(default_factory=list)  # heaps of negated places: the largest is at the root
    _strata: dict[Stratum, list[int]] = field(default_factory=dict)
    _bytes: int = 0

    def count(self, stratum: Stratum) -> Stratum:
        """Count one, also one that was met before; answers its stratum as it is now."""
        found = self._reduced(stratum)
        self.counts[found] += 1
        if len(self.counts) > MOST_STRATA:
            self.coarsen()
            found = self._reduced(stratum)
        return found

    def offer(self, place: int, stratum: Stratum, make: Callable[[], bytes]) -> None:
        """Keep it when its place is small enough; only then is it made small."""
        own = self._strata.setdefault(stratum, [])
        in_all = len(self._overall) < self.most or place < -self._overall[0]
        in_own = len(own) < OF_EACH or place < -own[0]
        if not (in_all or in_own) or place in self._items:
            return
        data = make()
        self._items[place] = _Kept(stratum, data, in_all + in_own)
        self._bytes += len(data)
        if in_own:
            heapq.heappush(own, -place)
            if len(own) > OF_EACH:
                self._release(-heapq.heappop(own))
        if in_all:
            heapq.heappush(self._overall, -place)
        while len(self._overall) > self.most or (self._bytes > MOST_BYTES and len(self._overall) > self.most // 4):
            self._release(-heapq.heappop(self._overall))
            self.most = max(len(self._overall), 1)

    def _release(self, place: int) -> None:
        kept = self._items[place]
        kept.holders -= 1
        if not kept.holders:
            self._bytes -= len(kept.data)
            del self._items[place]

    def _reduced(self, stratum: Stratum) -> Stratum:
        return tuple("" if name in self.dropped else part for name, part in zip(self.names, stratum, strict=True))

    def coarsen(self) -> str:
        """Stop telling strata apart by the part that has the most values; answers its name, empty when none is left."""
        values = {name: len({stratum[at] for stratum in self.counts}) for at, name in enumerate(self.names)}
        name, number = max(values.items(), key=lambda entry: entry[1], default=("", 0))
        if number <= 1:
            return ""
        self.dropped.append(name)
        counts: Counter[Stratum] = Counter()
        for stratum, number in self.counts.items():
            counts[self._reduced(stratum)] += number
        self.counts = counts
        together: dict[Stratum, list[int]] = {}
        for stratum, places in self._strata.items():
            together.setdefault(self._reduced(stratum), []).extend(places)
        for kept in self._items.values():
            kept.stratum = self._reduced(kept.stratum)
        for places in together.values():
            heapq.heapify(places)
            while len(places) > OF_EACH:
                self._release(-heapq.heappop(places))
        self._strata = together
        return name

    def kept(self) -> dict[Stratum, list[tuple[int, bytes]]]:
        """What is kept of each stratum, the smallest places first."""
        found: dict[Stratum, list[tuple[int, bytes]]] = {}
        for place in sorted(self._items):
            kept = self._items[place]
            found.setdefault(kept.stratum, []).append((place, kept.data))
        return found


def shares(counts: Mapping[Stratum, int], available: Mapping[Stratum, int], size: int) -> dict[Stratum, int]:
    """How many of each stratum: in proportion, one at least, never more than there are (largest remainders).

    What a stratum cannot give is taken from the others, in proportion again.
    """
    wanted = {stratum: 0 for stratum in counts if available.get(stratum)}
    order = sorted(wanted, key=lambda stratum: (-counts[stratum], stratum))
    for stratum in order[:size]:
        wanted[stratum] = 1
    left = size - sum(wanted.values())
    while left > 0:
        open_ones = [stratum for stratum in order if wanted[stratum] < available[stratum]]
        if not open_ones:
            break
        left -= _hand_out(wanted, open_ones, counts, available, left)
    return wanted


def _hand_out(
    wanted: dict[Stratum, int],
    open_ones: Sequence[Stratum],
    counts: Mapping[Stratum, int],
    available: Mapping[Stratum, int],
    left: int,
) -> int:
    """One round over the strata that still have some; answers how many were handed out, at least one."""
    total = sum(wanted[stratum] for stratum in open_ones) + left
    traffic = sum(counts[stratum] for stratum in open_ones)
    missing = {stratum: total * counts[stratum] / traffic - wanted[stratum] for stratum in open_ones}
    given = 0
    for stratum in open_ones:
        more = min(max(0, int(missing[stratum])), available[stratum] - wanted[stratum], left - given)
        wanted[stratum] += more
        missing[stratum] -= more
        given += more
    if not given:
        neediest = max(open_ones, key=lambda stratum: missing[stratum])
        wanted[neediest] += 1
        given = 1
    return given
