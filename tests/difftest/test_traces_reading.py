"""Records of every form become the same exchanges; what cannot be used is counted, with lines where it is malformed."""

import gzip
import json
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.difftest.suite.located import MalformedFile
from bot.difftest.suite.traces import reading
from bot.difftest.suite.traces.exchange import Exchange, RecordedCall
from bot.difftest.suite.traces.reading import Counts, read_exchanges

DATA: Final = Path(__file__).parents[1] / "data" / "traces"


def read(path: Path, *by: str) -> tuple[list[Exchange], Counts]:
    counts = Counts()
    return list(read_exchanges(path, counts, by)), counts


def lines(folder: Path, *records: object) -> tuple[list[Exchange], Counts]:
    path = folder / "traffic.jsonl"
    path.write_text(
        "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in records), encoding="utf-8"
    )
    return read(path)


def test_the_current_conventions() -> None:
    found, counts = read(DATA / "otel-current.jsonl")
    assert (counts.usable, counts.malformed, counts.lines) == (26, 1, 19)
    assert counts.problems[0].line == 19
    assert counts.unusable == {
        "other spans than model calls": 10,
        "ended in an error": 1,
        "with pictures, sounds or files, which cannot be masked": 1,
    }
    first, second = found[:2]
    assert [message["role"] for message in first.messages] == ["system", "user"]
    assert first.calls == (RecordedCall("get_weather", '{"city": "Oslo", "unit": "c"}'),)
    assert first.tools[0]["name"] == "get_weather"
    assert first.parameters == {"temperature": 0.2, "max_tokens": 300}
    assert (first.conversation, first.labels) == ("conv-1", {"route": "weather", "tenant": "north"})
    assert [message["role"] for message in second.messages] == ["user", "assistant", "tool"]
    assert second.messages[2]["tool_call_id"] == "call_1"
    assert second.answer == "It rains in Oslo at 2 degrees."  # reasoning is no answer


def test_older_and_other_layouts_say_the_same() -> None:
    found, counts = read(DATA / "otel-older.jsonl")
    assert [str(exchange.messages[-1]["content"]) for exchange in found] == [
        "Capital of France?",
        "Capital of Peru?",
        "Capital of Norway?",
        "Capital of Egypt?",
        "Weather in Lima?",
        "Weather in Rome?",
        "Capital of Japan?",
    ]
    assert [exchange.answer for exchange in found] == ["Paris", "Lima", "Oslo", "Cairo", "", "", "Tokyo"]
    assert [[call.arguments for call in exchange.calls] for exchange in found[4:6]] == [
        ['{"city": "Lima"}'],
        ['{"city": "Rome"}'],
    ]
    assert all(exchange.tools for exchange in found[4:6])
    assert found[0].messages[0] == {"role": "system", "content": "Be short."}
    assert (found[3].conversation, found[3].labels) == ("s4", {"route": "quiz"})
    assert counts.unusable == {"without a recorded prompt": 2}


def test_logs_of_chat_completions() -> None:
    found, counts = read(DATA / "chat-logs.jsonl")
    assert counts.malformed == 3
    assert [problem.line for problem in counts.problems] == [46, 48, 49]
    assert counts.unusable == {
        "other calls than chat completions": 1,
        "ended in an error": 2,
        "in an unknown form": 1,
    }
    by_answer = {exchange.answer: exchange for exchange in found}
    litellm = by_answer["Buonasera"]
    assert litellm.labels == {"tenant": "travel", "tag": "translate"}
    assert litellm.parameters == {"temperature": 0.2}
    router = next(exchange for exchange in found if exchange.calls)
    assert router.messages == [{"role": "user", "content": "Book a table at 7 for Ada."}]
    assert (router.tool_choice, router.conversation) == ("auto", "or-1")
    assert by_answer["4"].messages == [{"role": "user", "content": "What is 2 + 2?"}]
    assert found[0].labels == {"route": "billing", "tenant": "t0"}


def test_a_label_of_ones_own(tmp_path: Path) -> None:
    row = {
        "request": {"messages": [{"role": "user", "content": "a"}]},
        "response": "b",
        "metadata": {"app": {"plan": "gold"}},
    }
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert read(path, "app.plan")[0][0].labels == {"app.plan": "gold"}
    assert read(path, "plan")[0][0].labels == {"plan": "gold"}
    assert read(path, "route")[0][0].labels == {}


