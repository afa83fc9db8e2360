"""Faults on demand: what is to go wrong, how often, and the search for the one that applies now."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

DeliveryType = Literal["slash_commands", "interactive", "events_api"]


class _Fault(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Counted(_Fault):
    times: int | None = Field(default=1, ge=1)
    skip: int = Field(default=0, ge=0)


class _OnCall(_Counted):
    method: str
    channel: str | None = None


class ApiError(_OnCall):
    """The method answers with this error."""

    kind: Literal["api_error"]
    error: str


class ApiRateLimit(_OnCall):
    """The method answers 429."""

    kind: Literal["api_rate_limit"]
    retry_after: int = Field(default=1, ge=0)


class ApiStatus(_OnCall):
    """The method answers with an HTTP status and no JSON."""

    kind: Literal["api_status"]
    status: int = Field(default=503, ge=400, le=599)


class ApiTimeout(_OnCall):
    """The method does nothing and answers nothing."""

    kind: Literal["api_timeout"]
    seconds: float = Field(default=60, ge=0)


class ApiAnswerLost(_OnCall):
    """The method is carried out, its answer never arrives."""

    kind: Literal["api_answer_lost"]


class ApiSlow(_OnCall):
    """The method is carried out at once and answered later."""

    kind: Literal["api_slow"]
    seconds: float = Field(ge=0)


class _OnDelivery(_Counted):
    type: DeliveryType | None = None


class Drop(_OnDelivery):
    """A delivery is lost on the way."""

    kind: Literal["drop"]


class Duplicate(_OnDelivery):
    """A delivery arrives twice."""

    kind: Literal["duplicate"]


class Delay(_OnDelivery):
    """A delivery arrives later."""

    kind: Literal["delay"]
    seconds: float = Field(ge=0)


class AckLost(_OnDelivery):
    """A delivery arrives, its ack does not."""

    kind: Literal["ack_lost"]


class RevokeToken(_Fault):
    """A token is refused."""

    kind: Literal["revoke_token"]
    token: Literal["bot", "app"]


class MissingScope(_Fault):
    """A scope is no longer granted."""

    kind: Literal["missing_scope"]
    scope: str


class ArchiveChannel(_Fault):
    """A channel is archived."""

    kind: Literal["archive_channel"]
    channel: str


class RemoveBot(_Fault):
    """The bot is taken out of a channel."""

    kind: Literal["remove_bot"]
    channel: str


class RefuseConnections(_Fault):
    """No socket is accepted."""

    kind: Literal["refuse_connections"]


ApiFault = ApiError | ApiRateLimit | ApiStatus | ApiTimeout | ApiAnswerLost | ApiSlow
DeliveryFault = Drop | Duplicate | Delay | AckLost
StandingFault = RevokeToken | MissingScope | ArchiveChannel | RemoveBot | RefuseConnections
Fault = Annotated[ApiFault | DeliveryFault | StandingFault, Field(discriminator="kind")]
FAULT: TypeAdapter[ApiFault | DeliveryFault | StandingFault] = TypeAdapter(Fault)


@dataclass
class Placed:
    """A fault in force: how many occasions it saw, and how often it struck."""

    id: str
    fault: ApiFault | DeliveryFault | StandingFault
    seen: int = 0
    used: int = 0


class Faults:
    """The faults in force, oldest first."""

    def __init__(self) -> None:
        self.placed: dict[str, Placed] = {}
        self._count = 0

    def place(self, fault: ApiFault | DeliveryFault | StandingFault) -> Placed:
        """Puts a fault in force."""
        self._count += 1
        placed = Placed(f"F{self._count}", fault)
        self.placed[placed.id] = placed
        return placed

    def on_call(self, method: str, channels: set[str]) -> ApiFault | None:
        """Answers the fault that strikes this Web API call, and counts it; `channels` are the names of its channel."""
        for placed in list(self.placed.values()):
            fault = placed.fault
            if (
                isinstance(fault, ApiFault)
                and fault.method in {"*", method}
                and (fault.channel is None or fault.channel.removeprefix("#") in channels)
                and self._strikes(placed, fault)
            ):
                return fault
        return None

    def on_delivery(self, kind: str) -> DeliveryFault | None:
        """Answers the fault that strikes this delivery, and counts it."""
        for placed in list(self.placed.values()):
            fault = placed.fault
            if isinstance(fault, DeliveryFault) and fault.type in {None, kind} and self._strikes(placed, fault):
                return fault
        return None

    def standing(self) -> list[StandingFault]:
        """Answers the faults that hold until they are ended."""
        return [placed.fault for placed in self.placed.values() if isinstance(placed.fault, StandingFault)]

    def _strikes(self, placed: Placed, fault: ApiFault | DeliveryFault) -> bool:
        placed.seen += 1
        if placed.seen <= fault.skip:
            return False
        placed.used += 1
        if fault.times is not None and placed.used >= fault.times:
            del self.placed[placed.id]
        return True
