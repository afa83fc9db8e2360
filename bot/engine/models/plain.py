"""What every piece of data here has in common: complete, unchanging, without what looks like a key."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, JsonValue

from bot.masking import mask

Facts = dict[str, JsonValue]

Typed = Annotated[str, AfterValidator(mask)]
"""What a person typed. A key that slipped in is masked before it is kept, posted or written into the ledger."""


def masked(value: JsonValue) -> JsonValue:
    """JSON data with what looks like a key masked wherever it stands."""
    match value:
        case str():
            return mask(value)
        case list():
            return [masked(one) for one in value]
        case dict():
            return {key: masked(one) for key, one in value.items()}
        case _:
            return value


class Plain(BaseModel):
    """A piece of data: complete and unchanging."""

    model_config = ConfigDict(frozen=True, extra="forbid")