def test_blocks_of_anthropic_and_results_without_ids(tmp_path: Path) -> None:
    messages = [
        {"role": "user", "content": "Weather?"},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "…"},
                {"type": "tool_use", "id": "u1", "name": "w", "input": {"a": 1}},
            ],
        },
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "u1", "content": [{"type": "text", "text": "rain"}]}],
        },
    ]
    (found,), _ = lines(
        tmp_path,
        {
            "request": {"messages": messages, "system": "Be kind."},
            "response": {"role": "assistant", "content": [{"type": "text", "text": "Rain."}]},
        },
    )
    assert [message["role"] for message in found.messages] == ["system", "user", "assistant", "tool"]
    assert found.messages[3] == {"role": "tool", "content": "rain", "tool_call_id": "u1"}
    assert found.answer == "Rain."
    nameless = [
        {"role": "user", "content": "x"},
        {"role": "assistant", "tool_calls": [{"function": {"name": "w", "arguments": "{}"}}]},
        {"role": "tool", "content": "y"},
    ]
    (second,), _ = lines(tmp_path, {"messages": nameless, "response": "z"})
    assert second.messages[2]["tool_call_id"] == "call_1"


def test_gzip_is_read_and_a_broken_one_said(tmp_path: Path) -> None:
    data = (DATA / "otel-older.jsonl").read_bytes()
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(data))
    assert read(path)[1].usable == 7
    path.write_bytes(gzip.compress(data)[:-20])
    with pytest.raises(MalformedFile, match="broken gzip"):
        read(path)


def test_no_file_and_a_folder_are_said(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.jsonl"):
        with pytest.raises(MalformedFile, match="cannot be read"):
            read(path)


def test_a_line_that_never_ends_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LONGEST_LINE", 1000)
    good = {"messages": [{"role": "user", "content": "a"}], "response": "b"}
    _, counts = lines(tmp_path, '"' + "x" * 5000, good)
    assert (counts.malformed, counts.usable) == (1, 1)
    assert counts.problems[0].line == 1


def test_only_the_first_ten_malformed_lines_are_kept(tmp_path: Path) -> None:
    _, counts = lines(tmp_path, *["{"] * 25)
    assert counts.malformed == 25
    assert [problem.line for problem in counts.problems] == list(range(1, 11))


def test_a_file_that_is_one_array_over_many_lines_says_what_is_expected(tmp_path: Path) -> None:
    _, counts = lines(tmp_path, "[", "{},", "]")
    assert "one record a line is expected" in counts.problems[0].what


def user(content: object) -> dict[str, object]:
    return {"role": "user", "content": content}


IMAGE: Final = {"type": "image_url", "image_url": {"url": "https://example.org/x.png"}}


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"messages": [user("a")]}, "without a recorded answer"),
        ({"messages": [{"role": "system", "content": "a"}], "response": "b"}, "without a user's message"),
        (
            {"messages": [user("a"), {"role": "assistant", "content": "b"}], "response": "c"},
            "not ending with what a model would answer",
        ),
        ({"messages": [user("a" * 300_000)], "response": "b"}, "longer than 256,000 characters"),
        ({"messages": [{"role": "wizard", "content": "a"}], "response": "b"}, "messages in an unknown form"),
        ({"messages": [user([IMAGE])], "response": "b"}, "with pictures, sounds or files, which cannot be masked"),
        ({"messages": [user("a")], "response": {"choices": []}}, "without a recorded answer"),
        ({"messages": [user("a")], "response": "b", "status_code": 500}, "ended in an error"),
        ({"messages": [3], "response": "b"}, "messages in an unknown form"),
        (
            {"messages": [user("a"), {"role": "tool", "content": "x"}], "response": "b"},
            "tool results without the calls they answer",
        ),
        ({"resourceSpans": [{"scopeSpans": 3}]}, "in an unknown form"),
        ({"resourceSpans": [None]}, "in an unknown form"),
        ({"custom_id": "x", "response": {"status_code": 200}}, "without a recorded prompt"),
    ],
)
def test_what_cannot_be_used_is_counted_with_its_reason(tmp_path: Path, record: Any, why: str) -> None:  # noqa: ANN401
    found, counts = lines(tmp_path, record)
    assert found == []
    assert counts.unusable == {why: 1}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "messages",
                    "role",
                    "content",
                    "parts",
                    "type",
                    "tool_calls",
                    "function",
                    "name",
                    "response",
                    "request",
                    "choices",
                    "message",
                    "attributes",
                    "events",
                    "resourceSpans",
                    "scopeSpans",
                    "spans",
                    "resource",
                    "key",
                    "value",
                    "gen_ai.input.messages",
                    "gen_ai.output.messages",
                    "gen_ai.prompt.0.content",
                    "status",
                    "metadata",
                    "tools",
                    "body",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@given(st.lists(JSON, max_size=5))
def test_records_nobody_foresaw_are_counted_and_end_nothing(
    tmp_path_factory: pytest.TempPathFactory, records: list[Any]
) -> None:
    found, counts = lines(tmp_path_factory.mktemp("any"), *map(json.dumps, records))
    assert counts.usable == len(found)
    assert counts.lines == len(records)
