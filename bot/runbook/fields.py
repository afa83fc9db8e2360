"""Which field stands where: walking the annotations of the runbook's models by path, without any value at hand."""

import types
import typing
from collections.abc import Iterator
from datetime import time, timedelta
from enum import Enum

from pydantic import BaseModel

from bot.runbook.models.durations import format_duration

Path = tuple[str | int, ...]
"""Where a field is: names of keys and numbers of list entries, from the top of the file."""


def _members(annotation: object) -> list[object]:
    """The annotation without Annotated, Optional and unions: what a value may be."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _members(typing.get_args(annotation)[0])
    if origin in {typing.Union, types.UnionType}:
        return [m for part in typing.get_args(annotation) for m in _members(part)]
    return [annotation]


def _is_model(annotation: object) -> typing.TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _blocks_in(annotation: object) -> list[tuple[type[BaseModel], str]]:
    """The blocks an annotation may hold, and how each place is written: directly, `.NAME` in a dict, `[]` in a list.

    Where there are several kinds, those beside the first say which they are: `targets[command]`.
    """
    held, suffix = _members(annotation), ""
    for member in held:
        origin, arguments = typing.get_origin(member), typing.get_args(member)
        if origin is dict:
            held, suffix = _members(arguments[1]), ".NAME"
        elif origin in {tuple, list}:
            held, suffix = _members(arguments[0]), "[]"
    found = [block for block in held if _is_model(block)]
    return [(block, f"[{kind_of(block)}]" if number else suffix) for number, block in enumerate(found)]


def kind_of(model: type[BaseModel]) -> str:
    """What tells this block from others that may stand in the same place; empty where there is only one sort."""
    field = model.model_fields.get("kind")
    named = typing.get_args(field.annotation) if field is not None else ()
    return str(named[0]) if len(named) == 1 else ""


def _step(annotation: object, part: str | int) -> list[object]:
    found: list[object] = []
    for member in _members(annotation):
        arguments = typing.get_args(member)
        if _is_model(member) and isinstance(part, str) and part in member.model_fields:
            found += _members(member.model_fields[part].annotation)
        elif typing.get_origin(member) is dict:
            found += _members(arguments[1])
        elif typing.get_origin(member) in {tuple, list}:
            found += _members(arguments[0])
    return found


def model_at(root: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """The model that describes the block at a path, None when no block is described there.

    Where several kinds may stand, the path may name one of them, as pydantic does.
    """
    return next((a for a in _walked(root, path)[0] if _is_model(a)), None)


def without_kinds(root: type[BaseModel], path: Path) -> Path:
    """The path as it stands in the file: without the kinds that pydantic names on the way."""
    return _walked(root, path)[1]


def _walked(root: type[BaseModel], path: Path) -> tuple[list[object], Path]:
    found: list[object] = [root]
    plain: list[str | int] = []
    for part in path:
        kinds = [a for a in found if _is_model(a) and kind_of(a)]
        chosen = [a for a in kinds if kind_of(a) == part] if len(kinds) > 1 else []
        if not chosen:
            plain.append(part)
        found = [*chosen] or [step for annotation in found for step in _step(annotation, part)]
    return found, tuple(plain)


def blocks(root: type[BaseModel], name: str = "") -> dict[str, set[str]]:
    """Every block of the file by its dotted name (`slots.NAME.stages.NAME`), with the keys it knows."""
    found = {name or "the top of the file": set(root.model_fields)}
    for key, field in root.model_fields.items():
        for block, suffix in _blocks_in(field.annotation):
            found |= blocks(block, f"{name}.{key}{suffix}".lstrip("."))
    return found


class Line(typing.NamedTuple):
    """A line an operator may write. `default` is empty where there is none, `required` where it must be written."""

    name: str
    model: type[BaseModel]
    key: str
    default: str
    required: bool


def lines(model: type[BaseModel], prefix: str = "", given: BaseModel | None = None) -> Iterator[Line]:
    """Every line of a block and of the blocks in it, in order, with its default as it would be written.

    `given` is the block's own default, where it has one.
    """
    for key, field in model.model_fields.items():
        held = _blocks_in(field.annotation)
        name = f"{prefix}{key}{held[0][1] if held else ''}"
        default: object = None
        if given is not None:
            default = getattr(given, key)
        elif not field.is_required():
            default = field.get_default(call_default_factory=True)
        if not held:
            yield Line(name, model, key, written(default), given is None and field.is_required())
        else:
            yield Line(name, model, key, "", field.is_required())
        for block, suffix in held:
            inner = default if isinstance(default, block) else None
            yield from lines(block, f"{prefix}{key}{suffix}.", inner)


def written(value: object) -> str:
    """A value as an operator would write it; empty for nothing."""
    if value is None or value in ((), {}):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple | list):
        return f"[{', '.join(written(part) for part in value)}]"
    return f"{value:g}" if isinstance(value, float) else str(value)
