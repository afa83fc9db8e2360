"""`rotate diff`'s files, `rotate diff show` and `rotate diff compare`: what was found, again, without a call."""

import asyncio
import json
import re
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bot.cli.main import run
from bot.difftest.file_store import FILE_NAME, FileStore
from bot.difftest.kept import judged_cases, keep, kept
from bot.difftest.model.chat import ErrorKind
from bot.difftest.model.report import Report
from bot.difftest.model.sample import Sample
from bot.difftest.plan import ComparisonPlan
from bot.difftest.report.against import Side, changes, premises
from bot.difftest.suite.model import Suite
from bot.difftest.verdict import RunFacts, judge
from bot.engine.models.comparisons import Comparison
from bot.engine.records import Commit
from bot.rotation.evidence import Verdict
from tests.difftest.making import PLAN, case, failed, sample, samples_of_table, suite, weather
from tests.difftest.provider_server import ProviderServer, serving
from tests.difftest.reports import rate, report
from tests.store.making import NOW, comparison, opened

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A working directory of its own, 80 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("XDG_STATE_HOME", "ROTATE_DATABASE"):
        monkeypatch.delenv(name, raising=False)


Rotate = Callable[..., tuple[int, str, str]]


@pytest.fixture
def rotate(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Rotate:
    """`rotate diff ...`: exit code, stdout, stderr."""

    def typed(*args: str) -> tuple[int, str, str]:
        code = run(["diff", *args], log_file=tmp_path / "errors.log")
        out, err = capsys.readouterr()
        assert not (tmp_path / "errors.log").exists()
        return code, out, err

    return typed


async def finished(whole: Suite, samples: list[Sample], plan: ComparisonPlan = PLAN) -> Report:
    """A run in the terminal's file, finished and kept."""
    run_id = plan.identity(whole)
    async with FileStore(Path(".rotate"), lambda: AT) as store:
        await store.open(run_id, fresh=True)
        for each in samples:
            await store.add(run_id.id, each)
    found = judge(whole, plan, samples, RunFacts(calls=len(samples)))
    keep(Path(".rotate"), found, judged_cases(Path(".rotate"), whole, found), AT)
    return found


def refused(server_url: str, *files: str) -> list[str]:
    return ["--base-url", server_url, "--current", "old", "--candidate", "new", "--suite", "suite.jsonl", *files]


def names() -> list[str]:
    return sorted(each.name for each in Path().iterdir())


def a_suite_file() -> None:
    row = {"id": "a", "messages": [{"role": "user", "content": "say"}], "assert": [{"type": "contains", "value": "ok"}]}
    Path("suite.jsonl").write_text(json.dumps(row), encoding="utf-8")


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (["--html", "missing/a.html"], ["--html missing/a.html: cannot be written (No such file or directory)."]),
        (["--json", "."], ["--json .: cannot be written (it is a folder)."]),
        (["--json", "-", "--junit", "-"], ["--json and --junit: only one of them can go to stdout."]),
        (["--html", "a", "--markdown", "./a"], ["--markdown ./a: --html writes to the same file."]),
        (
            ["--html", "missing/a", "--markdown", ".", "--junit", "suite.jsonl/x"],
            ["--html missing/a", "--markdown .", "--junit suite.jsonl/x: cannot be written (Not a directory)"],
        ),
    ],
)
async def test_files_that_cannot_be_written_are_all_told_before_a_call(
    rotate: Rotate, files: list[str], told: list[str]
) -> None:
    a_suite_file()
    async with serving() as server:
        code, _, err = rotate(*refused(server.base_url, *files))
        assert server.requests == []
    assert code == 2
    for line in told:
        assert line in err
    assert len(err.strip().splitlines()) == len(told)
    assert names() == ["suite.jsonl"]


