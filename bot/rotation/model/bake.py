"""The watched time of the stage that was changed last."""

from datetime import datetime, timedelta
from typing import Any

from pydantic import model_validator

from bot.rotation.evidence import LookResult
from bot.rotation.model.state import State
from bot.runbook.models.durations import Duration
from bot.runbook.models.plan import LONGEST_GAP

CYCLES_WAITED = 2
"""When the planned watch was seen so many times over, a part of the cycle still missing is a person's matter."""


class BakeState(State):
    """The watched time of the stage that was changed last. It goes on until the next stage is applied or rolled back.

    Of its looks only the newest, the newest that was seen, and the one `completing` it are kept; all are in the ledger.
    `taken` counts all, `counted` those whose window was seen: they make the bake, the others are held
    time. `watched` is the time that was seen. The next look's window goes from `until` to `due`.
    `sealed` when its verdict was taken over as evidence. `unanswered` counts the questions about it whose deadline
    passed. `signals_asked` are the checks of role signal a person was asked about; `accepted` the ones somebody went on
    with.
    """

    stage: int
    attempt: int
    started_at: datetime
    every: Duration
    planned: int
    looks: tuple[LookResult, ...] = ()
    taken: int = 0
    counted: int = 0
    watched: timedelta = timedelta()  # to the microsecond: what is read back must fold to the same
    completing: LookResult | None = None
    until: datetime | None = None
    due: datetime | None = None
    asked: int = 0
    held_since: datetime | None = None
    hold_reasons: tuple[str, ...] = ()
    extended: int = 0
    unanswered: int = 0
    told_incident: bool = False
    told_envelope: bool = False
    signals_asked: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    accepted_by: str = ""
    accepted_reason: str = ""
    sealed: bool = False
    no_traffic: bool = False

    @model_validator(mode="before")
    @classmethod
    def _counted_up(cls, written: Any) -> Any:  # noqa: ANN401 - whatever was stored
        """Rows of the first release keep every look and count none: they are counted once, when they are read."""
        if not isinstance(written, dict) or "taken" in written or not written.get("looks"):
            return written
        bake = cls.model_validate({**written, "looks": (), "taken": 0})
        for look in written["looks"]:
            bake = bake.with_look(LookResult.model_validate(look))
        return dict(bake)

    @property
    def newest_seen(self) -> LookResult | None:
        """The newest look whose window was seen."""
        return next((look for look in reversed(self.looks) if look.seen), None)

    @property
    def next_window(self) -> tuple[datetime, datetime]:
        """The window of the next look: it begins where the last one ended."""
        start = self.until or self.started_at
        return start, self.due or start + self.every

    def _ends(self, look: LookResult, counted: int) -> bool:
        """Whether as much was seen as was planned, and the traffic cycle whole where it has to be, or never will be."""
        return counted >= self.planned and (look.cycle_complete or counted >= self.planned * CYCLES_WAITED)

    def with_look(self, look: LookResult) -> "BakeState":
        """The same bake one look on; what later looks and people need of it is kept.

        After the planned looks the next ones come further and further apart: each after the planned share of the time
        that was seen, at most an hour. Whatever waits, and for how long, few looks watch over it.
        """
        counted = self.counted + look.seen
        watched = self.watched + (look.window_end - look.window_start if look.seen else timedelta())
        gap = self.every if counted < self.planned else max(self.every, min(watched / self.planned, LONGEST_GAP))
        ends = look.seen and self.completing is None and self._ends(look, counted)
        seen_before = () if look.seen or self.newest_seen is None else (self.newest_seen,)
        return self.model_copy(
            update={
                "looks": (*seen_before, look),
                "taken": self.taken + 1,
                "counted": counted,
                "watched": watched,
                "completing": look if ends else self.completing,
                "until": look.window_end,
                "due": look.window_end + gap,
            },
        )
