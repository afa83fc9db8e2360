"""What a judge's replies come to: for each pair win, loss, tie or unjudged, and the marks of both answers. Pure.

A win or a loss needs both orders to agree, everything else that was judged is a tie (Zheng et al. 2023, arXiv
2306.05685). A pair with an order that gave no usable reply is unjudged: missing, and never a zero.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from bot.difftest.judge.answer import Choice, Finding, Slot
from bot.difftest.judge.calls import ALONE, BOTH_ORDERS, CONTROLS, Samples, choice_in, finding_in
from bot.difftest.judge.probing import Probe
from bot.difftest.judge.prompt import same_answer
from bot.difftest.marking.mark import Mark
from bot.difftest.model.sample import ARMS, Arm, Sample, SampleKey
from bot.difftest.suite.model import Case, Suite

Favours = Arm | Literal["tie"]
Outcome = Literal["win", "loss", "tie"]

_SLOTS: Mapping[str, tuple[Arm, Arm]] = {
    "judge_current_first": ("current", "candidate"),
    "judge_candidate_first": ("candidate", "current"),
}


def _lean(slot: Slot) -> int:
    """Towards the answer in the first place, or away from it."""
    return {"first": 1, "tie": 0, "second": -1}[slot]


def favoured(arm: str, choice: Choice) -> Favours:
    """Whom a choice is for, by the order in which the answers were shown."""
    if choice.better == "tie":
        return "tie"
    return _SLOTS[arm][0 if choice.better == "first" else 1]


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """Two answers to a case with rubrics, both there, and what was said of them in each order; None is no judgement."""

    current: Sample
    candidate: Sample
    choices: tuple[Choice | None, Choice | None]
    identical: bool = False

    @property
    def favours(self) -> tuple[Favours, ...]:
        """Whom each order is for, as far as there is a judgement."""
        said = zip(BOTH_ORDERS, self.choices, strict=True)
        return tuple(favoured(arm, choice) for arm, choice in said if choice is not None)

    @property
    def asked(self) -> bool:
        """Whether there are two judgements to compare."""
        return len(self.favours) == len(BOTH_ORDERS)

    @property
    def flipped(self) -> bool:
        """Whether the two orders disagree."""
        return len(set(self.favours)) > 1

    @property
    def same_place(self) -> bool:
        """Whether both orders took the answer in the same place, whichever stood there."""
        return self.flipped and "tie" not in self.favours

    @property
    def outcome(self) -> Outcome | None:
        """What the pair comes to, from the candidate's side; None for one that is unjudged."""
        if self.identical:
            return "tie"
        if not self.asked:
            return None
        agreed = set(self.favours)
        return "win" if agreed == {"candidate"} else "loss" if agreed == {"current"} else "tie"


@dataclass(frozen=True)
class Judgements:
    """All that was judged of a run. `alone`: the current model is gone, and the candidate is judged by itself."""

    suite: Suite
    samples: Samples
    alone: bool

    @cached_property
    def pairs(self) -> tuple[JudgedPair, ...]:
        """The pairs of answers that needed a judgement; none where the candidate is judged alone."""
        return () if self.alone else tuple(pair for _, _, pair in self._pairs() if pair is not None)

    @cached_property
    def findings(self) -> dict[SampleKey, Finding | None]:
        """What was found of each of the candidate's answers, where it is judged alone; None is no judgement."""
        if not self.alone:
            return {}
        candidates = (key._replace(arm="candidate") for _, key, _ in self._pairs())
        return {
            key: finding_in(key._replace(arm=ALONE), self.samples)
            for key in candidates
            if key in self.samples and self.samples[key].answered
        }

    @cached_property
    def probe(self) -> Probe:
        """What the control pairs come to; they are in no other figure."""
        asked = sorted({(key.case, key.repeat) for key in self.samples if key.arm in CONTROLS})
        orders = [[choice_in(SampleKey(case, arm, n), self.samples) for arm in CONTROLS] for case, n in asked]
        taken = [(first.better, last.better) for first, last in orders if first is not None and last is not None]
        # The planted side stands first in the first order, last in the other.
        lean = [_lean(first) - _lean(last) for first, last in taken]
        return Probe(len(taken), sum(each > 0 for each in lean), sum(each < 0 for each in lean))

    def _pairs(self) -> Iterator[tuple[Case, SampleKey, JudgedPair | None]]:
        for case in self.suite.cases:
            if case.rubrics:
                for repeat in range(self.suite.repeats):
                    key = SampleKey(case.id, "current", repeat)
                    yield case, key, self._pair(key)

    def _pair(self, key: SampleKey) -> JudgedPair | None:
        current, candidate = (self.samples.get(key._replace(arm=arm)) for arm in ARMS)
        if current is None or candidate is None or not (current.answered and candidate.answered):
            return None
        first, second = (choice_in(key._replace(arm=arm), self.samples) for arm in BOTH_ORDERS)
        return JudgedPair(current, candidate, (first, second), identical=same_answer(current, candidate))

    @property
    def unjudged(self) -> int:
        """How many pairs (alone: answers) needed a judgement and have none."""
        if self.alone:
            return sum(finding is None for finding in self.findings.values())
        return sum(pair.outcome is None for pair in self.pairs)

    @property
    def needed(self) -> int:
        """How many pairs (alone: answers) needed a judgement."""
        return len(self.findings) if self.alone else len(self.pairs)

    @cached_property
    def marks(self) -> dict[SampleKey, Mark | None]:
        """The rubrics' mark of every answer they are about; None for an unjudged one.

        An answer whose other side failed by its own fault meets them: there is nothing to compare it with.
        """
        if self.alone:
            return {key: self._found(finding) for key, finding in self.findings.items()}
        marks: dict[SampleKey, Mark | None] = {}
        for _, key, pair in self._pairs():
            if pair is None:
                sides = [key._replace(arm=arm) for arm in ARMS]
                marks |= {
                    own: None if self._missing(other) else Mark()
                    for own, other in zip(sides, reversed(sides), strict=True)
                }
            else:
                marks |= {pair.current.key: self._mark(pair, "win"), pair.candidate.key: self._mark(pair, "loss")}
        return marks

    def _missing(self, key: SampleKey) -> bool:
        """Whether nothing can be said of that side."""
        sample = self.samples.get(key)
        return sample is None or sample.lost or (key.arm == "current" and sample.gone)

    def _mark(self, pair: JudgedPair, fails: Outcome) -> Mark | None:
        outcome = pair.outcome
        if outcome is None:
            return None
        if outcome != fails:
            return Mark()
        better = "candidate" if fails == "win" else "current model"
        said = f"llm-rubric: in both orders the judge found the {better}'s answer better"
        return Mark((f"{said}{self._why(pair.choices[0])}",))

    def _found(self, finding: Finding | None) -> Mark | None:
        if finding is None:
            return None
        return Mark() if finding.meets else Mark((f"llm-rubric: the judge found it not met{self._why(finding)}",))

    def _why(self, said: Choice | Finding | None) -> str:
        """The judge's reason, which may quote an answer: none where those must not be shown."""
        return f": {said.why}" if said is not None and said.why and not self.suite.private else ""
