"""The samples of a run as a table of marks: who passed what, which pairs were lost, what was worst. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from bot.difftest.marking.mark import Marks, answer_shown, mark
from bot.difftest.model.report import ArmErrors, Regression
from bot.difftest.model.sample import ARMS, Arm, Sample, SampleKey
from bot.difftest.suite.model import Case, Suite

Judged = Literal["quality", "tools"]
JUDGED: tuple[Judged, Judged] = ("quality", "tools")
SHOWN_REGRESSIONS = 5


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
        """Every sample's marks."""
        cases = self.suite.by_id
        return {key: self.marked.get(key) or mark(cases[key.case], one) for key, one in self.samples.items()}

    def pairs(self) -> Iterator[tuple[Case, int, Sample, Sample]]:
        """Case, repeat, current's and candidate's sample, wherever both were asked for and came to an end."""
        for case in self.suite.cases:
            for repeat in range(self.suite.repeats):
                current = self.samples.get(SampleKey(case.id, "current", repeat))
                candidate = self.samples.get(SampleKey(case.id, "candidate", repeat))
                if current is not None and candidate is not None:
                    yield case, repeat, current, candidate

    def of(self, arm: Arm) -> list[Sample]:
        """One side's samples, in the suite's order."""
        keys = (SampleKey(case.id, arm, n) for case in self.suite.cases for n in range(self.suite.repeats))
        return [self.samples[key] for key in keys if key in self.samples]

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

    def exercised(self, dimension: Judged) -> list[Case]:
        """The cases that say something about the dimension."""
        return [case for case in self.suite.cases if (case.about_text if dimension == "quality" else case.about_tools)]

    def errors(self) -> dict[str, ArmErrors]:
        """What went wrong, for each side."""
        return {arm: _errors(self.of(arm)) for arm in ARMS}

    def regressions(self) -> tuple[Regression, ...]:
        """The cases the current model passes and the candidate does not: those failing in more dimensions first."""
        found: list[tuple[int, Regression]] = []
        for case, _, current, candidate in self.pairs():
            before, after = self.marks[current.key], self.marks[candidate.key]
            worse = [
                (name, new)
                for name in JUDGED
                if (old := getattr(before, name)) is not None
                and old.passed
                and (new := getattr(after, name)) is not None
                and not new.passed
            ]
            if worse:
                why = "; ".join(reason for _, new in worse for reason in new.why)
                found.append((len(worse), _regression(case, worse[0][0], why, answer_shown(current), candidate)))
        return _worst(found)

    def failures_alone(self) -> tuple[Regression, ...]:
        """The cases the candidate fails, where there is no current model to compare with."""
        found: list[tuple[int, Regression]] = []
        for sample in self.of("candidate"):
            failed = [(n, m) for n in JUDGED if (m := getattr(self.marks[sample.key], n)) is not None and not m.passed]
            if failed:
                why = "; ".join(reason for _, new in failed for reason in new.why)
                case = self.suite.by_id[sample.key.case]
                found.append((len(failed), _regression(case, failed[0][0], why, "", sample)))
        return _worst(found)


def _worst(found: list[tuple[int, Regression]]) -> tuple[Regression, ...]:
    ordered = sorted(found, key=lambda entry: -entry[0])
    cases: dict[str, Regression] = {}
    for _, regression in ordered:
        cases.setdefault(regression.case, regression)
    return tuple(cases.values())[:SHOWN_REGRESSIONS]


def _regression(case: Case, dimension: Judged, why: str, current_answer: str, candidate: Sample) -> Regression:
    return Regression(
        case=case.id,
        dimension=dimension,
        why=why,
        current_answer=current_answer,
        candidate_answer=answer_shown(candidate),
        tags=case.tags,
        repeat=candidate.key.repeat,
    )


def _errors(samples: Iterable[Sample]) -> ArmErrors:
    wrong = [sample for sample in samples if sample.error is not None]
    kinds = Counter(sample.error.kind.value for sample in wrong if sample.error is not None)
    lost = sum(sample.lost for sample in wrong)
    return ArmErrors(lost=lost, failed=len(wrong) - lost, kinds=dict(sorted(kinds.items())))