async def test_every_format_of_a_shown_run(rotate: Rotate, tmp_path: Path) -> None:
    found = await finished(suite(60), samples_of_table(40, 0, 20, 0))
    files = ("--json", "a.json", "--html", "a.html", "--markdown", "a.md", "--junit", "a.xml")
    code, out, err = rotate("show", found.run_id[:8], *files)
    assert (code, err) == (1, "")
    assert f"{found.run_id[:12]}, suite chat, finished 2026-11-23 09:00 UTC" in out
    assert "fail: The candidate is worse" in out
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["verdict"] == "fail"
    assert (tmp_path / "a.html").read_text(encoding="utf-8").count('class="worse"') == 20
    assert "worse" in (tmp_path / "a.md").read_text(encoding="utf-8").splitlines()[0]
    root = ET.parse(tmp_path / "a.xml").getroot()
    quality = next(each for each in root if each.get("name") == "quality")
    assert (quality.get("tests"), quality.get("failures")) == ("60", "20")


async def test_one_format_goes_to_stdout_alone(rotate: Rotate) -> None:
    found = await finished(suite(60), samples_of_table(60, 0, 0, 0))
    for option, begins in (("--html", "<!doctype html>"), ("--junit", "<?xml"), ("--markdown", "# "), ("--json", "{")):
        code, out, err = rotate("show", found.run_id[:8], option, "-")
        assert (code, out.startswith(begins)) == (0, True)
        assert "pass: No worse than the margins allow" in err.replace("\n", " ")


