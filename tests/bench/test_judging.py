"""`make bench`: how often a bake errs and how soon it finds harm, beside peers that see the same counts.

500 requests an hour and arm, 24 hourly looks, errors of 0.5 %, margin 0; seeds are the runs' numbers.
"""

from collections.abc import Callable, Iterator

import pytest

from tests.bench.peers import Counts, fixed_test, once, rank_test, threshold
from tests.monitor.recorded import ERRORS, Line, Tenants, replayed, two_arms

pytestmark = [pytest.mark.bench, pytest.mark.timeout(300)]

RUNS = 300
STRICT = {**ERRORS, "margin": 0.0}


@pytest.fixture(scope="module")
def rows() -> Iterator[list[tuple[str, ...]]]:
    made: list[tuple[str, ...]] = [("24 looks", "false alarms", "doubled: found by 12", "by 24")]
    yield made
    widths = [max(len(line[column]) for line in made) for column in range(4)]
    told = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in made)
    print("\n\n" + "\n".join(told) + "\n")


def counts(lines: list[Line], arm: str) -> Counts:
    return [(line["bad"], line["total"]) for line in lines if line["arm"] == arm]


def ours(lines: list[Line], guardrails: int = 1) -> int | None:
    """The look at which a bake fails, its alpha shared with guardrails that stay silent."""
    silent = [{**STRICT, "name": f"other {number}"} for number in range(1, guardrails)]
    _, ended = replayed(lines, STRICT, *silent)
    return ended.decided_at_look if ended.verdict.value == "fail" else None


def told(name: str, rule: Callable[[list[Line]], int | None]) -> tuple[str, str, str, str]:
    equal = [rule(two_arms(0.005, seed=seed)) for seed in range(RUNS)]
    doubled = [rule(two_arms(0.01, seed=seed)) for seed in range(RUNS)]
    shares = (
        sum(look is not None for look in equal),
        sum(look is not None and look <= 12 for look in doubled),
        sum(look is not None for look in doubled),
    )
    return (name, *(f"{100 * share / RUNS:.1f} %" for share in shares))  # type: ignore[return-value]


@pytest.mark.parametrize("guardrails", [1, 3, 5])
def test_a_bake(rows: list[tuple[str, ...]], guardrails: int) -> None:
    row = told(f"a bake of {guardrails} guardrail(s)", lambda lines: ours(lines, guardrails))
    rows.append(row)
    assert float(row[1].removesuffix(" %")) < 10


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("Argo's rule: a threshold, 3 failures allowed", threshold),
        ("Kayenta's: Mann-Whitney at every look", rank_test),
        ("a fixed z-test at every look", fixed_test),
    ],
)
def test_a_peer(rows: list[tuple[str, ...]], name: str, rule: Callable[[Counts, Counts], int | None]) -> None:
    rows.append(told(name, lambda lines: rule(counts(lines, "candidate"), counts(lines, "current"))))


def test_a_fixed_test_asked_once(rows: list[tuple[str, ...]]) -> None:
    found = []
    for look, rate in ((24, 0.005), (12, 0.01), (24, 0.01)):
        runs = [two_arms(rate, seed=seed) for seed in range(RUNS)]
        found.append(sum(once(counts(one, "candidate"), counts(one, "current"), look=look) for one in runs))
    rows.append(("the same test asked once, at look 12 or 24", *(f"{100 * share / RUNS:.1f} %" for share in found)))


def test_three_pilots_of_thirty_tenants(rows: list[tuple[str, ...]]) -> None:
    runs = RUNS // 3

    def failed(ratio: float, looks: int) -> list[int]:
        ended = [replayed(list(Tenants(ratio=ratio).rows(seed)), STRICT, looks=looks)[1] for seed in range(runs)]
        return [one.decided_at_look or 0 for one in ended if one.verdict.value == "fail"]

    false, found = failed(1.0, 24), failed(1.5, 24)
    shares = (len(false), sum(look <= 12 for look in found), len(found))
    told_shares = (f"{100 * share / runs:.1f} %" for share in shares)
    rows.append(("a bake of 3 pilots of 30 tenants, x1.5 instead of x2", *told_shares))
