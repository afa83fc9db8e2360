"""Targets as an operator writes them: every kind, what is wrong at its line, and the places they become."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.runbook.load import load
from bot.runbook.models.plan import plan_for
from bot.runbook.models.targets.bundle import goes_with
from bot.runbook.models.targets.kinds import KINDS
from bot.runbook.problems import RunbookError
from bot.runbook.schema import schema

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
    variable: MODEL
    stages:
      pilots:
        tenants: [acme, globex]
        targets:
"""
COMMAND = "{kind: command, read: [get, '{tenant}'], write: [set, '{tenant}', '--model={value}']"
HTTP = "{kind: http, url: 'https://p/v1/{tenant}', pointer: /model"

Written = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    def write(target: str, head: str = HEAD) -> Path:
        (tmp_path / "s.yml").write_text("cases: []")
        file = tmp_path / "runbook.yml"
        file.write_text(f"{head}          - {target}\n")
        return file

    return write


def problems(file: Path) -> list[str]:
    with pytest.raises(RunbookError) as caught:
        load(file)
    return [f"{problem.field}: {problem.what}" for problem in caught.value.problems]


def test_an_entry_without_a_kind_is_an_env_file(written: Written, tmp_path: Path) -> None:
    plan = plan_for(load(written("{env_file: a.env}")).runbook, "chat")
    (target,) = plan.stages[0].targets
    assert (target.kind, target.id, target.place) == ("env_file", "pilots.1", f"MODEL in {tmp_path / 'a.env'}")


def test_one_place_a_tenant(written: Written) -> None:
    for block in (f"{COMMAND}}}", f"{HTTP}}}"):
        plan = plan_for(load(written(block)).runbook, "chat")
        assert [target.id for target in plan.stages[0].targets] == ["pilots.1.acme", "pilots.1.globex"]
        assert [target.tenant for target in plan.stages[0].targets] == ["acme", "globex"]
        assert len({target.key for target in plan.stages[0].targets}) == 2


def test_a_path_is_seen_from_the_runbook(written: Written, tmp_path: Path) -> None:
    plan = plan_for(load(written(f"{COMMAND}, directory: tools}}")).runbook, "chat")
    assert plan.stages[0].targets[0].model_dump()["directory"] == str(tmp_path / "tools")
    plan = plan_for(load(written(f"{HTTP}, auth: {{file: token}}}}")).runbook, "chat")
    assert plan.stages[0].targets[0].model_dump()["auth"]["file"] == str(tmp_path / "token")


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("{kind: kubernets, env_file: a}", "targets[1].kind: expected one of env_file, command, http"),
        ("just text", "targets[1]: expected a block of keys"),
        ("{kind: command, write: [set, '{value}']}", "targets[1].read: is missing: program and arguments"),
        (f"{COMMAND}, restrat: [x]}}", "targets[1].restrat: is not a key here; did you mean `restart`?"),
        (f"{HTTP}, writ: {{method: PUT}}}}", "targets[1].writ: is not a key here; did you mean `write`?"),
        ("{env_file: a, pointer: /x}", "targets[1].pointer: is not a key here"),
        ("{kind: command, read: [get], write: [set]}", "targets[1].write: no argument has {value}"),
        ("{kind: command, read: ['{tenant}'], write: [s, '{value}']}", "read: the first entry is the program"),
        (
            "{kind: command, read: [get, '{tenant}'], write: [set, '{value}']}",
            "targets[1].write: no argument has {tenant}, though `read` asks for one",
        ),
        ("{kind: command, read: [get], write: [s, '{value}'], tenants: [a]}", "read: no argument has {tenant}"),
        ("{kind: command, read: [g, '{value}'], write: [s, '{value}']}", "read: {value} has no value here"),
        ("{kind: command, read: [g], write: [s, '{modell}']}", "write[2]: {modell} is no placeholder"),
        (f"{COMMAND}, environment: ['A=secret']}}", "environment[1]: expected the name of an environment variable"),
        (f"{COMMAND}, time_limit: 0s}}", "time_limit: must be longer than nothing"),
        (f"{COMMAND}, confirm_pointer: /m}}", "confirm_pointer: says where to look"),
        (f"{COMMAND}, pointer: model}}", "pointer: expected a JSON pointer"),
        ("{kind: command, read: [g, '{tenant}'], write: [s, '{tenant}{value}'], tenants: [--all]}", "tenants[1]: "),
        ("{kind: command, read: [g, '{tenant}'], write: [s, '{tenant}{value}'], tenants: [../x]}", "tenants[1]: "),
        ("{kind: command, read: [g, '{tenant}'], write: [s, '{tenant}{value}'], tenants: ['a b']}", "tenants[1]: "),
        ("{kind: http, url: 'ftp://p/', pointer: /m}", "url: expected an address"),
        ("{kind: http, url: 'https://{tenant}.p/', pointer: /m}", "url: placeholders may stand in the path"),
        ("{kind: http, url: 'https://u:p@p/', pointer: /m}", "url: holds a name and password"),
        ("{kind: http, url: 'https://p/', pointer: /m, tenants: [a]}", "url: has no {tenant}"),
        (f"{HTTP}, auth: {{}}}}", "auth: name either `env`"),
        (f"{HTTP}, auth: {{env: A, file: b}}}}", "auth: name either `env`"),
        (f"{HTTP}, headers: {{Authorization: Bearer abcdefghijklmnop}}}}", "headers: Authorization holds a secret"),
        (f"{HTTP}, write: {{method: GET}}}}", "write: GET changes nothing"),
        (f"{HTTP}, write: {{method: PATCH}}}}", "write: needs a `body`"),
        (f"{HTTP}, write: {{method: PATCH, body: {{m: x}}}}}}", "write: has no {value}"),
        (f"{HTTP}, version: sometimes}}", "version: expected etag, none"),
        (f"{HTTP}, version: /v, write: {{method: PATCH, body: {{m: '{{value}}'}}}}}}", "write: has no {version}"),
        (f"{HTTP}, unset: {{method: PATCH, body: {{m: '{{value}}'}}}}}}", "unset: {value} has no value here"),
        ("{env_file: a, also: {P: {}}}", "also: P says for no model what it holds"),
        ("{env_file: a, variable: M, also: {M: {'*': x}}}", "also: M is the variable that holds the model itself"),
        ("{env_file: a, also: {'A B': {'*': x}}}", "also: 'A B' is no variable"),
        ("{env_file: a, workers: {within: 1m}}", "targets[1].workers: name one of `http`"),
        ("{env_file: a, workers: {http: 'http://w/', query: up}}", "targets[1].workers: name one of `http`"),
        ("{env_file: a, workers: {http: w/readyz}}", "targets[1].workers.http[1]: expected an address"),
        ("{env_file: a, workers: {http: ['http://w/', 'http://w/']}}", "workers.http: names an address twice"),
        ("{env_file: a, workers: {http: 'http://w/{tenant}'}}", "workers: {tenant} has no value here"),
        ("{env_file: a, workers: {http: 'http://u:p@w/'}}", "workers.http[1]: holds a name and password"),
        ("{env_file: a, workers: {command: ['{tenant}']}}", "workers.command: the first entry is the program"),
        ("{env_file: a, workers: {query: up, pointer: /a}}", "workers.pointer: says where to look"),
        ("{env_file: a, workers: {http: 'http://w/', within: 0s}}", "workers.within: must be longer than nothing"),
        (f"{HTTP}, workers: {{http: 'http://w/{{value}}'}}}}", "workers: {value} has no value here"),
    ],
)
def test_what_is_wrong_is_said_at_its_line(written: Written, block: str, said: str) -> None:
    found = problems(written(block))
    assert any(said in one for one in found), found


