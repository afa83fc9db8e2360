"""How a cluster is reached and as whom, read anew for each request: tokens and certificates are replaced while we run.

Everything that is not supported is refused with a sentence; nothing is ever reached without verifying who answers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.ports import OutsideError
from bot.runbook.models.targets.cluster import Cluster

ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds its service account's token and the cluster's certificates."""
_LARGEST: Final = 1024 * 1024

Secret = Callable[[str], str | None]
"""What a variable of the environment holds."""


@dataclass(frozen=True)
class Tls:
    """What a connection is made with, in PEM: who vouches for the server (None: this machine's own list), and as whom.

    `name`: what the server's certificate must be for, where that is not the host of its address.
    """

    authority: bytes | None = None
    certificate: bytes | None = None
    key: bytes | None = None
    name: str = ""


@dataclass(frozen=True)
class Access:
    """Where the API is, and what it is shown."""

    server: str
    tls: Tls
    token: str = ""


def no_access(what: str) -> OutsideError:
    """Credentials that are not there or cannot be used."""
    return OutsideError(what, whose="account", again=False, code="unauthorised")


def in_cluster(secret: Secret, account: Path = ACCOUNT) -> Access:
    """What a pod is given. Raises OutsideError where this is none, or one without a service account's token."""
    host, port = secret("KUBERNETES_SERVICE_HOST"), secret("KUBERNETES_SERVICE_PORT") or "443"
    if not host:
        what = "this is no pod of a cluster: KUBERNETES_SERVICE_HOST is not set; name a `kubeconfig` or a `server`"
        raise no_access(what)
    token = bytes_of(account / "token", "the service account's token").decode(errors="replace").strip()
    authority = bytes_of(account / "ca.crt", "the cluster's certificates")
    address = f"[{host}]" if ":" in host else host
    return Access(f"https://{address}:{port}", Tls(authority), sendable(token, "the service account's token"))


def by_address(cluster: Cluster, secret: Secret) -> Access:
    """A named server with a token. Raises OutsideError."""
    if cluster.token_env is not None:
        token = secret(cluster.token_env) or ""
        if not token:
            raise no_access(f"{cluster.token_env} is not set: it is to hold the token for {cluster.server}")
    else:
        token = bytes_of(Path(cluster.token_file or ""), "the token").decode(errors="replace").strip()
    authority = bytes_of(Path(cluster.ca_file), "the certificates") if cluster.ca_file is not None else None
    return Access((cluster.server or "").rstrip("/"), Tls(authority), sendable(token, "the token"))


def bytes_of(path: Path, what: str) -> bytes:
    """What a file holds. Raises OutsideError, which says what should be in it, where it is empty or not to be read."""
    try:
        with path.open("rb") as file:
            held = file.read(_LARGEST)
    except OSError as error:
        raise no_access(f"{what} cannot be read from {path}: {error.strerror or error}") from None
    if not held.strip():
        raise no_access(f"{path} is empty; {what} should be in it")
    return held


def sendable(token: str, what: str) -> str:
    """The token, if a header can hold it. Raises OutsideError, which never shows it."""
    if token.isascii() and token.isprintable() and " " not in token:
        return token
    raise no_access(f"{what} holds a space, a line break or another character that no token has")
