"""One number at each look, or one word on health: from a PromQL query, a command's output or an address's answer.

Whatever goes wrong is a reading without a value, which says why: a number nobody could read is never taken for good,
and health nobody could read is not healthy.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

from bot.adapters.command import how_ended, printed
from bot.adapters.health_http import read_words
from bot.adapters.http import Http, HttpError, place
from bot.adapters.pointed import NOTHING, found_at
from bot.masking import mask
from bot.monitor.model import HealthReport, NumberRead
from bot.monitor.queries import length
from bot.ports import OutsideError
from bot.runbook.models.checks import CheckRules

MOST_BYTES: Final = 64 * 1024
"""Of a command's output: a number is shorter, and so is a document that holds one."""
_SHOWN: Final = 80


class NumberSource:
    """Implements `bot.ports.Numbers`. `client` stays the caller's to close; `prometheus` is where queries are asked.

    `environment` is all a command gets; `secrets` must not stand in its errors.
    """

    def __init__(
        self,
        client: Http,
        *,
        prometheus: str | None,
        environment: Mapping[str, str],
        secrets: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self._client = client
        self._query_url = prometheus.rstrip("/") + "/api/v1/query" if prometheus else None
        self._environment = environment
        self._secrets = secrets

    async def read(self, rules: CheckRules, start: datetime, end: datetime, *, stage: str, model: str) -> NumberRead:
        """The number of the window `[start, end)`. Never raises: failing is an answer."""
        try:
            value = await self._value(rules, start, end, {"$stage": stage, "$model": model})
        except (HttpError, OutsideError) as error:
            return NumberRead(problem=mask(error.what, self._secrets()))
        if rules.kind == "attribution" and not 0 <= value <= 1:
            return NumberRead(problem=f"answered {value:g}, which is no share of requests from 0 to 1")
        return NumberRead(value=value)

    async def word(self, rules: CheckRules, start: datetime, end: datetime, *, stage: str, model: str) -> HealthReport:
        """The word on health at the window's end. Never raises: failing is not healthy."""
        words = {"$stage": stage, "$model": model}
        try:
            if rules.query is not None:
                number = await self._asked(asked_as(rules.query, words, length(end - start)), end, rules)
                healthy, said = well(number, rules)
            else:
                healthy, said = health_in(*await self._answered(rules, words), rules)
        except (HttpError, OutsideError) as error:
            healthy, said = False, error.what
        return HealthReport(at=end, healthy=healthy, detail=mask(said, self._secrets()))

    async def _value(self, rules: CheckRules, start: datetime, end: datetime, words: Mapping[str, str]) -> float:
        if rules.query is not None:
            return await self._asked(asked_as(rules.query, words, length(end - start)), end, rules)
        body, whose = await self._answered(rules, words)
        return number_in(body, rules.pointer, whose)

    async def _answered(self, rules: CheckRules, words: Mapping[str, str]) -> tuple[bytes, str]:
        """What an address or a command answered, and whose that is. Raises HttpError and OutsideError."""
        if rules.http is not None:
            answer = await self._client.get(rules.http, timeout_s=rules.timeout.total_seconds())
            return answer.accepted().body, place(rules.http)
        argv = [_filled(argument, words) for argument in rules.command]
        name = argv[0]
        ended = await printed(
            argv,
            name=name,
            limit=rules.timeout,
            environment=self._environment,
            most_bytes=MOST_BYTES,
            secrets=self._secrets(),
        )
        if ended.status:
            said = f": {ended.last_words}" if ended.last_words else ""
            raise HttpError("bad_answer", f"`{name}` {how_ended(ended.status)}{said}")
        return ended.output, f"`{name}`"

    async def _asked(self, query: str, at: datetime, rules: CheckRules) -> float:
        if self._query_url is None:
            raise HttpError("unreachable", "the runbook names no Prometheus to ask")
        form = {"query": query, "time": f"{at.timestamp():.3f}"}
        answer = await self._client.post_form(self._query_url, form, timeout_s=rules.timeout.total_seconds())
        return _only(answer.accepted().json(), place(self._query_url))


def asked_as(query: str, words: Mapping[str, str], window: str) -> str:
    """The query as it is asked: `$stage` and `$model` as PromQL writes them inside quotes."""
    escaped = {word: json.dumps(text, ensure_ascii=False)[1:-1] for word, text in words.items()}
    return _filled(query, {**escaped, "$window": window})


def _filled(text: str, words: Mapping[str, str]) -> str:
    for word, said in words.items():
        text = text.replace(word, said)
    return text


def well(number: float, rules: CheckRules) -> tuple[bool, str]:
    """Whether a number says health: within the limit where there is one, else 1 and nothing else."""
    if rules.limit is None:
        return number == 1, f"{number:g}"
    within = number >= rules.limit if rules.direction == "decrease" else number <= rules.limit
    return within, f"{number:g}, limit {rules.limit:g}"


def health_in(body: bytes, whose: str, rules: CheckRules) -> tuple[bool, str]:
    """Whether an answer says health, in a word or a number, and what it said. Raises HttpError `bad_answer`."""
    text = body.decode(errors="replace").strip()
    if len(body) > MOST_BYTES:
        raise HttpError(
            "bad_answer", f"{whose} answered more than {MOST_BYTES // 1024} KiB, which is no word on health"
        )
    if rules.pointer is not None:
        found = _pointed(text, rules.pointer, whose)
        text = found if isinstance(found, str) else json.dumps(found)
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if math.isfinite(number):
        return well(number, rules)
    if rules.limit is not None:
        raise HttpError("bad_answer", f"{whose} answered {text[:_SHOWN]!r} where a number should be")
    return (text == "true", text) if text in {"true", "false"} else read_words(text)


def _pointed(text: str, pointer: str, whose: str) -> object:
    try:
        found = found_at(json.loads(text), pointer)
    except (ValueError, RecursionError):
        raise HttpError("bad_answer", f"{whose} answered something that is no JSON: {text[:_SHOWN]!r}") from None
    if found is NOTHING:
        raise HttpError("bad_answer", f"{whose} answered JSON that has nothing at {pointer}")
    return found


def number_in(body: bytes, pointer: str | None, whose: str) -> float:
    """The number a pointer leads to, or that the whole text is. Raises HttpError `bad_answer`."""
    text = body.decode(errors="replace").strip()
    if len(body) > MOST_BYTES:
        raise HttpError("bad_answer", f"{whose} answered more than {MOST_BYTES // 1024} KiB, which is no number")
    return _number(text if pointer is None else _pointed(text, pointer, whose), whose)


def _number(found: object, whose: str) -> float:
    try:
        value = float(found) if isinstance(found, str | int | float) and not isinstance(found, bool) else math.nan
    except (ValueError, OverflowError):
        value = math.nan
    if not math.isfinite(value):
        shown = "nothing" if found == "" else repr(found)[:_SHOWN]
        raise HttpError("bad_answer", f"{whose} answered {shown} where a number should be")
    return value


def _only(document: object, whose: str) -> float:
    """The one number a query came to: a scalar, or a vector of one."""
    match document:
        case {"status": "success", "data": {"resultType": "scalar", "result": [_, found]}}:
            return _number(found, whose)
        case {"status": "success", "data": {"resultType": "vector", "result": [{"value": [_, found]}]}}:
            return _number(found, whose)
        case {"status": "success", "data": {"resultType": "vector", "result": []}}:
            raise HttpError("bad_answer", f"{whose} has no series for this query")
        case {"status": "success", "data": {"resultType": "vector", "result": [*rows]}}:
            raise HttpError("bad_answer", f"{whose} answered {len(rows)} numbers where one should be; sum them up")
        case {"error": str() as said}:
            raise HttpError("bad_answer", f"{whose} refused the query: {said[:200]}")
        case _:
            raise HttpError("bad_answer", f"{whose} answered with something that is no query result")
