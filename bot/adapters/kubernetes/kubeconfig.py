"""A kubeconfig file: the cluster and the user of one context, as `kubectl` reads them, and what of it is refused.

Paths in it are relative to its own folder, and what is given as data goes before what is given as a file.
"""

import base64
import binascii
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.adapters.kubernetes.access import Access, Tls, bytes_of, no_access, sendable
from bot.runbook.models.targets.cluster import server_problem

_INSTEAD: Final = "make a service account for rotate, and give its token by `server` with `token_file` or `token_env`"
_REFUSED_USER: Final = {
    "exec": "gets its credentials from a program ({command}), which rotate does not run",
    "auth-provider": "gets its credentials from a plugin that Kubernetes has given up",
    "username": "has a name and password, which no API server takes any more",
    "as": "acts as somebody else, which rotate does not",
}
_REFUSED_CLUSTER: Final = {
    "insecure-skip-tls-verify": "says not to verify who answers; name its `certificate-authority` instead",
    "proxy-url": "is reached through a proxy of its own, which rotate does not use; set HTTPS_PROXY instead",
}


def of_context(file: str, context: str) -> Access:
    """How the context's cluster is reached. Raises OutsideError, which says what of the file is wrong."""
    path = Path(file)
    document = _read(path)
    chosen = _named(path, document, "contexts", "context", context)
    names = {part: str(chosen.get(part) or "") for part in ("cluster", "user")}
    if missing := [part for part, name in names.items() if not name]:
        raise no_access(f"{path}: context {context} names no {missing[0]}")
    cluster = _named(path, document, "clusters", "cluster", names["cluster"])
    user = _named(path, document, "users", "user", names["user"])
    for key, why in _REFUSED_CLUSTER.items():
        if cluster.get(key):
            raise no_access(f"{path}: cluster {names['cluster']} {why}")
    for key, why in _REFUSED_USER.items():
        if held := user.get(key):
            command = str(held.get("command", "")) if isinstance(held, dict) else ""
            raise no_access(f"{path}: user {names['user']} {why.format(command=command)}; {_INSTEAD}")
    server = str(cluster.get("server") or "")
    if reason := server_problem(server):
        raise no_access(f"{path}: the `server` of cluster {names['cluster']} {reason}")
    tls = Tls(
        _pem(path, cluster, "certificate-authority"),
        _pem(path, user, "client-certificate"),
        _pem(path, user, "client-key"),
        str(cluster.get("tls-server-name") or ""),
    )
    if (tls.certificate is None) != (tls.key is None):
        raise no_access(f"{path}: user {names['user']} has one of client-certificate and client-key without the other")
    token = _token(path, user, names["user"])
    if not token and tls.certificate is None:
        raise no_access(f"{path}: user {names['user']} has neither a token nor a client certificate; {_INSTEAD}")
    return Access(server.rstrip("/"), tls, token)


def _read(path: Path) -> dict[str, Any]:
    text = bytes_of(path, "a kubeconfig")
    try:
        document = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise no_access(f"{path} is no kubeconfig")
    return document


def _named(path: Path, document: dict[str, Any], many: str, one: str, name: str) -> dict[str, Any]:
    entries = document.get(many)
    named = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    for entry in named:
        if entry.get("name") == name:
            held = entry.get(one)
            return held if isinstance(held, dict) else {}
    known = ", ".join(str(entry.get("name")) for entry in named[:5]) or "none"
    raise no_access(f"{path} has no {one} {name}; there is {known}")


def _pem(path: Path, block: dict[str, Any], key: str) -> bytes | None:
    if data := block.get(f"{key}-data"):
        try:
            return base64.b64decode(str(data), validate=True)
        except (binascii.Error, ValueError):
            raise no_access(f"{path}: {key}-data is no base64") from None
    if file := block.get(key):
        return bytes_of(path.parent / str(file), f"the {key}")
    return None


def _token(path: Path, user: dict[str, Any], name: str) -> str:
    if file := user.get("tokenFile"):
        held = bytes_of(path.parent / str(file), f"the token of user {name}").decode(errors="replace").strip()
    else:
        held = str(user.get("token") or "").strip()
    return sendable(held, f"the token of user {name} in {path}")
