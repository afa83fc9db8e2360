"""The runbook file, field by field, with the defaults of the one defaults table.

A field here is a line an operator may write. Resolving a slot against the defaults is `plan`'s work; reading YAML and
turning errors into places is `bot.runbook.load`'s.
"""

import re
from datetime import time, timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from bot.masking import mask
from bot.runbook.models.durations import Duration
from bot.runbook.models.external import External
from bot.runbook.models.written import Written


def _name(value: object) -> object:
    if value is None:
        message = "is empty; `#` starts a comment in YAML, so write the name without it (or in quotes)"
        raise ValueError(message)
    return value.strip().lstrip("#@") if isinstance(value, str) else value


Name = Annotated[str, BeforeValidator(_name), Field(min_length=1, max_length=80)]
"""A channel, group or person as people write it; a leading `#` or `@` is dropped."""


_UNFIT = r"\s!\"#$%&'()*+,/:;<=>?@\[\\\]^`{|}~"
CHANNEL = re.compile(rf"[^{_UNFIT}.]{{1,80}}")
_HANDLE = re.compile(rf"[^{_UNFIT}]{{1,80}}")
_MENTION = re.compile(r"<(?:@|#|!subteam\^)([A-Z0-9]+)(?:\|[^>]*)?>")


def _unwrapped(value: object) -> object:
    """The id in a mention as Slack copies it, `<@U024BE7LH>`; anything else as it is."""
    mention = _MENTION.fullmatch(value.strip()) if isinstance(value, str) else None
    return mention[1] if mention else value


def _channel(value: str) -> str:
    if not CHANNEL.fullmatch(value):
        message = f"{mask(value)!r} is no channel: expected its name, such as model-rotation, or its id"
        raise ValueError(message)
    return value


def _handle(value: str) -> str:
    if not _HANDLE.fullmatch(value):
        message = f"{mask(value)!r} is no user group: expected its handle, such as ml-oncall, or its id"
        raise ValueError(message)
    return value


Channel = Annotated[Name, BeforeValidator(_unwrapped), AfterValidator(_channel)]
"""A channel's name or id."""
Handle = Annotated[Name, BeforeValidator(_unwrapped), AfterValidator(_handle)]
"""A user group's handle or id."""
Member = Annotated[Name, BeforeValidator(_unwrapped)]
"""A person, by member id; whether it is one, the rules ask of what was written."""


def _positive(value: timedelta | None) -> timedelta | None:
    if value is not None and value <= timedelta():
        message = "must be longer than nothing"
        raise ValueError(message)
    return value


class GroupName(StrEnum):
    """The three owners the runbook escalates to."""

    ML = "ml"
    SRE = "sre"
    FINANCE = "finance"


class Group(Written):
    """Who a group is, and the channel it is told in. Give `group` (a Slack user group) or `people` (member ids)."""

    channel: Channel
    group: Handle | None = None
    people: tuple[Member, ...] = ()

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.group is None) == (not self.people):
            message = "name either `group` (a Slack user group) or `people` (a list of member ids), one of the two"
            raise ValueError(message)
        return self


class Groups(Written):
    """The owners: ML (quality, tools), SRE (outage, latency), Finance (cost)."""

    ml: Group
    sre: Group
    finance: Group

    def of(self, name: GroupName) -> Group:
        """The group with that name."""
        return {GroupName.ML: self.ml, GroupName.SRE: self.sre, GroupName.FINANCE: self.finance}[name]


KNOWN_PROVIDERS: dict[str, tuple[str, str]] = {
    "openrouter": ("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "openai": ("https://api.openai.com/v1", "OPENAI_API_KEY"),
}
"""Provider name -> base URL (with version path) and the environment variable its key is read from."""


class Provider(Written):
    """An OpenAI-compatible endpoint. `provider: openrouter` is short for `{name: openrouter}`."""

    name: str = Field(min_length=1)
    base_url: str | None = None
    api_key_env: str | None = None
    only: tuple[str, ...] = ()
    quantizations: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.base_url is None and self.name not in KNOWN_PROVIDERS:
            known = ", ".join(sorted(KNOWN_PROVIDERS))
            message = f"{self.name!r} is not one of the known providers ({known}); give its `base_url`"
            raise ValueError(message)
        if self.quantizations and not self.only:
            message = "`quantizations` needs `only`: the providers that are to serve them"
            raise ValueError(message)
        return self

    @property
    def url(self) -> str:
        """The base URL, version path included, no slash at the end."""
        return (self.base_url or KNOWN_PROVIDERS[self.name][0]).rstrip("/")

    @property
    def key_variable(self) -> str:
        """The environment variable that holds the API key."""
        return self.api_key_env or KNOWN_PROVIDERS.get(self.name, ("", "OPENAI_API_KEY"))[1]


class Labels(Written):
    """Which labels of the series say what: the model that answered, the stage, and (if there is one) the tenant."""

    model: str = "model"
    stage: str | None = None
    tenant: str | None = None


class Metrics(Written):
    """Where the watched series live and what they are called; the product writes the queries."""

    prometheus: str | None = None
    scrape: tuple[str, ...] = ()
    requests: str
    errors: str
    latency: str | None = None
    cost: str | None = None
    tool_calls: str | None = None
    invalid_tool_calls: str | None = None
    retries: str | None = None
    labels: Labels = Labels()
    timeout: Duration = timedelta(seconds=10)
    scrape_every: Duration = timedelta(seconds=15)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.prometheus is None) == (not self.scrape):
            message = "name either `prometheus` (a URL) or `scrape` (a list of /metrics URLs), one of the two"
            raise ValueError(message)
        return self


