"""Two imitations of Slack's Web API by others, each started as a process of its own, and how to ask them.

`emulate` (npm, Vercel's) and `backlot` (PyPI; its makers measured it against Slack itself). Both are Apache-2.0.
"""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from bot.settings import command_environment
from tests.witnesses.script import Ask, Json, Script, play

PEOPLE = (("ann", "Ann Ash", "ann@example.com"), ("ben", "Ben Bay", "ben@example.com"))
ROOMS = ("lobby", "kitchen", "roof")
SCOPES = (
    *("channels:history", "channels:join", "channels:read", "chat:write", "files:write", "im:write", "reactions:write"),
    *("team:read", "users:read", "users:read.email"),
)
_PATIENCE_SECONDS = 90.0
_BACKLOT = """
import sys
import backlot
for left in reversed(range(5)):  # it gives its server ten seconds to start, which a busy machine does not
    try:
        with backlot.serve(telemetry=False) as server:
            print(server.base_url, server.token, flush=True)
            sys.stdin.read()
        break
    except RuntimeError:
        if not left:
            raise
"""

BACKLOT_SERVES = frozenset({
    *("api.test", "auth.test", "chat.delete", "chat.getPermalink", "chat.postEphemeral", "chat.postMessage"),
    *("chat.update", "conversations.history", "conversations.info", "conversations.list", "conversations.members"),
    *("conversations.replies", "reactions.add", "reactions.remove", "users.info", "users.list"),
})  # fmt: skip
EMULATE_SERVES = BACKLOT_SERVES - {"api.test"} | {
    *("conversations.join", "conversations.open", "files.completeUploadExternal", "files.getUploadURLExternal"),
    *("team.info", "users.lookupByEmail", "views.open", "views.publish", "views.update"),
}


def asker(http: httpx.AsyncClient, base: str, own: str) -> Ask:
    """Answers how to ask one server: as a form, with a bearer token unless an empty one is given."""

    async def ask(method: str, /, token: str = own, **given: str) -> Json:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer: Json = (await http.post(base + method, data=given, headers=headers)).json()
        return answer

    return ask


async def told(ask: Ask, methods: frozenset[str], rooms: tuple[str, str]) -> dict[str, Json]:
    """Answers what a server says to the script. `rooms`: one with people in it, and another."""
    channels = {found["name"]: found["id"] for found in (await ask("conversations.list"))["channels"]}
    people = (await ask("conversations.members", channel=channels[rooms[0]]))["members"]
    users = [found["id"] for found in (await ask("users.list"))["members"] if not found.get("is_bot")]
    user = next(found for found in people if found in users)
    script = Script(ask, methods)
    await play(script, {"channel": channels[rooms[0]], "elsewhere": channels[rooms[1]], "user": user})
    return script.answers


async def emulate(node: Path, program: Path, folder: Path, port: int) -> dict[str, Json]:
    """Answers what npm's `emulate` says."""
    seed = folder / "emulate.json"
    seed.write_text(json.dumps(_emulated()), encoding="utf-8")
    command = (node, program / "dist" / "index.js", "start", "-s", "slack", "-p", str(port), "--seed", seed)
    async with (
        _child(*command) as child,
        httpx.AsyncClient(trust_env=False) as http,
        asyncio.timeout(_PATIENCE_SECONDS),
    ):
        assert child.stdout is not None
        while str(port) not in (line := (await child.stdout.readline()).decode()):
            assert line, "emulate ended before it served"
        ask = asker(http, f"http://127.0.0.1:{port}/api/", "xoxb-desk")
        return await told(ask, EMULATE_SERVES, ("lobby", "roof"))


async def backlot() -> dict[str, Json]:
    """Answers what PyPI's `backlot` says; its telemetry is off, by argument and by environment."""
    off = {"BACKLOT_TELEMETRY": "0", "DO_NOT_TRACK": "1"}
    async with (
        _child(sys.executable, "-c", _BACKLOT, **off) as child,
        httpx.AsyncClient(trust_env=False) as http,
        asyncio.timeout(_PATIENCE_SECONDS),
    ):
        assert child.stdout is not None
        base, token = (await child.stdout.readline()).decode().split()
        return await told(asker(http, f"{base}/slack/api/", token), BACKLOT_SERVES, ("general", "sales-wins"))


@asynccontextmanager
async def _child(*command: Path | str, **environment: str) -> AsyncIterator[Process]:
    given = command_environment() | environment
    child = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, env=given)
    try:
        yield child
    finally:
        if child.returncode is None:
            child.terminate()
        await child.communicate()


def _emulated() -> dict[str, Any]:
    app = {"app_id": "A1", "bot_id": "B0000DSK", "bot_user_id": "U0000DSK"}
    oauth = {"client_id": "1.2", "client_secret": "x", "name": "desk", "bot_name": "desk", "scopes": list(SCOPES)}
    return {
        "slack": {
            "team": {"name": "Hotel", "domain": "hotel"},
            "signing_secret": "sesame",
            "strict_scopes": True,
            "users": [{"name": name, "real_name": real, "email": mail} for name, real, mail in PEOPLE],
            "channels": [{"name": name} for name in ROOMS],
            "oauth_apps": [oauth | app | {"redirect_uris": ["http://localhost/back"]}],
            "tokens": [{"token": "xoxb-desk", "type": "bot", "user": "U0000DSK", "scopes": list(SCOPES), **app}],
        }
    }
