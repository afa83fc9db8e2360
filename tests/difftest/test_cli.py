"""`rotate diff` as a person or a CI job runs it: exit codes, the JSON contract, going on after a kill, plain errors."""

import asyncio
import json
import signal
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.cli.main import run
from bot.sandbox.provider.server import Provider
from bot.sandbox.world import World
from tests.difftest.provider_server import Body, Fault, ProviderServer, Reply, refuse, serving

CONTRACT = {"verdict", "reason", "cost_usd", "calls", "repeated_calls", "served_models", "confidence", "dimensions"}
ADDED = {"mode", "current", "candidate", "suite", "suite_digest", "private", "run_id", "cases", "pairs_lost", "notes"}
ADDED |= {"served_providers", "errors", "judge", "overhead", "offers", "looks", "stopped_early", "asked_cases"}
ADDED |= {"worst_regressions", "best_gains", "outputs"}
DIMENSION = {"verdict", "current", "candidate", "difference", "interval", "margin", "n"}
QUANTILES = {"p50_s", "p95_s", "ttft_p50_s"}
BESIDE: dict[str, set[str]] = {
    "quality": set(),
    "tools": {"metrics"},
    "latency": QUANTILES | {"ttft", "p95_ratio"},
    "cost": {"per_success", "billed_usd", "estimated_usd"},
}
TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "required": ["n"]}}}


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        return dict(json.loads(self.out))


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A working directory of its own, 80 columns, no keys."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    for name in ("OPENAI_API_KEY", "OPENROUTER_API_KEY", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)