class Links(Written):
    """Pages people open when something is wrong with a provider."""

    dashboard: str | None = None
    status: str | None = None


class Evidence(StrEnum):
    """What a comparison or bake must have said for a stage to open."""

    NOT_FAIL = "not_fail"
    PASS = "pass"  # noqa: S105 - a verdict, not a password


class Approval(Written):
    """Whose yes a stage needs: `count` members of one of `groups`, the requester not among them unless allowed."""

    groups: tuple[GroupName, ...] = (GroupName.ML,)
    count: int = Field(default=1, ge=0, le=20)
    requester_may: bool = False

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if self.count and not self.groups:
            message = "name at least one of the groups ml, sre, finance (or `count: 0`, where nobody's yes is needed)"
            raise ValueError(message)
        return self


class Bake(Written):
    """How long a stage is watched, and how often: `looks` in all, or one `every` so often."""

    length: Duration
    looks: int = Field(default=24, ge=1, le=10_000)
    every: Duration | None = None

    _longer_than_nothing = field_validator("length", "every")(_positive)

    @model_validator(mode="after")
    def _one_rhythm(self) -> Self:
        if {"looks", "every"} <= self.model_fields_set and self.every is not None:
            message = "name either `looks` (how many in all) or `every` (one so often), one of the two"
            raise ValueError(message)
        return self


class EnvFile(Written):
    """One variable of a dotenv file, and the command that makes its readers take it up."""

    env_file: str = Field(min_length=1)
    variable: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    restart: tuple[str, ...] = ()
    restart_timeout: Duration = timedelta(minutes=2)


class Stage(Written):
    """One step of the promotion. `env_file`/`restart` here are short for one entry of `targets`."""

    env_file: str | None = Field(default=None, min_length=1)
    variable: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    restart: tuple[str, ...] = ()
    restart_timeout: Duration = timedelta(minutes=2)
    targets: tuple[EnvFile, ...] = ()
    traffic: Literal["live", "none"] = "live"
    metric_stage: str | None = None
    tenants: tuple[Name, ...] = ()
    approval: Approval | None = None
    evidence: Evidence | None = None
    bake: Bake | None = None

    @field_validator("tenants")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if doubled := sorted({name for name in value if value.count(name) > 1}):
            message = f"names {', '.join(doubled)} twice"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _has_targets(self) -> Self:
        if (self.env_file is None) == (not self.targets):
            message = "name either `env_file` or `targets`, one of the two"
            raise ValueError(message)
        if self.targets and (self.restart or self.variable):
            message = "`restart` and `variable` go with `env_file`; inside `targets` each entry has its own"
            raise ValueError(message)
        return self


class ComparisonMargins(Written):
    """How much worse a candidate may be and still pass. Points as fractions, latency and cost as ratios above 1."""

    quality: float = Field(default=0.05, gt=0, lt=1)
    tools: float = Field(default=0.05, gt=0, lt=1)
    latency: float = Field(default=0.25, gt=0)
    cost: float = Field(default=0.20, gt=0)


class Comparison(Written):
    """Limits of a comparison."""

    margins: ComparisonMargins = ComparisonMargins()
    max_usd: float = Field(default=5.0, gt=0)
    max_usd_per_day: float = Field(default=25.0, gt=0)
    ask_above_usd: float = Field(default=1.0, ge=0)
    max_age: Duration = timedelta(days=7)
    concurrency: int = Field(default=8, ge=1, le=500)
    seed: int = 7


