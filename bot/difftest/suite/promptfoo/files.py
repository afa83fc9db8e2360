"""The files a configuration names. Only those in its folder are read; nothing is fetched and nothing is run."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from bot.difftest.suite.located import Located, MalformedFile, Place, read_json_lines, read_text
from bot.difftest.suite.promptfoo.listing import REMOTE, Spot
from bot.difftest.suite.yaml_nodes import read_yaml

SCHEME: Final = "file://"
_CODE: Final = {
    ".js",
    ".cjs",
    ".mjs",
    ".ts",
    ".cts",
    ".mts",
    ".py",
    ".rb",
    ".go",
    ".sh",
    ".bash",
    ".pl",
    ".ps1",
    ".exe",
}
_PATTERN: Final = frozenset("*?[")
_LARGEST: Final = 50_000_000


class Refused(Exception):
    """A file that is not read, with the reason."""


def names_file(value: object) -> bool:
    """Whether a value names a file, something remote or something to run, rather than being a text."""
    return isinstance(value, str) and value.startswith((SCHEME, "exec:", *REMOTE))


@dataclass(frozen=True, slots=True)
class Folder:
    """Where files may be read: `root` and below; names are relative to `base`."""

    root: Path
    base: Path

    def find(self, name: str) -> list[Path]:
        """The files of a name, which may be a pattern. Raises Refused."""
        if name.startswith("exec:"):
            raise Refused("runs a program, and an import runs none")
        if name.startswith(REMOTE):
            raise Refused("is not on this machine, and an import fetches nothing")
        bare = name.removeprefix(SCHEME)
        if "\0" in bare or not bare:
            raise Refused("names no file")
        stem, _, function = bare.rpartition(":")
        if Path(stem).suffix.lower() in _CODE and function:
            bare = stem
        if Path(bare).suffix.lower() in _CODE:
            raise Refused("is code, and an import runs none")
        if Path(bare).is_absolute() or bare.startswith("~"):
            return [self._inside(Path(bare))]
        if not _PATTERN & set(bare):
            return [self._inside(self.base / bare)]
        if ".." in Path(bare).parts:
            raise Refused("lies outside the folder files may be read from")
        found = sorted(path for path in self.base.glob(bare) if path.is_file())
        if not found:
            raise Refused("matches no file")
        return [self._inside(path) for path in found]

    def only(self, name: str) -> Path:
        """The one file of a name. Raises Refused."""
        (path, *more) = self.find(name)
        if more:
            raise Refused("matches several files")
        return path

    def _inside(self, path: Path) -> Path:
        try:
            real = path.resolve()
        except (OSError, RuntimeError):
            raise Refused("cannot be read") from None
        if not real.is_relative_to(self.root.resolve()):
            raise Refused("lies outside the folder files may be read from (--root)")
        if not real.is_file():
            raise Refused("does not exist")
        if real.stat().st_size > _LARGEST:
            raise Refused(f"is larger than {_LARGEST // 1_000_000} MB")
        return path

    def text(self, path: Path) -> str:
        """A file as text. Raises Refused."""
        try:
            return read_text(path)
        except MalformedFile as error:
            raise Refused(error.problems[0].what) from None

    def read(self, path: Path) -> Spot:
        """A YAML, JSON, JSON Lines or CSV file with its lines. Raises Refused, with the line it is about."""
        suffix = path.suffix.lower()
        try:
            if suffix in {".jsonl", ".ndjson"}:
                return Spot(path, read_json_lines(path))
            if suffix in {".csv", ".tsv"}:
                return Spot(path, _table(self.text(path), "\t" if suffix == ".tsv" else ","))
            if suffix in {".yaml", ".yml", ".json"}:
                return Spot(path, self._structured(path))
        except MalformedFile as error:
            first = error.problems[0]
            raise Refused(f"line {first.line}: {first.what}") from None
        except csv.Error as error:
            raise Refused(f"is not CSV: {error}") from None
        raise Refused(f"is a {suffix or 'file without a suffix'}, which is not read here")

    def _structured(self, path: Path) -> Located:
        try:
            return read_yaml(path)
        except MalformedFile:
            # JSON may be indented with tabs, which YAML does not take; it then has no lines.
            if path.suffix.lower() != ".json":
                raise
            try:
                return Located(json.loads(read_text(path)))
            except ValueError:
                pass
            raise


def _table(text: str, delimiter: str) -> Located:
    """CSV with a line of headers as a list of mappings."""
    rows: list[JsonValue] = []
    lines: dict[Place, int] = {}
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    headers: list[str] = []
    before = 0
    for cells in reader:
        line, before = before + 1, reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if not headers:
            headers = [cell.strip() for cell in cells]
            continue
        lines[len(rows),] = line
        rows.append(dict(_named(headers, cells)))
    return Located(rows, lines)


def _named(headers: list[str], cells: list[str]) -> Iterator[tuple[str, JsonValue]]:
    for index, header in enumerate(headers):
        if header:
            yield header, cells[index] if index < len(cells) else ""
