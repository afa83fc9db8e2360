"""Which calls of a judge a run needs, and what each of them asks. Pure: samples in, keys and requests out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from bot.difftest.judge.answer import Choice, Finding, read_choice, read_finding
from bot.difftest.judge.planted import FORMS, Form, planted
from bot.difftest.judge.probing import control_pairs
from bot.difftest.judge.prompt import alone_request, pair_request, same_answer
from bot.difftest.model.chat import ChatRequest, ErrorClass, ErrorKind
from bot.difftest.model.sample import ARMS, JUDGE_ARMS, JudgeArm, Sample, SampleKey
from bot.difftest.suite.model import Case, JudgeSettings, Suite

BOTH_ORDERS: Final[tuple[JudgeArm, JudgeArm]] = ("judge_current_first", "judge_candidate_first")
ALONE: Final[JudgeArm] = "judge_alone"
CONTROLS: Final[tuple[JudgeArm, JudgeArm]] = ("control_planted_first", "control_planted_last")
"""Both orders of a control pair."""
_MOST_ASKED: Final = 2
_USELESS_AGAIN: Final = {ErrorKind.BAD_REQUEST, ErrorKind.UNSUPPORTED, ErrorKind.CONTEXT_LENGTH}
"""The same question would meet the same refusal."""

Samples = Mapping[SampleKey, Sample]


def is_judges(key: SampleKey) -> bool:
    """Whether the call is one to the judge."""
    return key.arm in JUDGE_ARMS


def choice_in(key: SampleKey, samples: Samples) -> Choice | None:
    """What a judge chose, in terms of first and second; None where there is no usable reply."""
    sample = samples.get(key)
    return read_choice(sample.text, _shown(key, samples)) if sample is not None and sample.answered else None


def finding_in(key: SampleKey, samples: Samples) -> Finding | None:
    """What a judge found of one answer; None where there is no usable reply."""
    sample = samples.get(key)
    return read_finding(sample.text, _shown(key, samples)) if sample is not None and sample.answered else None


def _shown(key: SampleKey, samples: Samples) -> Iterator[str]:
    """The texts that the judge was shown in such a call, as far as models wrote them."""
    for side in _sides(key):
        if (answer := samples.get(side)) is not None:
            yield answer.text
            calls = [*answer.tool_calls, *(call for turn in answer.turns for call in turn.tool_calls)]
            yield from (call.arguments for call in calls)
    if key.arm in CONTROLS:
        yield from (words for form in FORMS for words in (form.instruction, form.harmless))


def asked_again(sample: Sample, samples: Samples) -> bool:
    """Whether the judge is to be asked once more, because its first reply cannot be used."""
    if not is_judges(sample.key) or sample.asked >= _MOST_ASKED:
        return False
    if sample.error is not None:
        return sample.error.error_class is ErrorClass.MODEL and sample.error.kind not in _USELESS_AGAIN
    with_it = {**{key: samples[key] for key in _sides(sample.key) if key in samples}, sample.key: sample}
    return (finding_in if sample.key.arm == ALONE else choice_in)(sample.key, with_it) is None


def _sides(key: SampleKey) -> tuple[SampleKey, ...]:
    return tuple(key._replace(arm=arm) for arm in ARMS)


def together(before: Sample | None, sample: Sample) -> Sample:
    """A second reply with what the first one took."""
    if before is None:
        return sample
    billed = [s.cost_usd for s in (before, sample) if s.answered or s.cost_usd is not None]
    known = [amount for amount in billed if amount is not None]
    cost = sum(known) if known and len(known) == len(billed) else None
    return replace(sample, asked=before.asked + 1, attempts=before.attempts + sample.attempts, cost_usd=cost)


@dataclass(frozen=True)
class JudgeCalls:
    """The judge's part of a suite: nothing to do where no case has a rubric.

    `order` is that in which the cases with rubrics are asked: control pairs are drawn from its start.
    """

    suite: Suite
    order: tuple[str, ...] = ()

    @property
    def settings(self) -> JudgeSettings:
        """Who judges. A suite with rubrics names somebody: loading sees to it."""
        if self.suite.judge is None:
            message = "a suite with rubrics names its judge"
            raise ValueError(message)
        return self.suite.judge

    @cached_property
    def cases(self) -> list[Case]:
        """The cases that need a judge."""
        return [case for case in self.suite.cases if case.rubrics]

    @cached_property
    def _by_id(self) -> dict[str, Case]:
        return {case.id: case for case in self.cases}

    @property
    def most(self) -> int:
        """How many calls there are at most, those asked again aside."""
        return len(BOTH_ORDERS) * (len(self.cases) * self.suite.repeats + self.controls)

    @property
    def controls(self) -> int:
        """How many control pairs there are at most."""
        return control_pairs(len(self.cases))

    def possible(self) -> Iterator[SampleKey]:
        """Every call that may be needed."""
        for case in self.cases:
            for repeat in range(self.suite.repeats):
                for arm in JUDGE_ARMS:
                    yield SampleKey(case.id, arm, repeat)

    def of_control(self, case_id: str, samples: Samples, *, alone: bool) -> tuple[SampleKey, ...]:
        """The calls about a case's control pair, where its own pair is put to the judge; `alone` as in `of_pair`."""
        asked = self.of_pair(self._by_id[case_id], 0, samples, alone=alone)
        return tuple(SampleKey(case_id, arm, 0) for arm in CONTROLS) if asked else ()

    def of_pair(self, case: Case, repeat: int, samples: Samples, *, alone: bool) -> tuple[SampleKey, ...]:
        """The calls that a pair needs once both sides of it came to an end; none before.

        A side that failed has lost already, one that was lost says nothing, and the same answer twice is a tie: nobody
        is asked. `alone` says that the current model is gone, so that the candidate is judged alone.
        """
        current, candidate = (samples.get(SampleKey(case.id, arm, repeat)) for arm in ARMS)
        if not case.rubrics or current is None or candidate is None or not candidate.answered:
            return ()
        if not current.answered:
            return (SampleKey(case.id, ALONE, repeat),) if alone and (current.gone or current.lost) else ()
        if same_answer(current, candidate):
            return ()
        return tuple(SampleKey(case.id, arm, repeat) for arm in BOTH_ORDERS)

    def request(self, key: SampleKey, samples: Samples) -> ChatRequest:
        """What such a call asks; again, in other words, where a first reply could not be used."""
        case = self._by_id[key.case]
        current, candidate = (samples.get(key._replace(arm=arm)) for arm in ARMS)
        again = key in samples
        if candidate is None or (current is None and key.arm != ALONE):
            message = f"{key} is about answers that are not there"
            raise KeyError(message)
        if key.arm == ALONE or current is None:
            return alone_request(case, self.settings, candidate, again=again)
        if key.arm in CONTROLS:
            pleading, harmless = planted(current if current.answered else candidate, self._form(case.id))
            shown = (pleading, harmless) if key.arm == CONTROLS[0] else (harmless, pleading)
            return pair_request(case, self.settings, *shown, again=again)
        pair = (current, candidate) if key.arm == "judge_current_first" else (candidate, current)
        return pair_request(case, self.settings, *pair, again=again)

    def _form(self, case_id: str) -> Form:
        """How its control pair speaks to the judge: each form in its turn."""
        return FORMS[self.order.index(case_id) % len(FORMS)]
