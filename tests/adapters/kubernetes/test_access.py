"""How a cluster is reached: kubeconfigs, a pod's own account, tokens; servers are verified."""

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.kubernetes.access import Tls, in_cluster
from bot.adapters.kubernetes.api import Api
from bot.adapters.kubernetes.kubeconfig import of_context
from bot.adapters.target_kubernetes import KubernetesTarget
from bot.ports import OutsideError
from bot.runbook.models.targets.kubernetes import Kubernetes
from tests.adapters.kubernetes.certificates import Certificates
from tests.adapters.kubernetes.objects import deployment
from tests.adapters.kubernetes.server import TOKEN, ApiServer, api_server
from tests.adapters.targets.kinds import ManualClock

SERVER = "https://10.0.0.1:6443"


async def asked(
    server: ApiServer | None,
    cluster: dict[str, Any],
    *,
    held: dict[str, str] | None = None,
    times: Iterable[None] = (None,),
) -> list[str | None]:
    """What the cluster's Deployment holds, asked for so many times by one client."""
    if server is not None and not server.cluster.every("deployments"):
        server.put("deployments", deployment(env=[{"name": "M", "value": "old/m"}]))
    block = {"kind": "kubernetes", "cluster": cluster, "namespace": "cruvero", "deployment": "worker", "variable": "M"}
    (plan,) = Kubernetes.model_validate(block).plans("global", variable=None, tenants=())
    async with Api(secret=(held or {}).get) as api:
        return [await KubernetesTarget(api, clock=ManualClock()).read(plan) for _ in times]


async def refused(
    server: ApiServer | None, cluster: dict[str, Any], *, held: dict[str, str] | None = None
) -> OutsideError:
    with pytest.raises(OutsideError) as caught:
        await asked(server, cluster, held=held)
    assert TOKEN not in caught.value.what
    return caught.value


def kubeconfig(folder: Path, *, cluster: dict[str, Any], user: dict[str, Any], **document: object) -> str:
    written = {
        "clusters": [{"name": "eu", "cluster": cluster}],
        "users": [{"name": "bot", "user": user}],
        "contexts": [{"name": "eu-production", "context": {"cluster": "eu", "user": "bot"}}],
        "current-context": "somewhere-else",
        **document,
    }
    (folder / "kubeconfig").write_text(json.dumps(written))  # JSON is YAML
    return str(folder / "kubeconfig")


