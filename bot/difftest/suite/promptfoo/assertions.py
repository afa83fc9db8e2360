"""Our counterpart of a promptfoo assertion, found by asking our own loader what it knows. Nothing is run."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic import JsonValue
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.difftest.marking.references import path_of
from bot.difftest.marking.schemas import schema_problem, unasserted_formats, without
from bot.difftest.suite.kinds import is_kind, value_problem
from bot.difftest.suite.model import unwrapped
from bot.difftest.suite.promptfoo.files import Folder, Refused, names_file
from bot.difftest.suite.promptfoo.listing import Spot
from bot.difftest.suite.promptfoo.template import Untranslatable, plain, render_within

_NEGATION: Final = "not-"
_CODE: Final = {"javascript", "python", "ruby", "webhook"}
_LIMITS: Final = {"latency": "latency", "cost": "cost"}
_VALID_CALL: Final = {"is-valid-openai-tools-call", "is-valid-function-call", "is-valid-openai-function-call"}
_NAMES: Final = {
    **{name: name for name in ("equals", "contains", "icontains", "regex", "starts-with", "is-json", "contains-json")},
    **{name: name for name in ("contains-any", "contains-all", "icontains-any", "icontains-all", "llm-rubric")},
    "model-graded-closedqa": "llm-rubric",
    "similar": "similarity",
    "is-refusal": "refusal",
}
"""promptfoo's name -> ours. Whether ours exists is asked of the loader."""
_USUAL_SIMILARITY: Final = 0.75
_READ: Final = {"type", "value", "threshold", "weight", "metric", "provider", "rubricPrompt", "assert", "$ref"}


class NotCarried(Exception):
    """An assertion without a counterpart, with the reason."""


