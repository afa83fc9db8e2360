"""An installation to examine: the sandbox's Slack, real env files, and fakes for what else is outside."""

import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.target_env_file import EnvFileTarget
from bot.doctor.examine import Installation
from bot.doctor.slack import Scopes
from bot.monitor.model import HealthReport, NumberRead, Observation, Series
from bot.runbook.load import load
from bot.runbook.models.checks import CheckRules
from bot.sandbox.client import Control
from bot.sandbox.provider.server import Provider
from bot.sandbox.world import World

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)


@dataclass
class StandingClock:
    """Moves only when somebody sleeps on it."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def series(stage: str, per_hour: float, **more: float | None) -> Series:
    figures: dict[str, Any] = {"latency": {"+Inf": per_hour}, "latency_sum_s": per_hour, "cost_usd": 1.0, **more}
    return Series(stage=stage, model="old/m", requests=per_hour, errors=per_hour * 0.005, **figures)


@dataclass
class CountedMetrics:
    """A platform that serves so many requests an hour at each stage, whenever it is asked."""

    rates: dict[str, float] = field(default_factory=lambda: {"pilots": 50_000.0, "global": 90_000.0})
    problem: str = ""
    without: tuple[str, ...] = ()
    asked: list[timedelta] = field(default_factory=list)

    async def observe(self, start: datetime, end: datetime) -> Observation:
        self.asked.append(end - start)
        if self.problem:
            return Observation(start=start, end=end, problem=self.problem, detail="http://p is not there")
        hours = (end - start) / timedelta(hours=1)
        seen = tuple(series(stage, rate * hours, **dict.fromkeys(self.without)) for stage, rate in self.rates.items())
        return Observation(start=start, end=end, series=seen)


@dataclass
class Bill:
    """A number or a word of the operator's own, read as it was told to be."""

    said: NumberRead = field(default_factory=NumberRead)
    heard: HealthReport | None = None

    async def word(self, rules: CheckRules, start: datetime, end: datetime, *, stage: str, model: str) -> HealthReport:
        assert (rules.kind, start < end, stage, model) == ("health", True, stage, "new/m")
        assert stage in {"staging", "pilots", "global"}
        assert self.heard is not None
        return self.heard

    async def read(self, rules: CheckRules, start: datetime, end: datetime, *, stage: str, model: str) -> NumberRead:
        assert (rules.kind, start < end, stage, model) == ("value", True, "global", "new/m")
        return self.said


@dataclass
class SaidHealth:
    """Says what it was told to say."""

    healthy: bool = True
    detail: str = ""

    async def check(self) -> HealthReport:
        return HealthReport(at=NOW, healthy=self.healthy, detail=self.detail)


@dataclass
class Answering:
    """Models that answer, and why others do not."""

    dead: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def __call__(self, model: str) -> str:
        self.asked.append(model)
        return self.dead.get(model, "")


@pytest.fixture
async def world() -> AsyncIterator[tuple[World, Control]]:
    started = World(provider=Provider())
    await started.start()
    async with Control(started.facts()["control_url"]) as control:
        yield started, control
    await started.stop()


@pytest.fixture
def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(ROOT / "manifest.yml")
    return loaded


@pytest.fixture
def runbook_file(tmp_path: Path) -> Path:
    text = (ROOT / "bot" / "examples" / "minimal.yml").read_text()
    for stage in ("staging", "pilots", "global"):
        (tmp_path / f"{stage}.env").write_text("A=1\nCRUVERO_OPENROUTER_MODEL=old/m\n")
    text = text.replace("/etc/app/", "").replace("people: [U024BE7LH]", "group: finance-ops")
    file = tmp_path / "runbook.yml"
    file.write_text(text.replace("systemctl, restart", "env, restart"))
    shutil.copy(ROOT / "bot" / "examples" / "chat.suite.yml", tmp_path)
    return file


@pytest.fixture
def installation(
    world: tuple[World, Control], runbook_file: Path, manifest: dict[str, Any]
) -> Callable[..., Installation]:
    """`installation(metrics=…)`: a good installation but for what is given; the runbook is read at the call."""
    facts = world[0].facts()

    def make(**changes: Any) -> Installation:  # noqa: ANN401 - any field
        good = Installation(
            suite_problems=(),
            secrets_open="",
            runbook=load(runbook_file),
            token_problems=(),
            bot=AsyncWebClient(token=facts["bot_token"], base_url=facts["api_url"]),
            app=AsyncWebClient(token=facts["app_token"], base_url=facts["api_url"]),
            scopes=Scopes.of(manifest),
            targets={"env_file": EnvFileTarget(environment={})},
            metrics=CountedMetrics(),
            health=SaidHealth(),
            prove=Answering(),
            clock=StandingClock(),
            find=shutil.which,
            unset=lambda _names: (),
            candidate="new/m",
        )
        return replace(good, **changes)

    return make
