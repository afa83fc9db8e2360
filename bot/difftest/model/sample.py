"""One answer of one model to one case, as it is stored and judged, and the identity of the run it belongs to."""

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Literal, NamedTuple, get_args

from pydantic import JsonValue

from bot.difftest.model.chat import CostSource, ErrorClass, ErrorKind, ToolCall

Arm = Literal["current", "candidate"]
ARMS: tuple[Arm, Arm] = ("current", "candidate")
JudgeArm = Literal[
    "judge_current_first", "judge_candidate_first", "judge_alone", "control_planted_first", "control_planted_last"
]
"""A judge's call: about a pair, in one of both orders, about the candidate's answer alone, or about a control pair."""
JUDGE_ARMS: tuple[JudgeArm, ...] = get_args(JudgeArm)
AnyArm = Arm | JudgeArm


class SampleKey(NamedTuple):
    """Which answer: the case's id, the model's side or what a judge is asked, and the repeat, from 0."""

    case: str
    arm: AnyArm
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
class Turn:
    """What a model said in one turn of a conversation with scripted tool results, and the calls it made in it."""

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """One finished sample: an answer, or the error that stood in its place after all attempts.

    `latency_s` and `ttft_s` are those of the attempt that succeeded; `waited_s` is the time between attempts, kept
    apart from them. `cost_usd` None means that nobody said; `listed_usd` is what the list of prices says, also where
    the provider billed something else. Of a conversation with scripted tool results `turns` are the model's turns,
    `text` is the last one's, `tool_calls` are all of them in order, `ttft_s` is the first turn's, and times, attempts,
    tokens and costs are sums. `asked` is 2 where a judge had to be asked again because its first reply could not be
    used: attempts and cost are then those of both.
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
    asked: int = 1
    turns: tuple[Turn, ...] = ()

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
        raw = {name: getattr(self, name) for name in self.__slots__}
        if not self.turns:
            del raw["turns"]
        if self.asked == 1:
            del raw["asked"]
        if self.listed_usd is None:
            del raw["listed_usd"]
        return json.dumps(raw, ensure_ascii=False, separators=(",", ":"), default=asdict)

    def without_words(self) -> "Sample":
        """The sample as it is kept in memory once it is marked: all figures, no words; those are in the store."""
        model, provider = self.served_model, self.served_provider
        return replace(
            self,
            text="",
            tool_calls=(),
            turns=(),
            served_model=None if model is None else sys.intern(model),
            served_provider=None if provider is None else sys.intern(provider),
        )

    @classmethod
    def from_json(cls, text: str) -> "Sample":
        """Read what `to_json` wrote."""
        raw = json.loads(text)
        raw["key"] = SampleKey(*raw["key"])
        raw["tool_calls"] = _calls(raw["tool_calls"])
        raw["turns"] = tuple(Turn(turn["text"], _calls(turn["tool_calls"])) for turn in raw.get("turns", ()))
        if raw["error"] is not None:
            raw["error"] = SampleError(ErrorKind(raw["error"]["kind"]), raw["error"]["message"])
        return cls(**raw)


def _calls(raw: Iterable[Mapping[str, str]]) -> tuple[ToolCall, ...]:
    return tuple(ToolCall(**call) for call in raw)


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
    """What is kept of a run beside its samples: how many calls gave an outcome, how many were cut off and asked again.

    `turns` are those of conversations that were cut off between two turns, in order; `notes` what was found out about
    the run itself.
    """

    calls: int = 0
    repeated_calls: int = 0
    turns: Mapping[SampleKey, tuple[Sample, ...]] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """Another run in which a model was asked the same: `arm` is the side on which it was."""

    id: str
    arm: Arm


def earlier_runs(run: RunIdentity, stored: Iterable[tuple[str, str]]) -> tuple[EarlierRun, ...]:
    """Those of `stored` (id, identity as JSON) that asked the run's current model the same suite in the same way."""
    found = []
    for run_id, identity in stored:
        other = json.loads(identity)
        same = all(other.get(name) == getattr(run, name) for name in ("suite_digest", "base_url", "parameters"))
        arm: Arm = "current" if other.get("current") == run.current else "candidate"
        if same and run_id != run.id and other.get(arm) == run.current:
            found.append(EarlierRun(run_id, arm))
    return tuple(found)


class RunBusy(Exception):
    """Another process is working on the same run; `pid`, `host` and `since` name it."""

    def __init__(self, pid: int, host: str, since: str) -> None:
        """Say who has it."""
        super().__init__(f"process {pid} on {host} has been working on this comparison since {since}")
        self.pid = pid
        self.host = host
        self.since = since
