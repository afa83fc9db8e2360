"""The files an installation begins with, from the answers of `rotate init`. Pure: answers in, texts out."""

import json
import re
from dataclasses import dataclass
from urllib.parse import quote

from bot.masking import mask
from bot.runbook.models.people import CHANNEL
from bot.runbook.models.sources import KNOWN_PROVIDERS
from bot.runbook.rules import unexpanded
from bot.runbook.texts import address_trouble, base_url_trouble

SUITE_NAME = "chat.suite.yml"
RUNBOOK_NAME = "runbook.yml"
NEW_APP = "https://api.slack.com/apps?new_app=1&manifest_yaml="
_STAGES = ("staging", "pilots", "global")
_MEMBER = re.compile(r"[UW][A-Z0-9]{5,}")


class AnswerError(ValueError):
    """An answer that cannot be used; the sentence says what was expected."""


@dataclass(frozen=True)
class Owner:
    """One of the three groups: a Slack user group's handle, or member ids, and the channel it is told in."""

    channel: str
    group: str = ""
    people: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answers:
    """What was asked. `env_files` are by stage, in order; `metrics` and `health` may be empty."""

    channel: str
    owners: tuple[Owner, Owner, Owner]
    provider: str
    variable: str
    env_files: dict[str, str]
    metrics: str
    health: str = ""


def parse_channel(text: str) -> str:
    """A channel's name. Raises AnswerError."""
    name = text.strip().lstrip("#")
    if not CHANNEL.fullmatch(name) or not name.isprintable():
        message = f"{text.strip()!r} is not a channel; write its name, such as model-rotation"
        raise AnswerError(message)
    return name


def parse_owners(text: str, channel: str) -> tuple[Owner, Owner, Owner]:
    """ML, SRE and Finance: three user groups, or member ids joined by `+`, separated by commas. Raises AnswerError."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != len(_STAGES) or not all(parts):
        message = "expected three owners separated by commas: ml, sre, finance"
        raise AnswerError(message)
    owners = [_owner(part, channel) for part in parts]
    return owners[0], owners[1], owners[2]


def _owner(text: str, channel: str) -> Owner:
    people = tuple(part.strip().lstrip("@") for part in text.split("+"))
    if all(_MEMBER.fullmatch(person) for person in people):
        return Owner(channel, people=people)
    if len(people) > 1:
        message = f"{text!r}: join member ids (U024BE7LH+U024BE7LJ), or name one user group"
        raise AnswerError(message)
    handle = parse_channel(people[0])
    return Owner(handle, group=handle)


def parse_provider(text: str) -> str:
    """A known provider's name or a base URL. Raises AnswerError."""
    name = text.strip()
    if name.lower() in KNOWN_PROVIDERS:
        return name.lower()
    if "://" in name and name.isprintable():
        if reason := base_url_trouble(name):
            raise AnswerError(reason)
        return name.rstrip("/")
    message = (
        f"{mask(name)!r} is neither {' nor '.join(sorted(KNOWN_PROVIDERS))} nor an address such as https://host/v1"
    )
    raise AnswerError(message)


def parse_variable(text: str) -> str:
    """The name of an environment variable. Raises AnswerError."""
    name = text.strip()
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        message = f"{name!r} is not the name of a variable; write one such as CRUVERO_OPENROUTER_MODEL"
        raise AnswerError(message)
    return name


def parse_env_files(text: str) -> dict[str, str]:
    """One to three paths separated by commas, by stage: global alone, staging and global, or all three.

    Raises AnswerError.
    """
    paths = [part.strip() for part in text.split(",")]
    if not 1 <= len(paths) <= len(_STAGES) or not all(paths) or len(set(paths)) != len(paths):
        message = "expected one to three different paths separated by commas: staging, pilots, global"
        raise AnswerError(message)
    for path in paths:
        if not path.isprintable() or (reason := unexpanded(path)):
            message = f"{path!r}: {reason if path.isprintable() else 'it holds a control character'}"
            raise AnswerError(message)
    names = {1: ("global",), 2: ("staging", "global"), 3: _STAGES}[len(paths)]
    return dict(zip(names, paths, strict=True))


def parse_address(text: str) -> str:
    """An address, or nothing (`-` or `none` say so). Raises AnswerError."""
    address = text.strip().rstrip("/")
    if address.lower() in {"", "-", "none"}:
        return ""
    if not address.isprintable() or address_trouble(address):
        message = f"{mask(address)!r} is not an address such as http://localhost:9090; write none for none"
        raise AnswerError(message)
    return address


