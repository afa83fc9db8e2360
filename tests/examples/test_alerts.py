"""The shipped alert rules, judged by Prometheus' own promtool: they load, fire when they must, and only then."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from ruamel.yaml import YAML

HERE = Path(__file__).parent
RULES = HERE.parents[1] / "bot" / "examples" / "deploy" / "alerts.yml"
TESTS = HERE / "alerts.test.yml"


@pytest.fixture
def promtool(require_program: Callable[..., Path]) -> Callable[..., subprocess.CompletedProcess[str]]:
    program = require_program("promtool", "prometheus")

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)

    return run


def test_the_rules_load(promtool: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = promtool("check", "rules", RULES)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_fires_when_it_must_and_only_then(
    promtool: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = promtool("test", "rules", TESTS)
    assert done.returncode == 0, done.stdout + done.stderr


SABOTAGE = {
    "one that is never absent": ("absent(rotate_build_info)", "absent(rotate_build_info) > 1"),
    "one that is absent at once": ("for: 5m", "for: 0m"),
    "one that waits for many intervals": ("> 2 * rotate_look_every", "> 999 * rotate_look_every"),
    "one that waits for two intervals of an hour": ("or rotate_look_overdue_seconds > 600", ""),
    "one that calls every late look overdue": ("rotate_look_overdue_seconds > 600", "rotate_look_overdue_seconds > 0"),
    "one that never sees an effect that is stuck": ("> 900", "> 90000"),
    "one that takes a comparison for stuck": ('{lane!~"comparison|chart"}', ""),
    "one that does not see what cannot be read": ("rotate_read_success == 0", "rotate_read_success == 2"),
}


@pytest.mark.parametrize("sabotaged", SABOTAGE)
def test_a_rule_that_is_wrong_is_noticed(
    sabotaged: str, promtool: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    right, wrong = SABOTAGE[sabotaged]
    text = RULES.read_text(encoding="utf-8")
    assert right in text
    (tmp_path / "alerts.yml").write_text(text.replace(right, wrong), encoding="utf-8")
    (tmp_path / "test.yml").write_text(
        TESTS.read_text(encoding="utf-8").replace("../../bot/examples/deploy/alerts.yml", "alerts.yml"),
        encoding="utf-8",
    )
    assert promtool("check", "rules", tmp_path / "alerts.yml").returncode == 0
    assert promtool("test", "rules", tmp_path / "test.yml").returncode == 1


def test_each_alert_says_what_it_means_whose_it_is_and_what_to_do() -> None:
    groups = YAML(typ="safe", pure=True).load(RULES.read_text(encoding="utf-8"))["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert {"RotateAbsent", "RotateLookOverdue", "RotateEffectsStuck"} <= {rule["alert"] for rule in rules}
    for rule in rules:
        assert rule["labels"]["owner"] == "sre"
        assert rule["annotations"]["summary"].startswith("Action needed, ")
        assert "For SRE: " in rule["annotations"]["description"]
