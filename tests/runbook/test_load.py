"""An operator's file either loads whole or is answered with every mistake at its place."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.runbook.load import Loaded, load
from bot.runbook.models.people import Approval
from bot.runbook.models.plan import plan_for
from bot.runbook.problems import RunbookError
from tests.runbook.conftest import MINIMAL, Loads, Problems, edited

ML_LINE = "  ml:      {channel: ml-oncall,   group: ml-oncall}"


def in_block(line: str) -> str:
    """The ML group with one more line, each on a line of its own."""
    return f"  ml:\n    channel: ml-oncall\n    {line}"


def test_the_minimal_file_is_complete(loads: Loads, tmp_path: Path) -> None:
    loaded: Loaded = loads(MINIMAL)
    slot = loaded.runbook.slots["chat"]
    assert list(slot.stages) == ["staging", "pilots", "global"]
    assert slot.suite == str(tmp_path / "chat.suite.yml")
    assert slot.stages["pilots"].env_file == "/etc/app/pilots.env"
    assert loaded.runbook.groups.finance.people == ("U024BE7LH",)
    assert loaded.texts == {
        str(tmp_path / "runbook.yml"): MINIMAL,
        str(tmp_path / "chat.suite.yml"): "cases: []\n",
    }


def test_relative_paths_mean_beside_the_file(loads: Loads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    loaded = loads(edited(("/etc/app/staging.env", "env/staging.env")))
    assert loaded.runbook.slots["chat"].stages["staging"].env_file == str(tmp_path / "env" / "staging.env")


def test_a_folder_is_named_without_detours_unless_a_link_leads_elsewhere(
    write: Callable[[str | bytes], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(MINIMAL.replace("/etc/app/staging.env", "staging.env"))
    (tmp_path / "aside" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "aside")
    found = load(Path("..") / file.name)
    assert (found.path, found.runbook.slots["chat"].suite) == (file, str(tmp_path / "chat.suite.yml"))
    assert found.runbook.slots["chat"].stages["staging"].env_file == str(tmp_path / "staging.env")
    (tmp_path / "link").symlink_to(tmp_path / "aside" / "deep")
    (tmp_path / "aside" / "chat.suite.yml").write_text("cases: []\n")
    file.rename(tmp_path / "aside" / file.name)
    led = load(tmp_path / "link" / ".." / file.name)
    assert Path(led.runbook.slots["chat"].suite).samefile(tmp_path / "aside" / "chat.suite.yml")


def test_the_digest_is_of_the_rules_not_of_how_they_are_written(loads: Loads) -> None:
    plain = loads(MINIMAL).digest
    spelled_out = MINIMAL + "time_zone: UTC\ncomparison: {max_usd: 5}\n# a comment\n"
    reordered = "time_zone: UTC\n" + MINIMAL
    assert loads(spelled_out).digest == plain
    assert loads(reordered).digest == plain
    assert loads(MINIMAL.replace("\n", "\r\n")).digest == plain
    assert loads(MINIMAL + "comparison: {max_usd: 6}\n").digest != plain


def test_the_order_of_stages_is_part_of_the_digest(loads: Loads) -> None:
    lines = MINIMAL.splitlines(keepends=True)
    staging = next(n for n, line in enumerate(lines) if "staging: {" in line)
    lines[staging], lines[staging + 1] = lines[staging + 1], lines[staging]
    assert loads("".join(lines)).digest != loads(MINIMAL).digest


def test_every_mistake_is_answered_at_once_and_in_order(problems: Problems) -> None:
    text = edited(
        ("channel: model-rotation  ", "channel: #model-rotation"),
        ("suite:", "suit:"),
        ("6000", "-3"),
        ("pilots.env", "staging.env"),
        ("health: http", "health: ftp"),
    )
    found = problems(text + "deadlines: {approval: 3}\n")
    assert [(line, field) for line, field, _ in found] == [
        (1, "channel"),
        (14, "health"),
        (17, "slots.chat.suit"),
        (18, "slots.chat.envelope_usd_per_month"),
        (22, "slots.chat.stages.pilots.env_file"),
        (24, "deadlines.approval"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "says"),
    [
        ("suite:", "suit:", 17, "slots.chat.suit", "did you mean `suite`"),
        ("health:", "variable:", 14, "variable", "it belongs in `slots.NAME`"),
        ("channel: model-rotation  ", "channel: #model-rotation", 1, "channel", "`#` starts a comment in YAML"),
        ("channel: model-rotation  ", "channel: ", 1, "channel", "`#` starts a comment in YAML"),
        ("{channel: ml-oncall, ", "{channel: #ml-oncall, ", 3, "", "`#` starts a comment in YAML"),
        ("group: sre-oncall", "group: @sre-oncall", 4, "", "`@` cannot begin"),
        ("  ml: ", "\tml: ", 3, "", "a tab"),
        ("chat.suite.yml", "gone.yml", 17, "slots.chat.suite", "no such file"),
        ("chat.suite.yml", "~/chat.suite.yml", 17, "slots.chat.suite", "`~` is not expanded"),
        ("/etc/app/global.env", "$HOME/global.env", 23, "slots.chat.stages.global.env_file", "are not filled in"),
        ("  chat:", "  d17:", 17, "slots.d17", "reads like a comparison"),
        ("  chat:", "  my chat:", 17, "slots.my chat", "cannot be named in a command"),
        ("  chat:", "  all:", 17, "slots.all", "means something else"),
        ("      global:  {", "      gl/obal: {", 23, "slots.chat.stages.gl/obal", "cannot be named in a command"),
        ("provider: openrouter", "provider: opnrouter", 6, "provider", "give its `base_url`"),
        ("provider: openrouter", "provider: null", 6, "provider", "is empty"),
        ("people: [U024BE7LH]", "people: U024BE7LH", 5, "groups.finance.people", "(write [U024BE7LH])"),
        ("people: [U024BE7LH]", "people: [#ops]", 5, "", "`#` starts a comment"),
        ("traffic: none", "traffic: no", 21, "slots.chat.stages.staging.traffic", "one of live or none"),
        ("latency: llm_request_duration_seconds", "latency: rate(x[5m])", 11, "metrics.latency", "rotate writes"),
        ("http://localhost:9090", "http://user:hunter22@h:1", 8, "metrics.prometheus", "without a name and password"),
        ("6000", "a lot", 18, "slots.chat.envelope_usd_per_month", "expected a number, found 'a lot'"),
        (ML_LINE, in_block("group: #ml-oncall"), 5, "groups.ml.group", "`#` starts a comment in YAML"),
        (ML_LINE, in_block("group: # ml-oncall"), 5, "groups.ml.group", "`#` starts a comment in YAML"),
        (ML_LINE, in_block("group: null"), 5, "groups.ml.group", "`#` starts a comment in YAML"),
        (ML_LINE, in_block("people: #U024BE7LH"), 5, "groups.ml.people", "`#` starts a comment in YAML"),
        (ML_LINE, in_block("people: [ #U024BE7LH\n    ]"), 5, "groups.ml.people", "`#` starts a comment in YAML"),
        (ML_LINE, in_block("people: [U1, #U2\n      U3]"), 5, "groups.ml.people", "`#` starts a comment in YAML"),
        (ML_LINE, in_block("people:\n      - #U024BE7LH"), 6, "groups.ml.people[1]", "`#` starts a comment in YAML"),
        (ML_LINE, in_block("people:"), 5, "groups.ml.people", "at least one member id"),
        (ML_LINE, in_block("people: []"), 5, "groups.ml.people", "at least one member id"),
        (ML_LINE, in_block(""), 4, "groups.ml", "name either `group`"),
        (ML_LINE, "  ml: #ml-oncall", 3, "groups.ml", "`#` starts a comment in YAML"),
        ("suite: chat", "suite: #gone", 17, "slots.chat.suite", "`#` starts a comment in YAML"),
        ("[systemctl, restart, worker-pilots]", "[]", 22, "slots.chat.stages.pilots.restart", "expected a program"),
        ("health:", "channel:", 14, "channel", "is written twice (first in line 1)"),
    ],
)
def test_a_mistake_is_answered_where_it_stands(
    problems: Problems, old: str, new: str, line: int, field: str, says: str
) -> None:
    found = problems(edited((old, new)))
    assert [f[:2] for f in found] == [(line, field)], found
    assert says in found[0][2]


def test_a_missing_variable_is_asked_for_once_or_where_it_lacks(problems: Problems) -> None:
    everywhere = problems(edited(("    variable: CRUVERO_OPENROUTER_MODEL\n", "")))
    assert [f[:2] for f in everywhere] == [(16, "slots.chat.variable")]
    partly = edited(
        ("    variable: CRUVERO_OPENROUTER_MODEL\n", ""),
        ("{env_file: /etc/app/staging.env,", "{variable: M, env_file: /etc/app/staging.env,"),
    )
    assert [f[1] for f in problems(partly)] == [
        "slots.chat.stages.pilots.variable",
        "slots.chat.stages.global.variable",
    ]


def test_two_targets_of_one_slot_never_share_a_variable_of_a_file(problems: Problems, loads: Loads) -> None:
    twice = edited(("env_file: /etc/app/pilots.env, ", "env_file: /etc/app/staging.env, "))
    assert "already a target of stage `staging`" in problems(twice)[0][2]
    other_variable = twice.replace("staging.env,  restart", "staging.env, variable: OTHER, restart")
    assert loads(other_variable).runbook.slots["chat"].stages["pilots"].variable == "OTHER"


@pytest.mark.parametrize("file", ["/etc/app/global.env", "/etc/app/../app/global.env"])
def test_two_slots_never_share_a_variable_of_a_file(problems: Problems, loads: Loads, file: str) -> None:
    other = f"  draft:\n    suite: chat.suite.yml\n    variable: MODEL\n    stages: {{live: {{env_file: {file}}}}}\n"
    [(line, field, said)] = problems(MINIMAL + other.replace("MODEL", "CRUVERO_OPENROUTER_MODEL"))
    assert (line, field) == (27, "slots.draft.stages.live.env_file")
    place = f"CRUVERO_OPENROUTER_MODEL in {file}"
    assert said == f"{place} is already a target of slot `chat` (stage `global`); each needs its own place"
    assert list(loads(MINIMAL + other).runbook.slots) == ["chat", "draft"]


def test_a_group_that_was_stored_is_read_again(loads: Loads) -> None:
    runbook = loads(MINIMAL).runbook
    assert type(runbook).model_validate_json(runbook.model_dump_json()) == runbook


def test_a_target_of_a_list_is_named_by_its_number(problems: Problems) -> None:
    text = edited(
        (
            "{env_file: /etc/app/global.env,  restart: [systemctl, restart, worker-global]}",
            "{targets: [{env_file: /a.env}, {env_file: /a.env}, {env_fil: /b.env}]}",
        )
    )
    assert [f[1] for f in problems(text)] == [
        "slots.chat.stages.global.targets[2].env_file",
        "slots.chat.stages.global.targets[3].env_fil",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        ("# only a comment\n", "the file is empty"),
        ("- a\n- b\n", "the file is a list"),
        ("model-rotation", "the file is a single text"),
        ("a: b: c", "indent the lines of a block alike"),
        ('a: "b\nc: d\n', "a quote is opened and never closed"),
        ("a: 1\n---\nb: 2\n", "begins a second document"),
        ("a: *b\n", "undefined alias"),
        ("a: {b: c\nd: e\n", "what began in line 1"),
        (b"\x89PNG\r\n\x1a\n\x00", "is not UTF-8 text"),
        (b"channel: a\x00b\n", "holds a control character"),
        (b"channel: caf\xe9\n", "is not UTF-8 text (line 1)"),
    ],
)
def test_what_is_not_a_runbook_at_all_is_said_plainly(problems: Problems, text: str | bytes, says: str) -> None:
    assert any(says in what for _, _, what in problems(text))


def test_an_alias_that_holds_itself_or_multiplies_ends(problems: Problems) -> None:
    assert any("holds itself" in what for _, _, what in problems("a: &x [*x]\n"))
    bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 10)}]\n" for n in range(8)
    )
    [(line, _, what)] = [found for found in problems(bomb) if "alias" in found[2]]
    assert line < 9
    assert what == "aliases (`*name`) make more than 50,000 entries of this file; write out what is meant"


def test_a_byte_order_mark_and_anchors_are_read(loads: Loads) -> None:
    text = edited(("{env_file: /etc/app/staging.env,", "&s {env_file: /etc/app/staging.env,"))
    text = text.replace("{env_file: /etc/app/pilots.env, ", "{<<: *s, env_file: /etc/app/pilots.env, traffic: live, ")
    pilots = loads(b"\xef\xbb\xbf" + text.encode()).runbook.slots["chat"].stages["pilots"]
    assert (pilots.traffic, pilots.env_file) == ("live", "/etc/app/pilots.env")
    assert pilots.restart == ("systemctl", "restart", "worker-pilots")


def test_a_file_that_is_not_there_or_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(RunbookError, match="no such file"):
        load(tmp_path / "gone.yml")
    with pytest.raises(RunbookError, match="is a folder"):
        load(tmp_path)


EACH = ", approval: {{each: true, {}}}"
STAGING = "{env_file: /etc/app/staging.env"


@pytest.mark.parametrize(
    ("old", "new", "field", "says"),
    [
        (STAGING, '{env_file: ""', "slots.chat.stages.staging.env_file", "a text that is not empty"),
        ("people: [U024BE7LH]", "people: [x]", "groups.finance.people[1]", "'x' is no member id"),
        ("channel: model-rotation ", 'channel: "A B C!" ', "channel", "'A B C!' is no channel"),
        ("group: sre-oncall", 'group: "@ml oncall"', "groups.sre.group", "'ml oncall' is no user group"),
        ("latency: llm_request_duration_seconds", "latency: x_bucket", "metrics.latency", "without `_bucket`: x"),
        (STAGING, STAGING + ", bake: {length: 1h, looks: 3, every: 5m}", "slots.chat.stages.staging.bake", "either"),
        (STAGING, STAGING + ", tenants: [a, b, a]", "slots.chat.stages.staging.tenants", "names a twice"),
        (STAGING, STAGING + ", approval: {groups: []}", "slots.chat.stages.staging.approval", "at least one of"),
        (STAGING, STAGING + EACH.format("groups: [ml, ml]"), "slots.chat.stages.staging.approval.groups", "twice"),
        (STAGING, STAGING + EACH.format("count: 0"), "slots.chat.stages.staging.approval.each", "needs nobody's"),
        (
            STAGING,
            STAGING + ", approval: {fallback: [{group: ml, after: 4h}]}",
            "slots.chat.stages.staging.approval.fallback",
            "names ml, which is asked already",
        ),
        (
            STAGING,
            STAGING + EACH.format("groups: [ml, sre], fallback: [{group: finance, after: 4h}]"),
            "slots.chat.stages.staging.approval.fallback",
            "somebody of every group, whom no other replaces",
        ),
        (
            STAGING,
            STAGING + ", approval: {count: 0, fallback: [{group: sre, after: 4h}]}",
            "slots.chat.stages.staging.approval.fallback",
            "`count` is 0",
        ),
        (
            STAGING,
            STAGING + ", approval: {fallback: [{group: sre, after: 0s}]}",
            "slots.chat.stages.staging.approval.fallback[1].after",
            "longer",
        ),
        (STAGING, STAGING + EACH.format("groups: [mm]"), "slots.chat.stages.staging.approval.groups[1]", "ml"),
        (
            "channel: model-rotation ",
            "retention: {answers: 0s}\nchannel: model-rotation ",
            "retention.answers",
            "longer",
        ),
    ],
)
def test_what_could_never_work_is_not_taken(problems: Problems, old: str, new: str, field: str, says: str) -> None:
    ((_, where, what),) = problems(edited((old, new)))
    assert (where, says in what) == (field, True), what


def test_with_each_as_many_people_are_needed_as_there_are_groups(loads: Loads) -> None:
    text = edited((STAGING, STAGING + EACH.format("groups: [ml, finance]")))
    rule = loads(text).runbook.slots["chat"].stages["staging"].approval
    assert rule is not None
    assert (rule.groups, rule.needed) == (("ml", "finance"), 2)
    assert Approval.model_validate_json(rule.model_dump_json()) == rule
    assert "each" not in Approval(count=2).model_dump_json(), "what was stored before has the digest it had"


@pytest.mark.parametrize("person", ["<@U024BE7LH>", "<@U024BE7LH|mia>", "@U024BE7LH", "U024BE7LH"])
def test_a_mention_as_slack_copies_it_names_the_person(loads: Loads, person: str) -> None:
    text = edited(("people: [U024BE7LH]", f'people: ["{person}"]'))
    assert loads(text).runbook.groups.finance.people == ("U024BE7LH",)


def test_what_is_left_empty_is_offered_a_default_only_where_there_is_one(problems: Problems) -> None:
    ((_, _, suite),) = problems(edited(("suite: chat.suite.yml", "suite:")))
    assert suite.startswith("is empty; expected a text")
    assert "default" not in suite
    ((_, _, seed),) = problems(edited(("channel: model-rotation ", "comparison: {seed: }\nchannel: model-rotation ")))
    assert "leave the line out for the default" in seed
    head = MINIMAL[: MINIMAL.index("    stages:")]
    ((_, field, stages),) = problems(f"{head}    stages: {{}}\n")
    assert (field, stages.startswith("is empty; expected at least one entry")) == ("slots.chat.stages", True)


def test_a_file_that_is_missing_is_named_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunbookError) as caught:
        load("nosuch.yml")
    assert str(caught.value) == "nosuch.yml: no such file"


@pytest.mark.parametrize("deep", ["[" * 500, "[" * 70 + "]" * 70, "\n" + "".join(f"{' ' * n}a:\n" for n in range(400))])
def test_what_nests_too_deep_is_said(problems: Problems, deep: str) -> None:
    ((_, _, what),) = problems(f"channel: {deep}")
    assert "stand in each other deeper" in what or "not YAML" in what


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "runbook.yml")
    with pytest.raises(RunbookError, match="a pipe or device"):
        load(tmp_path / "runbook.yml")


@pytest.mark.parametrize(
    ("provider", "field", "says"),
    [
        ("api_key_env: sk-or-v1-topsecret0123456789", "api_key_env", "never the key itself"),
        ("api_key_env: topsecret-key", "api_key_env", "expected the name of an environment variable"),
        ("base_url: 'https://host/v1?key=topsecret'", "base_url", "without anything behind `?` or `#`"),
        ("base_url: 'https://me:topsecret@host/v1'", "base_url", "without a name and password in it"),
        ("base_url: 'https://host:99999/v1'", "base_url", "the port is a number from 1 to 65535"),
    ],
)
def test_a_secret_where_a_name_or_an_address_belongs_is_refused_without_repeating_it(
    problems: Problems, provider: str, field: str, says: str
) -> None:
    text = edited(("provider: openrouter", f"provider: {{name: openrouter, {provider}}}"))
    ((_, where, what),) = problems(text)
    assert (where, says in what, "topsecret" in what) == (f"provider.{field}", True, False), what


def test_a_token_written_into_the_file_is_not_repeated(problems: Problems) -> None:
    text = edited(("6000", "xoxb-123456789-abcdefghij"))
    assert "xoxb" not in problems(text)[0][2]


def test_several_slips_of_yaml_itself_are_all_found(problems: Problems) -> None:
    found = problems(
        edited(
            ("{channel: ml-oncall, ", "{channel: #ml-oncall, "),
            ("group: sre-oncall", "group: @sre-oncall"),
            ("people: [U024BE7LH]", "people: [@mia, @tom]"),
            ("suite:", "suit:"),
        )
    )
    assert [line for line, _, _ in found] == [3, 4, 5, 5, 17]


@pytest.mark.parametrize(
    ("provider", "slot", "pinned"),
    [
        ("openrouter", "", ()),
        ("{name: openrouter, only: [azure, openai], quantizations: [fp8]}", "", ("azure", "openai")),
        ("{name: openrouter, only: [azure]}", "    provider: deepinfra\n", ("deepinfra",)),
        ("openrouter", "    provider: openrouter\n", ()),
    ],
)
def test_who_alone_may_answer_behind_a_router(loads: Loads, provider: str, slot: str, pinned: tuple[str, ...]) -> None:
    text = edited(("provider: openrouter", f"provider: {provider}"), ("  chat:\n", f"  chat:\n{slot}"))
    assert loads(text).runbook.pinned("chat") == pinned


def test_quantizations_need_to_know_whose(problems: Problems) -> None:
    told = problems(edited(("provider: openrouter", "provider: {name: openrouter, quantizations: [fp8]}")))
    assert [(field, "`quantizations` needs `only`" in what) for _, field, what in told] == [("provider", True)]


GO = """\
    engine:
      command: [go, run, ./cmd/diff-test, --prompt, "{prompt}", --model-a, "{current}", --model-b, "{candidate}"]
      directory: tools
