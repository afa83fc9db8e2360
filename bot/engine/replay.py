"""Folding ledger rows back into states: what the record says a rotation is. Pure.

Within one machine version the fold of a rotation's rows must give exactly its state row.
"""

from collections.abc import Iterable, Mapping

from pydantic import JsonValue, TypeAdapter

from bot.rotation.events import Event
from bot.rotation.machine import Refused, transition
from bot.rotation.model.rotation import Rotation
from bot.rotation.model.state import MACHINE_VERSION

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)


def fold(rows: Iterable[tuple[str, Mapping[str, JsonValue]]]) -> Rotation | None:
    """The state that rows of one rotation, as (name, data) in order, lead to; None without a beginning.

    Raises ValueError for a row that this machine refuses although the record says it was taken.
    """
    rotation: Rotation | None = None
    for name, data in rows:
        if name == "begun":
            rotation = Rotation.model_validate(data["state"])
        elif rotation is not None and name != "refused" and "event" in data:
            outcome = transition(rotation, _EVENT.validate_python(data["event"]))
            if isinstance(outcome, Refused):
                message = f"{rotation.id}: {name} was recorded as taken, but is refused with {outcome.deny.code}"
                raise ValueError(message)
            rotation = outcome.rotation
    return rotation


def differences(stored: Rotation, machine_version: int, folded: Rotation | None) -> list[str]:
    """What differs between a state row and the fold of its ledger rows; nothing for rows of another machine version."""
    if machine_version != MACHINE_VERSION:
        return []
    if folded is None:
        return [f"{stored.id} has a state but no beginning in the ledger"]
    left, right = stored.model_dump(mode="json"), folded.model_dump(mode="json")
    return [f"{stored.id}: {field} is not what the ledger leads to" for field in left if left[field] != right[field]]
