"""One recorded request with its answer, whatever wrote it down. Pure data."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Final

from pydantic import JsonValue


class Unusable(Exception):
    """A record no case can be made of; the reason is counted, so it names a kind and no details."""


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A tool call the recorded model made; `arguments` is the JSON text as it came."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """A conversation up to the recorded answer, and that answer.

    `labels` says what kind of traffic it is (route, tenant, ...), `conversation` what it belongs to; both may be empty.
    """

    messages: list[dict[str, JsonValue]]
    answer: str
    calls: tuple[RecordedCall, ...] = ()
    tools: list[dict[str, JsonValue]] = field(default_factory=list)
    tool_choice: JsonValue = None
    parameters: dict[str, JsonValue] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    conversation: str = ""

    def packed(self) -> bytes:
        """As few bytes as are easily made, to wait in memory."""
        row = {name: getattr(self, name) for name in _NAMES}
        row["calls"] = [[call.name, call.arguments] for call in self.calls]
        return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")

    @classmethod
    def unpacked(cls, data: bytes) -> "Exchange":
        """What `packed` made small."""
        row = json.loads(data.decode("utf-8", "surrogatepass"))
        return cls(**{**row, "calls": tuple(RecordedCall(*call) for call in row["calls"])})


_NAMES: Final = tuple(one.name for one in fields(Exchange))
