"""The suite drawn from recorded traffic: which requests, masked, with what is expected of their answers."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from pydantic import JsonValue, ValidationError

from bot.difftest.marking.mark import mark
from bot.difftest.model.chat import ToolCall
from bot.difftest.model.sample import Sample, SampleKey
from bot.difftest.suite.load import case_problems
from bot.difftest.suite.model import Case
from bot.difftest.suite.traces.drawing import Reservoir, Stratum, shares
from bot.difftest.suite.traces.exchange import Exchange, Unusable
from bot.difftest.suite.traces.expecting import expectations, unformatted
from bot.difftest.suite.traces.labels import KNOWN
from bot.difftest.suite.traces.near import Seen, fingerprint, shingles
from bot.difftest.suite.traces.personal import Masking
from bot.difftest.suite.traces.reading import Counts, read_exchanges

FEWEST_KEPT: Final = 2000
OVERSAMPLED: Final = 4
_SHORT, _MEDIUM = 1000, 8000
_OFTEN: Final = 1000
_SHOWN_STRATA: Final = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be drawn.

    `by` names the labels that make strata instead of the usual ones, `tools` what was offered where the traffic does
    not record it, `judge` the model that judges texts; None for no judge.
    """

    size: int
    seed: int = 0
    judge: str | None = None
    by: tuple[str, ...] = ()
    tools: tuple[dict[str, JsonValue], ...] = ()
    name: str = "traffic"


@dataclass(slots=True)
class Drawn:
    """What came of it: the suite's settings and cases, and every number that people should see."""

    counts: Counts
    cases: list[JsonValue] = field(default_factory=list)
    settings: dict[str, JsonValue] = field(default_factory=dict)
    repeated: int = 0
    near: int = 0
    looked_at: int = 0
    unfit: Counter[str] = field(default_factory=Counter)
    strata: list[tuple[str, int, int]] = field(default_factory=list)
    dropped: tuple[str, ...] = ()
    nowhere: tuple[str, ...] = ()
    masked: Counter[str] = field(default_factory=Counter)

    @property
    def suite(self) -> dict[str, JsonValue]:
        """The whole suite as JSON."""
        return {**self.settings, "cases": self.cases}


def draw(path: Path, wanted: Wanted, progress: Callable[[int], None] = lambda _: None) -> Drawn:
    """Read the file once and draw. Raises MalformedFile when it cannot be read; `progress` is told the bytes read."""
    counts = Counts()
    drawn = Drawn(counts)
    parts = (*(wanted.by or KNOWN), "calls", "length")
    reservoir = Reservoir(parts, max(FEWEST_KEPT, OVERSAMPLED * wanted.size))
    met: set[int] = set()
    for number, exchange in enumerate(read_exchanges(path, counts, wanted.by)):
        if number % _OFTEN == 0:
            progress(counts.size)
        whole = _with_tools(exchange, wanted.tools)
        stratum = reservoir.count(_stratum(whole, parts))
        place = fingerprint(whole, wanted.seed)
        if place in met:
            drawn.repeated += 1
        else:
            met.add(place)
            reservoir.offer(place, stratum, whole.packed)
    progress(counts.size)
    if counts.usable:
        empty = {part for at, part in enumerate(parts) if not any(stratum[at] for stratum in reservoir.counts)}
        drawn.nowhere = tuple(name for name in wanted.by if name in empty - {*reservoir.dropped})
    while len(reservoir.counts) > wanted.size and reservoir.coarsen():
        pass
    _choose(drawn, reservoir, wanted)
    return drawn


def _with_tools(exchange: Exchange, tools: Sequence[dict[str, JsonValue]]) -> Exchange:
    if exchange.tools or not tools:
        return exchange
    return replace(exchange, tools=list(tools))


def _stratum(exchange: Exchange, parts: Sequence[str]) -> Stratum:
    called = "+".join(sorted({call.name for call in exchange.calls}))
    characters = sum(len(str(message["content"])) for message in exchange.messages)
    own = {
        **exchange.labels,
        "calls": called or ("no call" if exchange.tools else ""),
        "length": "short" if characters < _SHORT else "medium" if characters < _MEDIUM else "long",
    }
    return tuple(own.get(part, "") for part in parts)


