"""What the plan of every kind of target has in common: a name, where it is, what it shares with others."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from bot.runbook.models.targets.workers import Workers
from bot.runbook.models.written import Grown, Resolved


def restart_of(argv: Sequence[str]) -> frozenset[str]:
    """What two targets share that are restarted by the same command; nothing where there is none."""
    return frozenset({f"restart {json.dumps(list(argv))}"}) if argv else frozenset()


class Place(Grown, Resolved):
    """One place where the setting lives. `id` is unique within the slot, e.g. `pilots`, `pilots.2`, `pilots.2.acme`.

    `inherits`: where nothing is set, another place's setting applies, so that unset disagrees with nothing. `workers`
    are its readers, which are asked after a change whether they are well.
    """

    NEWER: ClassVar[tuple[str, ...]] = ("inherits", "workers")

    id: str
    inherits: bool = False
    workers: Workers | None = None

    @property
    def place(self) -> str:
        """Where it is, as a person would say it; holds no secret."""
        raise NotImplementedError

    @property
    def key(self) -> str:
        """The same for the same place, however often and in whatever slot it is named."""
        raise NotImplementedError

    @property
    def shares(self) -> frozenset[str]:
        """What a change of it touches beside the setting: slots that have one of these in common are neighbours."""
        raise NotImplementedError

    @property
    def tenant(self) -> str:
        """Whose setting it is; empty where it is everybody's."""
        return ""

    @property
    def taking(self) -> timedelta:
        """How long writing, restarting, and being taken up may take, each to its own limit."""
        raise NotImplementedError

    @property
    def patience(self) -> timedelta:
        """How long changing it may take: until it is taken up, and its workers have said that they are well."""
        workers = self.workers
        # Who is asked at the last moment may take their time to answer, and is asked once more.
        return self.taking + (workers.within + 2 * workers.timeout if workers is not None else timedelta())

    @property
    def reading(self) -> timedelta:
        """How long one look at it may take, beyond what a file does."""
        return timedelta()

    @property
    def programs(self) -> tuple[tuple[str, str], ...]:
        """The programs it needs on this machine: what each is for, and the program."""
        return ()

    @property
    def unguarded(self) -> tuple[str, ...]:
        """The lines by which an edit that is made right between our look and our write would be overwritten."""
        return ()

    @property
    def unnoticed(self) -> str:
        """What the readers would not notice a change of, unless they look by themselves; empty where they are told."""
        return ""
