"""Who uses the platform: named tenants of different size, prompt length and distance. Pure, the same for one seed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from bot.sandbox.platform.settings import Settings

NAMES = (
    "umbrella hooli soylent cyberdyne tyrell wonka stark wayne oscorp massive aperture vandelay dunder gringotts "
    "duff monarch nakatomi weyland octan prestige sirius zorin bluth pendant virtucon contoso fabrikam tailspin "
    "litware adatum"
)
SYNTHETIC = "synthetic"


@dataclass(frozen=True, slots=True)
class Tenant:
    """One tenant: requests a second, mean tokens of a prompt, and how much slower than the middle it is served."""

    name: str
    rate: float
    prompt_tokens: float
    latency_factor: float


def tenants_of(settings: Settings, seed: int) -> Mapping[str, tuple[Tenant, ...]]:
    """The tenants of each stage: the synthetic one, the pilots, all others."""
    draw = Random(f"tenants {seed}")
    known = NAMES.split()
    count = settings.tenants - len(settings.pilots)
    others = [known[index] if index < len(known) else f"tenant-{index + 1}" for index in range(count)]

    def tenant(name: str, rate: float) -> Tenant:
        return Tenant(
            name,
            rate * math.exp(draw.gauss(0, settings.size_spread)),
            settings.prompt_tokens * math.exp(draw.gauss(0, settings.tenant_spread)),
            math.exp(draw.gauss(0, settings.tenant_spread)),
        )

    synthetic = Tenant(SYNTHETIC, settings.staging_rate, settings.staging_prompt_tokens, 1.0)
    return {
        "staging": (synthetic,),
        "pilots": tuple(tenant(name, settings.pilot_rate) for name in settings.pilots),
        "global": tuple(tenant(name, settings.rate) for name in others),
    }
