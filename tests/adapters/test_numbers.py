"""One number a look: from a real Prometheus, a real command, a real server; and everything that is no number."""

import sys
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.http import Http
from bot.adapters.numbers import MOST_BYTES, NumberSource, asked_as
from bot.monitor.model import NumberRead
from bot.runbook.models.checks import CheckRules
from tests.adapters.conftest import Line

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
END = T0 + timedelta(minutes=10)
KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http() as client:
        yield client


def source(http: Http, prometheus: str | None = None) -> NumberSource:
    return NumberSource(http, prometheus=prometheus, environment={"PATH": "/usr/bin:/bin"}, secrets=lambda: (KEY,))


async def read(found: NumberSource, **rules: object) -> NumberRead:
    asked = CheckRules.model_validate({"kind": "value", "limit": 1, **rules})
    return await found.read(asked, T0, END, stage="pilots", model='acme/"new"')


# -------------------------------------------------------------------------------------------------------------- queries


@pytest.fixture(scope="session")
def prometheus(prometheus_with: Callable[[Sequence[Line]], str]) -> str:
    times = [T0 + timedelta(seconds=15 * number) for number in range(-40, 81)]
    return prometheus_with(
        [
            Line("spent", {"env": env}, [(at, start + (at - T0) / timedelta(minutes=1)) for at in times])
            for env, start in (("pilots", 100.0), ("global", 500.0))
        ]
    )


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("sum(spent)", 620.0),
        ('spent{env="$stage"}', 110.0),
        ('max_over_time(spent{env="$stage"}[$window]) - min_over_time(spent{env="$stage"}[$window])', 9.75),
        ("scalar(sum(spent)) + 1", 621.0),
        ("42", 42.0),
    ],
)
async def test_a_query_is_asked_for_the_window_at_its_end(
    http: Http, prometheus: str, query: str, value: float
) -> None:
    found = await read(source(http, prometheus), query=query)
    assert found.problem == ""
    assert found.value == pytest.approx(value, abs=0.3)


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("spent", "answered 2 numbers where one should be"),
        ("nowhere_total", "has no series for this query"),
        ("spent[5m]", "answered with something that is no query result"),
        ("sum(spent) / 0", "where a number should be"),
        ("sum(", "parse error"),
    ],
)
async def test_what_is_no_one_number_says_what_it_is(http: Http, prometheus: str, query: str, problem: str) -> None:
    found = await read(source(http, prometheus), query=query)
    assert found.value is None
    assert problem in found.problem


def test_names_are_written_as_promql_has_them() -> None:
    asked = asked_as('x{env="$stage",model="$model"}[$window]', {"$stage": "pilots", "$model": 'a"b\\c'}, "600s")
    assert asked == 'x{env="pilots",model="a\\"b\\\\c"}[600s]'


async def test_without_a_prometheus_a_query_has_nobody_to_ask(http: Http) -> None:
    assert "names no Prometheus" in (await read(source(http), query="x")).problem


# ------------------------------------------------------------------------------------------------------------- commands


def printing(text: str, status: int = 0) -> list[str]:
    return [sys.executable, "-c", f"import sys; sys.stdout.write({text!r}); sys.exit({status})"]


@pytest.mark.parametrize(
    ("text", "pointer", "value"),
    [
        ("12.5\n", None, 12.5),
        ('{"data": [{"usd": 3}]}', "/data/0/usd", 3.0),
        ('{"usd": "4.25"}', "/usd", 4.25),
        ("-1e3", None, -1000.0),
    ],
)
async def test_a_command_prints_its_number(http: Http, text: str, pointer: str | None, value: float) -> None:
    assert (await read(source(http), command=printing(text), pointer=pointer)).value == value


@pytest.mark.parametrize(
    ("text", "pointer", "problem"),
    [
        ("", None, "answered nothing where a number should be"),
        ("NaN", None, "where a number should be"),
        ("inf", None, "where a number should be"),
        ("twelve", None, "'twelve' where a number should be"),
        ("true", None, "where a number should be"),
        ('{"usd": true}', "/usd", "True where a number should be"),
        ('{"usd": null}', "/usd", "None where a number should be"),
        ('{"usd": 1}', "/eur", "has nothing at /eur"),
        ("{", "/usd", "no JSON"),
        ("[" * 100_000, "/usd", "more than 64 KiB"),
        ("[" * 60_000, "/usd", "no JSON"),
        ("1" * 400, None, "where a number should be"),
    ],
)
async def test_what_a_command_prints_that_is_no_number(
    http: Http, text: str, pointer: str | None, problem: str
) -> None:
    found = await read(source(http), command=printing(text), pointer=pointer)
    assert (found.value, problem in found.problem) == (None, True), found.problem


async def test_a_command_that_fails_is_told_without_its_secrets(http: Http) -> None:
    argv = [sys.executable, "-c", f"import sys; print('bad key {KEY}', file=sys.stderr); sys.exit(3)"]
    found = await read(source(http), command=argv)
    assert found.value is None
    assert "3" in found.problem
    assert "bad key" in found.problem
    assert KEY not in found.problem


async def test_a_command_gets_its_words_whole_and_nothing_else(http: Http, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    script = f"import os, sys; open({str(seen)!r}, 'w').write(repr((sys.argv[1:], 'HOME' in os.environ))); print(1)"
    assert (await read(source(http), command=[sys.executable, "-c", script, "$model", "$stage;ls"])).value == 1
    assert seen.read_text() == repr((['acme/"new"', "pilots;ls"], False))


@pytest.mark.parametrize(
    ("argv", "problem"),
    [
        (["/nowhere/at/all"], "could not be started"),
        ([sys.executable, "-c", "import time; time.sleep(60)"], "did not end within 0.2 s"),
    ],
)
async def test_a_command_that_cannot_answer(http: Http, argv: list[str], problem: str) -> None:
    found = await read(source(http), command=argv, timeout=timedelta(seconds=0.2))
    assert (found.value, problem in found.problem) == (None, True)


# ----------------------------------------------------------------------------------------------------------- addresses


@pytest.fixture
async def served() -> AsyncIterator[tuple[dict[str, web.Response], str]]:
    answers: dict[str, web.Response] = {}

    async def answer(_: web.Request) -> web.Response:
        return answers["now"]

    app = web.Application()
    app.router.add_get("/usd", answer)
    async with TestServer(app) as server:
        yield answers, str(server.make_url("/usd"))


async def test_an_address_answers_its_number(http: Http, served: tuple[dict[str, web.Response], str]) -> None:
    answers, url = served
    answers["now"] = web.json_response({"month": {"usd": 812.4}})
    assert (await read(source(http), http=url, pointer="/month/usd")).value == 812.4
    answers["now"] = web.Response(text=" 7 \n")
    assert (await read(source(http), http=url)).value == 7


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (web.Response(status=401), "refused the credentials"),
        (web.Response(status=500, text="oops"), "answered 500: oops"),
        (web.Response(text="<html>"), "where a number should be"),
        (web.Response(text="1" * (MOST_BYTES + 1)), "more than 64 KiB"),
    ],
)
async def test_an_address_that_answers_something_else(
    http: Http, served: tuple[dict[str, web.Response], str], answer: web.Response, problem: str
) -> None:
    answers, url = served
    answers["now"] = answer
    found = await read(source(http), http=url)
    assert (found.value, problem in found.problem) == (None, True), found.problem


async def test_an_address_nobody_listens_at(http: Http, free_port: Callable[[], int]) -> None:
    found = await read(source(http), http=f"http://127.0.0.1:{free_port()}/usd")
    assert "cannot be reached" in found.problem
