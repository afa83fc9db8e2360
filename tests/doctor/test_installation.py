"""The doctor of a whole installation, opened as by `rotate doctor`: the sandbox's Slack and provider, real files."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.app.examination import examine_installation
from bot.doctor.model import Finding, State
from bot.sandbox.client import Control
from bot.sandbox.world import World

Given = tuple[World, Control]
JUDGE = "vega/arbiter-1"


def of(findings: list[Finding], check: str) -> Finding:
    (found,) = [finding for finding in findings if finding.check == check]
    return found


def installed(runbook: Path, facts: dict[str, Any], judge: dict[str, object], *more: str) -> Path:
    """The runbook with the sandbox's provider, a suite whose rubric this judge judges, and `.env`; answers the last."""
    provider = f"provider: {{name: sandbox, base_url: {facts['provider_url']}, api_key_env: KEY}}"
    text = runbook.read_text().replace("provider: openrouter", provider)
    assert provider in text
    runbook.write_text(text)
    for stage in ("staging", "pilots", "global"):
        (runbook.parent / f"{stage}.env").write_text("CRUVERO_OPENROUTER_MODEL=acme/sable-4\n")
    case = {"id": "a", "messages": [{"role": "user", "content": "?"}]}
    suite = {"judge": judge, "cases": [{**case, "assert": [{"type": "llm-rubric", "value": "is kind"}]}]}
    (runbook.parent / "chat.suite.yml").write_text(json.dumps(suite))
    env = runbook.parent / ".env"
    tokens = {"SLACK_BOT_TOKEN": "bot_token", "SLACK_APP_TOKEN": "app_token", "SLACK_API_URL": "api_url"}
    tokens |= {"KEY": "provider_key"}
    env.write_text("\n".join([*(f"{name}={facts[fact]}" for name, fact in tokens.items()), *more, ""]))
    env.chmod(0o600)
    return env


@pytest.mark.parametrize(
    ("judge", "env", "state", "what"),
    [
        ({"model": JUDGE}, [], State.OK, "the judge's model answers"),
        ({"model": "vega/nobody"}, [], State.FAILS, "the judge's model does not answer"),
        (
            {"model": JUDGE, "base_url": "https://judge.invalid/v1", "api_key_env": "JUDGE_KEY"},
            [],
            State.FAILS,
            "JUDGE_KEY is not set",
        ),
        (
            {"model": JUDGE, "base_url": "https://judge.invalid/v1", "api_key_env": "JUDGE_KEY"},
            ["JUDGE_KEY=wrong key"],
            State.FAILS,
            "the judge's model does not answer: JUDGE_KEY ",
        ),
    ],
)
async def test_the_judge_of_a_suite_is_asked_for_a_word(
    world: Given, runbook_file: Path, judge: dict[str, object], env: list[str], state: State, what: str
) -> None:
    file = installed(runbook_file, world[0].facts(), judge, *env)
    findings = await examine_installation(runbook_file, env_file=file)
    found = of(findings, f"model {judge['model']}")
    assert (found.state, found.what[: len(what)]) == (state, what)
    assert of(findings, "bot token").state is State.OK
    assert of(findings, "model acme/sable-4").what == "the current model answers"
    assert of(findings, "database").state is State.OK


async def test_a_judge_nobody_needs_is_not_asked(world: Given, runbook_file: Path) -> None:
    file = installed(runbook_file, world[0].facts(), {"model": "vega/nobody"})
    suite = runbook_file.parent / "chat.suite.yml"
    suite.write_text(suite.read_text().replace("llm-rubric", "contains"))
    findings = await examine_installation(runbook_file, env_file=file)
    assert [finding for finding in findings if "vega" in finding.check] == []
