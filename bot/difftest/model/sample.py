"""One answer of one model to one case, as it is stored and judged, and the identity of the run it belongs to."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal, NamedTuple

from pydantic import JsonValue

from bot.difftest.model.chat import CostSource, ErrorClass, ErrorKind, ToolCall

Arm = Literal["current", "candidate"]
ARMS: tuple[Arm, Arm] = ("current", "candidate")


class SampleKey(NamedTuple):
    """Which answer: the case's id, the model's side, and the repeat, from 0."""

    case: str
    arm: Arm
    repeat: int


@dataclass(frozen=True, slots=True)
class SampleError:
    """Why there is no usable answer."""

    kind: ErrorKind
    message: str

    @property
    def error_class(self) -> ErrorClass:
        """Whose trouble it is."""
        return self.kind.error_class


@dataclass(frozen=True, slots=True)
class Sample:
    """One finished sample: an answer, or the error that stood in its place after all attempts.

    `latency_s` and `ttft_s` are those of the attempt that succeeded; `waited_s` is the time between attempts, kept
    apart from them. `cost_usd` None means that nobody said; `listed_usd` is what the list of prices says, also where
    the provider billed something else.
    """

    key: SampleKey
    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str | None = None
    latency_s: float | None = None
    ttft_s: float | None = None
    waited_s: float = 0.0
    attempts: int = 1
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost_usd: float | None = None
    cost_source: CostSource = "unknown"
    listed_usd: float | None = None
    served_model: str | None = None
    served_provider: str | None = None
    error: SampleError | None = None

    @property
    def lost(self) -> bool:
        """Whether infrastructure kept the answer from us: it says nothing about the model."""
        return self.error is not None and self.error.error_class is ErrorClass.INFRASTRUCTURE

    @property
    def gone(self) -> bool:
        """Whether the provider said it has no such model."""
        return self.error is not None and self.error.kind is ErrorKind.MODEL_NOT_FOUND

    @property
    def answered(self) -> bool:
        """Whether there is a complete answer, right or wrong."""
        return self.error is None

    def to_json(self) -> str:
        """The sample as one line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Sample":
        """Read what `to_json` wrote."""
        raw = json.loads(text)
        raw["key"] = SampleKey(*raw["key"])
        raw["tool_calls"] = tuple(ToolCall(**call) for call in raw["tool_calls"])
        if raw["error"] is not None:
            raw["error"] = SampleError(ErrorKind(raw["error"]["kind"]), raw["error"]["message"])
        return cls(**raw)


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """What makes two runs the same one, so that the second goes on where the first stopped."""

    suite_digest: str
    current: str
    candidate: str
    base_url: str
    parameters: dict[str, JsonValue]
    seed: int
    repeats: int

    @property
    def id(self) -> str:
        """A sha256 over all of it."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class StoredRun:
    """What is kept of a run: its samples, how many calls gave an outcome, how many were cut off and asked again."""

    samples: tuple[Sample, ...] = ()
    calls: int = 0
    repeated_calls: int = 0


class RunBusy(Exception):
    """Another process is working on the same run; `pid`, `host` and `since` name it."""

    def __init__(self, pid: int, host: str, since: str) -> None:
        """Say who has it."""
        super().__init__(f"process {pid} on {host} has been working on this comparison since {since}")
        self.pid = pid
        self.host = host
        self.since = since
