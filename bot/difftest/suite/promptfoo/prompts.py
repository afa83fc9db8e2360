"""The prompts of a configuration, and what a test's variables make of them."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from bot.difftest.suite.located import Located
from bot.difftest.suite.promptfoo.files import Folder, Refused, names_file
from bot.difftest.suite.promptfoo.listing import Listing, Spot
from bot.difftest.suite.promptfoo.template import Untranslatable, render, render_within

_TEXTS: Final = {".txt", ".md", ".j2", ".jinja", ".njk", ""}
_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt: a template for a text, or for the messages of a chat."""

    spot: Spot
    label: str
    template: JsonValue

    def messages(self, variables: Mapping[str, JsonValue], prefix: str = "", suffix: str = "") -> list[JsonValue]:
        """The messages with the variables filled in. Raises Untranslatable."""
        if not isinstance(self.template, str):
            if prefix or suffix:
                raise Untranslatable("a prefix or suffix cannot be put round the messages of a chat")
            return _chat(render_within(self.template, variables))
        text = render(prefix + self.template + suffix, variables)
        try:
            parsed: JsonValue = json.loads(text)
        except (ValueError, RecursionError):
            return [{"role": "user", "content": text}]
        return _chat(parsed) if _looks_like_chat(parsed) else [{"role": "user", "content": text}]


def _looks_like_chat(value: JsonValue) -> bool:
    return (
        isinstance(value, list) and bool(value) and all(isinstance(entry, dict) and "role" in entry for entry in value)
    )


def _chat(value: JsonValue) -> list[JsonValue]:
    if not isinstance(value, list) or not _looks_like_chat(value):
        raise Untranslatable("is no list of messages with a role each")
    return value


def read_prompts(config: Spot, folder: Folder, listing: Listing) -> list[Prompt]:
    """Every prompt that can be carried over; without any, the variable `prompt` is the prompt, as in promptfoo."""
    spot = config.at("prompts")
    if spot.data in (None, []):
        return [Prompt(config, "", "{{prompt}}")]
    found: list[Prompt] = []
    for entry in _entries(spot):
        raw, label = _written(entry)
        if not isinstance(raw, str) and not _looks_like_chat(raw):
            listing.left(entry, "is no prompt: a text or a file is expected")
        elif isinstance(raw, str) and (names_file(raw) or _is_file(raw, folder)):
            try:
                read = [prompt for path in folder.find(raw) for prompt in _in_file(folder, path, label, raw)]
                found += [prompt for prompt in read if _fills(prompt, listing)]
            except Refused as error:
                listing.left(entry, f"{raw} {error}: no case is made of this prompt")
        else:
            prompt = Prompt(entry, label, _parsed(raw))
            found += [prompt] if _fills(prompt, listing) else []
    return found


def _fills(prompt: Prompt, listing: Listing) -> bool:
    """Whether the prompt only has values put in; what computes in every test is listed once."""
    found = re.search(r"\{%.*?%\}", json.dumps(prompt.template, ensure_ascii=False))
    if found is not None:
        listing.left(prompt.spot, f"`{found[0]}` needs a template engine: no case is made of this prompt")
    return found is None


def _entries(spot: Spot) -> Iterator[Spot]:
    """The prompts of a list, or of the older mapping from file to label."""
    data = spot.data
    if isinstance(data, dict) and not data.keys() & {"raw", "id", "label"}:
        for name, label in data.items():
            named: JsonValue = {"raw": name, "label": label}
            yield Spot(spot.path, Located(named, {(): spot.at(name).line}))
    else:
        yield from spot.each()


def _written(entry: Spot) -> tuple[JsonValue, str]:
    data = entry.data
    if isinstance(data, dict):
        raw = data.get("raw", data.get("id", data.get("path")))
        return raw, str(data.get("label") or "")
    return data, ""


def _is_file(raw: str, folder: Folder) -> bool:
    """Whether a plain text is the name of a file, as promptfoo takes it."""
    if "\n" in raw or "{{" in raw or len(raw) > _LONGEST_NAME or "." not in raw or raw.strip() != raw or " " in raw:
        return False
    try:
        folder.find(raw)
    except Refused as error:
        return "code" in str(error)
    return True


def _parsed(raw: JsonValue) -> JsonValue:
    """A prompt that is JSON as it stands has its variables filled in inside its texts, so that they are escaped."""
    if not isinstance(raw, str):
        return raw
    try:
        parsed: JsonValue = json.loads(raw)
    except (ValueError, RecursionError):
        return raw
    return parsed if _looks_like_chat(parsed) else raw


def _in_file(folder: Folder, path: Path, label: str, name: str) -> Iterator[Prompt]:

    suffix = path.suffix.lower()
    if suffix in {".csv", ".tsv"}:
        for row in folder.read(path).each():
            yield Prompt(row, str(row.mapping.get("label") or label), _parsed(str(row.mapping.get("prompt", ""))))
        return
    if suffix in {".yaml", ".yml"}:
        read = folder.read(path)
        yield Prompt(read, label or path.stem, read.data)
        return
    if suffix in {".jsonl", ".ndjson"}:
        for row in folder.read(path).each():
            yield Prompt(row, label or path.stem, row.data)
        return
    if suffix not in _TEXTS | {".json"}:
        raise Refused(f"is a {suffix}, which is not read here")
    text = folder.text(path)
    parts = [text] if suffix == ".json" else _divided(text)
    for number, (line, part) in enumerate(_lines(text, parts), start=1):
        own = label or (path.stem if len(parts) == 1 else f"{path.stem}-{number}")
        yield Prompt(Spot(path, Located(name, {(): line})), own, _parsed(part.strip()))


def _divided(text: str) -> list[str]:
    parts: list[list[str]] = [[]]
    for line in text.splitlines(keepends=True):
        if line.strip() == "---":
            parts.append([])
        else:
            parts[-1].append(line)
    return [joined for part in parts if (joined := "".join(part)).strip()]


def _lines(text: str, parts: list[str]) -> Iterator[tuple[int, str]]:
    start = 0
    for part in parts:
        start = text.index(part, start)
        yield text.count("\n", 0, start) + 1, part
        start += len(part)
