"""Loading suites: what may be written, and every error at its line."""

import json
import os
from pathlib import Path

import pytest

from bot.difftest.plan import request_for
from bot.difftest.suite.load import load_suite
from bot.difftest.suite.located import MalformedFile
from bot.difftest.suite.model import Suite

GOOD = """\
name: chat
primary: [quality, tools]
margins: {quality: 0.03}
parameters: {temperature: 0}
cases:
  - id: capital
    messages:
      - {role: system, content: Be short.}
      - {role: user, content: Capital of France?}
    assert:
      - {type: contains, value: Paris}
      - {type: not-contains, value: London}
    tags: [geo]
  - id: weather   # a comment changes nothing
    messages: [{role: user, content: Weather in Paris?}]
    tools: &tools
      - type: function
        function:
          name: get_weather
          parameters: {type: object, properties: {city: {type: string}}, required: [city]}
    assert:
      - {type: tool-args, value: {name: get_weather, arguments: {city: Paris}}}
  - id: date
    messages: [{role: user, content: When?}]
    tools: *tools
    assert: [{type: no-tool-call}, {type: equals, value: 2026-01-02}]
"""


def write(folder: Path, text: str, name: str = "chat.yml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str, name: str = "chat.yml") -> list[str]:
    path = write(folder, text, name)
    with pytest.raises(MalformedFile) as caught:
        load_suite(path)
    return [line.removeprefix(str(path)) for line in str(caught.value).splitlines()]


def test_a_good_suite(tmp_path: Path) -> None:
    suite = load_suite(write(tmp_path, GOOD))
    assert [case.id for case in suite.cases] == ["capital", "weather", "date"]
    assert (suite.margin("quality"), suite.margin("tools"), suite.margin("latency")) == (0.03, 0.05, 0.25)
    date = suite.by_id["date"]
    assert date.about_text[0].value == "2026-01-02"
    request = request_for(date, "acme/new", suite.parameters)
    assert request.messages == ({"role": "user", "content": "When?"},)
    assert isinstance(request.tools[0], dict)
    assert request.tools[0]["type"] == "function"
    assert request.parameters == {"temperature": 0}


def test_the_digest_is_about_content_only(tmp_path: Path) -> None:
    suite = load_suite(write(tmp_path, GOOD))
    again = load_suite(
        write(tmp_path, GOOD.replace("   # a comment changes nothing", "").replace("Be short.", '"Be short."'))
    )
    assert again.digest == suite.digest
    other = load_suite(write(tmp_path, GOOD.replace("Be short.", "Be long.")))
    assert other.digest != suite.digest


def test_json_lines_and_yaml_say_the_same(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "messages": [{"role": "user", "content": "x"}], "assert": [{"type": "equals", "value": "y"}]},
        {"id": "b", "messages": [{"role": "user", "content": "x"}], "assert": [{"type": "is-json"}], "tags": ["t"]},
    ]
    lines = "\n\n".join(json.dumps(row) for row in rows) + "\n"
    by_line = load_suite(write(tmp_path, lines, "chat.jsonl"))
    by_yaml = load_suite(write(tmp_path, json.dumps({"cases": rows}), "chat.json"))
    assert by_line == by_yaml
    assert Suite.model_validate(by_line.model_dump(by_alias=True)).digest == by_line.digest


HEAD = {"suite": {"judge": {"model": "neutral/umpire-1"}, "margins": {"quality": 0.1}, "repeats": 2, "private": True}}
ASKED = {"messages": [{"role": "user", "content": "?"}]}


