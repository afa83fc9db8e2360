"""Tool behaviour in parts: which metrics a case exercises, and which of them a sample meets. Pure.

An expectation feeds the metrics that `bot.difftest.marking.tools` says; where several feed the same one, all must hold.
`valid` is of every case that wants a call, `recovery` of every case with a scripted error.
"""

from typing import Final

from bot.difftest.marking.tools import tool_feeds
from bot.difftest.model.chat import ToolCall
from bot.difftest.model.report import ToolMetric
from bot.difftest.model.sample import Sample
from bot.difftest.suite.model import Case
from bot.difftest.suite.scripted import answers

_CALLS: Final[frozenset[ToolMetric]] = frozenset(("tool", "arguments", "count"))
"""The metrics of cases that want a call."""


def exercised(case: Case) -> frozenset[ToolMetric]:
    """The metrics a case says something about, whatever is answered to it."""
    found: frozenset[ToolMetric] = frozenset(_fed(case, ()))
    if found & _CALLS:
        found |= {"valid"}
    if any(result.error is not None for result in case.results):
        found |= {"recovery"}
    return found


def metrics(case: Case, sample: Sample, *, invalid: bool, holds: bool) -> dict[ToolMetric, bool]:
    """The metrics of an answered sample: `invalid` of its calls, `holds` all that the case expects.

    A sample that was never given an error had nothing to recover from, and has no `recovery`.
    """
    found = _fed(case, sample.tool_calls)
    if _CALLS & found.keys():
        found["valid"] = not invalid
    if _met_an_error(case, sample):
        found["recovery"] = holds
    return found


def _fed(case: Case, calls: tuple[ToolCall, ...]) -> dict[ToolMetric, bool]:
    found: dict[ToolMetric, bool] = {}
    for entry in case.about_tools:
        for metric, held in tool_feeds(entry.type, entry.value, calls, case.offered).items():
            found[metric] = found.get(metric, True) and held
    return found


def _met_an_error(case: Case, sample: Sample) -> bool:
    """Whether a tool answered the model with an error: the calls of all its turns but the last have been answered."""
    answered = [call for calls in _turns(sample)[:-1] for call in calls]
    return any(result is not None and result.error is not None for result in answers(case.results, answered))


def _turns(sample: Sample) -> list[tuple[ToolCall, ...]]:
    """The calls of each turn of a conversation; none where the sample has no turns."""
    return [tuple(turn.tool_calls) for turn in getattr(sample, "turns", None) or ()]
