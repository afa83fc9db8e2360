"""The target kind `http`: an API of the platform or a gateway holds the setting.

A write is conditional where the system has a version: its ETag as If-Match, or a version in its documents. Redirects
are not followed: credentials go only where the runbook says.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.adapters.http import Answer, Http, HttpError, place
from bot.adapters.pointed import found_at, put_at
from bot.adapters.printed_value import UnreadableError, document_in, listed_at, value_at, without_prefix
from bot.adapters.taking_effect import until_it_holds
from bot.adapters.target_command import not_among
from bot.masking import mask
from bot.ports import Clock, DriftError, OutsideError
from bot.runbook.models.targets.address import in_address
from bot.runbook.models.targets.http import Auth, HttpPlan, RequestPlan, body_with
from bot.runbook.models.targets.templates import unfit

_ATTEMPTS: Final = 5
_NOT_FOUND, _CONFLICT, _CHANGED, _TOO_MANY, _SERVER = 404, 409, 412, 429, 500
_REFUSED: Final = frozenset({401, 403})
_REDIRECTS: Final = range(300, 400)
_PASSING: Final = frozenset({408, 423, 425, _TOO_MANY})
_SHOWN: Final = 200
_LARGEST_SECRET: Final = 16 * 1024


@dataclass(frozen=True)
class _Seen:
    """What the API answered: the value, the whole document, its version, and whether there is an object at all."""

    value: str | None
    document: object
    version: object
    exists: bool


class HttpTarget:
    """Implements `bot.ports.Target` for settings that an API holds.

    `client` follows no redirects and stays the caller's to close; `secret` is what a variable holds. `secrets` must not
    stand in errors, nor does what `auth` names. `at` is called with the name of each step of a write (`read`,
    `written`), so that tests can do something there.
    """

    def __init__(
        self,
        client: Http,
        *,
        secret: Callable[[str], str | None],
        clock: Clock,
        secrets: Callable[[], Iterable[str]] = tuple,
        at: Callable[[str], None] = lambda _step: None,
    ) -> None:
        self._client = client
        self._secret = secret
        self._clock = clock
        self._secrets = secrets
        self._at = at

    async def read(self, target: HttpPlan) -> str | None:
        """What the API says is set, None when nothing is. Raises OutsideError."""
        return (await self._seen(target)).value

    async def write(self, target: HttpPlan, *, expected: str | None, value: str | None) -> bool:
        """Compare-and-set; True when it was set. Raises DriftError, OutsideError."""
        if value is not None and (reason := unfit(value)):
            what = f"{value!r} was not written to {target.place}: {reason}"
            raise OutsideError(what, whose="requester", again=False, code="value_unusable")
        request = target.write if value is not None else target.unset
        if request is None:
            what = f"nothing was set at {target.place} before, and the runbook names no `unset` that would restore that"
            raise OutsideError(what, whose="sre", again=False, code="target_refused")
        for _ in range(_ATTEMPTS):
            seen = await self._seen(target)
            if seen.value == value:
                return False
            if seen.value != expected:
                raise DriftError(target.place, expected=expected, found=seen.value)
            self._guarded(target, seen)
            self._at("read")
            answer = await self._sent(target, request, seen, value, expected)
            self._at("written")
            if answer.status not in {_CONFLICT, _CHANGED}:
                self._accepted(target, answer)
                return True
        what = f"{target.place} is being edited by somebody else right now; nothing was written"
        raise OutsideError(what, whose="sre", again=True, code="target_busy")

    async def restart(self, target: HttpPlan) -> None:
        """Make the restart's request, if there is one. Raises OutsideError."""
        if target.restart is not None:
            answer = await self._ask(target, target.restart.method, target.restart.url, body=target.restart.body)
            self._accepted(target, answer)

    async def wait(self, target: HttpPlan, *, value: str | None) -> None:
        """Ask until the API answers the value. Raises OutsideError."""
        limit, clock = target.confirm_within, self._clock
        await until_it_holds(value, lambda: self.read(target), place=target.place, limit=limit, clock=clock)

    async def refusal(self, target: HttpPlan, value: str) -> str:
        """Why the place would not take this model. Raises OutsideError."""
        if reason := unfit(value):
            return reason
        if target.unset is None and await self.read(target) is None:
            return "nothing is set there, and the runbook names no `unset` that would restore that"
        if target.allowed is None:
            return ""
        answer = self._accepted(target, await self._ask(target, "GET", target.allowed.url))
        try:
            return not_among(target.prefix + value, listed_at(document_in(answer.body), target.allowed.pointer))
        except UnreadableError as error:
            raise self._unreadable(target, answer, error) from None

    async def check_writable(self, target: HttpPlan) -> str:
        """Empty when it can be read, with the version a write needs; whether it may be written only a write tells."""
        try:
            self._guarded(target, await self._seen(target))
        except OutsideError as error:
            return error.what
        return ""

    async def _seen(self, target: HttpPlan) -> _Seen:
        answer = await self._ask(target, "GET", target.url)
        if answer.status == _NOT_FOUND and target.missing == "unset":
            return _Seen(None, {}, None, exists=False)
        self._accepted(target, answer)
        try:
            document = document_in(answer.body)
            value = without_prefix(value_at(document, target.pointer), target.prefix)
        except UnreadableError as error:
            raise self._unreadable(target, answer, error) from None
        if target.version.startswith("/"):
            return _Seen(value, document, found_at(document, target.version), exists=True)
        return _Seen(value, document, answer.etag if target.version == "etag" else None, exists=True)

    def _guarded(self, target: HttpPlan, seen: _Seen) -> None:
        """Raise OutsideError where the write could not be made conditional as the runbook asks."""
        if not seen.exists or target.version == "none":
            return
        if target.version == "etag" and not seen.version:
            what = (
                f"{place(target.url)} answers without an ETag, so an edit at the same moment would be overwritten; "
                "name its `version` in the runbook, or write `version: none` if it has none"
            )
            raise OutsideError(what, whose="sre", again=False, code="target_refused")
        if not isinstance(seen.version, str | int) or isinstance(seen.version, bool):
            what = f"{place(target.url)} has no version at {target.version}; correct `version` in the runbook"
            raise OutsideError(what, whose="sre", again=False, code="target_refused")

    async def _sent(
        self, target: HttpPlan, request: RequestPlan, seen: _Seen, value: str | None, expected: str | None
    ) -> Answer:
        told = {name: target.prefix + said if said else "" for name, said in (("value", value), ("expected", expected))}
        values: dict[str, Any] = {**told, "version": seen.version}
        headers = {}
        if not seen.exists:
            headers["If-None-Match"] = "*"
        elif target.version == "etag":
            headers["If-Match"] = str(seen.version)
        body: object = body_with(request.body, values)
        if request.body is None and request.method == "PUT":
            body = self._with_value(target, seen, told["value"] or None)
        url = in_address(request.url, {**told, "version": str(seen.version)})
        return await self._ask(target, request.method, url, body=body, headers=headers)

    def _with_value(self, target: HttpPlan, seen: _Seen, value: str | None) -> object:
        try:
            return put_at(seen.document, target.pointer, value)
        except ValueError as error:
            what = f"{place(target.url)} answers a document in which {error}; correct `pointer`, or write a `body`"
            raise OutsideError(what, whose="sre", again=False, code="target_refused") from None

    async def _ask(
        self,
        target: HttpPlan,
        method: str,
        url: str,
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        secret, named = self._authorised(target.auth)
        sent = {"Accept": "application/json", **target.headers, **named, **(headers or {})}
        try:
            limit = target.time_limit.total_seconds()
            return await self._client.send(method, url, headers=sent, body=body, timeout_s=limit)
        except HttpError as error:
            what = mask(error.what, [*self._secrets(), secret])
            raise OutsideError(what, whose="sre", again=error.code != "bad_answer", code=error.code) from None

    def _authorised(self, auth: Auth | None) -> tuple[str, dict[str, str]]:
        """The secret, and the header it is sent in. Raises OutsideError, which never shows it."""
        if auth is None:
            return "", {}
        secret = self._secret(auth.env) if auth.env is not None else _first_line(auth.file or "")
        source = auth.env or f"the file {auth.file}"
        if not secret:
            what = f"{source} is not set or empty; it holds the secret that the API wants to see"
            raise OutsideError(what, whose="account", again=False, code="unauthorised")
        if not (secret.isascii() and secret.isprintable()):
            what = f"{source} holds a line break or another character that no secret has; copy it anew"
            raise OutsideError(what, whose="account", again=False, code="unauthorised")
        return secret, {auth.header: f"{auth.prefix}{secret}"}

    def _accepted(self, target: HttpPlan, answer: Answer) -> Answer:
        """This answer, if it is good. Raises OutsideError."""
        status, where = answer.status, place(answer.url)
        if answer.ok:
            return answer
        if status in _REDIRECTS:
            what = f"{where} answered {status}, a redirect, which is not followed; write the address it leads to"
            raise OutsideError(what, whose="sre", again=False, code="target_refused")
        if status in _REFUSED:
            what = f"{where} refused the credentials it was given ({status})"
            raise OutsideError(what, whose="account", again=False, code="unauthorised")
        if status == _NOT_FOUND:
            what = f"{where} answered 404: there is nothing; correct `url`, or write `missing: unset` if that says so"
            raise OutsideError(what, whose="sre", again=False, code="target_missing")
        said = mask(" ".join(answer.text.split())[:_SHOWN], [*self._secrets(), self._authorised(target.auth)[0]])
        again = status >= _SERVER or status in _PASSING
        raise OutsideError(f"{where} answered {status}: {said}", whose="sre", again=again, code="bad_status")

    def _unreadable(self, target: HttpPlan, answer: Answer, error: UnreadableError) -> OutsideError:
        said = mask(str(error), [*self._secrets(), self._authorised(target.auth)[0]])
        what = f"{place(answer.url)} {said}"
        return OutsideError(what, whose="sre", again=False, code="target_unreadable")


def _first_line(file: str) -> str:
    """What a file holds, without the line break at its end; empty where it cannot be read."""
    try:
        with Path(file).open(encoding="utf-8", errors="replace") as opened:
            return opened.read(_LARGEST_SECRET).strip()
    except OSError:
        return ""
