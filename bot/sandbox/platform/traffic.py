"""One tick of one tenant's traffic: how many requests, how they ended, how long they took, what they cost. Pure.

All outcomes come from the persona of the model that answers, under the load it is under; nothing is drawn per request.
"""

import math
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from bot.sandbox.platform.chance import CELLS, binomial, cell_of, poisson, spread
from bot.sandbox.platform.settings import Settings
from bot.sandbox.platform.tenants import Tenant
from bot.sandbox.provider.standing import Outlook

SCHEMA_BREAKING = 0.6
"""Share of a model's wrong tool calls that break the schema; the others are well-formed and wrong."""
PROMPT_SPREAD = 0.5
PLATFORM_FAILURE = 504
LOAD_DIGITS = 3
FAILED_FASTER = 0.5
"""A failure comes back in this share of the model's unloaded latency."""


@dataclass(slots=True)
class Tally:
    """Counts since the start for one (stage, tenant, configured model, answering model). Only ever grows."""

    ok_cells: list[int] = field(default_factory=lambda: [0] * CELLS)
    ok_seconds: float = 0.0
    ok: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    """By error type: the HTTP status."""
    failed_cells: dict[str, list[int]] = field(default_factory=dict)
    failed_seconds: dict[str, float] = field(default_factory=dict)
    cost_usd: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    valid_tools: int = 0
    invalid_tools: int = 0
    retries: int = 0

    @property
    def errors(self) -> int:
        """Requests that failed for good."""
        return sum(self.failed.values())

    @property
    def requests(self) -> int:
        """Requests, failed ones included."""
        return self.ok + self.errors


@dataclass(frozen=True, slots=True)
class Service:
    """Who answers a fleet's requests now and how: the outlook of the model, and the load it is under."""

    outlook: Outlook
    in_flight: float


def serve(tally: Tally, tenant: Tenant, service: Service, settings: Settings, expected: float, draw: Random) -> None:
    """Add `expected` requests (on average) of the tenant to the tally."""
    total = poisson(draw, expected)
    if total == 0:
        return
    outlook = service.outlook
    of_model = binomial(draw, total, outlook.failure_rate)
    of_platform = binomial(draw, total - of_model, settings.error_rate)
    answered = total - of_model - of_platform
    _fail(tally, outlook, of_model, of_platform, draw)
    if outlook.served is None or answered <= 0:
        return
    persona = outlook.served
    prompt = tenant.prompt_tokens
    completion = settings.completion_tokens + persona.hidden_tokens(prompt)
    _time(tally, tenant, service, settings, completion, answered, draw)
    noise = max(0.0, draw.gauss(1, PROMPT_SPREAD / math.sqrt(answered)))
    tally.ok += answered
    tally.prompt_tokens += round(prompt * noise * answered)
    tally.completion_tokens += round(completion * noise * answered)
    tally.cost_usd += persona.cost(prompt, completion) * noise * answered
    calls = binomial(draw, answered, settings.tool_share)
    invalid = binomial(draw, calls, min(1.0, settings.invalid_tools + SCHEMA_BREAKING * persona.tools_error))
    tally.valid_tools += calls - invalid
    tally.invalid_tools += invalid
    tally.retries += invalid


def _time(
    tally: Tally, tenant: Tenant, service: Service, settings: Settings, completion: float, answered: int, draw: Random
) -> None:
    persona = service.outlook.served
    if persona is None:
        return
    load = float(f"{service.in_flight:.{LOAD_DIGITS}g}")
    median = persona.seconds(completion, load) * tenant.latency_factor
    left = answered
    for cell, share, mean in spread(median, settings.latency_spread, service.outlook.extra_seconds).steps:
        count = binomial(draw, left, share)
        if count:
            tally.ok_cells[cell] += count
            tally.ok_seconds += count * mean
            left -= count
            if left == 0:
                break


def _fail(tally: Tally, outlook: Outlook, of_model: int, of_platform: int, draw: Random) -> None:
    base = outlook.served.base_seconds if outlook.served is not None else 0.01
    seconds = outlook.extra_seconds + base * FAILED_FASTER
    left = of_model
    for place, status in enumerate(outlook.failure_status):
        share = 1 / (len(outlook.failure_status) - place)
        count = binomial(draw, left, share)
        left -= count
        _add_failed(tally, str(status), count, seconds)
    _add_failed(tally, str(PLATFORM_FAILURE), of_platform, seconds)


def _add_failed(tally: Tally, kind: str, count: int, seconds: float) -> None:
    if count == 0:
        return
    tally.failed[kind] += count
    tally.failed_cells.setdefault(kind, [0] * CELLS)[cell_of(seconds)] += count
    tally.failed_seconds[kind] = tally.failed_seconds.get(kind, 0.0) + seconds * count
    tally.retries += count
