"""Every runbook among the examples loads as it stands, with its suite, and its places are understood."""

from pathlib import Path

import pytest

from bot.monitor.queries import query_problems
from bot.runbook.load import load
from bot.runbook.models.plan import plan_for

FOLDER = Path(__file__).parents[2] / "bot" / "examples"
PLACES = {
    "minimal": ["env_file", "env_file", "env_file"],
    "platform": ["env_file", "command", "command", "command", "env_file", "env_file"],
    "gitops": ["command", "command"],
    "kubernetes": ["kubernetes", "kubernetes", "kubernetes", "kubernetes"],
    "litellm": ["http", "http"],
    "rest": ["http", "http", "http", "http", "http"],
}
"""By example: the kinds of its places, in the order they are changed."""


@pytest.mark.parametrize("name", PLACES)
def test_it_loads_and_its_places_are_of_these_kinds(name: str) -> None:
    runbook = load(FOLDER / f"{name}.yml").runbook
    assert query_problems(runbook) == []
    (slot,) = runbook.slots
    plan = plan_for(runbook, slot)
    assert [target.kind for stage in plan.stages for target in stage.targets] == PLACES[name]
    assert Path(plan.suite).is_file()


def test_none_is_left_out() -> None:
    runbooks = {file.stem for file in FOLDER.glob("*.yml") if "\nslots:" in file.read_text(encoding="utf-8")}
    assert runbooks == {*PLACES, "complete"}
