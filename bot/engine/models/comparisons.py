"""A comparison as it is kept: asked for, running, over; and what its models cost in a month."""

from datetime import datetime
from typing import Literal

from bot.difftest.model.report import Report
from bot.engine.models.plain import Plain
from bot.rotation.model.people import Actor
from bot.rotation.model.state import ModelRef, Trigger


class Progress(Plain):
    """How far a comparison is. Never a verdict."""

    done: int
    total: int
    cost_usd: float | None = None
    seconds_left: float | None = None


class MonthlySpend(Plain):
    """What a slot costs a month, in US dollars, measured over `days`, and what it may cost (None: nobody said)."""

    usd: float
    days: int
    envelope: float | None = None


class Comparison(Plain):
    """One diff run as the engine keeps it. `spent_usd`: what its own calls cost; None while nobody has said.

    `asked`: nothing is spent until somebody has agreed to what it is expected to cost.
    """

    id: str
    slot: str
    current: ModelRef
    candidate: ModelRef
    rollback: ModelRef
    trigger: Trigger
    reason: str
    requester: Actor
    channel: str
    started_at: datetime
    status: Literal["asked", "running", "finished", "aborted", "errored"] = "running"
    finished_at: datetime | None = None
    report: Report | None = None
    problem: str = ""
    whose: str = ""
    fresh: bool = False
    spent_usd: float | None = None
    month: MonthlySpend | None = None
