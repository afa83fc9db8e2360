"""The typed client of the control API (docs/sandbox.md): what tests and the player act and look with."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import httpx

from bot.sandbox.answers import Button, Json, Message, Outcome, Seen, View, Views

__all__ = ["Button", "Control", "ControlError", "Message", "Outcome", "Seen", "View", "Views"]
_MARGIN_SECONDS = 15.0
_USUAL_SECONDS = 30.0


class ControlError(Exception):
    """The call made no sense, and nothing was done; `code` is the documented word."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


class Control:
    """One sandbox's control API. Use as an async context manager, or call `aclose`."""

    def __init__(self, control_url: str) -> None:
        self._http = httpx.AsyncClient(base_url=control_url, timeout=_USUAL_SECONDS, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def call(self, verb: str, path: str, given: Json | None = None, *, seconds: float | None = None) -> Json:
        """Makes any call, the provider's and the platform's too; keys that are None are left out.

        Raises:
            ControlError: when the call made no sense.
            httpx.HTTPError: when the sandbox cannot be reached.
        """
        kept = {key: value for key, value in (given or {}).items() if value is not None}
        how: Json = {"params": kept} if verb == "GET" else {"json": kept}
        return await self._send(verb, path, how, seconds or _USUAL_SECONDS)

    async def _send(self, verb: str, path: str, how: Json, seconds: float) -> Json:
        response = await self._http.request(verb, path, timeout=seconds, **how)
        try:
            answer: Json = response.json()
        except ValueError:
            raise ControlError("no_json", f"HTTP {response.status_code} from {verb} {path}") from None
        if not answer.get("ok"):
            raise ControlError(str(answer.get("error")), str(answer.get("detail")))
        return answer

    async def _act(self, path: str, **given: Any) -> Outcome:  # noqa: ANN401 - passed on as JSON
        return Outcome.of(await self.call("POST", path, given))

    # What there is ----------------------------------------------------------------------------------------------

    async def workspace(self) -> Json:
        """Answers team, app, users, groups and channels."""
        return await self.call("GET", "workspace")

    async def messages(
        self,
        user: str,
        channel: str | None = None,
        *,
        thread_ts: str | None = None,
        since: str | None = None,
        after: int | None = None,
        threads: bool = False,
        deleted: bool = False,
    ) -> Seen:
        """Answers messages as this user sees them, oldest first."""
        given = {"user": user, "channel": channel, "thread_ts": thread_ts, "since": since, "after": after}
        answer = await self.call("GET", "messages", {**given, "threads": threads, "deleted": deleted})
        return Seen(tuple(Message.of(said) for said in answer["messages"]), answer["cursor"])

    async def cursor(self) -> int:
        """Answers the number of the last change, to look only for what comes after it."""
        return int((await self.workspace())["cursor"])

    async def views(self, user: str) -> Views:
        """Answers a user's open modals and home tab."""
        answer = await self.call("GET", "views", {"user": user})
        home = View.of(answer["home"]) if answer["home"] else None
        return Views(tuple(View.of(shown) for shown in answer["views"]), home)

    async def options(self, user: str, action_id: str, query: str = "", **place: str) -> list[Json]:
        """Answers what a menu offers; `place` is `channel` and `ts`, or `view_id`."""
        given = {"user": user, "action_id": action_id, "query": query, **place}
        found: list[Json] = (await self.call("GET", "options", given))["options"]
        return found

    async def wait(
        self,
        user: str,
        contains: str = "",
        *,
        channel: str | None = None,
        thread_ts: str | None = None,
        after: int | None = None,
        timeout: float = 10.0,  # noqa: ASYNC109 - the sandbox waits, not we
    ) -> Message | None:
        """Waits for a message this user sees whose plain text matches; answers None when none came in time."""
        given = {"user": user, "contains": contains, "channel": channel, "thread_ts": thread_ts, "after": after}
        answer = await self.call("GET", "wait", {**given, "timeout": timeout}, seconds=timeout + _MARGIN_SECONDS)
        return Message.of(answer["message"]) if answer["found"] else None

    async def wait_gone(self, user: str, contains: str, *, channel: str | None = None, timeout: float = 10.0) -> bool:  # noqa: ASYNC109
        """Waits until no message matches; answers whether it came to that."""
        given = {"user": user, "contains": contains, "channel": channel, "gone": True, "timeout": timeout}
        return bool((await self.call("GET", "wait", given, seconds=timeout + _MARGIN_SECONDS))["found"])

    async def wait_view(
        self,
        user: str,
        contains: str = "",
        *,
        home: bool = False,
        after: int | None = None,
        timeout: float = 10.0,  # noqa: ASYNC109
    ) -> View | None:
        """Waits for a modal (or the home tab) whose plain text matches."""
        given = {"user": user, "contains": contains, "what": "home" if home else "view", "after": after}
        answer = await self.call("GET", "wait", {**given, "timeout": timeout}, seconds=timeout + _MARGIN_SECONDS)
        return View.of(answer["view"]) if answer["found"] else None

    async def calls(self, method: str | None = None, after: int | None = None) -> list[Json]:
        """Answers the log of Web API calls."""
        found: list[Json] = (await self.call("GET", "calls", {"method": method, "after": after}))["calls"]
        return found

    async def deliveries(self) -> list[Json]:
        """Answers what was sent to the bot."""
        found: list[Json] = (await self.call("GET", "deliveries"))["deliveries"]
        return found

    async def connections(self) -> int:
        """Answers how many sockets are open."""
        return len((await self.call("GET", "connections"))["connections"])

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[AsyncIterator[Json]]:
        """Gives the changes as they happen."""
        async with self._http.stream("GET", "stream", timeout=None) as response:

            async def changes() -> AsyncIterator[Json]:
                async for line in response.aiter_lines():
                    if line.startswith("data: "):
                        yield json.loads(line.removeprefix("data: "))

            yield changes()

    # What a person can do ---------------------------------------------------------------------------------------

    async def command(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Outcome:
        """Types a slash command."""
        return await self._act("command", user=user, channel=channel, text=text, thread_ts=thread_ts)

    async def say(
        self, user: str, channel: str, text: str, thread_ts: str | None = None, *, broadcast: bool = False
    ) -> Outcome:
        """Says something; the message is the outcome's first of `saw`."""
        given: Json = {"user": user, "channel": channel, "text": text, "thread_ts": thread_ts}
        return await self._act("say", **given, broadcast=broadcast)

    async def click(  # noqa: PLR0913 - the keys of the documented call
        self,
        user: str,
        message: Message | View | None = None,
        label: str | None = None,
        *,
        action_id: str | None = None,
        block_id: str | None = None,
        value: str | None = None,
        option: Any = None,  # noqa: ANN401 - text, a value or a list
        confirm: bool = True,
        stale: bool = False,
        **place: str,
    ) -> Outcome:
        """Uses an element of a message or view; without one, `place` is `channel` and `ts`, or `view_id`."""
        where: Json = dict(place)
        if isinstance(message, Message):
            where |= {"channel": message.channel, "ts": message.ts}
        elif message is not None:
            where |= {"view_id": message.view_id}
        given = {"label": label, "action_id": action_id, "block_id": block_id, "value": value, "option": option}
        return await self._act("click", user=user, **where, **given, confirm=confirm, stale=stale)

    async def submit(self, user: str, values: Json | None = None, view_id: str | None = None) -> Outcome:
        """Fills in and sends a modal; values go by label, action id or block id."""
        return await self._act("submit", user=user, values=values or {}, view_id=view_id)

    async def close(self, user: str, view_id: str | None = None, *, everything: bool = False) -> Outcome:
        """Closes a modal, or all of them."""
        return await self._act("close", user=user, view_id=view_id, all=everything)

    async def shortcut(self, user: str, callback_id: str, message: Message | None = None) -> Outcome:
        """Uses a shortcut, on a message where one is given."""
        where = {"channel": message.channel, "ts": message.ts} if message else {}
        return await self._act("shortcut", user=user, callback_id=callback_id, **where)

    async def home(self, user: str) -> Outcome:
        """Opens the app's home tab."""
        return await self._act("home", user=user)

    async def react(self, user: str, message: Message, name: str) -> Outcome:
        """Puts a reaction under a message."""
        return await self._act("react", user=user, channel=message.channel, ts=message.ts, name=name)

    async def delete(self, user: str, message: Message) -> Outcome:
        """Takes a message back."""
        return await self._act("delete", user=user, channel=message.channel, ts=message.ts)

    async def reload(self, user: str) -> Outcome:
        """Reloads the client: ephemeral messages are gone."""
        return await self._act("reload", user=user)

    # What goes wrong on demand ----------------------------------------------------------------------------------

    async def fault(self, kind: str, **given: Any) -> str:  # noqa: ANN401 - passed on as JSON
        """Puts a fault in force; answers its id. `times=None` means always."""
        answer = await self._send("POST", "faults", {"json": {"kind": kind, **given}}, _USUAL_SECONDS)
        return str(answer["id"])

    async def faults(self) -> list[Json]:
        """Answers the faults in force."""
        found: list[Json] = (await self.call("GET", "faults"))["faults"]
        return found

    async def end_fault(self, fault_id: str | None = None) -> None:
        """Ends one fault, or all."""
        await self._send("DELETE", f"faults/{fault_id}" if fault_id else "faults", {}, _USUAL_SECONDS)

    async def deliver_again(self, delivery: str) -> Outcome:
        """Sends a past delivery once more."""
        return await self._act("deliver_again", delivery=delivery)

    async def disconnect(self, reason: str = "refresh_requested") -> int:
        """Ends every socket; answers how many there were."""
        return int((await self.call("POST", "disconnect", {"reason": reason}))["connections"])

    async def delivery(self, request_url: str | None) -> None:
        """Chooses signed HTTP to an address, or Socket Mode for None."""
        await self._send("POST", "delivery", {"json": {"request_url": request_url}}, _USUAL_SECONDS)

    async def group(self, group: str, users: Sequence[str]) -> None:
        """Sets who is in a user group."""
        await self.call("POST", "groups", {"group": group, "users": list(users)})

    async def membership(self, channel: str, user: str, *, member: bool) -> None:
        """Puts somebody in a channel, or takes them out."""
        await self.call("POST", "memberships", {"channel": channel, "user": user, "member": member})
