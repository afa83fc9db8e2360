"""Check and comparison figures in words: both models, counts, interval, limit, and the rule that decided."""

from collections.abc import Callable, Sequence

from bot.difftest.model.report import DimensionReport, LatencyReport, Report
from bot.rotation.evidence import CheckResult, VerificationItem
from bot.wording.months import is_month, month_figures, month_in_brief
from bot.wording.names import CHECKS, DIMENSIONS, signed_verdict, verdict_word
from bot.wording.reasons import is_heard, reason_text, rule_text
from bot.wording.units import change, count, money, number, per_hundred, percent, points, seconds

_SHARES = {"share", "share of cases"}
"""Units whose differences are absolute; of every other one they are relative."""
_VALUES: dict[str, Callable[[float | None], str]] = {
    "share": percent,
    "share of cases": percent,
    "s": seconds,
    "USD": money,
    "per request": per_hundred,
}

_PER = {"cost": " per successful run"}
"""What a figure is of, where the check's name does not say so."""

ITEM_STATES = {
    "met": "✅ met",
    "not_met": "❌ not met",
    "cannot_tell": "❔ can't tell yet",
    "not_measured": "⬜ not measured",
}


def figure_text(unit: str, value: float | None) -> str:
    """A check's figure in its own unit."""
    if value is None:
        return "no figure"
    said = _VALUES.get(unit)
    return said(value) if said else f"{number(value)} {unit}".rstrip()


def difference_text(unit: str, value: float | None) -> str:
    """How far two figures of that unit are apart: in points for shares, relative for everything else."""
    if value is None:
        return "open"
    if unit == "per request":
        return per_hundred(value, difference=True)
    return points(value) if unit in _SHARES else change(value)


def _arms(check: CheckResult) -> str:
    if check.unit == "share of cases":
        return f"{percent(check.candidate)} fail"
    if check.margin is None and check.current is None:  # held against nothing but its limit
        return figure_text(check.unit, check.candidate)
    new, old = (figure_text(check.unit, one) for one in (check.candidate, check.current))
    return f"new {new}, old {old}{_PER.get(check.name, '')}"


def brief_figures(check: CheckResult) -> str:
    """A check in half a line: both models and the difference, or why there is none."""
    if is_month(check):
        return month_in_brief(check)
    name = CHECKS.get(check.name, check.name)
    if check.candidate is None or (check.current is None and check.margin is not None):
        return f"{name}: {reason_text(check.reason) if check.reason else 'no figure'}"
    if check.current is None:
        return f"{name}: {_arms(check)}"
    return f"{name}: {_arms(check)} ({difference_text(check.unit, check.difference)})"


def _health(check: CheckResult) -> str:
    word = reason_text(check.reason) if check.reason else "healthy"
    if not is_heard(check.rule):
        return word
    return rule_text(check.rule) if check.reason == "unhealthy" else f"{word}; {rule_text(check.rule)}"


def _served(check: CheckResult) -> str:
    heard = f"; {rule_text(check.rule)}" if is_heard(check.rule) else ""
    if check.candidate is None:
        return reason_text(check.reason or "no_requests") + heard
    limit = f" (at most {figure_text(check.unit, check.limit)})" if check.limit is not None else ""
    share = figure_text(check.unit, check.candidate)
    return f"{share} answered by another model{limit}; {count(check.n_candidate, 'request')}{heard}"


def check_figures(check: CheckResult) -> str:
    """All figures of a check, without its verdict."""
    if is_month(check):
        return month_figures(check)
    unit = check.unit
    if check.dimension.value == "health":
        return _health(check)
    if check.unit == "targets":
        held = f"{number(check.candidate)} of {count(check.limit or 0, 'place')} hold the new model"
        return f"{held}; {reason_text(check.reason)}" if check.reason else held
    if check.dimension.value == "attribution":
        return _served(check)
    parts = [_arms(check)]
    if check.difference is not None:
        low, high = check.interval or (None, None)
        span = _span(difference_text(unit, low), difference_text(unit, high))
        between = f" (interval {span})" if check.interval else ""
        parts.append(f"difference {difference_text(unit, check.difference)}{between}")
    if check.margin is not None:
        parts.append(f"allowed {difference_text(unit, check.margin)}")
    if check.limit is not None:
        parts.append(f"limit {figure_text(unit, check.limit)}")
    if check.unit == "share of cases":
        parts.append(count(check.n_candidate, "case"))
    else:
        parts.append(f"{count(check.n_candidate, 'request')} new, {count(check.n_current, 'request')} old")
    if check.reason:
        parts.append(reason_text(check.reason))
    if check.rule:
        parts.append(f"rule: {rule_text(check.rule)}")
    return "; ".join(parts)


def check_line(check: CheckResult) -> str:
    """A check with its verdict and figures; one that does not roll back says so."""
    name = CHECKS.get(check.name, check.name)
    if check.role == "report":
        said = reason_text(check.reason) if check.candidate is None else check_figures(check)
        return f"⬜ {name}: {said} (reported only)"
    asks = " (asks, does not roll back)" if check.role == "signal" else ""
    return f"{signed_verdict(check.verdict.value)}: {name}{asks}: {check_figures(check)}"


