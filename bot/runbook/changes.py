"""What differs between two runbooks, line by line: what people are told when a file was changed. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from bot.runbook.models.file import Runbook
from bot.runbook.models.plan import Plan, plan_for
from bot.runbook.models.written import WHOLE

_ABSENT = object()
_WEIGHTY = (
    *("approval", "groups", "administrators", "checks", "comparison", "evidence", "bake", "envelope", "tenants"),
    *("freezes", "authority", "fallback_group"),
)

_LIGHT = ("links", "retention")
"""Blocks that decide nothing."""


@dataclass(frozen=True)
class Change:
    """One line that changed. `before` and `after` are as JSON, None where the line is not there.

    `weighty` says that it changes who may decide, or what is allowed: such changes are announced.
    """

    field: str
    before: JsonValue
    after: JsonValue
    weighty: bool


def changes(before: Runbook, after: Runbook) -> tuple[Change, ...]:
    """Every line that differs once defaults are filled in, block by block; empty for the same rules."""
    return tuple(_between(_resolved(before), _resolved(after), ()))


def _resolved(runbook: Runbook) -> dict[str, Any]:
    plain = runbook.model_dump(mode="json", context=WHOLE)
    del plain["authority"]  # every slot says what came of it
    of_the_file = {"slot", "dry_run", *(set(plain) & set(Plan.model_fields)) - {"channel", "comparison", "checks"}}
    for name in runbook.slots:
        slot = plan_for(runbook, name).model_dump(mode="json", exclude=of_the_file, context=WHOLE)
        plain["slots"][name] = {**slot, "stages": {stage.pop("name"): stage for stage in slot["stages"]}}
    return plain


def _between(before: object, after: object, path: tuple[str, ...]) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*before, *after]):
            yield from _between(before.get(key, _ABSENT), after.get(key, _ABSENT), (*path, str(key)))
        if path and path[-1] == "stages" and list(before) != list(after) and set(before) == set(after):
            yield Change(".".join(path), list(before), list(after), weighty=True)
    elif before != after:
        yield Change(".".join(path), _shown(before), _shown(after), weighty=_is_weighty(path, before, after))


def _shown(value: object) -> JsonValue:
    return None if value is _ABSENT else value  # type: ignore[return-value]  # it came from model_dump(mode="json")


def _is_weighty(path: tuple[str, ...], before: object, after: object) -> bool:
    if path[0] in _LIGHT:
        return False
    whole_block = before is _ABSENT or after is _ABSENT
    return whole_block or any(part.startswith(_WEIGHTY) for part in path)
