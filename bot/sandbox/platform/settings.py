"""How large the platform is and how it behaves: data, with a check of what a seed file gives. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

STAGES = ("staging", "pilots", "global")


@dataclass(frozen=True, slots=True)
class Settings:
    """A platform. Rates in requests a second, spreads as sigma of a log-normal around one, shares as proportions."""

    model: str = "acme/sable-4"
    """In the files at the start; also what a worker runs whose file names none."""
    variable: str = "CRUVERO_OPENROUTER_MODEL"
    pilots: tuple[str, ...] = ("northwind", "globex", "initech")
    tenants: int = 30
    """Production tenants, the pilots included; staging has one more, synthetic."""
    rate: float = 750.0
    """Of a production tenant of middling size that is no pilot."""
    pilot_rate: float = 4000.0
    """Of a pilot of middling size: pilots are large, so that a short watch sees enough of them."""
    staging_rate: float = 6000.0
    staging_prompt_tokens: float = 400.0
    """Staging is tried with short prompts: what only long ones show, it does not see."""
    size_spread: float = 0.3
    tenant_spread: float = 0.1
    """How much tenants differ in prompt length and in latency."""
    latency_spread: float = 0.35
    """How much the requests of one tenant differ in latency."""
    prompt_tokens: float = 1800.0
    completion_tokens: float = 180.0
    tool_share: float = 0.4
    """Requests that end in a tool call."""
    error_rate: float = 0.003
    """Failures that no model is to blame for."""
    invalid_tools: float = 0.004
    """Tool calls that break their schema whatever the model."""
    restart_seconds: float = 0.15
    tick_seconds: float = 0.05
    diurnal: float = 0.0
    """Depth of the daily wave: 0.5 swings between half and one and a half times the usual traffic."""
    day_seconds: float = 86400.0
    """How long a day of that wave lasts."""
    failover: tuple[str, ...] = ()
    """Models asked, in this order, when the configured one is retired or fails too often."""
    failover_at: float = 0.5
    """Failure rate from which on the next model of the chain answers."""


SHARES = ("tool_share", "error_rate", "invalid_tools", "diurnal", "failover_at")
TEXTS = ("model", "variable")
LISTS = ("pilots", "failover")


def settings_from(section: Mapping[str, Any]) -> Settings:
    """The settings with what a seed file's `platform:` section changes.

    Raises:
        ValueError: naming the field and what was expected, or the known fields.
    """
    known = [each.name for each in fields(Settings)]
    unknown = sorted(set(section) - set(known))
    if unknown:
        raise ValueError(f"platform: unknown field {', '.join(unknown)}; known: {', '.join(known)}")
    changed: dict[str, Any] = {name: _checked(name, value) for name, value in section.items()}
    settings = replace(Settings(), **changed)
    if settings.tenants <= len(settings.pilots):
        raise ValueError("platform.tenants: more tenants than pilots are expected")
    return settings


def _checked(name: str, value: object) -> object:
    if name in LISTS:
        if not isinstance(value, (list, tuple)) or not all(isinstance(each, str) for each in value):
            raise ValueError(f"platform.{name}: a list of names is expected, not {value!r}")
        return tuple(value)
    if name in TEXTS:
        if not isinstance(value, str) or not value:
            raise ValueError(f"platform.{name}: a text is expected, not {value!r}")
        return value
    top = 1.0 if name in SHARES else 1e9
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= top:
        raise ValueError(f"platform.{name}: a number from 0 to {top:g} is expected, not {value!r}")
    return int(value) if name == "tenants" else float(value)
