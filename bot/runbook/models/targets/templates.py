"""Texts of a target in which the model and the tenant are filled in: arguments, addresses, headers and bodies. Pure.

What is filled in is filled in once and never looked at for more; how it is made harmless depends on where it stands.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field

from bot.runbook.models.people import Name

PLACEHOLDERS: Final = ("value", "expected", "tenant", "version")
_PLACEHOLDER = re.compile(r"\{([A-Za-z_]+)\}")
PREFIX: Final = r"^([A-Za-z0-9_][A-Za-z0-9_.:@/-]*)?$"
"""What may stand before a model's id in a place, such as `openrouter/`."""
_LONGEST: Final = 256
_POINTER = re.compile(r"(/([^~/]|~[01])*)+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TENANT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@:+-]*")


def named_in(texts: Iterable[str]) -> set[str]:
    """The placeholders that stand in some texts."""
    return {name for text in texts for name in _PLACEHOLDER.findall(text)}


def filled_in(text: str, values: Mapping[str, str], made_harmless: Callable[[str], str] = str) -> str:
    """A text with its placeholders filled in, once. Raises KeyError for one without a value."""
    return _PLACEHOLDER.sub(lambda found: made_harmless(values[found[1]]), text)


def unfit(value: str) -> str:
    """Why a text can be no model's name in any place, empty when it can: it is printable ASCII without blanks."""
    if not value:
        return "it is empty"
    if len(value) > _LONGEST:
        return f"it is longer than {_LONGEST} characters"
    for character in value:
        if character.isspace():
            return "it holds a line break" if character in "\r\n\v\f\x85\u2028\u2029" else "it holds a space"
        if not "!" <= character <= "~":
            return f"it holds the character {character!r}; model ids are plain ASCII"
        if character in "'\"\\`$":
            return f"it holds {character!r}, which no model id does"
    if {".", ".."} & set(value.split("/")):
        return "it holds `.` or `..`, which lead to another place"
    if value.startswith("-"):
        return "it begins with `-`, and a program would take it for an option"
    return ""


def _template(value: str) -> str:
    unknown = [name for name in _PLACEHOLDER.findall(value) if name not in PLACEHOLDERS]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        message = f"{{{unknown[0]}}} is no placeholder; there are {known}"
        raise ValueError(message)
    if "\0" in value:
        message = "holds a NUL character, which nothing can be given"
        raise ValueError(message)
    return value


def _pointer(value: str) -> str:
    if not _POINTER.fullmatch(value):
        message = "expected a JSON pointer, such as /preferences/model (RFC 6901)"
        raise ValueError(message)
    return value


def _variable(value: str) -> str:
    if not _VARIABLE.fullmatch(value):
        message = "expected the name of an environment variable, such as PLATFORM_TOKEN, never its value"
        raise ValueError(message)
    return value


def _tenant(value: str) -> str:
    if not _TENANT.fullmatch(value) or ".." in value:
        message = (
            f"{value!r} cannot stand in an argument or address: expected letters, digits and any of _ . @ : + -, "
            "not beginning with a sign"
        )
        raise ValueError(message)
    return value


def _text(value: object) -> object:
    """Numbers among the words of a command, as YAML reads them, are words."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Template = Annotated[str, AfterValidator(_template)]
"""A text with placeholders."""
Argument = Annotated[str, BeforeValidator(_text), AfterValidator(_template)]
"""One argument of a command; its placeholders are filled in, and it stays one argument."""
Argv = tuple[Argument, ...]
"""A program and its arguments."""
Pointer = Annotated[str, AfterValidator(_pointer)]
"""Where something stands in a JSON document (RFC 6901)."""
VariableName = Annotated[str, AfterValidator(_variable)]
"""The name of an environment variable."""
Tenant = Annotated[Name, AfterValidator(_tenant), Field(max_length=80)]
"""A tenant as the platform names it."""


def program_problem(argv: Argv) -> str:
    """What is wrong with a command, empty when nothing is (also where there is none)."""
    if argv and (not argv[0].strip() or named_in(argv[:1])):
        return "the first entry is the program, without placeholders"
    return ""
