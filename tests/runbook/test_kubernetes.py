"""Places in Kubernetes as an operator writes them: the places they become, and what is wrong, said at its line."""

from pathlib import Path

import pytest

from bot.runbook.load import load
from bot.runbook.models.plan import Plan, plan_for
from bot.runbook.models.targets.kubernetes import KubernetesPlan
from bot.runbook.problems import RunbookError

HEAD = """\
channel: c
groups:
  ml: {channel: c, people: [U01]}
  sre: {channel: c, people: [U02]}
  finance: {channel: c, people: [U03]}
provider: openrouter
slots:
  chat:
    suite: s.yml
    stages:
      global:
        targets:
"""
IN = "{in_cluster: true}"


def written(folder: Path, *blocks: str) -> Path:
    (folder / "s.yml").write_text("cases: []")
    entries = "".join(f"          - {{kind: kubernetes, {block}}}\n" for block in blocks)
    (folder / "runbook.yml").write_text(HEAD + entries)
    return folder / "runbook.yml"


def places(folder: Path, *blocks: str) -> list[KubernetesPlan]:
    plan = plan_for(load(written(folder, *blocks)).runbook, "chat")
    assert Plan.model_validate_json(plan.model_dump_json()) == plan
    return [target for target in plan.stages[0].targets if isinstance(target, KubernetesPlan)]


def test_the_place_of_a_deployment(tmp_path: Path) -> None:
    block = "cluster: {kubeconfig: k, context: eu}, namespace: prod, deployment: worker, variable: M, container: app"
    (place,) = places(tmp_path, block)
    assert (place.place, place.object) == ("M of deployment worker in eu/prod", "deployment/worker")
    assert place.cluster.kubeconfig == str(tmp_path / "k")
    assert place.unnoticed == ""


def test_the_place_of_a_config_map(tmp_path: Path) -> None:
    block = f"cluster: {IN}, namespace: prod, config_map: settings, key: chat.model, restart: [worker, scheduler]"
    (place,) = places(tmp_path, block)
    assert (place.place, place.object) == (
        "chat.model of ConfigMap settings in this cluster/prod",
        "configmap/settings",
    )
    assert place.rolls == (("deployments", "worker"), ("deployments", "scheduler"))


def test_regions_are_places_of_their_own(tmp_path: Path) -> None:
    rest = "namespace: prod, deployment: worker, variable: M"
    clusters = (
        "{kubeconfig: k, context: eu}",
        "{kubeconfig: k, context: us}",
        IN,
        "{server: 'https://a', token_env: T}",
    )
    found = places(tmp_path, *(f"cluster: {cluster}, {rest}" for cluster in clusters))
    assert len({place.key for place in found}) == len({place.shares for place in found}) == 4


def test_those_that_restart_the_same_deployment_are_neighbours(tmp_path: Path) -> None:
    rest = f"cluster: {IN}, namespace: prod"
    deployment, config_map, other = places(
        tmp_path,
        f"{rest}, deployment: worker, variable: M",
        f"{rest}, config_map: settings, key: M, restart: [worker]",
        f"{rest}, config_map: settings-2, key: M, restart: [scheduler]",
    )
    assert deployment.shares & config_map.shares
    assert not config_map.shares & other.shares


