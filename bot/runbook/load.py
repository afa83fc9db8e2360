"""An operator's file -> a `Loaded` runbook, or every reason why not, each at its line.

The only module of the runbook that reads files. Relative paths mean: beside the runbook file. Nothing is taken from the
environment.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from types import MappingProxyType

from bot.runbook.models.catalog import Catalog
from bot.runbook.models.external import External
from bot.runbook.models.file import Runbook, Slot
from bot.runbook.models.limits import TrafficCycle
from bot.runbook.models.plan import NEWER_BESIDE_PLANS, NEWER_IN_BLOCKS, NEWER_LINES
from bot.runbook.models.stages import Stage
from bot.runbook.places import named_twice
from bot.runbook.problems import Problem, RunbookError
from bot.runbook.rules import broken_rules
from bot.runbook.tree import Tree, read_tree
from bot.runbook.validated import validated

MISSING = "no such file"
_LARGEST = 4 * 1024 * 1024  # bytes of a runbook or suite; a larger file is not one


@dataclass(frozen=True)
class Loaded:
    """A runbook that can be used.

    `runbook` has every path made absolute. `digest` is the same for the same rules, however they are written down.
    `texts` holds the text of the runbook and of every suite, by absolute path, as read at the same moment.
    """

    runbook: Runbook
    digest: str
    path: FilePath
    texts: Mapping[str, str]


def load(path: FilePath | str) -> Loaded:
    """The runbook in a file. Raises RunbookError with every problem found."""
    file = FilePath(path)
    name = str(path)
    text = text_of(file, name)
    folder = _plainly(file.absolute().parent)
    runbook = _validated(read_tree(text, name), folder, _trouble_with)
    resolved = _resolved(runbook, folder)
    texts = {str(folder / file.name): text}
    for slot in resolved.slots.values():
        texts[slot.suite] = text_of(FilePath(slot.suite), slot.suite)
    return Loaded(resolved, digest_of(resolved), folder / file.name, MappingProxyType(texts))


def _plainly(folder: FilePath) -> FilePath:
    """The folder without `..`, as people read it; as it is where a link on the way makes that another folder."""
    short = FilePath(os.path.normpath(folder))
    try:
        return short if short.samefile(folder) else folder
    except OSError:
        return folder


def checked(text: str, name: str, folder: FilePath) -> Runbook:
    """The runbook a text holds, paths as written; files beside it need not exist. Raises RunbookError."""
    return _validated(read_tree(text, name), folder, lambda _path: "")


def digest_of(runbook: Runbook) -> str:
    """sha256 of the runbook with every default filled in; the order of stages counts, that of keys does not."""
    plain = runbook.model_dump(mode="json")
    if runbook.traffic_cycle == TrafficCycle():
        del plain["traffic_cycle"]
    if runbook.catalog == Catalog():
        del plain["catalog"]
    if not runbook.freezes:
        del plain["freezes"]
    for block, names in NEWER_IN_BLOCKS.items():
        for holder in (plain, *plain["slots"].values()):
            for name in names:
                if holder.get(block) is not None and not holder[block][name]:
                    del holder[block][name]
    for slot in plain["slots"].values():
        for later in (*NEWER_LINES, *NEWER_BESIDE_PLANS):
            if slot[later] is None:
                del slot[later]  # a file from before there was such a line has the digest it always had
        slot["stages"] = list(slot["stages"].items())
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _trouble_with(file: FilePath) -> str:
    """Why a file cannot be read as text, the file named; empty when it can."""
    trouble = _trouble(file)
    return f"{trouble}: {file}" if trouble == MISSING else f"{file} {trouble}" if trouble else ""


def _trouble(file: FilePath) -> str:
    """Why a file cannot be read as text, empty when it can."""
    try:
        data = _bytes_of(file)
        data.decode("utf-8-sig")
    except FileNotFoundError:
        return MISSING
    except IsADirectoryError:
        return "is a folder, expected a file"
    except PermissionError:
        return "may not be read by this user; change its mode or owner"
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return f"is not UTF-8 text (line {line})"
    except (OSError, ValueError) as error:
        return f"cannot be read: {getattr(error, 'strerror', None) or error}"
    return ""


def _bytes_of(file: FilePath) -> bytes:
    if file.exists() and not file.is_file() and not file.is_dir():
        message = "it is no file but a pipe or device, which may never end"
        raise ValueError(message)
    with file.open("rb") as opened:
        data = opened.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        message = "it is larger than 4 MB"
        raise ValueError(message)
    return data


def text_of(file: FilePath, name: str) -> str:
    """A file's text. Raises RunbookError, which calls it `name`."""
    if trouble := _trouble(file):
        raise RunbookError([Problem(name, 0, 0, "", trouble)])
    return _bytes_of(file).decode("utf-8-sig").replace("\r\n", "\n")


def _validated(tree: Tree, folder: FilePath, trouble_with: Callable[[FilePath], str]) -> Runbook:
    raw = tree.value
    if not isinstance(raw, dict):
        was = "is empty" if raw is None else "is a list" if isinstance(raw, list) else "is a single text"
        what = f"the file {was}; expected a runbook: channel, groups, provider, slots (see `rotate init`)"
        raise RunbookError([*tree.problems, Problem(tree.file, 1, 1, "", what)])
    runbook, problems = validated(tree, Runbook)
    told = {problem.field for problem in tree.problems if problem.field}
    found = [tree.problem(path, what) for path, what in broken_rules(raw, folder, trouble_with)]
    problems += [problem for problem in found if problem.field not in told]
    if runbook is not None and not problems:
        problems = [tree.problem(path, what) for path, what in named_twice(runbook)]
    if runbook is None or problems:
        raise RunbookError(problems)
    return runbook


def _resolved(runbook: Runbook, folder: FilePath) -> Runbook:
    slots = {name: _slot_in(folder, slot) for name, slot in runbook.slots.items()}
    found: dict[str, object] = {"slots": slots}
    if runbook.catalog.file is not None:
        found["catalog"] = runbook.catalog.model_copy(update={"file": str(folder / runbook.catalog.file)})
    return runbook.model_copy(update=found)


def _slot_in(folder: FilePath, slot: Slot) -> Slot:
    stages = {name: _stage_in(folder, stage) for name, stage in slot.stages.items()}
    found: dict[str, object] = {"suite": str(folder / slot.suite), "stages": stages}
    if slot.test_target is not None:
        found["test_target"] = slot.test_target.within(_inside(folder))
    if slot.engine is not None:
        found["engine"] = _engine_in(folder, slot.engine)
    return slot.model_copy(update=found)


def _engine_in(folder: FilePath, engine: External) -> External:
    """The command runs in `directory`, else beside the runbook; a program with a slash is looked for there."""
    return engine.model_copy(update={"directory": str(folder / (engine.directory or "."))})


def _stage_in(folder: FilePath, stage: Stage) -> Stage:
    targets = tuple(target.within(_inside(folder)) for target in stage.targets)
    file = str(folder / stage.env_file) if stage.env_file else None
    return stage.model_copy(update={"targets": targets, "env_file": file})


def _inside(folder: FilePath) -> Callable[[str], str]:
    return lambda path: str(folder / path)
