"""From the bytes of a chat completion to its text and tool calls, through every server's quirks. Pure: no I/O.

Servers differ in how they stream tool calls: `index` missing, always 0, or drifting; `id` and `name` in every chunk or
only in the first; several calls in one chunk, interleaved, or whole at once. `ToolCallDeltas` copes with all of these.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from bot.difftest.model.chat import ChatError, ErrorKind, ToolCall

DONE: Final = "[DONE]"
_MAX_BYTES: Final = 32 * 1024 * 1024


class ServerSentEvents:
    """The data of each event in a byte stream; comments (`: OPENROUTER PROCESSING`) and other fields are dropped."""

    def __init__(self) -> None:
        """Begin at the start of a stream."""
        self._rest = b""
        self._data: list[str] = []
        self._size = 0

    def feed(self, chunk: bytes) -> Iterator[str]:
        """The data of each event that `chunk` completes. Raises ChatError for a stream without end."""
        self._size += len(chunk)
        if self._size > _MAX_BYTES:
            raise ChatError.ours(ErrorKind.MALFORMED_RESPONSE, f"the stream is longer than {_MAX_BYTES} bytes")
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for raw in lines:
            yield from self._line(raw.rstrip(b"\r").decode("utf-8", "replace").removeprefix("\ufeff"))

    def end(self) -> Iterator[str]:
        """The event that the end of the stream completes, if one stands open."""
        if self._rest:
            yield from self._line(self._rest.rstrip(b"\r").decode("utf-8", "replace"))
        yield from self._line("")

    def _line(self, line: str) -> Iterator[str]:
        if not line:
            if self._data:
                yield "\n".join(self._data)
            self._data.clear()
        elif line.startswith("data:"):
            self._data.append(line[5:].removeprefix(" "))


@dataclass(slots=True)
class _OpenCall:
    """A tool call while its pieces arrive."""

    id: str = ""
    name: str = ""
    arguments: str = ""

    @property
    def whole(self) -> bool:
        """Whether the arguments are complete JSON, so that a further name begins another call."""
        if not self.arguments.strip():
            return False
        try:
            json.loads(self.arguments)
        except ValueError:
            return False
        return True


@dataclass(slots=True)
class ToolCallDeltas:
    """The tool calls of one streamed answer, put together from their deltas."""

    calls: list[_OpenCall] = field(default_factory=list)
    _by_index: dict[int, _OpenCall] = field(default_factory=dict)
    _by_id: dict[str, _OpenCall] = field(default_factory=dict)

    def feed(self, entry: object) -> bool:
        """Take one entry of `delta.tool_calls`; answers whether it carried a name or arguments."""
        function = entry.get("function") if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or not isinstance(function, dict):
            return False
        index, call_id = entry.get("index"), entry.get("id")
        name, arguments = _as_text(function.get("name")), _as_text(function.get("arguments"))
        call = self._find(index if isinstance(index, int) else None, _as_text(call_id), name, arguments)
        if name and name != call.name:
            call.name += name
        call.arguments += arguments
        return bool(name or arguments)

    def _find(self, index: int | None, call_id: str, name: str, arguments: str) -> _OpenCall:
        if call_id and call_id in self._by_id:
            return self._by_id[call_id]
        call = self._by_index.get(index) if index is not None else None
        last = self.calls[-1] if self.calls else None
        if call is None and last is not None and not call_id and _continues(last, index, name):
            call = last
        if call is None or _another(call, call_id, name, arguments):
            call = _OpenCall()
            self.calls.append(call)
        if call_id and not call.id:
            call.id = call_id
            self._by_id[call_id] = call
        if index is not None:
            self._by_index[index] = call
        return call

    def result(self) -> tuple[ToolCall, ...]:
        """The calls, in the order in which they began."""
        return tuple(ToolCall(call.name, call.arguments, call.id) for call in self.calls)


def _continues(last: _OpenCall, index: int | None, name: str) -> bool:
    """Whether a piece without a known index or id belongs to the last call: it names nothing, or the same again."""
    if not name:
        return True
    return name == last.name and not last.whole and (index is None or bool(last.id))


def _another(call: _OpenCall, call_id: str, name: str, arguments: str) -> bool:
    """Whether a piece under a call's index begins another call: its own id, or a name after complete arguments."""
    if call_id and call.id and call_id != call.id:
        return True
    return bool(name and call.name and call.whole and (arguments or name != call.name))


