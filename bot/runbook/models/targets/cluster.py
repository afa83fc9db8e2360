"""Which Kubernetes cluster, and as whom: a context of a kubeconfig, the pod's own service account, or an address."""

import re
from collections.abc import Callable
from typing import Final, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from bot.runbook.models.targets.templates import VariableName
from bot.runbook.models.written import Written, WrongAtKey

_FILES: Final = ("kubeconfig", "ca_file", "token_file")
_BELONGS: Final = {"context": "kubeconfig", "ca_file": "server", "token_env": "server", "token_file": "server"}
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Cluster(Written):
    """One of `kubeconfig` (with its `context`), `in_cluster` and `server` (with a token)."""

    kubeconfig: str | None = Field(default=None, min_length=1)
    context: str | None = Field(default=None, min_length=1)
    in_cluster: bool = False
    server: str | None = None
    ca_file: str | None = Field(default=None, min_length=1)
    token_env: VariableName | None = None
    token_file: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [line for line in ("kubeconfig", "in_cluster", "server") if getattr(self, line)]
        if len(ways) != 1:
            message = "name one of `kubeconfig` (with its `context`), `in_cluster: true`, and `server` (with a token)"
            raise ValueError(message)
        for line, way in _BELONGS.items():
            if getattr(self, line) is not None and way != ways[0]:
                raise WrongAtKey(line, f"goes with `{way}`")
        if self.kubeconfig is not None and self.context is None:
            what = "is missing: a context of that kubeconfig; its current one changes whenever somebody switches it"
            raise WrongAtKey("context", what)
        for line in _FILES:
            if reason := _unexpanded(getattr(self, line) or ""):
                raise WrongAtKey(line, reason)
        if self.server is not None:
            self._usable(self.server)
        return self

    def _usable(self, server: str) -> None:
        if reason := server_problem(server):
            raise WrongAtKey("server", reason)
        if (self.token_env is None) == (self.token_file is None):
            message = "name either `token_env` (a variable that holds the token) or `token_file`, one of the two"
            raise ValueError(message)

    @property
    def called(self) -> str:
        """What people call it."""
        return self.context or (urlsplit(self.server).netloc if self.server else "this cluster")

    @property
    def key(self) -> str:
        """The same for the same way to the same cluster."""
        return f"{self.kubeconfig}#{self.context}" if self.kubeconfig else self.server or "in-cluster"

    def within(self, inside: Callable[[str], str]) -> Self:
        """The same with its paths made absolute, by `inside`."""
        named = {line: getattr(self, line) for line in _FILES}
        return self.model_copy(update={line: inside(path) for line, path in named.items() if path is not None})


def server_problem(server: str) -> str:
    """Why an API server's address cannot be used, empty when it can: tokens go over TLS, or stay on this machine."""
    try:
        parts = urlsplit(server)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or re.search(r"\s", server):
        return "expected an address such as https://10.0.0.1:6443"
    if parts.username or parts.password:
        return "holds a name and password; a secret goes into the environment or a file, never into an address"
    if parts.query or parts.fragment:
        return "expected an address without ? and #"
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        return "is not https: the token would be sent for everybody on the way to read"
    return ""


def _unexpanded(path: str) -> str:
    if path.startswith("~"):
        return "`~` is not expanded; write the whole path, or one relative to this file"
    if re.search(r"\$(\{|[A-Za-z_])", path):
        return "variables of the environment are not filled in; write the path itself"
    return ""
