"""When trouble with the judge stops a run: its key, its address, its model. Pure."""

from dataclasses import dataclass, field
from typing import Final

from bot.difftest.model.chat import ErrorClass, ErrorKind
from bot.difftest.model.sample import Sample, SampleKey
from bot.difftest.stopping import ACCOUNT, CouldNotRun
from bot.difftest.suite.model import JudgeSettings

_LOST_IN_A_ROW: Final = 10


@dataclass(slots=True)
class JudgeWatch:
    """Looks at every call of the judge that came to an end. `unkept` are to be asked again by the next run."""

    judge: JudgeSettings | None
    concurrency: int
    unkept: list[SampleKey] = field(default_factory=list)
    _proven: bool = False
    _lost: list[SampleKey] = field(default_factory=list)

    def see(self, sample: Sample) -> CouldNotRun | None:
        """Take a call into account; the reason to stop, if there is one."""
        error = sample.error
        judge = self.judge
        if judge is None or error is None or (error.error_class is ErrorClass.MODEL and not sample.gone):
            self._proven = True
            self._lost.clear()
            return None
        if error.error_class is ErrorClass.ACCOUNT:
            key = f", which is in {judge.api_key_env}" if judge.api_key_env else ""
            what = f"it is the judge's key{key}: {ACCOUNT[error.kind]} ({judge.model}: {error.message})"
            return CouldNotRun(what, whose="account", kind=error.kind)
        if sample.gone:
            self.unkept = [*self._lost, sample.key]
            at = f"{judge.base_url} has" if judge.base_url else "the endpoint has"
            what = f"{at} no model {judge.model}, the suite's judge ({error.message}); is its id right?"
            return CouldNotRun(what, whose="request", kind=error.kind)
        self._lost.append(sample.key)
        if not self._proven and error.kind is ErrorKind.UNREACHABLE:
            self.unkept = list(self._lost)
            return CouldNotRun(f"the judge: {error.message}", whose="network", kind=error.kind)
        if len(self._lost) >= max(_LOST_IN_A_ROW, 2 * self.concurrency):
            self.unkept = list(self._lost)
            what = f"the judge {judge.model} failed {len(self._lost)} calls in a row: {error.message}"
            return CouldNotRun(what, whose="provider", kind=error.kind)
        return None
