"""Two comparisons side by side: what each is about, and what changed in each dimension. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bot.difftest.model.report import DimensionReport, Report
from bot.difftest.report.rows import Figured, figured
from bot.difftest.sentences import count, points, ratio

_MODES: Final = {
    "stored_current": "the old model no longer answered, and its last stored answers stood in",
    "candidate_alone": "the new model was judged alone, against the suite's pass rate",
}


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two, with the name it was asked for by."""

    name: str
    report: Report


@dataclass(frozen=True, slots=True)
class Change:
    """A row: a dimension's key, what each side says of it, and what is different."""

    key: str
    before: str
    after: str
    change: str


def premises(before: Side, after: Side) -> Iterator[str]:
    """What is not the same about the two, in sentences; first whether they can be compared at all."""
    old, new = before.report, after.report
    if old.suite_digest == new.suite_digest:
        yield f"Same suite: {old.suite} ({old.suite_digest[:12]})."
    else:
        yield (
            f"Different suites: {before.name} {old.suite} ({old.suite_digest[:12]}), {after.name} {new.suite}"
            f" ({new.suite_digest[:12]}). Their figures are about different cases."
        )
    for what, first, second in (
        ("old models", old.current, new.current),
        ("new models", old.candidate, new.candidate),
        ("endpoints", old.base_url, new.base_url),
    ):
        if first != second:
            yield f"Different {what}: {before.name} {first}, {after.name} {second}."
    for side in (before, after):
        if old.mode != new.mode and side.report.mode in _MODES:
            yield f"In {side.name} {_MODES[side.report.mode]}."
    if old.parameters != new.parameters:
        either = sorted({*old.parameters, *new.parameters})
        names = [key for key in either if old.parameters.get(key) != new.parameters.get(key)]
        yield f"Different parameters: {', '.join(names)}."
    if old.repeats != new.repeats:
        first, second = count(old.repeats, "time"), count(new.repeats, "time")
        yield f"Each case was asked {first} in {before.name}, {second} in {after.name}."
    for arm, what in (("current", "old"), ("candidate", "new")):
        served = [sorted(report.served_models.get(arm, ())) for report in (old, new)]
        if getattr(old, arm) == getattr(new, arm) and all(served) and served[0] != served[1]:
            yield f"The {what} model was answered by {', '.join(served[0])}, then by {', '.join(served[1])}."


def changes(before: Side, after: Side) -> Iterator[Change]:
    """Every dimension and metric that either of them has."""
    old = {row.key: row for row in figured(before.report)}
    new = {row.key: row for row in figured(after.report)}
    for key in dict.fromkeys([*old, *new]):
        first, second = old.get(key), new.get(key)
        yield Change(key, _said(first), _said(second), _change(first, second))


def _said(row: Figured | None) -> str:
    if row is None:
        return "–"
    verdict = row.found.verdict.value.replace("_", " ")
    if row.found.difference is None or row.found.interval is None:
        return verdict
    low, high = row.found.interval
    if row.kind == "rate":
        return f"{verdict}\n{points(row.found.difference)} [{points(low)}, {points(high)}]"
    return f"{verdict}\n{ratio(row.found.difference)} [{low:.2f}, {high:.2f}]"


def _change(first: Figured | None, second: Figured | None) -> str:
    if first is None or second is None:
        return "only in one"
    a, b = first.found, second.found
    verdicts = "same verdict" if a.verdict is b.verdict else f"{_word(a)} → {_word(b)}"
    parts = []
    if a.difference is not None and b.difference is not None:
        parts.append(_moved(first, a.difference, b.difference))
    if a.interval and b.interval:
        apart = a.interval[1] < b.interval[0] or b.interval[1] < a.interval[0]
        parts.append("apart" if apart else "overlapping")
    if a.margin != b.margin:
        rates = first.kind == "rate"
        old, new = (f"{100 * m:g}" if rates else f"+{100 * m:g} %" for m in (a.margin, b.margin))
        parts.append(f"margin {old} → {new}")
    return f"{verdicts}\n{', '.join(parts)}".rstrip()


def _word(found: DimensionReport) -> str:
    return found.verdict.value.replace("_", " ")


def _moved(row: Figured, first: float, second: float) -> str:
    if row.kind == "rate":
        return f"{points(second - first)} points"
    return ratio(second / first) if first else "–"


def cases_told(before: Side, after: Side) -> Iterator[str]:
    """Which of the worst regressions are in both, and which in one; only five are kept of each."""
    old = dict.fromkeys(each.case for each in before.report.worst_regressions)
    new = dict.fromkeys(each.case for each in after.report.worst_regressions)
    for what, found in (
        ("among the worst in both", [case for case in old if case in new]),
        (f"only in {before.name}", [case for case in old if case not in new]),
        (f"only in {after.name}", [case for case in new if case not in old]),
    ):
        if found:
            yield f"{what}: {', '.join(found)}"
