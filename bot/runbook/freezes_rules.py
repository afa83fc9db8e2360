"""What the runbook's freezes must obey beyond their own shape: names once, slots and stages that there are. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from bot.runbook.fields import Path

Finding = tuple[Path, str]


def freezes_trouble(raw: Mapping[str, object]) -> Iterator[Finding]:
    """Every freeze whose name another has, or that holds a slot or stage there is none of."""
    listed, slots = raw.get("freezes"), raw.get("slots")
    known = {name: body for name, body in slots.items() if isinstance(body, dict)} if isinstance(slots, dict) else {}
    seen: dict[str, int] = {}
    for number, freeze in enumerate(listed if isinstance(listed, list) else []):
        if not isinstance(freeze, dict):
            continue
        name = freeze.get("name")
        if isinstance(name, str) and (first := seen.setdefault(name.strip().casefold(), number)) != number:
            what = f"is the name of the freeze in place {first + 1} of this list, too; people are told one by its name"
            yield ("freezes", number, "name"), what
        yield from _named(("freezes", number, "slots"), freeze.get("slots"), "slot", known)
        mine = [known[slot] for slot in _texts(freeze.get("slots")) if slot in known] or list(known.values())
        yield from _named(("freezes", number, "stages"), freeze.get("stages"), "stage", _stages(mine))


def _stages(slots: Iterable[Mapping[str, object]]) -> list[str]:
    every = (slot.get("stages") for slot in slots)
    return list(dict.fromkeys(str(name) for stages in every if isinstance(stages, dict) for name in stages))


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _named(path: Path, value: object, what: str, known: Iterable[str]) -> Iterator[Finding]:
    there = list(known)
    for number, name in enumerate(value if isinstance(value, list) else []):
        if isinstance(name, str) and there and name not in there:
            close = get_close_matches(name, there, n=1)
            meant = f"did you mean {close[0]}?" if close else f"there are {', '.join(there[:10])}"
            yield (*path, number), f"there is no {what} {name!r}; {meant}"
