"""What the doctor says of an installation, good and broken in each part, against a Slack on loopback."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.catalog.model import Credit, Listed, Listing
from bot.doctor.examine import Installation, examine, examine_limits
from bot.doctor.model import Finding, State, all_well
from bot.monitor.model import HealthReport, NumberRead
from bot.runbook.load import load
from bot.runbook.problems import Problem, RunbookError
from bot.sandbox.client import Control
from bot.sandbox.world import World
from handlers.client import slack_client
from tests.doctor.conftest import Answering, Bill, CountedMetrics, SaidHealth

Make = Callable[..., Installation]
Given = tuple[World, Control]


def failing(findings: list[Finding]) -> list[str]:
    return [finding.check for finding in findings if finding.state is State.FAILS]


def of(findings: list[Finding], check: str) -> Finding:
    (found,) = [finding for finding in findings if finding.check == check]
    return found


def rewrite(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


async def test_a_good_installation_is_ok_throughout(installation: Make) -> None:
    findings = await examine(installation())
    assert failing(findings) == []
    assert all_well(findings)
    assert [finding.check for finding in findings if finding.state is State.NOT_CHECKED] == []
    assert of(findings, "bot token").what == "rotate in workspace Acme"
    assert of(findings, "group ml").what == "@ml-oncall has 2 people"
    assert "holds old/m" in of(findings, "target chat/pilots").what
    assert "answered by old/m" in of(findings, "metrics").what
    assert of(findings, "model new/m").what == "the new model answers"


async def test_a_suite_that_cannot_be_used_fails(installation: Make) -> None:
    wrong = "chat.suite.yml:3: cases[0].messages: a list is expected"
    findings = await examine(replace(installation(), suite_problems=(wrong,)))
    assert (failing(findings), of(findings, "suite").what) == (["suite"], wrong)


async def test_a_rate_limit_is_said_at_once_and_hides_no_other_check(installation: Make, world: Given) -> None:
    sandbox, control = world
    await control.fault("api_rate_limit", method="apps.connections.open", retry_after=58, times=None)
    facts = sandbox.facts()
    began = asyncio.get_running_loop().time()
    app = slack_client(str(facts["app_token"]), str(facts["api_url"]), longest_wait_s=5)
    findings = await examine(installation(app=app))
    assert asyncio.get_running_loop().time() - began < 20
    found = of(findings, "app token")
    assert (found.state, found.what) == (State.NOT_CHECKED, "Slack asks to wait 58 s")
    assert failing(findings) == []
    assert of(findings, "bot token").state is State.OK
    assert of(findings, "group ml").state is State.OK


async def test_a_slack_check_that_gets_no_answer_hides_no_other(
    installation: Make, world: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.doctor.examine.LIMIT_S", 2.0)
    await world[1].fault("api_timeout", method="apps.connections.open", seconds=30, times=None)
    findings = await examine(installation())
    assert failing(findings) == ["app token"]
    assert of(findings, "app token").what == "no answer within 2 s"
    assert of(findings, "channel #ml-oncall").state is State.OK


async def test_where_there_is_no_runbook_nothing_else_is_asked(installation: Make, world: Given) -> None:
    await world[1].fault("api_timeout", method="*", seconds=30, times=None)
    missing = RunbookError([Problem("nosuch.yml", 0, 0, "", "no such file")])
    findings = await asyncio.wait_for(examine(installation(runbook=missing)), 1.0)
    assert [(one.check, one.state) for one in findings] == [
        ("runbook", State.FAILS),
        ("everything else", State.NOT_CHECKED),
    ]
    assert findings[0].todo == "write one with `rotate init`, or name yours with --runbook FILE"


@pytest.mark.parametrize("text", ["A=1\n", "CRUVERO_OPENROUTER_MODEL=\n"])
async def test_a_place_without_a_model_fails(installation: Make, tmp_path: Path, text: str) -> None:
    (tmp_path / "pilots.env").write_text(text)
    findings = await examine(installation())
    assert failing(findings) == ["target chat/pilots"]
    found = of(findings, "target chat/pilots")
    assert "which model is current there is not known" in found.what
    assert found.todo == "write CRUVERO_OPENROUTER_MODEL=MODEL into it, the model that is used there now"


async def test_a_place_to_compare_in_may_be_unset(installation: Make, runbook_file: Path, tmp_path: Path) -> None:
    (tmp_path / "test.env").write_text("A=1\n")
    engine = "    engine: {command: [env, '{prompt}'], answers: {current: {text: /a}, candidate: {text: /b}}}\n"
    place = "    test_target: {env_file: test.env, variable: M}\n"
    rewrite(runbook_file, "    stages:\n", f"{place}{engine}    stages:\n")
    findings = await examine(installation(runbook=load(runbook_file)))
    assert [finding.what for finding in findings if "test.env" in finding.what] == [
        f"M is not set in {tmp_path}/test.env, which can be written"
    ]
    assert failing(findings) == []


async def test_a_file_that_is_missing_is_said_with_its_advice_once(installation: Make, tmp_path: Path) -> None:
    (tmp_path / "pilots.env").unlink()
    found = of(await examine(installation()), "target chat/pilots")
    assert found.what == f"there is no file {tmp_path}/pilots.env"
    assert found.todo == "create it, or correct `env_file` in the runbook"


async def test_secrets_that_others_can_read_fail(installation: Make) -> None:
    findings = await examine(installation(secrets_open=".env"))
    assert failing(findings) == ["secrets"]
    assert of(findings, "secrets").todo == "chmod 600 .env"


async def test_nothing_is_changed_by_looking(installation: Make, tmp_path: Path) -> None:
    def everything() -> dict[str, tuple[bytes, int]]:
        return {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in tmp_path.iterdir()}

    before = everything()
    await examine(installation())
    assert everything() == before


async def test_tokens_of_the_wrong_shape_are_said_and_slack_is_not_asked(installation: Make, world: Given) -> None:
    problem = "SLACK_BOT_TOKEN is not set: the bot token begins with xoxb-"
    findings = await examine(installation(token_problems=(problem,)))
    assert of(findings, "tokens").what == "SLACK_BOT_TOKEN is not set"
    assert "xoxb-" in of(findings, "tokens").todo
    assert of(findings, "channels and groups").state is State.NOT_CHECKED
    assert await world[1].calls() == []


async def test_a_token_slack_does_not_know(installation: Make, world: Given) -> None:
    stranger = AsyncWebClient(token="xoxb-000000000000-stranger", base_url=world[0].facts()["api_url"])
    findings = await examine(installation(bot=stranger))
    assert "Slack does not know it" in of(findings, "bot token").what
    assert "Reinstall" in of(findings, "bot token").todo
    assert "stranger" not in str(findings)


async def test_an_app_token_slack_does_not_know(installation: Make, world: Given) -> None:
    stranger = AsyncWebClient(token="xapp-1-A0-stranger", base_url=world[0].facts()["api_url"])
    findings = await examine(installation(app=stranger))
    assert failing(findings) == ["app token"]
    assert "connections:write" in of(findings, "app token").todo


async def test_slack_that_is_not_there_is_said(installation: Make, free_port: Callable[[], int]) -> None:
    nowhere = AsyncWebClient(token="xoxb-123456-abcdef", base_url=f"http://127.0.0.1:{free_port()}/api/")
    findings = await examine(installation(bot=nowhere, app=nowhere))
    assert "no connection" in of(findings, "bot token").what
    assert "xoxb" not in str(findings)


async def test_a_missing_needed_scope_fails(installation: Make, world: Given) -> None:
    await world[1].fault("missing_scope", scope="users:read")
    findings = await examine(installation())
    assert of(findings, "scopes").what == "missing: users:read"
    assert "Reinstall" in of(findings, "scopes").todo


async def test_a_declined_optional_scope_is_only_told(installation: Make, world: Given) -> None:
    await world[1].fault("missing_scope", scope="groups:read")
    findings = await examine(installation())
    assert failing(findings) == []
    assert "without groups:read private channels cannot be used" in of(findings, "scopes").what


async def test_user_groups_without_their_scope_fail(installation: Make, world: Given) -> None:
    await world[1].fault("missing_scope", scope="usergroups:read")
    findings = await examine(installation())
    assert "usergroups:read is missing" in of(findings, "scopes").what
    assert set(failing(findings)) == {"scopes", "group ml", "group sre", "group finance"}


async def test_lists_of_people_ask_for_no_user_groups(installation: Make, world: Given, runbook_file: Path) -> None:
    workspace = await world[1].workspace()
    mia, max_ = (next(u["id"] for u in workspace["users"] if u["name"] == name) for name in ("mia", "max"))
    for handle in ("ml-oncall", "sre-oncall", "finance-ops"):
        rewrite(runbook_file, f"group: {handle}", f"people: [{mia}, {max_}]")
    await world[1].fault("missing_scope", scope="usergroups:read")
    findings = await examine(installation())
    assert failing(findings) == []
    methods = {call["method"] for call in await world[1].calls()}
    assert not {method for method in methods if method.startswith("usergroups")}


async def test_a_person_nobody_knows(installation: Make, runbook_file: Path) -> None:
    rewrite(runbook_file, "group: finance-ops", "people: [U0NOBODY00]")
    findings = await examine(installation())
    assert failing(findings) == ["group finance"]
    assert "Copy member ID" in of(findings, "group finance").todo


async def test_a_channel_that_is_not_there_and_one_without_the_bot(
    installation: Make, world: Given, runbook_file: Path
) -> None:
    rewrite(runbook_file, "channel: model-rotation ", "channel: model-rotations ")
    rewrite(runbook_file, "channel: sre-oncall", "channel: general")
    findings = await examine(installation())
    assert failing(findings) == ["channel #model-rotations", "channel #general"]
    assert "no such channel" in of(findings, "channel #model-rotations").what
    assert of(findings, "channel #general").todo == "type `/invite @rotate` in #general"
    assert of(findings, "channel #ml-oncall").state is State.OK
    await world[1].fault("archive_channel", channel="ml-oncall")
    assert of(await examine(installation()), "channel #ml-oncall").what == "is archived"


async def test_public_channels_are_found_without_the_scope_for_private_ones(installation: Make, world: Given) -> None:
    await world[1].fault("missing_scope", scope="groups:read")
    findings = await examine(installation())
    assert failing(findings) == []
    assert of(findings, "channel #ml-oncall").state is State.OK


async def test_a_group_that_is_empty_or_not_there(installation: Make, world: Given, runbook_file: Path) -> None:
    await world[1].group("ml-oncall", [])
    rewrite(runbook_file, "group: sre-oncall", "group: sre-on-call")
    findings = await examine(installation())
    assert failing(findings) == ["group ml", "group sre", "approvals", "approvals"]
    assert "@sre-oncall" in of(findings, "group sre").todo
    assert "approver group ml is empty" in next(f.what for f in findings if f.check == "approvals")


async def test_a_quorum_larger_than_its_group(installation: Make, runbook_file: Path) -> None:
    rewrite(runbook_file, "      pilots:  {", "      pilots:  {approval: {groups: [ml], count: 3}, ")
    findings = await examine_limits(installation())
    assert failing(findings) == ["approvals"]
    assert "needs 3 approvals, and approver group ml has 2 people" in of(findings, "approvals").what


async def test_break_glass_by_more_than_there_are(installation: Make, runbook_file: Path) -> None:
    line = "authority: {break_glass: {groups: [ml], count: 3}}\nprovider:"
    rewrite(runbook_file, "provider:", line)
    findings = await examine_limits(installation())
    assert failing(findings) == ["approvals"]
    assert "authority.break_glass: going on" in of(findings, "approvals").what
    assert "takes 3 people, and ml has 2 people" in of(findings, "approvals").what


async def test_targets_and_restarts(installation: Make, tmp_path: Path, runbook_file: Path) -> None:
    (tmp_path / "global.env").unlink()
    (tmp_path / "pilots.env").write_text("CRUVERO_OPENROUTER_MODEL=a\nCRUVERO_OPENROUTER_MODEL=b\n")
    rewrite(runbook_file, "env, restart, worker-staging", "no-such-program, x")
    findings = await examine(installation())
    assert failing(findings) == ["restart chat/staging", "target chat/pilots", "target chat/global"]
    assert "not on PATH" in of(findings, "restart chat/staging").what
    assert "lines 1 and 2" in of(findings, "target chat/pilots").what
    assert "there is no file" in of(findings, "target chat/global").what


async def test_an_engine_of_ones_own_and_its_test_target(
    installation: Make, tmp_path: Path, runbook_file: Path
) -> None:
    program = tmp_path / "diff-test"
    program.write_text("#!/bin/sh\ntouch ran\n")
    program.chmod(0o755)
    (tmp_path / "test.env").write_text("CRUVERO_OPENROUTER_MODEL=old/m\n")
    engine = '    engine: {command: [./diff-test, "{prompt}"], environment: [THE_KEY]}\n'
    lines = f"{engine}    test_target: {{env_file: test.env}}\n"
    rewrite(runbook_file, "    stages:\n", f"{lines}    stages:\n")
    good = await examine(installation())
    assert of(good, "engine chat").state is State.OK
    assert str(program) in of(good, "engine chat").what
    assert of(good, "target chat/test_target").state is State.OK
    assert not (tmp_path / "ran").exists()
    unset = await examine(installation(unset=tuple))
    assert of(unset, "engine chat").what == "THE_KEY is not set"
    program.chmod(0o644)
    assert "not an executable file" in of(await examine(installation()), "engine chat").what
    rewrite(runbook_file, "./diff-test", "no-such-program-at-all")
    assert "on PATH" in of(await examine(installation()), "engine chat").what


async def test_metrics_that_do_not_answer_or_hold_nothing(installation: Make) -> None:
    gone = await examine(installation(metrics=CountedMetrics(problem="unreachable")))
    assert of(gone, "metrics").what == "unreachable: http://p is not there"
    empty = await examine(installation(metrics=CountedMetrics(rates={})))
    assert "`llm_requests_total` has no samples in the last 1h" in of(empty, "metrics").what
    partial = await examine(installation(metrics=CountedMetrics(without=("cost_usd",))))
    assert "no samples of `llm_cost_usd_total`" in of(partial, "metrics").what


async def test_series_of_one_s_own_that_nobody_exposes(installation: Make, runbook_file: Path) -> None:
    rewrite(runbook_file, "  requests:", "  counters: {cut: cut_total}\n  histograms: {first: first_s}\n  requests:")
    rewrite(runbook_file, "  requests:", "  quantiles: {wait: wait_s}\n  requests:")
    found = of(await examine(installation()), "metrics")
    told = "`counters.cut`, `histograms.first`, `quantiles.wait`"
    assert (found.state, told in found.what) == (State.FAILS, True)


async def test_a_quantile_nobody_shows(installation: Make, runbook_file: Path) -> None:
    rewrite(runbook_file, "  latency:", "  latency_quantile:")
    found = of(await examine(installation()), "metrics")
    assert (found.state, "no quantile of `llm_request_duration_seconds`" in found.what) == (State.FAILS, True)
    assert "NaN is one of no requests" in found.todo


@pytest.mark.parametrize("healthy", [True, False])
async def test_words_of_one_s_own_are_heard_once(installation: Make, runbook_file: Path, *, healthy: bool) -> None:
    rules = 'checks: {by_name: {gateway: {kind: health, http: "http://127.0.0.1:9/x"}}}\nslots:\n'
    rewrite(runbook_file, "slots:\n", rules)
    said = HealthReport(at=datetime(2026, 3, 2, tzinfo=UTC), healthy=healthy, detail="status: so so")
    found = of(await examine(installation(numbers=Bill(heard=said))), "check chat/gateway")
    assert (found.state, found.what) == (State.OK if healthy else State.FAILS, "status: so so")


@pytest.mark.parametrize("healthy", [True, False])
async def test_workers_are_asked_once_each(installation: Make, runbook_file: Path, *, healthy: bool) -> None:
    workers = "workers: {http: ['http://127.0.0.1:9/x?key=hidden']}"
    text = runbook_file.read_text("utf-8")
    assert text.count("env_file: ") == 3
    runbook_file.write_text(re.sub(r"(env_file: [^,\n}]+)", rf"\1, {workers}", text), encoding="utf-8")
    said = HealthReport(at=datetime(2026, 3, 2, tzinfo=UTC), healthy=healthy, detail="status: so so")
    found = of(await examine(installation(numbers=Bill(heard=said))), "workers chat/staging")
    assert found.what == "http://127.0.0.1:9/x says status: so so"
    assert found.state is (State.OK if healthy else State.FAILS)


async def test_numbers_of_one_s_own_are_read_once(installation: Make, runbook_file: Path) -> None:
    rules = 'checks: {by_name: {bill: {kind: value, limit: 9, http: "http://127.0.0.1:9/x"}}}\nslots:\n'
    rewrite(runbook_file, "slots:\n", rules)
    good = of(await examine(installation(numbers=Bill(NumberRead(value=812.5)))), "check chat/bill")
    assert (good.state, good.what) == (State.OK, "reads 812.5 now")
    gone = of(await examine(installation(numbers=Bill(NumberRead(problem="503")))), "check chat/bill")
    assert (gone.state, gone.what) == (State.FAILS, "503")
    assert "checks.by_name.bill" in gone.todo


async def test_a_stage_that_is_called_otherwise_in_the_metrics(installation: Make) -> None:
    findings = await examine(installation(metrics=CountedMetrics(rates={"pilot": 50_000.0, "global": 90_000.0})))
    assert 'no series with env="pilots"; there are global, pilot' in of(findings, "metrics chat/pilots").what
    assert "metric_stage" in of(findings, "metrics chat/pilots").todo


async def test_traffic_too_thin_for_a_watch(installation: Make) -> None:
    thin = CountedMetrics(rates={"pilots": 120.0, "global": 90_000.0})
    findings = await examine_limits(installation(metrics=thin))
    found = of(findings, "traffic chat/pilots")
    assert found.state is State.FAILS
    assert "at your 120 requests an hour the pilots watch cannot pass; it needs about " in found.what
    assert "and sees 480 in 4h" in found.what
    assert "bake: {length:" in found.todo
    assert thin.asked == [timedelta(days=1)]


async def test_endpoints_that_know_no_past_are_read_twice(installation: Make, runbook_file: Path) -> None:
    rewrite(runbook_file, "prometheus: http://localhost:9090", "scrape: [http://localhost:9464/metrics]")
    seen = CountedMetrics()
    findings = await examine(installation(metrics=seen))
    assert seen.asked == [timedelta(seconds=3), timedelta(seconds=3)]
    assert of(findings, "metrics").state is State.OK
    assert of(findings, "traffic").state is State.NOT_CHECKED


async def test_health_and_models(installation: Make) -> None:
    findings = await examine(
        installation(
            health=SaidHealth(healthy=False, detail="primary down"), prove=Answering({"new/m": "no such model"})
        )
    )
    assert failing(findings) == ["health", "model new/m"]
    assert "the new model does not answer: no such model" in of(findings, "model new/m").what


async def test_without_a_key_no_model_is_called_good(installation: Make) -> None:
    findings = await examine(installation(prove=None))
    assert failing(findings) == ["model old/m", "model new/m"]
    assert of(findings, "model old/m").what == "OPENROUTER_API_KEY is not set"


async def test_what_the_runbook_leaves_out_is_not_called_ok(installation: Make, runbook_file: Path) -> None:
    rewrite(runbook_file, "health: http://localhost:8080/api/health\n", "")
    findings = await examine(installation(health=None, metrics=None, candidate=None))
    states = {finding.check: finding.state for finding in findings}
    assert {states[check] for check in ("health", "metrics", "new model")} == {State.NOT_CHECKED}


async def test_a_malformed_runbook_still_has_its_tokens_checked(installation: Make, runbook_file: Path) -> None:
    good = installation()
    rewrite(runbook_file, "channel: model-rotation ", "chanel: model-rotation ")
    with pytest.raises(RunbookError) as caught:
        load(runbook_file)
    findings = await examine(replace(good, runbook=caught.value))
    assert [finding.check for finding in findings] == ["runbook", "bot token", "scopes", "app token"]
    assert "did you mean `channel`" in findings[0].what


async def test_a_check_that_breaks_does_not_hide_the_others(installation: Make) -> None:
    class Broken:
        async def check(self) -> object:
            raise TypeError("xoxb-123456-abcdef is not awaitable")

    findings = await examine(installation(health=Broken()))
    assert failing(findings) == ["health"]
    assert "the check itself broke: TypeError" in of(findings, "health").what
    assert "xoxb" not in of(findings, "health").what


async def test_a_check_that_hangs_is_ended(installation: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.doctor.examine.LIMIT_S", 0.05)

    async def forever(_model: str) -> str:
        await asyncio.Event().wait()
        return ""

    findings = await examine(installation(prove=forever))
    assert "no answer within 0.05 s" in of(findings, "models").what


class Shelf:
    """A catalog that lists what the test says."""

    def __init__(self, *models: Listed, problem: str = "") -> None:
        self._listing = Listing(at=datetime(2026, 11, 23, tzinfo=UTC), models=models, problem=problem)

    async def models(self) -> tuple[str, ...]:
        return tuple(model.id for model in self._listing.models)

    async def price(self, model: str) -> None:
        del model

    async def listing(self) -> Listing:
        return self._listing


async def test_what_the_catalog_does_not_say_of_a_live_model_is_told(installation: Make) -> None:
    known = Listed(id="old/m", prompt_usd=1e-6, completion_usd=1e-6, context=9, tools=True, structured_output=False)
    late = known.model_copy(update={"retires": datetime(2027, 1, 1, tzinfo=UTC)})
    findings = await examine(installation(catalog=Shelf(late, Listed(id="x"))))
    assert of(findings, "catalog").what == "2 models are listed, 1 with a retirement date"
    assert of(findings, "catalog old/m").what == "is listed with price, context and abilities; retires 2027-01-01"
    half = known.model_copy(update={"tools": None, "unread": ("retirement date",)})
    found = of(await examine(installation(catalog=Shelf(half))), "catalog old/m")
    assert "tools, retirement date" in found.what
    missing = of(await examine(installation(catalog=Shelf(Listed(id="x")))), "catalog old/m")
    assert missing.state is State.NOT_CHECKED


async def test_a_list_nobody_gives_fails_nothing_and_a_broken_file_does(installation: Make, runbook_file: Path) -> None:
    found = of(await examine(installation(catalog=Shelf(problem="http://x/models answered 404"))), "catalog")
    assert (found.state, found.what) == (State.NOT_CHECKED, "http://x/models answered 404")
    runbook_file.write_text(runbook_file.read_text() + "catalog: {file: models.yml}\n")
    broken = str(runbook_file.parent / "models.yml") + ":3: models: is empty"
    changed = installation(runbook=load(runbook_file), catalog=Shelf(problem=broken))
    assert of(await examine(changed), "catalog").state is State.FAILS


@pytest.mark.parametrize(
    ("left", "state", "what"),
    [
        (Credit(left_usd=4, limit_usd=5), State.OK, "$4.00 of $5.00 left on the key"),
        (Credit(left_usd=0, limit_usd=5), State.FAILS, "$0.00 of $5.00 left on the key"),
        (Credit(), State.OK, "the key has no limit of its own"),
        (Credit(problem="it answered 404"), State.NOT_CHECKED, "it answered 404"),
    ],
)
async def test_what_is_left_of_the_key_is_told(installation: Make, left: Credit, state: State, what: str) -> None:
    class Key:
        async def credit(self) -> Credit:
            return left

    found = of(await examine(installation(account=Key())), "credit")
    assert (found.state, found.what) == (state, what)
