"""An engine of the operator's own as a chat provider: one run of a command answers a case with both models.

The two samples of a case are asked for close together. Whoever asks first starts the command, the other one waits for
the same run and takes its half. A half that nobody asks for is dropped. The command is started without a shell: a
prompt stays one argument, whatever it holds.
"""

import asyncio
import hashlib
import json
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Literal, Self

from bot.adapters.command import Printed, how_ended, printed
from bot.adapters.pointed import NOTHING, found_at
from bot.difftest.model.chat import ChatError, ChatRequest, Completion, ErrorKind, ToolCall
from bot.difftest.model.report import OverheadReport
from bot.masking import mask
from bot.ports import OutsideError
from bot.runbook.models.external import AnswerPlaces, EngineRun, External, filled

MOST_BYTES: Final = 1024 * 1024
"""Of a run's output: more is no answer."""
MOST_WAITING: Final = 1000
"""Halves that are kept for whoever asks next; the oldest is dropped first, and its case is run again if asked for."""
RAW: Final = "raw"
"""The finish reason of an output nobody has explained."""

Side = Literal["current", "candidate"]
Half = Completion | ChatError
_KINDS: Final[Mapping[str, ErrorKind]] = {
    "command_not_started": ErrorKind.UNREACHABLE,
    "command_timeout": ErrorKind.TIMEOUT,
    "argument_unusable": ErrorKind.BAD_REQUEST,
}


class CommandProvider:
    """Implements `bot.difftest.ports.ChatProvider` for an operator's command. Leaving the block ends what runs.

    `environment` is all the command gets; `secrets` must not stand in its errors.
    """

    def __init__(
        self,
        engine: External,
        run: EngineRun,
        *,
        environment: Mapping[str, str],
        secrets: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self._engine = engine
        self._told = run
        self._environment = environment
        self._secrets = secrets
        self._waiting: OrderedDict[int, tuple[Side, str, asyncio.Task[dict[Side, Half]]]] = OrderedDict()
        self._by_key: dict[tuple[Side, str], deque[int]] = {}
        self._running: set[asyncio.Task[dict[Side, Half]]] = set()
        self._number = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._running:
            task.cancel()
        ended = asyncio.gather(*self._running, return_exceptions=True)
        try:
            await asyncio.shield(ended)
        except asyncio.CancelledError:  # told to stop once more: what was started is ended all the same
            await ended
            raise

    async def prepare(self, concurrency: int, *, stream: bool) -> OverheadReport | None:
        """Nothing has to be made ready, and nothing is timed by us."""
        del concurrency, stream
        return None

    def price(self, model: str, prompt_tokens: int, completion_tokens: int) -> float | None:
        """Nobody knows what a run costs beforehand."""
        del model, prompt_tokens, completion_tokens
        return None

    async def complete(self, request: ChatRequest) -> Completion:
        """One model's half of a run. Raises ChatError: of the run, or of that model."""
        side: Side = "current" if request.model == self._told.current else "candidate"
        prompt = prompt_of(request)
        key = hashlib.sha256(json.dumps([request.case, prompt]).encode()).hexdigest()
        task = self._taken(side, key)
        if task is None:
            task = asyncio.create_task(self._run(prompt, request.case))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            self._offer("candidate" if side == "current" else "current", key, task)
        # Another one may wait for the same run: it goes on, whoever is cancelled.
        half = (await asyncio.shield(task))[side]
        if isinstance(half, ChatError):
            raise half
        return half

    def _taken(self, side: Side, key: str) -> asyncio.Task[dict[Side, Half]] | None:
        numbers = self._by_key.get((side, key))
        if not numbers:
            return None
        number = numbers.popleft()
        if not numbers:
            del self._by_key[side, key]
        return self._waiting.pop(number)[2]

    def _offer(self, side: Side, key: str, task: asyncio.Task[dict[Side, Half]]) -> None:
        self._number += 1
        self._waiting[self._number] = side, key, task
        self._by_key.setdefault((side, key), deque()).append(self._number)
        if len(self._waiting) > MOST_WAITING:
            _, (old_side, old_key, _task) = self._waiting.popitem(last=False)
            self._by_key[old_side, old_key].popleft()
            if not self._by_key[old_side, old_key]:
                del self._by_key[old_side, old_key]

    async def _run(self, prompt: str, case: str) -> dict[Side, Half]:
        """Both halves of one run: trouble with the run itself is both models'."""
        values = {
            "prompt": prompt,
            "case": case,
            "current": self._told.current,
            "candidate": self._told.candidate,
            "registry_id": self._told.registry_id,
            "registry_version": self._told.registry_version,
        }
        engine = self._engine
        try:
            done = await printed(
                [filled(argument, values) for argument in engine.command],
                name=engine.command[0],
                limit=engine.time_limit,
                environment=self._environment,
                directory=None if engine.directory is None else Path(engine.directory),
                most_bytes=MOST_BYTES,
                secrets=self._secrets(),
            )
        except OutsideError as error:
            bare = error.what.partition("; its last words: ")[0]
            return _both(_KINDS.get(error.code, ErrorKind.SERVER_ERROR), error.what, bare)
        return self._halves(done)

    def _halves(self, done: Printed) -> dict[Side, Half]:
        program = self._engine.command[0]
        words = done.last_words
        if done.status:
            bare = f"`{program}` {how_ended(done.status)}"
            return _both(ErrorKind.SERVER_ERROR, f"{bare}: {words}" if words else bare, bare)
        if len(done.output) > MOST_BYTES:
            bare = f"`{program}` printed more than {MOST_BYTES:,} bytes"
            return _both(ErrorKind.MALFORMED_RESPONSE, bare, bare)
        text = done.output.decode(errors="replace")
        places = self._engine.answers
        if places is None:
            raw = Completion(text=text, tool_calls=(), finish_reason=RAW, latency_s=None)
            return {"current": raw, "candidate": raw}
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            bare = f"`{program}` printed no JSON document"
            return _both(ErrorKind.MALFORMED_RESPONSE, f"{bare}; it said: {words}" if words else bare, bare)
        return {
            "current": self._read(document, places.current, "current"),
            "candidate": self._read(document, places.candidate, "candidate"),
        }

    def _read(self, document: object, places: AnswerPlaces, side: Side) -> Half:
        """One model's answer; what its mapping names and the document lacks is an error, but for optional figures."""
        if places.error is not None and (wrong := found_at(document, places.error)) not in (
            None,
            NOTHING,
            False,
            "",
            {},
            [],
        ):
            said = wrong if isinstance(wrong, str) else json.dumps(wrong, ensure_ascii=False)
            return ChatError(ErrorKind.ENGINE_ERROR, mask(said, self._secrets())[:500])
        text = found_at(document, places.text)
        calls = _calls(found_at(document, places.tool_calls)) if places.tool_calls is not None else ()
        if (text is None or text is NOTHING) and calls:
            text = ""  # a model that only calls tools
        if not isinstance(text, str):
            return _lacks(places.text, side, "text")
        if calls is None:
            return _lacks(str(places.tool_calls), side, "list of tool calls (name and arguments each)")
        served = found_at(document, places.model) if places.model is not None else None
        cost = _number(document, places.cost_usd)
        return Completion(
            text=text,
            tool_calls=calls,
            finish_reason=None,
            latency_s=_seconds(document, places),
            cost_usd=cost,
            cost_source="unknown" if cost is None else "provider",
            served_model=served if isinstance(served, str) and served else None,
        )


def prompt_of(request: ChatRequest) -> str:
    """A conversation as one text: a single user message's own words, else each with its role before it."""
    messages = [message for message in request.messages if isinstance(message, dict)]
    told = [(str(message.get("role", "")), _words(message.get("content"))) for message in messages]
    if len(told) == 1 and told[0][0] == "user":
        return told[0][1]
    return "\n\n".join(f"{role}: {words}" for role, words in told)


def _words(content: object) -> str:
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, dict)]
        return "\n".join(str(part.get("text") or f"({part.get('type', 'part')})") for part in parts)
    return str(content or "")


