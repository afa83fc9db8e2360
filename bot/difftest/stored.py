"""Stored answers read again: the words a report shows, and a model that is gone, as an earlier run heard it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from bot.difftest.findings import MOST_LOST
from bot.difftest.marking.mark import Marks, answer_shown, mark
from bot.difftest.model.report import Regression, Report
from bot.difftest.model.sample import EarlierRun, RunIdentity, Sample, SampleKey
from bot.difftest.ports import SampleStore
from bot.difftest.suite.model import Suite


@dataclass(frozen=True)
class StandIn:
    """The last stored answers of a current model that is gone, without their words, times and costs."""

    run: EarlierRun
    samples: Mapping[SampleKey, Sample]
    marks: Mapping[SampleKey, Marks]

    @classmethod
    async def find(cls, store: SampleStore, run: RunIdentity, suite: Suite) -> Self | None:
        """The newest earlier run that has answers to nearly all cases; None when there is none.

        Nearly all is what a verdict bears to lose (5 %). What was measured and billed then says nothing about now.
        """
        for earlier in await store.earlier(run):
            found = await cls._read(store, earlier, suite)
            answered = {key for key, sample in found.samples.items() if not (sample.lost or sample.gone)}
            if len(answered) >= (1 - MOST_LOST) * len(suite.cases) * suite.repeats:
                return found
        return None

    @classmethod
    async def _read(cls, store: SampleStore, run: EarlierRun, suite: Suite) -> Self:
        samples: dict[SampleKey, Sample] = {}
        marks: dict[SampleKey, Marks] = {}
        cases = suite.by_id
        async for sample in store.kept(run.id):
            key = SampleKey(sample.key.case, "current", sample.key.repeat)
            if sample.key.arm == run.arm and key.case in cases and key.repeat < suite.repeats:
                marks[key] = mark(cases[key.case], sample)
                samples[key] = replace(
                    sample.without_words(), key=key, latency_s=None, ttft_s=None, cost_usd=None, cost_source="unknown"
                )
        return cls(run, samples, marks)

    def instead_of(self, samples: Mapping[SampleKey, Sample]) -> dict[SampleKey, Sample]:
        """The samples with these in place of the current model's."""
        return {**{key: sample for key, sample in samples.items() if key.arm != "current"}, **self.samples}


async def with_answers(report: Report, store: SampleStore, stand_in: StandIn | None) -> Report:
    """The report with the answers of the cases it shows: judged without words in memory; none of a private suite."""
    if report.private:
        return report
    shown = [*report.worst_regressions, *report.best_gains, *report.outputs]
    keys = {SampleKey(one.case, arm, one.repeat) for one in shown for arm in ("current", "candidate")}
    answers = {sample.key: answer_shown(sample) for sample in await store.load(report.run_id, keys)}
    if stand_in is not None:
        wanted = [SampleKey(one.case, stand_in.run.arm, one.repeat) for one in shown]
        for sample in await store.load(stand_in.run.id, wanted):
            answers[SampleKey(sample.key.case, "current", sample.key.repeat)] = answer_shown(sample)

    def told(one: Regression) -> Regression:
        words = {
            f"{arm}_answer": answers[key]
            for arm in ("current", "candidate")
            if (key := SampleKey(one.case, arm, one.repeat)) in answers
        }
        return one.model_copy(update=words)

    if report.mode == "candidate_alone":
        answers = {key: answer for key, answer in answers.items() if key.arm == "candidate"}
    return report.model_copy(
        update={
            "worst_regressions": tuple(map(told, report.worst_regressions)),
            "best_gains": tuple(map(told, report.best_gains)),
            "outputs": tuple(told(one).model_copy(update={"current_answer": ""}) for one in report.outputs),
        }
    )