@dataclass(slots=True)
class Carried:
    """Our assertions, and what of the original is still missing or only noted."""

    assertions: list[JsonValue]
    lost: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Translator:
    """Translates the assertions of one case: its variables, its tools, and where files may be read.

    `judged` says that there is a judge, `calling` that the case expects calls: promptfoo then takes these for the text.
    """

    variables: Mapping[str, JsonValue]
    tools: Sequence[JsonValue]
    folder: Folder
    judged: bool = False
    calling: bool = False

    def carried(self, spot: Spot) -> Carried:
        """What an assertion becomes. Raises NotCarried. A set of assertions is asked for by its entries."""
        written = spot.mapping
        kind = written.get("type")
        if not isinstance(kind, str):
            raise NotCarried("is no assertion: a `type` is missing")
        base = kind.removeprefix(_NEGATION)
        self._refuse(base, written)
        if base in _VALID_CALL:
            made = self._valid_call(kind)
        elif base == "tool-call-f1":
            made = self._tools_called(kind, written)
        elif (ours := _NAMES.get(base.partition(":")[0] if base.startswith("similar") else base)) is None:
            raise NotCarried(f"{kind} has no counterpart here")
        else:
            made = self._about_text(kind, ours, written)
        unread = [key for key in written if key not in _READ]
        made.lost += [f"its `{key}` is not carried over" for key in unread]
        made.notes += [
            f"its `{key}` has no meaning here" for key in ("metric", "provider", "rubricPrompt") if key in written
        ]
        return made

    @staticmethod
    def _refuse(base: str, written: Mapping[str, JsonValue]) -> None:
        value = written.get("value")
        if base in _CODE:
            raise NotCarried(f"{base} needs code to run")
        if written.get("transform") is not None:
            raise NotCarried("looks at an answer that was changed by a `transform`, which needs code to run")
        if base in _LIMITS:
            limit = f" {written['threshold']}" if "threshold" in written else ""
            raise NotCarried(
                f"the limit on {base}{limit} is not carried over: here the models are compared, and"
                f" `margins: {{{_LIMITS[base]}: ...}}` says by how much the new one may be worse"
            )
        if written.get("weight") == 0:
            raise NotCarried("has weight 0, so it was only reported")
        if isinstance(value, str) and value.startswith("package:"):
            raise NotCarried("needs code to run")

    def _about_text(self, kind: str, ours: str, written: Mapping[str, JsonValue]) -> Carried:
        name = f"{_NEGATION}{ours}" if kind.startswith(_NEGATION) else ours
        if not is_kind(name):
            raise NotCarried(f"{kind} has no counterpart here")
        if ours == "llm-rubric" and not self.judged:
            raise NotCarried(f"{kind} needs a judge, and none is named (--judge MODEL)")
        if self.calling:
            raise NotCarried(f"{kind} looks at the calls as text there; here a text is only what the model says")
        value = self._value(written.get("value"))
        lost: list[str] = []
        threshold = written.get("threshold")
        candidates: list[JsonValue]
        match ours:
            case "similarity":
                least = threshold if isinstance(threshold, int | float) else _USUAL_SIMILARITY
                candidates = [{"value": value, "threshold": least}]
                lost.append(
                    f"its threshold of {least:g} was one of meaning, by an embedding; here wording is compared unless"
                    " `method: embedding` is written"
                )
            case "contains-any" | "contains-all" | "icontains-any" | "icontains-all" if isinstance(value, str):
                candidates = [[part.strip() for part in value.split(",")]]
            case "is-json" | "contains-json":
                schema = _schema(value) if isinstance(value, str) else value
                candidates, unseen = _without_formats(schema)
                lost += [f"its {said}" for said in unseen]
            case "regex" if isinstance(value, str):
                candidates = [re.sub(r"\(\?<(?![=!])", "(?P<", value)]
            case "llm-rubric":
                candidates = [value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)]
                lost += ["its `threshold` is not carried over: a judge here says yes or no"] if threshold else []
            case "refusal":
                candidates = [None, True]
            case _:
                candidates = [value]
        fitting, problem = self._fitting(name, candidates)
        if problem is not None:
            raise NotCarried(f"{kind}: {problem.removeprefix(f'{name}: ')}")
        return Carried([fitting], lost)

    def _fitting(self, name: str, candidates: Iterable[JsonValue]) -> tuple[JsonValue, str | None]:
        """The first form of a value that our loader takes, or why it takes none."""
        first: str | None = None
        for value in candidates:
            problem = value_problem(name, value, tuple(self.tools))
            if problem is None:
                return {"type": name, **({} if value is None else {"value": value})}, None
            first = first or problem
        return None, first or "its value is missing"

    def _value(self, value: JsonValue) -> JsonValue:
        try:
            if isinstance(value, str) and names_file(value):
                return render_within(self._in_file(value), self.variables)
            return render_within(value, self.variables)
        except Untranslatable as error:
            raise NotCarried(f"its value: {error}") from None

    def _in_file(self, name: str) -> JsonValue:
        try:
            path = self.folder.only(name)
            if path.suffix.lower() in {".json", ".yaml", ".yml"}:
                return self.folder.read(path).data
            return self.folder.text(path).strip()
        except Refused as error:
            raise NotCarried(f"{name} {error}") from None

    def _valid_call(self, kind: str) -> Carried:
        if kind.startswith(_NEGATION):
            raise NotCarried(f"{kind} has no counterpart here: a call against its schema is never fine")
        if not self.tools:
            raise NotCarried(f"{kind}: the case offers no tools")
        lost = [f"{_name(tool)}'s {said}" for tool in self.tools for said in _without_formats(_parameters(tool))[1]]
        return Carried([{"type": "tool-count", "value": {"min": 1}}], lost)

    def _tools_called(self, kind: str, written: Mapping[str, JsonValue]) -> Carried:
        threshold = written.get("threshold", 1)
        if kind.startswith(_NEGATION) or not isinstance(threshold, int | float) or threshold < 1:
            raise NotCarried(f"{kind} below 1 is a share of right names, which has no counterpart here")
        value = self._value(written.get("value"))
        names = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
        wanted: list[JsonValue] = list(dict.fromkeys(map(plain, names))) if isinstance(names, list) else []
        made, problem = self._fitting("tool-called", [wanted])
        if problem is not None:
            raise NotCarried(f"{kind}: {problem.removeprefix('tool-called: ')}")
        others = [name for tool in self.tools if (name := _name(tool)) is not None and name not in wanted]
        unwanted: list[JsonValue] = [{"type": "not-tool-called", "value": name} for name in others]
        return Carried([made, *unwanted])


def about_calls(spot: Spot) -> bool:
    """Whether an assertion expects that tools are called."""
    return spot.mapping.get("type") in {*_VALID_CALL, "tool-call-f1"}


def _name(tool: JsonValue) -> str | None:
    inner = unwrapped(tool)
    name = inner.get("name") if isinstance(inner, dict) else None
    return name if isinstance(name, str) else None


def _parameters(tool: JsonValue) -> JsonValue:
    inner = unwrapped(tool)
    return inner.get("parameters") if isinstance(inner, dict) else None


def _schema(text: str) -> JsonValue:
    """A schema written as a text of JSON or YAML."""
    parse: Callable[[str], JsonValue] = YAML(typ="safe", pure=True).load
    try:
        return parse(text)
    except YAMLError:
        return text


def _without_formats(schema: JsonValue) -> tuple[list[JsonValue], list[str]]:
    """A schema as it is held to here, and the formats that only promptfoo's validator (ajv-formats) looks at."""
    if schema_problem(schema) is not None:
        return [schema], []
    unseen = list(unasserted_formats(schema))
    told = [f"{path_of(at)} is {name}, which is looked at there; nothing is held to it here" for at, name in unseen]
    return [without(schema, unseen)], told
