"""Whether the active provider is healthy: the platform's word, a tiny answer, and the provider's own list. Pure.

All have to be well: the platform may call a provider healthy that a failover has just left, and a model may answer
nobody while the provider as a whole is up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.monitor.model import HealthReport

TRIES: Final = 3
"""So many tiny requests in a row have to fail before a model is said to answer nobody: one failure is a hiccup."""


@dataclass(frozen=True)
class Tried:
    """What came of one tiny request: why it was not answered, empty when it was. `busy`: refused for its rate alone."""

    what: str = ""
    busy: bool = False


def enough(tries: Sequence[Tried]) -> bool:
    """Whether nothing more has to be asked: one was answered, or as many as count have failed."""
    return len(tries) >= TRIES or any(not one.what for one in tries)


def joined(platform: HealthReport, model: str, tries: Sequence[Tried], listing: str | None) -> HealthReport:
    """The reading they come to. `listing` is why the provider's list did not come, empty when it did, None: not asked.

    A request refused for its rate alone says that somebody is there; it is no failure, and no answer either.
    """
    failed = [one for one in tries if one.what and not one.busy]
    silent = len(failed) >= TRIES
    said = [platform.detail or ("healthy" if platform.healthy else "not healthy")]
    if silent:
        said.append(f"{model} did not answer {len(failed)} times in a row: {failed[-1].what}")
        if listing is not None:
            said.append(f"nor does its provider's list of models: {listing}" if listing else "its provider is there")
    elif any(not one.what for one in tries):
        said.append(f"{model} answers" + (f" (after {len(failed)} failed)" if failed else ""))
    elif tries:
        said.append(f"{model} was not heard, it is busy: {tries[-1].what}")
    return platform.model_copy(update={"healthy": platform.healthy and not silent, "detail": "; ".join(said)})


def in_a_row(report: HealthReport, before: int) -> HealthReport:
    """The reading with how many in a row were not healthy, this one included, after `before` of them."""
    failures = 0 if report.healthy else before + 1
    counted = f" ({failures} checks in a row)" if failures > 1 else ""
    return report.model_copy(update={"failures": failures, "detail": report.detail + counted})