def test_its_patience_has_room_for_the_rollout(tmp_path: Path) -> None:
    (place,) = places(tmp_path, f"cluster: {IN}, namespace: p, deployment: w, variable: M, rollout_within: 40m")
    assert place.patience > place.rollout_within


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("namespace: p, deployment: w, variable: M", "targets[1].cluster: is missing: which cluster, and as whom"),
        ("cluster: {}, namespace: p, deployment: w, variable: M", "cluster: name one of `kubeconfig`"),
        (
            "cluster: {in_cluster: true, server: 'https://a', token_env: T}, namespace: p, deployment: w, variable: M",
            "cluster: name one of `kubeconfig`",
        ),
        (
            "cluster: {kubeconfig: k}, namespace: p, deployment: w, variable: M",
            "cluster.context: is missing: a context",
        ),
        (
            "cluster: {kubeconfig: ~/.kube/config, context: eu}, namespace: p, deployment: w, variable: M",
            "cluster.kubeconfig: `~` is not expanded",
        ),
        (
            "cluster: {in_cluster: true, context: eu}, namespace: p, deployment: w, variable: M",
            "cluster.context: goes with `kubeconfig`",
        ),
        (
            "cluster: {in_cluster: true, token_env: T}, namespace: p, deployment: w, variable: M",
            "cluster.token_env: goes with `server`",
        ),
        (
            "cluster: {server: 'https://a'}, namespace: p, deployment: w, variable: M",
            "cluster: name either `token_env`",
        ),
        (
            "cluster: {server: 'http://10.0.0.1', token_env: T}, namespace: p, deployment: w, variable: M",
            "cluster.server: is not https: the token would be sent",
        ),
        (
            "cluster: {server: 'https://u:p@a', token_env: T}, namespace: p, deployment: w, variable: M",
            "cluster.server: holds a name and password",
        ),
        ("cluster: {server: a, token_env: T}, namespace: p, deployment: w, variable: M", "cluster.server: expected an"),
        (f"cluster: {IN}, namespace: p", "targets[1]: name either `deployment`"),
        (f"cluster: {IN}, namespace: p, deployment: w, config_map: c", "targets[1]: name either `deployment`"),
        (f"cluster: {IN}, namespace: p, deployment: w, key: k", "targets[1].key: goes with `config_map`"),
        (f"cluster: {IN}, namespace: p, deployment: w, variable: M, restart: [w]", "restart: goes with `config_map`"),
        (f"cluster: {IN}, namespace: p, config_map: c, key: k, container: x", "container: goes with `deployment`"),
        (f"cluster: {IN}, namespace: p, config_map: c, key: k, restart: [a, a]", "restart: names a workload twice"),
        (f"cluster: {IN}, namespace: p, config_map: c, key: k, restart: [job/a]", "restart[1]: 'job/a' is no workload"),
        (f"cluster: {IN}, namespace: p, deployment: w, stateful_set: w", "targets[1]: name either `deployment`"),
        (f"cluster: {IN}, namespace: p, daemon_set: w, key: k", "targets[1].key: goes with `config_map`"),
        (f"cluster: {IN}, namespace: p, deployment: w", "targets[1].variable: is missing: which one holds the model"),
        (f"cluster: {IN}, namespace: p, config_map: c", "targets[1].key: is missing: which one holds the model"),
        (
            f"cluster: {IN}, namespace: Prod_1, deployment: w, variable: M",
            "targets[1].namespace: 'Prod_1' is no name in Kubernetes",
        ),
        (
            f"cluster: {IN}, namespace: p, deployment: ../w, variable: M",
            "targets[1].deployment: '../w' is no object's name",
        ),
        (f"cluster: {IN}, namespace: p, config_map: c, key: 'a b'", "targets[1].key: 'a b' is no key of a ConfigMap"),
        (f"cluster: {IN}, namespace: p, deployment: w, variable: 'a b'", "targets[1].variable:"),
        (
            f"cluster: {IN}, namespace: p, deployment: w, variable: M, rollout_within: 0s",
            "rollout_within: must be longer",
        ),
        (f"cluster: {IN}, namespace: p, deployment: w, variable: M, conteiner: x", "conteiner"),
    ],
)
def test_what_is_wrong_is_said_at_its_line(tmp_path: Path, block: str, said: str) -> None:
    with pytest.raises(RunbookError) as caught:
        load(written(tmp_path, block))
    found = [f"{problem.field}: {problem.what}" for problem in caught.value.problems]
    assert any(said in one for one in found), found


def test_the_same_place_is_not_named_twice(tmp_path: Path) -> None:
    block = f"cluster: {IN}, namespace: p, deployment: w, variable: M"
    with pytest.raises(RunbookError) as caught:
        load(written(tmp_path, block, block))
    assert "is already a target of stage `global`" in caught.value.problems[0].what
