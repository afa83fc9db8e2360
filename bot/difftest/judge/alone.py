"""One answer put to the judge outside of a comparison: in a smoke run, among acceptance prompts."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.difftest.asking import Asker
from bot.difftest.judge.answer import Finding
from bot.difftest.judge.calls import ALONE, JudgeCalls, asked_again, finding_in, together
from bot.difftest.model.sample import Sample, SampleKey
from bot.difftest.suite.model import Suite


@dataclass(frozen=True, slots=True)
class JudgedAlone:
    """What came of it: the finding or why there is none, and the call to the judge."""

    finding: Finding | None
    problem: str
    call: Sample


async def judged_alone(suite: Suite, sample: Sample, asker: Asker) -> JudgedAlone:
    """Ask whether an answer meets its case's rubrics; once more where the reply cannot be used. Raises nothing."""
    calls = JudgeCalls(suite)
    key = SampleKey(sample.key.case, ALONE, sample.key.repeat)
    call = await asker.ask(key, calls.request(key, {sample.key: sample}))
    if asked_again(call, {sample.key: sample}):
        call = together(call, await asker.ask(key, calls.request(key, {sample.key: sample, key: call})))
    finding = finding_in(key, {sample.key: sample, key: call})
    said = call.error.message if call.error is not None else "its reply could not be used"
    return JudgedAlone(finding, "" if finding is not None else f"the judge {calls.settings.model}: {said}", call)


def first_problem(judged: Sequence[JudgedAlone]) -> str:
    """Why there is no finding, where one is missing."""
    return next((each.problem for each in judged if each.problem), "")
