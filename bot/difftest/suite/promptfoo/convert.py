"""The suite a configuration becomes: prompts x tests x lists of values, with each assertion that has one of ours."""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import JsonValue, ValidationError

from bot.difftest.suite.kinds import has_judge
from bot.difftest.suite.load import case_problems
from bot.difftest.suite.located import MalformedFile, Problem
from bot.difftest.suite.model import Case
from bot.difftest.suite.promptfoo.assertions import NotCarried, Translator, about_calls
from bot.difftest.suite.promptfoo.files import Folder, Refused
from bot.difftest.suite.promptfoo.listing import Left, Listing, Spot
from bot.difftest.suite.promptfoo.prompts import Prompt, read_prompts
from bot.difftest.suite.promptfoo.providers import Providers, read_providers
from bot.difftest.suite.promptfoo.template import Untranslatable, plain, settled
from bot.difftest.suite.promptfoo.tests import Test, Tests, slug
from bot.difftest.suite.yaml_nodes import read_yaml

MOST_CASES: Final = 20_000
_READ: Final = {
    "description",
    "prompts",
    "providers",
    "targets",
    "tests",
    "scenarios",
    "defaultTest",
    "evaluateOptions",
}
_LOST: Final = {
    "extensions": "hooks need code to run",
    "nunjucksFilters": "filters need code to run",
    "derivedMetrics": "metrics made of others have no counterpart here",
    "redteam": "attacks are made by promptfoo itself",
    "env": "the environment is not carried over",
    "metadata": "is not carried over",
}
_OPTIONS_NOTED: Final = {"provider", "rubricPrompt", "runSerially", "factuality"}
_OPTIONS_READ: Final = {
    "prefix",
    "suffix",
    "transform",
    "postprocess",
    "transformVars",
    "disableVarExpansion",
    "disableDefaultAsserts",
}
_IMAGES: Final = {
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".bmp",
    ".webp",
    ".svg",
    ".pdf",
    ".mp4",
    ".webm",
    ".mov",
    ".wav",
    ".mp3",
}
_STRUCTURES: Final = {".json", ".yaml", ".yml"}


@dataclass(frozen=True, slots=True)
class Imported:
    """The suite as JSON (None when no case could be made), what was left behind, and what is only said."""

    suite: dict[str, JsonValue] | None
    cases: int
    left: tuple[Left, ...]
    notes: tuple[Left, ...]


@dataclass(slots=True)
class _Making:
    folder: Folder
    listing: Listing
    providers: Providers
    several_prompts: bool
    judged: bool
    ids: set[str] = field(default_factory=set)
    cases: list[JsonValue] = field(default_factory=list)


def import_promptfoo(path: Path, root: Path | None = None, judge: str | None = None) -> Imported:
    """Carry over what needs no code to run; `judge` is the model that judges rubrics.

    Raises MalformedFile when the configuration itself cannot be read.
    """
    config = Spot(path, read_yaml(path))
    if not isinstance(config.data, dict):
        raise MalformedFile(path, [Problem(1, "", "a promptfoo configuration is a mapping with prompts and tests")])
    listing = Listing()
    folder = Folder(root=root or path.parent, base=path.parent)
    providers = read_providers(config, folder, listing)
    prompts = read_prompts(config, folder, listing)
    making = _Making(
        folder, listing, providers, several_prompts=len(prompts) > 1, judged=judge is not None and has_judge()
    )
    _other_fields(config, listing)
    tests = list(Tests(config, folder, listing).all())
    if not tests:
        listing.left(config.at("tests"), "there are no tests to carry over")
    for test in tests:
        for prompt in _asked(prompts, test):
            _add_cases(making, prompt, test)
    settings: dict[str, JsonValue] = {"name": slug(str(config.mapping.get("description") or "")) or path.stem}
    if isinstance(description := config.mapping.get("description"), str):
        settings["description"] = description
    repeats = config.at("evaluateOptions").mapping.get("repeat")
    if isinstance(repeats, int) and 1 < repeats <= 50:  # noqa: PLR2004 (the model's own bound)
        settings["repeats"] = repeats
    if providers.parameters:
        settings["parameters"] = providers.parameters
    if making.judged:
        settings["judge"] = {"model": judge}
    suite = {**settings, "cases": making.cases} if making.cases else None
    return Imported(suite, len(making.cases), listing.lost, listing.notes)