def test_a_first_line_of_json_lines_holds_what_stands_beside_the_cases(tmp_path: Path) -> None:
    row = {"id": "a", **ASKED, "assert": [{"type": "llm-rubric", "value": "is kind"}]}
    by_line = load_suite(write(tmp_path, f"\n{json.dumps(HEAD)}\n{json.dumps(row)}\n", "chat.jsonl"))
    whole = load_suite(write(tmp_path, json.dumps({"name": "chat", **HEAD["suite"], "cases": [row]}), "chat.json"))
    assert by_line == whole
    assert (by_line.digest, by_line.repeats, by_line.private) == (whole.digest, 2, True)


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ({"suite": {"margin": {"quality": 0.1}}}, ":2: margin: 'margin' is no known field; did you mean margins?"),
        ({"suite": {"repeats": 0}}, ":2: repeats: input should be greater than or equal to 1"),
        ({"suite": [1]}, ":2: suite: a mapping is expected: what in YAML stands beside `cases:`"),
        ({"suite": {"cases": []}}, ":2: suite: has `cases`; in JSON Lines each case is a line of its own"),
        ({"suite": {}, "repeats": 2}, ":2: cases[0].suite: 'suite' is no known field"),
    ],
)
def test_a_wrong_first_line_is_told_beside_a_wrong_case(tmp_path: Path, head: object, told: str) -> None:
    found = problems(tmp_path, f"\n{json.dumps(head)}\n{json.dumps({'id': 'b', **ASKED})}\n", "chat.jsonl")
    assert any(line.startswith(told) for line in found), found
    assert any(line.startswith(":3: cases[") and line.endswith(".assert: is missing") for line in found), found


def test_a_first_line_alone_is_no_suite(tmp_path: Path) -> None:
    assert "at least one case is expected" in problems(tmp_path, json.dumps(HEAD), "chat.jsonl")[0]


def test_every_error_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    text = """\
name: chat
repeat: 2
margins: {quality: 5, latncy: 0.2}
cases:
  - id: a
    messages: []
    assert: [{type: contain, value: x}]
  - id: b
    messages: [{role: usr, content: hi}]
    assert:
      - {type: regex, value: "("}
      - type: json-schema
        value: {type: objekt}
  - id: b
    messages: [{role: user, content: {a: 1}}]
    tools: [{name: f, parameters: {type: 3}}]
    assert: []
  - messages: [{role: user, content: hi}]
    tools: [{name: get_weather}]
    tool_choice: sometimes
    assert:
    - {type: tool-args, value: {name: get_wether, arguments: {a: 1}}}
    - {type: equals, weight: 3}
  - just text
"""
    found = problems(tmp_path, text)
    places = [line.split(": ")[0] + " " + line.split(": ")[1] for line in found]
    assert places == [
        ":2 repeat",
        ":3 margins.quality",
        ":3 margins.latncy",
        ":6 cases[0].messages",
        ":7 cases[0].assert[0].type",
        ":9 cases[1].messages[0].role",
        ":11 cases[1].assert[0].value",
        ":13 cases[1].assert[1].value",
        ":14 cases[2].id",
        ":15 cases[2].messages[0].content",
        ":16 cases[2].tools[0].parameters",
        ":17 cases[2].assert",
        ":18 cases[3].id",
        ":20 cases[3].tool_choice",
        ":22 cases[3].assert[0].value",
        ":23 cases[3].assert[1].weight",
        ":23 cases[3].assert[1].value",
        ":24 cases[4]",
    ]
    whole = "\n".join(found)
    for told in (
        "'repeat' is no known field; did you mean repeats?",
        "did you mean latency?",
        "did you mean contains?",
        "is not a regular expression",
        "is not a JSON Schema",
        "already the id of the case in line 8",
        "did you mean get_weather?",
    ):
        assert told in whole


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("chat.yml", "cases: [", ":1: is not YAML"),
        ("chat.yml", "", "is empty"),
        ("chat.yml", "- a\n- b\n", "a suite is a mapping"),
        ("chat.yml", "name: x\n", "at least one case is expected"),
        ("chat.yml", "cases: []\n", ":1: cases: at least one case is expected"),
        ("chat.yml", "a: 1\na: 2\n", ":2: a: is written twice"),
        ("chat.yml", "cases: &x [*x]\n", ":1: refers to itself"),
        ("chat.yml", "a: &x {b: [1, {c: *x}]}\ncases: *x\n", ":1: refers to itself"),
        ("chat.yml", "pass_rate: .inf\ncases: []\n", "pass_rate"),
        ("chat.jsonl", '{"id": "a"}\n{"id": \n', ":2: is not JSON"),
        ("chat.jsonl", '{"id": "a", "n": NaN}\n', ":1: is not JSON: NaN"),
        ("chat.jsonl", "[1]\n", ":1: cases[0]: a mapping is expected"),
        ("chat.txt", "x", "a suite is a .yml"),
        ("chat.yml", "cases: " + "[" * 500, "more than 60 deep"),
        ("chat.yml", "cases: " + "[" * 70 + "]" * 70, "more than 60 deep"),
        ("chat.jsonl", '{"id": ' + "[" * 70 + "]" * 70 + "}", ":1: lists and blocks stand in each other more than"),
        ("chat.jsonl", '{"id": ' + "[" * 100_000 + "]" * 100_000 + "}", "more than 60 deep"),
        ("chat.jsonl", '{"id": "a", "id": "b"}\n', ":1: id is written twice"),
        ("chat.jsonl", '{"a": {"x": 1, "x": 2}}\n', ":1: x is written twice"),
        ("chat.yml", "parameters: {model: gpt}\n", ":1: parameters.model: is no parameter that a suite can set"),
        ("chat.yml", "parameters:\n  messages: []\n", ":2: parameters.messages: is no parameter"),
        ("chat.yml", "cases: [{id: a, messages: hi}]\n", "cases[0].messages: a list is expected"),
        ("chat.yml", "cases: [{id: 3}]\n", "cases[0].id: a text is expected"),
    ],
)
def test_what_is_no_suite(tmp_path: Path, name: str, text: str, told: str) -> None:
    assert told in "\n".join(problems(tmp_path, text, name))


