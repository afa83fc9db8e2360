"""Carrying promptfoo configurations over: what becomes a case, and that everything else is listed with its place."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.difftest.suite.kinds import has_judge, is_kind
from bot.difftest.suite.located import MalformedFile
from bot.difftest.suite.model import Suite
from bot.difftest.suite.promptfoo.convert import Imported, import_promptfoo
from bot.difftest.suite.promptfoo.template import Untranslatable, render, settled
from bot.difftest.suite.promptfoo.tests import compact_assertion

DATA: Final = Path(__file__).parents[1] / "data" / "promptfoo"
CONFIG: Final = DATA / "promptfooconfig.yaml"


def imported(folder: Path, text: str, **files: str) -> Imported:
    """A configuration with files beside it; `_` in a name stands for a point."""
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content, encoding="utf-8")
    path = folder / "promptfooconfig.yaml"
    path.write_text(text, encoding="utf-8")
    return import_promptfoo(path)


def suite(found: Imported) -> Suite:
    assert found.suite is not None, [str(left) for left in found.left]
    return Suite.model_validate(found.suite)


def one(
    folder: Path, assertion: str, head: str = "", kept: str = "{type: equals, value: kept}"
) -> tuple[list[dict[str, Any]], list[str]]:
    """What one assertion becomes, beside one that always is carried over; and what is said to be lost."""
    tests = f"- vars: {{q: hi, v: value}}\n  assert: [{assertion}, {kept}]\n"
    found = imported(folder, f"{head}\nprompts: ['{{{{q}}}}']\ntests:\n{tests}")
    entries = [entry.model_dump(exclude_none=True) for entry in suite(found).cases[0].assertions]
    return [entry for entry in entries if entry.get("value") != "kept"], [left.why for left in found.left]


def test_the_example_loses_nothing_in_silence() -> None:
    found = import_promptfoo(CONFIG)
    made = suite(found)
    assert made.repeats == 2
    places = {f"{left.path.name}:{left.line}" for left in found.left}
    config = CONFIG.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(config[1:], start=2):
        if any(
            word in line
            for word in ("javascript", "transform:", "huggingface", "make.py", "https:", "extensions", "../")
        ):
            near = {f"{CONFIG.name}:{number + step}" for step in (0, 1)}
            assert near & places, line
    assert {"tests.csv:5", "several.txt:3", "more.yaml:6"} <= places


def test_the_example_keeps_what_it_can() -> None:
    made = suite(import_promptfoo(CONFIG))
    refund = made.by_id["refund-time"]
    assert refund.messages[0].content == (
        "Answer the customer of Acme in one sentence: How long does a refund take at Acme?"
    )
    assert [entry.type for entry in refund.assertions] == ["icontains", "not-contains", "regex"]
    assert [tool.name for tool in refund.tools] == ["get_weather", "open_ticket"]
    assert refund.tags == ("topic:refunds",)
    chat = made.by_id["refund-time-chat"]
    assert [(message.role, message.content) for message in chat.messages] == [
        ("system", "You work for Acme."),
        ("user", "How long does a refund take at Acme?"),
    ]
    weather = [case for case in made.cases if case.id.startswith("weather")]
    assert {str(case.messages[-1].content)[-6:] for case in weather if "chat" in case.id} == {" Oslo?", " Rome?"}
    assert not any("nothing-left" in case.id or "changed" in case.id for case in made.cases)
    hello = made.by_id["translated-hello"]
    assert hello.assertions[0].value == "Hola mundo"
    assert {case.cluster for case in made.cases if case.id.startswith("translated")} == {
        "scenario-1-1-1",
        "scenario-1-2-1",
    }


def test_a_test_that_keeps_other_assertions_says_so_and_one_with_none_is_left_out() -> None:
    left = {f"{entry.path.name}:{entry.line}": entry.why for entry in import_promptfoo(CONFIG).left}
    assert left["promptfooconfig.yaml:41"] == "javascript needs code to run; what else is asserted is kept"
    assert (
        left["promptfooconfig.yaml:71"] == "python needs code to run; nothing else is asserted, so the test is left out"
    )


def test_providers_are_noted_but_nothing_is_lost(tmp_path: Path) -> None:
    text = "providers: [openai:a, {id: 'openai:b', config: {apiKey: x}}]\nprompts: ['{{q}}']\n"
    found = imported(tmp_path, text + "tests: [{vars: {q: hi}, assert: [{type: equals, value: x}]}]\n")
    assert found.left == ()
    assert [note.why.partition(" is not carried")[0] for note in found.notes[:2]] == [
        "the provider openai:a",
        "the provider openai:b",
    ]


@pytest.mark.parametrize(
    ("written", "ours"),
    [
        ("{type: equals, value: '{{v}}'}", {"type": "equals", "value": "value"}),
        ("{type: equals, value: {a: '{{v}}'}}", {"type": "equals", "value": {"a": "value"}}),
        ("{type: not-icontains, value: 3}", {"type": "not-icontains", "value": 3}),
        ("{type: contains-any, value: 'a, b'}", {"type": "contains-any", "value": ["a", "b"]}),
        ("{type: contains-all, value: [a, b]}", {"type": "contains-all", "value": ["a", "b"]}),
        ("{type: regex, value: '(?<x>a)(?<!b)'}", {"type": "regex", "value": "(?P<x>a)(?<!b)"}),
        ("{type: is-json}", {"type": "is-json"}),
        ('{type: is-json, value: \'{"type": "object"}\'}', {"type": "is-json", "value": {"type": "object"}}),
        ("{type: is-json, value: 'type: object'}", {"type": "is-json", "value": {"type": "object"}}),
        ("{type: is-json, value: file://schema.json}", {"type": "is-json", "value": {"type": "array"}}),
    ],
)
def test_an_assertion_with_a_counterpart(tmp_path: Path, written: str, ours: dict[str, Any]) -> None:
    (tmp_path / "schema.json").write_text('{"type": "array"}', encoding="utf-8")
    assert one(tmp_path, written) == ([ours], [])


@pytest.mark.parametrize(
    "written",
    [
        "{type: javascript, value: 'true'}",
        "{type: python, value: 'True'}",
        "{type: webhook, value: 'https://x'}",
        "{type: latency, threshold: 100}",
        "{type: cost, threshold: 0.1}",
        "{type: is-sql}",
        "{type: levenshtein, value: x, threshold: 2}",
        "{type: equals, value: x, transform: output.trim()}",
        "{type: equals, value: x, weight: 0}",
        "{type: regex, value: '('}",
        "{type: equals, value: 'file://x.js'}",
        "{type: equals, value: 'file:///etc/passwd'}",
        "{type: equals, value: '{{nobody}}'}",
        "{type: equals, value: '{{env.HOME}}'}",
        "{type: is-valid-openai-tools-call}",
        "{type: tool-call-f1, value: [a], threshold: 0.5}",
        "{type: assert-set, threshold: 0.5, assert: [{type: equals, value: x}]}",
        "{value: x}",
        "just text",
        "{type: llm-rubric, value: polite}",
    ],
)
def test_an_assertion_without_one_is_listed_once_and_the_rest_kept(tmp_path: Path, written: str) -> None:
    made, left = one(tmp_path, written)
    assert made == []
    assert len(left) == 1
    assert left[0].endswith("; what else is asserted is kept")


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("{type: starts-with, value: x}", "starts-with"),
        ("{type: icontains-any, value: [x]}", "icontains-any"),
        ("{type: contains-json}", "contains-json"),
        ("{type: not-is-refusal}", "not-refusal"),
        ("{type: similar, value: x, threshold: 0.8}", "similarity"),
    ],
)
def test_a_type_is_carried_over_exactly_when_our_loader_knows_it(tmp_path: Path, written: str, name: str) -> None:
    made, left = one(tmp_path, written)
    assert [entry["type"] for entry in made] == ([name] if is_kind(name) else [])
    assert bool(left) == (not is_kind(name) or name == "similarity")  # similarity by wording is not what it was


def test_a_format_that_only_promptfoo_looks_at_is_listed_and_the_rest_of_the_schema_kept(tmp_path: Path) -> None:
    schema = "{properties: {day: {format: date}, n: {type: integer, format: int32}}}"
    made, left = one(tmp_path, f"{{type: is-json, value: {schema}}}")
    kept = {"properties": {"day": {"format": "date"}, "n": {"type": "integer"}}}
    assert made == [{"type": "is-json", "value": kept}]
    (why,) = left
    assert "its $.properties.n.format is int32, which is looked at there; nothing is held to it here" in why


def test_nor_is_a_format_of_a_tool_passed_over(tmp_path: Path) -> None:
    tool = "{name: a, parameters: {properties: {n: {format: int32}}}}"
    head = f"providers: [{{id: 'openai:x', config: {{tools: [{tool}]}}}}]"
    made, left = one(tmp_path, "{type: is-valid-openai-tools-call}", head, "{type: is-valid-openai-tools-call}")
    assert [entry["type"] for entry in made] == ["tool-count"]
    assert all("a's $.properties.n.format is int32" in why for why in left)
    assert left


def test_a_rubric_takes_a_judge(tmp_path: Path) -> None:
    path = tmp_path / "promptfooconfig.yaml"
    path.write_text("prompts: [hi]\ntests: [{assert: [{type: llm-rubric, value: polite}, {type: equals, value: a}]}]\n")
    found = import_promptfoo(path, judge="acme/judge")
    kinds = [entry.type for entry in suite(found).cases[0].assertions]
    assert kinds == (["llm-rubric", "equals"] if has_judge() else ["equals"])


TOOLS: Final = """
providers:
- id: openai:x
  config:
    tools:
    - {type: function, function: {name: a, parameters: {type: object}}}
    - {name: b, input_schema: {type: object}}
