"""What of a suite that can be used is worth a word all the same, with its lines. Pure."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from bot.difftest.marking.references import Steps
from bot.difftest.marking.schemas import unasserted_formats
from bot.difftest.sentences import count
from bot.difftest.suite.located import Located, Place

_SHOWN: Final = 5


def remarks(located: Located) -> Iterator[str]:
    """Formats in tools' parameters that no call is held to: the model reads them, so they are no error."""
    lines: dict[str, dict[int, None]] = {}
    for name, place in _formats(located.data):
        lines.setdefault(name, {})[located.line(place)] = None
    for name, found in lines.items():
        first, more = list(found)[:_SHOWN], len(found) - _SHOWN
        where = f"line{'s' if len(first) > 1 else ''} {', '.join(map(str, first))}"
        where += f" and {count(more, 'line')} more" if more > 0 else ""
        yield f"no call is held to the format {name!r} of a tool's parameters ({where})"


def _formats(suite: Any) -> Iterator[tuple[str, Place]]:  # noqa: ANN401 (as it is written)
    for number, case in enumerate(suite["cases"]):
        for index, tool in enumerate(case.get("tools") or ()):
            wrapped = "function" in tool
            parameters = (tool["function"] if wrapped else tool).get("parameters")
            before: Place = ("cases", number, "tools", index, *(("function",) if wrapped else ()), "parameters")
            for steps, name in _of(json.dumps(parameters)):
                yield name, (*before, *steps)


@lru_cache(maxsize=1024)
def _of(schema: str) -> tuple[tuple[Steps, str], ...]:
    """Once for the many cases that offer the same tools."""
    return tuple(unasserted_formats(json.loads(schema)))