def test_a_line_that_is_no_json_hides_no_other_error(tmp_path: Path) -> None:
    text = '{"id": "a", "mesages": []}\n{oops\n{"id": "a", "assert": [{"type": "regex", "value": "["}]}\n'
    told = "\n".join(problems(tmp_path, text, "chat.jsonl"))
    assert ":2: is not JSON: Expecting property name enclosed in double quotes (column 2)" in told
    assert "did you mean messages?" in told
    assert ":3: cases[2].assert[0].value: regex: is not a regular expression" in told
    assert ":3: cases[2].id: 'a' is already the id" in told
    assert "cases[1]" not in told


def test_a_key_written_twice_hides_no_other_error(tmp_path: Path) -> None:
    told = "\n".join(problems(tmp_path, "name: a\nname: b\nrepeat: 2\ncases: []\n"))
    assert ":2: name: is written twice" in told
    assert ":3: repeat: 'repeat' is no known field" in told


def test_a_pipe_is_refused_before_it_is_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "chat.yml"
    os.mkfifo(pipe)
    with pytest.raises(MalformedFile, match="is no file"):
        load_suite(pipe)


def test_lines_of_json_lines_are_those_of_the_file(tmp_path: Path) -> None:
    good = {"id": "a", "messages": [{"role": "user", "content": "x"}], "assert": [{"type": "equals", "value": "y"}]}
    bad = {**good, "id": "b", "assert": [{"type": "regex", "value": "["}]}
    found = problems(tmp_path, f"{json.dumps(good)}\n\n{json.dumps(bad)}\n{json.dumps(good)}\n", "chat.jsonl")
    assert [line[:3] for line in found] == [":3:", ":4:"]
    assert "line 1" in found[1]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(MalformedFile, match="cannot be read"):
        load_suite(tmp_path / "none.yml")
    (tmp_path / "latin.yml").write_bytes("name: é".encode("latin-1"))
    with pytest.raises(MalformedFile, match="not UTF-8"):
        load_suite(tmp_path / "latin.yml")


def test_merge_keys_numbers_and_quoted_words(tmp_path: Path) -> None:
    text = """\
cases:
  - &first
    id: a
    messages: [{role: user, content: "no"}]
    assert: [{type: equals, value: 0x1f}]
  - <<: *first
    id: b
    assert: [{type: equals, value: 1.5}, {type: equals, value: true}, {type: contains, value: 1_000}]
"""
    suite = load_suite(write(tmp_path, text))
    assert suite.by_id["a"].assertions[0].value == 31
    assert suite.by_id["b"].messages[0].content == "no"
    assert [entry.value for entry in suite.by_id["b"].assertions] == [1.5, True, 1000]


@pytest.mark.parametrize(
    "sign", ["\u202e", "\u2066", "\u200f", "\u061c", "\x1b", "\n", "\x9b", "\u200b", "\u2028", "\ufeff"]
)
def test_an_id_has_no_sign_that_nobody_sees(tmp_path: Path, sign: str) -> None:
    row = {"id": f"a{sign}b", **ASKED, "assert": [{"type": "is-json"}]}
    (told,) = problems(tmp_path, json.dumps({"cases": [row]}, indent=0), "chat.json")
    assert told.startswith(f":4: cases[0].id: holds U+{ord(sign):04X}, which nobody sees")
    assert sign not in told or sign == "\n"