def _other_fields(config: Spot, listing: Listing) -> None:
    for key in config.mapping:
        if key in _LOST:
            listing.left(config.at(key), f"`{key}`: {_LOST[key]}")
        elif key not in _READ and not key.startswith("assertionTemplates"):
            listing.note(config.at(key), f"`{key}` has no meaning here")


def _asked(prompts: list[Prompt], test: Test) -> Iterator[Prompt]:
    for prompt in prompts:
        wanted = test.prompts
        if not wanted or any(prompt.label == label or prompt.label.startswith(f"{label}:") for label in wanted):
            yield prompt


def _add_cases(making: _Making, prompt: Prompt, test: Test) -> None:
    """Every case of one prompt and one test; a variable that is a list makes a case of each entry."""
    if not _options_fit(making.listing, test):
        return
    variables = _loaded(making, test)
    if variables is None:
        return
    one = test.options.get("disableVarExpansion")
    lists = [] if one is not None and one.data is True else [key for key, value in variables.items() if _expands(value)]
    choices = [value if isinstance(value := variables[key], list) else [value] for key in lists]
    for number, chosen in enumerate(itertools.product(*choices), start=1):
        if len(making.cases) >= MOST_CASES:
            making.listing.left(test.spot, f"more than {MOST_CASES:,} cases: the rest is missing")
            return
        own = settled({**variables, **dict(zip(lists, chosen, strict=True))})
        _add_case(making, prompt, test, own, f"-{number}" if lists else "")


def _expands(value: JsonValue) -> bool:
    return isinstance(value, list) and bool(value) and not any(isinstance(entry, dict | list) for entry in value)


def _options_fit(listing: Listing, test: Test) -> bool:
    """Whether the test can be carried over at all: what changes its variables or its answer needs code."""
    fits = True
    for name, spot in test.options.items():
        if name in {"transform", "postprocess", "transformVars"}:
            what = "the variables" if name == "transformVars" else "the answer, before anything is asserted of it,"
            listing.left(spot, f"`{name}` changes {what} by code: the tests it applies to are left out")
            fits = False
        elif name == "storeOutputAs":
            listing.left(spot, "an answer cannot become part of a later prompt")
        elif name in _OPTIONS_NOTED:
            listing.note(spot, f"`{name}` has no meaning here")
        elif name not in _OPTIONS_READ:
            listing.left(spot, f"`{name}` is not carried over")
    return fits


def _loaded(making: _Making, test: Test) -> dict[str, JsonValue] | None:
    """The variables with the files among them read; None when one cannot be."""
    made: dict[str, JsonValue] = {}
    for name, value in test.variables.items():
        if not isinstance(value, str) or not value.startswith(("file://", "exec:", "package:")):
            made[name] = value
            continue
        try:
            made[name] = _in_file(making.folder, making.folder.only(value))
        except Refused as error:
            making.listing.left(test.spot.at("vars", name), f"{value} {error}: the test is left out")
            return None
    return made


