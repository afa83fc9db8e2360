"""Judging a stage without traffic: what its targets hold, the platform's health, and a smoke run of the suite. Pure."""

from collections.abc import Mapping
from datetime import datetime
from math import comb

from bot.difftest.smoke import SmokeResult
from bot.monitor.model import HealthReport
from bot.rotation.evidence import CheckResult, Dimension, LookResult, Verdict

SMOKE_CASES = 20
UNLIKELY = 0.05


def judge_quiet(  # noqa: PLR0913 - a look is everything seen, and is given all of it
    *,
    candidate: str,
    held: Mapping[str, str | None],
    unreadable: str,
    health: HealthReport | None,
    smoke: SmokeResult | None,
    final: bool,
    number: int,
    window: tuple[datetime, datetime],
    allowed: float,
) -> LookResult:
    """What a look says where no requests flow. `allowed` is the share of smoke cases that may fail.

    An unhealthy platform or an unreadable target holds the bake; `pass` comes only with the smoke run of the last look.
    """
    checks = [_read_back(candidate, held, unreadable)]
    if health is not None:
        checks.append(_health(health))
    if smoke is not None:
        checks.append(smoke_check(smoke, allowed))
    waiting = [check for check in checks if check.verdict is Verdict.INCONCLUSIVE]
    if any(check.verdict is Verdict.FAIL for check in checks):
        verdict = Verdict.FAIL
    elif waiting or not final:
        verdict = Verdict.INCONCLUSIVE
    else:
        verdict = Verdict.PASS
    # A smoke run that can't tell ends the bake as can't tell: a person decides; it is not time that was not seen.
    unseen = [check for check in waiting if check.name != "smoke"]
    return LookResult(
        number=number,
        window_start=window[0],
        window_end=window[1],
        counted=not unseen,
        verdict=verdict,
        reasons=tuple(check.reason for check in waiting),
        checks=tuple(checks),
    )


def _read_back(candidate: str, held: Mapping[str, str | None], unreadable: str) -> CheckResult:
    other = {place: value for place, value in held.items() if value != candidate}
    verdict = Verdict.PASS if not other and not unreadable else Verdict.INCONCLUSIVE
    reason = "target_unreadable" if unreadable else "target_drifted" if other else ""
    return CheckResult(
        name="read-back",
        dimension=Dimension.ATTRIBUTION,
        verdict=verdict,
        reason=reason,
        rule="every target of the stage holds the new model",
        unit="targets",
        candidate=len(held) - len(other),
        limit=len(held),
        n_candidate=len(held),
    )


def _health(health: HealthReport) -> CheckResult:
    return CheckResult(
        name="health",
        dimension=Dimension.HEALTH,
        verdict=Verdict.PASS if health.healthy else Verdict.INCONCLUSIVE,
        reason="" if health.healthy else "unhealthy",
        rule=f"the platform says it is healthy{f': {health.detail}' if health.detail else ''}",
    )


def smoke_check(smoke: SmokeResult, allowed: float) -> CheckResult:
    """A smoke run against the share that may fail: exact binomial tail below 5 % fails, above the share can't tell."""
    judged = smoke.asked - smoke.lost
    failures = len(smoke.failures)
    share = failures / judged if judged else 0.0
    if smoke.left_out > judged:
        verdict, reason = Verdict.INCONCLUSIVE, "smoke_unjudged"
    elif judged == 0 or smoke.lost > judged:
        verdict, reason = Verdict.INCONCLUSIVE, "smoke_lost"
    elif share <= allowed:
        verdict, reason = Verdict.PASS, ""
    elif binomial_tail(failures, judged, allowed) < UNLIKELY:
        verdict, reason = Verdict.FAIL, "smoke_failed"
    else:
        verdict, reason = Verdict.INCONCLUSIVE, "smoke_unclear"
    return CheckResult(
        name="smoke",
        dimension=Dimension.QUALITY,
        verdict=verdict,
        reason=reason,
        rule=f"at most {allowed:.0%} of the suite's first {smoke.asked + smoke.left_out} cases fail{left_out(smoke)}",
        unit="share of cases",
        candidate=share,
        limit=allowed,
        n_candidate=judged,
    )


def left_out(smoke: SmokeResult) -> str:
    """What is to be said of cases that only a judge could have told; nothing where there are none."""
    if not smoke.left_out:
        return ""
    return f" ({smoke.left_out} left out: {smoke.left_out_why})"


def binomial_tail(failures: int, cases: int, share: float) -> float:
    """P(at least that many failures in so many cases) when each fails with probability `share`."""
    return sum(comb(cases, k) * share**k * (1 - share) ** (cases - k) for k in range(failures, cases + 1))