def _choose(drawn: Drawn, reservoir: Reservoir, wanted: Wanted) -> None:
    """Draw from what was kept: without what is nearly the same, in proportion, one of a conversation first."""
    distinct: dict[Stratum, list[tuple[int, bytes]]] = {}
    for stratum, rows in reservoir.kept().items():
        seen = Seen()
        drawn.looked_at += len(rows)
        distinct[stratum] = [row for row in rows if seen.add(shingles(Exchange.unpacked(row[1])))]
        drawn.near += len(rows) - len(distinct[stratum])
    share = shares(reservoir.counts, {stratum: len(rows) for stratum, rows in distinct.items()}, wanted.size)
    making = _Making(drawn, wanted, reservoir.names)
    taken: Counter[Stratum] = Counter()
    spare: list[tuple[int, Stratum, bytes]] = []
    for stratum, number in sorted(share.items()):
        rest = list(distinct[stratum])
        for again in (False, True):
            waiting, rest = rest, []
            for place, data in waiting:
                if taken[stratum] >= number or (not again and making.is_known_conversation(data)):
                    rest.append((place, data))
                elif making.take(place, stratum, data):
                    taken[stratum] += 1
        spare += [(place, stratum, data) for place, data in rest]
    for place, stratum, data in sorted(spare):
        if len(drawn.cases) >= wanted.size:
            break
        if making.take(place, stratum, data):
            taken[stratum] += 1
    drawn.strata = [
        (_named(reservoir.names, stratum) or "all", number, taken[stratum])
        for stratum, number in sorted(reservoir.counts.items(), key=lambda entry: (-entry[1], entry[0]))
    ]
    drawn.dropped = tuple(reservoir.dropped)
    drawn.settings = making.settings()
    drawn.masked = making.masking.counts


def _named(names: Sequence[str], stratum: Stratum) -> str:
    return ", ".join(f"{name} {part}" for name, part in zip(names, stratum, strict=True) if part)


@dataclass(slots=True)
class _Making:
    drawn: Drawn
    wanted: Wanted
    names: tuple[str, ...]
    masking: Masking = field(default_factory=Masking)
    conversations: set[str] = field(default_factory=set)
    common: dict[str, JsonValue] | None = None

    def is_known_conversation(self, data: bytes) -> bool:
        """Whether a case of the same conversation was taken."""
        return Exchange.unpacked(data).conversation in self.conversations

    def take(self, place: int, stratum: Stratum, data: bytes) -> bool:
        """Make a case of it; False when none can be made, and why is counted."""
        exchange = Exchange.unpacked(data)
        before = self.masking.counts.copy()
        try:
            case = self._case(place, stratum, exchange)
        except Unusable as reason:
            self.drawn.unfit[str(reason)] += 1
            self.masking.counts = before
            return False
        self.drawn.cases.append(case)
        if exchange.conversation:
            self.conversations.add(exchange.conversation)
        if self.common is None:
            self.common = dict(exchange.parameters)
        self.common = {key: value for key, value in self.common.items() if exchange.parameters.get(key) == value}
        return True

    def _case(self, place: int, stratum: Stratum, exchange: Exchange) -> JsonValue:
        before = self.masking.counts.total()
        masked = self.masking.exchange(exchange)
        taken_out = self.masking.counts.total() > before
        if taken_out:
            masked = replace(masked, tools=[unformatted(tool) for tool in masked.tools])
        asserted = expectations(masked, judge=self.wanted.judge is not None, masked=taken_out)
        if masked.tools and not masked.calls:
            asserted.append({"type": "no-tool-call"})
        tags: list[JsonValue] = [
            self.masking.text(f"{name}:{part}") for name, part in zip(self.names, stratum, strict=True) if part
        ]
        case: dict[str, JsonValue] = {
            "id": f"t-{place:016x}",
            "messages": [*masked.messages],
            **({"tools": [*masked.tools]} if masked.tools else {}),
            **({"tool_choice": masked.tool_choice} if masked.tools and masked.tool_choice else {}),
            "assert": asserted,
            **({"tags": tags} if tags else {}),
            **({"cluster": _hidden(exchange.conversation)} if exchange.conversation else {}),
        }
        try:
            checked = Case.model_validate(case)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise Unusable(f"would be no case: {first['msg'][:80]}") from None
        if not _writable(case):
            raise Unusable("with halves of characters")
        problems = list(case_problems(case))
        if any(place[0] == "tools" for place, _ in problems):
            raise Unusable("offers tools that a suite cannot hold")
        _refuse_unmet(checked, masked)
        if problems:
            raise Unusable(f"would be no case: {problems[0][1][:80]}")
        return case

    def settings(self) -> dict[str, JsonValue]:
        """The suite's settings: private, with the parameters that every recorded request shared."""
        made: dict[str, JsonValue] = {
            "name": self.wanted.name,
            "description": "Drawn from recorded traffic; what is expected is what the recorded model did.",
            "private": True,
        }
        if self.common:
            made["parameters"] = self.common
        if self.wanted.judge is not None:
            made["judge"] = {"model": self.wanted.judge}
        return made


