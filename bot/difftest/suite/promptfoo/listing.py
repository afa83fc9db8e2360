"""Places in the files that are read, and the list of what is left behind there."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from bot.difftest.suite.located import Located, Place, dotted


@dataclass(frozen=True, slots=True)
class Spot:
    """One field of one file."""

    path: Path
    located: Located
    place: Place = ()

    def at(self, *more: str | int) -> "Spot":
        """A field inside this one."""
        return Spot(self.path, self.located, (*self.place, *more))

    @property
    def data(self) -> JsonValue:
        """What is written there; None where nothing is."""
        found: JsonValue = self.located.data
        for part in self.place:
            if isinstance(found, dict) and isinstance(part, str):
                found = found.get(part)
            elif isinstance(found, list) and isinstance(part, int) and part < len(found):
                found = found[part]
            else:
                return None
        return found

    @property
    def mapping(self) -> dict[str, JsonValue]:
        """The mapping that is written there; an empty one where there is none."""
        return found if isinstance(found := self.data, dict) else {}

    @property
    def line(self) -> int:
        """Its line, from 1."""
        return self.located.line(self.place)

    def each(self) -> Iterator["Spot"]:
        """The entries of the list that is written there; one that is no list stands for a list of one."""
        data = self.data
        if isinstance(data, list):
            yield from (self.at(index) for index in range(len(data)))
        elif data is not None:
            yield self

    def resolved(self) -> "Spot":
        """What a local `$ref: '#/...'` points to; the spot itself where there is none."""
        pointer = self.mapping.get("$ref")
        if not isinstance(pointer, str) or not pointer.startswith("#/"):
            return self
        parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer[2:].split("/")]
        target = Spot(self.path, self.located, tuple(int(part) if part.isdigit() else part for part in parts))
        return self if target.data is None else target


@dataclass(frozen=True, slots=True)
class Left:
    """One thing with its file, line, field and the reason; `lost` is False where nothing of the tests is missing."""

    path: Path
    line: int
    field: str
    why: str
    lost: bool = True

    def __str__(self) -> str:
        place = f"{self.field}: " if self.field else ""
        return f"{self.path}:{self.line}: {place}{self.why}"


@dataclass(slots=True)
class Listing:
    """Everything that was not carried over, each once, in the order of its discovery."""

    _found: dict[Left, int] = field(default_factory=dict)

    def left(self, spot: Spot, why: str) -> None:
        """Something of the tests is lost."""
        self._add(Left(spot.path, spot.line, dotted(spot.place), why))

    def note(self, spot: Spot, why: str) -> None:
        """Something has no meaning here, and no test is the poorer for it."""
        self._add(Left(spot.path, spot.line, dotted(spot.place), why, lost=False))

    def _add(self, left: Left) -> None:
        self._found[left] = self._found.get(left, 0) + 1

    @property
    def lost(self) -> tuple[Left, ...]:
        """What was left behind."""
        return tuple(left for left in self._found if left.lost)

    @property
    def notes(self) -> tuple[Left, ...]:
        """What is only said."""
        return tuple(left for left in self._found if not left.lost)


REMOTE: Final = (
    "http://",
    "https://",
    "huggingface://",
    "langfuse://",
    "portkey://",
    "helicone://",
    "package:",
    "az://",
)