class Backstop(Written):
    """An absolute limit, broken when `k` of the last `n` looks are beyond it."""

    limit: float
    k: int = Field(default=2, ge=1)
    n: int = Field(default=3, ge=1)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.k > self.n:
            message = "`k` of the last `n` looks: k must not be larger than n"
            raise ValueError(message)
        return self


class Checks(Written):
    """The bake's margins and backstops. Errors in fractions of requests, latency and cost as ratios above 1."""

    errors_margin: float = Field(default=0.005, ge=0, lt=1)
    errors_backstop: Backstop = Backstop(limit=0.08)
    latency_margin: float = Field(default=0.25, ge=0)
    latency_backstop_s: Backstop = Backstop(limit=8.0)
    cost_margin: float = Field(default=0.20, ge=0)
    tools_margin: float = Field(default=0.05, ge=0, lt=1)
    other_model_share: float = Field(default=0.02, ge=0, lt=1)
    min_requests: int = Field(default=50, ge=1)
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    tool_validity_min: float = Field(default=0.95, gt=0, le=1)
    retry_rate_max: float = Field(default=0.10, ge=0)


class Deadlines(Written):
    """How long each question waits before its stated default, and how often owners are told again."""

    approval: Duration = timedelta(days=3)
    inconclusive: Duration = timedelta(days=1)
    reminder: Duration = timedelta(days=1)
    trouble_reminder: Duration = timedelta(minutes=30)
    no_traffic: Duration = timedelta(minutes=10)
    traffic_poll: Duration = timedelta(seconds=15)
    rollback_confirmation: Duration = timedelta(minutes=10)
    hold: Duration | None = None
    count: Literal["working", "calendar"] = "working"


def _time_of_day(value: object) -> object:
    if isinstance(value, int | float):
        message = f"{value} is not a time of day; write hours and minutes, such as '09:00'"
        raise ValueError(message)  # noqa: TRY004 - pydantic reports a ValueError at its field, a TypeError not at all
    return value


TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]
"""Hours and minutes in the runbook's time zone."""


class WorkingHours(Written):
    """When people are at work; `days` are 0 (Monday) to 6. An empty `days` means there is no night."""

    days: tuple[int, ...] = (0, 1, 2, 3, 4)
    start: TimeOfDay = time(9)
    end: TimeOfDay = time(18)

    @field_validator("days")
    @classmethod
    def _weekdays(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if any(day not in range(7) for day in value):
            message = "days are numbers from 0 (Monday) to 6 (Sunday)"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start >= self.end:
            message = "`start` must be earlier than `end` (of the same day)"
            raise ValueError(message)
        return self


class WayBack(Written):
    """How the way back is kept open."""

    every_looks: int = Field(default=6, ge=1)
    open_after_completion: Duration = timedelta(days=7)


class Retention(Written):
    """How long what models were asked and answered is kept."""

    answers: Duration = timedelta(days=30)

    _longer_than_nothing = field_validator("answers")(_positive)


class Slot(Written):
    """One model setting that can be rotated."""

    suite: str
    envelope_usd_per_month: float | None = Field(default=None, gt=0)
    variable: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    channel: Channel | None = None
    provider: str | None = None
    rollback_model: str | None = None
    comparison: Comparison | None = None
    checks: Checks | None = None
    engine: External | None = None
    test_target: EnvFile | None = None
    stages: dict[str, Stage] = Field(min_length=1)


def _zone(value: str) -> str:
    if value not in available_timezones():
        message = f"{value!r} is not a time zone name; write one such as Europe/Berlin or UTC"
        raise ValueError(message)
    return value


class Runbook(Written):
    """The whole file."""

    channel: Channel
    groups: Groups
    administrators: tuple[Member, ...] = ()
    provider: Annotated[Provider, BeforeValidator(lambda v: {"name": v} if isinstance(v, str) else v)]
    metrics: Metrics | None = None
    health: str | None = None
    links: dict[str, Links] = Field(default_factory=dict)
    slots: dict[str, Slot] = Field(min_length=1)
    comparison: Comparison = Comparison()
    checks: Checks = Checks()
    deadlines: Deadlines = Deadlines()
    working_hours: WorkingHours = WorkingHours()
    way_back: WayBack = WayBack()
    retention: Retention = Retention()
    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone deadlines and working hours are counted in."""
        return ZoneInfo(self.time_zone)

    def pinned(self, slot: str) -> tuple[str, ...]:
        """The providers behind a router that alone may answer for a slot in comparisons; empty where any may."""
        written = self.slots[slot].provider
        return self.provider.only if written in (None, self.provider.name) else (str(written),)
