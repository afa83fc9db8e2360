"""An engine of the operator's own: real child processes, a program written here that answers as one would."""

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.provider_command import MOST_BYTES, MOST_WAITING, CommandProvider, Half, Side, prompt_of
from bot.difftest.model.chat import ChatError, ChatRequest, Completion, ErrorClass, ErrorKind, ToolCall
from bot.runbook.models.external import EngineRun, External

OLD, NEW = "acme/old", "acme/new"
RUN = EngineRun(OLD, NEW, "default", "latest")

PROGRAM = """\
import json, os, sys
with open("runs.jsonl", "a") as runs:
    runs.write(json.dumps(sys.argv[1:]) + "\\n")
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
def half(model):
    return {
        "text": f"{model} on {given['--prompt']}",
        "calls": [{"name": "look", "arguments": {"a": 1}}],
        "ms": 1500,
        "usd": 0.002,
        "model": model,
    }
print(json.dumps({"a": half(given["--model-a"]), "b": half(given["--model-b"])}))
"""
ARGUMENTS = (
    *("--prompt", "{prompt}", "--model-a", "{current}", "--model-b", "{candidate}"),
    *("--registry-id", "{registry_id}", "--registry-version", "{registry_version}"),
)
PLACES = {
    arm: {
        "text": f"/{at}/text",
        "tool_calls": f"/{at}/calls",
        "latency_ms": f"/{at}/ms",
        "cost_usd": f"/{at}/usd",
        "model": f"/{at}/model",
        "error": f"/{at}/error",
    }
    for arm, at in (("current", "a"), ("candidate", "b"))
}


def engine(folder: Path, program: str = PROGRAM, arguments: Sequence[str] = ARGUMENTS, **more: object) -> External:
    file = folder / "diff-test.py"
    file.write_text(program, encoding="utf-8")
    written = {"command": [sys.executable, str(file), *arguments], "directory": str(folder), "answers": PLACES, **more}
    return External.model_validate(written)


def provider(made: External, **more: str) -> CommandProvider:
    return CommandProvider(made, RUN, environment={"PATH": "/usr/bin:/bin", **more}, secrets=more.values)


def asked(model: str, text: str = "hello", case: str = "c1") -> ChatRequest:
    return ChatRequest(model, ({"role": "user", "content": text},), case=case)


def runs(folder: Path) -> list[list[str]]:
    file = folder / "runs.jsonl"
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


async def both(command: CommandProvider, text: str = "hello") -> tuple[Completion, Completion]:
    old, new = await asyncio.gather(command.complete(asked(OLD, text)), command.complete(asked(NEW, text)))
    return old, new


async def failure(made: External, **more: str) -> ChatError:
    async with provider(made, **more) as command:
        with pytest.raises(ChatError) as caught:
            await command.complete(asked(OLD))
        with pytest.raises(ChatError) as other:
            await command.complete(asked(NEW))
    assert (other.value.kind, other.value.message) == (caught.value.kind, caught.value.message)
    return caught.value


async def test_one_run_answers_a_case_with_both_models(tmp_path: Path) -> None:
    async with provider(engine(tmp_path)) as command:
        old, new = await both(command)
    models = ("--prompt", "hello", "--model-a", OLD, "--model-b", NEW)
    assert runs(tmp_path) == [[*models, "--registry-id", "default", "--registry-version", "latest"]]
    assert (old.text, new.text) == (f"{OLD} on hello", f"{NEW} on hello")
    assert new.tool_calls == (ToolCall("look", '{"a": 1}'),)
    assert (new.latency_s, new.cost_usd, new.cost_source, new.served_model) == (1.5, 0.002, "provider", NEW)


async def test_the_second_model_may_ask_after_the_run_has_ended(tmp_path: Path) -> None:
    async with provider(engine(tmp_path)) as command:
        assert (await command.complete(asked(NEW))).text.startswith(NEW)
        assert (await command.complete(asked(OLD))).text.startswith(OLD)
        assert len(runs(tmp_path)) == 1
        await command.complete(asked(NEW))  # its half of that run is taken: this is another repeat
    assert len(runs(tmp_path)) == 2


@pytest.mark.parametrize(
    "prompt",
    [
        """it's "quoted" and `ticked`""",
        "two\nlines\r\n\tand a tab",
        "x; rm -rf ~ && echo $(whoami) | tee $HOME > /tmp/x",
        "--model-b acme/evil",
        "-rf",
        "{candidate} {prompt} {unknown} {{}}",
        "ünïcödé 🦜 \u202e",
        "*",
        "",
    ],
)
async def test_a_prompt_stays_one_argument_whatever_it_holds(tmp_path: Path, prompt: str) -> None:
    async with provider(engine(tmp_path)) as command:
        old, _ = await both(command, prompt)
    [argv] = runs(tmp_path)
    assert argv[:6] == ["--prompt", prompt, "--model-a", OLD, "--model-b", NEW]
    assert old.text == f"{OLD} on {prompt}"


