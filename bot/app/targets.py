"""The adapter of every kind of target, as the environment wants them: one for each kind there is."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from bot.adapters.clock import SystemClock
from bot.adapters.http import Http
from bot.adapters.kubernetes.api import Api
from bot.adapters.target_command import CommandTarget
from bot.adapters.target_env_file import EnvFileTarget
from bot.adapters.target_http import HttpTarget
from bot.adapters.target_kubernetes import KubernetesTarget
from bot.app.outside import secrets_of
from bot.runbook.models.file import Runbook
from bot.settings import command_environment, engine_environment, secret

if TYPE_CHECKING:
    from bot.ports import Target

LARGEST_OBJECT = 4 * 1024 * 1024
"""Bytes of an API's answer that are read at most: an object that holds a setting is smaller."""


async def targets(runbook: Runbook | None, stack: AsyncExitStack) -> "Mapping[str, Target[Any]]":
    """By kind, what reads and changes the places of that kind; what they show never holds the runbook's key."""

    def secrets() -> tuple[str, ...]:
        return tuple(secrets_of(runbook))

    def held(variable: str) -> str | None:
        found = secret(variable)
        return None if found is None else found.get_secret_value()

    clock = SystemClock()
    http = await stack.enter_async_context(Http(largest=LARGEST_OBJECT, follow_redirects=False))
    api = await stack.enter_async_context(Api(secret=held, secrets=secrets))
    return {
        "env_file": EnvFileTarget(environment=command_environment(), secrets=secrets),
        "command": CommandTarget(environment=engine_environment, clock=clock, secrets=secrets),
        "http": HttpTarget(http, secret=held, clock=clock, secrets=secrets),
        "kubernetes": KubernetesTarget(api, clock=clock),
    }
