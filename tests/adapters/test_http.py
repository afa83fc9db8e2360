"""The control plane's HTTP client against a server that does what servers do."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.http import Answer, Http, HttpError, place


async def plain(_: web.Request) -> web.Response:
    return web.Response(text="hello", status=200)


async def form(request: web.Request) -> web.Response:
    return web.json_response({key: str(value) for key, value in (await request.post()).items()})


async def moved(_: web.Request) -> web.Response:
    raise web.HTTPFound("/plain")


async def trickle(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while request.transport is not None and not request.transport.is_closing():
        await response.write(b".")
        await asyncio.sleep(0.01)
    return response


async def status(request: web.Request) -> web.Response:
    return web.Response(status=int(request.query["code"]), text="token=abcdef123456 was wrong")


@pytest.fixture
async def url() -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes(
        [
            web.get("/plain", plain),
            web.post("/form", form),
            web.get("/moved", moved),
            web.get("/trickle", trickle),
            web.get("/status", status),
        ]
    )
    server = TestServer(app)
    await server.start_server()
    yield str(server.make_url("")).rstrip("/")
    await server.close()


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http(timeout_s=5) as client:
        yield client


async def test_what_is_answered_is_answered(url: str, http: Http) -> None:
    answer = await http.get(url + "/plain")
    assert (answer.ok, answer.status, answer.text) == (True, 200, "hello")
    assert (await http.get(url + "/moved")).text == "hello"
    assert (await http.post_form(url + "/form", {"query": "a&b"})).accepted().json() == {"query": "a&b"}


async def test_an_answer_that_trickles_in_for_ever_is_a_timeout(url: str, http: Http) -> None:
    with pytest.raises(HttpError) as caught:
        await http.get(url + "/trickle", timeout_s=0.2)
    assert caught.value.code == "timeout"
    assert caught.value.what == f"{url}/trickle did not answer within 0.2 s"


@pytest.mark.parametrize(
    ("code", "reason"), [(401, "unauthorised"), (403, "unauthorised"), (404, "bad_status"), (503, "bad_status")]
)
async def test_a_status_is_an_answer_until_it_has_to_be_accepted(url: str, http: Http, code: int, reason: str) -> None:
    answer = await http.get(f"{url}/status?code={code}")
    assert answer.status == code
    with pytest.raises(HttpError) as caught:
        answer.accepted()
    assert caught.value.code == reason
    assert "abcdef123456" not in caught.value.what


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/x", "http://", "not a url", "http://127.0.0.1:1/\x00"])
async def test_an_address_that_leads_nowhere_is_unreachable(http: Http, address: str) -> None:
    with pytest.raises(HttpError) as caught:
        await http.get(address)
    assert caught.value.code == "unreachable"


def test_what_is_no_json_is_a_bad_answer() -> None:
    with pytest.raises(HttpError, match="no JSON"):
        Answer("http://host/x", 200, b"<html>").json()


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://user:secret@host:9090/a/b?key=1#x", "https://host:9090/a/b"),
        ("http://host/", "http://host/"),
        ("http://[::1]:9/x", "http://[::1]:9/x"),
        ("http://host:port/x", "http://host:port/x"),
        ("http://user:secret@[::1/x", "an address that is none"),
    ],
)
def test_an_address_is_shown_without_its_secrets(address: str, shown: str) -> None:
    assert place(address) == shown