async def test_many_cases_at_a_time_get_their_own_answers(tmp_path: Path) -> None:
    async with provider(engine(tmp_path)) as command:
        asks = [(model, f"question {n % 6}", f"c{n}") for n in range(12) for model in (OLD, NEW)]
        answers = await asyncio.gather(*(command.complete(asked(*one)) for one in asks))
    assert [answer.text for answer in answers] == [f"{model} on {text}" for model, text, _ in asks]
    assert len(runs(tmp_path)) == 12  # equal prompts of two cases are two runs


async def test_a_half_that_nobody_asks_for_is_dropped_in_the_end(tmp_path: Path) -> None:
    async with provider(engine(tmp_path, 'print(\'{"a": {"text": "x"}, "b": {"text": "x"}}\')')) as command:
        halves: dict[Side, Half] = {}
        task = asyncio.create_task(asyncio.sleep(0, halves))
        for n in range(3 * MOST_WAITING):
            command._offer("current", str(n % 7), task)
        assert len(command._waiting) == MOST_WAITING
        assert sum(map(len, command._by_key.values())) == MOST_WAITING
        await task


async def test_a_run_that_takes_too_long_is_ended_with_all_it_started(tmp_path: Path) -> None:
    child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    program = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}])\n"
        "open('child.pid', 'w').write(str(child.pid))\n"
        "print('about to wait', file=sys.stderr, flush=True)\n"
        "time.sleep(60)\n"
    )
    error = await failure(engine(tmp_path, program, time_limit="1s"))
    assert error.kind is ErrorKind.TIMEOUT
    assert "did not end within 1 s and was ended; its last words: about to wait" in error.message
    pid = (tmp_path / "child.pid").read_text("utf-8")
    for _ in range(100):
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text("utf-8").rpartition(")")[2].split()[0] == "Z":
            return
        await asyncio.sleep(0.02)
    pytest.fail("what the command had started still runs")


async def test_leaving_ends_what_still_runs(tmp_path: Path) -> None:
    program = "import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)\n"
    async with provider(engine(tmp_path, program)) as command:
        waiting = asyncio.ensure_future(command.complete(asked(OLD)))
        file = tmp_path / "pid"
        while not file.exists() or not file.read_text("utf-8"):  # noqa: ASYNC110 (another process writes it)
            await asyncio.sleep(0.01)
        waiting.cancel()
    assert not Path(f"/proc/{file.read_text('utf-8')}").exists()


async def test_another_status_tells_the_last_line_it_said_without_secrets(tmp_path: Path) -> None:
    program = "import os, sys\nprint('first', file=sys.stderr)\nsys.exit('no credit for ' + os.environ['THE_KEY'])\n"
    error = await failure(engine(tmp_path, program), THE_KEY="hush-hush-hush")
    assert error.kind.error_class is ErrorClass.INFRASTRUCTURE
    assert error.message.partition(": no credit for ")[0].endswith("ended with status 1")
    assert "hush" not in error.message
    assert "first" not in error.message


async def test_it_gets_the_named_variables_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    halves = "{'a': {'text': str('SLACK_BOT_TOKEN' in os.environ)}, 'b': {'text': os.environ['GIVEN']}}"
    program = f"import json, os\nprint(json.dumps({halves}))"
    async with provider(engine(tmp_path, program), GIVEN="yes, given") as command:
        old, new = await both(command)
    assert (old.text, new.text) == ("False", "yes, given")


@pytest.mark.parametrize(
    ("printed", "kind", "said"),
    [
        ("no json at all", ErrorKind.MALFORMED_RESPONSE, "printed no JSON document"),
        ("", ErrorKind.MALFORMED_RESPONSE, "printed no JSON document"),
        ("{}", ErrorKind.MALFORMED_RESPONSE, "has no text at /"),
        ("[" * 100_000, ErrorKind.MALFORMED_RESPONSE, "printed no JSON document"),
        ("x" * (MOST_BYTES + 1), ErrorKind.MALFORMED_RESPONSE, "more than"),
    ],
)
async def test_output_that_cannot_be_read(tmp_path: Path, printed: str, kind: ErrorKind, said: str) -> None:
    (tmp_path / "printed").write_text(printed, encoding="utf-8")
    async with provider(engine(tmp_path, "print(open('printed').read(), end='')")) as command:
        for model in (OLD, NEW):
            with pytest.raises(ChatError) as caught:
                await command.complete(asked(model))
            assert caught.value.kind is kind
            assert said in caught.value.message


