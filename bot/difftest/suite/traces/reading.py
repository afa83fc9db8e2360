"""Going through a file of recorded traffic, a line at a time: memory does not grow with the file."""

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

from bot.difftest.suite.located import MalformedFile, Problem
from bot.difftest.suite.traces import logs, spans
from bot.difftest.suite.traces.exchange import Exchange, Unusable

LONGEST_LINE: Final = 32_000_000
LONGEST_EXCHANGE: Final = 256_000
"""Characters of messages and answer; what is longer is no case but a document."""
SHOWN_PROBLEMS: Final = 10
_GZIP: Final = b"\x1f\x8b"


@dataclass(slots=True)
class Counts:
    """What was met so far: lines, calls of a model, and why others were not used. `problems` are the first ten."""

    lines: int = 0
    size: int = 0
    malformed: int = 0
    problems: list[Problem] = field(default_factory=list)
    usable: int = 0
    unusable: Counter[str] = field(default_factory=Counter)

    def wrong(self, what: str) -> None:
        """The line that was read last is malformed."""
        self.malformed += 1
        if len(self.problems) < SHOWN_PROBLEMS:
            self.problems.append(Problem(self.lines, "", what))


def read_exchanges(path: Path, counts: Counts, by: Sequence[str] = ()) -> Iterator[Exchange]:
    """Every exchange of a file, plain or gzipped, that a case may be made of; `counts` is kept up to date.

    Raises MalformedFile when the file cannot be read at all.
    """
    try:
        with path.open("rb") as opened:
            zipped = opened.read(2) == _GZIP
            opened.seek(0)
            with gzip.GzipFile(fileobj=opened) if zipped else opened as file:
                for record in _records(file, counts):
                    yield from _exchanges(record, counts, by)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise MalformedFile(path, [Problem(counts.lines, "", f"is a broken gzip file: {error}")]) from None
    except OSError as error:
        raise MalformedFile(path, [Problem(0, "", f"cannot be read: {error.strerror}")]) from None


def _records(file: BinaryIO | gzip.GzipFile, counts: Counts) -> Iterator[dict[str, Any]]:
    while line := file.readline(LONGEST_LINE):
        counts.lines += 1
        counts.size += len(line)
        if len(line) >= LONGEST_LINE and not line.endswith(b"\n"):
            counts.wrong(f"is longer than {LONGEST_LINE // 1_000_000} MB")
            while (more := file.readline(LONGEST_LINE)) and not more.endswith(b"\n"):
                counts.size += len(more)
            counts.size += len(more)
            continue
        line = line.strip().removeprefix(b"\xef\xbb\xbf")
        if not line:
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            hint = (
                "; one record a line is expected, not one array over many" if counts.lines == 1 and line == b"[" else ""
            )
            counts.wrong(f"is not JSON: {error}{hint}")
            continue
        for entry in record if isinstance(record, list) else [record]:
            if isinstance(entry, dict):
                yield entry
            else:
                counts.wrong("a mapping is expected")
                break


def _exchanges(record: dict[str, Any], counts: Counts, by: Sequence[str]) -> Iterator[Exchange]:
    """The exchanges of one record; a form nobody foresaw is counted, it does not end the run."""
    try:
        if spans.is_span_record(record):
            for span, about in spans.spans_of(record):
                yield from _one(partial(spans.exchange_of, span, about, by), counts)
        else:
            yield from _one(partial(logs.exchange_of, record, by), counts)
    except (AttributeError, KeyError, TypeError, ValueError):
        counts.unusable["in an unknown form"] += 1


def _one(read: Callable[[], Exchange], counts: Counts) -> Iterator[Exchange]:
    try:
        exchange = read()
        _check(exchange)
    except Unusable as reason:
        counts.unusable[str(reason)] += 1
        return
    except (AttributeError, KeyError, TypeError, ValueError):
        counts.unusable["in an unknown form"] += 1
        return
    counts.usable += 1
    yield exchange


def _check(exchange: Exchange) -> None:
    messages = exchange.messages
    if not any(message["role"] == "user" for message in messages):
        raise Unusable("without a user's message")
    if messages[-1]["role"] not in {"user", "tool"}:
        raise Unusable("not ending with what a model would answer")
    if sum(len(str(message["content"])) for message in messages) + len(exchange.answer) > LONGEST_EXCHANGE:
        raise Unusable(f"longer than {LONGEST_EXCHANGE:,} characters")