async def test_files_are_written_all_or_none(rotate: Rotate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full at the second file: the first, an older report, is as it was, and nothing lies about."""
    found = await finished(suite(60), samples_of_table(60, 0, 0, 0))
    (tmp_path / "a.html").write_text("older", encoding="utf-8")
    synced: list[int] = []

    def full_at_the_second(handle: int) -> None:
        synced.append(handle)
        if len(synced) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("bot.cli.diff_output.os.fsync", full_at_the_second)
    before = names()
    code, out, err = rotate("show", found.run_id[:8], "--html", "a.html", "--markdown", "a.md")
    assert (code, out) == (2, "")
    assert err == "--markdown a.md: cannot be written (No space left on device).\n"
    assert (tmp_path / "a.html").read_text(encoding="utf-8") == "older"
    assert names() == before


async def test_a_file_keeps_its_rights_and_a_link_its_place(rotate: Rotate, tmp_path: Path) -> None:
    found = await finished(suite(60), samples_of_table(60, 0, 0, 0))
    (tmp_path / "real.md").write_text("older", encoding="utf-8")
    (tmp_path / "real.md").chmod(0o640)
    (tmp_path / "link.md").symlink_to("real.md")
    code, _, _ = rotate("show", found.run_id[:8], "--markdown", "link.md", "--json", "/dev/null")
    assert code == 0
    assert (tmp_path / "link.md").is_symlink()
    assert (tmp_path / "real.md").read_text(encoding="utf-8").startswith("# Comparison")
    assert stat.S_IMODE((tmp_path / "real.md").stat().st_mode) == 0o640
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


async def test_what_could_not_run_replaces_older_reports(rotate: Rotate, tmp_path: Path) -> None:
    a_suite_file()
    async with serving() as server:
        pass
    names = {"--html": "a.html", "--markdown": "a.md", "--junit": "a.xml"}
    for name in names.values():
        (tmp_path / name).write_text("older", encoding="utf-8")
    files = [part for pair in names.items() for part in pair]
    code, err = await _in_thread(rotate, server, files)
    assert (code, "cannot be reached" in err) == (4, True)
    for name in names.values():
        assert "cannot be reached" in (tmp_path / name).read_text(encoding="utf-8")
    assert ET.parse(tmp_path / "a.xml").getroot().get("errors") == "1"


async def _in_thread(rotate: Rotate, server: ProviderServer, files: list[str]) -> tuple[int, str]:
    code, _, err = await asyncio.to_thread(rotate, *refused(server.base_url, *files))
    return code, err


async def test_unknown_runs_are_told_with_the_nearest(rotate: Rotate) -> None:
    code, _, err = rotate("show", "abc123")
    assert (code, "no finished comparison is kept in .rotate" in err) == (2, True)
    found = await finished(suite(60), samples_of_table(60, 0, 0, 0))
    other = await finished(suite(61), samples_of_table(61, 0, 0, 0))
    typo = ("0" if found.run_id[5] != "0" else "1").join((found.run_id[:5], found.run_id[6:8]))
    code, _, err = rotate("show", typo)
    assert (code, f"Nearest: {found.run_id[:12]} (chat: acme/old → acme/new)" in err) == (2, True)
    code, _, err = rotate("show", "nothing-like-it")
    assert code == 2
    assert found.run_id[:12] in err
    assert other.run_id[:12] in err
    code, _, err = rotate("show", "")
    assert (code, "several runs begin so" in err) == (2, True)


async def stored(path: Path, **states: Comparison) -> None:
    async with opened(path) as store:
        for each in states.values():
            await store.commit(Commit(at=NOW, comparison=each))


def bots(number: int, **more: object) -> Comparison:
    whole: dict[str, object] = {"id": f"D{number}", "status": "finished", "report": report(), "finished_at": NOW}
    return comparison().model_copy(update=whole | more)


async def test_a_comparison_of_the_bot(rotate: Rotate, tmp_path: Path) -> None:
    file = tmp_path / "bot.db"
    private = report(private=True, verdict=Verdict.INCONCLUSIVE)
    await stored(
        file,
        a=bots(16),
        b=bots(17, report=private),
        c=bots(18, status="running", report=None),
        d=bots(19, status="errored", report=None, problem="The key was refused."),
        e=bots(20, status="asked", report=None),
    )

    def show(*args: str) -> tuple[int, str, str]:
        return rotate("show", *args, "--database", str(file))

    code, out, _ = await asyncio.to_thread(show, "d17", "--html", "a.html", "--junit", "a.xml")
    assert code == 3
    assert "D17, " in out
    assert "PROMPT" not in (tmp_path / "a.html").read_text(encoding="utf-8") + out
    assert "Comparison D17" in (tmp_path / "a.html").read_text(encoding="utf-8")
    # The bot keeps no list of cases: those the report itself names are there.
    assert 'name="refund words"' in (tmp_path / "a.xml").read_text(encoding="utf-8")
    code, _, err = await asyncio.to_thread(show, "D18")
    assert (code, err) == (4, "D18 has no verdict: it is still running.\n")
    code, _, err = await asyncio.to_thread(show, "D19")
    assert (code, err) == (4, "D19 has no verdict: it could not run (The key was refused).\n")
    code, _, err = await asyncio.to_thread(show, "D20")
    assert (code, "could not run" in err) == (4, False)
    assert "D20 has no verdict: it waits for a yes to what it costs, in Slack, and nothing was asked yet." in err
    code, _, err = await asyncio.to_thread(show, "D117")
    assert (code, "no such comparison. Nearest: D17." in err) == (2, True)
    code, out, _ = await asyncio.to_thread(rotate, "compare", "D16", "D17", "--database", str(file))
    assert code == 0
    assert "fail → inconclusive" in out


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["show", "D17"], "there is no database at rotate.db"),
        (["show"], "Missing argument"),
        (["compare", "D17"], "Missing argument"),
        (["--seed", "3", "show", "D17"], "--seed stands before `show`: give its options after it."),
        (["--json", "a.json", "compare", "D1", "D2"], "--json stands before `compare`"),
        (["shwo", "D17"], "No such command 'shwo'"),
        ([], "Missing --base-url, --current, --candidate, --suite"),
    ],
)
def test_what_was_typed_wrong_is_told(rotate: Rotate, args: list[str], told: str) -> None:
    code, _, err = rotate(*args)
    assert code == 2
    assert told in err


def test_a_file_that_is_no_database_is_told(rotate: Rotate, tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("no database", encoding="utf-8")
    code, _, err = rotate("show", "D1", "--database", "notes.db")
    assert (code, "notes.db cannot be read as a database" in err) == (4, True)
    (tmp_path / ".rotate").mkdir()
    (tmp_path / ".rotate" / FILE_NAME).write_text("no database", encoding="utf-8")
    code, _, err = rotate("show", "abc")
    assert (code, ".rotate cannot be read" in err) == (4, True)


async def test_compare_says_what_differs(rotate: Rotate) -> None:
    whole, other = suite(60), suite(60, margins={"quality": 0.1, "latency": 0.3})
    first = await finished(whole, samples_of_table(40, 0, 20, 0))
    second = await finished(other, samples_of_table(60, 0, 0, 0))
    code, out, _ = rotate("compare", first.run_id[:10], second.run_id[:10])
    assert code == 0
    told = " ".join(out.split())
    assert f"Different suites: {first.run_id[:12]} chat ({whole.digest[:12]})" in told
    assert "fail → pass" in told
    assert "+33.3 points, apart, margin 5 → 10" in told
    assert "margin +25 % → +30 %" in told
    assert f"only in {first.run_id[:12]}: case-00" in told
    assert max(map(len, out.splitlines())) <= 80


def test_premises_say_what_the_two_do_not_share() -> None:
    one = report()
    other = one.model_copy(
        update={"candidate": "acme/third", "base_url": "https://x.example", "parameters": {}, "repeats": 3}
    )
    told = " ".join(premises(Side("D1", one), Side("D2", other)))
    assert "Same suite: chat words" in told
    assert "Different new models: D1 acme/new words, D2 acme/third." in told
    assert "Different endpoints" in told
    assert "Different parameters: stop, temperature." in told
    assert "1 time in D1, 3 times in D2" in told
    assert "old models" not in told
    assert list(premises(Side("D1", one), Side("D2", one))) == ["Same suite: chat words (555555555555)."]


def test_the_same_report_has_not_changed_and_swapping_mirrors() -> None:
    one = report()
    moved = one.dimensions.model_copy(update={"quality": rate(one.dimensions.quality.verdict, -0.1)})
    other = one.model_copy(update={"dimensions": moved})
    same = [change.change for change in changes(Side("a", one), Side("b", one)) if change.before != "not tested"]
    assert all(each.startswith("same verdict") for each in same)
    there = next(iter(changes(Side("a", one), Side("b", other))))
    back = next(iter(changes(Side("b", other), Side("a", one))))
    assert (there.before, there.after) == (back.after, back.before)
    assert "+10.0 points" in there.change
    assert "−10.0 points" in back.change


async def test_kept_cases_are_those_of_the_verdict() -> None:
    whole = suite([case("a"), case("b", tools=True), case("c"), case("d", tools=True, text=False)], repeats=2)
    samples = [sample(name, arm, repeat=n) for name in "ac" for arm in ("current", "candidate") for n in (0, 1)]
    samples += [sample("b", "current", repeat=n, tool_calls=(weather(),)) for n in (0, 1)]
    samples += [sample("b", "candidate", repeat=n, tool_calls=(weather("Rome" if n else "Paris"),)) for n in (0, 1)]
    samples += [sample("d", "current", repeat=n, right=False) for n in (0, 1)]
    samples += [failed("d", "candidate", ErrorKind.TIMEOUT, repeat=n) for n in (0, 1)]
    found = await finished(whole, samples)
    (run_kept,) = kept(Path(".rotate"), found.run_id[:6])
    assert (run_kept.report, run_kept.finished_at) == (found, AT)
    told = [(each.dimension, each.case, each.outcome) for each in run_kept.cases]
    assert told == [
        ("quality", "a", "both_pass"),
        ("quality", "b", "both_pass"),
        ("quality", "c", "both_pass"),
        ("tools", "b", "worse"),
        ("tools", "d", "lost"),
    ]
    worse = run_kept.cases[3]
    assert (worse.current, worse.candidate) == (1.0, 0.5)
    assert re.search("Paris", worse.why)


async def test_a_report_goes_with_its_run(tmp_path: Path) -> None:
    found = await finished(suite(60), samples_of_table(60, 0, 0, 0))
    async with FileStore(Path(".rotate"), lambda: AT) as store:
        await store.open(PLAN.identity(suite(60)), fresh=True)
    assert kept(Path(".rotate"), found.run_id) == []
    with closing(sqlite3.connect(tmp_path / ".rotate" / FILE_NAME)) as database:
        assert database.execute("SELECT count(*) FROM reports").fetchone() == (0,)
