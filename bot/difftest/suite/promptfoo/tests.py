"""The tests of a configuration: inline, in files, in tables and scenarios, each with what `defaultTest` adds."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic import JsonValue

from bot.difftest.suite.located import Located
from bot.difftest.suite.promptfoo.files import Folder, Refused, names_file
from bot.difftest.suite.promptfoo.listing import Listing, Spot

_COMPACT: Final = re.compile(r"(not-)?([a-z][a-z0-9:-]*)(?:\((\d+(?:\.\d+)?)\))?(?::([\s\S]*))?")
_LISTS: Final = {"contains-all", "contains-any", "icontains-all", "icontains-any"}
_OLD_NAMES: Final = {"fn": "javascript", "eval": "javascript", "grade": "llm-rubric"}
_KNOWN_COMPACT: Final = frozenset(
    (
        *("equals", "contains", "icontains", "regex", "starts-with", "is-json", "contains-json", "llm-rubric"),
        *("javascript", "python", "similar", "latency", "cost", "levenshtein", "rouge-n", "bleu", "gleu", "meteor"),
        *("is-refusal", "factuality", "classifier", "webhook", "is-sql", "is-xml", "is-html", "contains-html", "ruby"),
        *("contains-sql", "contains-xml", "perplexity", "perplexity-score", "moderation", "guardrails", "word-count"),
        *("answer-relevance", "context-recall", "context-relevance", "context-faithfulness", "g-eval", "pi"),
        *("model-graded-closedqa", "model-graded-factuality", "is-valid-openai-tools-call", "tool-call-f1"),
        *("is-valid-function-call", "is-valid-openai-function-call", "finish-reason", "select-best", "max-score"),
        *_LISTS,
    )
)
_READ: Final = {"vars", "assert", "options", "description", "metadata", "threshold", "config", "tests", "prompts"}
_NO_MATTER: Final = {"provider", "providers", "metric"}


@dataclass(frozen=True, slots=True)
class Test:
    """One test with everything that applies to it; `key` is its own, `asserted` the places of its assertions."""

    spot: Spot
    key: str
    name: str
    variables: dict[str, JsonValue]
    asserted: tuple[Spot, ...]
    options: dict[str, Spot]
    metadata: dict[str, JsonValue]
    threshold: Spot | None = None
    prompts: tuple[str, ...] = ()


@dataclass(slots=True)
class _Layer:
    """What one of the blocks that make a test adds: `defaultTest`, a scenario's data, the test itself."""

    spot: Spot
    variables: dict[str, JsonValue] = field(default_factory=dict)
    asserted: list[Spot] = field(default_factory=list)
    options: dict[str, Spot] = field(default_factory=dict)
    metadata: dict[str, JsonValue] = field(default_factory=dict)


