"""How the provider stands: what is wrong with it, what a request would meet, what its models were asked. Data only."""

from collections import Counter
from dataclasses import dataclass, field

from bot.sandbox.provider.personas import Persona

UNAVAILABLE = 503


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with the whole provider: set by the control API, nothing by default."""

    outage_rate: float = 0.0
    outage_status: int = UNAVAILABLE
    extra_seconds: float = 0.0
    out_of_credit: bool = False
    key_revoked: bool = False


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a request for a model meets now: who answers (None: nobody), how often it fails and how, what is added."""

    served: Persona | None
    failure_rate: float
    failure_status: tuple[int, ...]
    extra_seconds: float


@dataclass(slots=True)
class Calls:
    """What one model was asked: counts since the start, tokens, US dollars."""

    requests: int = 0
    answered: int = 0
    in_flight: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    failures: Counter[str] = field(default_factory=Counter)
