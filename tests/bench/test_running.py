"""`make bench`: how fast and how small a comparison is, against a named peer or the physical limit in the same run.

Nothing is asserted about times: a row that misses its aim is marked in the table that is printed at the end.
"""

import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.difftest.verdict import RunFacts, judge
from tests.bench.measuring import Table, diff, run, server
from tests.difftest.making import PLAN, samples_of_table, suite

pytestmark = pytest.mark.bench

ROUNDS = 3
SERVER_S = 0.2


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    made = Table()
    yield made
    print(f"\n\n{made.show()}\n")


def cases(folder: Path, n: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "suite.jsonl"
    rows = (
        {
            "id": f"case-{i:05d}",
            "messages": [{"role": "user", "content": f"say {i}"}],
            "assert": [{"type": "contains", "value": "right"}],
        }
        for i in range(n)
    )
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def test_a_thousand_requests_at_fifty(tmp_path: Path, table: Table) -> None:
    walls, recorded, peaks, busy, bare = [], [], [], [], []
    with server(SERVER_S) as fixed:
        diff(fixed.url, cases(tmp_path, 5), 5, folder=tmp_path / "warm")
        fixed.p50_s()
        for number in range(ROUNDS):
            ended, report = diff(fixed.url, cases(tmp_path, 500), 50, folder=tmp_path / str(number))
            assert report["calls"] == 1000
            times = report["dimensions"]["latency"]["p50_s"]
            recorded.append(statistics.fmean(times.values()) / fixed.p50_s())
            walls.append(ended.wall_s)
            peaks.append(ended.peak_mb)
            busy.append(ended.cpu_s)
            peer = run("-m", "tests.bench.bare_aiohttp", fixed.url, "1000", "50", folder=tmp_path / f"bare-{number}")
            bare.append(peer.wall_s)
            fixed.p50_s()
    wall = statistics.median(walls)
    table.add("1,000 requests, 50 at once: whole process", wall, "the ideal", 1000 / 50 * SERVER_S, 1.25, "s")
    table.add("  beside a bare loop's", wall, "bare aiohttp", statistics.median(bare), 1.25, "s")
    table.add("  of it on the processor", statistics.median(busy), "what 1.25 leaves", 1.0, 1.0, "s")
    table.add("  recorded p50", statistics.median(recorded) * SERVER_S, "the server's own", SERVER_S, 1.05, "s")
    table.add("  peak memory", statistics.median(peaks), "the limit", 100, 1.0, "MB")


def test_two_hundred_at_once_beside_a_bare_loop(tmp_path: Path, table: Table) -> None:
    ours, bare = [], []
    suite_path = cases(tmp_path, 500)
    with server(SERVER_S) as fixed:
        for number in range(ROUNDS):
            _, report = diff(fixed.url, suite_path, 200, folder=tmp_path / str(number))
            ours.append(statistics.fmean(report["dimensions"]["latency"]["p50_s"].values()))
            peer = run("-m", "tests.bench.bare_aiohttp", fixed.url, "1000", "200", folder=tmp_path / f"bare-{number}")
            bare.append(float(peer.out))
    middle = statistics.median(bare)
    table.add("1,000 requests, 200 at once: recorded p50", statistics.median(ours), "bare aiohttp", middle, 1.05, "s")


def test_the_memory_of_twenty_thousand_long_answers(tmp_path: Path, table: Table) -> None:
    with server(0.0, 4096) as fixed:
        path = cases(tmp_path, 10_000)
        ended, report = diff(fixed.url, path, 50, folder=tmp_path / "run")
        again, repeated = diff(fixed.url, path, 50, folder=tmp_path / "run")
    assert report["calls"] == 20_000
    assert repeated == report
    table.add("20,000 samples of 4 kB: peak memory", ended.peak_mb, "the limit", 150, 1.0, "MB")
    table.add("  judged again from the store", again.peak_mb, "the limit", 150, 1.0, "MB")


def test_a_verdict_over_five_thousand_cases(table: Table) -> None:
    whole = suite(5000)
    samples = samples_of_table(4500, 150, 150, 200)
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        report = judge(whole, PLAN, samples, RunFacts(calls=10_000))
        times.append(time.perf_counter() - began)
    assert report.cases == 5000
    table.add("a verdict over 5,000 cases", statistics.median(times), "the limit", 2.0, 1.0, "s")
