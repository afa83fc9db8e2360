"""The kind `command`: a platform's own program reads and writes the setting, such as `tenant get` and `tenant update`.

What is written here says how the program is started and read; starting it is an adapter's work.
"""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from bot.runbook.models.durations import Duration
from bot.runbook.models.targets.place import Place, restart_of
from bot.runbook.models.targets.templates import (
    PREFIX,
    Argv,
    Pointer,
    Tenant,
    VariableName,
    filled_in,
    named_in,
    program_problem,
)
from bot.runbook.models.targets.workers import Workers, refuse_unfit, workers_of
from bot.runbook.models.written import Written, WrongAtKey

COMMANDS = ("read", "write", "unset", "check", "restart", "confirm", "allowed")
"""The lines that hold a program and its arguments."""
PROVIDES: Mapping[str, frozenset[str]] = {
    "write": frozenset({"value", "expected", "tenant"}),
    "unset": frozenset({"expected", "tenant"}),
}
"""What can be filled in where; in the others it is the tenant."""


class CommandPlan(Place):
    """A setting that a program reads and writes, the tenant filled in. `directory` is where it runs.

    `pointer` says where the value stands in the JSON it prints, None that its output is the value; an empty one, null
    or nothing there is unset, and so is the status `unset_status`. `confirm` prints the value that is in effect.
    """

    kind: Literal["command"] = "command"
    name: str
    of: str = ""
    read: tuple[str, ...]
    write: tuple[str, ...]
    unset: tuple[str, ...] = ()
    check: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()
    confirm: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    prefix: str = ""
    pointer: str | None = None
    confirm_pointer: str | None = None
    allowed_pointer: str | None = None
    unset_status: int | None = None
    directory: str
    environment: tuple[str, ...] = ()
    time_limit: Duration
    restart_timeout: Duration
    confirm_within: Duration

    @property
    def place(self) -> str:
        """Its name."""
        return self.name

    @property
    def key(self) -> str:
        """The same for the same place."""
        return f"command:{json.dumps([self.directory, *self.read])}:{self.pointer or ''}"

    @property
    def shares(self) -> frozenset[str]:
        """What a change of it touches beside the setting."""
        return frozenset({self.key}) | restart_of(self.restart)

    @property
    def tenant(self) -> str:
        """Whose it is."""
        return self.of

    @property
    def reading(self) -> timedelta:
        """How long one look at it may take."""
        return self.time_limit

    @property
    def taking(self) -> timedelta:
        """How long changing it may take until it is taken up."""
        # The setting is read before it is written and after it, and once more where that failed.
        return 4 * self.time_limit + self.restart_timeout + self.confirm_within

    @property
    def unguarded(self) -> tuple[str, ...]:
        """The programs that are not told what they should find, and so cannot compare for themselves."""
        named = (("write", self.write), ("unset", self.unset))
        return tuple(line for line, argv in named if argv and "expected" not in named_in(argv))

    @property
    def programs(self) -> tuple[tuple[str, str], ...]:
        """What it starts on this machine."""
        named = ((line, getattr(self, line)) for line in COMMANDS)
        return tuple((line, _seen_from(self.directory, argv[0])) for line, argv in named if argv)


class Command(Written):
    """A setting that a program of the platform reads and writes; never by a shell."""

    kind: Literal["command"]
    name: str | None = Field(default=None, min_length=1, max_length=120)
    read: Argv = Field(min_length=1)
    write: Argv = Field(min_length=1)
    unset: Argv = ()
    check: Argv = ()
    restart: Argv = ()
    confirm: Argv = ()
    allowed: Argv = ()
    pointer: Pointer | None = None
    confirm_pointer: Pointer | None = None
    allowed_pointer: Pointer | None = None
    unset_status: int | None = Field(default=None, ge=1, le=255)
    directory: str | None = Field(default=None, min_length=1)
    environment: tuple[VariableName, ...] = ()
    time_limit: Duration = timedelta(seconds=30)
    restart_timeout: Duration = timedelta(minutes=2)
    confirm_within: Duration = timedelta(minutes=2)
    tenants: tuple[Tenant, ...] = ()
    prefix: str = Field(default="", max_length=60, pattern=PREFIX)
    inherits: bool = False
    workers: Workers | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for line in COMMANDS:
            argv = getattr(self, line)
            if problem := program_problem(argv):
                raise WrongAtKey(line, problem)
            foreign = named_in(argv) - PROVIDES.get(line, frozenset({"tenant"}))
            if foreign:
                raise WrongAtKey(line, f"{{{min(foreign)}}} has no value here")
        if "value" not in named_in(self.write):
            raise WrongAtKey("write", "no argument has {value}, so the program would not hear what to set")
        if self.tenants and "tenant" not in named_in(self.read):
            raise WrongAtKey("read", "no argument has {tenant}, so every tenant would be read as the same place")
        if self.by_tenant and "tenant" not in named_in(self.write):
            raise WrongAtKey("write", "no argument has {tenant}, though `read` asks for one")
        if self.confirm_pointer is not None and not self.confirm:
            raise WrongAtKey("confirm_pointer", "says where to look, and no `confirm` prints anything")
        for line in ("time_limit", "restart_timeout", "confirm_within"):
            if getattr(self, line) <= timedelta():
                raise WrongAtKey(line, "must be longer than nothing")
        refuse_unfit(self.workers, by_tenant=self.by_tenant)
        return self

    @property
    def by_tenant(self) -> bool:
        """Whether it stands for one place a tenant."""
        return "tenant" in named_in(self.read)

    def within(self, inside: Callable[[str], str]) -> Self:
        """The same with its paths made absolute; it runs in `directory`, else in the runbook's own folder."""
        return self.model_copy(update={"directory": inside(self.directory or ".")})

    def plans(self, name: str, *, variable: str | None, tenants: tuple[str, ...]) -> tuple[CommandPlan, ...]:
        """The place it names, or one for each of its tenants (else the stage's)."""
        del variable
        if not self.by_tenant:
            return (self._plan(name, ""),)
        return tuple(self._plan(f"{name}.{tenant}", tenant) for tenant in self.tenants or tenants)

    def _plan(self, name: str, tenant: str) -> CommandPlan:
        def said(argv: Argv) -> tuple[str, ...]:
            return tuple(_with_tenant(argument, tenant) for argument in argv)

        called = self.name or " ".join(self.read[:3])
        return CommandPlan(
            id=name,
            name=f"{tenant}: {called}" if tenant else called,
            of=tenant,
            read=said(self.read),
            write=said(self.write),
            unset=said(self.unset),
            check=said(self.check),
            restart=said(self.restart),
            confirm=said(self.confirm),
            allowed=said(self.allowed),
            pointer=self.pointer,
            confirm_pointer=self.confirm_pointer,
            allowed_pointer=self.allowed_pointer,
            unset_status=self.unset_status,
            directory=self.directory or ".",
            environment=self.environment,
            time_limit=self.time_limit,
            restart_timeout=self.restart_timeout,
            confirm_within=self.confirm_within,
            prefix=self.prefix,
            inherits=self.inherits,
            workers=workers_of(self.workers, tenant),
        )


def _with_tenant(argument: str, tenant: str) -> str:
    """The tenant filled in and everything else left for later: no tenant's name has a brace in it."""
    return filled_in(argument, {"tenant": tenant, "value": "{value}", "expected": "{expected}"})


def _seen_from(directory: str, program: str) -> str:
    """A program with a slash is looked for from the folder it runs in, another one on PATH."""
    return f"{directory}/{program}" if "/" in program and not program.startswith("/") else program
