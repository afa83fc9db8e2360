"""An engine at work in memory: real store, real machines, and everything outside as something that can be broken.

Time is moved by the test. `settle` lets everything happen that is due now, `later` lets time pass.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bot.app.outside import own_engine
from bot.catalog.model import Listed, Listing
from bot.difftest.model.chat import ChatRequest, Completion, TokenPrice
from bot.engine.happen import happen
from bot.engine.models.commands import (
    Acknowledge,
    Answer,
    Command,
    Diff,
    LiftFreeze,
    Promote,
    ReplyTo,
    SetFreeze,
    Spend,
    Steer,
)
from bot.engine.models.comparisons import Comparison
from bot.engine.models.messages import Attachment, MessageRef
from bot.engine.models.notes import Note, QuestionNote, ReplyNote, SummaryNote, TimelineNote
from bot.engine.models.people import Members, Person
from bot.engine.outside import Outside, Rules
from bot.engine.run import Engine
from bot.monitor.model import HealthReport, Observation, Series
from bot.ports import Account, DriftError, MetricsSource, Numbers, OutsideError, Target
from bot.rotation.events import Event
from bot.rotation.model.questions import Decision, Request
from bot.rotation.model.rotation import Phase, Rotation
from bot.runbook.load import checked, digest_of
from bot.runbook.models.people import Group
from bot.runbook.models.targets.env_file import EnvFilePlan
from bot.store.samples import SqliteSamples
from bot.store.sqlite import SqliteFile
from bot.store.store import SqliteStore
from tests.difftest.world import ScriptedProvider

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
OLD, NEW, OTHER = "acme/old", "acme/new", "acme/other"
MIA, MAX, SAM, FIN, REX, GIL = "U0MIA", "U0MAX", "U0SAM", "U0FIN", "U0REX", "U0GIL"
MEMBERS = {"ml": (MIA, MAX), "sre": (SAM,), "finance": (FIN,)}

RUNBOOK = """\
channel: model-rotation
groups:
  ml:      {channel: ml-oncall,   group: ml}
  sre:     {channel: sre-oncall,  group: sre}
  finance: {channel: finance-ops, group: finance}
provider: {name: acme, base_url: "http://127.0.0.1:9/v1"}
metrics:
  prometheus: http://127.0.0.1:9
  requests: llm_requests_total
  errors: llm_requests_total{status="error"}
  latency: llm_request_duration_seconds
  cost: llm_cost_usd_total
  labels: {model: model, stage: env}
health: http://127.0.0.1:9/health
working_hours: {days: []}
slots:
  chat:
    suite: chat.suite.yml
    envelope_usd_per_month: 600000
    variable: MODEL
    stages:
      staging: {env_file: /app/staging.env, restart: [reload, staging], traffic: none, bake: {length: 15m, looks: 3}}
      pilots:  {env_file: /app/pilots.env,  restart: [reload, pilots],  bake: {length: 1h, looks: 3}}
      global:  {env_file: /app/global.env,  restart: [reload, global],  bake: {length: 3h, looks: 3}}
"""
SECOND_SLOT = """\
  draft:
    suite: chat.suite.yml
    variable: DRAFT_MODEL
    stages:
      live: {env_file: /app/global.env, restart: [reload, global], bake: {length: 1h, looks: 2}}
"""
CASES = 60


class ManualClock:
    """Time moves only when it is told to; who sleeps goes on at once, and how long is written down."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0.001)  # lets the others go on; no test depends on how long


class Breakable:
    """Something outside that fails as it is told: for so many calls of a kind, or until it is mended."""

    def __init__(self) -> None:
        self._broken: dict[str, tuple[BaseException, int]] = {}

    def breaks(self, call: str, error: BaseException, times: int = 10**9) -> None:
        self._broken[call] = (error, times)

    def mend(self) -> None:
        self._broken.clear()

    def _may_fail(self, call: str) -> None:
        error, times = self._broken.get(call, (None, 0))
        if error is not None and times > 0:
            self._broken[call] = (error, times - 1)
            raise error


