"""Every kind of target together: what may stand under `targets`, and what it becomes in a plan.

A new kind is a file beside this one, its name in `Kind`, its two models in the two unions, and an adapter of
`bot.ports.Target` in `bot.app.targets`.
"""

from typing import Annotated, Final, Literal, get_args

from pydantic import BaseModel, Discriminator, Tag

from bot.runbook.models.targets.command import Command, CommandPlan
from bot.runbook.models.targets.env_file import EnvFile, EnvFilePlan
from bot.runbook.models.targets.http import Http, HttpPlan
from bot.runbook.models.targets.kubernetes import Kubernetes, KubernetesPlan

Kind = Literal["env_file", "command", "http", "kubernetes"]
"""What a target can be. Without a `kind` it is an env file, as it was when there was no other."""
KINDS: Final[tuple[str, ...]] = get_args(Kind)


def _kind_of(target: object) -> str | None:
    """The kind of a block as it is written or stored, or of a model; None for what is no block."""
    if isinstance(target, dict):
        return str(target.get("kind", "env_file"))
    return getattr(target, "kind", None) if isinstance(target, BaseModel) else None


TargetBlock = Annotated[
    Annotated[EnvFile, Tag("env_file")]
    | Annotated[Command, Tag("command")]
    | Annotated[Http, Tag("http")]
    | Annotated[Kubernetes, Tag("kubernetes")],
    Discriminator(_kind_of),
]
"""One entry of `targets`."""
TargetPlan = Annotated[
    Annotated[EnvFilePlan, Tag("env_file")]
    | Annotated[CommandPlan, Tag("command")]
    | Annotated[HttpPlan, Tag("http")]
    | Annotated[KubernetesPlan, Tag("kubernetes")],
    Discriminator(_kind_of),
]
"""A place where the setting lives, resolved."""
