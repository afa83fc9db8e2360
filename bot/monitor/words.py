"""What says whether a look counts at all: whether the platform is well, and whether the right model answered. Pure.

The two the product brings along and a runbook's own are the same thing with other sources. One that is a guardrail sets
a look aside while it is bad. With `k` and `n` it also fails: bad at `k` of the last `n` looks, whether those counted or
not. A signal sets nothing aside and asks by the same count; a report is shown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from bot.monitor import checks
from bot.monitor.added import Added
from bot.monitor.before import tenants_of
from bot.monitor.membership import Window
from bot.monitor.model import HealthReport
from bot.monitor.placed import Placed, with_tenants
from bot.monitor.reasons import Reason
from bot.monitor.tallies import Tally, tallies_of
from bot.monitor.watched import Read, count_of
from bot.rotation.evidence import CheckResult, Dimension, Verdict
from bot.runbook.models.checks import WORDS, CheckRules, NamedCheck
from bot.runbook.models.limits import Checks

OTHER_MODEL_SHARE: Final = 0.02
"""The share another model may answer, where nothing names a limit."""
SHIPPED_WORDS: Final = ("attribution", "health")
_ROUNDING: Final = 1e-9
_NOT_JUDGED: Final = frozenset({Reason.NO_REQUESTS, Reason.ANSWERED_BY_ANOTHER_MODEL})


@dataclass(frozen=True)
class Heard:
    """What was heard at one look: whether it was well, and in what words.

    `share` of `total` requests is what another model answered. Where nothing was heard `well` is None, by `reason`.
    """

    well: bool | None
    said: str = ""
    reason: str = Reason.NO_REQUESTS
    share: float | None = None
    total: float = 0.0


@dataclass(frozen=True)
class Word:
    """One of them. `fails` is k and n, None where it never does; `limit` is the share another model may answer.

    `own` says that a runbook named it; `read` is where its counts stand in a series, None where it is asked for.
    """

    name: str
    kind: Literal["health", "attribution"]
    role: str = "guardrail"
    limit: float = OTHER_MODEL_SHARE
    fails: tuple[int, int] | None = None
    of_right: bool = False
    own: bool = True
    read: Read | None = None

    def judged(self, now: Heard, before: Sequence[bool | None] = ()) -> CheckResult:
        """What it says at a look; `before` is whether it was well at each look before this one."""
        if self.kind == "health":
            found = checks.healthy(said=now.well)
        elif now.share is None:
            found = checks.attribution(0.0, 0.0, self.limit).model_copy(update={"reason": now.reason})
        else:
            found = checks.attribution(now.total, now.share, self.limit)
        changes: dict[str, object] = {"name": self.name, "role": self.role}
        if self.own:
            changes |= self._counted(now, [*before, now.well])
        return CheckResult.model_validate({**dict(found), **changes})

    def _counted(self, now: Heard, heard: Sequence[bool | None]) -> dict[str, object]:
        k, n = self.fails or (1, 1)
        recent = heard[-n:]
        bad = sum(one is False for one in recent)
        rule = {"health": "unhealthy", "attribution": "answered_by_another"}[self.kind]
        said = f": {now.said}" if now.said else ""
        told: dict[str, object] = {"rule": f"{rule} {bad}/{len(recent)}{said}"} if self.fails or said else {}
        if self.fails is None or bad < k or self.role == "report":
            return told
        reason = Reason.UNHEALTHY if self.kind == "health" else Reason.ANSWERED_BY_ANOTHER_MODEL
        return told | {"verdict": Verdict.FAIL, "reason": reason}

    def in_window(self, window: Window) -> Heard:
        """What was heard of it in one window as it was kept."""
        seen = window.observation
        if self.kind == "health":
            return of_report(seen.health.get(self.name))
        if self.read is not None:
            counted = self.read(Placed(window.table, window.candidate, with_tenants({}, tenants_of(window))))
            return self.of_added(counted)
        share = seen.numbers.get(self.name)
        if share is None:
            return Heard(None, seen.unread.get(self.name, ""), Reason.UNREAD)
        return self.of_asked(share, window.requests)

    def of_asked(self, share: float, total: float) -> Heard:
        """Of a share that was asked for: what another model answered, or the right one."""
        return self._of_share(1 - share if self.of_right else share, total)

    def of_added(self, counted: Added) -> Heard:
        """Of what counters say of one window."""
        if not counted.there.any():
            return Heard(None, reason=Reason.NO_SERIES)
        return self.of_counts(tallies_of(counted, counted.tenants).pooled)

    def of_counts(self, whole: Tally) -> Heard:
        """Of so many requests another model answered, of all there were."""
        return self._of_share(whole.rate, whole.total) if whole.total else Heard(None)

    def _of_share(self, other: float, total: float) -> Heard:
        # A share taken off 1 is off by a rounding.
        return Heard(other <= self.limit + _ROUNDING, share=other, total=total)


def of_report(report: HealthReport | None) -> Heard:
    """Of a reading of health; None where there is none."""
    return Heard(None) if report is None else Heard(report.healthy, report.detail)


def word_of(written: NamedCheck, limit: float = OTHER_MODEL_SHARE, read: Read | None = None) -> Word:
    """The word a line of a file describes; `limit` where it names none."""
    right = written.direction == "decrease"
    if written.limit is not None and written.kind == "attribution":
        limit = 1 - written.limit if right else written.limit
    kind: Literal["health", "attribution"] = "health" if written.kind == "health" else "attribution"
    return Word(written.name, kind, written.role, limit, written.fails, of_right=right, read=read)


def own_words(limits: Checks) -> tuple[Word, ...]:
    """Those a runbook names, in the order of the file."""
    found = []
    for name, rules in limits.by_name.items():
        if rules.kind in WORDS:
            found.append(word_of(rules.named(name), limits.other_model_share, _counts(rules)))
    return tuple(found)


def _counts(rules: CheckRules) -> Read | None:
    if rules.bad is None:
        return None
    return partial(Placed.tallies, bad=count_of(rules.bad), total=count_of(rules.figures["total"]))


def setting_aside(results: Iterable[CheckResult]) -> str:
    """Why a look does not count by what was said of who answered; empty where nothing speaks against it."""
    for one in results:
        if one.role == "guardrail" and one.dimension is Dimension.ATTRIBUTION and one.reason in _NOT_JUDGED:
            return one.reason
    return ""


def unwell(results: Iterable[CheckResult]) -> bool:
    """Whether a guardrail says that the platform is not well."""
    return any(one.role == "guardrail" and one.reason == Reason.UNHEALTHY for one in results)


def failed(results: Iterable[CheckResult]) -> bool:
    """Whether a guardrail among them failed."""
    return any(one.role == "guardrail" and one.verdict is Verdict.FAIL for one in results)
