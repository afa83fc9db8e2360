"""Holding what is stored against what the ledger says of it: every difference, named. Pure.

A rotation must be what folding its rows leads to; comparisons, escalations and freezes must be what was begun, and end
as the ledger says. The columns beside a state must say what it says. What a row did not record yet, it is not held
against.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from pydantic import BaseModel, JsonValue, ValidationError

from bot.engine.models.comparisons import Comparison
from bot.engine.records import STORED, Stored
from bot.engine.replay import differences, fold
from bot.escalation.model import Escalation
from bot.rotation.model.freezes import Freeze
from bot.rotation.model.rotation import Rotation
from bot.rotation.model.state import MACHINE_VERSION

_KINDS: Final[Mapping[str, type[BaseModel]]] = {"R": Rotation, "D": Comparison, "E": Escalation, "F": Freeze}
_SUBJECT: Final = re.compile(r"[RDEF]\d+")
_BEGUN: Final = frozenset({"comparison_asked", "comparison_begun", "raised", "freeze_set"})
_KEPT: Final = {
    "D": (
        *("slot", "current", "candidate", "rollback", "trigger", "reason", "requester", "channel"),
        *("started_at", "fresh"),
    ),
    "E": ("subject", "cause", "dimension", "group", "raised_at"),
    "F": ("scope", "by", "name", "set_at"),
}
"""The fields that stay what they were when a subject began."""
_STATUS: Final = {
    "comparison_asked": "asked",
    "comparison_begun": "running",
    "comparison_finished": "finished",
    "comparison_aborted": "aborted",
    "comparison_errored": "errored",
}
_OVER: Final = frozenset({"finished", "aborted", "errored"})


class Row(Protocol):
    """What is looked at in a row of the ledger."""

    @property
    def subject(self) -> str:
        """What it is about."""

    @property
    def name(self) -> str:
        """What happened."""

    @property
    def data(self) -> Mapping[str, JsonValue]:
        """The rest of it."""

    @property
    def machine_version(self) -> int:
        """Which machine wrote it."""


def faults(rows: Iterable[Row], stored: Sequence[Stored], unreadable: frozenset[str] = frozenset()) -> list[str]:
    """Every difference between the ledger's rows and the stored states, each with the subject it is about.

    `unreadable` are subjects of which a row could not be read: their rows are not followed.
    """
    about: dict[str, list[Row]] = {}
    for row in rows:
        about.setdefault(row.subject, []).append(row)
    found: list[str] = []
    for one in stored:
        found += _of(one, about.get(one.id, []), followed=one.id not in unreadable)
    there = {one.id for one in stored}
    gone = [subject for subject in {*about, *unreadable} if _SUBJECT.fullmatch(subject) and subject not in there]
    found += [f"{subject}: the ledger tells of it, but it is not stored any more" for subject in sorted(gone)]
    return found


def of_earlier_machines(rows: Iterable[Row]) -> list[str]:
    """The rotations with rows of an earlier machine: by this one they lead elsewhere, and are not followed."""
    return sorted({row.subject for row in rows if row.subject.startswith("R") and _of_another_machine([row])})


def _of_another_machine(rows: Sequence[Row]) -> bool:
    return any(row.machine_version != MACHINE_VERSION for row in rows)


def _of(stored: Stored, rows: Sequence[Row], *, followed: bool) -> Iterator[str]:
    model = _KINDS.get(stored.id[:1])
    try:
        state = model.model_validate_json(stored.state) if model is not None else None
    except ValidationError:
        state = None
    if not isinstance(state, Rotation | Comparison | Escalation | Freeze):
        yield f"{stored.id}: its stored state cannot be read"
        return
    if not rows and followed:
        yield f"{stored.id}: it is stored, but the ledger knows nothing of it"
        return
    yield from (f"{stored.id}: {what}" for what in _columns(stored.columns, state, rows))
    if followed:
        led = list(_led(state, rows))
        yield from led
        if not led and not _as_written(stored, state, rows):
            yield f"{stored.id}: its stored state is not the one that was written with its last row"


def _led(state: Rotation | Comparison | Escalation | Freeze, rows: Sequence[Row]) -> Iterator[str]:
    if not isinstance(state, Rotation):
        yield from _since_begun(state, rows)
        return
    if _of_another_machine(rows):
        return
    try:
        folded = fold((row.name, row.data) for row in rows)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        told = str(error) if str(error).startswith(state.id) and "\n" not in str(error) else ""
        yield told or f"{state.id}: its rows in the ledger cannot be followed ({type(error).__name__})"
        return
    yield from differences(state, rows[-1].machine_version, folded)


def _since_begun(state: Comparison | Escalation | Freeze, rows: Sequence[Row]) -> Iterator[str]:
    """What differs from the state it began with, and from how the ledger says it stands."""
    begun = next((row.data.get("state") for row in reversed(rows) if row.name in _BEGUN), None)
    if not isinstance(begun, dict):
        yield f"{state.id}: it is stored, but the ledger has no beginning of it"
        return
    now: dict[str, Any] = state.model_dump(mode="json")
    began = _as_now(begun, type(state))
    kept = [name for name in _KEPT[state.id[0]] if name in begun]
    yield from (f"{state.id}: {name} is not what the ledger says" for name in kept if now[name] != began[name])
    if isinstance(state, Comparison):
        last = next((row for row in reversed(rows) if row.name in _STATUS), None)
        if last is not None and _STATUS[last.name] != state.status:
            yield f"{state.id}: status is not what the ledger says"
        elif last is not None and "verdict" in last.data:
            verdict = state.report.verdict.value if state.report is not None else None
            if verdict != last.data["verdict"]:
                yield f"{state.id}: the verdict is not what the ledger says"


def _as_now(state: dict[str, Any], model: type[Comparison | Escalation | Freeze]) -> dict[str, Any]:
    """A state an earlier release wrote as this one would: fields that came since stand in it with their defaults."""
    try:
        return model.model_validate(state).model_dump(mode="json")
    except ValidationError:
        return state


def _as_written(stored: Stored, state: Rotation | Comparison | Escalation | Freeze, rows: Sequence[Row]) -> bool:
    """Whether the state is the one of the last row that recorded its digest; money spent so far has no row."""
    if isinstance(state, Comparison) and state.status not in _OVER:
        return True
    written = next((row.data[STORED] for row in reversed(rows) if STORED in row.data), None)
    return written is None or written == stored.digest


def _columns(
    columns: Mapping[str, object], state: Rotation | Comparison | Escalation | Freeze, rows: Sequence[Row]
) -> Iterator[str]:
    """The columns that do not say what the state says."""
    expected: dict[str, object] = {"id": state.id, "number": int(state.id[1:])}
    match state:
        case Rotation():
            ended = state.ended_at.isoformat() if state.ended_at else None
            expected |= {"slot": state.slot, "phase": state.phase.value, "ended_at": ended, "version": state.version}
        case Comparison():
            began = state.started_at.isoformat()
            if columns.get("started_at") in _asked_at(rows):  # earlier releases kept the time of the question
                began = str(columns["started_at"])
            expected |= {"slot": state.slot, "status": state.status, "started_at": began, "cost_usd": state.spent_usd}
        case Escalation():
            expected |= {"key": state.key, "open": int(not state.closed)}
        case Freeze():
            lifted = _stamp(state.lifted_at) if state.lifted_at else None
            expected |= {"until": _stamp(state.until), "lifted_at": lifted, "version": state.version}
    for name, value in expected.items():
        if columns.get(name) != value:
            yield f"the column {name} says {columns.get(name)!r}, its state {value!r}"


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _asked_at(rows: Sequence[Row]) -> set[str]:
    states = [row.data.get("state") for row in rows if row.name == "comparison_asked"]
    times = [str(state.get("started_at", "")) for state in states if isinstance(state, dict)]
    return {time.replace("Z", "+00:00") for time in times}
