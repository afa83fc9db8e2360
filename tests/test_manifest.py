"""The app's manifest is one Slack takes, and its scopes are explained.

The schema is https://raw.githubusercontent.com/slackapi/manifest-schema/main/manifest.schema.json (2.0.0, MIT).
"""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema  # noqa: TID253 (a test may be heavy)
import pytest
from ruamel.yaml import YAML

from handlers.shortcuts import ROLL_THIS_BACK, WHAT_HAPPENED

ROOT = Path(__file__).parents[1]


@pytest.fixture
def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(ROOT / "manifest.yml")
    return loaded


def test_slacks_schema_takes_it(manifest: dict[str, Any]) -> None:
    schema = json.loads((ROOT / "tests" / "data" / "slack-manifest.schema.json").read_text())
    jsonschema.Draft7Validator(schema).validate(manifest)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(schema).validate({**manifest, "scopes": []})


def test_limits_the_schema_does_not_hold(manifest: dict[str, Any]) -> None:
    about = manifest["display_information"]
    assert len(about["name"]) <= 35
    assert len(about["description"]) <= 140
    assert 175 <= len(about["long_description"]) <= 4000
    assert all(len(command["usage_hint"]) <= 1000 for command in manifest["features"]["slash_commands"])


def test_what_the_product_is_reached_through(manifest: dict[str, Any]) -> None:
    assert [command["command"] for command in manifest["features"]["slash_commands"]] == ["/rotate"]
    assert manifest["features"]["slash_commands"][0]["should_escape"] is True
    shortcuts = manifest["features"]["shortcuts"]
    assert [shortcut["callback_id"] for shortcut in shortcuts] == [WHAT_HAPPENED, ROLL_THIS_BACK]
    assert all(len(shortcut["name"]) <= 24 for shortcut in shortcuts)
    assert set(manifest["settings"]["event_subscriptions"]["bot_events"]) == {"app_mention", "app_home_opened"}
    assert manifest["settings"]["interactivity"]["is_enabled"] is True
    assert manifest["settings"]["socket_mode_enabled"] is True


@pytest.mark.parametrize(("key", "heading"), [("bot", "Needed"), ("bot_optional", "Optional")])
def test_every_scope_is_explained_and_no_other(manifest: dict[str, Any], key: str, heading: str) -> None:
    page = (ROOT / "docs" / "scopes.md").read_text()
    section = page.split(f"## {heading}\n")[1].split("\n## ")[0]
    assert re.findall(r"^\| `([a-z_:.]+)` \|", section, re.MULTILINE) != []
    assert sorted(re.findall(r"^\| `([a-z_:.]+)` \|", section, re.MULTILINE)) == sorted(
        manifest["oauth_config"]["scopes"][key]
    )


def test_the_installed_copy_is_the_same_file() -> None:
    assert (ROOT / "bot" / "examples" / "manifest.yml").read_text() == (ROOT / "manifest.yml").read_text()
