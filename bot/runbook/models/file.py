"""The runbook file as a whole: its slots, and what holds for all of them.

A field in these models is a line an operator may write. Resolving a slot against the defaults is `plan`'s work;
reading YAML and turning errors into places is `bot.runbook.load`'s.
"""

from typing import Annotated, ClassVar, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from bot.runbook.models.authority import Authority
from bot.runbook.models.catalog import Catalog, Proposals
from bot.runbook.models.external import External
from bot.runbook.models.freezes import Freeze, zone_known
from bot.runbook.models.limits import Checks, Comparison, Deadlines, Retention, TrafficCycle, WayBack, WorkingHours
from bot.runbook.models.people import Channel, GroupName, Groups, Member
from bot.runbook.models.sources import Links, Metrics, Provider
from bot.runbook.models.stages import Stage
from bot.runbook.models.targets.kinds import TargetBlock
from bot.runbook.models.written import Grown, Written, WrongAtKey


class Slot(Grown, Written):
    """One model setting that can be rotated."""

    NEWER: ClassVar[tuple[str, ...]] = ("authority",)

    suite: str
    envelope_usd_per_month: float | None = Field(default=None, gt=0)
    variable: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    channel: Channel | None = None
    provider: str | None = None
    rollback_model: str | None = None
    comparison: Comparison | None = None
    checks: Checks | None = None
    authority: Authority | None = None
    engine: External | None = None
    test_target: TargetBlock | None = None
    proposals: Proposals | None = None
    stages: dict[str, Stage] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_test_target(self) -> Self:
        if self.test_target is not None and len(self.test_target.plans("", variable=None, tenants=())) != 1:
            message = "is one place: name the one tenant it is, in `tenants`"
            raise WrongAtKey("test_target", message)
        return self


class Runbook(Grown, Written):
    """The whole file."""

    NEWER: ClassVar[tuple[str, ...]] = ("authority", "fallback_group")

    channel: Channel
    groups: Groups
    administrators: tuple[Member, ...] = ()
    operators: dict[str, Member] = Field(default_factory=dict)
    terminal_approvals: bool = False
    authority: Authority = Authority()
    fallback_group: GroupName = GroupName.SRE
    provider: Annotated[Provider, BeforeValidator(lambda v: {"name": v} if isinstance(v, str) else v)]
    metrics: Metrics | None = None
    health: str | None = None
    links: dict[str, Links] = Field(default_factory=dict)
    catalog: Catalog = Catalog()
    slots: dict[str, Slot] = Field(min_length=1)
    comparison: Comparison = Comparison()
    checks: Checks = Checks()
    deadlines: Deadlines = Deadlines()
    working_hours: WorkingHours = WorkingHours()
    way_back: WayBack = WayBack()
    traffic_cycle: TrafficCycle = TrafficCycle()
    retention: Retention = Retention()
    freezes: tuple[Freeze, ...] = ()
    time_zone: Annotated[str, AfterValidator(zone_known)] = "UTC"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone deadlines and working hours are counted in."""
        return ZoneInfo(self.time_zone)

    def pinned(self, slot: str) -> tuple[str, ...]:
        """The providers behind a router that alone may answer for a slot in comparisons; empty where any may."""
        written = self.slots[slot].provider
        return self.provider.only if written in (None, self.provider.name) else (str(written),)