async def test_one_models_own_error_is_that_models(tmp_path: Path) -> None:
    document = {"a": {"text": "fine", "error": None}, "b": {"text": "", "error": {"code": "no such tool"}}}
    (tmp_path / "printed").write_text(json.dumps(document), encoding="utf-8")
    async with provider(engine(tmp_path, "print(open('printed').read())")) as command:
        assert (await command.complete(asked(OLD))).text == "fine"
        with pytest.raises(ChatError) as caught:
            await command.complete(asked(NEW))
    assert caught.value.kind.error_class is ErrorClass.MODEL
    assert "no such tool" in caught.value.message


async def test_figures_that_are_missing_are_not_known(tmp_path: Path) -> None:
    calls = [{"id": "1", "type": "function", "function": {"name": "look", "arguments": '{"a":1}'}}]
    document = {"a": {"text": "x", "ms": "fast", "usd": True}, "b": {"text": None, "calls": calls, "usd": -1}}
    (tmp_path / "printed").write_text(json.dumps(document), encoding="utf-8")
    places = {arm: {key: at for key, at in found.items() if key != "tool_calls"} for arm, found in PLACES.items()}
    places["candidate"]["tool_calls"] = "/b/calls"
    async with provider(engine(tmp_path, "print(open('printed').read())", answers=places)) as command:
        old, new = await both(command)
    assert (old.latency_s, old.cost_usd, old.cost_source, old.served_model) == (None, None, "unknown", None)
    assert (new.text, new.tool_calls, new.cost_usd) == ("", (ToolCall("look", '{"a":1}', "1"),), None)


async def test_without_a_mapping_the_output_is_kept_as_it_is(tmp_path: Path) -> None:
    async with provider(engine(tmp_path, "print('A is better\\n  than B')", answers=None)) as command:
        old, new = await both(command)
    assert old == new
    assert (old.text, old.finish_reason, old.latency_s) == ("A is better\n  than B\n", "raw", None)


async def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    made = External.model_validate({"command": ["./no-such-program", "{prompt}"], "directory": str(tmp_path)})
    error = await failure(made)
    assert error.kind is ErrorKind.UNREACHABLE
    assert error.message == "`./no-such-program` could not be started: No such file or directory"


@pytest.mark.parametrize("prompt", ["a\0b", "x" * 4_000_000])
async def test_a_prompt_no_argument_can_hold_is_refused(tmp_path: Path, prompt: str) -> None:
    async with provider(engine(tmp_path)) as command:
        with pytest.raises(ChatError) as caught:
            await command.complete(asked(OLD, prompt))
    assert caught.value.kind is ErrorKind.BAD_REQUEST
    assert len(caught.value.message) < 500


def test_a_conversation_as_one_text() -> None:
    parts = [{"type": "text", "text": "and this"}, {"type": "image_url", "image_url": {"url": "x"}}]
    messages = ({"role": "system", "content": "be short"}, {"role": "user", "content": parts})
    request = ChatRequest(OLD, messages)  # type: ignore[arg-type]
    assert prompt_of(request) == "system: be short\n\nuser: and this\n(image_url)"
    assert prompt_of(ChatRequest(OLD, ({"role": "user", "content": "only this"},))) == "only this"


def test_another_command_or_mapping_is_another_run_and_another_limit_is_not(tmp_path: Path) -> None:
    one = engine(tmp_path)
    assert one.address == engine(tmp_path, time_limit=timedelta(seconds=5)).address
    others = [
        engine(tmp_path, arguments=("{prompt}",)),
        engine(tmp_path, answers=None),
        engine(tmp_path, directory="/"),
    ]
    assert len({one.address, *(other.address for other in others)}) == 4


@pytest.mark.parametrize("end", ["sys.exit(1)", "print('no json')", "time.sleep(60)"])
async def test_what_it_says_can_be_told_apart_from_how_it_ended(tmp_path: Path, end: str) -> None:
    program = f"import sys, time\nprint('cannot do', sys.argv[2], file=sys.stderr, flush=True)\n{end}\n"
    made = engine(tmp_path, program, time_limit="500ms")
    async with provider(made) as command:
        with pytest.raises(ChatError) as caught:
            await command.complete(asked(OLD, "the secret question"))
    assert "secret question" in caught.value.message
    assert "secret question" not in caught.value.bare
    assert caught.value.message.startswith(caught.value.bare)
