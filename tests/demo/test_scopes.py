"""The least scopes: what the manifest asks for is what the bot's calls take, and it does without the optional ones."""

import re
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from ruamel.yaml import YAML

from bot.demo.play import Play
from bot.demo.player import opened
from bot.demo.runbook import RUNBOOK
from bot.sandbox.client import Message
from bot.sandbox.seed import BOT_SCOPES
from bot.settings import command_environment
from tests.handlers.scopes import EVENTS, METHODS

pytestmark = pytest.mark.timeout(120)

ROOT: Final = Path(__file__).parents[2]
SCOPES: Final[dict[str, list[str]]] = YAML(typ="safe").load(ROOT / "manifest.yml")["oauth_config"]["scopes"]
CHANNEL: Final = "model-rotation"
CANDIDATE: Final = "acme/sable-5"
PARTS: Final = {
    "files_upload_v2": ("files_getUploadURLExternal", "files_completeUploadExternal"),
    "auth_test": (),
    "api_test": (),
}
"""A method of slack_sdk -> the calls it makes that take a scope, where that is not one of the same name."""
SCOPELESS: Final = {"auth_test", "api_test", "apps_connections_open"}


@asynccontextmanager
async def played(folder: Path) -> AsyncIterator[Play]:
    async with opened(folder, command_environment(), sys.executable, lambda _: None, quiet_staging=False) as play:
        yield play


async def to_the_end(play: Play) -> Message:
    """A comparison and a rotation of it, approved stage by stage."""
    await play.promote("mia", await play.compare("mia", CANDIDATE))
    for stage in ("pilots", "global"):
        await play.approve("max", stage)
    return await play.ended("mia", seconds=40)


async def called(play: Play) -> Mapping[str, set[str | None]]:
    """The methods that were called, as slack_sdk names them, each with the errors it was answered with."""
    found: dict[str, set[str | None]] = {}
    for call in await play.control.calls():
        found.setdefault(call["method"].replace(".", "_"), set()).add(call["error"])
    return found


def test_the_sandbox_grants_what_the_manifest_asks_for_and_no_more() -> None:
    assert set(BOT_SCOPES) == {*SCOPES["bot"], *SCOPES["bot_optional"]}


async def test_what_is_called_takes_the_scopes_that_are_asked_for_and_no_other(tmp_path: Path) -> None:
    async with played(tmp_path) as play:
        control = play.control
        await control.home("mia")
        assert await control.wait_view("mia", "Model rotation", home=True) is not None
        await control.command("mia", CHANNEL, "/rotate")
        assert await control.wait_view("mia", "New model") is not None
        await control.options("mia", "candidate", "sable", view_id=(await control.views("mia")).views[0].view_id)
        await control.close("mia", everything=True)
        end = await to_the_end(play)
        assert "Completed" in end.plain
        await control.say("rex", CHANNEL, "@rotate status", thread_ts=end.thread_ts)
        await play.people.answered("rex", "R1")

        found = await called(play)
        made = {name for method in METHODS for name in PARTS.get(method, (method,))}
        assert set(found) - SCOPELESS == made
        assert not {error for errors in found.values() for error in errors} & {
            "missing_scope",
            "not_allowed_token_type",
        }
        used = {"commands"}.union(*METHODS.values(), *EVENTS.values())
        assert used == {*SCOPES["bot"], *SCOPES["bot_optional"]}


async def test_without_the_optional_ones_a_rotation_goes_all_the_way_and_says_what_is_missing(tmp_path: Path) -> None:
    async with played(tmp_path) as play:
        ids = {user["name"]: user["id"] for user in (await play.control.workspace())["users"]}
        by_name = _with_people(play, {"ml-oncall": ["mia", "max"], "sre-oncall": ["sam"], "finance-ops": ["fin"]}, ids)
        (play.stage.folder / RUNBOOK).write_text(by_name, encoding="utf-8")
        for scope in SCOPES["bot_optional"]:
            await play.control.fault("missing_scope", scope=scope)
        after = await play.control.cursor()
        await play.restart_bot()
        said = await play.people.sees("mia", "files:write", CHANNEL, after=after)
        assert "groups:read" in said.plain
        assert "usergroups:read" not in said.plain  # nothing in this runbook would use it
        end = await to_the_end(play)
        assert "Completed" in end.plain
        assert all(CANDIDATE.encode() in content for content in play.files().values())
        seen = (await play.control.messages("mia", CHANNEL, threads=True)).messages
        assert [one.plain for one in seen if one.raw["files"]] == []
        assert [one for one in seen if "files:write" in one.plain and not one.ephemeral] == [
            one for one in seen if one.ts == said.ts
        ]
        asked = [one for one in seen if re.search(r"on (pilots|global)\?", one.plain)]
        assert len(asked) == 2
        refused = {name for name, errors in (await called(play)).items() if "missing_scope" in errors}
        assert refused <= {"files_getUploadURLExternal", "users_conversations", "conversations_members"}
        await play.bot.stop()
        assert await play.verify_record() == ""


def _with_people(play: Play, members: Mapping[str, list[str]], ids: Mapping[str, str]) -> str:
    """The play's runbook with its owners named one by one in place of user groups."""
    text = (play.stage.folder / RUNBOOK).read_text(encoding="utf-8")
    for group, names in members.items():
        text = text.replace(f"group: {group}}}", f"people: [{', '.join(ids[name] for name in names)}]}}")
    assert "group: " not in text
    return text