def test_an_id_may_be_written_in_any_script(tmp_path: Path) -> None:
    ids = ["שלום 1", "خطأ", "日本-3", "naïve café", "ß/ü.x"]
    rows = [{"id": name, **ASKED, "assert": [{"type": "is-json"}]} for name in ids]
    suite = load_suite(write(tmp_path, json.dumps({"cases": rows}, ensure_ascii=False), "chat.json"))
    assert [case.id for case in suite.cases] == ids


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("primary: [quality, tools, quality]", ":1: primary: quality is named twice"),
        ('repeats: "3"', ":1: repeats: a number is expected, not a text"),
        ("margins: {quality: '0.05'}", ":1: margins.quality: a number is expected, not a text"),
        ("pass_rate: true", ":1: pass_rate: a number is expected, not a truth value"),
        ('private: "yes"', ":1: private: input should be a valid boolean"),
    ],
)
def test_nothing_is_guessed(tmp_path: Path, settings: str, told: str) -> None:
    assert problems(
        tmp_path, f"{settings}\ncases: [{{id: a, messages: [{{role: user, content: x}}], assert: [{{type: is-json}}]}}]"
    ) == [told]


@pytest.mark.parametrize("name", ["a[b]", "str", "list[str]", "[", ""])
def test_an_unknown_field_of_any_name_is_told(tmp_path: Path, name: str) -> None:
    row = {"id": "a", **ASKED, "assert": [{"type": "is-json"}], name: 1}
    (told,) = problems(tmp_path, json.dumps({"cases": [row]}, indent=0), "chat.json")
    assert f"{name!r} is no known field" in told


def test_aliases_that_stand_for_too_much_are_one_error_at_once(tmp_path: Path) -> None:
    """Written out, the last line would hold 10 ** 30 values, for which no time limit would do."""
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30))
    (told,) = problems(tmp_path, f"{bomb}cases: *a29\n")
    assert told == ":7: refers to itself, or holds more than 2,000,000 values once its aliases are written out"


def test_aliases_that_stand_for_much_are_none(tmp_path: Path) -> None:
    row = (
        "  - {id: a%d, messages: [{role: user, content: x}], tools: *tools, assert: [{type: tool-called, value: f}]}\n"
    )
    tool = "{name: f, parameters: {properties: {a: {type: string}, b: {enum: [1, 2, 3]}}}}"
    text = f"parameters: {{x: &tools [{tool}]}}\ncases:\n{''.join(row % n for n in range(500))}"
    assert len(load_suite(write(tmp_path, text)).cases) == 500


EMOJI = {"messages": [{"role": "user", "content": "a 😀 and \\ud83d"}], "assert": [{"type": "contains", "value": "😀"}]}


@pytest.mark.parametrize("name", ["suite.json", "suite.yml", "suite.jsonl"])
def test_a_character_that_json_escaped_as_two_halves_is_one(tmp_path: Path, name: str) -> None:
    case = {"id": "smile", **EMOJI}
    told = json.dumps(case if name.endswith("l") and "json" in name else {"cases": [case]})
    assert "\\ud83d\\ude00" in told
    (tmp_path / name).write_text(told, encoding="utf-8")
    read = load_suite(tmp_path / name).cases[0]
    assert read.messages[0].content == "a 😀 and \\ud83d"
    assert read.assertions[0].value == "😀"
    assert "😀" in read.model_dump_json()


@pytest.mark.parametrize("name", ["suite.json", "suite.jsonl"])
def test_half_a_character_is_said_at_its_line_before_any_money_is_spent(tmp_path: Path, name: str) -> None:
    case = json.dumps({"id": "half", **EMOJI}).replace("\\ud83d\\ude00", "\\ud83d", 1)
    (tmp_path / name).write_text(case if name == "suite.jsonl" else f'{{"cases": [\n{case}]}}', encoding="utf-8")
    with pytest.raises(MalformedFile, match=rf"{name}:{1 if name == 'suite.jsonl' else 2}.*holds half a character"):
        load_suite(tmp_path / name)
