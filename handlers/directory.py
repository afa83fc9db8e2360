"""The directory port in Slack: who people are (at most a minute old) and who is in a group (ten seconds)."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from slack_sdk.web.async_client import AsyncWebClient

from bot.engine.models.people import Members, Person
from bot.ports import Clock, OutsideError
from bot.runbook.models.people import Group
from handlers.failures import outside
from handlers.messenger import FAILURES

FRESH: Final = timedelta(minutes=1)
"""How old an answer about people and channels may be."""

GROUP_FRESH: Final = timedelta(seconds=10)
"""How old an answer about who is in a group may be: it decides who may approve. Three groups stay within Slack's 20
calls a minute."""

_PERSON: Final = re.compile(r"^[UW][A-Z0-9]{2,}$")
_CHANNEL: Final = re.compile(r"^[CG][A-Z0-9]{2,}$")
_PAGE: Final = 200

Found = TypeVar("Found")


class SlackDirectory:
    """`bot.ports.Directory` through Slack's Web API. What could not be read says so; nothing old stands in for it."""

    def __init__(self, client: AsyncWebClient, clock: Clock) -> None:
        """Take the client as `handlers.client` made it; `clock` says how old an answer is."""
        self._client = client
        self._clock = clock
        self._kept: dict[str, tuple[datetime, Any]] = {}
        self._asking: dict[str, asyncio.Lock] = {}

    async def person(self, person: str) -> Person:
        """The person with that member id. Raises OutsideError."""
        found, _ = await self._fresh(f"person:{person}", lambda: self._person(person))
        return found

    async def _person(self, person: str) -> Person:
        try:
            answer = await self._client.users_info(user=person)
        except FAILURES as error:
            raise outside(error) from error
        user: dict[str, Any] = answer["user"]
        profile: dict[str, Any] = user.get("profile") or {}
        home = await self._team()
        names = (profile.get("display_name"), user.get("real_name"), profile.get("real_name"), user.get("name"))
        return Person(
            id=str(user["id"]),
            name=next((str(name) for name in names if name), person),
            guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
            bot=bool(user.get("is_bot") or user.get("is_workflow_bot") or user["id"] == "USLACKBOT"),
            stranger=bool(user.get("is_stranger") or user.get("deleted") or user.get("team_id", home) != home),
        )

    async def _team(self) -> str:
        async def ask() -> str:
            try:
                answer = await self._client.auth_test()
            except FAILURES as error:
                raise outside(error) from error
            return str(answer["team_id"])

        team, _ = await self._fresh("team", ask)
        return team

    async def group(self, group: Group) -> Members:
        """Members of an owner group: a list of people as it stands, a user group as Slack has it. Never raises."""
        if group.people:
            return self._people(group.people)
        handle = group.group or ""
        try:
            found, read_at = await self._fresh("usergroups", self._user_groups)
            group_id = found.get(handle.lower())
            if group_id is None:
                problem = f"there is no user group @{handle}"
                return Members(read_at=read_at, problem=problem)
            ids, read_at = await self._fresh(f"usergroup:{group_id}", lambda: self._group_users(group_id), GROUP_FRESH)
        except OutsideError as failed:
            return Members(read_at=self._clock.now(), problem=f"user group @{handle}: {failed.what} ({failed.whose})")
        problem = "" if ids else f"user group @{handle} has no members"
        return Members(ids=ids, read_at=read_at, problem=problem, mention=f"<!subteam^{group_id}>")

    def _people(self, people: tuple[str, ...]) -> Members:
        ids = tuple(person for person in people if _PERSON.match(person))
        wrong = [person for person in people if not _PERSON.match(person)]
        problem = f"not a member id: {', '.join(wrong)} (copy it from the person's profile)" if wrong else ""
        mention = " ".join(f"<@{person}>" for person in ids)
        return Members(ids=ids, read_at=self._clock.now(), problem=problem, mention=mention)

    async def _user_groups(self) -> dict[str, str]:
        try:
            answer = await self._client.usergroups_list()
        except FAILURES as error:
            raise outside(error) from error
        found: dict[str, str] = {}
        for one in answer.get("usergroups") or []:
            found[str(one["handle"]).lower()] = str(one["id"])
            found[str(one["id"]).lower()] = str(one["id"])
        return found

    async def _group_users(self, group_id: str) -> tuple[str, ...]:
        try:
            answer = await self._client.usergroups_users_list(usergroup=group_id)
        except FAILURES as error:
            raise outside(error) from error
        return tuple(str(user) for user in answer.get("users") or [])

    async def channel(self, channel: str) -> Members:
        """Members of a channel named by name or id. Never raises."""
        name = channel.lstrip("#")
        try:
            channel_id: str | None = name
            if not _CHANNEL.match(name):
                channels, _ = await self._fresh("channels", self._channels)
                channel_id = channels.get(name.lower())
            if channel_id is None:
                problem = f"there is no #{name} that I am in: invite me with /invite @rotate"
                return Members(read_at=self._clock.now(), problem=problem)
            ids, read_at = await self._fresh(f"channel:{channel_id}", lambda: self._channel_members(channel_id))
        except OutsideError as failed:
            return Members(read_at=self._clock.now(), problem=f"#{name}: {failed.what} ({failed.whose})")
        return Members(ids=ids, read_at=read_at)

    async def _channels(self) -> dict[str, str]:
        try:
            return await self._channels_of("public_channel,private_channel")
        except OutsideError as failed:
            if failed.code != "missing_scope":
                raise
        return await self._channels_of("public_channel")  # groups:read is optional

    async def _channels_of(self, types: str) -> dict[str, str]:
        found: dict[str, str] = {}
        async for answer in self._pages(self._client.users_conversations, types=types, exclude_archived=True):
            found.update({str(one["name"]).lower(): str(one["id"]) for one in answer.get("channels") or []})
        return found

    async def _channel_members(self, channel_id: str) -> tuple[str, ...]:
        found: list[str] = []
        async for answer in self._pages(self._client.conversations_members, channel=channel_id):
            found += [str(member) for member in answer.get("members") or []]
        return tuple(found)

    async def _pages(self, call: Callable[..., Awaitable[Any]], **arguments: str | bool) -> AsyncIterator[Any]:
        cursor = ""
        while True:
            try:
                answer = await call(limit=_PAGE, cursor=cursor or None, **arguments)
            except FAILURES as error:
                raise outside(error, channel=str(arguments.get("channel", ""))) from error
            yield answer
            cursor = ((answer.get("response_metadata") or {}).get("next_cursor")) or ""
            if not cursor:
                return

    async def _fresh(
        self, key: str, ask: Callable[[], Awaitable[Found]], oldest: timedelta = FRESH
    ) -> tuple[Found, datetime]:
        """What is known under a key and when it was read, asked anew when it is older than `oldest`.

        Several who ask at once share one call; a failure is kept for nobody.
        """
        async with self._asking.setdefault(key, asyncio.Lock()):
            now = self._clock.now()
            if (kept := self._kept.get(key)) is not None and now - kept[0] < oldest:
                return kept[1], kept[0]
            found = await ask()
            self._kept[key] = (now, found)
            return found, now
