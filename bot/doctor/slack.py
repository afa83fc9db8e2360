"""Slack's side of an installation: tokens, scopes, channels, owner groups. Reads only; nothing is posted or joined."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor.model import Finding, fails, not_checked, ok
from bot.runbook.models.file import Runbook
from bot.runbook.models.people import Group, GroupName
from bot.unreachable import why_unreachable
from bot.wording.scopes import LOST

REINSTALL = "https://api.slack.com/apps > your app > Install App > Reinstall to Workspace"
_BAD_TOKEN = {
    "invalid_auth": "Slack does not know it",
    "not_authed": "none was sent",
    "account_inactive": "the app was removed from the workspace",
    "token_revoked": "it was revoked",
    "token_expired": "it has expired",
    "not_allowed_token_type": "it is a token of another kind",
}
RATE_LIMITED = "ratelimited"
_PAGE = 200
_MOST_PAGES = 50


@dataclass(frozen=True)
class Scopes:
    """What the manifest asks for, and what each optional scope is for."""

    needed: frozenset[str]
    optional: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> "Scopes":
        """The scopes of an app manifest."""
        written = manifest["oauth_config"]["scopes"]
        known = {scope: LOST.get(scope, "") for scope in written.get("bot_optional", [])}
        return cls(frozenset(written["bot"]), known)


@dataclass(frozen=True)
class Refusal(Exception):
    """Slack did not answer as asked; `code` is its word for it."""

    code: str
    needed: str = ""
    wait_s: int | None = None

    def __str__(self) -> str:
        """In words."""
        if self.code == "missing_scope":
            return f"the scope {self.needed or '(unnamed)'} is missing"
        if self.limited:
            return "Slack asks to wait" + (f" {self.wait_s} s" if self.wait_s is not None else "")
        return _BAD_TOKEN.get(self.code, self.code)

    @property
    def limited(self) -> bool:
        """Whether Slack was only asked too often, which says nothing about the installation."""
        return self.code == RATE_LIMITED

    @property
    def todo(self) -> str:
        """What mends it."""
        if self.limited:
            return "run `rotate doctor` again then"
        if self.code == "missing_scope":
            return f"add {self.needed or 'it'} under OAuth & Permissions, then {REINSTALL}"
        if self.code in _BAD_TOKEN:
            return f"{REINSTALL}, then copy the token again"
        return "try again; is slack.com (or SLACK_API_URL) reachable from here?"


async def ask(call: Callable[..., Awaitable[Any]], **arguments: object) -> Any:  # noqa: ANN401 - slack_sdk's own type
    """One Web API call. Raises Refusal, whatever went wrong."""
    try:
        return await call(**arguments)
    except SlackApiError as error:
        answer = error.response
        if getattr(answer, "status_code", 200) == 429:  # noqa: PLR2004 - too many requests
            waits = {name.lower(): value for name, value in dict(answer.headers or {}).items()}
            wait = str(waits.get("retry-after") or "")
            raise Refusal(RATE_LIMITED, wait_s=int(wait) if wait.isdigit() else None) from None
        data = getattr(answer, "data", answer)
        said = data if isinstance(data, dict) else {}
        raise Refusal(str(said.get("error") or "no usable answer"), str(said.get("needed") or "")) from None
    except (SlackClientError, OSError, TimeoutError, ValueError) as error:
        raise Refusal(f"no connection ({why_unreachable(error)})") from None


async def check_bot_token(bot: AsyncWebClient, scopes: Scopes, runbook: Runbook | None) -> tuple[Finding, ...]:
    """Whether the bot token is good, and which scopes it was granted."""
    try:
        answer = await ask(bot.auth_test)
    except Refusal as refusal:
        return (_refused("bot token", "SLACK_BOT_TOKEN", refusal, refusal.todo),)
    found = ok("bot token", f"{answer.get('user', 'the bot')} in workspace {answer.get('team', '?')}")
    headers = {name.lower(): value for name, value in dict(answer.headers or {}).items()}
    granted = headers.get("x-oauth-scopes")
    if granted is None:
        return (found, not_checked("scopes", "Slack did not say which scopes were granted"))
    names = frozenset(scope.strip() for scope in granted.split(",") if scope.strip())
    return (found, *_scopes(scopes, names, runbook))


def _refused(check: str, name: str, refusal: Refusal, todo: str) -> Finding:
    if refusal.limited:
        return not_checked(check, str(refusal), todo)
    return fails(check, f"{name}: {refusal}", todo)


def _scopes(scopes: Scopes, granted: frozenset[str], runbook: Runbook | None) -> tuple[Finding, ...]:
    missing = sorted(scopes.needed - granted)
    if missing:
        todo = f"add {', '.join(missing)} under OAuth & Permissions, then {REINSTALL}"
        return (fails("scopes", f"missing: {', '.join(missing)}", todo),)
    declined = sorted(set(scopes.optional) - granted)
    uses_groups = runbook is not None and any(runbook.groups.of(name).group for name in GroupName)
    if "usergroups:read" in declined and uses_groups:
        todo = f"add usergroups:read and {REINSTALL}, or name `people:` in the runbook"
        return (fails("scopes", "usergroups:read is missing, and the runbook names Slack user groups", todo),)
    if declined:
        costs = "; ".join(f"without {scope} {scopes.optional[scope]}".rstrip() for scope in declined)
        return (ok("scopes", f"all that are needed; {costs}"),)
    return (ok("scopes", f"all {len(scopes.needed | set(scopes.optional))} granted"),)


async def check_app_token(app: AsyncWebClient) -> tuple[Finding, ...]:
    """Whether a Socket Mode connection could be opened; none is."""
    try:
        await ask(app.apps_connections_open, app_token=app.token)
    except Refusal as refusal:
        todo = refusal.todo
        if refusal.code in {"missing_scope", "not_allowed_token_type", "invalid_auth"}:
            todo = (
                "make one at Basic Information > App-Level Tokens with scope connections:write, and enable Socket Mode"
            )
        return (_refused("app token", "SLACK_APP_TOKEN", refusal, todo),)
    return (ok("app token", "Socket Mode connections can be opened"),)


def named_channels(runbook: Runbook) -> tuple[str, ...]:
    """Every channel the runbook names, once each, in the order of the file."""
    groups = [runbook.groups.of(name).channel for name in GroupName]
    slots = [slot.channel for slot in runbook.slots.values() if slot.channel]
    return tuple(dict.fromkeys([runbook.channel, *groups, *slots]))


async def _pages(
    call: Callable[..., Awaitable[Any]], key: str, **arguments: object
) -> AsyncIterator[Mapping[str, Any]]:
    cursor = ""
    for _ in range(_MOST_PAGES):
        answer = await ask(call, limit=_PAGE, **arguments, **({"cursor": cursor} if cursor else {}))
        for entry in answer.get(key) or []:
            yield entry
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return


async def _channels(call: Callable[..., Awaitable[Any]], wanted: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """The wanted channels that the call lists, by the name or id they were wanted by; stops once all are found."""
    found: dict[str, Mapping[str, Any]] = {}
    types = "public_channel,private_channel"
    for attempt in (types, "public_channel"):
        try:
            async for channel in _pages(call, "channels", types=attempt, exclude_archived=False):
                for name in wanted:
                    if name in (channel.get("id"), channel.get("name"), channel.get("name_normalized")):
                        found.setdefault(name, channel)
                if len(found) == len(wanted):
                    break
        except Refusal as refusal:
            if attempt != types or refusal.needed != "groups:read":
                raise
            continue
        break
    return found


async def check_channels(bot: AsyncWebClient, channels: Sequence[str]) -> tuple[Finding, ...]:
    """Whether each channel exists and the bot is in it."""
    try:
        own = await _channels(bot.users_conversations, channels)
        others = [name for name in channels if name not in own]
        listed = await _channels(bot.conversations_list, others) if others else {}
    except Refusal as refusal:
        return (not_checked("channels", f"the channels could not be read: {refusal}", refusal.todo),)
    return tuple(_channel(name, own.get(name), listed.get(name)) for name in channels)


def _channel(name: str, own: Mapping[str, Any] | None, listed: Mapping[str, Any] | None) -> Finding:
    check = f"channel #{name}"
    channel = own or listed
    if channel is None:
        return fails(
            check,
            "there is no such channel that the bot can see",
            f"create it, correct the runbook, or (a private one) type `/invite @rotate` in #{name}",
        )
    if channel.get("is_archived"):
        return fails(check, "is archived", "unarchive it, or name another in the runbook")
    if own is None and not channel.get("is_member"):
        return fails(check, "the bot is not in it", f"type `/invite @rotate` in #{name}")
    return ok(check, "the bot is in it")


@dataclass(frozen=True)
class Members:
    """How many people a group has, None where that could not be found out, and what was found."""

    sizes: Mapping[GroupName, int | None]
    findings: tuple[Finding, ...]


async def check_groups(bot: AsyncWebClient, runbook: Runbook) -> Members:
    """Whether each owner group can be found and has people in it. User groups are asked for only where one is named."""
    groups = {name: runbook.groups.of(name) for name in GroupName}
    handles: list[Mapping[str, Any]] = []
    refused: Refusal | None = None
    if any(group.group for group in groups.values()):
        try:
            answer = await ask(bot.usergroups_list, include_users=True, include_disabled=True)
            handles = list(answer.get("usergroups") or [])
        except Refusal as refusal:
            refused = refusal
    sizes: dict[GroupName, int | None] = {}
    findings: list[Finding] = []
    for name, group in groups.items():
        if group.group is None:
            sizes[name], finding = await _people(bot, name, group.people)
        elif refused is not None:
            sizes[name], finding = None, _unread(name, group, refused)
        else:
            sizes[name], finding = _user_group(name, group, handles)
        findings.append(finding)
    return Members(sizes, tuple(findings))


def _unread(name: GroupName, group: Group, refused: Refusal) -> Finding:
    what = f"@{group.group} cannot be read: {refused}"
    if refused.limited:
        return not_checked(f"group {name}", what, refused.todo)
    return fails(f"group {name}", what, f"{refused.todo}, or name `people:` in the runbook")


def _user_group(name: GroupName, group: Group, known: Sequence[Mapping[str, Any]]) -> tuple[int | None, Finding]:
    check = f"group {name}"
    wanted = group.group or ""
    entry = next((one for one in known if wanted in (one.get("id"), one.get("handle"))), None)
    if entry is None:
        handles = ", ".join(sorted(f"@{one.get('handle')}" for one in known)[:8]) or "none"
        todo = f"create it (paid plans), correct its handle (there are: {handles}), or name `people:` in the runbook"
        return None, fails(check, f"there is no user group @{wanted}", todo)
    people = len(entry.get("users") or [])
    if entry.get("date_delete"):
        return 0, fails(check, f"@{wanted} is disabled", "enable it again, or name `people:` in the runbook")
    if people == 0:
        return 0, fails(check, f"@{wanted} is empty", "add people to it in Slack")
    return people, ok(check, f"@{wanted} has {people} {'person' if people == 1 else 'people'}")


async def _people(bot: AsyncWebClient, name: GroupName, people: Sequence[str]) -> tuple[int | None, Finding]:
    check = f"group {name}"
    good = 0
    for person in people:
        try:
            user = (await ask(bot.users_info, user=person)).get("user") or {}
        except Refusal as refusal:
            if refusal.code in {"user_not_found", "user_not_visible"}:
                todo = "copy the member id from the person's profile (⋮ > Copy member ID)"
                return None, fails(check, f"there is no member {person}", todo)
            return None, not_checked(check, f"{person} could not be read: {refusal}", refusal.todo)
        if user.get("deleted") or user.get("is_bot"):
            what = "is deactivated" if user.get("deleted") else "is a bot"
            return None, fails(check, f"{person} {what}", "name somebody else in the runbook")
        good += 1
    return good, ok(check, f"{good} {'person' if good == 1 else 'people'}")
