"""A comparison's outside for tests: a provider that answers by script, a clock that only moves when told, a store."""

import asyncio
import heapq
import json
import zlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass, field, replace

from bot.difftest.model.chat import ChatError, ChatRequest, Completion, ToolCall
from bot.difftest.model.report import OverheadReport
from bot.difftest.model.sample import EarlierRun, RunIdentity, Sample, SampleKey, StoredRun, earlier_runs
from bot.difftest.ports import RunBusy

Answer = Callable[[ChatRequest, int], Completion | ChatError]
"""A request and how often the same was asked before -> what comes of it."""


def right(request: ChatRequest, _asked: int) -> Completion:
    """The answer that passes, in a time that differs a little from prompt to prompt."""
    wobble = 0.001 * (zlib.crc32(f"{request.model} {request.messages}".encode()) % 13)
    return Completion(
        text="right",
        tool_calls=(),
        finish_reason="stop",
        latency_s=0.5 + wobble,
        ttft_s=0.1,
        prompt_tokens=10,
        completion_tokens=5,
        cost_usd=0.01,
        cost_source="provider",
        served_model=request.model,
    )


def talkative(request: ChatRequest, asked: int) -> Completion:
    """Asks a tool for the weather of Paris until it is told, then answers right."""
    told = any(isinstance(m, dict) and m.get("role") == "tool" and "error" not in str(m) for m in request.messages)
    answer = right(request, asked)
    if told:
        return answer
    call = ToolCall("get_weather", '{"city": "Paris"}', f"id-{len(request.messages)}")
    return replace(answer, text="", tool_calls=(call,), finish_reason="tool_calls")


@dataclass
class ScriptedProvider:
    """Answers by its script, at once unless it `takes` longer; keeps what it was asked."""

    answer: Answer = right
    takes: Callable[[], Awaitable[None]] = lambda: asyncio.sleep(0)
    price_usd: float | None = None
    asked: list[ChatRequest] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    prepared: list[tuple[int, bool]] = field(default_factory=list)
    overhead: OverheadReport | None = None
    _times: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    async def prepare(self, concurrency: int, *, stream: bool) -> OverheadReport | None:
        """Nothing to warm, and what was said of the client."""
        self.prepared.append((concurrency, stream))
        return self.overhead

    async def complete(self, request: ChatRequest) -> Completion:
        """One attempt."""
        self.asked.append(request)
        times = self._times[f"{request.model} {request.messages}"]
        self._times[f"{request.model} {request.messages}"] += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.takes()
            outcome = self.answer(request, times)
        finally:
            self.at_once -= 1
        if isinstance(outcome, ChatError):
            raise outcome
        return outcome

    def price(self, _model: str, _prompt_tokens: int, _completion_tokens: int) -> float | None:
        """The same for every model."""
        return self.price_usd


@dataclass
class ManualClock:
    """Sleepers wake in order, and time jumps to them once nobody else can go on."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)
    _sleepers: list[tuple[float, int, asyncio.Event]] = field(default_factory=list)

    def monotonic(self) -> float:
        """The time that was slept so far."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Wait until everybody who is due earlier has woken."""
        self.slept.append(seconds)
        event = asyncio.Event()
        heapq.heappush(self._sleepers, (self.now + seconds, len(self.slept), event))
        while not event.is_set():
            for _ in range(20):
                await asyncio.sleep(0)
            if self._sleepers and not event.is_set():
                due, _, first = heapq.heappop(self._sleepers)
                self.now = max(self.now, due)
                first.set()


@dataclass
class MemoryStore:
    """A sample store that lives as long as the test; `held` are runs another process has."""

    samples: dict[str, dict[SampleKey, Sample]] = field(default_factory=lambda: defaultdict(dict))
    calls: dict[str, list[tuple[SampleKey, str]]] = field(default_factory=lambda: defaultdict(list))
    held: set[str] = field(default_factory=set)
    turns: dict[str, dict[tuple[SampleKey, int], Sample]] = field(default_factory=lambda: defaultdict(dict))
    notes: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    runs: dict[str, RunIdentity] = field(default_factory=dict)

    async def open(self, run: RunIdentity, *, fresh: bool = False) -> StoredRun:
        """Take the run."""
        if run.id in self.held:
            raise RunBusy(pid=1, host="elsewhere", since="today")
        self.held.add(run.id)
        if fresh:
            for part in (self.samples, self.calls, self.turns, self.notes):
                part.pop(run.id, None)
        self.runs[run.id] = run
        calls = [(key, "cut off" if state == "open" else state) for key, state in self.calls[run.id]]
        self.calls[run.id] = calls
        states = [state for _, state in calls]
        turns: dict[SampleKey, tuple[Sample, ...]] = {}
        for (key, _), turn in sorted(self.turns[run.id].items(), key=lambda entry: entry[0][1]):
            if key not in self.samples[run.id]:
                turns[key] = (*turns.get(key, ()), turn)
        return StoredRun(states.count("ended"), states.count("cut off"), turns, dict(self.notes[run.id]))

    async def kept(self, run_id: str) -> AsyncIterator[Sample]:
        """Every sample of a run."""
        for sample in list(self.samples[run_id].values()):
            yield sample

    async def load(self, run_id: str, keys: Iterable[SampleKey]) -> list[Sample]:
        """These samples."""
        return [self.samples[run_id][key] for key in keys if key in self.samples[run_id]]

    async def earlier(self, run: RunIdentity) -> tuple[EarlierRun, ...]:
        """The runs that asked the same, the last one first."""
        known = [(run_id, json.dumps(asdict(one))) for run_id, one in reversed(self.runs.items())]
        return earlier_runs(run, known)

    def _end(self, run_id: str, key: SampleKey) -> None:
        self.calls[run_id] = [(k, "ended" if k == key and s == "open" else s) for k, s in self.calls[run_id]]

    async def start_call(self, run_id: str, key: SampleKey, attempt: int) -> None:
        """Record a call."""
        assert attempt >= 1
        self._end(run_id, key)
        self.calls[run_id].append((key, "open"))

    async def add(self, run_id: str, sample: Sample) -> None:
        """Keep a sample."""
        self._end(run_id, sample.key)
        self.samples[run_id][sample.key] = sample

    async def add_turn(self, run_id: str, turn: Sample, number: int) -> None:
        """Keep a turn."""
        self._end(run_id, turn.key)
        self.turns[run_id][turn.key, number] = turn

    async def note(self, run_id: str, name: str, value: str) -> None:
        """Keep a note."""
        self.notes[run_id][name] = value

    async def discard(self, run_id: str, keys: Iterable[SampleKey]) -> None:
        """Forget samples."""
        for key in keys:
            self.samples[run_id].pop(key, None)

    async def close(self, run_id: str) -> None:
        """Give the run back."""
        self.held.discard(run_id)
