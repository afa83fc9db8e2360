"""A window judged: what a bake's windows came to before is read, or drawn up anew, and what is to be kept is told.

Imported by the first look, not by the idle bot: it loads numpy.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.engine.outside import Outside
from bot.engine.perform.watching import LOOK, membership_of, part, past_of_stage
from bot.monitor.kept import BEFORE, RUNNING, hours_of, kept_bake, kept_before, kept_running, rules_of
from bot.monitor.membership import Membership
from bot.monitor.model import HealthReport, Observation
from bot.monitor.verdict import Bake
from bot.rotation.effects import TakeLook
from bot.rotation.evidence import LookResult
from bot.rotation.model.rotation import Rotation


@dataclass(frozen=True)
class Judged:
    """What a look says, its window as it is to be kept, and `sums`: what all windows come to with it.

    Those are of the look as it was judged, whether that counts or not. Where it is not to count after all, they are to
    be thrown away, and the next look draws them up anew: that is rare, and every look would pay for two of each.
    """

    result: LookResult
    window: Observation
    sums: Mapping[str, bytes]


@dataclass(frozen=True)
class _Look:
    """A look to be taken: everything but what its windows came to before."""

    membership: Membership
    planned: int
    rules: str
    number: int
    late: bool
    health: HealthReport | None
    window: Observation

    def by(self, kept: Mapping[str, bytes]) -> Judged | None:
        """Judged by what was kept; None where that cannot be gone by."""
        bake = kept_bake(self.membership, self.planned, self.rules, kept, self.number)
        return self._judged(bake, {}) if bake is not None else None

    def anew(self, past: Sequence[Observation], windows: Sequence[Observation]) -> Judged:
        """Judged by all windows there were before."""
        bake = Bake.of(self.membership, past, windows, self.planned)
        return self._judged(bake, kept_before(bake.before, self.rules))

    def _judged(self, bake: Bake, before: Mapping[str, bytes]) -> Judged:
        looked = bake.look(self.window, self.health, self.number, late=self.late)
        running = looked.bake(counted=looked.result.counted).running
        return Judged(looked.result, looked.window, {**before, RUNNING: kept_running(running, self.rules, self.number)})


async def judged(
    outside: Outside,
    rotation: Rotation,
    effect: TakeLook,
    window: Observation,
    health: HealthReport | None,
    *,
    late: bool,
) -> Judged:
    """Judge a window by all that was counted before it.

    What was kept is gone by only where it was kept right after the look before this one: a look that is taken again,
    after the bot died between keeping its window and saying what it found, finds its own window in it already.
    """
    membership, store = membership_of(rotation, effect.stage), outside.store
    rules = rules_of(membership, past=not rotation.models.restore_named)
    look = _Look(membership, membership.stage.bake.count, rules, effect.number, late, health, window)
    where = rotation.id, part(membership.stage, effect.attempt, LOOK)
    async with outside.arithmetic:
        kept = await store.sums(*where, (BEFORE, RUNNING))
        if hours := hours_of(kept, window.start, window.end, rotation.plan.traffic_cycle.length):
            kept |= await store.sums(*where, hours)
        if (found := await asyncio.to_thread(look.by, kept)) is not None:
            return found
        past = await past_of_stage(outside, rotation, effect.stage, effect.attempt)
        windows = await store.observations(*where, below=effect.number)
        return await asyncio.to_thread(look.anew, past, windows)
