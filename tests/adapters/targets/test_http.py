"""Settings that an API holds: what is asked and sent, who gets the credentials, and what is told of failures."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.http import Http
from bot.adapters.target_http import HttpTarget
from bot.ports import DriftError, OutsideError
from bot.runbook.models.targets.http import Http as Block
from bot.runbook.models.targets.http import HttpPlan
from tests.adapters.targets.kinds import ManualClock
from tests.adapters.targets.platform_api import TOKEN, PlatformApi, platform_api


@dataclass
class World:
    api: PlatformApi
    client: Http

    def plan(self, **lines: object) -> HttpPlan:
        written = {"kind": "http", "url": f"{self.api.url}/p", "pointer": "/model", "auth": {"env": "T"}, **lines}
        return Block.model_validate(written).plans("pilots", variable=None, tenants=("acme",))[0]

    def target(self, **secrets: str) -> HttpTarget:
        held = secrets or {"T": TOKEN}
        return HttpTarget(self.client, secret=held.get, clock=ManualClock(), secrets=lambda: ("also-secret",))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with platform_api() as api, Http(follow_redirects=False) as client:
        api.put("/p", {"model": "a/b", "temperature": 0.2})
        yield World(api, client)


async def test_a_put_without_a_body_keeps_the_rest_of_the_document(world: World) -> None:
    assert await world.target().write(world.plan(), expected="a/b", value="x/y") is True
    assert world.api.objects["/p"] == {"model": "x/y", "temperature": 0.2}


async def test_a_value_that_would_end_a_text_of_the_body_is_refused(world: World) -> None:
    asked = world.plan(write={"method": "PATCH", "body": {"model": "{value}"}})
    with pytest.raises(OutsideError, match="which no model id does"):
        await world.target().write(asked, expected="a/b", value='x","admin":true,"y')
    assert world.api.objects["/p"] == {"model": "a/b", "temperature": 0.2}


async def test_a_body_is_filled_in_once_and_a_number_stays_a_number(world: World) -> None:
    body = {"model": "{value}", "was": ["{expected}"], "note": "{expected} -> {value}", "if_version": "{version}"}
    asked = world.plan(version="/version", write={"method": "PATCH", "body": body})
    assert await world.target().write(asked, expected="a/b", value="x/{expected}") is True
    held = world.api.objects["/p"]
    assert (held["model"], held["was"], held["note"]) == ("x/{expected}", ["a/b"], "a/b -> x/{expected}")


async def test_a_value_and_a_tenant_in_an_address_stay_within_their_part_of_it(world: World) -> None:
    write = {
        "method": "POST",
        "url": f"{world.api.url}/t/{{tenant}}/model/{{value}}?was={{expected}}",
        "body": {"model": "{value}"},
    }
    asked = world.plan(url=f"{world.api.url}/t/{{tenant}}", tenants=["a+b@c"], write=write, version="none")
    assert asked.url.endswith("/t/a%2Bb%40c")
    world.api.put("/t/a%2Bb%40c", {"model": "a/b"})
    await world.target().write(asked, expected="a/b", value="x/y?z=1#k&l")
    assert world.api.log == [("POST", "/t/a%2Bb%40c/model/x%2Fy%3Fz%3D1%23k%26l")]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_credentials_follow_no_redirect(world: World, status: int) -> None:
    world.api.moved_by = status
    world.api.moved = f"{world.api.url}/elsewhere"
    with pytest.raises(OutsideError, match="a redirect, which is not followed") as caught:
        await world.target().read(world.plan())
    assert caught.value.again is False
    assert [one["path"] for one in world.api.seen] == ["/p"]


@pytest.mark.parametrize(
    ("status", "whose", "again"),
    [
        (400, "sre", False),
        (401, "account", False),
        (403, "account", False),
        (404, "sre", False),
        (422, "sre", False),
        (429, "sre", True),
        (500, "sre", True),
        (503, "sre", True),
    ],
)
async def test_each_status_says_whose_it_is_and_whether_again_helps(
    world: World, status: int, whose: str, again: bool
) -> None:
    world.api.fault = status
    with pytest.raises(OutsideError) as caught:
        await world.target().read(world.plan())
    assert (caught.value.whose, caught.value.again) == (whose, again)
    assert str(status) in caught.value.what
    assert TOKEN not in caught.value.what


async def test_an_api_that_is_not_there(world: World, free_port: Any) -> None:  # noqa: ANN401 - a fixture that is a function
    asked = world.plan(url=f"http://127.0.0.1:{free_port()}/p")
    with pytest.raises(OutsideError, match="cannot be reached") as caught:
        await world.target().read(asked)
    assert caught.value.again is True


async def test_a_secret_from_a_file_is_read_at_each_request(world: World, tmp_path: Path) -> None:
    file = tmp_path / "token"
    asked = world.plan(auth={"file": str(file)})
    with pytest.raises(OutsideError, match="is not set or empty") as caught:
        await world.target().read(asked)
    assert caught.value.whose == "account"
    file.write_text("old-one\n")
    with pytest.raises(OutsideError, match="refused the credentials"):
        await world.target().read(asked)
    file.write_text(f"{TOKEN}\n")
    assert await world.target().read(asked) == "a/b"


async def test_a_secret_that_would_split_the_header_is_not_sent(world: World) -> None:
    with pytest.raises(OutsideError, match="no secret has") as caught:
        await world.target(T="one\r\nX-Admin: yes").read(world.plan())
    assert "X-Admin" not in caught.value.what
    assert world.api.seen == []


async def test_a_variable_that_is_not_set_is_named(world: World) -> None:
    assert "T is not set" in await world.target(OTHER="x").check_writable(world.plan())


async def test_another_header_and_prefix(world: World) -> None:
    asked = world.plan(auth={"env": "T", "header": "X-API-Key", "prefix": ""}, headers={"X-Tenant": "acme"})
    with pytest.raises(OutsideError, match="refused the credentials"):
        await world.target().read(asked)
    assert (world.api.seen[0]["X-API-Key"], world.api.seen[0]["X-Tenant"]) == (TOKEN, "acme")


async def test_without_an_etag_nothing_is_written_unless_the_runbook_says_so(world: World) -> None:
    world.api.etags = False
    with pytest.raises(OutsideError, match="without an ETag"):
        await world.target().write(world.plan(), expected="a/b", value="x/y")
    assert world.api.log == []
    assert await world.target().write(world.plan(version="none"), expected="a/b", value="x/y") is True


async def test_a_version_that_is_not_there_is_said(world: World) -> None:
    body = {"model": "{value}", "if_version": "{version}"}
    asked = world.plan(version="/revision", write={"method": "PATCH", "body": body})
    with pytest.raises(OutsideError, match="no version at /revision"):
        await world.target().write(asked, expected="a/b", value="x/y")
    assert world.api.log == []


async def test_one_who_never_stops_editing_is_told_as_busy(world: World) -> None:
    def edit(step: str) -> None:
        if step == "read":
            world.api.put("/p", {**world.api.objects["/p"], "temperature": len(world.api.seen)})

    target = HttpTarget(world.client, secret={"T": TOKEN}.get, clock=ManualClock(), at=edit)
    with pytest.raises(OutsideError, match="edited by somebody else") as caught:
        await target.write(world.plan(), expected="a/b", value="x/y")
    assert caught.value.again is True
    assert world.api.log == []


async def test_an_edit_of_something_else_is_kept(world: World) -> None:
    edits = [lambda: world.api.put("/p", {"model": "a/b", "temperature": 0.9})]

    def edit(step: str) -> None:
        if step == "read" and edits:
            edits.pop()()

    target = HttpTarget(world.client, secret={"T": TOKEN}.get, clock=ManualClock(), at=edit)
    assert await target.write(world.plan(), expected="a/b", value="x/y") is True
    assert world.api.objects["/p"] == {"model": "x/y", "temperature": 0.9}


async def test_an_object_that_somebody_made_meanwhile_is_not_replaced(world: World) -> None:
    asked = world.plan(url=f"{world.api.url}/new", missing="unset", unset={"method": "DELETE"})
    edits = [lambda: world.api.put("/new", {"model": "other/m"})]

    def edit(step: str) -> None:
        if step == "read" and edits:
            edits.pop()()

    target = HttpTarget(world.client, secret={"T": TOKEN}.get, clock=ManualClock(), at=edit)
    with pytest.raises(DriftError) as caught:
        await target.write(asked, expected=None, value="x/y")
    assert caught.value.found == "other/m"


@pytest.mark.parametrize(
    ("listed", "why"),
    [
        ({"ok": ["a/b", "x/y"]}, ""),
        ({"ok": None}, ""),
        ({}, ""),
        ({"ok": ["a/b"]}, "not among the models allowed there (a/b)"),
        ({"ok": []}, "no model is allowed there"),
    ],
)
async def test_the_tenants_list_is_looked_at(world: World, listed: dict[str, Any], why: str) -> None:
    world.api.lists["/list"] = listed
    asked = world.plan(allowed={"url": f"{world.api.url}/list", "pointer": "/ok"})
    said = await world.target().refusal(asked, "x/y")
    assert said == why if not why else why in said


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"model": 3}, "where a model's name should be"),
        ({"model": "two words"}, "no model's name"),
        ("model", "has nothing at /model"),
    ],
)
async def test_an_answer_that_holds_no_model(world: World, answer: object, said: str) -> None:
    world.api.lists["/odd"] = answer
    with pytest.raises(OutsideError, match=said) as caught:
        await world.target().read(world.plan(url=f"{world.api.url}/odd"))
    assert caught.value.again is False


async def test_a_list_that_has_no_such_entry_is_not_written_over(world: World) -> None:
    world.api.lists["/odd"] = []
    asked = world.plan(url=f"{world.api.url}/odd", version="none")
    assert await world.target().read(asked) is None
    with pytest.raises(OutsideError, match="nothing can be set at 'model' of list"):
        await world.target().write(asked, expected=None, value="x/y")


def test_the_plan_holds_no_secret(world: World) -> None:
    assert TOKEN not in json.dumps(world.plan().model_dump(mode="json"))