async def started(*args: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from bot.cli.main import main; main()", "diff", *args),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def apart(*args: str) -> Ended:
    """The command in a process of its own."""
    process = await started(*args)
    out, err = await process.communicate()
    assert b"Traceback" not in err, err.decode()
    return Ended(process.returncode or 0, out.decode(), err.decode())


Diff = Callable[..., Awaitable[Ended]]


@pytest.fixture
def diff(capsys: pytest.CaptureFixture[str]) -> Diff:
    """The command in a thread of this process, with an event loop of its own: starts faster than a process."""

    async def in_thread(*args: str) -> Ended:
        capsys.readouterr()
        code = await asyncio.to_thread(run, ["diff", *args])
        out, err = capsys.readouterr()
        return Ended(code, out, err)

    return in_thread


def refused(capsys: pytest.CaptureFixture[str], *args: str) -> Ended:
    """The command in this process: for what is refused before anything is asked."""
    code = run(["diff", *args])
    out, err = capsys.readouterr()
    return Ended(code, out, err)


def options(server: ProviderServer, suite: Path, *more: str) -> list[str]:
    return [
        *("--base-url", server.base_url, "--current", "old", "--candidate", "new"),
        # Latency is judged, but a busy machine must not decide a test.
        *("--suite", str(suite), "--concurrency", "4", "--margin", "latency=4", *more),
    ]


def jsonl(folder: Path, rows: Sequence[Body]) -> Path:
    path = folder / "suite.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def text_cases(n: int) -> list[Body]:
    return [
        {
            "id": f"c{i}",
            "messages": [{"role": "user", "content": f"say {i}"}],
            "assert": [{"type": "contains", "value": f"<{i}>"}],
        }
        for i in range(n)
    ]


def obedient(worse: Callable[[int], bool] = lambda _: False, delay_s: float = 0.002) -> Callable[[Body], Reply]:
    """Says the number it is asked for; the new model does not where it is worse."""

    def script(body: Body) -> Reply:
        number = int(body["messages"][-1]["content"].split()[-1])
        bad = body["model"] == "new" and worse(number)
        return Reply("no idea" if bad else f"here: <{number}>", delay_s=delay_s)

    return script


async def test_a_pass_and_the_contract(tmp_path: Path) -> None:
    async with serving(obedient(delay_s=0.05)) as server:
        args = options(server, jsonl(tmp_path, text_cases(60)), "--json", "-")
        ended = await apart(*args)
        again = await apart(*args)
        assert len(server.requests) == 120
    report = ended.report
    assert (ended.code, report["verdict"]) == (0, "pass"), report["reason"]
    assert set(report) == CONTRACT | ADDED
    assert set(report["dimensions"]) == {"quality", "tools", "latency", "cost"}
    for name, dimension in report["dimensions"].items():
        assert set(dimension) == DIMENSION | BESIDE[name]
    assert all(set(report["dimensions"]["latency"][key]) == {"current", "candidate"} for key in QUANTILES)
    assert report["dimensions"]["tools"]["verdict"] == "not_tested"
    assert (report["calls"], report["repeated_calls"], report["confidence"]) == (120, 0, 0.9)
    assert report["cost_usd"] == pytest.approx(0.12)
    assert report["served_models"] == {"current": ["old"], "candidate": ["new"]}
    assert report["dimensions"]["quality"]["margin"] == 0.05
    assert "120 calls" in ended.err
    assert "±10.2 points" in ended.err
    assert (again.code, again.report) == (0, report)
    assert "finished before: no call is made" in again.err


async def test_a_fail_in_a_table_and_in_a_file(tmp_path: Path, diff: Diff) -> None:
    async with serving(obedient(lambda n: n % 3 == 0)) as server:
        args = options(server, jsonl(tmp_path, text_cases(60)), "--json", "report.json", "--primary", "quality")
        ended = await diff(*args)
    assert ended.code == 1
    assert "fail: The candidate is worse: quality −33.3 points" in ended.out.replace("\n", " ")
    assert all(len(line) <= 80 for line in ended.out.splitlines())
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["verdict"] == report["dimensions"]["quality"]["verdict"] == "fail"
    assert report["dimensions"]["quality"]["difference"] == pytest.approx(-1 / 3)


async def test_too_few_cases_cannot_tell(tmp_path: Path, diff: Diff) -> None:
    async with serving(obedient()) as server:
        ended = await diff(*options(server, jsonl(tmp_path, text_cases(10)), "--json", "-"))
        wide = await diff(
            *options(server, tmp_path / "suite.jsonl", "--json", "-", "--margin", "quality=0.3", "--fresh")
        )
    assert (ended.code, ended.report["verdict"]) == (3, "inconclusive")
    assert "A pass takes at least 52 cases" in ended.err
    quality = wide.report["dimensions"]["quality"]
    assert (quality["verdict"], quality["margin"]) == ("pass", 0.3)
    assert len(server.requests) == 40


async def test_tools(tmp_path: Path, diff: Diff) -> None:
    def script(body: Body) -> Reply:
        number = int(body["messages"][-1]["content"].split()[-1])
        wrong = body["model"] == "new" and number % 2
        call = {"id": "x", "function": {"name": "add", "arguments": json.dumps({"n": -1 if wrong else number})}}
        return Reply(tool_calls=[call], finish_reason="tool_calls")

    rows = [
        {**row, "tools": [TOOL], "assert": [{"type": "tool-args", "value": {"name": "add", "arguments": {"n": n}}}]}
        for n, row in enumerate(text_cases(40))
    ]
    async with serving(script) as server:
        ended = await diff(*options(server, jsonl(tmp_path, rows), "--json", "-"))
    dimensions = ended.report["dimensions"]
    assert (ended.code, dimensions["tools"]["verdict"], dimensions["quality"]["verdict"]) == (1, "fail", "not_tested")


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (refuse(401, {"error": {"message": "Incorrect API key provided: sk-test-000000000000"}}), "API key"),
        (refuse(402), "out of credit"),
        (refuse(403), "may not do this"),
    ],
)
async def test_trouble_with_the_account_could_not_run(
    tmp_path: Path,
    diff: Diff,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    told: str,
) -> None:
    monkeypatch.setenv("SOME_KEY", "sk-test-000000000000")
    async with serving() as server:
        server.faults.extend([fault] * 100)
        args = options(server, jsonl(tmp_path, text_cases(60)), "--json", "out.json", "--api-key-env", "SOME_KEY")
        ended = await diff(*args)
        assert len(server.requests) <= 4
    assert ended.code == 4
    assert ended.err.splitlines()[-1].startswith("Could not run: ")
    assert told in ended.err
    assert "sk-test-000000000000" not in ended.err + ended.out
    report = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert set(report) == CONTRACT | ADDED
    assert report["verdict"] is None
    assert "Could not run" in report["reason"]


