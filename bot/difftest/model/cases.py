"""How each case came out, one dimension at a time: what a report's figures are made of, and too much for a message."""

from typing import Literal

from bot.difftest.model.report import Finding

Outcome = Literal["worse", "better", "both_pass", "both_fail", "lost"]
"""The new model against the old one; `lost`: an answer is missing, so that nothing can be said."""


class CaseOutcome(Finding):
    """One case in one dimension.

    `current` and `candidate` are the shares of repeats that passed, over the repeats that both models answered; None
    where there is none. `why` is what stood against the candidate's answers, or against the current model's where only
    that one failed; of a lost case why its answers are missing. `latency_s` is the candidate's mean time to a complete
    answer.
    """

    case: str
    dimension: Literal["quality", "tools"]
    current: float | None = None
    candidate: float | None = None
    why: str = ""
    tags: tuple[str, ...] = ()
    latency_s: float | None = None

    @property
    def outcome(self) -> Outcome:
        """The case in a word. Without a current model the candidate is measured against passing."""
        if self.candidate is None:
            return "lost"
        if self.current is None:
            return "both_pass" if self.candidate == 1 else "worse"
        if self.candidate != self.current:
            return "worse" if self.candidate < self.current else "better"
        return "both_pass" if self.candidate == 1 else "both_fail"