"""


def test_assertions_about_tool_calls(tmp_path: Path) -> None:
    valid = "{type: is-valid-openai-tools-call}"
    some = {"type": "tool-count", "value": {"min": 1}}
    assert one(tmp_path, valid, TOOLS, valid) == ([some], [])
    made, left = one(tmp_path, "{type: tool-call-f1, value: 'a, b'}", TOOLS, valid)
    assert made == [{"type": "tool-called", "value": ["a", "b"]}, some]
    assert left == []
    made, left = one(tmp_path, "{type: tool-call-f1, value: [a]}", TOOLS, valid)
    assert made == [{"type": "tool-called", "value": ["a"]}, {"type": "not-tool-called", "value": "b"}, some]
    assert left == []


def test_where_calls_are_expected_a_text_would_be_the_calls(tmp_path: Path) -> None:
    made, left = one(tmp_path, "{type: is-valid-openai-tools-call}", TOOLS, "{type: is-json}")
    assert [entry["type"] for entry in made] == ["tool-count"]
    (why,) = left
    assert why.startswith("is-json looks at the calls as text there")
    assert why.endswith("; what else is asserted is kept")


def test_the_tools_of_bedrock(tmp_path: Path) -> None:
    spec = "{toolSpec: {name: a, description: d, inputSchema: {json: {type: object, required: [x]}}}}"
    head = f"providers: [{{id: bedrock:x, config: {{tools: [{spec}]}}}}]"
    text = f"{head}\nprompts: [hi]\ntests: [{{assert: [{{type: is-valid-openai-tools-call}}]}}]\n"
    (tool,) = suite(imported(tmp_path, text)).cases[0].tools
    assert (tool.name, tool.description, tool.parameters) == ("a", "d", {"type": "object", "required": ["x"]})


def test_a_set_of_which_all_must_hold_is_taken_apart(tmp_path: Path) -> None:
    inner = "{type: assert-set, assert: [{type: contains, value: b}]}"
    made, left = one(tmp_path, f"{{type: assert-set, threshold: 1, assert: [{{type: contains, value: a}}, {inner}]}}")
    assert [entry["value"] for entry in made] == ["a", "b"]
    assert left == []


def test_a_threshold_of_a_test_is_said_to_be_lost(tmp_path: Path) -> None:
    text = "prompts: [hi]\ntests: [{threshold: 0.5, assert: [{type: equals, value: a}, {type: equals, value: b}]}]\n"
    found = imported(tmp_path, text)
    assert len(suite(found).cases[0].assertions) == 2
    assert [(left.line, left.field) for left in found.left] == [(2, "tests[0].threshold")]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("file://../outside.txt", "lies outside"),
        ("file:///etc/hostname", "lies outside"),
        ("file://link.txt", "lies outside"),
        ("file://~/x.txt", "lies outside|does not exist"),
        ("file://*/../../outside.txt", "lies outside|matches no file"),
        ("file://missing.txt", "does not exist"),
        ("file://x.py:make", "is code"),
        ("file://x.sh", "is code"),
        ("exec:./x.sh", "runs a program"),
        ("https://example.org/x.txt", "not on this machine"),
        ("huggingface://datasets/x", "not on this machine"),
        ("file://binary.txt", "is not UTF-8"),
        ("file://.", "does not exist"),
    ],
)
def test_files_outside_code_and_addresses_are_refused_and_listed(tmp_path: Path, name: str, why: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "outside.txt").write_text("secret", encoding="utf-8")
    (inside / "link.txt").symlink_to(tmp_path / "outside.txt")
    (inside / "binary.txt").write_bytes(b"\xff\xfe\x00")
    found = imported(inside, f"prompts: ['{name}', 'good']\ntests: [{{assert: [{{type: equals, value: a}}]}}]\n")
    assert [case.messages[0].content for case in suite(found).cases] == ["good"]
    assert len(found.left) == 1
    assert any(part in found.left[0].why for part in why.split("|"))
    assert "secret" not in json.dumps(found.suite)


def test_a_wider_root_may_be_named(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "prompt.txt").write_text("shared", encoding="utf-8")
    path = inside / "promptfooconfig.yaml"
    path.write_text(
        "prompts: [file://../prompt.txt]\ntests: [{assert: [{type: equals, value: a}]}]\n", encoding="utf-8"
    )
    assert import_promptfoo(path).suite is None
    assert suite(import_promptfoo(path, tmp_path)).cases[0].messages[0].content == "shared"


def test_variables_of_variables_lists_and_files(tmp_path: Path) -> None:
    text = """\
