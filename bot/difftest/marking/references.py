"""The schemas that a JSON Schema is made of, found as a validator finds them: by its keywords and its references. Pure.

A reference must lead to a schema within the schema itself, or to one of the drafts' own: nothing is ever fetched. One
that leads nowhere would otherwise be found by the first answer, for which both models would then be blamed.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from bot.difftest.marking.untellable import Untellable

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

Schema = dict[str, Any]
Steps = tuple[str | int, ...]
"""Where something stands in a document."""
_REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")
_ALL: Final = ("allOf", "anyOf", "oneOf")
_ONE: Final = ("not", "if", "then", "else")
"""Keywords whose schemas are about the very same value."""


class _Parts:
    """One walk through a schema: its parts with their paths, and which of them speak of the same value."""

    def __init__(self, schema: Schema, dialect: "type[Validator]") -> None:
        from jsonschema_specifications import REGISTRY  # noqa: PLC0415 (comes with jsonschema)
        from referencing.jsonschema import specification_with  # noqa: PLC0415 (as above)

        self.found: dict[Steps, Schema] = {}
        self._paths = dict(_paths(schema))
        self._sound: set[int] = set()
        self._same: dict[int, list[int]] = {}
        self._dialect = dialect
        self._known = [keyword for keyword in _REFERENCES if keyword in dialect.VALIDATORS]
        self._specification = specification_with(str(dialect.META_SCHEMA.get("$id", dialect.META_SCHEMA.get("id"))))
        self._note_sound(schema)
        root = self._specification.create_resource(schema)
        waiting: list[tuple[Any, Any]] = [(schema, REGISTRY.resolver_with_root(root))]
        while waiting:
            part, resolver = waiting.pop()
            if isinstance(part, dict) and id(part) in self._paths and id(part) not in self._same:
                self._same[id(part)] = list(map(id, _in_place(part)))
                self.found[self._paths[id(part)]] = part
                waiting += self._inner(part, resolver)
        self._refuse_circles()

    def _note_sound(self, schema: Schema) -> None:
        """Remember what was looked at when this schema was held against its dialect's own."""
        waiting: list[Any] = [schema]
        while waiting:
            part = waiting.pop()
            if isinstance(part, dict) and id(part) not in self._sound:
                self._sound.add(id(part))
                waiting += self._specification.subresources_of(part)

    def _inner(self, part: Schema, resolver: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 (of any schema)
        for inner in self._specification.subresources_of(part):
            yield inner, resolver.in_subresource(self._specification.create_resource(inner))
        for keyword in self._known:
            if isinstance(reference := part.get(keyword), str):
                target, around = self._led_to(reference, path_of((*self._paths[id(part)], keyword)), resolver)
                self._same[id(part)].append(id(target))
                yield target, around

    def _led_to(self, reference: str, path: str, resolver: Any) -> tuple[Any, Any]:  # noqa: ANN401 (of any schema)
        from jsonschema import SchemaError
        from referencing.exceptions import Unresolvable  # noqa: PLC0415 (comes with jsonschema)

        try:
            resolved = resolver.lookup(reference)
        except (Unresolvable, ValueError, TypeError):  # the last two: a pointer through what is no object
            raise Untellable(f"{path} leads to {reference}, which is not in it; a schema is never fetched") from None
        target = resolved.contents
        if not isinstance(target, bool | dict):
            raise Untellable(f"{path} leads to {reference}, which is no schema")
        if isinstance(target, dict) and id(target) in self._paths and id(target) not in self._sound:
            try:
                self._dialect.check_schema(target)
            except SchemaError as error:
                raise Untellable(f"{path} leads to {reference}, which is no schema: {error.message}") from None
            self._note_sound(target)
        return target, resolved.resolver

    def _refuse_circles(self) -> None:
        """A part that comes back to itself while it speaks of one value would never be done with it."""
        done: set[int] = set()
        for start in self._same:
            trail: list[tuple[int, Iterator[int]]] = [(start, iter(self._same[start]))]
            open_ones = {start}
            while trail and start not in done:
                here, coming = trail[-1]
                following = next((part for part in coming if part in self._same and part not in done), None)
                if following is None:
                    done.add(trail.pop()[0])
                    open_ones.discard(here)
                elif following in open_ones:
                    raise Untellable(f"{path_of(self._paths[following])} refers to itself without end")
                else:
                    trail.append((following, iter(self._same[following])))
                    open_ones.add(following)


def parts_of(schema: Schema, dialect: "type[Validator]") -> Mapping[Steps, Schema]:
    """Every schema that a validator of this dialect may come to, by where it stands.

    The schema meets its dialect's own schema. Raises Untellable where a reference leads nowhere, or round and round.
    """
    return _Parts(schema, dialect).found


def path_of(steps: Steps) -> str:
    """A place as it is told: `$.properties.city`."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


def _paths(document: Any) -> Iterator[tuple[int, Steps]]:  # noqa: ANN401 (JSON of any shape)
    """The identity of every object in a document with its place, so that each can be named."""
    waiting: list[tuple[Any, Steps]] = [(document, ())]
    while waiting:
        value, steps = waiting.pop()
        if isinstance(value, dict):
            yield id(value), steps
            waiting += [(inner, (*steps, key)) for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(inner, (*steps, index)) for index, inner in enumerate(value)]


def _in_place(part: Schema) -> Iterator[Any]:
    for keyword in _ALL:
        if isinstance(part.get(keyword), list):
            yield from part[keyword]
    yield from (part[keyword] for keyword in _ONE if keyword in part)
