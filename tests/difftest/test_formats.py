"""`format` in a schema is an expectation, and one that nobody looks at is not taken for one."""

import json
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from bot.difftest.marking.formats import FORMATS
from bot.difftest.marking.schemas import formats_in, schema_misses
from bot.difftest.marking.text import TEXT_ASSERTIONS, text_misses
from bot.difftest.suite.kinds import value_problem
from bot.difftest.suite.load import load_located
from bot.difftest.suite.remarks import remarks

# Read from the RFCs that the draft names; where its test suite (json-schema-org/JSON-Schema-Test-Suite,
# tests/draft2020-12/optional/format) has the case, the answer is the same.
CASES = [
    ("date", ["2026-02-28", "2024-02-29"], ["nope", "2026-02-29", "2026-2-8", "20260228", "2026-02-28T00:00:00Z"]),
    ("time", ["08:30:06Z", "08:30:06.283185-08:00", "23:59:60Z"], ["08:30:06", "24:00:00Z", "22:59:60Z", "8:3:6Z"]),
    ("date-time", ["2026-01-02T03:04:05Z", "1998-12-31T15:59:60-08:00"], ["2026-01-02", "2026-01-02 03:04:05Z"]),
    ("duration", ["P4DT12H30M5S", "P2W", "PT0S"], ["P", "PT", "4D", "P2D1Y", "P1YT", "P1Y2W"]),
    (
        "email",
        ["joe@example.com", "te~st@x", '"joe bloggs"@x.com', "j@[127.0.0.1]"],
        ["2962", ".t@x", "a..b@x", "a@-x"],
    ),
    ("idn-email", ["실례@실례.테스트"], ["2962"]),
    ("hostname", ["www.example.com", "xn--4gbwdl.xn--wgbh1c"], ["-a.b", "a_b", "", "a" * 64, "a..b"]),
    ("ipv4", ["192.168.0.1"], ["256.1.1.1", "1.2.3", "087.10.0.1", "1.2.3.4/8"]),
    ("ipv6", ["::1", "::ffff:192.168.0.1"], ["12345::", "1.2.3.4", "fe80::a%eth1", "::1/64"]),
    ("uri", ["http://x.example/a?b=%C3%BC#c", "urn:oasis:names", "mailto:a@b"], ["//x", "a b:c", "http://[a", "nope"]),
    ("uri-reference", ["/a/b", "//x/y", "#c", "a?b"], ["\\\\WINDOWS\\share", "#a\\b", "a b"]),
    ("iri", ["http://ƒøø.ßår/?∂éœ=πîx"], ["/abc", "http:// x"]),
    ("iri-reference", ["/âππ"], ["\\\\WINDOWS"]),
    ("uri-template", ["http://x/{var:3}/{+list*}"], ["http://x/{var", "{}", "a b"]),
    ("uuid", ["2EB8AA08-aa98-11ea-b4aa-73b441d16380"], ["2eb8aa08aa9811eab4aa73b441d16380", "nope", ""]),
    ("json-pointer", ["", "/a~0b/~1"], ["a", "/~2", "/~"]),
    ("relative-json-pointer", ["1", "0/foo", "2#"], ["/foo", "-1/a", "01/a"]),
    ("regex", [r"^\d+(?=x)$"], ["(", "^(abc]"]),
]


def test_every_format_that_is_asserted_is_tried_here() -> None:
    assert [name for name, _, _ in CASES] == [*FORMATS]


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, good, _ in CASES for text in good])
def test_a_text_of_the_format(name: str, text: str) -> None:
    assert schema_misses({"format": name}, text) is None


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, _, bad in CASES for text in bad])
def test_a_text_that_is_not(name: str, text: str) -> None:
    assert f"is no {name}" in (schema_misses({"format": name}, text) or "")
    assert "is no " in (
        text_misses("json-schema", {"properties": {"a": {"format": name}}}, json.dumps({"a": text})) or ""
    )


@given(st.sampled_from([*FORMATS]), st.none() | st.booleans() | st.integers() | st.lists(st.integers()))
def test_what_is_no_text_has_no_format(name: str, value: object) -> None:
    assert schema_misses({"format": name}, value) is None  # type: ignore[arg-type]  # any JSON


@given(st.dates(), st.text(max_size=12))
def test_dates_are_those_of_the_calendar(day: date, text: str) -> None:
    assert FORMATS["date"](day.isoformat())
    assert not FORMATS["date"](f"{day.isoformat()}{text or ' '}")


LONG: Final = [
    *("a" * 100_000, "a." * 50_000, "%41" * 33_000, "a@" * 50_000, "P" + "1Y" * 50_000, "a:" * 50_000, "{a," * 33_000),
    *('"' + "\\a" * 50_000, "http://" + "a@" * 50_000, "/~0" * 33_000, "é" * 100_000, "1" * 100_000),
]


@pytest.mark.parametrize("name", [*FORMATS])
@pytest.mark.parametrize("text", LONG, ids=lambda text: text[:9])
def test_a_long_text_takes_no_long(name: str, text: str) -> None:
    assert isinstance(FORMATS[name](text), bool)  # the suite's own time limit is the judge


@pytest.mark.parametrize("kind", ["json-schema", "not-json-schema", "is-json", "contains-json"])
@pytest.mark.parametrize("name", ["int64", "idn-hostname", "dat"])
def test_a_format_that_nobody_looks_at_is_no_expectation(kind: str, name: str) -> None:
    told = value_problem(kind, {"properties": {"a": {"type": "string", "format": name}}})
    assert told is not None
    assert f'$.properties.a.format is "{name}", which nothing is held to here (but to date, time, ' in told


def test_a_property_or_a_datum_of_that_name_is_no_format() -> None:
    schema: JsonValue = {
        "properties": {"format": {"enum": ["int64"]}},
        "const": {"format": "int64"},
        "default": {"format": "x"},
    }
    assert TEXT_ASSERTIONS["json-schema"].expects(schema) is None
    assert list(formats_in(schema)) == []


def test_tools_may_ask_for_more_and_check_says_that_nobody_looks(tmp_path: Path) -> None:
    path = tmp_path / "chat.yml"
    path.write_text(
        """\
cases:
  - id: a
    messages: [{role: user, content: hi}]
    tools: &tools
      - name: f
        parameters:
          properties:
            id: {type: integer, format: int64}
            day: {type: string, format: date}
      - type: function
        function:
          name: g
          parameters:
            properties:
              word: {type: string, format: password}
              id: {type: integer, format: int64}
    assert: [{type: tool-called, value: f}]
  - id: b
    messages: [{role: user, content: hi}]
    tools: *tools
    assert: [{type: tool-called, value: f}]
""",
        encoding="utf-8",
    )
    _, located = load_located(path)
    assert sorted(remarks(located)) == [
        "no call is held to the format 'int64' of a tool's parameters (lines 8, 16)",
        "no call is held to the format 'password' of a tool's parameters (line 15)",
    ]
