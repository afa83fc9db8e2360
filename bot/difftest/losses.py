"""Why answers were lost, in the words there are: what people need to find the cause. Pure.

Of a private suite no such word is told, however its error came to be stored: only the kind of each.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from bot.difftest.model.report import Loss
from bot.difftest.model.sample import Sample

MOST_SAID: Final = 3
_LONGEST: Final = 160
_VARIES: Final = re.compile(r"\b(?=[\w-]*\d)[\w-]+")
"""Numbers and ids, which differ from call to call while the trouble is the same."""


def losses(lost: Iterable[Sample], *, private: bool) -> tuple[Loss, ...]:
    """The most frequent reasons of lost answers, the most frequent first; such as differ in numbers and ids are one."""
    if private:
        return ()
    first: dict[tuple[str, str], str] = {}
    times: Counter[tuple[str, str]] = Counter()
    for sample in lost:
        if sample.error is not None:
            said = _said(sample)
            alike = sample.error.kind.value, _VARIES.sub("#", said)
            first.setdefault(alike, said)
            times[alike] += 1
    most = sorted(times, key=lambda alike: (-times[alike], alike))[:MOST_SAID]
    return tuple(Loss(kind=alike[0], said=first[alike], times=times[alike]) for alike in most)


def why_lost(current: Iterable[Sample], candidate: Iterable[Sample], *, private: bool) -> str:
    """Why the answers of one case are missing: each reason once, with whose answer it kept from us."""
    whose: dict[tuple[str, str], set[str]] = {}
    for arm, samples in (("old model", current), ("new model", candidate)):
        for sample in samples:
            if sample.error is not None:
                said = "" if private else f": {_said(sample)}"
                whose.setdefault((sample.error.kind.value, said), set()).add(arm)
    told = [
        f"{kind} ({'both models' if len(arms) > 1 else next(iter(arms))}){said}" for (kind, said), arms in whose.items()
    ]
    return "; ".join(told[:MOST_SAID])


def _said(sample: Sample) -> str:
    """What was said, on one line and not too long."""
    said = " ".join(sample.error.message.split()) if sample.error is not None else ""
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"