async def test_a_refused_key_that_was_never_sent_is_told_as_such(tmp_path: Path, diff: Diff) -> None:
    async with serving() as server:
        server.faults.extend([refuse(401)] * 100)
        ended = await diff(*options(server, jsonl(tmp_path, text_cases(60))))
    assert ended.code == 4
    assert "No key was sent: on loopback none is, unless --api-key-env names one." in ended.err


async def test_an_endpoint_that_is_not_there_could_not_run(tmp_path: Path, diff: Diff) -> None:
    async with serving() as server:
        pass
    rows = jsonl(tmp_path, text_cases(5))
    ended = await diff(*options(server, rows))
    assert (ended.code, "cannot be reached" in ended.err) == (4, True)


async def test_faults_on_the_way_change_nothing(tmp_path: Path, diff: Diff) -> None:
    async with serving(obedient(delay_s=0.03)) as server:
        server.faults.extend([refuse(429, Retry_After="0.01"), refuse(503), refuse(200, {"choices": []})] * 2)
        ended = await diff(*options(server, jsonl(tmp_path, text_cases(60)), "--json", "-"))
    assert (ended.code, ended.report["calls"], len(server.requests)) == (0, 126, 126), ended.report["reason"]


async def test_a_kill_loses_only_the_calls_in_flight(tmp_path: Path) -> None:
    async with serving(obedient(delay_s=0.02)) as server:
        args = options(server, jsonl(tmp_path, text_cases(60)), "--json", "-")
        for most in (25, 70):
            process = await started(*args)
            await server.asked(most)
            process.send_signal(signal.SIGKILL)
            await process.communicate()
        ended = await apart(*args)
        report = ended.report
        seen = len(server.requests)
    assert "Goes on from an earlier run" in ended.err
    assert (ended.code, report["verdict"]) == (0, "pass"), report["reason"]
    assert report["calls"] == 120
    assert 0 < report["repeated_calls"] <= 8
    assert seen <= 120 + report["repeated_calls"]
    assert report["dimensions"]["quality"]["n"] == 60
    assert report["cost_usd"] == pytest.approx(0.12)


async def test_a_kill_between_the_turns_of_a_conversation_repeats_only_the_calls_in_flight(tmp_path: Path) -> None:
    def script(body: Body) -> Reply:
        answered = sum(message["role"] == "tool" for message in body["messages"])
        number = int(body["messages"][0]["content"].split()[-1])
        if answered == 2:
            return Reply(f"here: <{number}>", delay_s=0.02)
        call = {"id": f"t{answered}", "function": {"name": "add", "arguments": json.dumps({"n": number})}}
        return Reply(tool_calls=[call], finish_reason="tool_calls", delay_s=0.02)

    results = [{"tool": "add", "error": "busy, try again", "times": 1}, {"tool": "add", "content": "added"}]
    rows = [{**row, "tools": [TOOL], "results": results} for row in text_cases(30)]
    async with serving(script) as server:
        args = options(server, jsonl(tmp_path, rows), "--json", "-", "--margin", "quality=0.3")
        for most in (13, 70, 131):
            process = await started(*args)
            await server.asked(most)
            process.send_signal(signal.SIGKILL)
            await process.communicate()
        ended = await apart(*args)
        report, seen = ended.report, len(server.requests)
        turns = Counter(json.dumps([body["model"], body["messages"]]) for body in server.requests)
    assert (ended.code, report["verdict"]) == (0, "pass"), report["reason"]
    assert (report["calls"], report["cost_usd"]) == (180, pytest.approx(0.18))
    assert 0 < report["repeated_calls"] <= 12
    assert seen <= 180 + report["repeated_calls"]
    # No turn was asked for more often than kills can have cut it off.
    assert (len(turns), sum(turns.values()) - len(turns) <= 12) == (180, True)