def runbook_text(answers: Answers) -> str:
    """The runbook file: complete, with a comment beside what the person may want next."""
    stages = [_stage(name, path) for name, path in answers.env_files.items()]
    ml, sre, finance = answers.owners
    return "\n".join(
        (
            "# The runbook of `rotate`. `rotate runbook check` says what it leaves open; `rotate runbook show` prints",
            "# it with every default. A change counts from the next start of `rotate serve`; a running rotation keeps",
            "# the rules it began with.",
            f"channel: {_plain(answers.channel)}",
            "groups:",
            f"  ml: {_owner_block(ml)}",
            f"  sre: {_owner_block(sre)}",
            f"  finance: {_owner_block(finance)}",
            *_provider_lines(answers.provider),
            *_metrics_lines(answers.metrics),
            f"health: {_plain(answers.health)}" if answers.health else "# health: http://localhost:8080/api/health",
            "slots:",
            "  chat:",
            f"    suite: {SUITE_NAME}",
            "    # envelope_usd_per_month: 6000",
            f"    variable: {answers.variable}",
            "    stages:",
            "      # beside each file, what makes its readers take a change up: restart: [systemctl, restart, worker]",
            *stages,
            "",
        )
    )


def _plain(text: str) -> str:
    safe = re.fullmatch(r"[A-Za-z/.][\w./:-]*", text) and text.lower() not in {"true", "false", "null"}
    return text if safe else json.dumps(text, ensure_ascii=False)


def _owner_block(owner: Owner) -> str:
    who = f"people: [{', '.join(owner.people)}]" if owner.people else f"group: {_plain(owner.group)}"
    return f"{{channel: {_plain(owner.channel)}, {who}}}"


def _provider_lines(provider: str) -> tuple[str, ...]:
    if provider in KNOWN_PROVIDERS:
        return (f"provider: {provider}  # key in {KNOWN_PROVIDERS[provider][1]}",)
    return ("provider:", "  name: own", f"  base_url: {_plain(provider)}", f"  api_key_env: {key_variable(provider)}")


def key_variable(provider: str) -> str:
    """The environment variable a provider's key is read from."""
    return KNOWN_PROVIDERS.get(provider, ("", "PROVIDER_API_KEY"))[1]


def _metrics_lines(address: str) -> tuple[str, ...]:
    if not address:
        return (
            "# Without metrics no watch passes:",
            "# metrics: {prometheus: http://localhost:9090, requests: llm_requests_total, errors: ...}",
        )
    return (
        "metrics:  # names of your series; `rotate doctor` says which have no samples",
        f"  prometheus: {_plain(address)}",
        "  requests: llm_requests_total",
        '  errors: llm_requests_total{status="error"}',
        "  latency: llm_request_duration_seconds",
        "  cost: llm_cost_usd_total",
        "  labels: {model: model, stage: env}",
    )


def _stage(name: str, path: str) -> str:
    quiet = ", traffic: none" if name == "staging" else ""
    return f"      {name}: {{env_file: {_plain(path)}{quiet}}}"


def env_text(provider: str) -> str:
    """`.env` with placeholders and where each value is found."""
    return (
        "# Secrets of `rotate`. Readable by its owner only; never commit this file.\n"
        "# https://api.slack.com/apps > your app > OAuth & Permissions > Bot User OAuth Token\n"
        "SLACK_BOT_TOKEN=xoxb-...\n"
        "# https://api.slack.com/apps > your app > Basic Information > App-Level Tokens, scope connections:write\n"
        "SLACK_APP_TOKEN=xapp-...\n"
        f"# the model provider's API key\n{key_variable(provider)}=\n"
    )


def missing_from_env(text: str, provider: str) -> tuple[str, ...]:
    """The names an existing `.env` lacks."""
    names = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", key_variable(provider))
    return tuple(name for name in names if not re.search(rf"^\s*(export\s+)?{name}\s*=", text, re.MULTILINE))


def model_variables(text: str) -> tuple[str, ...]:
    """Variables of a dotenv text that look like they hold a model, the likeliest first."""
    names = re.findall(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=", text, re.MULTILINE)
    likely = [name for name in dict.fromkeys(names) if "MODEL" in name.upper()]
    return tuple(sorted(likely, key=lambda name: (not name.upper().endswith("MODEL"), len(name))))


def app_link(manifest: str) -> str:
    """The address that opens Slack's form with the manifest filled in."""
    bare = "\n".join(line for line in manifest.splitlines() if not line.lstrip().startswith("#"))
    return NEW_APP + quote(bare + "\n", safe="")