"""
PLACE = "    test_target: {env_file: test.env}\n"


def with_lines(lines: str) -> str:
    return edited(("    stages:\n", f"{lines}    stages:\n"))


def test_an_engine_and_a_test_target_mean_beside_the_file(loads: Loads, tmp_path: Path) -> None:
    runbook = loads(with_lines(GO + PLACE)).runbook
    slot = runbook.slots["chat"]
    assert slot.engine is not None
    assert slot.engine.directory == str(tmp_path / "tools")
    assert slot.engine.raw
    plan = plan_for(runbook, "chat")
    assert plan.test_target is not None
    assert plan.test_target.place == f"CRUVERO_OPENROUTER_MODEL in {tmp_path / 'test.env'}"


def test_a_file_without_them_has_the_digest_it_had_before_there_were_such_lines(loads: Loads) -> None:
    loaded = loads(MINIMAL)
    plain = loaded.runbook.model_dump(mode="json")
    for slot in plain["slots"].values():
        assert (slot.pop("engine"), slot.pop("test_target"), slot.pop("proposals")) == (None, None, None)
        slot["stages"] = list(slot["stages"].items())
    assert plain.pop("traffic_cycle") == {"length": "1d", "buckets": 24, "enough": 0.5}
    assert plain.pop("catalog") == {"every": "6h", "file": None}
    assert plain.pop("freezes") == []
    assert plain["checks"].pop("by_name") == {}
    assert (plain["metrics"].pop("counters"), plain["metrics"].pop("histograms")) == ({}, {})
    written = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    assert loaded.digest == hashlib.sha256(written.encode()).hexdigest()
    assert loads(with_lines(GO)).digest != loaded.digest


@pytest.mark.parametrize(
    ("old", "new", "field", "what"),
    [
        ("{current}", "{curent}", "slots.chat.engine.command[7]", "{curent} is no placeholder"),
        ("[go, run", '["{prompt}", run', "slots.chat.engine.command", "the first entry is the program"),
        ('"{prompt}"', '"x"', "slots.chat.engine.command", "no argument has {prompt}"),
        ("directory: tools", "directory: ~/tools", "slots.chat.engine.directory", "`~` is not expanded"),
        ("directory: tools", "time_limit: 0s", "slots.chat.engine.time_limit", "longer than nothing"),
        ("directory: tools", "environment: [a=b]", "slots.chat.engine.environment[1]", "the name of an environment"),
        (
            "directory: tools",
            "answers: {current: {text: a/b}, candidate: {text: /b}}",
            "slots.chat.engine.answers.current.text",
            "expected a JSON pointer",
        ),
        (
            "directory: tools",
            "answers: {current: {text: /a, latency_s: /s, latency_ms: /ms}, candidate: {text: /b}}",
            "slots.chat.engine.answers.current",
            "either `latency_s` or `latency_ms`",
        ),
        ("env_file: test.env", "env_file: /etc/app/global.env", "slots.chat", "each needs its own place"),
    ],
)
def test_what_is_wrong_with_an_engine_stands_at_its_line(
    problems: Problems, old: str, new: str, field: str, what: str
) -> None:
    text = with_lines(GO + PLACE)
    assert old in text
    [(line, where, said)] = problems(text.replace(old, new))
    assert where.startswith(field)
    assert what in said
    assert line > text[: text.index("    engine:")].count("\n")


def test_a_test_target_is_no_other_slots_place(problems: Problems) -> None:
    other = "  draft:\n    suite: chat.suite.yml\n    variable: CRUVERO_OPENROUTER_MODEL\n"
    stages = "    stages: {live: {env_file: test.env}}\n"
    [(_, where, said)] = problems(with_lines(PLACE) + other + stages)
    assert where == "slots.chat.test_target.env_file"
    assert said == "this place belongs to slot `draft`, too; a test target needs its own"