async def test_whole_answers_of_a_pinned_provider(tmp_path: Path, diff: Diff) -> None:
    async with serving(obedient(delay_s=0.02)) as server:
        args = options(server, jsonl(tmp_path, text_cases(60)), "--json", "-")
        plain = await diff(*args)
        ended = await diff(*args, "--no-stream", "--provider", "azure")
        pinned = server.requests[120:]
    assert (plain.code, ended.code, len(pinned)) == (0, 0, 120), ended.report["reason"]
    assert {"stream" in body for body in pinned} == {False}
    assert all(
        body["provider"] == {"only": ["azure"], "allow_fallbacks": False, "require_parameters": True} for body in pinned
    )
    assert "provider" not in server.requests[0]
    assert ended.report["dimensions"]["latency"]["ttft_p50_s"] == {"current": None, "candidate": None}


async def test_a_pin_that_nobody_serves_could_not_run(tmp_path: Path, diff: Diff) -> None:
    async with serving() as server:
        nobody = refuse(404, {"error": {"message": "No allowed providers are available for the selected model."}})
        server.faults.extend([nobody] * 200)
        ended = await diff(*options(server, jsonl(tmp_path, text_cases(60)), "--provider", "nobody"))
        assert len(server.requests) <= 8
    assert (ended.code, "pin another one, or none" in ended.err.replace("\n", " ")) == (4, True)


async def test_a_second_process_is_refused_by_name_and_an_interrupt_is_no_verdict(tmp_path: Path) -> None:
    # Slow enough that the first is still at work when a busy machine has started the second.
    async with serving(obedient(delay_s=1.0)) as server:
        args = options(server, jsonl(tmp_path, text_cases(60)))
        first = await started(*args)
        await server.asked(1)
        second = await apart(*args)
        first.send_signal(signal.SIGINT)
        _, err = await first.communicate()
    assert second.code == 4
    assert f"process {first.pid} on " in second.err
    assert "since 20" in second.err
    assert first.returncode == 130
    assert b"The same command goes on from here" in err


def whole(base_url: str = "http://127.0.0.1:9/v1", current: str = "a", candidate: str = "b") -> list[str]:
    """A command line that lacks nothing."""
    return [
        *("--base-url", base_url, "--current", current),
        *("--candidate", candidate, "--suite", "suite.jsonl"),
    ]


async def _against_the_sandbox(folder: Path, monkeypatch: pytest.MonkeyPatch, current: str, *more: str) -> Ended:
    sandbox = World(provider=Provider())
    await sandbox.start()
    facts = sandbox.facts()
    monkeypatch.setenv("SANDBOX_API_KEY", str(facts["provider_key"]))
    suite = jsonl(folder, text_cases(60)) if not (folder / "suite.jsonl").exists() else folder / "suite.jsonl"
    try:
        return await apart(
            *("--base-url", str(facts["provider_url"]), "--api-key-env", "SANDBOX_API_KEY", "--suite", str(suite)),
            *("--current", current, "--candidate", "acme/sable-5", *more),
        )
    finally:
        await sandbox.stop()


@pytest.mark.parametrize("current", ["acme/sabel-4", "acme/sable4"])
async def test_a_mistyped_current_model_is_no_retired_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, current: str
) -> None:
    for _ in range(2):  # what was answered meanwhile changes nothing
        ended = await _against_the_sandbox(tmp_path, monkeypatch, current)
        assert (ended.code, f"has no model {current}; did you mean acme/sable-" in ended.err) == (2, True), ended.err


async def test_a_mistyped_candidate_hears_the_nearest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = await _against_the_sandbox(tmp_path, monkeypatch, "acme/sable-4", "--candidate", "acme/sable9")
    assert "is its id right? The nearest it lists: acme/sable-" in ended.err


async def test_a_version_that_is_not_listed_was_retired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = await _against_the_sandbox(tmp_path, monkeypatch, "acme/sable-2", "--json", "-")
    assert ended.report["reason"].startswith("The provider has no current model acme/sable-2 to compare with")


async def test_an_older_report_does_not_outlive_a_run_that_breaks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr("bot.cli.diff._compare", broken)
    jsonl(tmp_path, text_cases(2))
    (tmp_path / "out.json").write_text('{"verdict": "pass"}')
    assert run(["diff", *whole(), "--json", "out.json"], log_file=tmp_path / "log") == 4
    assert "Unexpected error" in capsys.readouterr().err
    assert json.loads((tmp_path / "out.json").read_text())["verdict"] is None


