"""What a runbook must obey beyond the shape of its fields: names people can type, places that exist once, addresses.

Works on the values as read, not on the validated model, so that these are found together with every other error. Files
beside the runbook are asked for through `is_file`; nothing here touches a disk.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path as FilePath

from bot.masking import mask
from bot.runbook.fields import Path
from bot.runbook.figures import checks_written, impossible_limits, unknown_figures
from bot.runbook.freezes_rules import freezes_trouble
from bot.runbook.models.sources import WINDOW
from bot.runbook.texts import address_trouble, base_url_trouble, variable_trouble

Finding = tuple[Path, str]
"""A place in the file and what is wrong there."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_TAKEN = re.compile(r"[DRE]\d+", re.IGNORECASE)
_RESERVED = frozenset({"all", "everything", "everywhere"})
_SERIES = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*(\s*\{[^{}]*\})?")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_MEMBER = re.compile(r"@?[UW][A-Z0-9]*|<@[UW][A-Z0-9]+(\|[^>]*)?>|_.*")  # `_` stands where a slip was repaired
_SERIES_FIELDS = (
    "requests",
    "errors",
    "latency",
    "latency_quantile",
    "cost",
    "tool_calls",
    "invalid_tool_calls",
    "retries",
)
_HISTOGRAM_ENDINGS = ("_bucket", "_sum", "_count")


def broken_rules(raw: Mapping[str, object], folder: FilePath, problem_with: Callable[[FilePath], str]) -> list[Finding]:
    """Every rule the values break. `problem_with(path)` says why a suite cannot be read, empty when it can."""
    findings = [*_addresses(raw), *_series(raw), *_people(raw), *_programs(raw), *unknown_figures(raw)]
    findings += [*impossible_limits(raw), *freezes_trouble(raw)]
    for slot, body in _entries(raw, "slots"):
        findings += _name_of(("slots", slot), "slot")
        findings += _suite(("slots", slot, "suite"), body.get("suite"), folder, problem_with)
        findings += _stages(("slots", slot), body, folder)
    findings += _alike(("slots",), [name for name, _ in _entries(raw, "slots")])
    findings += _between_slots(raw, folder)
    return findings


