"""What a watch needs is what the watch itself then passes with."""

from datetime import timedelta
from random import Random

import pytest

from bot.monitor.arms import ALL
from bot.monitor.comparison import Comparison
from bot.monitor.power import Traffic, requests_needed, shortfalls
from bot.monitor.rates import compare_rates
from bot.monitor.sequential import Spending, level_of
from bot.monitor.tallies import Shape, Tally
from bot.runbook.models.file import Runbook
from bot.runbook.models.plan import plan_for
from tests.monitor.counting import arms


def passes(n: int, rate: float, margin: float, looks: int, draws: Random) -> bool:
    """Whether the errors check passes at its last look: the bake's own comparison on two equal models."""

    def one() -> list[dict[str, Tally]]:
        return [{ALL: Tally(sum(draws.random() < rate for _ in range(n)), n)}]

    found = compare_rates(Shape.PROPORTION, arms(one(), one(), [], []), 50)
    assert isinstance(found, Comparison)
    z = level_of(Spending.POCOCK, alpha=0.05, guardrails=3, look=looks, planned=looks).z
    return found.interval(z)[1] < margin


@pytest.mark.parametrize(("rate", "margin"), [(0.02, 0.03), (0.05, 0.05)])
def test_so_many_requests_pass_as_often_as_was_asked_for(rate: float, margin: float) -> None:
    draws = Random(11)
    n = requests_needed(margin, rate, 0.05, 24, guardrails=3, power=0.8)
    share = sum(passes(n, rate, margin, 24, draws) for _ in range(400)) / 400
    assert 0.72 <= share <= 0.88, (n, share)
    even = requests_needed(margin, rate, 0.05, 24, guardrails=3, power=0.5)
    assert 0.4 <= sum(passes(even, rate, margin, 24, draws) for _ in range(400)) / 400 <= 0.65


def test_it_grows_as_it_must() -> None:
    base = requests_needed(0.005, 0.005, 0.05, 24)
    assert requests_needed(0.0025, 0.005, 0.05, 24) > 2 * base
    assert requests_needed(0.005, 0.02, 0.05, 24) > base
    assert requests_needed(0.005, 0.005, 0.05, 24, guardrails=4) > base
    assert requests_needed(0.005, 0.005, 0.01, 24) > base
    assert requests_needed(0.005, 0.0, 0.05, 24) > 0
    with pytest.raises(ValueError, match="below nothing"):
        requests_needed(0, 0.005, 0.05, 24)


def runbook() -> Runbook:
    group = {"channel": "c", "people": ["U1"]}
    return Runbook.model_validate(
        {
            "channel": "c",
            "groups": {"ml": group, "sre": group, "finance": group},
            "provider": "openrouter",
            "metrics": {"prometheus": "http://p", "requests": "r", "errors": "e"},
            "slots": {
                "chat": {
                    "suite": "s",
                    "variable": "V",
                    "stages": {
                        "staging": {"env_file": "a", "traffic": "none"},
                        "pilots": {"env_file": "b"},
                        "global": {"env_file": "c"},
                    },
                }
            },
        }
    )


def test_a_thin_pilot_is_named_and_a_busy_global_is_not() -> None:
    plan = plan_for(runbook(), "chat")
    traffic = {"pilots": Traffic(120, 0.005), "global": Traffic(5000, 0.005)}
    (found,) = shortfalls(plan, traffic, guardrails=1)
    assert (found.stage, found.available, found.length) == ("pilots", 480, timedelta(hours=4))
    assert found.needed == requests_needed(0.005, 0.005, 0.05, 24)
    assert found.cannot_pass is True


def test_a_stage_without_any_traffic_cannot_pass_and_one_that_is_nearly_enough_might() -> None:
    plan = plan_for(runbook(), "chat")
    even = requests_needed(0.005, 0.005, 0.05, 24, power=0.5)
    found = shortfalls(plan, {"pilots": Traffic(even / 4 + 1, 0.005)}, guardrails=1)
    assert [(one.stage, one.cannot_pass) for one in found] == [("pilots", False), ("global", True)]