async def test_parameters_the_provider_refuses_could_not_run(tmp_path: Path, diff: Diff) -> None:
    async with serving() as server:
        server.faults.extend([refuse(400, {"error": {"message": "max_tokens must be positive"}})] * 200)
        suite = tmp_path / "suite.yml"
        suite.write_text(json.dumps({"parameters": {"max_tokens": -1}, "cases": text_cases(60)}))
        ended = await diff(*options(server, suite))
        assert len(server.requests) < 20
    assert (ended.code, "max_tokens must be positive" in ended.err) == (4, True), ended.err


async def test_a_terminal_that_knows_only_ascii_is_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    async with serving(lambda _: Reply("caf\u00e9")) as server:
        args = options(server, jsonl(tmp_path, text_cases(5)))
        shown, as_json = await apart(*args), await apart(*args, "--json", "-")
    assert (shown.code, as_json.code) == (3, 3), shown.err
    assert as_json.report["verdict"] == "inconclusive"


async def test_output_that_has_no_room_is_said(tmp_path: Path) -> None:
    async with serving(obedient()) as server:
        args = options(server, jsonl(tmp_path, text_cases(5)))
        with Path("/dev/full").open("wb") as full:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", "from bot.cli.main import main; main()", "diff", *args),
                stdout=full,
                stderr=asyncio.subprocess.PIPE,
            )
        _, err = await process.communicate()
    assert process.returncode == 4
    assert err.decode().splitlines()[-1] == "The output cannot be written: No space left on device."


async def test_a_retired_current_model(tmp_path: Path, diff: Diff) -> None:
    async with serving(obedient()) as server:
        gone = refuse(404, {"error": {"message": "The model `old` does not exist", "code": "model_not_found"}})

        async def only_the_old(request: Any, body: Body) -> Any:  # noqa: ANN401
            return await gone(request, body) if body["model"] == "old" else None

        server.faults.extend([only_the_old] * 500)
        ended = await diff(*options(server, jsonl(tmp_path, text_cases(60)), "--json", "-"))
    assert ended.code == 0
    assert "has no current model old to compare with" in ended.report["reason"]
    assert ended.report["dimensions"]["quality"]["current"] is None


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ([], "Missing --base-url, --current, --candidate, --suite"),
        (["--base-url", "nowhere", "--current", "a", "--candidate", "b", "--suite", "suite.jsonl"], "expected a URL"),
        (["--margin", "quality"], "--margin quality: expected DIMENSION=VALUE"),
        (["--margin", "quality=5"], "quality=0.05 is 5 points"),
        (["--margin", "speed=0.1"], "quality, tools, latency, cost"),
        (["--primary", "speed"], "--primary speed"),
        (["--runbook", "r.yml", "--current", "a", "--candidate", "b"], "without --current"),
        (["--runbook", "r.yml"], "with --candidate"),
        (["--runbook", "none.yml", "--candidate", "b"], "none.yml"),
        (["--concurrency", "0"], "--concurrency"),
        (whole(current=""), "--current ''"),
        (whole(candidate=" "), "--candidate ' '"),
        (whole(current="a", candidate="a"), "--candidate a is the model in use"),
        (whole(base_url="http://[::1/v1"), "--base-url: expected a URL"),
        (whole(base_url="http://127.0.0.1:99999/v1"), "the port is a number from 1 to 65535"),
        (whole(base_url="http://user:topsecret@127.0.0.1:9/v1"), "without a name and password in it"),
        (whole(base_url="http://127.0.0.1:9/v1?key=topsecret"), "without anything behind `?` or `#`"),
        (whole(base_url="http://127.0.0.1:9/v1#topsecret"), "without anything behind `?` or `#`"),
        ([*whole(), "--api-key-env", "sk-topsecret-0123456789"], "expected the name of an environment variable"),
        ([*whole(), "--api-key-env", "AbtopsecretCd0123456789xyz"], "expected the name of an environment variable"),
        ([*whole(), "--api-key-env", "BROKEN_KEY"], "BROKEN_KEY holds a space, a line break"),
        ([*whole(), "--json", "nosuch/out.json"], "--json nosuch/out.json: cannot be written (No such file"),
        ([*whole(), "--json", "."], "--json .: cannot be written (it is a folder)"),
    ],
)
def test_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, args: list[str], told: str
) -> None:
    monkeypatch.setenv("BROKEN_KEY", "sk-topsecret\n0123456789")
    jsonl(tmp_path, text_cases(2))
    ended = refused(capsys, *args)
    assert ended.code == 2
    assert "topsecret" not in ended.err + ended.out
    assert told in ended.err
    assert not (tmp_path / ".rotate").exists()