@dataclass
class Said:
    """A message as it stands, and where."""

    channel: str
    ts: str
    note: Note
    thread: str = ""
    broadcast: bool = False
    edits: int = 0


class Room(Breakable):
    """A messenger that remembers what it was told, but for notes of the kind it `takes_no`.

    Nobody hears of so many `lost` posts among those it `loses`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.said: dict[str, Said] = {}
        self.attached: list[tuple[str, str, tuple[Attachment, ...]]] = []
        self.replies: list[tuple[ReplyTo, ReplyNote]] = []
        self.gone: set[str] = set()
        self.lost = 0
        self.takes_no = ""
        self.loses: Callable[[Note], bool] = lambda _note: True

    async def reach(self) -> None:
        self._may_fail("reach")

    async def post(
        self, note: Note, *, channel: str, thread: MessageRef | None = None, broadcast: bool = False
    ) -> MessageRef:
        self._may_fail("post")
        if thread is not None and thread.ts in self.gone:
            raise OutsideError(
                "the message this belongs under was deleted", whose="admin", again=False, code="thread_gone"
            )
        if note.kind == self.takes_no:
            raise OutsideError("a block nobody knows", whose="the bot", again=False, code="bad_message")
        ts = f"{len(self.said) + 1}.0"
        self.said[ts] = Said(channel, ts, note, thread.ts if thread else "", broadcast)
        if self.lost and self.loses(note):
            self.lost -= 1
            raise OutsideError("the answer did not arrive", whose="Slack", again=True, code="answer_lost")
        return MessageRef(channel=channel, ts=ts)

    async def edit(self, message: MessageRef, note: Note) -> None:
        self._may_fail("edit")
        if message.ts in self.gone or message.ts not in self.said:
            raise OutsideError("the message was deleted", whose="admin", again=False, code="message_gone")
        self.said[message.ts].note = note
        self.said[message.ts].edits += 1

    async def attach(self, files: Sequence[Attachment], *, under: MessageRef, words: str) -> None:
        self._may_fail("attach")
        self.attached.append((under.ts, words, tuple(files)))

    async def reply(self, to: ReplyTo, note: ReplyNote) -> None:
        self._may_fail("reply")
        self.replies.append((to, note))

    def notes(self, kind: str) -> list[Note]:
        return [said.note for said in self.said.values() if said.note.kind == kind]

    def codes(self) -> list[str]:
        return [n.code for said in self.said.values() if isinstance(n := said.note, TimelineNote | SummaryNote)]


class People(Breakable):
    """Who is in which group; everybody but REX is in the channel, GIL is a guest."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self._clock = clock
        self.members = dict(MEMBERS)
        self.is_away = False
        self.unreadable: set[str] = set()
        self.age = timedelta()

    async def person(self, person: str) -> Person:
        self._may_fail("person")
        if not person.startswith("U0"):
            raise OutsideError("Slack knows no such person", whose="admin", again=False, code="unknown_person")
        return Person(id=person, name=person[2:].lower(), guest=person == GIL)

    def away(self) -> None:
        """Slack answers nobody: people and user groups cannot be read."""
        self.breaks("person", OutsideError("Slack is away", whose="Slack", again=True, code="unreachable"))
        self.is_away = True

    async def group(self, group: Group) -> Members:
        if group.people:
            return Members(ids=group.people, read_at=self._clock.now())
        name = group.group or ""
        if self.is_away or name in self.unreadable:
            return Members(read_at=self._clock.now(), problem=f"user group @{name}: Slack is away")
        return Members(ids=self.members[name], read_at=self._clock.now() - self.age, mention=f"<!subteam^{name}>")

    async def channel(self, channel: str) -> Members:
        del channel
        if self.is_away:
            return Members(read_at=self._clock.now(), problem="Slack is away")
        return Members(ids=(MIA, MAX, SAM, FIN, GIL), read_at=self._clock.now())


