"""The manifest asks for what the code registers and calls, no more and no less."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

from ruamel.yaml import YAML
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

import handlers
from handlers.messenger import SlackMessenger
from tests.handlers.conftest import KeepingEngine, SetClock
from tests.handlers.scopes import EVENTS, METHODS

ROOT: Final = Path(__file__).parents[2]


class Registering:
    """Keeps what is registered on it, as an app would."""

    def __init__(self) -> None:
        self.kept: dict[str, list[object]] = {}

    def __getattr__(self, kind: str) -> Callable[[object], Callable[[object], None]]:
        def register(constraint: object) -> Callable[[object], None]:
            self.kept.setdefault(kind, []).append(constraint)
            return lambda _: None

        return register


def registered() -> dict[str, list[object]]:
    app = Registering()
    messenger = SlackMessenger(AsyncWebClient())
    handlers.register(cast("AsyncApp", app), KeepingEngine(), messenger, SetClock())
    return app.kept


def manifest() -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(ROOT / "manifest.yml")
    return found


def called() -> set[str]:
    """Methods of the Web API that the package calls or hands on: attributes of its client."""
    found = set()
    for path in (ROOT / "handlers").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Attribute)
                and node.value.attr == "_client"
            ):
                found.add(node.attr)
    return found


def test_every_method_that_is_called_is_in_the_table_and_every_one_there_is_called() -> None:
    assert called() == set(METHODS)
    assert all(hasattr(AsyncWebClient, method) for method in METHODS)


def test_the_manifest_grants_the_scopes_that_are_needed() -> None:
    asked = manifest()["oauth_config"]["scopes"]
    granted = {*asked["bot"], *asked["bot_optional"]}
    needed = {"commands"}.union(*METHODS.values(), *EVENTS.values())
    assert granted == needed
    assert {"groups:read", "usergroups:read"} <= set(asked["bot_optional"])


def test_the_manifest_names_the_commands_and_events_that_are_listened_to() -> None:
    kept = registered()
    commands = {one for one in kept["command"] if isinstance(one, str)}
    assert commands == {one["command"] for one in manifest()["features"]["slash_commands"]}
    assert all(one["should_escape"] for one in manifest()["features"]["slash_commands"])
    listened = {one for one in kept["event"] if isinstance(one, str)} - {"message"}
    assert listened == set(manifest()["settings"]["event_subscriptions"]["bot_events"]) == set(EVENTS)
    assert manifest()["settings"]["interactivity"]["is_enabled"]
    assert manifest()["features"]["app_home"]["home_tab_enabled"]


def test_whatever_else_arrives_has_a_listener_that_comes_last() -> None:
    for kind in ("command", "action", "view", "view_closed", "event"):
        last = registered()[kind][-1]
        assert not isinstance(last, str)
        assert getattr(last, "pattern", "") == ".*"
