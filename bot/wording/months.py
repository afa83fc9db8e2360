"""What a month costs, in words: against its envelope in one line, then what was spent, what is to come, for whom."""

from pydantic import ValidationError

from bot.rotation.evidence import CheckResult, MonthForecast
from bot.wording.facts import Facts
from bot.wording.names import CHECKS
from bot.wording.reasons import reason_text
from bot.wording.text import Line, Text, Typed, When, line, text
from bot.wording.units import count, length, money

UNIT = "USD a month"
_BASIS = {"days": ("day", "the last {} before the change"), "looks": ("check", "the time of {} before the change")}
_MIDDLE = 0.5


def month_figures(check: CheckResult) -> str:
    """A month with either model from now on, the interval, and the envelope it is held against."""
    old = check.current
    low, high = (None if old is None or more is None else old * (1 + more) for more in check.interval or (None, None))
    between = f" ({money(low)} to {money(high)})" if low is not None and high is not None else ""
    parts = [f"new {money(check.candidate)}{between}, old {money(old)}"]
    if check.limit is not None:
        parts.append(f"envelope {money(check.limit)}{_over(check, low, high)}")
    if check.reason:
        parts.append(reason_text(check.reason))
    if by := _by(check.rule):
        parts.append(f"by what {by} cost")
    return "; ".join(parts)


def as_it_is(check: CheckResult) -> str:
    """A month with the model there is, for a terminal."""
    old = check.current or 0.0
    low, high = (None if more is None else old * (1 + more) for more in check.interval or (None, None))
    between = f" ({money(low)} to {money(high)})" if low is not None and high is not None else ""
    envelope = f", envelope {money(check.limit)}{_over(check, low, high)}" if check.limit is not None else ""
    why = f"; {reason_text(check.reason)}" if check.reason else ""
    return f"{CHECKS.get(check.name, check.name)}: {money(old)}{between}{envelope}{why}"


def _over(check: CheckResult, low: float | None, high: float | None) -> str:
    if check.limit is None:
        return ""
    if low is not None and low > check.limit:
        return ", will be exceeded"
    return ", may be exceeded" if high is None or high > check.limit else ""


def month_in_brief(check: CheckResult) -> str:
    """The same for the card: both models and the envelope."""
    name = CHECKS.get(check.name, check.name)
    envelope = f", envelope {money(check.limit)}" if check.limit is not None else ""
    return f"{name}: new {money(check.candidate)}, old {money(check.current)}{envelope}"


def _by(rule: str) -> str:
    basis, _, counted = rule.partition(" ")
    if basis not in _BASIS or not counted.isdigit():
        return ""
    one, words = _BASIS[basis]
    return words.format(count(int(counted), one))


def month_lines(month: MonthForecast | None) -> Text:
    """What was spent and what is to come this month; then the dearest tenants."""
    if month is None:
        return ()
    return text(_spent(month), _tenants(month))


def _spent(month: MonthForecast) -> Line:
    name = f"{month.begins + (month.ends - month.begins) * _MIDDLE:%B}"
    unknown = ""
    if month.unknown_s >= (month.as_of - month.begins).total_seconds():
        spent = f"What {name} has cost up to "
        known = " is not known"
    else:
        spent, known = f"{name} up to ", f": {money(month.spent)} spent"
        if month.unknown_s:
            unknown = f", and what {length(month.unknown_s)} of it cost is not known"
    rest = f"; the rest of it {_either(month.rest_candidate, month.rest_current, 'new, {} old')}"
    return line(spent, When(month.as_of), f"{known}{unknown}{rest}")


def _tenants(month: MonthForecast) -> Line:
    """The dearest are named; of the rest of the month each has the part it had of what was usual."""
    if not month.tenants:
        return ()
    said: Line = ("By tenant, to the end of the month",)
    for number, one in enumerate(month.tenants):
        between = ", " if number else ": "
        said = line(said, between, Typed(one.tenant), f" {_either(one.candidate, one.current, '(old {})')}")
    others = f", and {count(month.others, 'other')} {money(month.others_candidate)}" if month.others else ""
    return line(said, others)


def _either(candidate: float, current: float, words: str) -> str:
    """With either model; once where they cost the same, as before any rotation."""
    return money(candidate) if candidate == current else f"{money(candidate)} {words.format(money(current))}"


def month_of(facts: Facts) -> MonthForecast | None:
    """The forecast among the facts; None where there is none."""
    try:
        return MonthForecast.model_validate(facts.get("month"))
    except ValidationError:
        return None


def is_month(check: CheckResult) -> bool:
    """Whether a result is a month held against its envelope."""
    return check.unit == UNIT