prompts: ['{{greeting}} {{ person.name | upper }}{# none #} {{ doc }}']
tests:
- vars: {greeting: '{{word}}, dear', word: [Hello, Good day], person: {name: Ada}, doc: file://doc.txt}
  assert: [{type: contains, value: '{{person.name}}'}]
- vars: {greeting: '{{word}}', word: [a, b], person: {name: x}, doc: y}
  options: {disableVarExpansion: true}
  assert: [{type: equals, value: x}]
"""
    found = imported(tmp_path, text, doc_txt="the document\n")
    assert [case.messages[0].content for case in suite(found).cases] == [
        "Hello, dear ADA the document",
        "Good day, dear ADA the document",
    ]
    assert len({case.id for case in suite(found).cases}) == 2
    assert "holds `{{word}}`, which could not be filled in" in found.left[0].why


def test_a_table_of_tests_keeps_its_lines(tmp_path: Path) -> None:
    head = "q,__expected,__expected2,__metadata:tags[],__prefix\n"
    table = head + '"two\nlines",contains: x,fn: y,"a,b",Now: \nplain,Yes,,,\n'
    found = imported(tmp_path, "prompts: ['{{q}}']\ntests: file://t.csv\n", t_csv=table)
    first, second = suite(found).cases
    assert (first.messages[0].content, first.tags) == ("Now: two\nlines", ("a", "b"))
    assert second.assertions[0].value == "Yes"
    assert [(left.path.name, left.line) for left in found.left] == [("t.csv", 2)]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Paris", {"type": "equals", "value": "Paris"}),
        ("note: this is no type", {"type": "equals", "value": "note: this is no type"}),
        ("not-contains: x", {"type": "not-contains", "value": "x"}),
        ("similar(0.9): a b", {"type": "similar", "value": "a b", "threshold": 0.9}),
        ("grade: polite", {"type": "llm-rubric", "value": "polite"}),
        ("fn: true", {"type": "javascript", "value": "true"}),
        ("icontains-any: a, b", {"type": "icontains-any", "value": ["a", "b"]}),
        ("is-json", {"type": "is-json"}),
    ],
)
def test_assertions_of_a_table(text: str, made: dict[str, Any]) -> None:
    assert compact_assertion(text) == made


@pytest.mark.parametrize(
    "text",
    ["", "- a\n- b\n", "just text\n", "prompts: 3\ntests: 4\n", "tests: [1, null, [2]]\n",
     "prompts: [{}]\ntests: [{}]\n",
     "scenarios: [{config: 3, tests: x}]\n", "defaultTest: file://no.yaml\nprompts: [a]\ntests: [{assert: x}]\n",
     "prompts: [[1]]\ntests: [{vars: [1], assert: [{type: equals, value: a}]}]\n",
     "prompts: ['{{a}}']\ntests: [{vars: {a: '{{a}}'}, assert: [{type: equals, value: a}]}]\n",
     "prompts: [hi]\ntests: [{options: 3, metadata: 4, assert: [{type: assert-set, assert: 3}]}]\n",
     "providers: {a: 1}\nprompts: [hi]\ntests: {vars: 1}\n"],
)  # fmt: skip
def test_clumsy_files_end_in_a_list_and_never_in_a_crash(tmp_path: Path, text: str) -> None:
    try:
        found = imported(tmp_path, text)
    except MalformedFile:
        return
    assert found.suite is None
    assert found.left


@pytest.mark.parametrize("text", ["a: [", "a: !!python/object:x", "a: &x [*x]"])
def test_what_is_no_yaml_says_so(tmp_path: Path, text: str) -> None:
    path = tmp_path / "promptfooconfig.yaml"
    path.write_text(text, encoding="utf-8")
    if "python" in text:
        assert import_promptfoo(path).suite is None
    else:
        with pytest.raises(MalformedFile):
            import_promptfoo(path)


PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="{}"), max_size=30)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), PLAIN, min_size=1), PLAIN)
def test_values_go_in_as_they_are(variables: dict[str, str], between: str) -> None:
    template = between.join(f"{{{{ {name} }}}}" for name in variables)
    assert render(template, variables) == between.join(variables.values())


@given(st.text(max_size=60))
def test_any_text_is_rendered_or_refused(text: str) -> None:
    try:
        rendered = render(text, {"a": "b"})
    except Untranslatable:
        return
    assert "{{" in text or "{#" in text or "{%" in text or rendered == text


def test_variables_that_stand_inside_each_other_come_to_an_end() -> None:
    assert settled({"a": "{{b}}", "b": "{{c}}", "c": "x\n"}) == {"a": "x", "b": "x", "c": "x"}
    assert set(settled({"a": "{{b}}", "b": "{{a}}"})) == {"a", "b"}
