"""A catalog and a slot as the tests of proposals need them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bot.catalog.model import Kept, Listed
from bot.catalog.propose import SlotView
from bot.runbook.load import checked
from bot.runbook.models.catalog import Proposals
from bot.runbook.models.plan import Plan, plan_for

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)  # a Monday
FIRST = NOW - timedelta(days=100)

RUNBOOK = """\
channel: model-rotation
groups:
  ml:      {channel: ml,      people: [U0MIA]}
  sre:     {channel: sre,     people: [U0SAM]}
  finance: {channel: finance, people: [U0FIN]}
provider: openrouter
slots:
  chat:
    suite: s.yml
    variable: MODEL
    stages:
      staging: {env_file: staging.env}
      pilots:  {env_file: pilots.env}
      global:  {env_file: global.env}
"""


def plan(extra: str = "") -> Plan:
    """The slot's plan, with further lines of the runbook."""
    return plan_for(checked(extra + RUNBOOK, "runbook.yml", Path()), "chat")


def listed(model: str, prompt: float | None = 4.0, completion: float | None = None, **more: object) -> Listed:
    """A model at prices a million tokens that can do everything unless the test says otherwise."""
    known: dict[str, object] = {"tools": True, "structured_output": True, "context": 128_000}
    if prompt is not None:
        each = {"prompt_usd": prompt / 1e6, "completion_usd": (4 * prompt if completion is None else completion) / 1e6}
        known |= {**each, "price_from": "provider"}
    return Listed.model_validate({"id": model, **known, **more})


def kept(*models: Listed, first: datetime = FIRST, gone_at: datetime | None = None) -> dict[str, Kept]:
    """Rows that have been there since the first look unless the test says otherwise."""
    return {one.id: Kept(listed=one, first_seen=first, last_seen=NOW, gone_at=gone_at) for one in models}


def view(*, rules: Mapping[str, object] = MappingProxyType({}), **more: Any) -> SlotView:  # noqa: ANN401 - as it has
    """The slot `chat`, whose places hold one model."""
    return SlotView(plan=plan(), rules=Proposals.model_validate(dict(rules)), current="acme/sable-4", **more)
