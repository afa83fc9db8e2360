"""The samples of a run as a table of marks: who passed what, and which pairs were lost. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from bot.difftest.judge.tally import Judgements
from bot.difftest.losses import losses
from bot.difftest.marking.mark import Mark, Marks, mark
from bot.difftest.model.report import ArmErrors
from bot.difftest.model.sample import ARMS, Arm, Sample, SampleKey
from bot.difftest.suite.model import Case, Suite

Judged = Literal["quality", "tools"]
JUDGED: tuple[Judged, Judged] = ("quality", "tools")


@dataclass(frozen=True)
class Outcomes:
    """A suite's cases with the samples there are, each judged once; those that are `marked` were judged before.

    A sample that is marked may be without its words.
    """

    suite: Suite
    samples: Mapping[SampleKey, Sample]
    marked: Mapping[SampleKey, Marks] = field(default_factory=dict)

    @cached_property
    def marks(self) -> dict[SampleKey, Marks]:
        """The marks of every answer; the rubrics' part of quality is the judge's."""
        answers = {key: one for key, one in self.samples.items() if key.arm in ARMS}
        found = {key: self.marked.get(key) or mark(self.cases[key.case], one) for key, one in answers.items()}
        rubrics = self.judgements.marks
        return found | {
            key: _with_rubrics(found[key], rubrics[key])
            for key in rubrics.keys() & found.keys()
            if not answers[key].lost
        }

    @cached_property
    def judgements(self) -> Judgements:
        """What the judge said, where the suite has rubrics."""
        return Judgements(self.suite, self.samples, self.current_gone)

    @cached_property
    def cases(self) -> dict[str, Case]:
        """The suite's cases by their ids."""
        return self.suite.by_id

    def pairs(self) -> Iterator[tuple[Case, int, Sample, Sample]]:
        """Case, repeat, current's and candidate's sample, wherever both were asked for and came to an end."""
        for case, repeat, current, candidate in self._places:
            if current is not None and candidate is not None:
                yield case, repeat, current, candidate

    @cached_property
    def _places(self) -> list[tuple[Case, int, Sample | None, Sample | None]]:
        """Every place of the suite, with the samples that are there."""
        get = self.samples.get
        return [
            (case, n, get(SampleKey(case.id, "current", n)), get(SampleKey(case.id, "candidate", n)))
            for case in self.suite.cases
            for n in range(self.suite.repeats)
        ]

    def of(self, arm: Arm) -> list[Sample]:
        """One side's samples, in the suite's order."""
        found = ((current if arm == "current" else candidate) for _, _, current, candidate in self._places)
        return [sample for sample in found if sample is not None]

    @property
    def current_gone(self) -> bool:
        """Whether the provider has no such current model any more: it said so, and no answer says otherwise."""
        current = self.of("current")
        return any(sample.gone for sample in current) and all(sample.gone or sample.lost for sample in current)

    def missing(self, sample: Sample) -> bool:
        """Whether the sample says nothing: lost, or of a current model that was taken away during the run."""
        return sample.lost or (sample.key.arm == "current" and sample.gone)

    def passed(self, dimension: Judged, sample: Sample) -> float | None:
        """1 or 0 for a sample that was judged, None for one that is missing."""
        if self.missing(sample):
            return None
        judged = getattr(self.marks[sample.key], dimension)
        return None if judged is None else float(judged.passed)

    def all_passed(self, sample: Sample) -> bool:
        """Whether an answer passes all that its case is about."""
        marks = [self.passed(dimension, sample) for dimension in JUDGED]
        return 0.0 not in marks and 1.0 in marks

    def exercised(self, dimension: Judged) -> list[Case]:
        """The cases that say something about the dimension."""
        return [
            case for case in self.suite.cases if (case.about_quality if dimension == "quality" else case.about_tools)
        ]

    def errors(self) -> dict[str, ArmErrors]:
        """What went wrong, for each side."""
        return {arm: _errors(self.of(arm), private=self.suite.private) for arm in ARMS}


def _with_rubrics(marks: Marks, rubric: Mark | None) -> Marks:
    """The marks with the judge's word. An answer that failed already fails; else an unjudged one says nothing."""
    quality = marks.quality or Mark()
    if rubric is None:
        return marks if not quality.passed else replace(marks, quality=None)
    return replace(marks, quality=Mark(tuple(dict.fromkeys(quality.why + rubric.why))))


def _errors(samples: Sequence[Sample], *, private: bool) -> ArmErrors:
    wrong = [sample for sample in samples if sample.error is not None]
    lost = [sample for sample in wrong if sample.lost]
    return ArmErrors(
        lost=len(lost),
        failed=len(wrong) - len(lost),
        kinds=kinds_of(wrong),
        losses=losses(lost, private=private),
        # Between two attempts there is always a wait, and it is kept where the words of a sample are not.
        retried=sum(sample.answered and sample.waited_s > 0 for sample in samples),
    )


def kinds_of(samples: Iterable[Sample]) -> dict[str, int]:
    """How many samples ended in an error of each kind."""
    kinds = Counter(sample.error.kind.value for sample in samples if sample.error is not None)
    return dict(sorted(kinds.items()))
