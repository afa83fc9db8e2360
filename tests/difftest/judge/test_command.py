"""`rotate diff` with a judge: the contract, its own endpoint and key, going on after kills."""

import asyncio
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.cli.main import run
from tests.difftest.judge.making import better, blocks_in
from tests.difftest.provider_server import Body, ProviderServer, Reply, refuse, serving

JUDGE = "neutral/umpire-1"


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A working directory of its own, no keys."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    for name in ("OPENAI_API_KEY", "OPENROUTER_API_KEY", "XDG_STATE_HOME", "JUDGE_KEY"):
        monkeypatch.delenv(name, raising=False)


def written(folder: Path, n: int = 60, **judge: str) -> Path:
    rows = [
        {
            "id": f"c{i}",
            "messages": [{"role": "user", "content": f"say {i}"}],
            "assert": [{"type": "llm-rubric", "value": "says the number"}],
        }
        for i in range(n)
    ]
    path = folder / "suite.json"
    path.write_text(json.dumps({"name": "chat", "judge": {"model": JUDGE, **judge}, "cases": rows}), encoding="utf-8")
    return path


def options(server: ProviderServer, suite: Path, *more: str) -> list[str]:
    asked = ["--base-url", server.base_url, "--current", "old", "--candidate", "new", "--suite", str(suite)]
    return [*asked, "--concurrency", "4", "--margin", "latency=4", "--primary", "quality", *more]


def script(worse: Callable[[int], bool] = lambda _: False, delay_s: float = 0.0) -> Callable[[Body], Reply]:
    """Both models say the number in their own words, the new one not where it is worse; the judge looks for it."""

    def answer(body: Body) -> Reply:
        asked = body["messages"][-1]["content"]
        if body["model"] != JUDGE:
            number = int(asked.split()[-1])
            said = "nothing" if body["model"] == "new" and worse(number) else f"<{number}>"
            return Reply(f"{body['model']}: {said}", delay_s=delay_s)
        blocks = blocks_in(asked)
        right = f"<{blocks['CONVERSATION'].split()[-1]}>"
        first, second = (right in blocks[f"{place} ANSWER"] for place in ("FIRST", "SECOND"))
        return Reply(better("tie" if first is second else "first" if first else "second"), delay_s=delay_s)

    return answer


async def command(*args: str) -> tuple[int, dict[str, Any], str]:
    process = await started(*args)
    out, err = await process.communicate()
    assert b"Traceback" not in err, err.decode()
    return process.returncode or 0, dict(json.loads(out or b"{}")), err.decode()


async def started(*args: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from bot.cli.main import main; main()", "diff", *args, "--json", "-"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.mark.timeout(180)  # five processes, one after the other
async def test_kills_lose_only_the_calls_in_flight_and_change_nothing(tmp_path: Path) -> None:
    async with serving(script(lambda n: n % 6 == 0)) as server:
        _, whole, err = await command(*options(server, written(tmp_path)))
        assert len(server.requests) == 264
    assert "264 calls (at most 144 of them to the judge)" in err
    (tmp_path / ".rotate" / "comparisons.db").unlink()
    async with serving(script(lambda n: n % 6 == 0, delay_s=0.02)) as server:
        for most in (30, 75, 150):
            process = await started(*options(server, tmp_path / "suite.json"))
            await server.asked(most)
            process.send_signal(signal.SIGKILL)
            await process.communicate()
        code, report, err = await command(*options(server, tmp_path / "suite.json"))
        seen = len(server.requests)
    assert "Goes on from an earlier run" in err
    assert (code, report["calls"]) == (1, 264)
    assert 0 < report["repeated_calls"] <= 12
    assert seen <= 264 + report["repeated_calls"]
    assert (report["judge"], report["dimensions"]["quality"]) == (whole["judge"], whole["dimensions"]["quality"])
    assert report["judge"]["losses"] == 10
    assert report["cost_usd"] == pytest.approx(0.264)


async def test_a_judge_with_an_endpoint_and_a_key_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(script()) as server, serving(script()) as other:
        suite = written(tmp_path, 4, base_url=other.base_url, api_key_env="JUDGE_KEY")
        code, _, err = await command(*options(server, suite))
        assert (code, "JUDGE_KEY is not set; it holds the API key for the suite's judge" in err) == (2, True)
        monkeypatch.setenv("JUDGE_KEY", "sk-judge-000000000000")
        code, report, _ = await command(*options(server, suite))
        assert (code, report["judge"]["ties"], len(server.requests), len(other.requests)) == (3, 4, 8, 8)
        assert {headers.get("Authorization") for headers in other.headers} == {"Bearer sk-judge-000000000000"}
        assert {headers.get("Authorization") for headers in server.headers} == {None}


async def test_a_judge_elsewhere_is_sent_no_key_that_is_not_named_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_KEY", "sk-test-000000000000")
    async with serving(script()) as server, serving(script()) as other:
        suite = written(tmp_path, 2, base_url=other.base_url)
        await command(*options(server, suite, "--api-key-env", "SOME_KEY"))
        assert {headers.get("Authorization") for headers in server.headers} == {"Bearer sk-test-000000000000"}
        assert {headers.get("Authorization") for headers in other.headers} == {None}


async def test_the_judges_key_that_is_refused_is_told_as_the_judges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUDGE_KEY", "sk-judge-000000000000")
    async with serving(script()) as server, serving() as other:
        other.faults.extend(
            [refuse(401, {"error": {"message": "Incorrect API key provided: sk-judge-000000000000"}})] * 99
        )
        suite = written(tmp_path, base_url=other.base_url, api_key_env="JUDGE_KEY")
        code, report, err = await command(*options(server, suite))
    assert (code, report["verdict"], report["judge"]) == (4, None, None)
    assert "it is the judge's key, which is in JUDGE_KEY" in err
    assert "sk-judge-000000000000" not in err + json.dumps(report)


def test_a_rubric_without_a_judge_is_an_error_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "suite.yml"
    path.write_text(
        """\
judge:
  modle: x
  base_url: nowhere
cases:
- id: a
  messages: [{role: user, content: x}]
  assert: [{type: llm-rubric, value: ""}]
""",
        encoding="utf-8",
    )
    asked = ["diff", "--base-url", "http://127.0.0.1:1/v1", "--current", "a", "--candidate", "b", "--suite", str(path)]
    assert run(asked) == 2
    told = capsys.readouterr().err
    assert "suite.yml:2: judge.modle: 'modle' is no known field; did you mean model?" in told
    assert "judge.model: is missing" in told
    assert "suite.yml:3: judge.base_url" in told
    assert "suite.yml:7: cases[0].assert[0].value: llm-rubric: a text" in told
    path.write_text(
        path.read_text(encoding="utf-8").partition("cases:")[2].join(["cases:", ""]).replace('""', "fine"),
        encoding="utf-8",
    )
    assert run(asked) == 2
    told = capsys.readouterr().err
    assert "suite.yml:4: cases[0].assert[0].type: llm-rubric needs a judge: write `judge: {model: ...}`" in told
