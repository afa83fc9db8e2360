"""Every case's outcome from a run's marks. Pure."""

from collections.abc import Iterator
from statistics import fmean

from bot.difftest.examples import reasons_shown
from bot.difftest.losses import why_lost
from bot.difftest.model.cases import CaseOutcome
from bot.difftest.model.sample import Sample
from bot.difftest.outcomes import JUDGED, Judged, Outcomes
from bot.difftest.suite.model import Case


def case_outcomes(outcomes: Outcomes, *, alone: bool) -> Iterator[CaseOutcome]:
    """Each case in each dimension that it exercises, in the suite's order; `alone`: there is no current model."""
    pairs: dict[str, list[tuple[Sample | None, Sample]]] = {}
    for key, candidate in sorted(outcomes.samples.items(), key=lambda entry: entry[0].repeat):
        current = outcomes.samples.get(key._replace(arm="current"))
        if key.arm == "candidate" and (alone or current is not None):
            pairs.setdefault(key.case, []).append((None if alone else current, candidate))
    for dimension in JUDGED:
        for case in outcomes.exercised(dimension):
            yield _outcome(outcomes, dimension, case, pairs.get(case.id, []))


def _outcome(
    outcomes: Outcomes, dimension: Judged, case: Case, pairs: list[tuple[Sample | None, Sample]]
) -> CaseOutcome:
    def passed(sample: Sample | None) -> float | None:
        return None if sample is None else outcomes.passed(dimension, sample)

    both = [(old, new) for old, new in pairs if passed(new) is not None and (old is None or passed(old) is not None)]
    before = [mark for old, _ in both if (mark := passed(old)) is not None]
    after = [mark for _, new in both if (mark := passed(new)) is not None]
    times = [new.latency_s for _, new in both if new.latency_s is not None]
    why = _why(outcomes, dimension, [new for _, new in both]) or _why(
        outcomes, dimension, [old for old, _ in both if old is not None]
    )
    if not both:
        olds, news = [old for old, _ in pairs if old is not None], [new for _, new in pairs]
        missing = [[sample for sample in side if outcomes.missing(sample)] for side in (olds, news)]
        why = why_lost(*missing, private=outcomes.suite.private)
    return CaseOutcome(
        case=case.id,
        dimension=dimension,
        current=fmean(before) if before else None,
        candidate=fmean(after) if after else None,
        why=why,
        tags=case.tags,
        latency_s=fmean(times) if times else None,
    )


def _why(outcomes: Outcomes, dimension: Judged, samples: list[Sample]) -> str:
    """What stood against these answers, each reason once; of a private suite which assertion, and no word of it."""
    marks = [getattr(outcomes.marks[sample.key], dimension) for sample in samples]
    reasons = [reason for mark in marks if mark is not None for reason in mark.why]
    return reasons_shown(reasons, private=outcomes.suite.private)
