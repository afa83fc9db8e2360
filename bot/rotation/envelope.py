"""What a month with the new model everywhere comes to, and whether it stays within its envelope. Pure."""

from bot.rotation.evidence import FORECASTS, CheckResult, ComparedMonth, Verdict
from bot.rotation.model.rotation import Rotation


def forecasts(rotation: Rotation) -> tuple[CheckResult, ...]:
    """The newest forecasts there are, of this month and the next: those of the last watched stage that has any."""
    for stage in reversed(rotation.sealed):
        found = tuple(check for check in stage.checks if check.name in FORECASTS)
        if found:
            return found
    return ()


def standing(rotation: Rotation) -> Verdict | None:
    """Whether a month stays within its envelope: by the newest forecasts, before there are any by the comparison.

    None where there is no envelope, or nothing to go by.
    """
    envelope = rotation.plan.envelope_usd_per_month
    if envelope is None:
        return None
    found = [check.verdict for check in forecasts(rotation)]
    if found:
        return next((one for one in (Verdict.FAIL, Verdict.INCONCLUSIVE) if one in found), Verdict.PASS)
    month = rotation.comparison.month
    return None if month is None else _within(month, envelope)


def _within(month: ComparedMonth, envelope: float) -> Verdict:
    if month.low > envelope:
        return Verdict.FAIL
    return Verdict.PASS if month.high <= envelope else Verdict.INCONCLUSIVE
