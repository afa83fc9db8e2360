"""Process settings and secrets: the one place that reads the environment, and `.env` in the working directory.

What an operator decides about rotations is in the runbook file, never here.
"""

import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ENV_FILE = Path(".env")
logging.getLogger("dotenv").setLevel(logging.CRITICAL)  # its complaints quote nothing a person could act on
APPS_PAGE = "https://api.slack.com/apps"
HIGHEST_PORT = 65535

_BOT_TOKEN = f"the bot token begins with xoxb-; find it at {APPS_PAGE} > your app > OAuth & Permissions"
_APP_TOKEN = (
    f"the app-level token begins with xapp-; make it at {APPS_PAGE} > your app > Basic Information > App-Level Tokens, "
    "with scope connections:write"
)
_KINDS = {
    "xoxb-": "a bot token",
    "xoxp-": "a user token",
    "xoxe.": "a rotating configuration token",
    "xoxe-": "a refresh token",
    "xapp-": "an app-level token",
}
_COMMAND_VARIABLES = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "KUBECONFIG",
    "DOCKER_HOST",
    "SSH_AUTH_SOCK",
)


class SettingsError(Exception):
    """The environment does not say what is needed. `problems` has one sentence each: which variable, and what to do."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class Settings(BaseSettings):
    """What the process itself needs. Names are those of the environment, in capitals."""

    model_config = SettingsConfigDict(
        env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    slack_bot_token: SecretStr = Field(default=SecretStr(""), description=_BOT_TOKEN)
    slack_app_token: SecretStr = Field(default=SecretStr(""), description=_APP_TOKEN)
    slack_signing_secret: SecretStr | None = Field(
        default=None, description="only for HTTP mode: Basic Information > App Credentials > Signing Secret"
    )
    slack_api_url: str = Field(
        default="https://slack.com/api/", description="another base of the Slack Web API; ends in /api/"
    )
    rotate_database: Path = Field(default=Path("rotate.db"), description="where the database file is")
    rotate_metrics: str | None = Field(
        default=None,
        description="where the bot serves its own `/metrics` and `/healthz`: 127.0.0.1:9464, or :9464 for every"
        " interface; nowhere if not set",
    )
    rotate_native_charts: bool = Field(
        default=False,
        description="true where the workspace draws charts itself (Slack's data visualization block); otherwise, and"
        " where it takes none after all, charts are pictures",
    )
    rotate_log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="how much is logged"
    )

    @field_validator("slack_bot_token", "slack_app_token", mode="after")
    @classmethod
    def _trimmed(cls, value: SecretStr) -> SecretStr:
        return SecretStr(value.get_secret_value().strip())

    @field_validator("slack_api_url")
    @classmethod
    def _base(cls, value: str) -> str:
        if not re.fullmatch(r"https?://[^/\s@]+(/[^\s?#]*)?/api/", value):
            message = "must be an http(s) address that ends in /api/"
            raise ValueError(message)
        return value

    @field_validator("rotate_metrics")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        found = re.fullmatch(r"(?:(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]*):)?(?P<port>[0-9]{1,5})", value.strip())
        if found is None or not 0 < int(found["port"]) <= HIGHEST_PORT:
            message = "must be HOST:PORT, such as 127.0.0.1:9464, or :9464 for every interface"
            raise ValueError(message)
        return f"{found['host'] or ''}:{int(found['port'])}"

    @field_validator("rotate_log_level", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    def slack_problems(self) -> tuple[str, ...]:
        """What is wrong with the Slack tokens, one sentence each: which one, and where to get it."""
        bot, app = self.slack_bot_token.get_secret_value(), self.slack_app_token.get_secret_value()
        if bot.startswith("xapp-") and app.startswith("xoxb-"):
            return (
                "SLACK_BOT_TOKEN and SLACK_APP_TOKEN are swapped: the bot token begins with xoxb-, the app's xapp-",
            )
        found = (
            _trouble("SLACK_BOT_TOKEN", bot, "xoxb-", _BOT_TOKEN),
            _trouble("SLACK_APP_TOKEN", app, "xapp-", _APP_TOKEN),
        )
        return tuple(problem for problem in found if problem)

    def checked(self) -> Self:
        """Itself, when both Slack tokens have the right shape. Raises SettingsError."""
        if problems := self.slack_problems():
            raise SettingsError(problems)
        return self

    def secrets(self) -> Iterator[str]:
        """Every secret it holds, for masking."""
        for value in (self.slack_bot_token, self.slack_app_token, self.slack_signing_secret):
            if value is not None and value.get_secret_value():
                yield value.get_secret_value()


def _trouble(name: str, value: str, prefix: str, where: str) -> str:
    if not value:
        return f"{name} is not set: {where}"
    if re.fullmatch(rf"{prefix}[A-Za-z0-9-]{{6,}}", value):
        return ""
    if value.startswith(prefix):
        rest = value.removeprefix(prefix)
        what = "is still the placeholder" if not rest.strip(".…-xX") else "is cut off or holds a stray character"
        return f"{name} {what}: {where}"
    kind = next((words for start, words in _KINDS.items() if value.startswith(start)), None)
    return f"{name} is {kind}: {where}" if kind else f"{name} does not look like a token: {where}"


def load_settings(env_file: Path = ENV_FILE) -> Settings:
    """The settings of this process; the environment wins over `.env`. Raises SettingsError."""
    if wrong := unreadable_lines(env_file):
        raise SettingsError(wrong)
    try:
        return Settings(_env_file=env_file)
    except ValidationError as error:
        problems = []
        for found in error.errors(include_url=False, include_input=False):
            name = str(found["loc"][0]).upper()
            problems.append(f"{name}: {found['msg'].removeprefix('Value error, ')}")
        raise SettingsError(tuple(problems)) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise SettingsError((f"{env_file} cannot be read: {reason}",)) from None


def unreadable_lines(env_file: Path) -> tuple[str, ...]:
    """The lines of a dotenv file that are no `NAME=value`, by number only: they may hold half a secret."""
    try:
        with env_file.open(encoding="utf-8") as opened:
            wrong = [binding.original.line for binding in parse_stream(opened) if binding.error]
    except (OSError, UnicodeDecodeError):
        return ()
    return tuple(f"{env_file}:{line}: is no line of the form NAME=value" for line in wrong)


@lru_cache(maxsize=8)
def _from_file(env_file: Path, _changed: float) -> Mapping[str, str | None]:
    return dotenv_values(env_file, interpolate=False)


def secret(name: str, env_file: Path = ENV_FILE) -> SecretStr | None:
    """The secret of that name, such as a provider's API key, from the environment or `.env`; None when it is empty."""
    value = os.environ.get(name)
    if not value:
        try:
            value = _from_file(env_file, env_file.stat().st_mtime).get(name)
        except (OSError, UnicodeDecodeError):
            value = None
    return SecretStr(value.strip()) if value and value.strip() else None


def key_trouble(key: SecretStr) -> str:
    """Why an API key cannot be sent as it is, without showing it; empty when it can."""
    value = key.get_secret_value()
    if value.isascii() and value.isprintable() and " " not in value:
        return ""
    return "holds a space, a line break or another character that no key has; copy it anew"


def engine_environment(names: Iterable[str], env_file: Path = ENV_FILE) -> tuple[dict[str, str], tuple[str, ...]]:
    """The variables an engine of the operator's own gets: those of every command and the named ones; which are unset.

    A named one may stand in `.env`, as the provider's key may.
    """
    found, missing = command_environment(), []
    for name in names:
        held = secret(name, env_file)
        if held is not None:
            found[name] = held.get_secret_value()
        elif name not in found:
            missing.append(name)
    return found, tuple(missing)


def command_environment() -> dict[str, str]:
    """The variables restart commands get: enough to find programs, sessions and clusters, and no secret of ours."""
    return {name: os.environ[name] for name in _COMMAND_VARIABLES if name in os.environ}
