"""The OpenAI-compatible provider against a real server: streams with every quirk, every error class, honest times."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from bot.adapters.addresses import is_loopback
from bot.adapters.prices_genai import list_price_usd
from bot.adapters.provider_openai import OpenAIProvider
from bot.adapters.provider_openai_errors import retry_after_s
from bot.adapters.provider_openai_stream import ServerSentEvents, ToolCallDeltas
from bot.difftest.model.chat import ChatError, ChatRequest, Completion, ErrorClass, ErrorKind
from bot.sandbox.provider.server import Provider
from bot.sandbox.world import World
from tests.difftest.provider_server import Body, Fault, ProviderServer, Reply, delta, hang_up, refuse, send, serving

ASKED = ChatRequest("acme/new", ({"role": "user", "content": "hello there"},))


async def complete(server: ProviderServer, *faults: Fault, **settings: Any) -> Completion:  # noqa: ANN401
    server.faults.extend(faults)
    async with OpenAIProvider(server.base_url, **settings) as provider:
        return await provider.complete(ASKED)


async def error_of(*faults: Fault, **settings: Any) -> ChatError:  # noqa: ANN401
    async with serving() as server:
        with pytest.raises(ChatError) as caught:
            await complete(server, *faults, **settings)
        return caught.value


async def test_a_streamed_answer() -> None:
    async with serving() as server:
        answer = await complete(server)
    assert (answer.text, answer.finish_reason, answer.tool_calls) == ("echo hello there", "stop", ())
    assert (answer.prompt_tokens, answer.completion_tokens) == (12, 5)
    assert (answer.cost_usd, answer.cost_source, answer.served_model) == (0.001, "provider", "acme/new")
    assert answer.ttft_s is not None
    assert 0 < answer.ttft_s <= (answer.latency_s or 0)
    sent = server.requests[0]
    assert (sent["model"], sent["stream"], sent["stream_options"]) == ("acme/new", True, {"include_usage": True})
    assert "tools" not in sent


async def test_parameters_tools_and_the_key_are_sent() -> None:
    asked = ChatRequest("m", ASKED.messages, ({"type": "function"},), "required", {"temperature": 0})
    async with serving() as server, OpenAIProvider(server.base_url + "/", "sk-secret-key") as provider:
        await provider.complete(asked)
        assert "sk-secret-key" not in repr(provider)
    sent = server.requests[0]
    assert (sent["temperature"], sent["tools"], sent["tool_choice"]) == (0, [{"type": "function"}], "required")
    assert server.headers[0]["Authorization"] == "Bearer sk-secret-key"


async def test_a_server_that_answers_in_one_piece_though_asked_to_stream() -> None:
    async with serving() as server:
        plain = {"model": "acme/new", "choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]}
        answer = await complete(server, refuse(200, plain))
    assert (answer.text, answer.ttft_s, answer.cost_usd, answer.cost_source) == ("hi", None, None, "unknown")


@pytest.mark.parametrize(
    ("said", "asked_for_usage"),
    [("stream_options is not supported", True), ("streaming is not supported here", False)],
)
async def test_an_endpoint_that_refuses_to_be_asked_this_way(said: str, asked_for_usage: bool) -> None:
    async with serving() as server, OpenAIProvider(server.base_url) as provider:
        server.faults.append(refuse(400, {"error": {"message": said}}))
        with pytest.raises(ChatError) as caught:
            await provider.complete(ASKED)
        assert caught.value.kind is ErrorKind.STREAM_REFUSED
        answer = await provider.complete(ASKED)
        assert answer.text == "echo hello there"
        await provider.complete(ASKED)
    assert [("stream" in sent, "stream_options" in sent) for sent in server.requests] == [
        (True, True),
        (asked_for_usage, False),
        (asked_for_usage, False),
    ]


async def test_calls_in_flight_together_learn_of_a_refusal_apart() -> None:
    async with serving() as server, OpenAIProvider(server.base_url) as provider:
        server.faults.extend([refuse(400, {"error": {"message": "unknown field stream_options"}})] * 2)
        first = await asyncio.gather(provider.complete(ASKED), provider.complete(ASKED), return_exceptions=True)
        assert all(isinstance(e, ChatError) and e.kind is ErrorKind.STREAM_REFUSED for e in first)
        assert (await provider.complete(ASKED)).ttft_s is not None


# What arrives in a stream


async def test_comments_roles_reasoning_and_nulls_are_no_content() -> None:
    async with serving() as server:
        moments = iter(range(100))
        answer = await complete(
            server,
            send(
                b": OPENROUTER PROCESSING\n\n",
                delta({"role": "assistant", "content": "", "tool_calls": None}),
                delta({"reasoning": "let me think", "reasoning_content": "hm"}),
                delta({"content": None}),
                delta({"content": "yes"}),
                delta({"content": " sir"}, finish_reason="stop"),
                {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}},
                "[DONE]",
            ),
            monotonic=lambda: float(next(moments)),
        )
    assert answer.text == "yes sir"
    # The clock ticks at each reading: request, connection, then once a chunk.
    assert (answer.ttft_s, answer.latency_s) == (4.0, 5.0)


async def test_events_cut_anywhere_and_ended_in_any_way() -> None:
    raw = 'data: {"a": "é"}\r\n\r\n: comment\n\nevent: x\nid: 3\ndata:{"b":\ndata: 1}\n\ndata: [DONE]'.encode()
    for size in (1, 2, 3, 7, len(raw)):
        events = ServerSentEvents()
        found = [data for start in range(0, len(raw), size) for data in events.feed(raw[start : start + size])]
        assert [*found, *events.end()] == ['{"a": "é"}', '{"b":\n1}', "[DONE]"]


def call(index: int | None = None, call_id: str | None = None, name: str | None = None, args: Any = None) -> Body:  # noqa: ANN401
    entry: Body = {"function": {}}
    entry |= {} if index is None else {"index": index}
    entry |= {} if call_id is None else {"id": call_id, "type": "function"}
    entry["function"] |= {} if name is None else {"name": name}
    entry["function"] |= {} if args is None else {"arguments": args}
    return entry


F1, F2 = ("f", '{"a": 1}'), ("g", '{"b": 2}')


@pytest.mark.parametrize(
    ("deltas", "expected"),
    [
        ([call(0, "x", "f", ""), call(0, args='{"a"'), call(0, args=": 1}")], [F1]),
        ([call(0, "x", "f", '{"a": 1}'), call(1, "y", "g", '{"b": 2}')], [F1, F2]),
        ([call(0, "x", "f", '{"a"'), call(1, "y", "g", '{"b"'), call(0, args=": 1}"), call(1, args=": 2}")], [F1, F2]),
        ([call(None, "x", "f", '{"a": 1}'), call(None, "y", "g", '{"b": 2}')], [F1, F2]),
        ([call(None, "", "f", '{"a": 1}'), call(None, "", "f", '{"a": 2}')], [F1, ("f", '{"a": 2}')]),
        ([call(None, "x", "f", '{"a"'), call(None, args=": 1}")], [F1]),
        ([call(0, "x", "f", '{"a": 1}'), call(0, "y", "g", '{"b": 2}')], [F1, F2]),
        (
            [
                call(0, "x", "f", '{"a"'),
                call(0, "y", "g", '{"b"'),
                call(0, "x", args=": 1}"),
                call(0, "y", args=": 2}"),
            ],
            [F1, F2],
        ),
        ([call(0, "", "f", '{"a": 1}'), call(0, "", "g", '{"b": 2}')], [F1, F2]),
        ([call(0, "x", "f", ""), call(1, args='{"a"'), call(2, args=": 1}")], [F1]),
        ([call(0, "x", "f", '{"a"'), call(0, "x", "f", ": 1}")], [F1]),
        ([call(0, "x", "f", ""), call(3, "x", "f", '{"a": 1}')], [F1]),
        ([call(0, "x", "f", ""), call(0, "x", "f", "")], [("f", "")]),
        ([call(0, "x", "f", {"a": 1})], [F1]),
        ([call(0, "x", "ge", ""), call(0, None, "t_it", ""), call(0, args="{}")], [("get_it", "{}")]),
        ([call(0, "x", "f"), {"index": 0, "function": None}, {"index": 0}, None, call(0, args='{"a": 1}')], [F1]),
    ],
    ids=[
        "by index",
        "whole at once",
        "interleaved",
        "no index",
        "no index, empty ids",
        "no index, no id in the rest",
        "all index 0",
        "all index 0, interleaved by id",
        "all index 0, empty ids",
        "drifting index",
        "id in each chunk",
        "drifting index with id",
        "no arguments",
        "arguments as an object",
        "name in pieces",
        "nulls between",
    ],
)
async def test_streamed_tool_calls(deltas: list[Body], expected: list[tuple[str, str]]) -> None:
    calls = ToolCallDeltas()
    for entry in deltas:
        calls.feed(entry)
    assert [(made.name, made.arguments) for made in calls.result()] == expected
    # The same through the wire, one entry a chunk, and all in one chunk.
    apart = [delta({"tool_calls": [entry]}) for entry in deltas]
    for pieces in (apart, [delta({"tool_calls": deltas})]):
        async with serving() as server:
            answer = await complete(server, send(*pieces, delta({}, finish_reason="tool_calls"), "[DONE]"))
        assert [(made.name, made.arguments) for made in answer.tool_calls] == expected
        assert answer.ttft_s is not None


async def test_legacy_function_call_and_calls_of_a_whole_answer() -> None:
    legacy = [
        delta({"function_call": {"name": "f", "arguments": '{"a"'}}),
        delta({"function_call": {"arguments": ": 1}"}}),
    ]
    async with serving() as server:
        answer = await complete(server, send(*legacy, delta({}, finish_reason="function_call")))
        assert [(made.name, made.arguments) for made in answer.tool_calls] == [F1]
        message = {
            "content": None,
            "tool_calls": [{"id": "x", **call(name="f", args='{"a": 1}')}, call(name="f", args="")],
        }
        answer = await complete(server, refuse(200, {"choices": [{"message": message, "finish_reason": "tool_calls"}]}))
        assert [(made.name, made.arguments) for made in answer.tool_calls] == [F1, ("f", "")]


async def test_content_in_parts() -> None:
    async with serving() as server:
        parts = [{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}]
        answer = await complete(server, send(delta({"content": parts}, finish_reason="stop")))
    assert answer.text == "ab"


# Errors


def said(message: str, **fields: Any) -> Body:  # noqa: ANN401
    return {"error": {"message": message, **fields}}


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (refuse(408), ErrorKind.TIMEOUT),
        (refuse(409), ErrorKind.SERVER_ERROR),
        (refuse(425), ErrorKind.SERVER_ERROR),
        (refuse(499), ErrorKind.SERVER_ERROR),
        (refuse(429), ErrorKind.RATE_LIMITED),
        (refuse(500), ErrorKind.SERVER_ERROR),
        (refuse(502, "<html>bad gateway</html>"), ErrorKind.SERVER_ERROR),
        (refuse(503), ErrorKind.OVERLOADED),
        (refuse(504), ErrorKind.TIMEOUT),
        (refuse(524), ErrorKind.TIMEOUT),
        (refuse(529), ErrorKind.OVERLOADED),
        (send(delta({"content": "a"}), said("overloaded", code=502)), ErrorKind.SERVER_ERROR),
        (send(delta({"content": "a"}), said("boom")), ErrorKind.STREAM_ERROR),
        (send(delta({"content": "a"}, finish_reason="error")), ErrorKind.STREAM_ERROR),
        (send(delta({"content": "a"})), ErrorKind.STREAM_CUT),
        (send(delta({"content": "a"}), "[DONE]"), ErrorKind.STREAM_CUT),
        (hang_up(delta({"content": "a"})), ErrorKind.STREAM_CUT),
        (send("[DONE]"), ErrorKind.NO_CHOICES),
        (send({"choices": [], "usage": {}}, "[DONE]"), ErrorKind.NO_CHOICES),
        (refuse(200, {"choices": []}), ErrorKind.NO_CHOICES),
        (refuse(200, {"choices": None}), ErrorKind.NO_CHOICES),
        (refuse(200, said("upstream", code=503)), ErrorKind.OVERLOADED),
        (refuse(200, said("x", code="rate_limit_exceeded")), ErrorKind.RATE_LIMITED),
        (refuse(200, said("x", metadata={"error_type": "provider_overloaded"})), ErrorKind.OVERLOADED),
        (refuse(200, {"choices": [{"error": {"code": 502, "message": "x"}}]}), ErrorKind.SERVER_ERROR),
        (refuse(200, said("x", metadata={"error_type": "provider_unavailable"})), ErrorKind.OVERLOADED),
        (refuse(200, said("x", metadata={"error_type": "timeout"})), ErrorKind.TIMEOUT),
        (refuse(200, said("x", code="502")), ErrorKind.SERVER_ERROR),
        (send(delta({"content": "a"}), said("x", code="server_error"), "[DONE]"), ErrorKind.STREAM_ERROR),
        (send(b": OPENROUTER PROCESSING\n\n", said("x", code=503)), ErrorKind.OVERLOADED),
        (send(delta({"content": "a"}, finish_reason="error", **said("x", code=529)), "[DONE]"), ErrorKind.OVERLOADED),
        (send({"choices": [{"delta": {}, "error": {"code": 504, "message": "x"}}]}), ErrorKind.TIMEOUT),
        (send(delta({"tool_calls": [call(0, "x", "f", '{"a"')]}), "[DONE]"), ErrorKind.STREAM_CUT),
        (send("not json"), ErrorKind.MALFORMED_RESPONSE),
        (send("[1]"), ErrorKind.MALFORMED_RESPONSE),
    ],
)
async def test_infrastructure_errors(fault: Fault, kind: ErrorKind) -> None:
    error = await error_of(fault)
    assert (error.kind, error.kind.error_class) == (kind, ErrorClass.INFRASTRUCTURE)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (refuse(401, said("Incorrect API key")), ErrorKind.UNAUTHORISED),
        (refuse(402, said("Insufficient credits")), ErrorKind.PAYMENT_REQUIRED),
        (refuse(403, said("You may not use this model")), ErrorKind.FORBIDDEN),
        (refuse(404, said("No endpoints found matching your data policy")), ErrorKind.FORBIDDEN),
        (refuse(429, said("You exceeded your quota", code="insufficient_quota")), ErrorKind.PAYMENT_REQUIRED),
        (refuse(400, said("API key not valid. Please pass a valid API key.")), ErrorKind.UNAUTHORISED),
        (refuse(400, said("Your credit balance is too low")), ErrorKind.PAYMENT_REQUIRED),
        (refuse(302, "moved", Location="https://example.com/"), ErrorKind.WRONG_ADDRESS),
        (refuse(405, "405: Method Not Allowed"), ErrorKind.WRONG_ADDRESS),
        (send(delta({"content": "a"}), said("out of credit", code=402)), ErrorKind.PAYMENT_REQUIRED),
        (refuse(200, said("x", metadata={"error_type": "payment_required"})), ErrorKind.PAYMENT_REQUIRED),
        (refuse(404, said("No allowed providers are available for the selected model.")), ErrorKind.NO_PROVIDER),
    ],
)
async def test_account_errors(fault: Fault, kind: ErrorKind) -> None:
    error = await error_of(fault)
    assert (error.kind, error.kind.error_class) == (kind, ErrorClass.ACCOUNT)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (refuse(400, said("messages: wrong")), ErrorKind.BAD_REQUEST),
        (refuse(422, said("temperature must be 1")), ErrorKind.BAD_REQUEST),
        (refuse(400, said("too long", code="context_length_exceeded")), ErrorKind.CONTEXT_LENGTH),
        (refuse(400, said("This model's maximum context length is 8192 tokens")), ErrorKind.CONTEXT_LENGTH),
        (refuse(413), ErrorKind.CONTEXT_LENGTH),
        (refuse(404, said("The model `x` does not exist", code="model_not_found")), ErrorKind.MODEL_NOT_FOUND),
        (refuse(404, "Not Found"), ErrorKind.MODEL_NOT_FOUND),
        (refuse(410), ErrorKind.MODEL_NOT_FOUND),
        (refuse(400, said("acme/x is not a valid model ID")), ErrorKind.MODEL_NOT_FOUND),
        (refuse(400, said("The model acme/x has been deprecated")), ErrorKind.MODEL_NOT_FOUND),
        (refuse(404, said("No endpoints found that support tool use.")), ErrorKind.UNSUPPORTED),
        (refuse(403, said("Your input was flagged", metadata={"reasons": ["violence"]})), ErrorKind.CONTENT_FILTER),
        (refuse(400, said("x", code="content_policy_violation")), ErrorKind.CONTENT_FILTER),
        (refuse(404, said("No endpoints found that can handle the requested parameters.")), ErrorKind.UNSUPPORTED),
        (refuse(200, said("x", metadata={"error_type": "refusal"})), ErrorKind.REFUSAL),
        (refuse(200, said("x", metadata={"error_type": "invalid_request"})), ErrorKind.BAD_REQUEST),
        (refuse(200, said("x", metadata={"error_type": "context_length_exceeded"})), ErrorKind.CONTEXT_LENGTH),
        (send(said("x", metadata={"error_type": "content_policy_violation"})), ErrorKind.CONTENT_FILTER),
    ],
)
async def test_errors_of_the_model(fault: Fault, kind: ErrorKind) -> None:
    error = await error_of(fault)
    assert (error.kind, error.kind.error_class) == (kind, ErrorClass.MODEL)


@pytest.mark.parametrize(
    ("fault", "kind", "text"),
    [
        (send(delta({"content": "half"}, finish_reason="length")), ErrorKind.LENGTH, "half"),
        (send(delta({"content": "half"}, finish_reason="content_filter")), ErrorKind.CONTENT_FILTER, "half"),
        (send(delta({"refusal": "I will not"}, finish_reason="stop")), ErrorKind.REFUSAL, "I will not"),
    ],
)
async def test_answers_the_model_broke_off_keep_what_there_was(fault: Fault, kind: ErrorKind, text: str) -> None:
    async with serving() as server:
        answer = await complete(server, fault)
    assert (answer.error, answer.text) == (kind, text)


async def test_a_connection_lost_after_the_answer_was_finished_loses_nothing() -> None:
    async with serving() as server:
        answer = await complete(server, hang_up(delta({"content": "all"}, finish_reason="stop")))
    assert answer.text == "all"


async def test_a_stream_that_stalls_is_out_of_time_and_not_an_answer() -> None:
    async def stalls(request: Any, _body: Body) -> Any:  # noqa: ANN401
        response = await send(delta({"content": "a"}))(request, {})
        await asyncio.sleep(30)
        return response

    error = await error_of(stalls, timeout_s=0.2)
    assert (error.kind, error.message) == (ErrorKind.TIMEOUT, "no complete answer within 0.2 s")


# Whole answers

WHOLE = replace(ASKED, stream=False)


async def test_a_whole_answer() -> None:
    made = {"id": "x", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    async with serving(lambda _: Reply("hi", [made], "tool_calls")) as server:
        async with OpenAIProvider(server.base_url) as provider:
            answer = await provider.complete(WHOLE)
        sent, headers = server.requests[0], server.headers[0]
    assert (answer.text, [one.arguments for one in answer.tool_calls], answer.ttft_s) == ("hi", ['{"a": 1}'], None)
    assert (answer.cost_usd, answer.cost_source, answer.served_model) == (0.001, "provider", "acme/new")
    assert ("stream" in sent, "stream_options" in sent, headers["Accept"]) == (False, False, "application/json")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (said("x", code=503), ErrorKind.OVERLOADED),
        ({"choices": [{"error": {"code": 502, "message": "x"}}]}, ErrorKind.SERVER_ERROR),
        ({"choices": [{"message": {"content": "half"}, "finish_reason": "error"}]}, ErrorKind.STREAM_ERROR),
        ({"choices": []}, ErrorKind.NO_CHOICES),
        ("<html>", ErrorKind.MALFORMED_RESPONSE),
        ("", ErrorKind.MALFORMED_RESPONSE),
    ],
)
async def test_errors_inside_a_whole_answer(body: Body | str, kind: ErrorKind) -> None:
    async with serving() as server, OpenAIProvider(server.base_url) as provider:
        server.faults.append(refuse(200, body))
        with pytest.raises(ChatError) as caught:
            await provider.complete(WHOLE)
    assert (caught.value.kind, caught.value.kind.error_class) == (kind, ErrorClass.INFRASTRUCTURE)


async def test_whole_answers_after_blanks_or_as_a_stream_in_spite_of_it() -> None:
    text = json.dumps({"provider": "Acme", "choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]})
    async with serving() as server, OpenAIProvider(server.base_url) as provider:
        server.faults.extend([refuse(200, f"\n  \n\n{text}"), send(delta({"content": "hi"}, finish_reason="stop"))])
        padded, streamed = await provider.complete(WHOLE), await provider.complete(WHOLE)
    assert (padded.text, padded.served_provider, streamed.text) == ("hi", "Acme", "hi")


# Getting ready


async def test_the_way_is_warmed_without_key_or_cost_and_the_client_adds_little() -> None:
    async with serving() as server, OpenAIProvider(server.base_url, "sk-secret-key") as provider:
        for stream in (True, False):
            overhead = await provider.prepare(4, stream=stream)
            assert overhead is not None
            assert 0 <= overhead.p50_ms <= overhead.p95_ms
        await provider.complete(ASKED)
        assert len(server.connections) == 1
    assert server.seen == [("HEAD", "/v1/models", False)] * 2 + [("POST", "/v1/chat/completions", True)]


async def test_an_endpoint_is_asked_for_a_price_that_no_list_has_and_for_no_other() -> None:
    sandbox = World(provider=Provider())
    await sandbox.start()
    facts = sandbox.facts()
    try:
        models = ("acme/sable-4", "acme/sable-9")
        async with OpenAIProvider(facts["provider_url"], facts["provider_key"], models=models) as provider:
            assert provider.price("acme/sable-4", 1000, 1000) is None
            await provider.prepare(1, stream=True)
            assert provider.price("acme/sable-4", 1000, 1000) == pytest.approx(0.002)
            assert provider.price("acme/sable-4:nitro", 1000, 1000) == provider.price("acme/sable-4", 1000, 1000)
            assert provider.price("acme/sable-9", 1000, 1000) is None
    finally:
        await sandbox.stop()
    async with serving() as server, OpenAIProvider(server.base_url, "k", models=("gpt-4o-mini",)) as provider:
        await provider.prepare(1, stream=True)
        assert [method for method, _, _ in server.seen] == ["HEAD"]


async def test_an_endpoint_that_is_away_is_left_to_the_first_call() -> None:
    async with serving() as server:
        gone = server.base_url
    for url, models in ((gone, ()), (gone, ("acme/new",)), ("no url", ()), ("no url", ("acme/new",))):
        async with OpenAIProvider(url, models=models) as provider:
            assert await provider.prepare(1, stream=True) is not None


async def test_nobody_there_and_nobody_in_time() -> None:
    async with serving() as server:
        gone = server.base_url
    async with OpenAIProvider(gone) as provider:
        with pytest.raises(ChatError) as caught:
            await provider.complete(ASKED)
    assert caught.value.kind is ErrorKind.UNREACHABLE
    async with serving(lambda _: Reply("late", delay_s=5)) as server:
        with pytest.raises(ChatError) as late:
            await complete(server, timeout_s=0.1)
    assert late.value.kind is ErrorKind.TIMEOUT


async def test_a_server_that_keeps_the_connection_open_after_the_end_is_not_waited_for() -> None:
    async def linger(request: Any, _body: Body) -> Any:  # noqa: ANN401
        response = await send(delta({"content": "a"}, finish_reason="stop"), "[DONE]")(request, {})
        await asyncio.sleep(30)
        return response

    async with serving() as server:
        answer = await asyncio.wait_for(complete(server, linger), 5)
    assert answer.text == "a"
    assert answer.latency_s is not None
    assert answer.latency_s < 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}, 60.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers, now_epoch_s=40.0) == seconds


async def test_the_wait_a_server_asks_for_is_told() -> None:
    assert (await error_of(refuse(429, Retry_After="7"))).retry_after_s == 7.0


async def test_a_key_echoed_by_the_server_is_in_no_message() -> None:
    key = "sk-live-0123456789abcdef"
    error = await error_of(refuse(401, said(f"Incorrect API key provided: {key}. Bearer {key}")), api_key=key)
    assert key not in error.message
    assert key not in str(error)
    assert "Incorrect API key" in error.message


# Times, connections, money


async def test_times_cover_the_server_and_connections_are_kept() -> None:
    async with serving(lambda _: Reply("x", delay_s=0.05)) as server, OpenAIProvider(server.base_url) as provider:
        first = await provider.complete(ASKED)
        second = await provider.complete(ASKED)
    assert len(server.connections) == 1
    for answer in (first, second):
        assert (answer.latency_s or 0) >= 0.05


async def test_a_rate_holds_calls_back_before_their_time_begins() -> None:
    async with serving() as server, OpenAIProvider(server.base_url, requests_per_second=2) as provider:
        began = provider.monotonic()
        answers = await asyncio.gather(*(provider.complete(ASKED) for _ in range(4)))
        assert provider.monotonic() - began > 0.9
    assert max(answer.latency_s or 9 for answer in answers) < 0.9


async def test_the_bill_comes_before_the_list_and_the_users_own_upstream_key_is_counted() -> None:
    def used(**usage: Any) -> Fault:  # noqa: ANN401
        tokens = {"prompt_tokens": 1000, "completion_tokens": 1000}
        return send(delta({"content": "a"}, finish_reason="stop"), {"choices": [], "usage": {**tokens, **usage}})

    upstream = {"upstream_inference_cost": 0.02}
    async with serving() as server:
        assert (await complete(server, used(cost="0.5"))).cost_usd == 0.5
        assert (await complete(server, used(cost=0.001, is_byok=True, cost_details=upstream))).cost_usd == 0.021
        for nonsense in (None, True, -1, "free", float("nan")):
            assert (await complete(server, used(cost=nonsense))).cost_source == "unknown"
        async with OpenAIProvider(server.base_url) as provider:
            server.faults.append(used())
            listed = await provider.complete(ChatRequest("gpt-4o-mini", ASKED.messages))
            server.faults.append(used(cost=0.5))
            both = await provider.complete(ChatRequest("gpt-4o-mini", ASKED.messages))
    assert listed.cost_usd == listed.listed_usd == pytest.approx(0.00075)
    assert listed.cost_source == "prices"
    assert (both.cost_usd, both.cost_source) == (0.5, "provider")
    assert both.listed_usd == pytest.approx(0.00075)


def test_list_prices() -> None:
    router, unknown = "https://openrouter.ai/api/v1", "http://127.0.0.1:1/v1"
    assert list_price_usd(router, "openai/gpt-4o-mini", 1000, 1000) == pytest.approx(0.00075)
    assert list_price_usd(router, "openai/gpt-4o-mini:nitro", 1000, 1000) == pytest.approx(0.00075)
    assert list_price_usd(unknown, "openai/gpt-4o-mini", 1000, 1000) == pytest.approx(0.00075)
    assert list_price_usd(unknown, "acme/new", 1000, 1000) is None
    assert list_price_usd(router, "acme/new", 1000, 1000) is None


async def test_the_systems_proxy_is_used_but_never_for_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    passed: list[str] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passed.append((await reader.readline()).decode().strip())
        writer.close()

    listening = await asyncio.start_server(proxy, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, address)
    async with listening, serving() as server:
        assert (await complete(server)).text == "echo hello there"
        async with OpenAIProvider("http://models.invalid/v1") as provider:
            with pytest.raises(ChatError):
                await provider.complete(ASKED)
    assert passed == ["POST http://models.invalid/v1/chat/completions HTTP/1.1"]


def test_loopback() -> None:
    assert is_loopback("http://127.0.0.1:8080/v1")
    assert is_loopback("http://localhost/v1")
    assert is_loopback("http://[::1]:1/v1")
    assert not is_loopback("https://openrouter.ai/api/v1")
    assert not is_loopback("http://127.example.com/v1")
