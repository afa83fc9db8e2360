"""The doctor on places of every kind: real programs and a real API, tenants told together, each trouble by itself."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from bot.adapters.http import Http
from bot.adapters.target_command import CommandTarget
from bot.adapters.target_http import HttpTarget
from bot.doctor.model import State
from bot.doctor.places import check_places, time_to_look
from bot.runbook.models.plan import Plan
from bot.runbook.models.targets.command import Command
from bot.runbook.models.targets.http import Http as HttpBlock
from tests.adapters.targets.kinds import CLI, ManualClock, nothing_more
from tests.adapters.targets.platform_api import TOKEN, platform_api
from tests.rotation.cast import plan, stage

TENANTS = ("acme", "globex", "initech")


def tenants(folder: Path, *, read_only: bool = False, **lines: object) -> Plan:
    held: dict[str, dict[str, str]] = {name: {"model": "old/m"} for name in TENANTS}
    held["initech"] = {}
    state = {"broken": "", "read_only": read_only, "writes": [], "reloads": [], "tenants": held}
    (folder / "tenants.json").write_text(json.dumps(state))
    block = Command.model_validate(
        {
            "kind": "command",
            "name": "preference",
            "directory": str(folder),
            "read": [sys.executable, str(CLI), "get", "--id={tenant}", "--json"],
            "pointer": "/model",
            "write": [sys.executable, str(CLI), "update", "--id={tenant}", "--model={value}", "--expect={expected}"],
            "check": [sys.executable, str(CLI), "update", "--id={tenant}", "--dry-run"],
            "inherits": True,
            **lines,
        }
    )
    targets = block.plans("pilots.1", variable=None, tenants=TENANTS)
    return plan(stage("pilots").model_copy(update={"targets": targets}))


ADAPTERS: dict[str, Any] = {"command": CommandTarget(environment=nothing_more, clock=ManualClock())}


async def test_tenants_that_are_well_are_told_together(tmp_path: Path) -> None:
    (found,) = await check_places(ADAPTERS, tenants(tmp_path), shutil.which)
    assert (found.check, found.state) == ("target chat/pilots.1", State.OK)
    assert found.what == "3 tenants, which can be written: 2 hold old/m, 1 have nothing set"
    assert json.loads((tmp_path / "tenants.json").read_text())["writes"] == []


async def test_programs_that_cannot_compare_are_told_of_once_for_all_tenants(tmp_path: Path) -> None:
    plain = [sys.executable, str(CLI), "update", "--id={tenant}", "--model={value}"]
    found = await check_places(ADAPTERS, tenants(tmp_path, write=plain), shutil.which)
    (told,) = [one for one in found if one.check == "write chat/pilots.1"]
    assert told.state is State.NOT_CHECKED
    assert "an edit made between our look and our write would be overwritten" in told.what


async def test_one_that_is_not_well_is_told_by_itself(tmp_path: Path) -> None:
    asked = tenants(tmp_path, inherits=False)
    together, alone = await check_places(ADAPTERS, asked, shutil.which)
    assert together.what == "2 tenants, which can be written: 2 hold old/m"
    assert (alone.check, alone.state) == ("target chat/pilots.1.initech", State.FAILS)
    assert "initech: preference is not set" in alone.what
    assert "inherits: true" in alone.todo


async def test_what_cannot_be_written_or_started_is_told(tmp_path: Path) -> None:
    found = await check_places(ADAPTERS, tenants(tmp_path, read_only=True), shutil.which)
    assert [one.state for one in found] == [State.FAILS] * 3
    assert "can be read but not written" in found[0].what
    assert "read-only replica" in found[0].what
    asked = tenants(tmp_path, restart=["no-such-program"], confirm=["./tools/show"])
    programs = [one for one in await check_places(ADAPTERS, asked, shutil.which) if not one.check.startswith("target")]
    assert [(one.check, one.what) for one in programs] == [
        ("restart chat/pilots.1", "`no-such-program` is not on PATH"),
        ("confirm chat/pilots.1", f"`{tmp_path}/./tools/show` is not an executable file"),
    ]


async def test_an_api_and_its_secret(tmp_path: Path) -> None:
    del tmp_path
    async with platform_api() as api, Http(follow_redirects=False) as client:
        api.put("/p", {"model": "old/m"})
        written = {"kind": "http", "url": f"{api.url}/p", "pointer": "/model", "auth": {"env": "T"}}
        block = HttpBlock.model_validate(written)
        targets = block.plans("global", variable=None, tenants=())
        asked = plan(stage("global").model_copy(update={"targets": targets}))
        good = {"http": HttpTarget(client, secret={"T": TOKEN}.get, clock=ManualClock())}
        (found,) = await check_places(good, asked, shutil.which)
        assert (found.check, found.what) == ("target chat/global", "127.0.0.1/p holds old/m, which can be written")
        (found,) = await check_places(
            {"http": HttpTarget(client, secret=lambda _name: None, clock=ManualClock())}, asked, shutil.which
        )
        assert found.what == "T is not set or empty"
        assert found.todo == "it holds the secret that the API wants to see"
        api.etags = False
        (found,) = await check_places(good, asked, shutil.which)
        assert "answers without an ETag" in found.what
    assert api.log == []


def test_forty_programs_are_given_the_time_they_need(tmp_path: Path) -> None:
    assert time_to_look(tenants(tmp_path, time_limit="40s")).total_seconds() == 3 * 40 * 2 / 8