class Tests:
    """Reads the tests of one configuration."""

    __test__ = False

    def __init__(self, config: Spot, folder: Folder, listing: Listing) -> None:
        """`config` is the whole file."""
        self._config = config
        self._folder = folder
        self._listing = listing

    def all(self) -> Iterator[Test]:
        """Every test, those of scenarios last."""
        default = self._default()
        for number, spot in enumerate(self._rows(self._config.at("tests")), start=1):
            yield self._test([default, self._layer(spot)], f"test-{number}")
        for number, scenario in enumerate(self._rows(self._config.at("scenarios")), start=1):
            yield from self._scenario(default, scenario, number)

    def _default(self) -> _Layer:
        spot = self._config.at("defaultTest")
        if names_file(spot.data):
            spots = list(self._rows(spot))
            return self._layer(spots[0]) if spots else _Layer(spot)
        return self._layer(spot)

    def _scenario(self, default: _Layer, scenario: Spot, number: int) -> Iterator[Test]:
        rows = list(self._rows(scenario.at("tests")))
        for which, data in enumerate(self._rows(scenario.at("config")), start=1):
            layer = self._layer(data)
            for index, spot in enumerate(rows, start=1):
                yield self._test([default, layer, self._layer(spot)], f"scenario-{number}-{which}-{index}")

    def _rows(self, spot: Spot) -> Iterator[Spot]:
        """The entries of a list, with those of the files it names in their place."""
        for entry in spot.each():
            entry = entry.resolved()  # noqa: PLW2901 (the same entry, where it really stands)
            name = entry.data
            path = entry.mapping.get("path", entry.mapping.get("$values"))
            if isinstance(name, str) or isinstance(path, str):
                yield from self._in_file(entry, str(path) if isinstance(path, str) else str(name))
            elif isinstance(name, dict):
                yield entry
            else:
                self._listing.left(entry, "is no test: a mapping or a file is expected")

    def _in_file(self, spot: Spot, name: str) -> Iterator[Spot]:
        try:
            for path in self._folder.find(name):
                read = self._folder.read(path)
                if path.suffix.lower() in {".csv", ".tsv"}:
                    read = Spot(path, Located(list(self._from_table(read)), read.located.lines))
                yield from (entry.resolved() for entry in read.each())
        except Refused as error:
            self._listing.left(spot, f"{name} {error}: its tests are missing")

    def _from_table(self, table: Spot) -> Iterator[JsonValue]:
        for row in table.each():
            yield self._row(row)

    def _row(self, spot: Spot) -> JsonValue:
        """A line of a table as a test; columns with two underscores mean something."""
        made: dict[str, JsonValue] = {}
        variables: dict[str, JsonValue] = {}
        asserted: list[JsonValue] = []
        options: dict[str, JsonValue] = {}
        metadata: dict[str, JsonValue] = {}
        for key, cell in spot.mapping.items():
            text = str(cell)
            if not key.startswith("__"):
                variables[key] = text
            elif re.fullmatch(r"__expected\d*", key):
                asserted += [compact_assertion(text)] if text.strip() else []
            elif key in {"__prefix", "__suffix"}:
                options |= {key[2:]: text} if text else {}
            elif key == "__description":
                made["description"] = text
            elif key == "__threshold" and text.strip():
                made["threshold"] = _number(text)
            elif key.startswith("__metadata:") and text:
                name = key.removeprefix("__metadata:")
                many = name.endswith("[]")
                metadata[name.removesuffix("[]")] = [part.strip() for part in text.split(",")] if many else text
            elif key.startswith("__config:") and text:
                self._listing.left(spot, f"the column {key} is not carried over")
        return {**made, "vars": variables, "assert": asserted, "options": options, "metadata": metadata}

    def _layer(self, spot: Spot) -> _Layer:
        for key in spot.mapping:
            if key in _NO_MATTER:
                self._listing.note(spot.at(key), f"`{key}` of a test has no meaning here")
            elif key not in _READ:
                self._listing.left(spot.at(key), f"`{key}` is not carried over")
        options = {
            key: spot.at("options", key) for key, value in spot.at("options").mapping.items() if value is not None
        }
        return _Layer(
            spot,
            self._variables(spot.at("vars")),
            [entry.resolved() for entry in spot.at("assert").each()],
            options,
            spot.at("metadata").mapping,
        )

    def _variables(self, spot: Spot) -> dict[str, JsonValue]:
        data = spot.data
        if not isinstance(data, str):
            return dict(spot.mapping)
        found: dict[str, JsonValue] = {}
        try:
            for path in self._folder.find(data):
                found |= self._folder.read(path).mapping
        except Refused as error:
            self._listing.left(spot, f"{data} {error}: its variables are missing")
        return found

    def _test(self, layers: Sequence[_Layer], name: str) -> Test:
        own = layers[-1]
        options: dict[str, Spot] = {}
        variables: dict[str, JsonValue] = {}
        metadata: dict[str, JsonValue] = {}
        for layer in layers:
            options |= layer.options
            variables |= layer.variables
            metadata |= layer.metadata
        without = options.get("disableDefaultAsserts")
        kept = layers[1:] if without is not None and without.data is True else layers
        threshold = next(
            (layer.spot.at("threshold") for layer in reversed(layers) if "threshold" in layer.spot.mapping), None
        )
        description = next(
            (str(text) for layer in reversed(layers) if (text := layer.spot.mapping.get("description"))), ""
        )
        wanted = own.spot.mapping.get("prompts")
        return Test(
            spot=own.spot,
            key=name,
            name=slug(description) or name,
            variables=variables,
            asserted=tuple(spot for layer in kept for spot in layer.asserted),
            options=options,
            metadata=metadata,
            threshold=threshold,
            prompts=tuple(str(label) for label in wanted) if isinstance(wanted, list) else (),
        )


def slug(text: str) -> str:
    """A text as part of a case's id."""
    return re.sub(r"[^\w]+", "-", text.strip().lower()).strip("-")[:80]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def compact_assertion(text: str) -> JsonValue:
    """An assertion as `__expected` writes it: `contains: Paris`, `similar(0.8): Hello`; a plain text is to be equal."""
    found = _COMPACT.fullmatch(text.strip())
    kind = _OLD_NAMES.get(found[2], found[2]) if found else ""
    if text.startswith("file://") or found is None or kind not in _KNOWN_COMPACT:
        return {"type": "equals", "value": text}
    made: dict[str, JsonValue] = {"type": f"{found[1] or ''}{kind}"}
    value = (found[4] or "").strip()
    if kind in _LISTS:
        made["value"] = [part.strip() for part in value.split(",")]
    elif value:
        made["value"] = _schema(value) if kind in {"is-json", "contains-json"} else value
    if found[3]:
        made["threshold"] = float(found[3])
    return made


def _schema(text: str) -> JsonValue:
    try:
        parsed: JsonValue = json.loads(text)
    except ValueError:
        return text
    return parsed
