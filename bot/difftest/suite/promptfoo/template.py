"""Filling variables into templates: the part of nunjucks that only puts values in, nothing that computes. Pure."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Final

from pydantic import JsonValue

_TOKEN: Final = re.compile(r"\{\{(-?)(.*?)(-?)\}\}|\{%(.*?)%\}|\{#.*?#\}", re.DOTALL)
_PATH: Final = re.compile(r"[A-Za-z_$][\w$]*(?:\.[\w$]+|\[\d+\]|\[(?:'[^']*'|\"[^\"]*\")\])*")
_STEP: Final = re.compile(r"[\w$]+|'[^']*'|\"[^\"]*\"")
_LITERAL: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
_NESTED: Final = 5


class Untranslatable(Exception):
    """A template that cannot be filled in here, with the reason."""


def plain(value: JsonValue) -> str:
    """A value as a template prints it. Raises Untranslatable for one that has no text of its own."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case str() | int() | float():
            return str(value)
        case _:
            raise Untranslatable("a list or mapping would be printed as it is; write `| dump` for its JSON")


_FILTERS: Final[dict[str, Callable[[JsonValue], JsonValue]]] = {
    "dump": lambda value: json.dumps(value, ensure_ascii=False),
    "safe": lambda value: value,
    "trim": lambda value: plain(value).strip(),
    "upper": lambda value: plain(value).upper(),
    "lower": lambda value: plain(value).lower(),
    "capitalize": lambda value: plain(value).capitalize(),
    "length": lambda value: len(value) if isinstance(value, str | list | dict) else 0,
    "string": plain,
}


def render(text: str, variables: Mapping[str, JsonValue]) -> str:
    """The text with every `{{...}}` replaced. Raises Untranslatable."""
    made: list[str] = []
    end = 0
    strip_next = False
    for token in _TOKEN.finditer(text):
        between = text[end : token.start()]
        made.append(between.lstrip() if strip_next else between)
        end = token.end()
        strip_next = False
        if token[4] is not None:
            raise Untranslatable(f"`{{%{token[4].strip('-')}%}}` needs a template engine".replace("  ", " "))
        if token[2] is None:
            continue
        if token[1]:
            made[-1] = made[-1].rstrip()
        strip_next = bool(token[3])
        made.append(plain(_value(token[2].strip(), variables)))
    rest = text[end:]
    return "".join(made) + (rest.lstrip() if strip_next else rest)


def _value(expression: str, variables: Mapping[str, JsonValue]) -> JsonValue:
    first, *filters = (part.strip() for part in expression.split("|"))
    found: JsonValue
    if _LITERAL.fullmatch(first):
        found = first[1:-1]
    elif _PATH.fullmatch(first):
        found = _looked_up(first, variables)
    else:
        raise Untranslatable(f"`{{{{{expression}}}}}` computes something")
    for name in filters:
        if name not in _FILTERS:
            raise Untranslatable(f"the filter `{name}` is not known here")
        found = _FILTERS[name](found)
    return found


def _looked_up(path: str, variables: Mapping[str, JsonValue]) -> JsonValue:
    steps = [step.strip("'\"") for step in _STEP.findall(path)]
    if steps[0] == "env":
        raise Untranslatable("reads the environment")
    if steps[0] == "_conversation":
        raise Untranslatable("needs the answers to earlier tests")
    if steps[0] not in variables:
        raise Untranslatable(f"`{{{{{steps[0]}}}}}` has no value in this test")
    found: JsonValue = variables[steps[0]]
    for step in steps[1:]:
        if isinstance(found, dict) and step in found:
            found = found[step]
        elif isinstance(found, list) and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        elif step == "length" and isinstance(found, str | list):
            found = len(found)
        else:
            raise Untranslatable(f"`{{{{{path}}}}}` has no value in this test")
    if isinstance(found, str) and (inner := _TOKEN.search(found)) is not None:
        raise Untranslatable(f"the value of `{{{{{path}}}}}` holds `{inner[0]}`, which could not be filled in")
    return found


def render_within(value: JsonValue, variables: Mapping[str, JsonValue]) -> JsonValue:
    """A structure with each of its texts rendered. Raises Untranslatable."""
    match value:
        case str():
            return render(value, variables)
        case list():
            return [render_within(inner, variables) for inner in value]
        case dict():
            return {key: render_within(inner, variables) for key, inner in value.items()}
        case _:
            return value


def settled(variables: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The variables with those filled in that stand inside others, up to five deep; what cannot be stays."""
    made: dict[str, JsonValue] = {
        name: value.removesuffix("\n") if isinstance(value, str) else value for name, value in variables.items()
    }
    for _ in range(_NESTED):
        changed = False
        for name, value in made.items():
            if not isinstance(value, str) or "{{" not in value:
                continue
            try:
                filled = render(value, {other: inner for other, inner in made.items() if other != name})
            except Untranslatable:
                continue
            changed = changed or filled != value
            made[name] = filled
        if not changed:
            break
    return made
