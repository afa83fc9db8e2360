"""What the figures tell a reader beside the verdict. Pure: findings in, sentences out."""

from collections.abc import Iterator

from bot.difftest.looks import Schedule
from bot.difftest.model.report import CostReport, Dimensions, DimensionVerdict, ToolMetric
from bot.difftest.model.sample import ARMS
from bot.difftest.sentences import change, figures, money

_TOLD_FROM = 0.05
"""Bills and list prices that lie closer together than this are not spoken of."""

METRICS: dict[ToolMetric, str] = {
    "valid": "calls that meet their tool's schema",
    "tool": "the right tool",
    "arguments": "the right arguments",
    "count": "the right number of calls",
    "abstention": "no call where none is wanted",
    "recovery": "going on after a tool's error",
}


def figure_notes(found: Dimensions, schedule: Schedule) -> tuple[str, ...]:
    """A side of tools that got worse, bills that differ from the list, and declared looks."""
    return (*_tools(found), *_costs(found.cost), *_looks(schedule))


def _tools(found: Dimensions) -> Iterator[str]:
    """A side of tool behaviour that got worse while tools as a whole did not."""
    if found.tools.verdict is DimensionVerdict.FAIL:
        return
    for metric, dimension in found.tools.metrics.items():
        if dimension.verdict is DimensionVerdict.FAIL:
            yield f"One side of tools got worse: {figures('tools', dimension).replace('tools', METRICS[metric], 1)}."


def _costs(cost: CostReport) -> Iterator[str]:
    if cost.billed_usd is None or cost.estimated_usd is None:
        return
    for arm in ARMS:
        billed, listed = getattr(cost.billed_usd, arm), getattr(cost.estimated_usd, arm)
        if billed is not None and listed and abs(billed / listed - 1) > _TOLD_FROM:
            yield (
                f"The {arm} model's answers were billed at {money(billed)} each, {change(billed / listed - 1)} against"
                f" {money(listed)} by the list of prices."
            )


def _looks(schedule: Schedule) -> Iterator[str]:
    if schedule.last > 1:
        cases = ", ".join(f"{number:,}" for number in schedule.cases)
        yield f"The suite declares {schedule.last} looks, after {cases} cases: the intervals are widened for that."