def data(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


# ---- a server and a token


async def test_a_token_from_the_environment(certificates: Certificates) -> None:
    async with api_server(ManualClock().now, tls=certificates.serving()) as server:
        cluster = {"server": server.url, "ca_file": str(certificates.authority), "token_env": "T"}
        assert await asked(server, cluster, held={"T": TOKEN}) == ["old/m"]
        error = await refused(server, cluster)
        assert error.what == f"T is not set: it is to hold the token for {server.url}"
        error = await refused(server, cluster, held={"T": "expired-token"})
        assert "does not take the credentials of 127.0.0.1" in error.what
        assert (error.whose, error.code) == ("account", "unauthorised")


async def test_a_token_in_a_file_is_read_at_each_request(certificates: Certificates, tmp_path: Path) -> None:
    file = tmp_path / "token"

    def writing() -> Iterable[None]:
        for token in ("first-token", "second-token"):
            server.tokens = {token}
            file.write_text(f"{token}\n")
            yield

    async with api_server(ManualClock().now, tls=certificates.serving()) as server:
        cluster = {"server": server.url, "ca_file": str(certificates.authority), "token_file": str(file)}
        assert await asked(server, cluster, times=writing()) == ["old/m", "old/m"]
        file.write_text("\n")
        assert (await refused(server, cluster)).what == f"{file} is empty; the token should be in it"
        file.write_text("two words")
        assert "the token holds a space" in (await refused(server, cluster)).what
        file.unlink()
        assert "the token cannot be read from" in (await refused(server, cluster)).what


async def test_a_server_nobody_vouches_for_is_told_nothing(certificates: Certificates, tmp_path: Path) -> None:
    async with api_server(ManualClock().now, tls=certificates.serving()) as server:
        error = await refused(server, {"server": server.url, "token_env": "T"}, held={"T": TOKEN})
        assert "cannot be reached: its TLS certificate is not trusted: self-signed certificate" in error.what
        assert (error.whose, error.code) == ("sre", "unreachable")
        name = {"server": server.url.replace("127.0.0.1", "localhost"), "ca_file": str(certificates.authority)}
        assert "localhost" in (await refused(server, {**name, "token_env": "T"}, held={"T": TOKEN})).what
        (tmp_path / "ca").write_text("no certificate")
        cluster = {"server": server.url, "ca_file": str(tmp_path / "ca"), "token_env": "T"}
        assert "no PEM certificates" in (await refused(server, cluster, held={"T": TOKEN})).what
        assert server.asked == []


# ---- a kubeconfig


async def test_a_token_of_a_kubeconfig(certificates: Certificates, tmp_path: Path) -> None:
    async with api_server(ManualClock().now, tls=certificates.serving()) as server:
        authority = {"server": server.url, "certificate-authority-data": data(certificates.authority)}
        file = kubeconfig(tmp_path, cluster=authority, user={"token": TOKEN})
        assert await asked(server, {"kubeconfig": file, "context": "eu-production"}) == ["old/m"]
        (tmp_path / "ca.crt").write_bytes(certificates.authority.read_bytes())
        (tmp_path / "token").write_text(TOKEN)
        beside = {"server": server.url, "certificate-authority": "ca.crt"}
        file = kubeconfig(tmp_path, cluster=beside, user={"tokenFile": "token"})
        assert await asked(server, {"kubeconfig": file, "context": "eu-production"}) == ["old/m"]


async def test_a_client_certificate_of_a_kubeconfig(certificates: Certificates, tmp_path: Path) -> None:
    async with api_server(ManualClock().now, tls=certificates.serving()) as server:
        server.certificates, server.tokens = True, set()
        authority = {"server": server.url, "certificate-authority-data": data(certificates.authority)}
        shown = {
            "client-certificate-data": data(certificates.certificate("client")),
            "client-key-data": data(certificates.key("client")),
        }
        file = kubeconfig(tmp_path, cluster=authority, user=shown)
        assert await asked(server, {"kubeconfig": file, "context": "eu-production"}) == ["old/m"]
        files = {
            "client-certificate": str(certificates.certificate("client")),
            "client-key": str(certificates.key("client")),
        }
        file = kubeconfig(tmp_path, cluster=authority, user=files)
        assert await asked(server, {"kubeconfig": file, "context": "eu-production"}) == ["old/m"]
        other = {**shown, "client-key-data": data(certificates.key("server"))}
        file = kubeconfig(tmp_path, cluster=authority, user=other)
        error = await refused(server, {"kubeconfig": file, "context": "eu-production"})
        assert "do not belong together" in error.what


async def test_a_server_that_goes_by_another_name(certificates: Certificates, tmp_path: Path) -> None:
    async with api_server(ManualClock().now, tls=certificates.serving()) as server:
        elsewhere = server.url.replace("127.0.0.1", "localhost")
        authority = {"server": elsewhere, "certificate-authority-data": data(certificates.authority)}
        file = kubeconfig(tmp_path, cluster={**authority, "tls-server-name": "api.cluster"}, user={"token": TOKEN})
        assert await asked(server, {"kubeconfig": file, "context": "eu-production"}) == ["old/m"]
        file = kubeconfig(tmp_path, cluster={**authority, "tls-server-name": "api.other"}, user={"token": TOKEN})
        assert "api.other" in (await refused(server, {"kubeconfig": file, "context": "eu-production"})).what


@pytest.mark.parametrize(
    ("cluster", "user", "said"),
    [
        (
            {},
            {"exec": {"command": "aws", "args": ["eks", "get-token"], "apiVersion": "client.authentication.k8s.io/v1"}},
            "user bot gets its credentials from a program (aws), which rotate does not run; make a service account",
        ),
        (
            {},
            {"auth-provider": {"name": "gcp"}},
            "user bot gets its credentials from a plugin that Kubernetes has given up",
        ),
        ({}, {"username": "admin", "password": TOKEN}, "user bot has a name and password, which no API server takes"),
        ({}, {"token": TOKEN, "as": "admin"}, "user bot acts as somebody else"),
        ({}, {}, "user bot has neither a token nor a client certificate"),
        ({}, {"client-certificate-data": "QQ=="}, "has one of client-certificate and client-key without the other"),
        ({}, {"client-certificate-data": "!", "client-key-data": "QQ=="}, "client-certificate-data is no base64"),
        ({"insecure-skip-tls-verify": True}, {"token": TOKEN}, "cluster eu says not to verify who answers"),
        ({"proxy-url": "http://proxy:3128"}, {"token": TOKEN}, "cluster eu is reached through a proxy of its own"),
        (
            {"server": "http://10.0.0.1"},
            {"token": TOKEN},
            "the `server` of cluster eu is not https: the token would be",
        ),
        ({"server": ""}, {"token": TOKEN}, "the `server` of cluster eu expected an address such as"),
        ({"certificate-authority": "gone.crt"}, {"token": TOKEN}, "the certificate-authority cannot be read from"),
    ],
)
def test_what_of_a_kubeconfig_is_refused(
    tmp_path: Path, cluster: dict[str, Any], user: dict[str, Any], said: str
) -> None:
    file = kubeconfig(tmp_path, cluster={"server": SERVER, **cluster}, user=user)
    with pytest.raises(OutsideError) as caught:
        of_context(file, "eu-production")
    assert said in caught.value.what
    assert TOKEN not in caught.value.what
    assert (caught.value.whose, caught.value.again) == ("account", False)


def test_what_is_not_in_a_kubeconfig_is_said_with_what_is(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path, cluster={"server": SERVER}, user={"token": TOKEN})
    with pytest.raises(OutsideError, match="has no context eu-staging; there is eu-production"):
        of_context(file, "eu-staging")
    file = kubeconfig(tmp_path, cluster={"server": SERVER}, user={"token": TOKEN}, users=[])
    with pytest.raises(OutsideError, match="has no user bot; there is none"):
        of_context(file, "eu-production")
    for text in ("just text", "a: [", "- list", "\0"):
        (tmp_path / "kubeconfig").write_text(text)
        with pytest.raises(OutsideError, match="is no kubeconfig"):
            of_context(file, "eu-production")
    (tmp_path / "kubeconfig").unlink()
    with pytest.raises(OutsideError, match=r"a kubeconfig cannot be read from .*: No such file"):
        of_context(file, "eu-production")


# ---- a pod


def test_a_pod_s_own_account(tmp_path: Path) -> None:
    held = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "6443"}
    (tmp_path / "ca.crt").write_text("authority")
    for token in ("first", "second"):  # the cluster replaces it every hour
        (tmp_path / "token").write_text(token)
        access = in_cluster(held.get, tmp_path)
        assert (access.server, access.tls, access.token) == ("https://10.96.0.1:6443", Tls(b"authority"), token)
    assert in_cluster({"KUBERNETES_SERVICE_HOST": "fd00::1"}.get, tmp_path).server == "https://[fd00::1]:443"


