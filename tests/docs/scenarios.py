"""The table in docs/scenarios.md: what each scenario of the player shows, with whom, and how it must end.

Stories and ends that say nothing of themselves in the code (one function makes several) are told here.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from bot.demo.scenarios import CURRENT, SCENARIOS

PAGE: Final = "docs/scenarios.md"
BLOCK: Final = "scenarios"

_TOLD: Final = {
    "quality": ("A candidate that gives worse answers is compared.", "The comparison fails, ML is told."),
    "tools": ("A candidate that calls tools wrongly is compared.", "The comparison fails, ML is told."),
    "slow": (
        "A candidate that is fast until it has load goes to the pilots.",
        "It passes the comparison, fails on latency there, is rolled back, and SRE is paged.",
    ),
    "costly": (
        "A candidate that is dear for production's long prompts goes to the pilots.",
        "It passes the comparison, fails on cost there, is rolled back, and Finance is paged.",
    ),
    "not-an-approver": (
        "Somebody in no group, the requester and a guest press Approve.",
        "Three true answers, and nothing happened.",
    ),
    "double-click": (
        "An approver's click reaches the bot twice, and then they press once more.",
        "One approval, one change, and a true answer to what came after it.",
    ),
}


def render() -> str:
    """One row a scenario."""
    rows = ["| scenario | new model | what happens | how it must end |", "|---|---|---|---|"]
    for name, scenario in SCENARIOS.items():
        story, end = _TOLD.get(name, (_says(scenario.story), _says(scenario.check)))
        rows.append(f"| `{name}` | `{scenario.candidate}` | {story} | {end} |")
    return "\n".join([f"The old model is `{CURRENT}`.", "", *rows])


def _says(function: Callable[..., Any]) -> str:
    return " ".join((function.__doc__ or "").split())


def problems() -> Iterator[str]:
    """Each scenario that is not told, and each that is told and does not exist."""
    for name, scenario in SCENARIOS.items():
        if name not in _TOLD and not (scenario.story.__doc__ and scenario.check.__doc__):
            yield f"{__name__}: say what the scenario {name} shows"
    for name in _TOLD.keys() - SCENARIOS.keys():
        yield f"{__name__}: there is no scenario {name}"
