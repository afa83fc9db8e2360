"""A report in a terminal: a table of dimensions that fits 80 columns, and the lines below it."""

from collections.abc import Iterator

from rich.markup import escape
from rich.table import Table

from bot.difftest.model.report import DimensionReport, Report
from bot.difftest.sentences import count, money, points, ratio, seconds


def table(report: Report) -> Table:
    """The dimensions, one a row; it fits 80 columns."""
    shown = Table(title=f"{report.current} → {report.candidate}", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for column in (
        "",
        "verdict",
        "current",
        "candidate",
        f"difference [{100 * report.confidence:.3g} %]",
        "margin",
        "cases",
    ):
        shown.add_column(column, justify="left" if column in {"", "verdict"} else "right", no_wrap=True)
    for name, dimension in report.dimensions.items():
        shown.add_row(name, dimension.verdict.value.replace("_", " "), *_cells(name, dimension))
    return shown


def _cells(name: str, dimension: DimensionReport) -> tuple[str, ...]:
    def of(value: float | None) -> str:
        if value is None:
            return "–"
        return {"latency": seconds, "cost": money}.get(name, lambda rate: f"{100 * rate:.1f} %")(value)

    rates = name in {"quality", "tools"}
    difference = "–"
    if dimension.difference is not None and dimension.interval is not None:
        low, high = dimension.interval
        inside = f"{points(low)}, {points(high)}" if rates else f"{low:.2f}, {high:.2f}"
        difference = f"{points(dimension.difference) if rates else ratio(dimension.difference)} [{inside}]"
    margin = f"{100 * dimension.margin:g} pts" if rates else f"+{100 * dimension.margin:g} %"
    return of(dimension.current), of(dimension.candidate), escape(difference), margin, str(dimension.n)


def lines(report: Report) -> Iterator[str]:
    """The verdict with its reason, what to know beside it, the worst cases, and what it took."""
    yield f"{report.verdict.value}: {report.reason}"
    yield from report.notes
    for worse in report.worst_regressions:
        yield f"worse: {worse.case}: {worse.why}"
    cost = "cost unknown" if report.cost_usd is None else f"{money(report.cost_usd)}"
    repeated = f", {report.repeated_calls} repeated after an interruption" if report.repeated_calls else ""
    yield f"{count(report.calls, 'call')}{repeated}, {cost}; run {report.run_id[:12]}, suite {report.suite_digest[:12]}"
