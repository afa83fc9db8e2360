"""A report in a terminal: a table of dimensions that fits 80 columns, and the lines below it."""

from collections.abc import Iterator
from typing import Final

from rich.markup import escape
from rich.table import Table

from bot.difftest.model.report import DimensionReport, Figures, JudgeReport, Report
from bot.difftest.report.plain import shareable
from bot.difftest.report.rows import figured
from bot.difftest.sentences import count, money, points, ratio, seconds
from bot.wording.errors import errors_line
from bot.wording.offers import offered
from bot.wording.unseen import plainly

_INNER: Final = {
    "tools.valid": "  valid",
    "tools.tool": "  tool",
    "tools.arguments": "  args",
    "tools.count": "  count",
    "tools.abstention": "  no call",
    "tools.recovery": "  recovery",
    "latency.ttft": "  ttft",
}
_ONE_LINE: Final = str.maketrans("\n\t", "  ")


def table(report: Report) -> Table:
    """The dimensions and what they are made of, one a row; it fits 80 columns."""
    rows = list(figured(report))
    gap = 1 if any(row.inner for row in rows) else 2
    title = f"{visible(report.current)} → {visible(report.candidate)}"
    shown = Table(title=escape(title), title_justify="left", box=None, padding=(0, gap, 0, 0))
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
    for row in rows:
        verdict = row.found.verdict.value.replace("_", " ")
        shown.add_row(_INNER.get(row.key, row.key), verdict, *_cells(row.name, row.found))
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
    """The verdict with its reason, times and money, what to know beside it, single cases, and what it took."""
    yield from map(visible, _lines(report))


def _lines(report: Report) -> Iterator[str]:
    yield f"{report.verdict.value}: {report.reason}"
    yield from _beside(report)
    if report.offers:
        yield f"what can be done: {'; '.join(map(offered, report.offers))}"
    yield from report.notes
    if report.judge is not None:
        judge = report.judge
        partial = ", of the family of one of the two" if judge.same_family else ""
        flips = "" if judge.flip_rate is None else f", {judge.flip_rate:.0%} changed with the order"
        yield (
            f"judge {judge.model}{partial}: {judge.wins} better, {judge.ties} ties, {judge.losses} worse,"
            f" {judge.unjudged} unjudged{flips}{_probed(judge)}"
        )
    for worse in shareable(report).worst_regressions:
        yield f"worse: {worse.case}: {worse.why}"
    for better in shareable(report).best_gains:
        yield f"better: {better.case}: the old model failed: {better.why}"
    for output in shareable(report).outputs:
        yield f"output of {output.case}: {output.candidate_answer}"
    if errors := errors_line(report):
        yield errors
    cost = "cost unknown" if report.cost_usd is None else f"{money(report.cost_usd)}"
    repeated = f", {report.repeated_calls} repeated after an interruption" if report.repeated_calls else ""
    yield f"{count(report.calls, 'call')}{repeated}, {cost}; run {report.run_id[:12]}, suite {report.suite_digest[:12]}"


def _probed(judge: JudgeReport) -> str:
    """What came of its control pairs; empty where there were too few."""
    if judge.control_p is None:
        return ""
    taken = f"{judge.control_planted} of {count(judge.control_pairs, 'control pair')} for the planted instruction"
    return f", {taken}{': it follows them' if judge.follows_planted else ''}"


def _beside(report: Report) -> Iterator[str]:
    """Quantiles of the times, and cost a successful case, where they are known."""

    def pair(name: str, found: Figures | None, *, cost: bool = False) -> str:
        if found is None or found.current is None or found.candidate is None:
            return ""
        say = money if cost else seconds
        return f"{name} {say(found.current)} → {say(found.candidate)}"

    latency, cost = report.dimensions.latency, report.dimensions.cost
    p95 = pair("p95", latency.p95_s)
    if p95 and latency.p95_ratio is not None:
        low, high = latency.p95_ratio.interval
        p95 += f" ({ratio(latency.p95_ratio.ratio)} [{low:.2f}, {high:.2f}])"
    times = [pair("p50", latency.p50_s), p95, pair("first content p50", latency.ttft_p50_s)]
    if any(times):
        yield f"times: {', '.join(filter(None, times))}"
    money_lines = [
        pair("a successful case", cost.per_success, cost=True),
        pair("billed", cost.billed_usd, cost=True),
        pair("estimated", cost.estimated_usd, cost=True),
    ]
    if any(money_lines):
        yield f"cost: {', '.join(filter(None, money_lines))}"


def visible(text: str) -> str:
    """One line without what nobody sees: nothing from outside steers the terminal."""
    return plainly(text.translate(_ONE_LINE))
