"""That another rotation wants the slot this one holds, and what its holder said to that."""

from datetime import datetime

from bot.rotation.model.state import State


class SlotWish(State):
    """A queued rotation asks the holder to give way; `by` is who asked for it, with their member id.

    `outcome` is empty while nobody has answered; else `gave_way`, `kept`, or `over` where it is of no matter any more.
    """

    rotation: str
    by: str
    by_id: str
    reason: str = ""
    at: datetime
    outcome: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it still waits for the holder."""
        return not self.outcome
