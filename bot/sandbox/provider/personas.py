"""Model personas: how each model of the sandbox behaves, as parameters. Pure: no clock, no I/O, no randomness.

A persona is data. What differs between two models differs here and nowhere else: the provider and the platform
both read latency, tokens, price and error rates from the same persona, so what traffic shows is what the model is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

Judging = Literal["honest", "first_slot", "gullible", "prose"]
"""How it judges answers of others: by its own, by their place, as they ask it to, or in words nobody can use."""

FaultShape = Literal["status", "body", "stream"]
"""Where a failure shows: as an HTTP status, as an error body under HTTP 200, or in the middle of a stream."""

PER_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Persona:
    """One model. Rates are proportions, times seconds, prices US dollars per million tokens."""

    id: str
    """OpenRouter-like id, `author/name`."""
    quality_error: float = 0.002
    """Share of answers in words that are plausible and wrong."""
    tools_error: float = 0.002
    """Share of requests that offer tools and are answered with a wrong call, or with a needless or missing one."""
    recovery_error: float = 0.002
    """Share of requests that follow a tool's error and are answered as if nothing had gone wrong."""
    base_seconds: float = 0.015
    seconds_per_token: float = 0.00002
    """Added for each completion token, hidden ones included."""
    jitter: float = 0.08
    """Sigma of the log-normal spread of latency around its median."""
    load_knee: float = 150.0
    """Requests in flight up to which latency does not grow."""
    load_slope: float = 0.0
    """Growth of latency for each request in flight above the knee, as a share of the unloaded latency."""
    load_ceiling: float = 5.0
    """Latency never grows beyond this multiple."""
    price_in: Decimal = Decimal("0.40")
    price_out: Decimal = Decimal("1.60")
    verbosity: float = 0.0
    """Hidden completion tokens for each prompt token above `verbosity_knee`."""
    verbosity_knee: int = 700
    failure_rate: float = 0.0
    failure_status: tuple[int, ...] = (503,)
    failure_shape: FaultShape = "status"
    retry_after: int = 1
    """Seconds that a 429 of this model asks its caller to wait."""
    retired: date | None = None
    """The first day on which it no longer answers. A day to come is announced as its expiration date."""
    served_as: str | None = None
    """Another model that answers in its place."""
    context_length: int = 128_000
    max_completion_tokens: int = 16_384
    tools: bool = True
    """Whether it accepts `tools` at all."""
    judging: Judging = "honest"
    hosted_by: str = field(default="")
    """The company that serves it; from the id unless given."""

    @property
    def host(self) -> str:
        """The `provider` of its responses, such as `Acme`."""
        return self.hosted_by or self.id.partition("/")[0].capitalize()

    def is_retired(self, today: date) -> bool:
        """Whether it no longer answers on `today`."""
        return self.retired is not None and self.retired <= today

    def load_factor(self, in_flight: float) -> float:
        """How many times slower it is with `in_flight` requests at once than with none."""
        return min(self.load_ceiling, 1.0 + self.load_slope * max(0.0, in_flight - self.load_knee))

    def seconds(self, completion_tokens: float, in_flight: float = 0.0) -> float:
        """Median seconds for an answer of `completion_tokens` (hidden ones included) under that load."""
        return (self.base_seconds + self.seconds_per_token * completion_tokens) * self.load_factor(in_flight)

    def hidden_tokens(self, prompt_tokens: float) -> float:
        """Completion tokens it spends beyond the text of its answer: grows with long prompts when verbose."""
        return self.verbosity * max(0.0, prompt_tokens - self.verbosity_knee)

    def cost(self, prompt_tokens: float, completion_tokens: float) -> float:
        """US dollars for one request of that many tokens (hidden ones included in the completion)."""
        return (float(self.price_in) * prompt_tokens + float(self.price_out) * completion_tokens) / 1e6


def per_token(price: Decimal) -> str:
    """The price of one token in US dollars, as the decimal string the models endpoint carries."""
    return format((price / PER_MILLION).normalize(), "f")


def by_id(personas: Iterable[Persona]) -> Mapping[str, Persona]:
    """The personas under their ids."""
    return {persona.id: persona for persona in personas}


CATALOGUE: Mapping[str, Persona] = by_id(
    (
        Persona("acme/sable-4"),
        Persona(
            "acme/sable-3",
            base_seconds=0.018,
            price_in=Decimal("0.50"),
            price_out=Decimal("2.00"),
            context_length=64_000,
        ),
        Persona("acme/sable-5", base_seconds=0.0135, price_in=Decimal("0.36"), price_out=Decimal("1.44")),
        Persona("lumen/quill-2", quality_error=0.16, price_in=Decimal("0.34"), price_out=Decimal("1.40")),
        Persona("lumen/forge-2", tools_error=0.20, price_in=Decimal("0.34"), price_out=Decimal("1.40")),
        Persona("lumen/stoic-1", recovery_error=1.0, price_in=Decimal("0.34"), price_out=Decimal("1.40")),
        Persona("orbit/comet-1", base_seconds=0.0145, load_slope=0.025, price_in=Decimal("0.38")),
        Persona(
            "orbit/regal-1",
            base_seconds=0.0152,
            seconds_per_token=0.000004,
            price_in=Decimal("0.41"),
            price_out=Decimal("1.64"),
            verbosity=0.5,
        ),
        Persona(
            "nimbus/flicker-1",
            base_seconds=0.0145,
            failure_rate=0.15,
            failure_status=(503, 429, 502),
            price_in=Decimal("0.30"),
            price_out=Decimal("1.20"),
        ),
        Persona("vega/arbiter-1"),
        Persona("vega/slanted-1", judging="first_slot"),
        Persona("vega/trusting-1", judging="gullible"),
        Persona("vega/muttering-1", judging="prose"),
        Persona(
            "acme/sable-2",
            base_seconds=0.022,
            price_in=Decimal("0.60"),
            price_out=Decimal("2.40"),
            context_length=32_000,
            retired=date(2024, 6, 30),
        ),
    )
)
"""The default: current, older, good, worse at quality, at tools, after errors, slow, dear, flaky, judges, retired."""