class Disk(Breakable):
    """Env files as values by path; `log` has every change, `restarted` every restart.

    Files of stages that are `gone` cannot be reached; `takes_over` is written by somebody else at the next restart;
    files that are in `refuses` would not take the new model, for that reason.
    """

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str | None] = {f"/app/{stage}.env": OLD for stage in ("staging", "pilots", "global")}
        self.log: list[tuple[str, str | None]] = []
        self.restarted: list[str] = []
        self.gone: set[str] = set()
        self.takes_over: dict[str, str] = {}
        self.refuses: dict[str, str] = {}

    async def read(self, target: EnvFilePlan) -> str | None:
        self._may_fail("read")
        self._reach(target)
        return self.values[target.path]

    async def write(self, target: EnvFilePlan, *, expected: str | None, value: str | None) -> bool:
        self._may_fail("write")
        self._reach(target)
        held = self.values[target.path]
        if held == value:
            return False
        if held != expected:
            raise DriftError(target.place, expected=expected, found=held)
        self.values[target.path] = value
        self.log.append((target.path.split("/")[-1].removesuffix(".env"), value))
        self._may_fail("written")
        return True

    async def restart(self, target: EnvFilePlan) -> None:
        self._may_fail("restart")
        self.restarted.append(target.restart[-1])
        if target.restart[-1] in self.takes_over:
            self.values[target.path] = self.takes_over.pop(target.restart[-1])
        self._may_fail("restarted")

    async def wait(self, target: EnvFilePlan, *, value: str | None) -> None:
        del target, value
        self._may_fail("wait")

    async def refusal(self, target: EnvFilePlan, value: str) -> str:
        self._may_fail("refusal")
        return self.refuses.get(target.path, "") if value == NEW else ""

    def _reach(self, target: EnvFilePlan) -> None:
        if any(f"/{name}." in target.path for name in self.gone):
            raise OutsideError("there is no such file", whose="sre", again=False, code="target_missing")

    async def check_writable(self, target: EnvFilePlan) -> str:
        del target
        return ""


class Traffic(Breakable):
    """Requests of every stage, answered by what its file held last; as good as it is told to be for each model.

    `instead` answers for it where there is one. It answers for windows no longer than its `reach`, for others with the
    problem `beyond` it, and knows no series from before it `remembers`.
    """

    def __init__(self, disk: Disk) -> None:
        super().__init__()
        self._disk = disk
        self.per_hour = 60_000.0
        self.slow: set[str] = set()
        self.failing = 0.002
        self.silent = False
        self.reach: timedelta | None = None
        self.beyond = "not_scraped"
        self.remembers: datetime | None = None
        self.instead: MetricsSource | None = None
        self.asked: list[tuple[datetime, datetime]] = []

    async def observe(self, start: datetime, end: datetime) -> Observation:
        self._may_fail("observe")
        self.asked.append((start, end))
        if self.instead is not None:
            return await self.instead.observe(start, end)
        if self.reach is not None and end - start > self.reach:
            return Observation(start=start, end=end, problem=self.beyond)
        if self.remembers is not None and start < self.remembers:
            return Observation(start=start, end=end)
        hours = (end - start).total_seconds() / 3600
        series = tuple(self._series(path, hours) for path in self._disk.values if not self.silent and hours > 0)
        return Observation(start=start, end=end, series=series)

    def _series(self, path: str, hours: float) -> Series:
        model = self._disk.values[path] or OLD
        requests = round(self.per_hour * hours)
        fast = round(requests * (0.2 if model in self.slow else 0.9))
        return Series(
            stage=path.rsplit("/", maxsplit=1)[-1].removesuffix(".env"),
            model=model,
            requests=requests,
            errors=round(requests * self.failing),
            latency={
                "0.5": fast // 2,
                "1": fast,
                "2.5": requests if model not in self.slow else fast,
                "10": requests,
                "+Inf": requests,
            },
            latency_sum_s=requests * 0.8,
            cost_usd=requests * 0.0005,
        )


