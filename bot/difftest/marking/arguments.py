"""What the arguments of one call are expected to be: a subset, exactly these, or lists of accepted values. Pure.

Accepted values are those of BFCL (Patil et al., the Berkeley Function Calling Leaderboard): each argument has a list of
values that will do; `""` among them means that it may be left out (or empty); no other argument may be there. An object
among the values has such a list for each of its keys, also within lists. With `normalize` texts are compared as BFCL
does it: without spaces and `, . / - _ * ^`, in lower case, with `"` for `'`.
"""

from dataclasses import dataclass
from typing import Final, Literal

from pydantic import JsonValue

from bot.difftest.marking.calls import Tools, parsed_arguments
from bot.difftest.marking.json_values import same_json, shown
from bot.difftest.marking.schemas import excludes, forbids
from bot.difftest.model.chat import ToolCall

Match = Literal["subset", "exact", "accepted"]
MATCHES: Final[tuple[Match, ...]] = ("subset", "exact", "accepted")
OMITTED: Final = ""
"""The accepted value that stands for leaving the argument out."""

_FIELDS: Final = {"name", "tool", "arguments", "args", "match", "normalize"}
_DROPPED: Final = str.maketrans({**dict.fromkeys(" ,./-_*^", ""), "'": '"'})


@dataclass(frozen=True, slots=True)
class ExpectedCall:
    """A call to `name` (any tool when None) with these arguments, compared in one of the ways of `MATCHES`."""

    name: str | None
    arguments: dict[str, JsonValue]
    match: Match = "subset"
    normalize: bool = False

    def misses(self, call: ToolCall) -> str | None:
        """Why a call is not this one; None when it is."""
        if self.name not in (None, call.name):
            return f"{call.name} was called, not {self.name}"
        try:
            given = parsed_arguments(call)
        except ValueError as error:
            return f"{call.name} was called with arguments that are not JSON: {error}"
        if not isinstance(given, dict):
            return f"{call.name} was called with {shown(given)}"
        wrong = [key for key, wanted in self.arguments.items() if not self._meets(given, key, wanted)]
        spare = [] if self.match == "subset" else [key for key in given if key not in self.arguments]
        if not wrong and not spare:
            return None
        said = [
            f"{key} is {shown(given[key]) if key in given else 'missing'}, not {self._wanted(self.arguments[key])}"
            for key in wrong
        ]
        said += [f"{key} is not expected" for key in spare]
        return f"{call.name}: {'; '.join(said)}"

    def impossible(self, schema: JsonValue) -> str | None:
        """Why no call that meets the schema of its arguments is this one; None when one may be."""
        if forbidden := [name for name in self.arguments if forbids(schema, name)]:
            return f"its schema forbids {', '.join(forbidden)}"
        required = schema.get("required") if isinstance(schema, dict) and self.match != "subset" else None
        if isinstance(required, list) and (missing := [name for name in required if name not in self.arguments]):
            return f"its schema requires {', '.join(map(str, missing))}"
        if self.normalize:
            return None
        if self.match != "accepted":
            return excludes(schema, self.arguments)
        for name, options in self.arguments.items():
            listed = options if isinstance(options, list) else [options]
            reasons = [None if _open(option) else excludes(schema, {name: option}) for option in listed]
            if None not in reasons:
                return reasons[0]
        return None

    def _meets(self, given: dict[str, JsonValue], key: str, wanted: JsonValue) -> bool:
        if self.match == "accepted":
            return _accepted(given, key, wanted, normalize=self.normalize)
        return key in given and same_json(_even(given[key], self.normalize), _even(wanted, self.normalize))

    def _wanted(self, wanted: JsonValue) -> str:
        return f"one of {shown(wanted)}" if self.match == "accepted" else shown(wanted)


def includes(given: JsonValue, wanted: dict[str, JsonValue]) -> bool:
    """Whether arguments hold all of these, each equal as JSON; others may be there."""
    return isinstance(given, dict) and all(key in given and same_json(given[key], wanted[key]) for key in wanted)


def expected_call(value: JsonValue, tools: Tools) -> ExpectedCall | None:
    """The value of `tool-args` in one form; None for a value that is none.

    Forms: `{name, arguments, match, normalize}`, `{TOOL: {argument: value}}`, or the arguments alone, which any call
    may carry.
    """
    if not isinstance(value, dict) or not value:
        return None
    arguments = value.get("arguments", value.get("args"))
    if isinstance(arguments, dict) and value.keys() <= _FIELDS:
        return _written_out(value, arguments)
    if len(value) == 1:
        ((tool, inner),) = value.items()
        if tool in tools and isinstance(inner, dict):
            return ExpectedCall(tool, inner)
    return ExpectedCall(None, value)


def _written_out(value: dict[str, JsonValue], arguments: dict[str, JsonValue]) -> ExpectedCall | None:
    name, normalize = value.get("name", value.get("tool")), value.get("normalize", False)
    match = next((known for known in MATCHES if known == value.get("match", "subset")), None)
    if match is None or not isinstance(normalize, bool) or not (name is None or isinstance(name, str)):
        return None
    if match == "accepted" and not all(isinstance(values, list) and values for values in arguments.values()):
        return None
    return ExpectedCall(name, arguments, match, normalize)


def _open(option: JsonValue) -> bool:
    """Whether an accepted value is more than itself: left out, or an object with lists of its own."""
    inner = option if isinstance(option, list) else [option]
    return option == OMITTED or any(isinstance(entry, dict) for entry in inner)


def _accepted(given: dict[str, JsonValue], key: str, options: JsonValue, *, normalize: bool) -> bool:
    """Whether the value under `key`, or its absence, is among those that will do."""
    listed = options if isinstance(options, list) else [options]
    if key not in given:
        return OMITTED in [option for option in listed if isinstance(option, str)]
    return any(_one_of(given[key], option, normalize=normalize) for option in listed)


def _one_of(given: JsonValue, option: JsonValue, *, normalize: bool) -> bool:
    match given, option:
        case dict(), dict():
            return given.keys() <= option.keys() and all(
                _accepted(given, key, inner, normalize=normalize) for key, inner in option.items()
            )
        case list(), list():
            return len(given) == len(option) and all(
                _one_of(one, other, normalize=normalize) for one, other in zip(given, option, strict=True)
            )
        case _:
            return same_json(_even(given, normalize), _even(option, normalize))


def _even(value: JsonValue, normalize: bool) -> JsonValue:  # noqa: FBT001 (the field's name at every call)
    if not normalize:
        return value
    match value:
        case str():
            return value.translate(_DROPPED).lower()
        case list():
            return [_even(entry, normalize) for entry in value]
        case dict():
            return {key: _even(entry, normalize) for key, entry in value.items()}
        case _:
            return value
