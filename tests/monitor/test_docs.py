"""docs/monitoring.md names what the code can say."""

from pathlib import Path

import pytest

from bot.monitor.arms import Design
from bot.monitor.reasons import Reason
from bot.monitor.sequential import MOST_PLANNED, Spending
from bot.monitor.watched import shipped
from bot.runbook.models.limits import Checks

PAGE = (Path(__file__).parents[2] / "docs" / "monitoring.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", [*Reason, *Design])
def test_every_reason_and_design_has_its_row(code: str) -> None:
    assert f"\n| `{code}` |" in PAGE


@pytest.mark.parametrize("check", [one.check.name for one in shipped(Checks(), None)] + ["attribution", "health"])
def test_every_check_has_its_row(check: str) -> None:
    assert f"\n| `{check}` |" in PAGE


def test_the_figures_are_those_of_the_code() -> None:
    shipped_ones = PAGE.partition("## Which requests are compared")[0]
    rows = {row.split("`")[1]: row for row in shipped_ones.splitlines() if row.startswith("| `")}
    defaults = Checks()
    assert f"{100 * defaults.errors_margin:g} points" in rows["errors"]
    assert f"{100 * defaults.errors_backstop.limit:g} % on 2 of 3" in rows["errors"]
    assert f"{100 * defaults.latency_margin:g} %" in rows["latency"]
    assert f"{defaults.latency_backstop_s.limit:g} s" in rows["latency"]
    assert f"{100 * defaults.cost_margin:g} %" in rows["cost"]
    assert f"{100 * defaults.tools_margin:g} points" in rows["tools"]
    assert f"{100 * defaults.other_model_share:g} %" in rows["attribution"]
    assert f"more than {MOST_PLANNED} are planned" in PAGE
    assert all(f"`{spending}`" in PAGE for spending in Spending)