def test_a_malformed_suite_starts_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = text_cases(3)
    rows[1]["assert"] = [{"type": "regex", "value": "("}]
    rows[2]["messages"] = []
    ended = refused(capsys, *options(ProviderServer(base_url="http://127.0.0.1:1/v1"), jsonl(tmp_path, rows)))
    assert ended.code == 2
    assert not (tmp_path / ".rotate").exists()
    assert "suite.jsonl:2: cases[1].assert[0].value" in ended.err
    assert "suite.jsonl:3: cases[2].messages" in ended.err


def test_a_missing_key_is_asked_for_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = str(jsonl(tmp_path, text_cases(2)))
    models = ["--current", "a", "--candidate", "b", "--suite", rows]
    for url, name in (
        ("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
        ("https://a.example/v1", "OPENAI_API_KEY"),
    ):
        ended = refused(capsys, "--base-url", url, *models)
        assert (ended.code, f"{name} is not set" in ended.err) == (2, True)
    ended = refused(capsys, "--base-url", "http://127.0.0.1:1/v1", *models, "--api-key-env", "NO_SUCH_KEY")
    assert (ended.code, "NO_SUCH_KEY is not set" in ended.err) == (2, True)


RUNBOOK = """\
channel: model-rotation
groups:
  ml: {{channel: ml, people: [U024BE7LH]}}
  sre: {{channel: sre, people: [U024BE7LH]}}
  finance: {{channel: fin, people: [U024BE7LH]}}
provider: {{name: local, base_url: "{url}"}}
slots:
  chat:
    suite: suite.jsonl
    variable: MODEL
    provider: azure
    comparison: {{margins: {{quality: 0.2}}, concurrency: 3}}
    stages:
      staging: {{env_file: staging.env, traffic: none}}
      global: {{env_file: global.env}}
"""


async def test_a_runbook_names_everything_but_the_candidate(tmp_path: Path, diff: Diff) -> None:
    jsonl(tmp_path, text_cases(30))
    for stage in ("staging", "global"):
        (tmp_path / f"{stage}.env").write_text("MODEL=old\n", encoding="utf-8")
    async with serving(obedient(delay_s=0.03)) as server:
        (tmp_path / "r.yml").write_text(RUNBOOK.format(url=server.base_url), encoding="utf-8")
        args = ("--runbook", "r.yml", "--candidate", "new", "--json", "-", "--margin", "latency=4")
        ended = await diff(*args, "--slot", "chat")
        assert server.most_at_once == 3
        assert server.requests[0]["provider"]["only"] == ["azure"]
        unknown = await diff(*args, "--slot", "chta")
        (tmp_path / "global.env").write_text("MODEL=other\n", encoding="utf-8")
        torn = await diff(*args)
    assert (ended.code, ended.report["served_models"]["current"]) == (0, ["old"]), ended.err
    assert ended.report["dimensions"]["quality"]["margin"] == 0.2
    assert (unknown.code, "it has chat" in unknown.err) == (2, True)
    assert (torn.code, "do not all hold one model" in torn.err) == (4, True)


ENGINE = """\
import json, sys, time
prompt, current, candidate = sys.argv[1:4]
with open("runs", "a") as runs:
    runs.write(prompt + "\\n")
time.sleep(0.05)
number = int(prompt.split()[-1])
half = {"text": f"<{number}>", "s": 0.5 + number / 1000, "usd": 0.01}
print(json.dumps({"a": half, "b": {**half, "s": 0.5 + number * 7 % 30 / 1000}}))
"""


def engine_runbook(folder: Path, *, mapped: bool) -> list[str]:
    jsonl(folder, text_cases(30))
    (folder / "engine.py").write_text(ENGINE, encoding="utf-8")
    for stage in ("staging", "global"):
        (folder / f"{stage}.env").write_text("MODEL=old\n", encoding="utf-8")
    engine: Body = {"command": [sys.executable, "engine.py", "{prompt}", "{current}", "{candidate}"]}
    if mapped:
        places = {at: {"text": f"/{at}/text", "latency_s": f"/{at}/s", "cost_usd": f"/{at}/usd"} for at in "ab"}
        engine["answers"] = {"current": places["a"], "candidate": places["b"]}
    lines = f"    variable: MODEL\n    engine: {json.dumps(engine)}\n    test_target: {{env_file: test.env}}\n"
    text = RUNBOOK.format(url="http://127.0.0.1:9/v1").replace("    variable: MODEL\n", lines)
    (folder / "r.yml").write_text(text, encoding="utf-8")
    (folder / "test.env").write_text("A=1\nMODEL=test/model\n", encoding="utf-8")
    return ["--runbook", "r.yml", "--candidate", "new", "--json", "-"]


async def test_a_runbooks_own_engine_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    args = engine_runbook(tmp_path, mapped=True)
    runs = tmp_path / "runs"
    process = await started(*args)
    while not runs.exists() or runs.read_text("utf-8").count("\n") < 8:  # noqa: ASYNC110 (another process writes)
        await asyncio.sleep(0.01)
    process.kill()
    await process.communicate()
    place = tmp_path / "test.env"
    assert place.read_text("utf-8") == "A=1\nMODEL=new\n"
    ended = await apart(*args)
    assert place.read_text("utf-8") == "A=1\nMODEL=test/model\n"
    assert (ended.code, ended.report["verdict"]) == (0, "pass"), ended.err
    assert "its tools may really run" in ended.err
    assert "test.env holds new while this runs; then test/model again." in " ".join(ended.err.split())
    asked = runs.read_text("utf-8").splitlines()
    assert set(asked) == {f"say {n}" for n in range(30)}
    assert len(asked) <= 30 + 3  # what was in flight is run again
    assert ended.report["dimensions"]["quality"]["n"] == 30
    assert ended.report["dimensions"]["cost"]["current"] == pytest.approx(0.01)


async def test_a_test_target_is_put_back_when_the_run_is_interrupted_or_fails(tmp_path: Path, diff: Diff) -> None:
    args = engine_runbook(tmp_path, mapped=True)
    place, runs = tmp_path / "test.env", tmp_path / "runs"
    place.write_text("A=1\n", encoding="utf-8")  # not set: to be unset again
    process = await started(*args)
    while not runs.exists():  # noqa: ASYNC110 (another process writes)
        await asyncio.sleep(0.01)
    assert place.read_text("utf-8") == "A=1\nMODEL=new\n"
    process.send_signal(signal.SIGINT)
    await process.communicate()
    assert process.returncode == 130
    assert place.read_text("utf-8") == "A=1\n"
    (tmp_path / "engine.py").write_text("import sys; sys.exit(3)", encoding="utf-8")
    assert (await diff(*args, "--fresh")).code == 4
    assert place.read_text("utf-8") == "A=1\n"
    assert json.loads((tmp_path / ".rotate" / "test-targets.json").read_text("utf-8")) == {}
    place.unlink()
    gone = await diff(*args)
    assert (gone.code, "there is no file" in gone.err) == (4, True)


async def test_an_engine_without_a_mapping_leaves_it_to_a_person(tmp_path: Path, diff: Diff) -> None:
    ended = await diff(*engine_runbook(tmp_path, mapped=False), "--html", "r.html", "--markdown", "r.md")
    assert ended.code == 3, ended.err
    report = ended.report
    assert "a person reads it and decides" in report["reason"]
    assert {found["verdict"] for found in report["dimensions"].values()} == {"not_tested"}
    assert len(report["outputs"]) == 5
    for file in ("r.html", "r.md"):
        page = (tmp_path / file).read_text("utf-8")
        assert "What the engine printed" in page
        assert "output for both models" in page