class Provider(ScriptedProvider):
    """Answers by its script, once its door is open."""

    def __init__(self) -> None:
        super().__init__(price_usd=0.001)
        self.door = asyncio.Event()
        self.door.set()
        self.at_the_door = 0

    async def complete(self, request: ChatRequest) -> Completion:
        self.at_the_door += 1
        try:
            await self.door.wait()
        finally:
            self.at_the_door -= 1
        return await super().complete(request)


class Word:
    """The platform's own word on its health."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.healthy = True

    async def check(self) -> HealthReport:
        return HealthReport(at=self._clock.now(), healthy=self.healthy)


class Shelf:
    """The catalog: models as the test lists them; with a `problem` its source does not tell."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.models_listed: dict[str, Listed] = {}
        self.problem = ""

    def lists(self, model: str, **what: object) -> None:
        self.models_listed[model] = Listed.model_validate({"id": model, **what})

    async def models(self) -> tuple[str, ...]:
        return tuple(self.models_listed)

    async def price(self, model: str) -> TokenPrice | None:
        return self.models_listed[model].price if model in self.models_listed else None

    async def listing(self) -> Listing:
        found = () if self.problem else tuple(self.models_listed.values())
        return Listing(at=self._clock.now(), models=found, problem=self.problem)


@dataclass
class World:
    """Everything together, and what a person can do in it."""

    engine: Engine
    store: SqliteStore
    clock: ManualClock
    room: Room
    people: People
    disk: Disk
    traffic: Traffic
    provider: Provider
    health: Word
    commands: int = 0
    folder: Path = field(default_factory=Path)

    # ---- time

    async def settle(self, rounds: int = 400) -> None:
        """Let everything happen that is due now, and what follows from it at once."""
        for _ in range(rounds):
            asked = bool(await self.store.waiting())  # it may be done, or have failed for now, within this turn
            await self.engine.turn()
            if self.engine.at_work:
                await asyncio.wait(self.engine.at_work, return_when=asyncio.FIRST_COMPLETED)
            elif not asked:
                return
        message = f"still at work after {rounds} rounds"
        raise AssertionError(message)

    async def later(self, **length: float) -> None:
        """Let time pass, and everything happen that falls due meanwhile."""
        end = self.clock.at + timedelta(**length)
        await self.settle()
        while (due := await self.store.next_due(self.clock.at)) is not None and due <= end:
            self.clock.at = max(due, self.clock.at)
            await self.settle()
        self.clock.at = end
        await self.settle()

    # ---- people

    def _asked(self, who: str, reason: str = "") -> dict[str, object]:
        self.commands += 1
        name = f"c{self.commands}"
        to = ReplyTo(user=who, channel="C1", thread=name, response_url="http://127.0.0.1:9/respond")
        return {"id": name, "actor": who, "at": self.clock.at, "reply": to, "reason": reason}

    async def asks(self, command: Command) -> str:
        """Send a command, and answer the code of its private answer (empty while there is none)."""
        await self.engine.submit(command)
        await self.settle()
        answer = self.answered(command)
        return answer.code if answer is not None else ""

    def answered(self, command: Command) -> ReplyNote | None:
        """The private answer to a command, None while there is none. Nothing is answered twice."""
        found = [note for to, note in self.room.replies if to.thread == command.id]
        assert len(found) < 2, found
        return found[0] if found else None

    def diff_command(self, who: str = MIA, candidate: str = NEW, slot: str = "chat", **more: object) -> Diff:
        return Diff.model_validate({**self._asked(who), "slot": slot, "candidate": candidate, **more})

    async def diff(self, who: str = MIA, candidate: str = NEW, slot: str = "chat", **more: object) -> str:
        return await self.asks(self.diff_command(who, candidate, slot, **more))

    async def spend(self, who: str = MIA, comparison: str = "D1") -> str:
        return await self.asks(Spend.model_validate({**self._asked(who), "comparison": comparison}))

    def promote_command(self, who: str = MIA, subject: str = "D1") -> Promote:
        return Promote.model_validate({**self._asked(who), "subject": subject})

    async def promote(self, who: str = MIA, subject: str = "D1") -> str:
        return await self.asks(self.promote_command(who, subject))

    async def steer(self, verb: str, who: str = MAX, subject: str = "R1", reason: str = "") -> str:
        return await self.asks(self.steering(verb, who, subject, reason))

    def steering(self, verb: str, who: str = MAX, subject: str = "R1", reason: str = "") -> Steer:
        return Steer.model_validate({**self._asked(who, reason), "verb": verb, "subject": subject})

    async def answer(self, what: str, who: str = MAX, rotation: str = "R1", reason: str = "") -> str:
        return await self.asks(self.answering(what, who, rotation, reason))

    def answering(self, what: str, who: str = MAX, rotation: str = "R1", reason: str = "") -> Answer:
        question = self.question(rotation)
        digest = question.digest if isinstance(question, Request) else ""
        asked = {**self._asked(who, reason), "rotation": rotation, "question": question.id, "digest": digest}
        return Answer.model_validate({**asked, "answer": what})

    async def acknowledge(self, who: str, escalation: str) -> str:
        return await self.asks(Acknowledge.model_validate({**self._asked(who), "escalation": escalation}))

    async def happens(self, event: Event, rotation: str = "R1") -> None:
        """Something a rotation is told of by the outside."""
        await happen(self.store, rotation, event)
        await self.settle()

    def freezing(self, subject: str, until: str, who: str = SAM, reason: str = "year end") -> SetFreeze:
        return SetFreeze.model_validate({**self._asked(who, reason), "subject": subject, "until": until})

    async def freeze(self, subject: str = "all", until: str = "3d", who: str = SAM, reason: str = "year end") -> str:
        return await self.asks(self.freezing(subject, until, who, reason))

    def lifting(self, subject: str, who: str = SAM, reason: str = "") -> LiftFreeze:
        return LiftFreeze.model_validate({**self._asked(who, reason), "subject": subject})

    async def unfreeze(self, subject: str = "all", who: str = SAM, reason: str = "") -> str:
        return await self.asks(self.lifting(subject, who, reason))

    # ---- looking

    def question(self, rotation: str = "R1") -> Request | Decision:
        """What the newest question message of a rotation asks."""
        notes = [n for n in self.room.notes("question") if isinstance(n, QuestionNote) and n.rotation.id == rotation]
        found = notes[-1].rotation.question(notes[-1].question)
        assert found is not None
        return found

    async def rotation(self, rotation: str = "R1") -> Rotation:
        found = await self.store.rotation(rotation)
        assert found is not None, f"there is no {rotation}"
        return found

    async def phase(self, rotation: str = "R1") -> Phase:
        return (await self.rotation(rotation)).phase

    async def comparison(self, comparison: str = "D1") -> Comparison:
        found = await self.store.comparison(comparison)
        assert found is not None, f"there is no {comparison}"
        return found

    async def events(self, subject: str = "R1") -> list[str]:
        return [row.name for row in await self.store.ledger_rows(subject)]

    async def pages(self) -> list[tuple[str, str]]:
        """Every page as (group, cause)."""
        notes = self.room.notes("page")
        return [(note.group.value, note.cause) for note in notes if note.kind == "page"]

    def holds(self) -> dict[str, str | None]:
        return {path.split("/")[-1].removesuffix(".env"): value for path, value in self.disk.values.items()}

    # ---- shortcuts

    async def to_pilots_question(self) -> None:
        """A comparison that passed, a rotation begun from it, staging applied and watched."""
        assert await self.diff() == "diff_started"
        assert await self.promote() == "rotation_begun"
        await self.later(minutes=20)
        assert await self.phase() is Phase.AWAITING_APPROVAL, await self.events()

    async def to_pilots_bake(self) -> None:
        """And the pilots approved, applied, and traffic seen on them."""
        await self.to_pilots_question()
        await self.approved()
        await self.later(seconds=30)
        assert await self.phase() is Phase.BAKING

    async def approved(self) -> None:
        """Whoever is asked says yes: ML, and Finance where a month would break its envelope."""
        if await self.answer("approve") == "yes_counts":
            assert await self.answer("approve", FIN) == "accepted"
        assert await self.phase() is not Phase.AWAITING_APPROVAL

    async def to_the_end(self) -> None:
        """And everything else, to the end."""
        assert await self.diff() == "diff_started"
        assert await self.promote() == "rotation_begun"
        for _ in range(3):
            await self.later(hours=4)
            if await self.phase() is Phase.AWAITING_APPROVAL:
                await self.approved()
        await self.later(hours=4)
        assert await self.phase() is Phase.COMPLETED, await self.events()


