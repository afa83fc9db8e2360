"""What a report rests on, as lists of name and value that every written form shows: times, money, judge, the run."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bot.difftest.model.report import DimensionReport, Figures, JudgeReport, Report
from bot.difftest.sentences import money as small_money
from bot.difftest.sentences import ratio
from bot.wording.comparisons import cases_asked, served_line
from bot.wording.errors import errors_line
from bot.wording.units import count, money, number, percent, seconds


@dataclass(frozen=True, slots=True)
class Pair:
    """One figure of both models, with what more there is to say of it."""

    name: str
    old: str
    new: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing about the run; a `code` is set as such."""

    name: str
    value: str
    code: bool = False


_ARMS: Final = {"current": "the old model", "candidate": "the new model"}


def open_points(found: DimensionReport) -> str:
    """Why a dimension is open, and what would settle it; empty where there is nothing to say."""
    told = "would settle it" in found.reason
    more = f"about {count(found.more_cases, 'more case')} would settle it" if found.more_cases and not told else ""
    return "; ".join(part for part in (found.reason, more) if part)


def _known(pair: Figures | None) -> bool:
    return pair is not None and (pair.current is not None or pair.candidate is not None)


def pairs(report: Report) -> Iterator[Pair]:
    """Times and money of both models, those that are known."""
    latency, cost = report.dimensions.latency, report.dimensions.cost
    times = (
        ("time to the whole answer, p50", latency.p50_s),
        ("time to the whole answer, p95", latency.p95_s),
        ("time to first content, p50", latency.ttft_p50_s),
    )
    for name, pair in times:
        if _known(pair):
            yield Pair(name, seconds(pair.current), seconds(pair.candidate), _p95(report) if "p95" in name else "")
    sums = (
        ("cost, a successful case", cost.per_success),
        ("billed by the provider, a case", cost.billed_usd),
        ("estimated from list prices, a case", cost.estimated_usd),
    )
    for name, amount in sums:
        if amount is not None and _known(amount):
            yield Pair(name, _usd(amount.current), _usd(amount.candidate))


def _usd(value: float | None) -> str:
    """With as many digits as it takes to see two sums differ."""
    return "–" if value is None else small_money(value)


def _p95(report: Report) -> str:
    found = report.dimensions.latency.p95_ratio
    if found is None:
        return ""
    low, high = found.interval
    return f"{ratio(found.ratio)} [{low:.2f}, {high:.2f}] over {count(found.n, 'case')}"


def judge_facts(judge: JudgeReport) -> Iterator[Fact]:
    """Who judged, what it said, and how far it can be trusted."""
    yield Fact("judge", judge.model, code=True)
    if judge.served_models and set(judge.served_models) != {judge.model}:
        yield Fact("answered as the judge", ", ".join(judge.served_models), code=True)
    if judge.same_family:
        whose = " and ".join(_ARMS[arm] for arm in judge.relatives) or "one of the two models"
        yield Fact("may be partial", f"the judge is of the family of {whose}")
    if judge.met:
        yield Fact("the new model's answers", f"{judge.met:,} of {judge.judged:,} meet what is asked")
    else:
        same = f" ({judge.identical:,} word for word)" if judge.identical else ""
        said = f"{judge.wins:,} better, {judge.ties:,} as good{same}, {judge.losses:,} worse"
        yield Fact("the new model's answers", said)
    yield Fact("judged", f"{judge.judged:,}; {judge.unjudged:,} unjudged")
    if judge.flip_rate is not None:
        yield Fact("changed its mind with the order", percent(judge.flip_rate))
    if judge.first_slot_rate is not None:
        chance = "" if judge.first_slot_p is None else f" (p {judge.first_slot_p:.3f})"
        yield Fact("preferred what it saw first", f"{percent(judge.first_slot_rate)}{chance}")
    if judge.control_p is not None:
        verdict = "it follows them" if judge.follows_planted else "not seen to follow them"
        yield Fact(
            "instructions planted in answers",
            f"{verdict}: {judge.control_planted:,} of {count(judge.control_pairs, 'control pair')} for the pleading"
            f" answer, {judge.control_harmless:,} for the harmless one (p {judge.control_p:.2g})",
        )
    else:
        yield Fact("instructions planted in answers", "not tested")
    if judge.length_ratio is not None:
        yield Fact("length of the new answers", f"{ratio(judge.length_ratio)} of the old ones")
    yield Fact("calls", f"{judge.calls:,}, {money(judge.cost_usd)}")


def run_facts(report: Report) -> Iterator[Fact]:
    """How the figures came about."""
    spent = "cost unknown" if report.cost_usd is None else money(report.cost_usd)
    repeated = f", {report.repeated_calls:,} of them sent again" if report.repeated_calls else ""
    lost = f", {count(report.pairs_lost, 'pair')} lost" if report.pairs_lost else ""
    often = "once" if report.repeats == 1 else f"{report.repeats} times"
    asked = cases_asked(report).removesuffix(" cases").removesuffix(" case")
    yield Fact("cases", f"{asked}{lost}, each asked {often} of each model")
    yield Fact("calls", f"{report.calls:,}{repeated}, {spent}")
    for arm, name in (("current", "answered for the old"), ("candidate", "answered for the new")):
        answered = [*report.served_models.get(arm, ())]
        if answered:
            by = report.served_providers.get(arm, ())
            yield Fact(name, ", ".join(answered) + (f" ({', '.join(by)})" if by else ""), code=True)
    for name, line in (
        ("answered by another", served_line(report)),
        ("errors", errors_line(report).removeprefix("Errors: ")),
    ):
        if line:
            yield Fact(name, line)
    if report.looks:
        yield Fact("looks agreed on", ", ".join(map(number, report.looks)))
    if report.overhead is not None:
        yield Fact(
            "our own part of a call", f"p50 {report.overhead.p50_ms:.1f} ms, p95 {report.overhead.p95_ms:.1f} ms"
        )
    yield Fact("endpoint", report.base_url, code=True)
    if report.parameters:
        yield Fact("parameters", json.dumps(report.parameters, ensure_ascii=False, sort_keys=True), code=True)
    yield Fact("seed", str(report.seed))
    yield Fact("suite", f"{report.suite}, {report.suite_digest}", code=True)
    yield Fact("run", report.run_id, code=True)
    yield Fact("report's digest", report.digest(), code=True)