def _block(raw: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = raw.get(key)
    return value if isinstance(value, dict) else {}


def _entries(raw: Mapping[str, object], key: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    for name, body in _block(raw, key).items():
        if isinstance(body, dict):
            yield name, body


def _name_of(path: Path, what: str) -> Iterator[Finding]:
    name = str(path[-1])
    if not _NAME.fullmatch(name):
        yield (
            path,
            f"this {what} cannot be named in a command; use a letter, then letters, digits, - or _ (at most 40 in all)",
        )
    elif _TAKEN.fullmatch(name):
        yield path, f"`{name}` reads like a comparison, rotation or escalation number; choose another {what} name"
    elif name.lower() in _RESERVED:
        yield path, f"`{name}` means something else in commands; choose another {what} name"


def _alike(path: Path, names: list[str]) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            yield (*path, name), f"differs from `{other}` only in capitals; people type either"


def unexpanded(text: str) -> str:
    """Why a path cannot be taken as it is written; empty when it can."""
    if text.startswith("~"):
        return "`~` is not expanded; write the whole path, or one relative to this file"
    if re.search(r"\$(\{|[A-Za-z_])", text):
        return "variables of the environment are not filled in; write the path itself"
    return ""


def _suite(path: Path, value: object, folder: FilePath, problem_with: Callable[[FilePath], str]) -> Iterator[Finding]:
    if not isinstance(value, str) or not value:
        return
    reason = unexpanded(value) or problem_with(folder / value)
    if reason:
        yield path, reason


def _stages(path: Path, slot: Mapping[str, object], folder: FilePath) -> Iterator[Finding]:
    stages = [((*path, "stages", name), body) for name, body in _entries(slot, "stages")]
    targets = list(_places(path, slot))
    for here, _ in stages:
        yield from _name_of(here, "stage")
    engine = slot.get("engine")
    directory = engine.get("directory") if isinstance(engine, dict) else None
    if isinstance(directory, str) and (reason := unexpanded(directory)):
        yield (*path, "engine", "directory"), reason
    yield from _alike((*path, "stages"), [str(here[-1]) for here, _ in stages])
    nameless = [] if slot.get("variable") else [at for at, target in targets if not target.get("variable")]
    for at in [path] if targets and len(nameless) == len(targets) else nameless:
        yield (
            (*at, "variable"),
            "is missing: which line of the env file holds the model, such as CRUVERO_OPENROUTER_MODEL?",
        )
    yield from _nameless_in_clusters(path, slot)
    for at, target in targets:
        if target.get("restart") == []:
            what = "is empty; expected a program and its arguments, such as [systemctl, restart, worker]"
            yield (*at, "restart"), f"{what} (leave the line out where nothing has to be restarted)"
    yield from _shared(targets, slot, folder)


def _nameless_in_clusters(path: Path, slot: Mapping[str, object]) -> Iterator[Finding]:
    """Places in a cluster that do not say which variable or key holds the model, where the slot does not, either."""
    written = [((*path, "test_target"), slot.get("test_target"))]
    for name, stage in _entries(slot, "stages"):
        listed = stage.get("targets")
        every = enumerate(listed if isinstance(listed, list) else [])
        written += [((*path, "stages", name, "targets", number), target) for number, target in every]
    for at, target in written:
        if not isinstance(target, dict) or target.get("kind") != "kubernetes" or slot.get("variable"):
            continue
        line = "key" if "config_map" in target else "variable"
        if not target.get(line):
            yield (*at, line), "is missing: which one holds the model, such as CRUVERO_OPENROUTER_MODEL?"


def _between_slots(raw: Mapping[str, object], folder: FilePath) -> Iterator[Finding]:
    """Places that two slots use: one of the two would find what the other has set."""
    places: list[tuple[str, Path, str, _Place]] = []
    for slot, body in _entries(raw, "slots"):
        for path, target in _places(("slots", slot), body):
            file, variable = target.get("env_file"), target.get("variable") or body.get("variable")
            if isinstance(file, str) and file and isinstance(variable, str) and not unexpanded(file):
                places.append((slot, path, f"{variable} in {file}", _place(folder, file, variable)))
    for number, (slot, path, words, place) in enumerate(places):
        others = [(n, there) for n, (other, there, _, same) in enumerate(places) if other != slot and same == place]
        if others and path[-1] == "test_target":
            other = others[0][1][1]
            yield (*path, "env_file"), f"this place belongs to slot `{other}`, too; a test target needs its own"
        elif before := [there for n, there in others if n < number and there[-1] != "test_target"]:
            what = f"{words} is already a target of slot `{before[0][1]}` (stage `{before[0][3]}`)"
            yield (*path, "env_file"), f"{what}; each needs its own place"


_Place = tuple[str, object]


def _place(folder: FilePath, file: str, variable: object) -> _Place:
    """The same for the same line of the same file, however its path is written."""
    return os.path.normpath(folder / file), variable


def _places(path: Path, slot: Mapping[str, object]) -> Iterator[tuple[Path, Mapping[str, object]]]:
    for name, stage in _entries(slot, "stages"):
        yield from _targets((*path, "stages", name), stage)
    test = slot.get("test_target")
    if isinstance(test, dict) and "env_file" in test:
        yield (*path, "test_target"), test


def _targets(path: Path, stage: Mapping[str, object]) -> Iterator[tuple[Path, Mapping[str, object]]]:
    """The env files; what other kinds must obey, their models say."""
    if "env_file" in stage:
        yield path, stage
    targets = stage.get("targets")
    for number, target in enumerate(targets if isinstance(targets, list) else []):
        if isinstance(target, dict) and target.get("kind", "env_file") == "env_file":
            yield (*path, "targets", number), target


def _shared(
    targets: list[tuple[Path, Mapping[str, object]]],
    slot: Mapping[str, object],
    folder: FilePath,
) -> Iterator[Finding]:
    """Paths that say nothing by themselves, and places that are named twice."""
    first: dict[_Place, Path] = {}
    for path, target in targets:
        file, variable = target.get("env_file"), target.get("variable") or slot.get("variable")
        if not isinstance(file, str) or not file:
            continue
        if reason := unexpanded(file):
            yield (*path, "env_file"), reason
            continue
        taken = first.setdefault(_place(folder, file, variable), path)
        if variable and taken is not path:
            what = f"{variable} in {file} is already a target of stage `{taken[3]}`; each needs its own place"
            yield (*path, "env_file"), what


def _addresses(raw: Mapping[str, object]) -> Iterator[Finding]:
    metrics = _block(raw, "metrics")
    scrape = metrics.get("scrape")
    written: list[tuple[Path, object]] = [
        (("health",), raw.get("health")),
        (("metrics", "prometheus"), metrics.get("prometheus")),
        *((("metrics", "scrape", n), url) for n, url in enumerate(scrape if isinstance(scrape, list) else [])),
    ]
    written += (((*path, "http"), rules.get("http")) for path, rules in checks_written(raw))
    for name, links in _entries(raw, "links"):
        written += [(("links", name, key), links.get(key)) for key in ("dashboard", "status")]
    for path, value in written:
        if isinstance(value, str) and (reason := address_trouble(value)):
            yield path, reason
    provider = _block(raw, "provider")
    base_url, variable = provider.get("base_url"), provider.get("api_key_env")
    if isinstance(base_url, str) and (reason := base_url_trouble(base_url)):
        yield ("provider", "base_url"), reason
    if isinstance(variable, str) and (reason := variable_trouble(variable)):
        yield ("provider", "api_key_env"), reason


def _programs(raw: Mapping[str, object]) -> Iterator[Finding]:
    for path, rules in checks_written(raw):
        command = rules.get("command")
        if isinstance(command, list) and command and (reason := unexpanded(str(command[0]))):
            yield (*path, "command"), reason


def _people(raw: Mapping[str, object]) -> Iterator[Finding]:
    written: list[tuple[Path, object]] = [(("administrators",), raw.get("administrators"))]
    written += [(("groups", name, "people"), group.get("people")) for name, group in _entries(raw, "groups")]
    for path, people in written:
        for number, person in enumerate(people if isinstance(people, list) else []):
            if isinstance(person, str) and person.strip() and not _MEMBER.fullmatch(person.strip()):
                what = (
                    f"{mask(person)!r} is no member id: expected one such as U024BE7LH (profile > ⋮ > Copy member ID)"
                )
                yield (*path, number), what


def _series(raw: Mapping[str, object]) -> Iterator[Finding]:
    metrics = _block(raw, "metrics")
    written: list[tuple[Path, object]] = [(("metrics", key), metrics.get(key)) for key in _SERIES_FIELDS]
    histograms: list[tuple[Path, object]] = [
        *((("metrics", "histograms", name), text) for name, text in _block(metrics, "histograms").items()),
        (("metrics", "latency"), metrics.get("latency")),
    ]
    written += histograms[:-1]
    for block in ("counters", "quantiles"):
        written += ((("metrics", block, name), text) for name, text in _block(metrics, block).items())
    for path, text in written:
        may_be_query = path[1] in {"counters", "quantiles", "latency_quantile"}
        own_query = may_be_query and isinstance(text, str) and WINDOW in text
        if isinstance(text, str) and not own_query and not _SERIES.fullmatch(text.strip()):
            what = (
                'expected a series, such as requests_total or requests_total{status="error"}: rotate writes the query'
            )
            query = f"; a query of your own has {WINDOW} in it" if may_be_query else ""
            yield path, what + query
    for path, text in histograms:
        name = text.partition("{")[0].strip() if isinstance(text, str) else ""
        for ending in _HISTOGRAM_ENDINGS:
            if name.endswith(ending):
                yield path, f"expected the histogram's own name, without `{ending}`: {name.removesuffix(ending)}"
    quantiles = [*(path for path, _ in written if path[1] == "quantiles"), ("metrics", "latency_quantile")]
    for path, text in written:
        name = text.partition("{")[0].strip() if isinstance(text, str) and path in quantiles else ""
        if name.endswith(_HISTOGRAM_ENDINGS) and WINDOW not in str(text):
            base = f'{name.rpartition("_")[0]}{{quantile="0.95"}}'
            yield path, f"a count is no quantile: expected a gauge in seconds, such as {base}"
    for key, label in _block(metrics, "labels").items():
        if isinstance(label, str) and not _LABEL.fullmatch(label):
            yield ("metrics", "labels", key), "expected the name of a label: letters, digits and underscores"
