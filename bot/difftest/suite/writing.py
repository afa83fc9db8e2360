"""A suite as text that our own loader reads: YAML with the cases last, or JSON."""

import io
import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import JsonValue
from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from bot.difftest.suite.load import load_suite
from bot.difftest.suite.model import Suite

_NO_YAML: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_PRINTABLE: Final = frozenset("\n\t")


def suite_yaml(suite: Mapping[str, JsonValue], comments: Sequence[str] = ()) -> str:
    """The suite as YAML, with comments on top. Texts of several lines are written as such where YAML can."""
    writer = YAML(typ="rt", pure=True)
    writer.default_flow_style = False
    writer.allow_unicode = True
    writer.width = 120
    writer.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    for line in comments:
        out.write(f"# {' '.join(line.split())}".rstrip() + "\n")  # a comment is one line, whatever is in it
    writer.dump(_readable(suite), out)
    return out.getvalue()


def _readable(value: Any) -> Any:  # noqa: ANN401 (JSON of any shape)
    match value:
        case str() if "\n" in value and _literal(value):
            return LiteralScalarString(value)
        case Mapping():
            return {key: _readable(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_readable(inner) for inner in value]
        case _:
            return value


def _literal(text: str) -> bool:
    """Whether a block of lines says exactly this text: YAML has its own mind about odd spaces and control signs."""
    lines = text.split("\n")
    plain = all(sign.isprintable() or sign in _PRINTABLE for sign in text)
    return plain and not text.startswith((" ", "\n", "\t")) and not any(line != line.rstrip() for line in lines)


def suite_json(suite: Mapping[str, JsonValue]) -> str:
    """The suite as JSON that is YAML too, which is how it will be read: signs that YAML does not take are escaped."""
    text = json.dumps(suite, ensure_ascii=False, indent=1)
    return _NO_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def write_suite(text: str, path: Path, *, private: bool) -> Suite:
    """Put the text where it belongs once our loader has read it; what was there stays until then.

    Readable by its owner only where it is private. Raises OSError, and MalformedFile when the text is no suite.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=path.suffix)
    draft = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        suite = load_suite(draft)
        draft.chmod(0o600 if private else 0o644)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return suite
