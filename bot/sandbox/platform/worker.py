"""One fleet of workers: which model it runs, since when, how it is doing, and what is broken about it.

A fleet reads its file only when it is started or restarted; until then it serves the model it read last.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Literal

from bot.sandbox.platform import envfile
from bot.sandbox.platform.chance import CELLS, quantile
from bot.sandbox.platform.exposition import Key
from bot.sandbox.platform.settings import Settings
from bot.sandbox.platform.tenants import Tenant
from bot.sandbox.platform.traffic import Service, Tally, serve
from bot.sandbox.provider.faults import Fault
from bot.sandbox.provider.personas import Persona
from bot.sandbox.provider.server import Provider
from bot.sandbox.provider.standing import Outlook

RestartMode = Literal["ok", "fail", "hang"]
MetricsMode = Literal["ok", "error", "empty", "hang"]
Word = Literal["healthy", "degraded", "unhealthy"]
PROBE = {"messages": [{"role": "user", "content": "Reply with exactly: ok"}], "max_tokens": 4}
"""The tiny completion a worker asks for when it starts."""
WINDOW_SECONDS = 1.0
UNHEALTHY_FROM, DEGRADED_FROM = 0.5, 0.08
"""Error rates over the last second from which on a fleet is called so."""


class RestartFailed(Exception):
    """The workers could not be restarted; the old ones go on serving."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Totals of a fleet at one moment of play."""

    at: float
    requests: int
    errors: int
    cost_usd: float
    tools: int
    invalid_tools: int
    retries: int
    cells: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bill:
    """What some traffic came to, by the model that answered."""

    model: str
    requests: int = 0
    cost_usd: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @classmethod
    def of(cls, model: str, tally: Tally) -> "Bill":
        """The whole tally as a bill."""
        return cls(model, tally.requests, tally.cost_usd, tally.prompt_tokens, tally.completion_tokens)

    def plus(self, other: "Bill", less: "Bill | None" = None) -> "Bill":
        """This bill and another, less what of the other was billed before."""
        old = less or Bill(self.model)
        return Bill(
            self.model,
            self.requests + other.requests - old.requests,
            self.cost_usd + other.cost_usd - old.cost_usd,
            self.prompt_tokens + other.prompt_tokens - old.prompt_tokens,
            self.completion_tokens + other.completion_tokens - old.completion_tokens,
        )


@dataclass(frozen=True, slots=True)
class Rates:
    """A fleet over the last second: shares are None where nothing was seen."""

    requests_per_second: float
    error_rate: float | None
    p50_seconds: float | None
    p95_seconds: float | None
    cost_per_1k_usd: float | None
    tool_validity: float | None
    retry_rate: float | None


