"""The example with every line: it loads as it stands, nothing is lost by what it leaves out, and that is nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML

from bot.monitor.queries import query_problems
from bot.monitor.watched import measured, watched
from bot.monitor.words import own_words
from bot.runbook.about import ABOUT
from bot.runbook.check import omissions
from bot.runbook.load import load
from bot.runbook.models.checks import CheckRules
from bot.runbook.models.plan import plan_for
from bot.runbook.models.sources import Metrics
from bot.runbook.models.targets.cluster import Cluster
from bot.runbook.models.targets.http import Auth

FILE = Path(__file__).parents[2] / "bot" / "examples" / "complete.yml"
INSTEAD: dict[type[BaseModel], set[str]] = {
    Metrics: {"scrape", "scrape_every", "latency_quantile"},
    Auth: {"file"},
    Cluster: {"server", "ca_file", "token_env", "token_file"},
}
"""Lines that stand instead of others that are written."""


def lines(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from lines(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from lines(inner)


def test_it_loads_as_it_stands_and_loses_nothing() -> None:
    runbook = load(FILE).runbook
    assert query_problems(runbook) == []
    assert omissions(runbook) == ()


@pytest.mark.parametrize("model", list(ABOUT), ids=lambda model: model.__name__)
def test_every_line_there_is_stands_in_it(model: type[BaseModel]) -> None:
    written = set(lines(YAML(typ="safe").load(FILE)))
    assert set(ABOUT[model]) - written - INSTEAD.get(model, set()) == set()


def test_each_of_its_checks_is_watched() -> None:
    runbook = load(FILE).runbook
    plan = plan_for(runbook, "chat").model_copy(update={"checks": runbook.checks})
    every = {one.check.name: one.check for one in watched(plan.checks, plan.metrics)}
    assert measured(plan.metrics, plan.checks) == set(every)
    assert {every[name].role for name in every} == {"guardrail", "signal", "report"}
    kinds = {rules.kind for rules in runbook.checks.by_name.values()}
    assert kinds == {None, "ratio", "mean", "latency", "value", "health", "attribution"}
    assert [one.name for one in own_words(runbook.checks)] == ["gateway", "replicas", "fallbacks", "served"]
    assert isinstance(runbook.checks.by_name["queue"], CheckRules)
