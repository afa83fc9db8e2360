"""The provider on the wire, through a raw HTTP client: streams, whole responses, and every way it refuses."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession, web
from aiohttp.test_utils import TestServer

from bot.sandbox.provider.personas import CATALOGUE, FaultShape
from bot.sandbox.provider.server import Provider

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@dataclass(frozen=True)
class World:
    provider: Provider
    http: ClientSession
    root: str

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.provider.key}"}

    async def chat(self, text: str = "What is 6 * 7?", model: str = "acme/sable-4", **more: object) -> ClientResponse:
        body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
        url = f"{self.root}/provider/v1/chat/completions"
        response = await self.http.post(url, json=body, headers=self.headers())
        await response.read()
        return response

    async def control(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        async with self.http.request(method, f"{self.root}/control/provider{path}", json=body) as response:
            return response.status, await response.json()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    provider = Provider(seed=7, today=lambda: date(2026, 11, 23))
    root = web.Application()
    root.add_subapp("/provider", provider.app())
    root.add_subapp("/control/provider", provider.control_app())
    server = TestServer(root)
    await server.start_server()
    async with ClientSession() as http:
        yield World(provider, http, str(server.make_url("")).rstrip("/"))
    await server.close()


def events(raw: str) -> list[dict[str, Any]]:
    return [json.loads(line.removeprefix("data: ")) for line in raw.split("\n\n") if line.startswith("data: {")]


async def test_a_whole_response_carries_answer_model_host_and_cost(world: World) -> None:
    response = await world.chat()
    body = await response.json()
    assert response.status == 200
    assert body["choices"][0]["message"] == {"role": "assistant", "content": "42", "refusal": None}
    assert body["choices"][0]["finish_reason"] == "stop"
    assert (body["model"], body["provider"], body["object"]) == ("acme/sable-4", "Acme", "chat.completion")
    usage = body["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["cost"] == pytest.approx(usage["prompt_tokens"] * 0.4e-6 + usage["completion_tokens"] * 1.6e-6)
    assert response.headers["X-Generation-Id"] == body["id"]


async def test_a_stream_opens_with_a_comment_and_a_role_and_ends_with_usage(world: World) -> None:
    response = await world.chat("Extract the email from: write to ada@example.com today", stream=True)
    raw = await response.text()
    assert response.headers["Content-Type"] == "text/event-stream"
    assert raw.startswith(": OPENROUTER PROCESSING\n\n")
    assert raw.endswith("data: [DONE]\n\n")
    chunks = events(raw)
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    words = [chunk["choices"][0]["delta"].get("content") for chunk in chunks if chunk["choices"]]
    assert "".join(word or "" for word in words) == "ada@example.com"
    assert len([word for word in words if word]) > 1
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["cost"] > 0


async def test_streamed_tool_calls_come_in_pieces_that_add_up(world: World) -> None:
    response = await world.chat("Weather in Oslo?", tools=[WEATHER], stream=True)
    deltas = [
        entry
        for chunk in events(await response.text())
        for choice in chunk["choices"]
        for entry in choice["delta"].get("tool_calls", ())
    ]
    assert deltas[0]["function"] == {"name": "get_weather", "arguments": ""}
    assert all("id" not in entry for entry in deltas[1:])
    assert {entry["index"] for entry in deltas} == {0}
    assert len(deltas) > 2
    assert json.loads("".join(entry["function"]["arguments"] for entry in deltas)) == {"city": "Oslo"}


async def test_stream_and_whole_response_say_the_same(world: World) -> None:
    whole = await (await world.chat(tools=[WEATHER])).json()
    chunks = events(await (await world.chat(tools=[WEATHER], stream=True)).text())
    said = "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])
    assert said == whole["choices"][0]["message"]["content"] == "42"
    assert chunks[-1]["usage"] == whole["usage"]


async def test_max_tokens_cuts_and_says_so(world: World) -> None:
    body = await (await world.chat("Write 'one two three four five six' in upper case", max_tokens=2)).json()
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["choices"][0]["message"]["content"] == "ONE TWO "


async def test_waiting_is_real(world: World) -> None:
    world.provider.configure("acme/sable-4", replace(CATALOGUE["acme/sable-4"], base_seconds=0.05, jitter=0.0))
    start = time.perf_counter()
    await world.chat()
    assert time.perf_counter() - start >= 0.05


async def test_a_model_slow_under_load_is_slow_only_then(world: World) -> None:
    async def seconds(at_once: int) -> float:
        async def one(n: int) -> float:
            start = time.perf_counter()
            body = {"model": "orbit/comet-1", "messages": [{"role": "user", "content": f"What is {n} + 1?"}]}
            await world.provider.complete(body)
            return time.perf_counter() - start

        taken = sorted(await asyncio.gather(*map(one, range(at_once))))
        return taken[len(taken) // 2]

    assert await seconds(260) > 1.5 * await seconds(8)


@pytest.mark.parametrize(
    ("authorization", "says"),
    [(None, "No auth credentials"), ("Bearer sk-other", "wrong or was revoked"), ("Basic x", "No auth")],
)
async def test_without_the_key_nothing_is_answered(world: World, authorization: str | None, says: str) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    for method, path in (("POST", "chat/completions"), ("GET", "key")):
        async with world.http.request(method, f"{world.root}/provider/v1/{path}", json={}, headers=headers) as response:
            assert response.status == 401
            assert says in (await response.json())["error"]["message"]
            assert world.provider.key not in await response.text()


async def test_a_revoked_key_and_an_empty_account(world: World) -> None:
    await world.control("POST", "/key", {"revoked": True})
    assert (await world.chat()).status == 401
    await world.control("POST", "/key", {"revoked": False})
    await world.control("POST", "/credit", {"out": True})
    refused = await world.chat()
    assert (refused.status, (await refused.json())["error"]["code"]) == (402, 402)
    async with world.http.get(f"{world.root}/provider/v1/key", headers=world.headers()) as response:
        assert (await response.json())["data"]["limit_remaining"] == 0
    await world.control("POST", "/reset")
    assert (await world.chat()).status == 200


async def test_unknown_and_retired_models_are_told_apart(world: World) -> None:
    unknown = await world.chat(model="acme/sable-9")
    retired = await world.chat(model="acme/sable-2")
    assert (unknown.status, retired.status) == (404, 404)
    assert "not a valid model ID" in (await unknown.json())["error"]["message"]
    assert "retired on 2024-06-30" in (await retired.json())["error"]["message"]


@pytest.mark.parametrize(
    ("status", "headers"), [(429, {"Retry-After": "3"}), (500, {}), (502, {}), (503, {}), (529, {})]
)
async def test_failures_by_status(world: World, status: int, headers: dict[str, str]) -> None:
    broken = {"failure_rate": 1, "failure_status": [status], "retry_after": 3}
    await world.control("PATCH", "/models/acme/sable-4", broken)
    response = await world.chat()
    assert response.status == status
    assert {name: response.headers[name] for name in headers} == headers
    assert (await response.json())["error"]["code"] == status


@pytest.mark.parametrize("shape", ["body", "stream"])
async def test_failures_that_hide_behind_200(world: World, shape: FaultShape) -> None:
    await world.control("PATCH", "/models/acme/sable-4", {"failure_rate": 1, "failure_shape": shape})
    whole = await world.chat()
    assert whole.status == 200
    assert (await whole.json())["error"]["code"] == 503
    stream = await world.chat(stream=True)
    chunks = events(await stream.text())
    assert stream.status == 200
    assert chunks[-1]["error"]["code"] == 503
    assert chunks[-1]["choices"][0]["finish_reason"] == "error"
    said = [chunk for chunk in chunks[1:-1] if chunk["choices"][0]["delta"].get("content")]
    assert bool(said) == (shape == "stream")


async def test_who_hangs_up_in_the_middle_is_not_billed_and_breaks_nothing(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.provider.configure("acme/sable-4", replace(CATALOGUE["acme/sable-4"], base_seconds=0.05))
    body = {"model": "acme/sable-4", "messages": [{"role": "user", "content": "What is 2 + 2?"}], "stream": True}
    url = f"{world.root}/provider/v1/chat/completions"
    response = await world.http.post(url, json=body, headers=world.headers())
    await response.content.readline()
    response.close()
    for _ in range(1000):
        if world.provider.calls["acme/sable-4"].in_flight == 0:
            break
        await asyncio.sleep(0.005)
    assert world.provider.calls["acme/sable-4"].answered == 0
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []
    assert (await world.chat()).status == 200


async def test_a_flaky_model_answers_when_asked_again(world: World) -> None:
    for n in range(12):
        statuses = []
        for _ in range(6):
            statuses.append((await world.chat(f"What is {n} + 5?", model="nimbus/flicker-1")).status)
            if statuses[-1] == 200:
                break
        assert statuses[-1] == 200, statuses


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "model"),
        ({"model": "acme/sable-4"}, "messages"),
        ({"model": "acme/sable-4", "messages": []}, "messages"),
        ({"model": "acme/sable-4", "messages": [{"role": "robot"}]}, "messages[0].role"),
        ({"model": "acme/sable-4", "messages": [{"role": "user", "content": 7}]}, "messages[0].content"),
        ({"model": "acme/sable-4", "messages": [{"role": "user", "content": "x"}], "tools": [{}]}, "tools[0]"),
        (
            {"model": "acme/sable-4", "messages": [{"role": "user", "content": "x"}], "tool_choice": "some"},
            "tool_choice",
        ),
        ({"model": "acme/sable-4", "messages": [{"role": "user", "content": "x"}], "max_tokens": 0}, "max_tokens"),
        ({"model": "acme/sable-4", "messages": [{"role": "user", "content": "x"}], "temperature": 9}, "temperature"),
        ([], "the body"),
    ],
)
async def test_a_malformed_request_names_the_field(world: World, body: object, field: str) -> None:
    url = f"{world.root}/provider/v1/chat/completions"
    async with world.http.post(url, json=body, headers=world.headers()) as response:
        assert response.status == 400
        assert (await response.json())["error"]["message"].startswith(field)


async def test_a_body_that_is_no_json(world: World) -> None:
    url = f"{world.root}/provider/v1/chat/completions"
    async with world.http.post(url, data="{", headers=world.headers()) as response:
        assert response.status == 400


async def test_the_model_list_has_prices_parameters_and_announced_ends(world: World) -> None:
    await world.control("PATCH", "/models/acme/sable-3", {"retired": "2027-01-31"})
    async with world.http.get(f"{world.root}/provider/v1/models") as response:
        rows = {row["id"]: row for row in (await response.json())["data"]}
    assert "acme/sable-2" not in rows
    assert rows["acme/sable-3"]["expiration_date"] == "2027-01-31"
    assert rows["acme/sable-4"]["expiration_date"] is None
    assert rows["acme/sable-4"]["pricing"]["prompt"] == "0.0000004"
    assert {"tools", "tool_choice", "response_format"} <= set(rows["acme/sable-4"]["supported_parameters"])
    async with world.http.get(f"{world.root}/provider/v1/models/acme/sable-4/endpoints") as response:
        assert (await response.json())["data"]["endpoints"][0]["provider_name"] == "Acme"


async def test_a_model_served_as_another_says_so(world: World) -> None:
    await world.control("PATCH", "/models/acme/sable-4", {"served_as": "acme/sable-5"})
    assert (await (await world.chat()).json())["model"] == "acme/sable-5"


async def test_swap_outage_latency_and_counters(world: World) -> None:
    await world.control("POST", "/swap", {"model": "acme/sable-5", "persona": "lumen/quill-2"})
    status, shown = await world.control("GET", "/models/acme/sable-5")
    assert (status, shown["persona"]["quality_error"]) == (200, CATALOGUE["lumen/quill-2"].quality_error)
    await world.control("POST", "/outage", {"rate": 1, "status": 502})
    assert [(await world.chat(model=model)).status for model in ("acme/sable-4", "orbit/comet-1")] == [502, 502]
    await world.control("POST", "/outage", {"rate": 0})
    await world.control("POST", "/latency", {"seconds": 0.06})
    start = time.perf_counter()
    assert (await world.chat()).status == 200
    assert time.perf_counter() - start > 0.06
    _, everything = await world.control("GET", "")
    calls = everything["models"]["acme/sable-4"]["calls"]
    assert (calls["requests"], calls["answered"], calls["failures"], calls["in_flight"]) == (2, 1, {"502": 1}, 0)
    assert calls["cost_usd"] > 0


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "known"),
    [
        ("GET", "/models/acme/sable-9", None, 404, "acme/sable-4"),
        ("PATCH", "/models/acme/sable-4", {"charm": 1}, 400, "quality_error"),
        ("PATCH", "/models/acme/sable-4", {"quality_error": 2}, 400, None),
        ("PATCH", "/models/acme/sable-4", {"failure_shape": "odd"}, 400, "stream"),
        ("PATCH", "/models/acme/sable-4", {"retired": "soon"}, 400, None),
        ("POST", "/swap", {"model": "acme/sable-4", "persona": "nobody"}, 404, "lumen/quill-2"),
        ("POST", "/outage", {"rates": 1}, 400, "rate"),
        ("POST", "/credit", {"out": "yes"}, 400, None),
        ("POST", "/nothing", {}, 404, None),
    ],
)
async def test_control_refuses_and_names_what_is_known(
    world: World, method: str, path: str, body: object, status: int, known: str | None
) -> None:
    before = world.provider.snapshot()
    got, answer = await world.control(method, path, body)
    assert (got, answer["ok"]) == (status, False)
    assert known is None or (known in answer["known"] and known in answer["detail"])
    assert world.provider.snapshot() == before
