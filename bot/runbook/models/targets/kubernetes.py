"""The kind `kubernetes`: a variable of one Deployment's container, or a key of a ConfigMap and who is restarted for it.

What is written here says which object holds the setting; asking the cluster is an adapter's work.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from bot.runbook.models.durations import Duration
from bot.runbook.models.targets.cluster import Cluster
from bot.runbook.models.targets.env_file import VARIABLE
from bot.runbook.models.targets.place import Place
from bot.runbook.models.targets.templates import PREFIX
from bot.runbook.models.targets.workers import Workers, refuse_unfit, workers_of
from bot.runbook.models.written import Written, WrongAtKey

_LABEL: Final = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"


def _label(value: str) -> str:
    if not re.fullmatch(_LABEL, value):
        message = f"{value!r} is no name in Kubernetes: expected small letters, digits and -, such as worker"
        raise ValueError(message)
    return value


def _object(value: str) -> str:
    if not re.fullmatch(rf"{_LABEL}(\.{_LABEL})*", value) or len(value) > 253:  # noqa: PLR2004 - as Kubernetes has it
        message = (
            f"{value!r} is no object's name in Kubernetes: expected small letters, digits, - and ., such as worker"
        )
        raise ValueError(message)
    return value


def _key(value: str) -> str:
    if not re.fullmatch(r"[-._a-zA-Z0-9]{1,253}", value):
        message = f"{value!r} is no key of a ConfigMap: expected letters, digits and any of - _ ."
        raise ValueError(message)
    return value


Label = Annotated[str, AfterValidator(_label)]
"""The name of a namespace or container (RFC 1123 label)."""
ObjectName = Annotated[str, AfterValidator(_object)]
"""The name of a Deployment or ConfigMap (RFC 1123 subdomain)."""
MapKey = Annotated[str, AfterValidator(_key)]
"""A key of a ConfigMap."""
_REQUESTS: Final = 12
"""How many requests a change may take beside following the rollout, edits that come in between counted in."""


class KubernetesPlan(Place):
    """A setting in a cluster: `setting` is a variable of `deployment`'s `container`, or a key of `config_map`.

    `restart` are the Deployments that read the ConfigMap when they start. `container` empty: the only one there is.
    """

    kind: Literal["kubernetes"] = "kubernetes"
    name: str
    cluster: Cluster
    namespace: str
    deployment: str = ""
    container: str = ""
    config_map: str = ""
    setting: str
    restart: tuple[str, ...] = ()
    prefix: str = ""
    rollout_within: Duration
    time_limit: Duration

    @property
    def place(self) -> str:
        """Its name."""
        return self.name

    @property
    def key(self) -> str:
        """The same for the same place."""
        return f"kubernetes:{self.cluster.key}:{self.namespace}/{self.object}:{self.container}:{self.setting}"

    @property
    def object(self) -> str:
        """The object that holds the setting, as `kubectl` names it."""
        return f"deployment/{self.deployment}" if self.deployment else f"configmap/{self.config_map}"

    @property
    def rolls(self) -> tuple[str, ...]:
        """The Deployments whose pods are replaced by a change."""
        return (self.deployment,) if self.deployment else self.restart

    @property
    def shares(self) -> frozenset[str]:
        """What a change of it touches beside the setting."""
        names = {self.object, *(f"deployment/{name}" for name in self.rolls)}
        return frozenset(f"kubernetes {self.cluster.key} {self.namespace}/{name}" for name in names)

    @property
    def reading(self) -> timedelta:
        """How long one look at it may take: the object, and whether we may change it and restart its readers."""
        return (4 + 3 * len(self.restart)) * self.time_limit

    @property
    def taking(self) -> timedelta:
        """How long changing it may take until it is taken up."""
        return (_REQUESTS + 2 * len(self.restart)) * self.time_limit + self.rollout_within

    @property
    def unnoticed(self) -> str:
        """The ConfigMap, where nobody is restarted for it."""
        return "" if self.rolls else self.object


class Kubernetes(Written):
    """A container's variable in a `deployment`, or a `key` of a `config_map` with the Deployments that `restart`."""

    kind: Literal["kubernetes"]
    name: str | None = Field(default=None, min_length=1, max_length=120)
    cluster: Cluster
    namespace: Label
    deployment: ObjectName | None = None
    container: Label | None = None
    variable: str | None = Field(default=None, pattern=VARIABLE)
    config_map: ObjectName | None = None
    key: MapKey | None = None
    restart: tuple[ObjectName, ...] = ()
    rollout_within: Duration = timedelta(minutes=15)
    time_limit: Duration = timedelta(seconds=10)
    prefix: str = Field(default="", max_length=60, pattern=PREFIX)
    inherits: bool = False
    workers: Workers | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.deployment is None) == (self.config_map is None):
            message = "name either `deployment` (its container's variable) or `config_map` (its key), one of the two"
            raise ValueError(message)
        here, there = ("deployment", "config_map") if self.deployment is not None else ("config_map", "deployment")
        foreign = {"deployment": ("container", "variable"), "config_map": ("key", "restart")}[there]
        for line in foreign:
            if getattr(self, line):
                raise WrongAtKey(line, f"goes with `{there}`, and this is a `{here}`")
        if len(set(self.restart)) != len(self.restart):
            raise WrongAtKey("restart", "names a Deployment twice")
        for line in ("rollout_within", "time_limit"):
            if getattr(self, line) <= timedelta():
                raise WrongAtKey(line, "must be longer than nothing")
        refuse_unfit(self.workers, by_tenant=False)
        return self

    @property
    def by_tenant(self) -> bool:
        """Whether it stands for one place a tenant."""
        return False

    def within(self, inside: Callable[[str], str]) -> Self:
        """The same with the paths of its cluster made absolute, by `inside`."""
        return self.model_copy(update={"cluster": self.cluster.within(inside)})

    def plans(self, name: str, *, variable: str | None, tenants: tuple[str, ...]) -> tuple[KubernetesPlan, ...]:
        """The one place it names; `variable` is the slot's."""
        del tenants
        setting = self.variable or self.key or variable or ""
        kept = f"deployment {self.deployment}" if self.deployment else f"ConfigMap {self.config_map}"
        where = f"{self.cluster.called}/{self.namespace}"
        return (
            KubernetesPlan(
                id=name,
                name=self.name or f"{setting} of {kept} in {where}",
                cluster=self.cluster,
                namespace=self.namespace,
                deployment=self.deployment or "",
                container=self.container or "",
                config_map=self.config_map or "",
                setting=setting,
                restart=self.restart,
                prefix=self.prefix,
                rollout_within=self.rollout_within,
                time_limit=self.time_limit,
                inherits=self.inherits,
                workers=workers_of(self.workers, ""),
            ),
        )