def _as_text(value: object) -> str:
    """A text as it is; an object, as some servers send for arguments, as JSON; anything else as nothing."""
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, dict | list) else ""


def content_text(content: object) -> str:
    """The text of a message's content: a string, or the text parts of a list."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(_as_text(part.get("text")) for part in content if isinstance(part, dict))
    return ""


@dataclass(slots=True)
class Answer:
    """One answer while it arrives, streamed or whole; times are those of the chunks it is fed with."""

    text: str = ""
    refusal: str = ""
    finish_reason: str | None = None
    first_content_at: float | None = None
    finished_at: float | None = None
    usage: dict[str, Any] = field(default_factory=dict)
    model: str | None = None
    provider: str | None = None
    choices_seen: bool = False
    tools: ToolCallDeltas = field(default_factory=ToolCallDeltas)
    whole_calls: list[ToolCall] = field(default_factory=list)
    function_call: ToolCallDeltas = field(default_factory=ToolCallDeltas)

    def feed(self, body: dict[str, Any], at: float) -> None:
        """Take a chunk of a stream or a whole body, arrived `at`. An `error` in it is the caller's to raise first."""
        if isinstance(body.get("usage"), dict):
            self.usage = body["usage"]
        self.model = body.get("model") if isinstance(body.get("model"), str) else self.model
        self.provider = body.get("provider") if isinstance(body.get("provider"), str) else self.provider
        choices = body.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict) and choice.get("index", 0) in (0, None):
                self._choice(choice, at)

    def _choice(self, choice: dict[str, Any], at: float) -> None:
        self.choices_seen = True
        if isinstance(choice.get("delta"), dict):
            if self._delta(choice["delta"]) and self.first_content_at is None:
                self.first_content_at = at
        elif isinstance(choice.get("message"), dict):
            self._message(choice["message"])
        elif isinstance(choice.get("text"), str):
            self.text += choice["text"]
        if isinstance(choice.get("finish_reason"), str) and choice["finish_reason"]:
            self.finish_reason = choice["finish_reason"]
            self.finished_at = at

    def _delta(self, delta: dict[str, Any]) -> bool:
        """Take a delta; answers whether it carried content: a role, null calls or reasoning alone is none."""
        piece = content_text(delta.get("content"))
        self.text += piece
        self.refusal += _as_text(delta.get("refusal"))
        entries = delta.get("tool_calls")
        carried = [self.tools.feed(entry) for entry in (entries if isinstance(entries, list) else ())]
        if isinstance(delta.get("function_call"), dict):
            carried.append(self.function_call.feed({"function": delta["function_call"]}))
        return bool(piece) or any(carried)

    def _message(self, message: dict[str, Any]) -> None:
        self.text += content_text(message.get("content"))
        self.refusal += _as_text(message.get("refusal"))
        entries = message.get("tool_calls")
        for entry in entries if isinstance(entries, list) else ():
            function = entry.get("function") if isinstance(entry, dict) else None
            if isinstance(entry, dict) and isinstance(function, dict):
                call = ToolCall(
                    _as_text(function.get("name")), _as_text(function.get("arguments")), _as_text(entry.get("id"))
                )
                self.whole_calls.append(call)
        if isinstance(message.get("function_call"), dict):
            self.function_call.feed({"function": message["function_call"]})

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The calls, whichever way they came; the legacy `function_call` only where there is nothing else."""
        return (*self.whole_calls, *self.tools.result()) or self.function_call.result()

    @property
    def tokens(self) -> tuple[int | None, int | None]:
        """Tokens of the prompt and of the answer, as the provider counted them."""
        return _count(self.usage.get("prompt_tokens")), _count(self.usage.get("completion_tokens"))

    @property
    def cached_tokens(self) -> int:
        """How many of the prompt's tokens came from a cache."""
        details = self.usage.get("prompt_tokens_details")
        return (_count(details.get("cached_tokens")) or 0) if isinstance(details, dict) else 0

    @property
    def billed_usd(self) -> float | None:
        """What the provider says it charged; with the user's own upstream key, what upstream charged too."""
        cost = _amount(self.usage.get("cost"))
        details = self.usage.get("cost_details")
        if cost is not None and self.usage.get("is_byok") is True and isinstance(details, dict):
            return cost + (_amount(details.get("upstream_inference_cost")) or 0.0)
        return cost


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _amount(value: object) -> float | None:
    """A sum of money; anything that is none is unknown, never zero."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = float(value)
    except ValueError:
        return None
    return amount if math.isfinite(amount) and amount >= 0 else None
