"""The kind `env_file`: one variable of a dotenv file, and those that go with it."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from bot.runbook.models.durations import Duration
from bot.runbook.models.targets.bundle import Companions, goes_with, whole_companions
from bot.runbook.models.targets.place import Place, restart_of
from bot.runbook.models.targets.workers import Workers, refuse_unfit, workers_of
from bot.runbook.models.written import Grown, Written, WrongAtKey

VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"


class EnvFilePlan(Place):
    """One variable of a dotenv file. `also`: variables written together with it, each with what goes with which model.

    Such a value is found by the model's id, or by the longest beginning that ends in `*`; None means unset.
    """

    NEWER: ClassVar[tuple[str, ...]] = ("inherits", "also", "workers")

    kind: Literal["env_file"] = "env_file"
    path: str
    variable: str
    restart: tuple[str, ...] = ()
    restart_timeout: Duration
    also: Companions = Field(default_factory=dict)

    @property
    def place(self) -> str:
        """The variable and its file."""
        return f"{self.variable} in {self.path}"

    @property
    def key(self) -> str:
        """The same for the same place."""
        return f"{self.path}:{self.variable}"

    @property
    def shares(self) -> frozenset[str]:
        """What a change of it touches beside the setting."""
        return frozenset({f"file {self.path}"}) | restart_of(self.restart)

    @property
    def taking(self) -> timedelta:
        """How long changing it may take until it is taken up."""
        return self.restart_timeout

    @property
    def programs(self) -> tuple[tuple[str, str], ...]:
        """What it starts on this machine."""
        return (("restart", self.restart[0]),) if self.restart else ()

    @property
    def unnoticed(self) -> str:
        """The file, where nothing is restarted."""
        return "" if self.restart else self.path

    def bundle(self, model: str | None) -> Mapping[str, str | None]:
        """What every variable holds where the setting is `model` (None: unset). Raises KeyError, which names one."""
        return {self.variable: model, **goes_with(self.also, model)}


class EnvFile(Grown, Written):
    """One variable of a dotenv file, and the command that makes its readers take it up."""

    NEWER: ClassVar[tuple[str, ...]] = ("kind", "also", "inherits", "workers")

    kind: Literal["env_file"] = "env_file"
    env_file: str = Field(min_length=1)
    variable: str | None = Field(default=None, pattern=VARIABLE)
    restart: tuple[str, ...] = ()
    restart_timeout: Duration = timedelta(minutes=2)
    also: Companions = Field(default_factory=dict)
    inherits: bool = False
    workers: Workers | None = None

    @model_validator(mode="after")
    def _whole_bundle(self) -> Self:
        if problem := whole_companions(self.also, self.variable):
            raise WrongAtKey("also", problem)
        refuse_unfit(self.workers, by_tenant=False)
        return self

    @property
    def by_tenant(self) -> bool:
        """Whether it stands for one place a tenant."""
        return False

    def within(self, inside: Callable[[str], str]) -> Self:
        """The same with its paths made absolute, by `inside`."""
        return self.model_copy(update={"env_file": inside(self.env_file)})

    def plans(self, name: str, *, variable: str | None, tenants: tuple[str, ...]) -> tuple[EnvFilePlan, ...]:
        """The one place it names; `variable` is the slot's."""
        del tenants
        return (
            EnvFilePlan(
                id=name,
                path=self.env_file,
                variable=self.variable or variable or "",
                restart=self.restart,
                restart_timeout=self.restart_timeout,
                also=self.also,
                inherits=self.inherits,
                workers=workers_of(self.workers, ""),
            ),
        )
