"""An installation with everything the doctor looks through, opened for the time of one examination."""

import asyncio
import contextlib
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import AsyncExitStack
from pathlib import Path

from bot.adapters.addresses import is_loopback
from bot.adapters.clock import SystemClock
from bot.adapters.metrics_scrape import MemoryHistory
from bot.adapters.provider_openai import OpenAIProvider
from bot.app.database import examined_database, freezes_in
from bot.app.outside import account, catalog, health, metrics, numbers
from bot.app.scopes import manifest_scopes
from bot.app.targets import targets
from bot.difftest.smoke import prove_model
from bot.difftest.suite.load import load_suite, problems_in
from bot.difftest.suite.located import MalformedFile
from bot.difftest.suite.model import JudgeSettings
from bot.doctor.examine import Installation, examine, examine_limits
from bot.doctor.model import Finding
from bot.doctor.outside import Judge, Prove
from bot.engine.frozen import shown
from bot.engine.models.shown import FreezeShown
from bot.rotation.model.freezes import Freeze
from bot.runbook.load import Loaded, load
from bot.runbook.models.file import Runbook
from bot.runbook.problems import RunbookError
from bot.settings import ENV_FILE, engine_environment, key_trouble, load_settings, secret
from handlers.client import slack_client

PATIENCE_S = 5.0
"""The doctor says that Slack asks to wait rather than wait longer."""


async def examine_installation(
    runbook: Path,
    *,
    candidate: str | None = None,
    limits_only: bool = False,
    env_file: Path = ENV_FILE,
) -> list[Finding]:
    """What the doctor finds in this installation; with `limits_only` only what can never pass. Raises SettingsError."""
    settings = load_settings(env_file)
    loaded: Loaded | RunbookError
    try:
        loaded = load(runbook)
    except RunbookError as error:
        loaded = error
    rules = loaded.runbook if isinstance(loaded, Loaded) else None
    problems = settings.slack_problems()
    bot, app = settings.slack_bot_token.get_secret_value(), settings.slack_app_token.get_secret_value()
    async with AsyncExitStack() as stack:
        installation = Installation(
            runbook=loaded,
            suite_problems=await asyncio.to_thread(problems_in, _suites(rules)),
            secrets_open=_open_to_others(env_file),
            token_problems=problems,
            bot=None if problems else slack_client(bot, settings.slack_api_url, longest_wait_s=PATIENCE_S),
            app=None if problems else slack_client(app, settings.slack_api_url, longest_wait_s=PATIENCE_S),
            scopes=manifest_scopes(),
            targets=await targets(rules, stack),
            metrics=await metrics(rules, MemoryHistory(), stack) if rules is not None else None,
            numbers=await numbers(rules, stack) if rules is not None else None,
            catalog=await catalog(rules, stack) if rules is not None else None,
            account=await account(rules, stack) if rules is not None else None,
            health=await health(rules, stack) if rules is not None else None,
            prove=await _prover(rules.provider.url, rules.provider.key_variable, env_file, stack) if rules else None,
            database=await asyncio.to_thread(examined_database, settings.rotate_database),
            freezes=await asyncio.to_thread(_frozen, rules, settings.rotate_database) if rules is not None else (),
            judges=await _judges(rules, env_file, stack) if rules is not None and not limits_only else (),
            clock=SystemClock(),
            find=shutil.which,
            unset=lambda names: engine_environment(names, env_file)[1],
            candidate=candidate,
        )
        return await (examine_limits if limits_only else examine)(installation)


def _frozen(runbook: Runbook, database: Path) -> tuple[FreezeShown, ...]:
    now = SystemClock().now()
    found: list[Freeze] = []
    with contextlib.suppress(sqlite3.Error):  # said by the database's own check
        found = freezes_in(database, now)
    return shown(runbook, found, now)


def _open_to_others(file: Path) -> str:
    return str(file) if file.is_file() and file.stat().st_mode & 0o077 else ""


def _suites(runbook: Runbook | None) -> list[str]:
    return [slot.suite for slot in runbook.slots.values()] if runbook is not None else []


async def _prover(url: str, variable: str | None, env_file: Path, stack: AsyncExitStack) -> Prove | None:
    """Asks the models behind an address; None where the variable that holds its key is not set."""
    key = secret(variable, env_file) if variable is not None else None
    if key is None and variable is not None and not is_loopback(url):
        return None
    if key is not None and (trouble := key_trouble(key)):

        async def refuse(_model: str) -> str:
            return f"{variable} {trouble}"

        return refuse
    provider = OpenAIProvider(url, key.get_secret_value() if key is not None else None, timeout_s=30)
    await stack.enter_async_context(provider)

    async def prove(model: str) -> str:
        proof = await prove_model(provider, model)
        return "" if proof.alive else f"{proof.kind or 'error'}: {proof.message}".replace("_", " ")

    return prove


async def _judges(runbook: Runbook, env_file: Path, stack: AsyncExitStack) -> list[Judge]:
    """Each judge that a slot's suite has rubrics for."""
    own = runbook.provider
    found: dict[tuple[str, str, str | None], Judge] = {}
    for judge in await asyncio.to_thread(_asked_judges, _suites(runbook)):
        variable = judge.api_key_env or (own.key_variable if judge.base_url is None else None)
        place = judge.model, judge.base_url or own.url, variable
        if place not in found:
            prove = await _prover(judge.base_url or own.url, variable, env_file, stack)
            found[place] = Judge(judge.model, variable or "the judge's `api_key_env`", prove)
    return list(found.values())


def _asked_judges(suites: Iterable[str]) -> list[JudgeSettings]:
    found = []
    for suite in dict.fromkeys(suites):
        with contextlib.suppress(MalformedFile):  # said by the suite's own check
            loaded = load_suite(Path(suite))
            if loaded.judge is not None and any(case.rubrics for case in loaded.cases):
                found.append(loaded.judge)
    return found
