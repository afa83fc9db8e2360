"""Everything outside that the engine works with, in one bundle built by the composition root."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from bot.difftest.ports import ChatProvider, SampleStore
from bot.difftest.ports import Clock as Pace
from bot.ports import Account, Catalog, Clock, Directory, Health, Messenger, MetricsSource, Numbers, Store, Target
from bot.runbook.models.external import EngineRun, External
from bot.runbook.models.file import Runbook


@dataclass(frozen=True)
class Rules:
    """The runbook as loaded: what was written, its digest, and whether writes are only pretended."""

    runbook: Runbook
    digest: str
    dry_run: bool = False


Endpoint = Callable[[str | None, str | None], AbstractAsyncContextManager[ChatProvider]]
"""A base URL (None: the runbook's) and the variable that holds its key -> a provider there.

Raises CouldNotRun where that variable is not set.
"""


OwnEngine = Callable[[External, EngineRun], AbstractAsyncContextManager[ChatProvider]]
"""An engine of the operator's own and what it is told -> a provider that runs it."""


@dataclass(frozen=True)
class Outside:
    """The ports. `targets` maps a target's kind to its adapter; None where the runbook names no source.

    `endpoint` opens another chat provider than the runbook's: that of a suite's judge; `own_engine` one that runs a
    command of the operator's. `arithmetic` is held by whatever works out a thousand tenants in a thread: one window's
    answers or one look at a time, so that little is in memory and an ack waits for one thread to let go, not for many.
    `native_charts`: the workspace draws charts itself; where it does not take one it gets a picture as any other.
    """

    store: Store
    samples: SampleStore
    messenger: Messenger
    directory: Directory
    targets: Mapping[str, Target[Any]]
    provider: ChatProvider
    clock: Clock
    pace: Pace
    metrics: MetricsSource | None = None
    numbers: Numbers | None = None
    health: Health | None = None
    catalog: Catalog | None = None
    account: Account | None = None
    endpoint: Endpoint | None = None
    own_engine: OwnEngine | None = None
    native_charts: bool = False
    arithmetic: asyncio.Lock = field(default_factory=asyncio.Lock)
