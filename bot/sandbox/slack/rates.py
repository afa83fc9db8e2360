"""Rate limits: how soon a method may be called again. The clock comes in."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.slack import limits


@dataclass
class _Bucket:
    level: float
    at: float


class Rates:
    """One bucket a method (and, for chat.postMessage, one a channel), refilled by the minute's allowance."""

    def __init__(self, clock: Callable[[], float], scale: float) -> None:
        self._clock, self._scale = clock, scale
        self._buckets: dict[str, _Bucket] = {}

    def take(self, method: str, tier: int, channel: str | None) -> int | None:
        """Counts a call; answers None when it may go on, else the seconds of `Retry-After`."""
        if method == "chat.postMessage":
            asked = [(method, limits.POSTS_A_MINUTE), (f"{method} {channel}", limits.POSTS_TO_A_CHANNEL)]
        else:
            asked = [(method, limits.TIERS[tier])]
        waits = [self._wait(name, a_minute, burst) for name, (a_minute, burst) in asked]
        if max(waits) > 0:
            return math.ceil(max(waits))
        for name, _ in asked:
            self._buckets[name].level -= 1
        return None

    def _wait(self, name: str, a_minute: int, burst: int) -> float:
        now, most, rate = self._clock(), burst * self._scale, a_minute * self._scale / 60
        bucket = self._buckets.setdefault(name, _Bucket(most, now))
        bucket.level = min(most, bucket.level + max(0.0, now - bucket.at) * rate)
        bucket.at = now
        return 0.0 if bucket.level >= 1 else (1 - bucket.level) / rate
