"""What a runbook leaves open is named; approvals nobody can give are found; changes are told line by line."""

from collections.abc import Callable
from pathlib import Path

import jsonschema  # noqa: TID253 (a test may be heavy)
import pytest
from ruamel.yaml import YAML

from bot.runbook.about import ABOUT
from bot.runbook.changes import changes
from bot.runbook.check import omissions
from bot.runbook.fields import blocks, lines
from bot.runbook.impossible import known_sizes, unreachable_approvals
from bot.runbook.load import checked
from bot.runbook.models.file import Runbook
from bot.runbook.models.people import GroupName
from bot.runbook.schema import schema

MINIMAL = (Path(__file__).parents[2] / "bot" / "examples" / "minimal.yml").read_text()
Read = Callable[..., Runbook]


@pytest.fixture
def read() -> Read:
    def reader(*edits: tuple[str, str], add: str = "") -> Runbook:
        text = MINIMAL
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new)
        return checked(text + add, "runbook.yml", Path())

    return reader


UNVERSIONED = "{kind: http, url: 'https://p/{tenant}', pointer: /m, version: none"


def named(runbook: Runbook) -> list[str]:
    return [omission.field for omission in omissions(runbook)]


COMPLETE = (
    (
        "  labels: {model: model, stage: env}",
        "  tool_calls: t\n  invalid_tool_calls: i\n  retries: r\n  labels: {model: model, stage: env, tenant: tenant}",
    ),
    ("    envelope", "    rollback_model: old/m\n    envelope"),
)
MORE = "administrators: [U1]\nlinks: {openrouter: {status: https://status.openrouter.ai}}\n"


def test_a_runbook_that_names_everything_leaves_nothing_open(read: Read) -> None:
    assert named(read(*COMPLETE, add=MORE)) == []


@pytest.mark.parametrize(
    ("line", "field", "lost"),
    [
        ("  latency: llm_request_duration_seconds     # histogram\n", "metrics.latency", "latency is not watched"),
        ("  cost: llm_cost_usd_total                  # counter, US dollars\n", "metrics.cost", "cost is not watched"),
        ("  tool_calls: t\n", "metrics.tool_calls", "tool-call validity is not watched"),
        ("  retries: r\n", "metrics.retries", "retry rate is not watched"),
        (", tenant: tenant", "metrics.labels.tenant", "tenants are pooled"),
        (", stage: env", "metrics.labels.stage", "cannot be told from another's"),
        ("health: http://localhost:8080/api/health\n", "health", "health is not watched"),
        ("    envelope_usd_per_month: 6000\n", "slots.chat.envelope_usd_per_month", "budget"),
        ("    rollback_model: old/m\n", "slots.chat.rollback_model", "--rollback MODEL"),
        (",  restart: [systemctl, restart, worker-pilots]", "slots.chat.stages.pilots.restart", "take a change up"),
    ],
)
def test_each_line_left_out_is_named_with_what_is_lost(read: Read, line: str, field: str, lost: str) -> None:
    found = omissions(read(*COMPLETE, (line, ""), add=MORE))
    assert [omission.field for omission in found] == [field]
    assert lost in found[0].lost
    assert str(found[0]).startswith(f"`{field}` is not named: ")
    assert found[0].line in str(found[0])


@pytest.mark.parametrize(
    ("target", "lines"),
    [
        (
            "{kind: command, read: [g, '{tenant}'], write: [s, '{tenant}', '{value}'], unset: [u, '{tenant}']}",
            ["write {expected}", "unset {expected}"],
        ),
        ("{kind: command, read: [g, '{tenant}'], write: [s, '{tenant}', '{value}', '{expected}']}", []),
        (f"{UNVERSIONED}}}", ["version"]),
        ("{kind: http, url: 'https://p/{tenant}', pointer: /m}", []),
        (f"{UNVERSIONED}, write: {{method: POST, body: {{m: '{{value}}', was: '{{expected}}'}}}}}}", []),
    ],
)
def test_a_place_whose_edits_could_be_overwritten_is_named_once(read: Read, target: str, lines: list[str]) -> None:
    pilots = "{env_file: /etc/app/pilots.env,  restart: [systemctl, restart, worker-pilots]}"
    runbook = read(*COMPLETE, (pilots, f"{{tenants: [a, b], targets: [{target}]}}"), add=MORE)
    assert named(runbook) == [f"slots.chat.stages.pilots.targets.{line}" for line in lines]


