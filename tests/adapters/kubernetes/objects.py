"""Objects as people write them, for clusters in tests."""

from typing import Any

from tests.adapters.kubernetes.cluster import Object


def deployment(name: str = "worker", *, env: list[Object] | None = None, replicas: int = 3, **more: Any) -> Object:  # noqa: ANN401 - any JSON
    """A Deployment with one container of its name; `more` goes into its metadata (labels, annotations)."""
    container: Object = {"name": name, "image": "registry.example/worker:7"}
    if env is not None:
        container["env"] = env
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}
    return {"metadata": {"name": name, "labels": {"app": name}, **more}, "spec": spec}


def stateful_set(name: str = "worker", *, env: list[Object] | None = None, replicas: int = 3, **spec: Any) -> Object:  # noqa: ANN401 - any JSON
    """A StatefulSet with one container of its name; `spec` goes into its spec (updateStrategy)."""
    made = deployment(name, env=env, replicas=replicas)
    made["spec"] |= {"serviceName": name, **spec}
    return made


def daemon_set(name: str = "worker", *, env: list[Object] | None = None, **spec: Any) -> Object:  # noqa: ANN401 - any JSON
    """A DaemonSet with one container of its name."""
    made = deployment(name, env=env)
    del made["spec"]["replicas"]
    made["spec"] |= spec
    return made


def config_map(name: str, data: dict[str, str], **more: Any) -> Object:  # noqa: ANN401 - any JSON
    """A ConfigMap; `more` goes beside its data (`immutable`), or, as `metadata`, into that."""
    metadata = {"name": name, **more.pop("metadata", {})}
    return {"metadata": metadata, "data": data, **more}


def containers(document: Object) -> list[Object]:
    """The containers of a Deployment, to be changed in place."""
    found: list[Object] = document["spec"]["template"]["spec"]["containers"]
    return found
