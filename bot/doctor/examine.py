"""All checks of an installation in the order a person mends them, given everything they look through."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor.catalog import check_catalog, check_credit
from bot.doctor.freezes import told_freezes
from bot.doctor.model import Finding, State, fails, not_checked, ok
from bot.doctor.outside import (
    Find,
    Judge,
    Prove,
    Unset,
    check_approvals,
    check_engine,
    check_health,
    check_model,
    check_numbers,
    check_series,
    check_traffic,
    plans_of,
    recent,
)
from bot.doctor.places import check_places, time_to_look
from bot.doctor.slack import (
    Scopes,
    check_app_token,
    check_bot_token,
    check_channels,
    check_groups,
    named_channels,
)
from bot.doctor.workers import check_workers
from bot.engine.models.shown import FreezeShown
from bot.masking import mask
from bot.ports import Account, Catalog, Clock, Health, MetricsSource, Numbers, OutsideError, Target
from bot.runbook.impossible import known_sizes
from bot.runbook.load import MISSING, Loaded
from bot.runbook.models.file import Runbook
from bot.runbook.problems import Problem, RunbookError

LIMIT_S = 60.0
"""Seconds one group of checks may take before it counts as not answering."""


@dataclass(frozen=True)
class Installation:
    """What is examined. None stands for what there is none of, or what could not be opened.

    `secrets_open` is the file of the secrets where others can read it, else empty.
    `freezes` are those in force, and those of the runbook that begin soon.
    `suite_problems` is what is wrong with the suites that the runbook names, with their places. `database` is how the
    database file was found.
    `token_problems` are the tokens' own (`Settings.slack_problems`); with any, Slack is not asked. `prove` is None
    without an API key. `judges` are those of the slots' suites. `candidate` is a second model to prove, beside the
    current and the rollback one.
    """

    runbook: Loaded | RunbookError
    suite_problems: Sequence[str]
    secrets_open: str
    token_problems: Sequence[str]
    bot: AsyncWebClient | None
    app: AsyncWebClient | None
    scopes: Scopes
    targets: Mapping[str, Target[Any]]
    metrics: MetricsSource | None
    health: Health | None
    prove: Prove | None
    clock: Clock
    find: Find
    unset: Unset
    judges: Sequence[Judge] = ()
    numbers: Numbers | None = None
    catalog: Catalog | None = None
    account: Account | None = None
    database: Finding | None = None
    freezes: Sequence[FreezeShown] = ()
    candidate: str | None = None


async def examine(installation: Installation) -> list[Finding]:
    """Every finding, in order. Never raises: a check that breaks is a finding."""
    loaded = installation.runbook
    if isinstance(loaded, RunbookError):
        wrong = [_wrong(problem) for problem in loaded.problems]
        wrong += (*_secrets(installation), *_database(installation))
        if not any(problem.line for problem in loaded.problems):
            return [*wrong, not_checked("everything else", "there is no runbook that says what to look at")]
        return [*wrong, *await _tokens(installation, None)]
    runbook = loaded.runbook
    slots = "1 slot" if len(runbook.slots) == 1 else f"{len(runbook.slots)} slots"
    found = ok("runbook", f"{loaded.path}: {slots}, digest {loaded.digest[:12]}")
    parts = await asyncio.gather(
        _slack(installation, runbook),
        _guarded("targets", _targets(installation, runbook), _time_for_places(runbook)),
        _guarded("metrics", _metrics(installation, runbook)),
        _guarded("checks", _numbers(installation, runbook)),
        _guarded("workers", _workers(installation, runbook)),
        _guarded("health", check_health(installation.health)),
        _guarded("models", _models(installation, runbook)),
        _guarded("catalog", _catalog(installation, runbook)),
    )
    own = (*_suites(installation), *_secrets(installation), *_database(installation))
    own += told_freezes(installation.freezes)
    return [found, *own, *(finding for part in parts for finding in part)]


async def examine_limits(installation: Installation) -> list[Finding]:
    """Only what can never pass: approvals nobody can give, traffic too thin for a watch. Never raises."""
    loaded = installation.runbook
    if isinstance(loaded, RunbookError):
        return [_wrong(problem) for problem in loaded.problems]
    parts = await asyncio.gather(
        _guarded("approvals", _approvals(installation, loaded.runbook)),
        _guarded("traffic", _traffic(installation, loaded.runbook)),
    )
    return [finding for part in parts for finding in part]


def _wrong(problem: Problem) -> Finding:
    missing = problem.what == MISSING and not problem.field
    todo = "write one with `rotate init`, or name yours with --runbook FILE" if missing else "correct the file"
    return fails("runbook", str(problem), todo)


def _database(installation: Installation) -> tuple[Finding, ...]:
    return (installation.database,) if installation.database is not None else ()


def _suites(installation: Installation) -> tuple[Finding, ...]:
    if not installation.suite_problems:
        return (ok("suites", "every suite can be used"),)
    return tuple(fails("suite", problem, "correct the file") for problem in installation.suite_problems)


def _secrets(installation: Installation) -> tuple[Finding, ...]:
    file = installation.secrets_open
    return (fails("secrets", f"others can read {file}", f"chmod 600 {file}"),) if file else ()


async def _guarded(check: str, work: Awaitable[Sequence[Finding]], longer: float = 0.0) -> Sequence[Finding]:
    limit = LIMIT_S + longer
    try:
        return await asyncio.wait_for(work, limit)
    except TimeoutError:
        return (fails(check, f"no answer within {limit:g} s", "see whether what it looks at is reachable"),)
    except OutsideError as error:
        return (fails(check, error.what, "see the message"),)
    except Exception as error:  # noqa: BLE001 - one broken check must not hide what the others found
        return (fails(check, mask(f"the check itself broke: {type(error).__name__}: {error}"), "please report this"),)


async def _tokens(installation: Installation, runbook: Runbook | None) -> tuple[Finding, ...]:
    if installation.token_problems or installation.bot is None or installation.app is None:
        wrong = tuple(fails("tokens", *_split(problem)) for problem in installation.token_problems)
        return wrong or (not_checked("tokens", "no Slack client"),)
    bot, app = await asyncio.gather(
        _guarded("bot token", check_bot_token(installation.bot, installation.scopes, runbook)),
        _guarded("app token", check_app_token(installation.app)),
    )
    return (*bot, *app)


def _split(problem: str) -> tuple[str, str]:
    what, _, todo = problem.partition(": ")
    return what, todo


async def _slack(installation: Installation, runbook: Runbook) -> tuple[Finding, ...]:
    """Each check by itself: one that Slack does not answer hides nothing of the others."""
    tokens = await _tokens(installation, runbook)
    if installation.token_problems or installation.bot is None or tokens[0].state is State.FAILS:
        rest = not_checked("channels and groups", "Slack cannot be asked until the tokens are right")
        return (*tokens, rest, *check_approvals(runbook, known_sizes(runbook)))
    channels = await _guarded("channels", check_channels(installation.bot, named_channels(runbook)))
    return (*tokens, *channels, *await _guarded("groups", _groups(installation.bot, runbook)))


async def _groups(bot: AsyncWebClient, runbook: Runbook) -> tuple[Finding, ...]:
    members = await check_groups(bot, runbook)
    return (*members.findings, *check_approvals(runbook, members.sizes))


async def _approvals(installation: Installation, runbook: Runbook) -> tuple[Finding, ...]:
    if installation.token_problems or installation.bot is None:
        return check_approvals(runbook, known_sizes(runbook))
    members = await check_groups(installation.bot, runbook)
    return check_approvals(runbook, members.sizes)


def _time_for_places(runbook: Runbook) -> float:
    return sum(time_to_look(plan).total_seconds() for plan in plans_of(runbook))


async def _targets(installation: Installation, runbook: Runbook) -> list[Finding]:
    found: list[Finding] = []
    for plan in plans_of(runbook):
        found += await check_places(installation.targets, plan, installation.find)
        if plan.engine is not None:
            found += check_engine(plan.slot, plan.engine, installation.find, installation.unset)
    return found


async def _metrics(installation: Installation, runbook: Runbook) -> tuple[Finding, ...]:
    if installation.metrics is None or runbook.metrics is None:
        return (not_checked("metrics", "the runbook names no metrics", "see `rotate runbook check`"),)
    seen = await recent(installation.metrics, installation.clock, runbook.metrics)
    series = check_series(runbook, seen)
    return series if seen.problem or not seen.series else (*series, *await _traffic(installation, runbook))


async def _numbers(installation: Installation, runbook: Runbook) -> list[Finding]:
    if installation.numbers is None:
        return []
    found = []
    for plan in plans_of(runbook):
        model = installation.candidate or plan.rollback_model or ""
        found += await check_numbers(plan, installation.numbers, model, installation.clock.now())
    return found


async def _workers(installation: Installation, runbook: Runbook) -> list[Finding]:
    if installation.numbers is None:
        return []
    found = []
    for plan in plans_of(runbook):
        model = installation.candidate or plan.rollback_model or ""
        found += await check_workers(plan, installation.numbers, model, installation.clock.now())
    return found


async def _traffic(installation: Installation, runbook: Runbook) -> tuple[Finding, ...]:
    if installation.metrics is None:
        return (not_checked("traffic", "the runbook names no metrics"),)
    return await check_traffic(runbook, installation.metrics, installation.clock.now())


async def _catalog(installation: Installation, runbook: Runbook) -> Sequence[Finding]:
    live = await _roles(installation, runbook)
    return await check_catalog(installation.catalog, runbook.catalog.file, live)


async def _roles(installation: Installation, runbook: Runbook) -> dict[str, str]:
    """The models that are live or to go back to, with what they are."""
    roles: dict[str, str] = {}
    for plan in plans_of(runbook):
        for target in (target for stage in reversed(plan.stages) for target in stage.targets):
            try:
                held = await installation.targets[target.kind].read(target)
            except OutsideError:
                continue  # said by the target's own check
            if held:
                roles.setdefault(held, "current")
        if plan.rollback_model:
            roles.setdefault(plan.rollback_model, "rollback")
    return roles


async def _models(installation: Installation, runbook: Runbook) -> list[Finding]:
    roles = await _roles(installation, runbook)
    if installation.candidate:
        roles.setdefault(installation.candidate, "new")
    judges = [await check_model(judge.prove, judge.key, judge.model, "judge's") for judge in installation.judges]
    key = runbook.provider.key_variable
    judges += await check_credit(installation.account)
    if not roles:
        return [not_checked("models", "no target holds a model yet, so there is none to ask"), *judges]
    found = [await check_model(installation.prove, key, model, role) for model, role in roles.items()] + judges
    if not installation.candidate:
        found.append(not_checked("new model", "none was named", "rotate doctor --candidate MODEL proves it too"))
    return found