def checks_in_brief(checks: Sequence[CheckResult]) -> str:
    """What may hold or roll back, in one line: `errors fine, cost can't tell yet`."""
    watched = [check for check in checks if check.role != "report"]
    return (
        ", ".join(f"{CHECKS.get(c.name, c.name)} {verdict_word(c.verdict.value)}" for c in watched) or "nothing checked"
    )


def _span(low: str, high: str) -> str:
    """Both ends of an interval, the unit once where it is the same."""
    _, _, unit = low.partition(" ")
    shown = low.removesuffix(f" {unit}") if unit and high.endswith(unit) else low
    return f"{shown} to {high}"


def _rates(name: str) -> bool:
    return name in {"quality", "tools"}


def _figure(name: str, value: float | None) -> str:
    if value is None:
        return "no figure"
    return percent(value) if _rates(name) else seconds(value) if name == "latency" else money(value)


def _moved(name: str, value: float | None) -> str:
    if value is None:
        return "open"
    return points(value) if _rates(name) else change(value - 1)


def moved_words(name: str, value: float) -> str:
    """A dimension's difference by itself: `+2 %`, `−1.5 points`."""
    return _moved(name, value)


def _margin(name: str, value: float) -> str:
    return f"up to {points(value).lstrip('+')} worse" if _rates(name) else f"up to {change(value)}"


def dimension_line(name: str, found: DimensionReport, confidence: float) -> str:
    """One dimension of a comparison with all its figures."""
    label = DIMENSIONS.get(name, name)
    verdict = signed_verdict(found.verdict.value)
    if found.verdict.value == "not_tested":
        return f"{verdict}: {label}: {found.reason or 'the suite says nothing about it'}"
    parts = [f"old {_figure(name, found.current)}, new {_figure(name, found.candidate)}"]
    if found.difference is not None:
        between = ""
        if found.interval is not None:
            low, high = (_moved(name, bound) for bound in found.interval)
            between = f" ({confidence * 100:.3g} % interval {_span(low, high)})"
        parts.append(f"difference {_moved(name, found.difference)}{between}")
    parts += [f"allowed {_margin(name, found.margin)}", count(found.n, "case")]
    parts += _extras(found)
    kept = "" if found.primary else " (reported only)"
    return f"{verdict}: {label}{kept}: {'; '.join(parts)}"


def _extras(found: DimensionReport) -> list[str]:
    parts = []
    if isinstance(found, LatencyReport):
        parts += [
            f"{label} {seconds(pair.current)} → {seconds(pair.candidate)}"
            for label, pair in (("p50", found.p50_s), ("p95", found.p95_s), ("first content", found.ttft_p50_s))
            if pair.current is not None or pair.candidate is not None
        ]
    if found.reason:
        parts.append(found.reason)
    if found.more_cases and "would settle it" not in found.reason:
        parts.append(f"about {count(found.more_cases, 'more case', 'more cases')} would settle it")
    return parts


def extras_line(name: str, found: DimensionReport) -> str:
    """What the table's cells leave out of a dimension; empty when nothing."""
    parts = _extras(found)
    return f"{DIMENSIONS.get(name, name)}: {'; '.join(parts)}" if parts else ""


def table_head(confidence: float) -> tuple[str, ...]:
    """The names of the columns of `dimension_cells`; `confidence` is that of the intervals."""
    return ("What", "Verdict", "Old", "New", "Difference", f"{confidence * 100:.3g} % interval", "Allowed", "Cases")


def dimension_cells(name: str, found: DimensionReport) -> tuple[str, ...]:
    """The same figures as cells under `table_head`; no cell is empty."""
    between = _span(*(_moved(name, bound) for bound in found.interval)) if found.interval else "–"
    return (
        DIMENSIONS.get(name, name) + ("" if found.primary else " (reported only)"),
        signed_verdict(found.verdict.value),
        "–" if found.current is None else _figure(name, found.current),
        "–" if found.candidate is None else _figure(name, found.candidate),
        "–" if found.difference is None else _moved(name, found.difference),
        between,
        "–" if found.verdict.value == "not_tested" else _margin(name, found.margin),
        f"{found.n:,}",
    )


def dimensions_in_brief(report: Report) -> str:
    """All four in one line: `quality fine, tool calls not tested, latency fine, cost worse`."""
    return ", ".join(
        f"{DIMENSIONS.get(name, name)} {verdict_word(found.verdict.value)}" for name, found in report.dimensions.items()
    )


def cost_in_brief(report: Report | None) -> str:
    """What the candidate does to the money, in three words: `cost −12 %`, `cost unknown`."""
    ratio = report.dimensions.cost.difference if report is not None else None
    if ratio is None:
        return "cost unknown"
    return f"cost {change(ratio - 1)}"


def item_line(item: VerificationItem) -> str:
    """One line of the verification list."""
    figures = f": {item.figures}" if item.figures else ""
    return f"{ITEM_STATES.get(item.state, item.state)}: {item.name}{figures}"