@dataclass(slots=True)
class Fleet:
    """The workers of one stage."""

    stage: str
    path: Path
    tenants: tuple[Tenant, ...]
    settings: Settings
    provider: Provider
    draw: Random
    running: str = ""
    started_at: float = 0.0
    restarts: int = 0
    problem: str = ""
    """Why the tiny completion at its start failed; empty when it was answered."""
    starting: bool = False
    traffic: bool = True
    scale: float = 1.0
    restart_mode: RestartMode = "ok"
    restart_seconds: float | None = None
    metrics_mode: MetricsMode = "ok"
    forced_health: Word | None = None
    tallies: dict[Key, Tally] = field(default_factory=dict)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    _marks: deque[Mark] = field(default_factory=deque)
    _played: float = 0.0

    @property
    def configured(self) -> str | None:
        """The model its file names now; None when it names none."""
        return envfile.value_in(self.path, self.settings.variable)

    async def start(self, at: float) -> None:
        """Read the file and ask its model for one tiny completion; what fails is told by the fleet's health."""
        self.running = self.configured or self.settings.model
        self.started_at = at
        try:
            await self.provider.complete({"model": self.running, **PROBE})
        except Fault as fault:
            self.problem = str(fault)
        else:
            self.problem = ""
        self._marks.clear()

    def answering(self) -> tuple[str, Outlook]:
        """Who answers its requests now: the running model, or the first of the failover chain that can."""
        outlook = self.provider.outlook(self.running)
        if outlook.failure_rate >= self.settings.failover_at:
            for model in self.settings.failover:
                other = self.provider.outlook(model)
                if other.served is not None and other.failure_rate < self.settings.failover_at:
                    return model, other
        return self.running, outlook

    def requests_per_second(self, wave: float) -> float:
        """What its tenants send, all together."""
        return sum(tenant.rate for tenant in self.tenants) * self.scale * wave if self.traffic else 0.0

    def play(self, seconds: float, wave: float) -> Bill:
        """Serve `seconds` of traffic, `wave` times the usual, and say what it came to."""
        self._played += seconds
        model, outlook = self.answering()
        if outlook.failure_rate < UNHEALTHY_FROM:
            self.problem = ""
        served = outlook.served.id if outlook.served is not None else model
        sent = self.requests_per_second(wave)
        self._report(outlook.served, wave)
        service = Service(outlook, self.provider.load(served))
        bill = Bill(served)
        for tenant in self.tenants if sent > 0 else ():
            tally = self.tallies.setdefault(Key(self.stage, tenant.name, self.running, served), Tally())
            before = Bill.of(served, tally)
            serve(tally, tenant, service, self.settings, tenant.rate * self.scale * wave * seconds, self.draw)
            bill = bill.plus(Bill.of(served, tally), less=before)
        self._remember()
        return bill

    def _report(self, served: Persona | None, wave: float) -> None:
        """Tell the provider how many requests it keeps in flight: arrivals a second times the seconds of each."""
        if served is None or not self.traffic:
            self.provider.report_load(self.stage, None)
            return
        busy = sum(tenant.rate * served.seconds(self._tokens(served, tenant)) for tenant in self.tenants)
        self.provider.report_load(self.stage, served.id, busy * self.scale * wave)

    def _tokens(self, served: Persona, tenant: Tenant) -> float:
        return self.settings.completion_tokens + served.hidden_tokens(tenant.prompt_tokens)

    def _remember(self) -> None:
        tallies = self.tallies.values()
        cells = [0] * CELLS
        for tally in tallies:
            for place, count in enumerate(tally.ok_cells):
                cells[place] += count
        self._marks.append(
            Mark(
                self._played,
                sum(tally.requests for tally in tallies),
                sum(tally.errors for tally in tallies),
                sum(tally.cost_usd for tally in tallies),
                sum(tally.valid_tools + tally.invalid_tools for tally in tallies),
                sum(tally.invalid_tools for tally in tallies),
                sum(tally.retries for tally in tallies),
                tuple(cells),
            )
        )
        while len(self._marks) > 1 and self._marks[0].at < self._played - WINDOW_SECONDS:
            self._marks.popleft()

    def rates(self) -> Rates:
        """The last second of play, since the last (re)start at most."""
        if len(self._marks) <= 1:
            return Rates(0.0, None, None, None, None, None, None)
        old, new = self._marks[0], self._marks[-1]
        requests, tools = new.requests - old.requests, new.tools - old.tools
        cells = [b - a for a, b in zip(old.cells, new.cells, strict=True)]

        def share(part: float, whole: float) -> float | None:
            return part / whole if whole else None

        return Rates(
            requests / (new.at - old.at),
            share(new.errors - old.errors, requests),
            quantile(cells, 0.5),
            quantile(cells, 0.95),
            share(1000 * (new.cost_usd - old.cost_usd), requests),
            share(tools - (new.invalid_tools - old.invalid_tools), tools),
            share(new.retries - old.retries, requests),
        )

    def tenant_rows(self) -> list[dict[str, object]]:
        """Each tenant since the platform started: who answers it, requests, error rate, mean seconds, cost."""
        rows: list[dict[str, object]] = []
        for tenant in self.tenants:
            mine = [tally for key, tally in self.tallies.items() if key.tenant == tenant.name]
            requests, answered = sum(each.requests for each in mine), sum(each.ok for each in mine)
            rows.append(
                {
                    "tenant": tenant.name,
                    "models": [key.served for key in self.tallies if key.tenant == tenant.name],
                    "requests": requests,
                    "error_rate": round(sum(each.errors for each in mine) / requests, 6) if requests else None,
                    "mean_seconds": round(sum(each.ok_seconds for each in mine) / answered, 6) if answered else None,
                    "cost_per_1k_usd": round(1000 * sum(each.cost_usd for each in mine) / requests, 6)
                    if requests
                    else None,
                }
            )
        return rows

    def health(self) -> tuple[Word, str]:
        """How it is doing, and why."""
        if self.forced_health is not None:
            return self.forced_health, "set by the control API"
        if self.starting:
            return "degraded", "restarting"
        model, outlook = self.answering()
        if model != self.running:
            return "degraded", f"{self.running} does not answer; {model} does"
        if self.problem:
            return "unhealthy", self.problem
        if outlook.failure_rate >= UNHEALTHY_FROM:
            return "unhealthy", f"{self.running}: requests fail with {outlook.failure_status[0]}"
        errors = self.rates().error_rate or 0.0
        if errors >= DEGRADED_FROM:
            word: Word = "unhealthy" if errors >= UNHEALTHY_FROM else "degraded"
            return word, f"{errors:.1%} of requests fail"
        return "healthy", ""
