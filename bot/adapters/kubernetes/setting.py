"""Where a setting stands in an object, what it holds there, and the JSON patch that changes it and nothing else. Pure.

The patch tests the object's resourceVersion and the old value: the API refuses it where either is another by then.
"""

from dataclasses import dataclass
from typing import Any, Final

from bot.adapters.printed_value import UnreadableError, without_prefix
from bot.runbook.models.targets.kubernetes import KubernetesPlan
from bot.runbook.models.targets.templates import unfit

Document = dict[str, Any]
_SHOWN: Final = 60


class UnfitError(Exception):
    """The object does not hold the setting so that it can be read or changed; the sentence says how, and what to do."""


@dataclass(frozen=True)
class Held:
    """What an object holds: the value as it stands there (None: nothing), its version, and where the value goes.

    `at` is the JSON pointer of the value, `entry` of what is removed with it; `tests` hold for as long as it stands
    there. `missing` is the operation that makes it where nothing is set.
    """

    value: str | None
    version: str
    tests: tuple[Document, ...]
    at: str
    entry: str
    missing: Document

    def patch(self, value: str | None) -> list[Document]:
        """The operations that set it to a value, or remove it."""
        tests = [{"op": "test", "path": "/metadata/resourceVersion", "value": self.version}, *self.tests]
        if self.value is None:
            return [*tests, self.missing] if value is not None else tests
        if value is None:
            return [*tests, {"op": "remove", "path": self.entry}]
        return [*tests, {"op": "add", "path": self.at, "value": value}]


def model_in(held: Held, prefix: str) -> str | None:
    """The model a setting holds. Raises UnfitError where it is none."""
    if not held.value:
        return held.value
    if reason := unfit(held.value):
        raise UnfitError(f"holds {held.value[:_SHOWN]!r}, which is no model's name ({reason})")
    try:
        return without_prefix(held.value, prefix)
    except UnreadableError as error:
        raise UnfitError(str(error)) from None


def held_in(plan: KubernetesPlan, document: Document, value: str | None = None) -> Held:
    """What the object holds; `value` is what would be put where nothing is. Raises UnfitError."""
    version = str(document.get("metadata", {}).get("resourceVersion", ""))
    if not version:
        raise UnfitError("has no resourceVersion, so an edit at the same moment would be overwritten")
    if plan.config_map:
        return _in_config_map(plan, document, version, value)
    return _in_container(plan, document, version, value)


def _in_config_map(plan: KubernetesPlan, document: Document, version: str, value: str | None) -> Held:
    key = plan.setting
    data = document.get("data") or {}
    if key in (document.get("binaryData") or {}):
        raise UnfitError(f"has {key} as binary data; write it as text, under `data`")
    at = f"/data/{_escaped(key)}"
    missing: Document = {"op": "add", "path": at, "value": value}
    if not data:
        missing = {"op": "add", "path": "/data", "value": {key: value}}
    held = data.get(key)
    if held is not None and not isinstance(held, str):
        raise UnfitError(f"has something else than a text under {key}")
    tests = ({"op": "test", "path": at, "value": held},) if held is not None else ()
    return Held(held, version, tests, at, at, missing)


def _in_container(plan: KubernetesPlan, document: Document, version: str, value: str | None) -> Held:
    number, container = _container(plan, document)
    here = f"/spec/template/spec/containers/{number}"
    tests: tuple[Document, ...] = ({"op": "test", "path": f"{here}/name", "value": container.get("name")},)
    env = container.get("env") or []
    found = [(place, entry) for place, entry in enumerate(env) if entry.get("name") == plan.setting]
    new = {"name": plan.setting, "value": value}
    missing: Document = {"op": "add", "path": f"{here}/env/-", "value": new}
    if not env:
        missing = {"op": "add", "path": f"{here}/env", "value": [new]}
    if not found:
        return Held(None, version, tests, "", "", missing)
    if len(found) > 1:
        raise UnfitError(f"sets {plan.setting} {len(found)} times in container {container.get('name')}; leave one")
    place, entry = found[0]
    if entry.get("valueFrom"):
        raise UnfitError(f"takes {plan.setting} {_source(entry['valueFrom'], plan)}")
    at, held = f"{here}/env/{place}/value", str(entry.get("value", ""))
    tests += ({"op": "test", "path": f"{here}/env/{place}/name", "value": plan.setting},)
    if held:  # an empty one is left out of the object, and there is nothing to test
        tests += ({"op": "test", "path": at, "value": held},)
    return Held(held, version, tests, at, f"{here}/env/{place}", missing)


def _container(plan: KubernetesPlan, document: Document) -> tuple[int, Document]:
    containers = containers_of(document)
    names = [str(one.get("name")) for one in containers]
    if plan.container:
        if plan.container not in names:
            raise UnfitError(f"has no container {plan.container}; there is {', '.join(names) or 'none'}")
        number = names.index(plan.container)
        return number, containers[number]
    if len(containers) != 1:
        raise UnfitError(f"has {len(containers)} containers ({', '.join(names)}); write which one: `container`")
    return 0, containers[0]


def containers_of(document: Document) -> list[Document]:
    """The containers of a workload's pods."""
    found = document.get("spec", {}).get("template", {}).get("spec", {}).get("containers")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _source(source: Document, plan: KubernetesPlan) -> str:
    """Where a value comes from, and what to write instead."""
    if reference := source.get("configMapKeyRef"):
        name, key = reference.get("name"), reference.get("key")
        instead = f"write `config_map: {name}`, `key: {key}` and `restart: [{plan.restarted}]` instead"
        return f"from key {key} of ConfigMap {name}; {instead}"
    if reference := source.get("secretKeyRef"):
        where = f"from key {reference.get('key')} of Secret {reference.get('name')}"
        return f"{where}, which rotate does not read; a model's name needs no hiding, so set it as a plain value"
    kinds = ", ".join(source)
    return f"from the pod itself ({kinds}); set it as a plain value"


def also_from(plan: KubernetesPlan, document: Document) -> list[tuple[str, str]]:
    """ConfigMaps whose every key becomes a variable of the container: their names, and the key that would be ours."""
    _, container = _container(plan, document)
    found = []
    for source in container.get("envFrom") or []:
        reference, prefix = source.get("configMapRef") or {}, str(source.get("prefix") or "")
        if reference.get("name") and plan.setting.startswith(prefix):
            found.append((str(reference["name"]), plan.setting.removeprefix(prefix)))
    return found


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
