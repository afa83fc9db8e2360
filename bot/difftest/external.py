"""A comparison by an engine of the operator's own: which suites it takes, and what stands where nothing is judged."""

from typing import Final

from bot.difftest.examples import prompt_shown
from bot.difftest.findings import Terms, not_tested
from bot.difftest.marking.mark import answer_shown
from bot.difftest.model.report import (
    CostReport,
    DimensionReport,
    Dimensions,
    Figures,
    LatencyReport,
    Regression,
    Report,
    ToolsReport,
)
from bot.difftest.outcomes import Outcomes
from bot.difftest.suite.model import DIMENSIONS, Registry, Suite
from bot.runbook.models.external import EngineRun, External

RETRIES: Final = 0
"""A run that failed is not repeated by itself: its tools may really have run."""
MOST_OUTPUTS: Final = 5
UNMAPPED: Final = "nothing says where in the engine's output the answers stand, so a person reads it and decides"
WARNING: Final = (
    "Each case runs a command of your own: unlike in a comparison by the provider, its tools may really run, and what"
    " that costs or changes is not known here"
)
"""What people are told before it starts."""


def engine_run(suite: Suite, current: str, candidate: str) -> EngineRun:
    """What a comparison on a suite tells the command."""
    registry = suite.registry or Registry(id="default")
    return EngineRun(current, candidate, registry.id, registry.version)


def judged_nothing(report: Report) -> bool:
    """Whether a report is of a run whose outputs nobody has mapped to answers."""
    return all(dimension.reason == UNMAPPED for _, dimension in report.dimensions.items())


def unfit_for(engine: External, suite: Suite) -> tuple[str, ...]:
    """What keeps a suite from being run by the engine, a sentence each; nothing where it can be."""
    scripted = [case.id for case in suite.cases if case.results]
    rubrics = [case.id for case in suite.cases if case.rubrics] if engine.raw else []
    found = []
    if scripted:
        found.append(
            f"case {scripted[0]} scripts tool results, which an engine of your own cannot be given: it runs its own"
            " tools"
        )
    if rubrics:
        found.append(
            f"case {rubrics[0]} has a rubric, but the engine's `answers` are not mapped: a judge would read"
            " the same output twice"
        )
    return tuple(found)


def untested(outcomes: Outcomes, terms: Terms) -> Dimensions:
    """The dimensions of a run whose outputs nobody has mapped to answers."""
    found: dict[str, DimensionReport] = {
        name: not_tested(terms.rules(name, outcomes.suite), UNMAPPED) for name in DIMENSIONS
    }
    none = Figures(current=None, candidate=None)
    return Dimensions(
        quality=found["quality"],
        tools=ToolsReport.model_validate(found["tools"].model_dump()),
        latency=LatencyReport(**found["latency"].model_dump(), p50_s=none, p95_s=none, ttft_p50_s=none),
        cost=CostReport.model_validate(found["cost"].model_dump()),
    )


def first_outputs(outcomes: Outcomes) -> tuple[Regression, ...]:
    """What the engine printed for the first cases; none of a private suite. Its words are filled in from the store."""
    if outcomes.suite.private:
        return ()
    return tuple(
        Regression(
            case=case.id,
            dimension="quality",
            why="judged by nobody",
            current_answer="",
            candidate_answer=answer_shown(candidate),
            tags=case.tags,
            repeat=repeat,
            prompt=prompt_shown(case),
        )
        for case, repeat, _, candidate in outcomes.pairs()
        if repeat == 0 and not outcomes.missing(candidate)
    )[:MOST_OUTPUTS]
