"""Whether Finance is asked for a yes too, and why or why not."""

from bot.rotation.envelope import forecasts, standing
from bot.rotation.evidence import Verdict
from bot.rotation.model.rotation import Rotation
from bot.rotation.quorum import asked_groups, finance_asked
from bot.runbook.models.people import GroupName
from bot.wording.months import month_in_brief
from bot.wording.units import money


def finance_line(rotation: Rotation, index: int) -> str:
    """Whether Finance is asked too, and why or why not; nothing where it is asked anyway, by the rule or in time."""
    if GroupName.FINANCE in asked_groups(rotation, index) and not finance_asked(rotation, index):
        return ""
    if rotation.plan.envelope_usd_per_month is None:
        return "Finance is not asked: the runbook sets no `envelope_usd_per_month`"
    match standing(rotation):
        case None:
            return "Finance is not asked: what a month will cost cannot be told before a stage with traffic was watched"
        case Verdict.FAIL:
            said = "⚠️ Finance is asked too: a month will cost more than its envelope"
        case Verdict.INCONCLUSIVE:
            said = "⚠️ Finance is not asked: whether a month stays within its envelope cannot be told yet"
        case Verdict.PASS:
            said = "Finance is not asked: a month stays within its envelope"
    return f"{said}. {_months(rotation)}"


def _months(rotation: Rotation) -> str:
    found, month = forecasts(rotation), rotation.comparison.month
    if found or month is None:
        return "; ".join(month_in_brief(check) for check in found)
    envelope = money(rotation.plan.envelope_usd_per_month)
    between = f"{money(month.low)} to {money(month.high)}"
    return f"By the comparison: new {money(month.usd)} ({between}), old {money(month.current)}, envelope {envelope}"
