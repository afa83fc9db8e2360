"""Which slots stand in each other's way: those that share a file, an object, a program's place, or a restart."""

import pytest

from bot.engine.slots import neighbours
from bot.runbook.models.plan import Plan
from bot.runbook.models.targets.command import Command
from bot.runbook.models.targets.env_file import EnvFile
from bot.runbook.models.targets.http import Http
from tests.rotation.cast import plan, stage

Block = EnvFile | Command | Http


def slot(name: str, block: Block, *tenants: str) -> Plan:
    targets = block.plans(name, variable="M", tenants=tenants)
    return plan(stage(name).model_copy(update={"targets": targets})).model_copy(update={"slot": name, "metrics": None})


def command(read: str, *restart: str) -> Command:
    return Command.model_validate(
        {"kind": "command", "read": [read, "{tenant}"], "write": ["set", "{tenant}", "{value}"], "restart": restart}
    )


def api(url: str, pointer: str = "/model", restart: str = "") -> Http:
    more = {"restart": {"method": "POST", "url": restart}} if restart else {}
    return Http.model_validate({"kind": "http", "url": url, "pointer": pointer, **more})


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        (EnvFile(env_file="/a", variable="M"), EnvFile(env_file="/a", variable="N"), True),
        (EnvFile(env_file="/a", restart=("r",)), EnvFile(env_file="/b", restart=("r",)), True),
        (EnvFile(env_file="/a", restart=("r",)), EnvFile(env_file="/b", restart=("s",)), False),
        (EnvFile(env_file="/a"), EnvFile(env_file="/b"), False),
        (command("get"), command("get"), True),
        (command("get"), command("other"), False),
        (command("get", "reload"), command("other", "reload"), True),
        (command("get", "reload"), EnvFile(env_file="/a", restart=("reload",)), True),
        (api("https://p/x"), api("https://p/x", "/other"), True),
        (api("https://p/x"), api("https://p/y"), False),
        (api("https://p/x", restart="https://p/r"), api("https://p/y", restart="https://p/r"), True),
    ],
)
def test_what_two_slots_share(one: Block, other: Block, near: bool) -> None:
    assert neighbours(slot("chat", one, "acme"), slot("draft", other, "acme")) is near


def test_tenants_of_their_own_are_no_neighbours() -> None:
    assert not neighbours(slot("chat", command("get"), "acme"), slot("draft", command("get"), "globex"))