def test_no_pod(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="this is no pod of a cluster: KUBERNETES_SERVICE_HOST is not set"):
        in_cluster(lambda _variable: None, tmp_path)
    with pytest.raises(OutsideError, match="the service account's token cannot be read from"):
        in_cluster({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}.get, tmp_path)


async def test_a_pod_asks_by_its_account(certificates: Certificates, tmp_path: Path) -> None:
    async with api_server(ManualClock().now, tls=certificates.serving()) as server:
        server.put("deployments", deployment(env=[{"name": "M", "value": "old/m"}]))
        (tmp_path / "ca.crt").write_bytes(certificates.authority.read_bytes())
        (tmp_path / "token").write_text(TOKEN)
        held = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": server.url.rsplit(":", 1)[1]}
        block = {"kind": "kubernetes", "cluster": {"in_cluster": True}, "namespace": "cruvero", "deployment": "worker"}
        (plan,) = Kubernetes.model_validate(block).plans("global", variable="M", tenants=())
        async with Api(secret=held.get, account=tmp_path) as api:
            assert await KubernetesTarget(api, clock=ManualClock()).read(plan) == "old/m"


async def test_something_else_answers() -> None:
    async with api_server(ManualClock().now) as server:
        server.says = "<html>Sign in</html>"
        error = await refused(None, {"server": server.url, "token_env": "T"}, held={"T": TOKEN})
        assert "answers something else than an API server does; correct `cluster`" in error.what


async def test_nobody_is_asked_but_the_server_that_is_named() -> None:
    now = ManualClock().now
    async with api_server(now) as server, api_server(now) as elsewhere:
        server.moved = elsewhere.url
        error = await refused(server, {"server": server.url, "token_env": "T"}, held={"T": TOKEN})
        assert "answered 307" in error.what
        assert elsewhere.asked == []
