"""What the bot says of itself, asked for over HTTP as Prometheus does; the shipped alerts ask for nothing else."""

import re
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import promql_parser  # noqa: TID253 (tests may be heavy)
import pytest
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

from bot.app.own_metrics import CannotListenError, exposed, gathered, listening, rendered
from bot.engine.own_metrics import METRICS
from tests.engine.world import NOON, World, broken, world

ALERTS = Path(__file__).parents[2] / "bot" / "examples" / "deploy" / "alerts.yml"
PROMTOOL_TESTS = Path(__file__).parents[1] / "examples" / "alerts.test.yml"
Found = dict[str, dict[tuple[tuple[str, str], ...], float]]
"""Values by metric and labels."""


async def connected() -> bool:
    return True


def parsed(text: str) -> Found:
    """What Prometheus' own client reads in an exposition."""
    found: Found = {}
    for family in text_string_to_metric_families(text):
        assert family.type == "gauge", family
        assert family.documentation, family
        for sample in family.samples:
            found.setdefault(sample.name, {})[(*sorted(sample.labels.items()),)] = sample.value
    return found


@asynccontextmanager
async def endpoint(w: World) -> AsyncIterator[str]:
    """The address at which a world's bot answers."""
    listener = listening("127.0.0.1:0")
    async with exposed(listener, w.engine.outside, connected):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


async def got(url: str) -> tuple[int, str, str]:
    """Status, content type and text of a page."""
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, answer.headers["Content-Type"], await answer.text()


LOOK = (("rotation", "R1"), ("slot", "chat"), ("stage", "pilots"))


