"""The three ways a Kubernetes object is patched: JSON patch (RFC 6902), merge patch (RFC 7386), strategic merge. Pure.

Strategic merge follows the API's own table of merge keys; lists without a key are replaced as a whole.
"""

import copy
from typing import Any, Final

MERGE_KEYS: Final = {
    "containers": "name",
    "initContainers": "name",
    "env": "name",
    "volumes": "name",
    "imagePullSecrets": "name",
    "ports": "containerPort",
    "volumeMounts": "mountPath",
    "conditions": "type",
    "ownerReferences": "uid",
}


class PatchError(Exception):
    """The patch does not fit the object (a failed `test`, a path that is not there) or is none at all."""


def patched(document: dict[str, Any], patch: Any, content_type: str) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """A patched copy. Raises PatchError."""
    whole = copy.deepcopy(document)
    if content_type == "application/json-patch+json":
        for operation in patch:
            whole = _operated(whole, operation)
        return whole
    if not isinstance(patch, dict):
        raise PatchError("the patch is no object")
    merged: dict[str, Any] = (
        _merged(whole, patch)
        if "merge-patch+json" in content_type and ("strategic" not in content_type)
        else _strategic(whole, patch)
    )
    return merged


def _steps(pointer: str) -> list[str]:
    if pointer == "":
        return []
    if not pointer.startswith("/"):
        raise PatchError(f"{pointer} is no pointer")
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/")]


def _at(holder: Any, step: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return holder[int(step)] if isinstance(holder, list) else holder[step]
    except (KeyError, IndexError, ValueError, TypeError):
        raise PatchError(f"there is no {step}") from None


def _operated(whole: Any, operation: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    op = operation.get("op")
    *way, last = _steps(operation["path"])
    holder = whole
    for step in way:
        holder = _at(holder, step)
    if op == "test":
        if _at(holder, last) != operation.get("value"):
            raise PatchError(f"testing path {operation['path']} value failed")
    elif op == "add":
        _add(holder, last, operation["value"])
    elif op == "replace":
        _at(holder, last)
        _set(holder, last, operation["value"])
    elif op == "remove":
        _at(holder, last)
        del holder[int(last) if isinstance(holder, list) else last]
    else:
        raise PatchError(f"unexpected kind: {op}")
    return whole


def _add(holder: Any, step: str, value: Any) -> None:  # noqa: ANN401 - any JSON
    if not isinstance(holder, list):
        _set(holder, step, value)
    elif step == "-":
        holder.append(copy.deepcopy(value))
    elif not 0 <= int(step) <= len(holder):
        raise PatchError(f"unable to access invalid index: {step}")
    else:
        holder.insert(int(step), copy.deepcopy(value))


def _set(holder: Any, step: str, value: Any) -> None:  # noqa: ANN401 - any JSON
    holder[int(step) if isinstance(holder, list) else step] = copy.deepcopy(value)


def _merged(document: Any, patch: Any) -> Any:  # noqa: ANN401 - any JSON
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    whole = dict(document) if isinstance(document, dict) else {}
    for key, value in patch.items():
        if value is None:
            whole.pop(key, None)
        else:
            whole[key] = _merged(whole.get(key), value)
    return whole


def _strategic(document: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    if patch.get("$patch") == "replace":
        return {key: copy.deepcopy(value) for key, value in patch.items() if key != "$patch"}
    whole = dict(document)
    if "$retainKeys" in patch:
        whole = {key: value for key, value in whole.items() if key in patch["$retainKeys"]}
    for key, value in patch.items():
        if key.startswith("$"):
            continue
        if value is None:
            whole.pop(key, None)
        elif isinstance(value, dict):
            held = whole.get(key)
            whole[key] = _strategic(held if isinstance(held, dict) else {}, value)
        elif isinstance(value, list) and key in MERGE_KEYS:
            whole[key] = _list(whole.get(key, []), value, MERGE_KEYS[key])
        else:
            whole[key] = copy.deepcopy(value)
    for key, order in patch.items():
        name = key.removeprefix("$setElementOrder/")
        if name != key and name in whole:
            wanted = [entry.get(MERGE_KEYS[name]) for entry in order]
            whole[name] = sorted(whole[name], key=lambda entry: _rank(wanted, entry.get(MERGE_KEYS[name])))
    return whole


def _rank(wanted: list[Any], name: Any) -> int:  # noqa: ANN401 - whatever the merge key holds
    return wanted.index(name) if name in wanted else len(wanted)


def _list(held: list[Any], patch: list[Any], key: str) -> list[Any]:
    whole = list(held)
    for entry in patch:
        place = next((n for n, one in enumerate(whole) if one.get(key) == entry.get(key)), None)
        if entry.get("$patch") == "delete":
            if place is not None:
                del whole[place]
        elif place is None:
            whole.append(_strategic({}, entry))
        else:
            whole[place] = _strategic(whole[place], entry)
    return whole