def _in_file(folder: Folder, path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix in _IMAGES:
        raise Refused("is no text")
    return json.dumps(folder.read(path).data) if suffix in _STRUCTURES else folder.text(path).strip()


def _add_case(making: _Making, prompt: Prompt, test: Test, variables: Mapping[str, JsonValue], variant: str) -> None:
    listing = making.listing
    try:
        around = [plain(spot.data) if (spot := test.options.get(key)) else "" for key in ("prefix", "suffix")]
        messages = prompt.messages(variables, *around)
    except Untranslatable as error:
        listing.left(
            prompt.spot, f"the prompt {error}: left out for the test in {test.spot.path.name}:{test.spot.line}"
        )
        return
    asserted = _assertions(making, test, variables)
    if not asserted:
        return
    tags = list(_tags(test.metadata))
    if making.several_prompts and prompt.label:
        tags.append(f"prompt:{prompt.label}")
    cluster = test.metadata.get("conversationId")
    if cluster is None and making.several_prompts:
        cluster = f"{test.key}{variant}"  # the same question in other words is no independent evidence
    case: dict[str, JsonValue] = {
        "id": _unique(making.ids, f"{test.name}{variant}", prompt.label if making.several_prompts else ""),
        "messages": messages,
        **({"tools": making.providers.tools} if making.providers.tools else {}),
        **({"tool_choice": choice} if making.providers.tools and (choice := making.providers.tool_choice) else {}),
        "assert": asserted,
        **({"tags": [*tags]} if tags else {}),
        **({"cluster": str(cluster)} if cluster is not None else {}),
    }
    problem = _problem(case)
    if problem is None:
        making.cases.append(case)
    else:
        making.ids.discard(str(case["id"]))
        listing.left(test.spot, f"left out, it would be no case: {problem}")


def _problem(case: dict[str, JsonValue]) -> str | None:
    try:
        Case.model_validate(case)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc'][:3]))}: {first['msg']}"
    try:
        json.dumps(case, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "it holds half a character"
    return next((what for _, what in case_problems(case)), None)


def _assertions(making: _Making, test: Test, variables: Mapping[str, JsonValue]) -> list[JsonValue]:
    """Ours for the test's; what has none is listed with what that means for the case."""
    listing = making.listing
    made: list[JsonValue] = []
    lost: list[tuple[Spot, str]] = []
    spots = list(_flat(test, lost))
    translator = Translator(
        variables,
        making.providers.tools,
        making.folder,
        judged=making.judged,
        calling=bool(making.providers.tools) and any(map(about_calls, spots)),
    )
    for spot in spots:
        try:
            carried = translator.carried(spot)
        except NotCarried as error:
            lost.append((spot, str(error)))
            continue
        made += [entry for entry in carried.assertions if entry not in made]
        lost += [(spot, why) for why in carried.lost]
        for note in carried.notes:
            listing.note(spot, note)
    if not test.asserted:
        listing.left(test.spot, "asserts nothing, so the test is left out")
    meant = "; what else is asserted is kept" if made else "; nothing else is asserted, so the test is left out"
    for spot, why in lost:
        listing.left(spot, why + meant)
    if made and test.threshold is not None and _below_one(test.threshold.data):
        listing.left(test.threshold, f"`threshold: {test.threshold.data}`: here everything asserted has to hold")
    return made


def _flat(test: Test, lost: list[tuple[Spot, str]]) -> Iterator[Spot]:
    """The assertions, those of a set in its place; a set of which a part may fail is no list of what must hold."""
    waiting = list(reversed(test.asserted))
    while waiting:
        spot = waiting.pop()
        if spot.mapping.get("type") != "assert-set":
            yield spot
        elif _below_one(spot.mapping.get("threshold")):
            lost.append((spot, "a set of which a part may fail has no counterpart here"))
        else:
            waiting += [entry.resolved() for entry in reversed(list(spot.at("assert").each()))]


def _below_one(threshold: JsonValue) -> bool:
    return isinstance(threshold, int | float) and threshold < 1


def _tags(metadata: Mapping[str, JsonValue]) -> Iterator[str]:
    for key, value in metadata.items():
        if key == "conversationId":
            continue
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, str | int | float) and str(entry):
                yield str(entry) if key == "tags" else f"{key}:{entry}"


def _unique(ids: set[str], name: str, label: str) -> str:
    wanted = "-".join(part for part in (name, slug(label)) if part)[:180]
    found = wanted
    for number in itertools.count(2):
        if found not in ids:
            break
        found = f"{wanted}-{number}"
    ids.add(found)
    return found
