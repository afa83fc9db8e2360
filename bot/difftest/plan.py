"""What one comparison is to do: the models, how they are asked, what may be spent, and in which order. Pure."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from bot.difftest.looks import blocks
from bot.difftest.model.chat import ChatRequest
from bot.difftest.model.sample import ARMS, AnyArm, RunIdentity, SampleKey
from bot.difftest.suite.model import Case, DimensionName, Suite
from bot.difftest.suite.wire import wire_messages, wire_tools

DEFAULT_BUDGET_USD = 5.0
RETRIES = 4
_ON = "auto"
"""How a forced choice of tools is sent once there are results: forced again, a conversation would never end."""


@dataclass(frozen=True, slots=True)
class ProviderPin:
    """Which providers behind a router (OpenRouter's slugs) may answer, and with which quantizations; no fallbacks."""

    only: tuple[str, ...]
    quantizations: tuple[str, ...] = ()

    def wire(self) -> dict[str, JsonValue]:
        """The `provider` object of a request."""
        pinned: dict[str, JsonValue] = {
            "only": list(self.only),
            "allow_fallbacks": False,
            "require_parameters": True,
        }
        return {**pinned, "quantizations": list(self.quantizations)} if self.quantizations else pinned


@dataclass(frozen=True, slots=True)
class ComparisonPlan:
    """One comparison of two models at one endpoint.

    `parameters` go over the suite's own, `margins` and `primary` over the suite's. `max_cost_usd` None lifts the hard
    cap; `left_usd` is what the calls still to be made may cost, whatever the kept ones did. `retries` counts further
    attempts after infrastructure errors. `at` is when this run begins; an earlier one of the same identity that began
    before `oldest` is forgotten, and any one with `fresh`. The seed draws the order of calls, nothing else. `stream`
    False asks for whole answers; it and `pin` are part of the identity only where they are used. `raw` says that what
    comes back are no answers but the output of an engine that nobody has explained: nothing is judged.
    """

    current: str
    candidate: str
    base_url: str
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    seed: int = 0
    concurrency: int = 8
    margins: Mapping[DimensionName, float] = field(default_factory=dict)
    primary: tuple[DimensionName, ...] | None = None
    max_cost_usd: float | None = DEFAULT_BUDGET_USD
    left_usd: float | None = None
    retries: int = RETRIES
    fresh: bool = False
    at: datetime | None = None
    oldest: datetime | None = None
    stream: bool = True
    pin: ProviderPin | None = None
    raw: bool = False

    def model(self, arm: AnyArm) -> str:
        """The model on that side; a judge is asked about the candidate's."""
        return self.current if arm == "current" else self.candidate

    def identity(self, suite: Suite) -> RunIdentity:
        """What makes a later run the same one."""
        return RunIdentity(
            suite_digest=suite.digest,
            current=self.current,
            candidate=self.candidate,
            base_url=self.base_url.rstrip("/"),
            parameters=self.asked_with(suite),
            seed=self.seed,
            repeats=suite.repeats,
        )

    def asked_with(self, suite: Suite) -> dict[str, JsonValue]:
        """Everything that is sent beside model, messages and tools; `stream` only where it is false."""
        asked = {**suite.parameters, **self.parameters}
        if self.pin is not None:
            written = asked.get("provider")
            asked["provider"] = {**(written if isinstance(written, dict) else {}), **self.pin.wire()}
        if not self.stream:
            asked["stream"] = False
        return asked

    def margin(self, suite: Suite, dimension: DimensionName) -> float:
        """The margin that counts."""
        return self.margins.get(dimension, suite.margin(dimension))

    def is_primary(self, suite: Suite, dimension: DimensionName) -> bool:
        """Whether the verdict needs the dimension; quality and tools always count where they are exercised."""
        return dimension in {"quality", "tools"} or dimension in (self.primary or suite.primary)

    def order(self, suite: Suite) -> list[SampleKey]:
        """Every sample in the order in which it is asked for: pairs shuffled, each pair's two models in random order.

        Both models so meet the same weather at the provider, and neither is always the first to ask.
        """
        return [key for part in self.parts(suite) for key in part]

    def parts(self, suite: Suite) -> list[list[SampleKey]]:
        """The samples of that order up to each look, from the one before."""
        draw = random.Random(f"order {self.seed}")
        return [self._shuffled(cases, suite.repeats, draw) for cases in blocks(suite, self.seed)]

    def _shuffled(self, cases: Iterable[Case], repeats: int, draw: random.Random) -> list[SampleKey]:
        pairs = [(case.id, repeat) for case in cases for repeat in range(repeats)]
        draw.shuffle(pairs)
        return [
            SampleKey(case, arm, repeat)
            for case, repeat in pairs
            for arm in (ARMS if draw.random() < 0.5 else ARMS[::-1])  # noqa: PLR2004 (an even coin)
        ]


def request_for(
    case: Case, model: str, parameters: Mapping[str, JsonValue], so_far: tuple[JsonValue, ...] = ()
) -> ChatRequest:
    """What a case asks of a model; `so_far` are the messages of the conversation after the case's own."""
    rest = dict(parameters)
    stream = rest.pop("stream", True) is not False
    forced = case.tool_choice == "required" or isinstance(case.tool_choice, dict)
    return ChatRequest(
        model=model,
        messages=(*wire_messages(case), *so_far),
        tools=wire_tools(case),
        tool_choice=_ON if so_far and forced else case.tool_choice,
        parameters=rest,
        stream=stream,
        case=case.id,
    )
