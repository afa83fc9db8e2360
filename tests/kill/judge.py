"""What must hold of a run whose bot was killed, and what of it does not. Pure, but for reading the run's database."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.demo.scenarios import CURRENT, Scenario
from tests.kill.world import Run

REPEAT = "may be a repeat"


def problems(run: Run, scenario: Scenario, values: Mapping[str, Sequence[str]]) -> list[str]:
    """Everything that is not as it must be."""
    return [*_problems(run, scenario, values)]


def _problems(run: Run, scenario: Scenario, values: Mapping[str, Sequence[str]]) -> Iterator[str]:
    if run.failure:
        yield run.failure
    yield from scenario.check(run.end)
    if run.end.chain:
        yield f"the ledger: {run.end.chain}"
    seen = changes(run.journal)
    for stage, wanted in values.items():
        if seen.get(stage, [CURRENT]) != list(wanted):
            yield f"{stage} went through {seen.get(stage)}, not {list(wanted)}"
    yield from _repeats(run)
    yield from _calls(run)


def changes(journal: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """What each stage's file held, one entry a rewrite, from the model it began with."""
    seen: dict[str, list[str]] = {}
    for entry in journal:
        if entry["kind"] == "file":
            seen.setdefault(entry["stage"], [CURRENT]).append(entry["value"])
    return seen


def _repeats(run: Run) -> Iterator[str]:
    """A message comes once more for each death in its posting, and then says so."""
    marked = [text for text in run.posts if REPEAT in text]
    for text, count in Counter(marked).items():
        if count > max(1, run.lost):
            yield f"repeated {count} times: {text[:300]}"
    new = len(run.posts) - len(marked)
    if new > run.owed + run.under_way:
        yield f"{new} messages were posted as new where {run.owed} were owed"
    if len(run.posts) < run.owed:
        yield f"{len(run.posts)} messages were posted where {run.owed} were owed"


def _calls(run: Run) -> Iterator[str]:
    """The report counts the calls that were cut off, and every other one once."""
    if run.report is not None and (run.report["repeated_calls"], run.report["calls"]) != run.cut_off_and_ended:
        yield f"the report says {run.report['repeated_calls']}, {run.report['calls']}, not {run.cut_off_and_ended}"
