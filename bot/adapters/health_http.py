"""The platform's own word on its active provider, read from a health endpoint whose answer nobody has specified.

Read with suspicion: a status of 200 is no health, a word nobody knows is no health, and one bad word outweighs any
number of good ones ("degraded primary, healthy active" after a failover: the candidate may not be serving at all).
"""

import json
import re
from collections.abc import Iterator
from typing import Final

from bot.adapters.http import Answer, Http, HttpError, place
from bot.masking import mask
from bot.monitor.model import HealthReport
from bot.ports import Clock


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


GOOD: Final = _words(
    "active alive available good green healthy live normal ok okay online operational pass passed passing ready running"
    " serving success successful succeeded true up"
)
BAD: Final = _words(
    "bad blocked booting broken critical crashed crashing dead degraded down draining"
    " error errored errors expired fail failed failing failover failure failures false fatal halted impaired"
    " inactive incident initialising initializing interrupted loading maintenance no not offline outage overloaded"
    " paused pending quarantined recovering red refused rejected restarting stale starting stopped"
    " stopping suspended terminating throttled timeout unavailable unhealthy unknown unreachable unready"
    " warming warn warning yellow"
)
STATUS_KEYS: Final = _words("state status health healthstatus health_status condition overall result verdict outcome")
TRUTH_KEYS: Final = _words("ok healthy health ready alive up live available success passing operational active")
TROUBLE_KEYS: Final = _words("unhealthy degraded down failing failed error errors failures outage")

_WORD: Final = re.compile(r"[a-z]+")
_ALARMING: Final = frozenset({"degraded", "unhealthy", "outage", "unavailable", "failover"})
_SHOWN: Final = 200


class HttpHealth:
    """Implements `bot.ports.Health` over one address. `client` stays the caller's to close."""

    def __init__(self, url: str, client: Http, clock: Clock) -> None:
        self._url = url
        self._client = client
        self._clock = clock

    async def check(self) -> HealthReport:
        """One reading, now; whatever goes wrong is not healthy."""
        try:
            answer = await self._client.get(self._url, headers={"Accept": "application/json, text/plain;q=0.5"})
        except HttpError as error:
            return HealthReport(at=self._clock.now(), healthy=False, detail=error.what)
        healthy, why = read_health(answer)
        return HealthReport(at=self._clock.now(), healthy=healthy, detail=mask(why))


def read_health(answer: Answer) -> tuple[bool, str]:
    """Whether the answer says health in words, and which words decided."""
    if not answer.ok:
        return False, f"{place(answer.url)} answered {answer.status}: {_short(answer.text)}"
    return read_words(answer.text)


def _short(text: str) -> str:
    return " ".join(text.split())[:_SHOWN]


def read_words(text: str) -> tuple[bool, str]:
    """Whether a text, or the JSON it holds, says health in words, and which words decided."""
    shown = _short(text)
    try:
        said = list(_judged(json.loads(text), ""))
    except (ValueError, RecursionError):
        said = [("", *_of_text(text))] if not text.lstrip().startswith("<") else []
    bad = [f"{path}: {words}" if path else words for path, good, words in said if good is False]
    if bad:
        return False, "; ".join(bad)[:_SHOWN]
    if not any(good for _, good, _ in said):
        return False, f"nothing that says healthy in: {shown or 'an empty answer'}"
    return True, "; ".join(f"{path}: {words}" if path else words for path, good, words in said if good)[:_SHOWN]


def _of_text(text: str) -> tuple[bool | None, str]:
    """What a status says: False for any bad word, None for words nobody knows, True for good ones alone."""
    words = _WORD.findall(text.lower())
    shown = " ".join(text.split())[:_SHOWN]
    if any(word in BAD for word in words):
        return False, shown
    return (True if any(word in GOOD for word in words) else None), shown


def _judged(value: object, path: str) -> Iterator[tuple[str, bool | None, str]]:
    """Every part of the document that says something of health: where, whether it is good, and the words."""
    match value:
        case dict():
            for key, part in value.items():
                yield from _keyed(str(key), part, f"{path}.{key}" if path else str(key))
        case list():
            for number, part in enumerate(value):
                yield from _judged(part, f"{path}[{number}]")
        case str():
            yield from _loose(value, path)
        case _:
            return


def _keyed(key: str, value: object, path: str) -> Iterator[tuple[str, bool | None, str]]:
    name = key.lower().replace("-", "_")
    if isinstance(value, bool):
        if name in TRUTH_KEYS or name in STATUS_KEYS:
            yield path, value, str(value).lower()
        elif name in TROUBLE_KEYS and value:
            yield path, False, "true"
    elif name in TROUBLE_KEYS and value:
        yield path, False, str(value)[:_SHOWN]
    elif name in STATUS_KEYS and not isinstance(value, dict | list):
        good, words = _of_text(str(value))
        # A status nobody knows is no health, whatever else the document says.
        yield path, good or False, words
    elif name in TRUTH_KEYS and isinstance(value, str):
        yield path, *_of_text(value)
    else:
        yield from _judged(value, path)


def _loose(text: str, path: str) -> Iterator[tuple[str, bool | None, str]]:
    """A text under a name that says nothing: a status when it is one word, else heard only when it is alarming."""
    words = _WORD.findall(text.lower())
    alone = len(words) == 1 and words[0] in GOOD | BAD
    if alone:
        yield path, words[0] in GOOD, text
    elif _ALARMING.intersection(words):
        yield path, False, text[:_SHOWN]
