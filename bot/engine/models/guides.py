"""What help says of an installation: its slots, stages, groups and rules."""

from bot.engine.models.plain import Plain
from bot.engine.models.shown import FreezeShown
from bot.runbook.models.authority import AuthorityPlan
from bot.runbook.models.people import GroupName


class StageGuide(Plain):
    """A stage as help tells it: whose yes opens it, on what evidence, and for how long it is watched."""

    name: str
    tenants: int
    last: bool
    approvals: int
    groups: tuple[GroupName, ...]
    requester_may: bool
    each: bool = False
    evidence: str
    watched_s: float
    checks: int


class SlotGuide(Plain):
    """A model setting as help tells it: where it is told, its stages, its limits in US dollars and seconds, who may."""

    slot: str
    channel: str
    stages: tuple[StageGuide, ...]
    max_usd: float
    max_usd_per_day: float
    envelope_usd_per_month: float | None
    comparison_s: float
    approval_s: float
    working_days: bool
    way_back_s: float
    authority: AuthorityPlan = AuthorityPlan()


class GroupGuide(Plain):
    """An owner: the user group that it is in Slack, or how many people are named, and where it is told."""

    name: GroupName
    handle: str
    people: int
    channel: str


class Guide(Plain):
    """What help says of this installation."""

    slots: tuple[SlotGuide, ...]
    groups: tuple[GroupGuide, ...] = ()
    time_zone: str = "UTC"
    dry_run: bool = False
    freezes: tuple[FreezeShown, ...] = ()
    fallback_group: GroupName = GroupName.SRE