def _refuse_unmet(case: Case, recorded: Exchange) -> None:
    """The recorded answer has to meet what is expected because of it; a judge is not asked."""
    calls = tuple(ToolCall(call.name, call.arguments) for call in recorded.calls)
    marks = mark(case, Sample(SampleKey(case.id, "current", 0), text=recorded.answer, tool_calls=calls))
    if marks.tools is not None and not marks.tools.passed:
        raise Unusable("calls a tool against its schema")
    if marks.quality is not None and not marks.quality.passed:
        raise Unusable("does not meet what would be expected because of it")


def _writable(case: JsonValue) -> bool:
    """Whether it can be written as UTF-8: halves of surrogate pairs come from texts that were cut."""
    try:
        json.dumps(case, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _hidden(conversation: str) -> str:
    """An id that says which cases belong together and nothing else."""
    return f"c-{hashlib.blake2b(conversation.encode('utf-8', 'surrogatepass'), digest_size=6).hexdigest()}"


def told(drawn: Drawn, wanted: Wanted) -> Iterator[str]:
    """What came of it, for people, a line each."""
    counts = drawn.counts
    yield f"{counts.lines:,} lines, {counts.usable:,} requests with an answer, {drawn.repeated:,} of them asked before"
    if counts.malformed:
        yield f"{counts.malformed:,} malformed lines, the first:"
        yield from (f"  line {problem.line}: {problem.what}" for problem in counts.problems)
    if counts.unusable:
        reasons = ", ".join(f"{number:,} {reason}" for reason, number in counts.unusable.most_common())
        yield f"not used: {reasons}"
    if drawn.near:
        yield f"{drawn.near:,} of {drawn.looked_at:,} looked at are nearly the same as another"
    if drawn.unfit:
        reasons = ", ".join(f"{number:,} {reason}" for reason, number in drawn.unfit.most_common())
        yield f"drawn and put back: {reasons}"
    if drawn.nowhere:
        yield f"no request has the field {', '.join(drawn.nowhere)}"
    if drawn.dropped:
        yield f"strata do not tell {', '.join(drawn.dropped)} apart: there would be more of them than cases"
    total = sum(number for _, number, _ in drawn.strata)
    for name, number, taken in drawn.strata[:_SHOWN_STRATA]:
        yield f"  {taken:>5} of {len(drawn.cases)}  ({number / total:.1%} of traffic)  {name}"
    if len(drawn.strata) > _SHOWN_STRATA:
        yield f"  and {len(drawn.strata) - _SHOWN_STRATA} more strata"
    masked = ", ".join(f"{number:,} {kind}" for kind, number in sorted(drawn.masked.items())) or "nothing was found"
    yield f"masked: {masked}"
    if len(drawn.cases) < wanted.size:
        yield f"{len(drawn.cases):,} cases; {wanted.size:,} were wanted, but the traffic has no more that differ"
