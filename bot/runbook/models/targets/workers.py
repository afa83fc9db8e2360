"""Who is asked, after a place was changed and its readers restarted, whether they are up and healthy.

Asked as checks of kind `health` are, and heard with the same suspicion: one bad word outweighs any number of good ones.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from bot.runbook.models.checks import CheckRules
from bot.runbook.models.durations import Duration
from bot.runbook.models.targets.address import Address, in_address
from bot.runbook.models.targets.templates import Argv, Pointer, filled_in, named_in, program_problem
from bot.runbook.models.written import Written, WrongAtKey

_SOURCES = ("http", "command", "query")


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Workers(Written):
    """The readers of a place: addresses that each answer for one, or a command or a query that answers for all.

    `within` is how long they may take to say, twice in a row, that they are well; `timeout` how long one asking may.
    """

    http: Annotated[tuple[Address, ...], BeforeValidator(_several)] = ()
    command: Argv = ()
    query: str | None = Field(default=None, min_length=1)
    pointer: Pointer | None = None
    within: Duration = timedelta(minutes=2)
    timeout: Duration = timedelta(seconds=10)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if sum(bool(getattr(self, source)) for source in _SOURCES) != 1:
            message = "name one of `http` (an address, or one for each worker), `command` and `query`"
            raise ValueError(message)
        if problem := program_problem(self.command):
            raise WrongAtKey("command", problem)
        if len(set(self.http)) != len(self.http):
            raise WrongAtKey("http", "names an address twice")
        if self.pointer is not None and self.query is not None:
            raise WrongAtKey("pointer", "says where to look in what is answered to `http` or `command`, not to a query")
        for line in ("within", "timeout"):
            if getattr(self, line) <= timedelta():
                raise WrongAtKey(line, "must be longer than nothing")
        return self

    @property
    def placeholders(self) -> set[str]:
        """What has to be filled in before anybody can be asked."""
        return named_in([*self.http, *self.command, self.query or ""])

    def of(self, tenant: str) -> Self:
        """The same for one tenant."""
        values = {"tenant": tenant}
        return self.model_copy(
            update={
                "http": tuple(in_address(address, values) for address in self.http),
                "command": tuple(filled_in(argument, values) for argument in self.command),
                "query": filled_in(self.query, values) if self.query is not None else None,
            }
        )

    def asked(self) -> Iterator[CheckRules]:
        """Each asking, as a check of kind `health`."""
        if self.query is not None:
            yield CheckRules(kind="health", query=self.query, timeout=self.timeout)
        elif self.command:
            yield CheckRules(kind="health", command=self.command, pointer=self.pointer, timeout=self.timeout)
        for address in self.http:
            yield CheckRules(kind="health", http=address, pointer=self.pointer, timeout=self.timeout)


def workers_of(workers: Workers | None, tenant: str) -> Workers | None:
    """The workers of one tenant's place, where any are named."""
    return None if workers is None else workers.of(tenant)


def refuse_unfit(workers: Workers | None, *, by_tenant: bool) -> None:
    """Raise WrongAtKey where something stands in what is asked that nobody can fill in."""
    foreign = set() if workers is None else workers.placeholders - ({"tenant"} if by_tenant else set())
    if foreign:
        raise WrongAtKey("workers", f"{{{min(foreign)}}} has no value here")