def _both(kind: ErrorKind, message: str, bare: str) -> dict[Side, Half]:
    """The same of both models; `bare` without what the command said."""
    return {"current": ChatError(kind, message, bare=bare), "candidate": ChatError(kind, message, bare=bare)}


def _lacks(pointer: str, side: Side, what: str) -> ChatError:
    said = f"the engine's output has no {what} at {pointer}, where the {side} model's should be"
    return ChatError.ours(ErrorKind.MALFORMED_RESPONSE, said)


def _number(document: object, pointer: str | None) -> float | None:
    found = found_at(document, pointer) if pointer is not None else None
    usable = isinstance(found, int | float) and not isinstance(found, bool) and 0 <= found < float("inf")
    return float(found) if usable and isinstance(found, int | float) else None


def _seconds(document: object, places: AnswerPlaces) -> float | None:
    if places.latency_ms is not None:
        found = _number(document, places.latency_ms)
        return None if found is None else found / 1000
    return _number(document, places.latency_s)


def _calls(found: object) -> tuple[ToolCall, ...] | None:
    """The tool calls of a list, plain or as chat completions write them; None where it is none of both."""
    if found is None or found is NOTHING:
        return ()
    if not isinstance(found, list):
        return None
    calls = []
    for entry in found:
        call: Any = entry.get("function", entry) if isinstance(entry, dict) else None
        if not isinstance(call, dict) or not isinstance(call.get("name"), str):
            return None
        arguments = call.get("arguments", {})
        written = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
        calls.append(ToolCall(call["name"], written, str(entry.get("id", ""))))
    return tuple(calls)
