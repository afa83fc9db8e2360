"""The judge's part of a run while it goes on: which of its calls are needed now. No I/O; `run` makes the calls."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.difftest.judge.calls import BOTH_ORDERS, JudgeCalls, Samples, is_judges
from bot.difftest.model.sample import ARMS, Sample, SampleKey


@dataclass
class JudgeCourse:
    """Knows from the samples that come in which pairs are complete, and so what the judge is to be asked next.

    `contestants` is the number of samples of both models that the run is still to have, `wanted` are the judge's calls
    so far, in order, those that were made included.
    """

    calls: JudgeCalls
    contestants: int
    wanted: dict[SampleKey, None] = field(default_factory=dict)
    _current_answers: bool = False
    _current_gone: bool = False

    def __post_init__(self) -> None:
        """Every pair is open yet."""
        self._cases = {case.id: case for case in self.calls.cases}
        self._open = len(self._cases) * self.calls.suite.repeats
        self._undrawn = self.calls.controls
        self._ahead = deque(self.calls.order)

    @property
    def expected(self) -> int:
        """How many calls of the judge the run takes, as far as can be told: two for each pair that is still open."""
        return len(BOTH_ORDERS) * (self._open + min(self._undrawn, len(self._ahead))) + len(self.wanted)

    def take_up(self, sample: Sample, samples: Samples) -> tuple[SampleKey, ...]:
        """What the judge is to be asked now that this sample is there beside the others; also what it was asked."""
        if is_judges(sample.key):
            self.wanted[sample.key] = None
            return ()
        self.contestants -= 1
        if sample.key.arm == "current":
            self._current_answers |= sample.answered
            self._current_gone |= sample.gone
        return self._want([*self._pair(sample.key, samples), *self._controls(samples), *self._last(samples)])

    def _pair(self, key: SampleKey, samples: Samples) -> Iterable[SampleKey]:
        case = self._cases.get(key.case)
        sides = [samples.get(key._replace(arm=arm)) for arm in ARMS]
        if case is None or None in sides:
            return ()
        self._open -= 1
        current = sides[0]
        gone = current is not None and current.gone and not self._current_answers
        return self.calls.of_pair(case, key.repeat, samples, alone=gone)

    def _controls(self, samples: Samples, *, alone: bool = False) -> Iterable[SampleKey]:
        """The control pairs of the first pairs in order that the judge is asked about.

        One is drawn once all pairs before it came to an end: the same ones in whatever order answers come in.
        """
        while self._undrawn and self._ahead:
            sides = [samples.get(SampleKey(self._ahead[0], arm, 0)) for arm in ARMS]
            if None in sides:
                return
            drawn = self.calls.of_control(self._ahead.popleft(), samples, alone=alone)
            self._undrawn -= bool(drawn)
            yield from drawn

    def _last(self, samples: Samples) -> Iterable[SampleKey]:
        """When all is answered and the current model is gone: the candidate's answers whose other side was lost."""
        if self.contestants or self._current_answers or not self._current_gone:
            return
        for case in self._cases.values():
            for repeat in range(self.calls.suite.repeats):
                yield from self.calls.of_pair(case, repeat, samples, alone=True)
        self._ahead = deque(self.calls.order)
        yield from self._controls(samples, alone=True)

    def _want(self, keys: Iterable[SampleKey]) -> tuple[SampleKey, ...]:
        wanted = tuple(dict.fromkeys(keys))
        self.wanted.update(dict.fromkeys(wanted))
        return wanted