def suite_text(cases: int = CASES) -> str:
    """A suite whose cases are passed by the answer `right`."""
    asked = (f"{{id: c{n}, messages: [{{role: user, content: question {n}}}]" for n in range(cases))
    rows = "".join(f"  - {case}, assert: [{{type: contains, value: right}}]}}\n" for case in asked)
    return f"name: chat\ncases:\n{rows}"


@asynccontextmanager
async def world(
    folder: Path,
    *,
    runbook: str = RUNBOOK,
    dry_run: bool = False,
    clock: ManualClock | None = None,
    outside: "World | None" = None,
    numbers: Numbers | None = None,
    targets: Mapping[str, Target[Any]] = MappingProxyType({}),
    catalog: Shelf | None = None,
    account: Account | None = None,
    native_charts: bool = False,
) -> AsyncIterator[World]:
    """A world on a database in `folder`; with `outside` that of another one, whose bot has died.

    `targets` are places of other kinds than env files.
    """
    suite = folder / "chat.suite.yml"
    if not suite.exists():
        suite.write_text(suite_text(), encoding="utf-8")
    written = checked(runbook.replace("chat.suite.yml", str(suite)), "runbook.yml", folder)
    clock = clock or (outside.clock if outside is not None else ManualClock())
    file = SqliteFile(folder / "rotate.db")
    store = SqliteStore(file)
    await store.open()
    disk = outside.disk if outside is not None else Disk()
    ports = Outside(
        store=store,
        samples=SqliteSamples(file, clock.now, written.retention.answers),
        messenger=outside.room if outside is not None else Room(),
        directory=outside.people if outside is not None else People(clock),
        targets={"env_file": disk, **targets},
        provider=outside.provider if outside is not None else Provider(),
        clock=clock,
        pace=clock,
        metrics=outside.traffic if outside is not None else Traffic(disk),
        numbers=numbers,
        health=outside.health if outside is not None else Word(clock),
        catalog=catalog,
        account=account,
        own_engine=own_engine,
        native_charts=native_charts,
    )
    engine = Engine(ports, Rules(written, digest_of(written), dry_run))
    await engine.recover()
    room, people, traffic = ports.messenger, ports.directory, ports.metrics
    assert isinstance(room, Room)
    assert isinstance(people, People)
    assert isinstance(traffic, Traffic)
    assert isinstance(ports.provider, Provider)
    assert isinstance(ports.health, Word)
    made = World(engine, store, clock, room, people, disk, traffic, ports.provider, ports.health, folder=folder)
    made.commands = outside.commands if outside is not None else 0
    try:
        yield made
    finally:
        await engine.stop()
        await store.close()


@contextmanager
def broken(thing: Breakable, call: str, error: Exception | None = None) -> Iterator[None]:
    """While the block lasts, a call fails."""
    thing.breaks(call, error or OutsideError("it is down", whose="Slack", again=True, code="unreachable"))
    try:
        yield
    finally:
        thing.mend()