def test_a_tenant_that_is_asked_for_and_not_there(written: Written) -> None:
    found = problems(written(f"{COMMAND}}}", HEAD.replace("        tenants: [acme, globex]\n", "")))
    what = "asks for a {tenant}, and there is none: write `tenants` there, or for the stage"
    assert found == [f"slots.chat.stages.pilots.targets: {what}"]


def test_a_test_target_is_one_place(written: Written) -> None:
    two = HEAD.replace("    stages:\n", f"    test_target: {COMMAND}, tenants: [a, b]}}\n    stages:\n")
    assert any("test_target: is one place" in one for one in problems(written("{env_file: a}", two)))
    one = HEAD.replace("    stages:\n", f"    test_target: {COMMAND}, tenants: [a]}}\n    stages:\n")
    plan = plan_for(load(written("{env_file: a}", one)).runbook, "chat")
    assert plan.test_target is not None
    assert plan.test_target.tenant == "a"


def test_a_place_that_is_named_twice(written: Written) -> None:
    for block in (f"{COMMAND}}}", f"{HTTP}}}"):
        found = problems(written(f"{block}\n          - {block}"))
        assert any("targets[2]: " in one and "is already a target of stage `pilots`" in one for one in found), found


@pytest.mark.parametrize(
    ("model", "provider"),
    [("azure/gpt", "azure"), ("azure/eu/gpt", "azure-eu"), ("x-ai/grok", "openrouter"), ("special", None)],
)
def test_the_longest_beginning_counts(model: str, provider: str | None) -> None:
    also: dict[str, dict[str, str | None]] = {
        "P": {"azure/*": "azure", "azure/eu/*": "azure-eu", "*": "openrouter", "special": None}
    }
    assert goes_with(also, model) == {"P": provider}
    assert goes_with(also, None) == {"P": None}


def test_a_model_of_which_nothing_is_said() -> None:
    with pytest.raises(KeyError, match="P"):
        goes_with({"P": {"azure/*": "azure"}}, "x-ai/grok")


def test_the_schema_knows_every_kind() -> None:
    kinds = [block.get("properties", {}).get("kind", {}) for block in schema()["$defs"].values()]
    assert {kind.get("const") for kind in kinds} >= set(KINDS)


def test_the_workers_of_a_tenant_are_its_own(written: Written) -> None:
    block = f"{HTTP}, workers: {{http: ['http://w/{{tenant}}/readyz', 'http://w/all'], timeout: 3s}}}}"
    first, second = plan_for(load(written(block)).runbook, "chat").stages[0].targets
    assert first.workers is not None
    assert second.workers is not None
    assert [rules.http for rules in first.workers.asked()] == ["http://w/acme/readyz", "http://w/all"]
    assert {rules.timeout.total_seconds() for rules in second.workers.asked()} == {3}
    assert first.patience - first.taking == first.workers.within + 2 * first.workers.timeout


def test_a_stage_of_one_file_names_its_workers_beside_it(written: Written, tmp_path: Path) -> None:
    file = written("{env_file: a.env}")
    beside = "        env_file: a.env\n        workers: {command: [ready]}\n"
    text = file.read_text().replace("        targets:\n          - {env_file: a.env}\n", beside)
    (tmp_path / "one.yml").write_text(text)
    (target,) = plan_for(load(tmp_path / "one.yml").runbook, "chat").stages[0].targets
    assert target.workers is not None
    assert [rules.command for rules in target.workers.asked()] == [("ready",)]
    (tmp_path / "two.yml").write_text(text.replace("env_file: a.env", "targets: [{env_file: a.env}]"))
    assert any("`workers` go with `env_file`" in one for one in problems(tmp_path / "two.yml"))