def test_links_are_those_of_the_provider_in_use(read: Read) -> None:
    assert "links.openrouter" in named(read(add="links: {openai: {status: https://status.openai.com}}\n"))


def test_without_metrics_one_line_says_it_all() -> None:
    text = MINIMAL.split("metrics:")[0] + "health" + MINIMAL.split("\nhealth")[1]
    found = omissions(checked(text, "runbook.yml", Path()))
    assert [o.field for o in found if o.field.startswith("metrics")] == ["metrics"]
    assert "nothing is watched" in found[0].lost


def test_approvals_nobody_can_give(read: Read) -> None:
    runbook = read()
    assert unreachable_approvals(runbook, {GroupName.ML: 2}) == ()
    assert unreachable_approvals(runbook, {GroupName.ML: None}) == ()
    empty = unreachable_approvals(runbook, {GroupName.ML: 0})
    assert empty == (
        "slot chat, stage pilots: approver group ml is empty; add people to it",
        "slot chat, stage global: approver group ml is empty; add people to it",
    )
    quorum = read(("      pilots:  {", "      pilots:  {approval: {groups: [ml, sre], count: 4}, "))
    (found,) = unreachable_approvals(quorum, {GroupName.ML: 2, GroupName.SRE: 1})
    assert "needs 4 approvals, and approver group ml and sre has 3 people" in found
    each = read(("      pilots:  {", "      pilots:  {approval: {groups: [ml, sre], each: true}, "))
    assert unreachable_approvals(each, {GroupName.ML: 1, GroupName.SRE: 1}) == ()
    (found,) = unreachable_approvals(each, {GroupName.ML: 9, GroupName.SRE: 0})
    assert "somebody of each of its groups, and sre is empty" in found


def test_only_lists_of_people_have_a_known_size(read: Read) -> None:
    assert known_sizes(read()) == {GroupName.ML: None, GroupName.SRE: None, GroupName.FINANCE: 1}


def test_changes_are_of_the_rules_and_the_weighty_ones_are_marked(read: Read) -> None:
    same = read(("      pilots:  {", "      pilots:  {approval: {groups: [ml], count: 1}, "), add="time_zone: UTC\n")
    assert changes(read(), same) == ()
    other = read(
        ("6000", "9000"),
        ("      global:  {", "      global:  {approval: {count: 2}, "),
        ("health: http://localhost:8080/api/health", "health: http://localhost:9999/api/health"),
    )
    assert sorted((c.field, c.before, c.after, c.weighty) for c in changes(read(), other)) == [
        ("health", "http://localhost:8080/api/health", "http://localhost:9999/api/health", False),
        ("slots.chat.envelope_usd_per_month", 6000.0, 9000.0, True),
        ("slots.chat.stages.global.approval.count", 1, 2, True),
    ]


def test_a_stage_that_is_gone_and_another_order_are_changes(read: Read) -> None:
    without = checked("".join(x for x in MINIMAL.splitlines(keepends=True) if "pilots:" not in x), "r", Path())
    (gone,) = changes(read(), without)
    assert (gone.field, gone.after, gone.weighty) == ("slots.chat.stages.pilots", None, True)


def test_the_schema_takes_what_the_loader_takes_and_refuses_what_it_refuses() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    jsonschema.Draft202012Validator.check_schema(schema())
    plain = YAML(typ="safe", pure=True).load(MINIMAL)
    validator.validate(plain)
    assert not validator.is_valid({**plain, "chanel": "x"})
    assert not validator.is_valid({**plain, "slots": {}})
    assert not validator.is_valid({**plain, "checks": {"alpha": 2}})
    assert validator.is_valid({**plain, "provider": {"name": "own", "base_url": "http://h/v1"}})
    assert validator.is_valid({**plain, "deadlines": {"approval": "3d"}})


def test_every_line_has_its_meaning_and_every_meaning_its_line() -> None:
    written = {(line.model, line.key) for line in lines(Runbook)}
    meant = {(model, key) for model, keys in ABOUT.items() for key in keys}
    assert written == meant


def test_blocks_know_where_a_key_belongs() -> None:
    assert "suite" in blocks(Runbook)["slots.NAME"]
    assert "env_file" in blocks(Runbook)["slots.NAME.stages.NAME.targets[]"]
