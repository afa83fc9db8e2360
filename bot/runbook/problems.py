"""What is wrong with an operator's file, and where: one `Problem` a line, all of them in one `RunbookError`.

Turning pydantic's errors into plain words lives here too; finding lines and columns is `tree`'s work.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from bot.masking import mask
from bot.runbook.about import ABOUT
from bot.runbook.fields import Path, blocks, model_at
from bot.runbook.models.checks import NAME
from bot.runbook.models.written import Written

_VARIABLE = "a name of letters, digits and underscores that does not begin with a digit"
_PATTERNS = {NAME: "a name of letters, digits, blanks, `-`, `_` and `.` that begins with a letter or a digit"}
"""What a text has to look like, by its pattern; else a variable's name is meant."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to correct. `line` and `column` start at 1; 0 means the file as a whole."""

    file: str
    line: int
    column: int
    field: str
    what: str

    def __str__(self) -> str:
        """One line: `runbook.yml:12:5: slots.chat.suite: what is wrong and what was expected`."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.field}: {self.what}" if self.field else f"{place}: {self.what}"


class RunbookError(Exception):
    """The file cannot be used. `problems` holds every reason, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def dotted(path: Path) -> str:
    """The path as people write it: `slots.chat.stages.pilots.targets[1]` (list entries counted from 1)."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like this one, None when none is like it."""
    found = difflib.get_close_matches(word.lower(), sorted(known), n=1, cutoff=0.6)
    return found[0] if found else None


def _shape_of(value: object) -> str:
    shapes: Sequence[tuple[type, str]] = ((bool, "true/false"), (dict, "a block of keys"), (list, "a list"))
    for kind, words in shapes:
        if isinstance(value, kind):
            return words
    if value is None:
        return "nothing"
    text = mask(str(value))
    return repr(text if len(text) <= 60 else text[:59] + "…")  # noqa: PLR2004 - fits one line of a terminal


def _choices(context: Mapping[str, object]) -> str:
    return str(context.get("expected", "")).replace("'", "")


def _wanted(error: ErrorDetails) -> str:
    """What pydantic wanted, in plain words; empty when it did not say so in a way we know."""
    context = error.get("ctx", {})
    kind = error["type"]
    plain = {
        "string_type": "a text; put it in quotes",
        "int_type": "a whole number",
        "int_parsing": "a whole number",
        "int_from_float": "a whole number",
        "float_type": "a number",
        "float_parsing": "a number",
        "finite_number": "a finite number",
        "bool_type": "true or false",
        "bool_parsing": "true or false",
        "tuple_type": "a list, such as [one, two]",
        "list_type": "a list, such as [one, two]",
        "dict_type": "a block of named entries",
        "model_type": "a block of keys",
        "union_tag_not_found": "a block of keys",
        "model_attributes_type": "a block of keys",
        "time_delta_type": "a length of time, such as 90s, 15m, 4h or 3d",
        "time_delta_parsing": "a length of time, such as 90s, 15m, 4h or 3d",
        "too_short": f"at least {context.get('min_length')} of them",
        "dict_too_short": f"at least {context.get('min_length')} of them",
        "string_too_short": "a text that is not empty",
        "string_too_long": f"at most {context.get('max_length')} characters",
        "string_pattern_mismatch": _PATTERNS.get(str(context.get("pattern")), _VARIABLE),
        "greater_than": f"a number above {context.get('gt')}",
        "greater_than_equal": f"a number of at least {context.get('ge')}",
        "less_than": f"a number below {context.get('lt')}",
        "less_than_equal": f"a number of at most {context.get('le')}",
        "literal_error": f"one of {_choices(context)}",
        "enum": f"one of {_choices(context)}",
    }
    if kind.startswith("time_") and kind not in plain:
        return "a time of day in quotes, such as '09:00'"
    return plain.get(kind, "")


def explain(error: ErrorDetails, root: type[BaseModel]) -> str:
    """One pydantic error as a person would say it: what was expected, what was found, what may have been meant."""
    path = tuple(error["loc"])
    if error["type"] == "missing":
        return "is missing" + _about(root, path)
    if error["type"] == "extra_forbidden":
        return unknown_key(str(path[-1]), root, path[:-1])
    if error["type"] == "value_error":
        return str(error.get("ctx", {}).get("error", error["msg"]))
    if error["type"] == "union_tag_invalid":
        context = error.get("ctx", {})
        tags = str(context.get("expected_tags", "")).replace("'", "")
        return f"expected one of {tags}, found {_shape_of(context.get('tag'))}"
    if error["input"] is None:
        default = " (leave the line out for the default)" if _has_default(root, path) else _about(root, path)
        return f"is empty; expected {_wanted(error) or error['msg']}{default}"
    if error["type"] in {"too_short", "dict_too_short"} and not error["input"]:
        return f"is empty; expected at least one entry{_about(root, path)}"
    wanted = _wanted(error)
    hint = ""
    if error["type"] in {"tuple_type", "list_type"} and isinstance(error["input"], str):
        hint = f" (write [{', '.join(mask(error['input']).split())}])"
    return f"expected {wanted}, found {_shape_of(error['input'])}{hint}" if wanted else error["msg"]


def _has_default(root: type[BaseModel], path: Path) -> bool:
    model = model_at(root, path[:-1])
    field = model.model_fields.get(str(path[-1])) if model is not None else None
    return field is not None and not field.is_required()


def _about(root: type[BaseModel], path: Path) -> str:
    model = model_at(root, path[:-1])
    about = ABOUT.get(model, {}).get(str(path[-1])) if model else None
    return f": {about}" if about else ""


def mistyped(path: Path, root: type[BaseModel]) -> Path | None:
    """The field an unknown key was probably meant to be, None when it is like no other."""
    model = model_at(root, path[:-1])
    close = nearest(str(path[-1]), model.model_fields) if model else None
    return (*path[:-1], close) if close else None


def unknown_key(key: str, root: type[BaseModel], block: Path) -> str:
    """What to say about a key nobody reads: what its block says of it, the nearest known one, or where it belongs."""
    model = model_at(root, block)
    known = set(model.model_fields) if model else set()
    if model is not None and issubclass(model, Written) and key in model.ELSEWHERE:
        return model.ELSEWHERE[key]
    close = nearest(key, known)
    if close:
        return f"is not a key here; did you mean `{close}`?"
    homes = sorted(home for home, keys in blocks(root).items() if key in keys)
    if homes:
        return f"is not a key here; it belongs in {' or '.join(f'`{home}`' for home in homes)}"
    return f"is not a key here; known are {', '.join(sorted(known))}" if known else "is not a key here"