async def test_a_stage_that_is_watched_is_told_of_over_http(tmp_path: Path) -> None:
    async with world(tmp_path) as w, endpoint(w) as url:
        await w.to_pilots_bake()
        status, content_type, text = await got(f"{url}/metrics")
        assert (status, content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")
        found = parsed(text)
        assert found.keys() == {metric.name for metric in METRICS}
        assert found["rotate_look_overdue_seconds"] == {LOOK: 0}
        assert found["rotate_look_every_seconds"] == {LOOK: 1200}
        where = (("phase", "baking"), *LOOK)
        assert found["rotate_rotation_info"] == {(*sorted(where),): 1}
        assert found["rotate_slack_connected"] == {(): 1}
        assert [*found["rotate_build_info"].values()] == [1]
        assert {*found["rotate_read_success"].values()} == {1}
        w.clock.at = (await w.rotation()).watched.next_window[1] + timedelta(minutes=7)
        found = parsed((await got(f"{url}/metrics"))[2])
        assert found["rotate_look_overdue_seconds"] == {LOOK: 420}
        await w.settle()
        found = parsed((await got(f"{url}/metrics"))[2])
        assert found["rotate_look_overdue_seconds"] == {LOOK: 0}
        assert {*found["rotate_effects_waiting"].values()} == {0}


async def test_what_nobody_gets_done_grows_old(tmp_path: Path) -> None:
    async with world(tmp_path) as w, endpoint(w) as url:
        await w.to_pilots_bake()
        with broken(w.room, "post"), broken(w.room, "edit"):
            assert await w.steer("pause", reason="lunch") == "accepted"
            w.clock.at += timedelta(minutes=30)
            found = parsed((await got(f"{url}/metrics"))[2])
        chat, target = (("lane", "chat"),), (("lane", "target"),)
        assert found["rotate_effects_waiting"][chat] >= 1
        assert found["rotate_oldest_effect_seconds"][chat] == 1800
        assert (found["rotate_effects_waiting"][target], found["rotate_oldest_effect_seconds"][target]) == (0, 0)


class Unreadable:
    """A store in which rotations cannot be read."""

    def __init__(self, inner: object) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    async def rotations(self, **_: object) -> list[object]:
        raise OSError("disk I/O error")

    async def fact(self, _name: str) -> str:
        raise OSError("disk I/O error")


async def disconnected() -> bool:
    raise RuntimeError("the session is closed")


async def test_what_cannot_be_read_is_left_out_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with world(tmp_path) as w:
        await w.to_pilots_bake()
        outside = replace(w.engine.outside, store=Unreadable(w.store))  # type: ignore[arg-type]
        found = parsed(rendered(await gathered(outside, disconnected))[0].decode())
        assert not {"rotate_look_overdue_seconds", "rotate_rotation_info", "rotate_slack_connected"} & found.keys()
        assert {"rotate_build_info", "rotate_effects_waiting"} <= found.keys()
        read = {dict(labels)["part"]: value for labels, value in found["rotate_read_success"].items()}
        assert read == {"rotations": 0, "effects": 1, "slack": 0}
        said = capsys.readouterr().out
        assert said.count("own_metrics_unread") == 2
        assert "disk I/O error" in said
        listener = listening("127.0.0.1:0")
        async with exposed(listener, outside, disconnected):
            status, _, text = await got(f"http://127.0.0.1:{listener.getsockname()[1]}/healthz")
        assert (status, text) == (503, "the database cannot be read\n")


async def test_health_is_an_engine_that_writes_that_it_is_alive(tmp_path: Path) -> None:
    async with world(tmp_path) as w, endpoint(w) as url:
        assert (await got(f"{url}/healthz"))[::2] == (200, "ok\n")
        w.clock.at += timedelta(seconds=31)
        status, _, text = await got(f"{url}/healthz")
        assert (status, text) == (503, f"the engine last said that it is alive at {NOON.isoformat()}\n")
        assert (await got(f"{url}/nothing"))[0] == 404


def test_names_of_any_form_come_through() -> None:
    metric = METRICS[1]
    slot = 'a "quoted" \\ name\nof two lines, ü'
    found = parsed(rendered([metric.sample(1, slot, "R1", "baking", "pilots")])[0].decode())
    ((labels, value),) = found[metric.name].items()
    assert (dict(labels)["slot"], value) == (slot, 1)


# ---- the address


@pytest.mark.parametrize("address", ["127.0.0.1:{}", ":{}", "localhost:{}"])
def test_an_address_that_is_taken_is_one_sentence_that_names_it(address: str, free_port: Callable[[], int]) -> None:
    taken = address.format(free_port())
    with listening(taken), pytest.raises(CannotListenError) as caught:
        listening(taken)
    said = str(caught.value)
    assert said.startswith(f"ROTATE_METRICS: cannot listen on {taken}: Address already in use; stop what listens there")
    assert "\n" not in said


def test_a_host_this_machine_does_not_have_is_said() -> None:
    with pytest.raises(
        CannotListenError, match=r"cannot listen on 192\.0\.2\.1:9464: Can.+ assign requested address; "
    ):
        listening("192.0.2.1:9464")


def test_without_a_host_it_listens_on_every_interface(free_port: Callable[[], int]) -> None:
    port = free_port()
    with listening(f":{port}"), socket.create_connection(("127.0.0.1", port), timeout=5):
        pass


# ---- the alerts


def rules() -> list[dict[str, Any]]:
    groups = YAML(typ="safe", pure=True).load(ALERTS.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def series(node: object) -> Iterator[tuple[str, set[str]]]:
    """Every series a parsed query asks for: its name, and the labels it has conditions on."""
    if isinstance(node, promql_parser.VectorSelector):
        yield str(node.name), {matcher.name for matcher in node.matchers.matchers}
    elif isinstance(node, promql_parser.BinaryExpr):
        yield from series(node.lhs)
        yield from series(node.rhs)
    elif isinstance(node, promql_parser.Call):
        for argument in node.args:
            yield from series(argument)
    else:
        assert isinstance(node, promql_parser.NumberLiteral), node


async def exposed_labels(folder: Path) -> dict[str, set[str]]:
    """The metrics that are really there while a stage is watched, with their labels."""
    async with world(folder) as w, endpoint(w) as url:
        await w.to_pilots_bake()
        found = parsed((await got(f"{url}/metrics"))[2])
    return {name: {label for labels in values for label, _ in labels} for name, values in found.items()}


async def test_what_the_alerts_ask_for_is_exposed(tmp_path: Path) -> None:
    there = await exposed_labels(tmp_path)
    for rule in rules():
        asked = [*series(promql_parser.parse(rule["expr"]))]
        shown = {*re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values()))}
        assert asked, rule["alert"]
        assert {name for name, _ in asked} <= there.keys(), rule["alert"]
        for name, labels in asked:
            assert labels | shown <= there[name], rule["alert"]


async def test_what_promtool_is_shown_of_us_is_exposed(tmp_path: Path) -> None:
    there = await exposed_labels(tmp_path)
    tests = YAML(typ="safe", pure=True).load(PROMTOOL_TESTS.read_text(encoding="utf-8"))["tests"]
    for written in {given["series"] for test in tests for given in test["input_series"]}:
        for name, labels in series(promql_parser.parse(written)):
            assert labels == there[name], written
