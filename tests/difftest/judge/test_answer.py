"""A judge's reply is read strictly: one JSON object that does not contradict itself, or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.difftest.judge.answer import Choice, Finding, read_choice, read_finding

FULL = '{"better": "second", "first_meets": false, "second_meets": true, "why": " it is\\nright "}'


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ('{"better": "first"}', Choice("first")),
        (f"  {FULL}\n", Choice("second", "it is right")),
        (f"```json\n{FULL}\n```", Choice("second", "it is right")),
        ('```\n{"better": "tie"}\n```\n', Choice("tie")),
        ('{"better": "first", "first_meets": true, "second_meets": true}', Choice("first")),
        ('{"better": "tie", "first_meets": false, "second_meets": false, "why": 3}', Choice("tie")),
    ],
)
def test_usable_replies(text: str, choice: Choice) -> None:
    assert read_choice(text) == choice


@pytest.mark.parametrize(
    "text",
    [
        "",
        "first",
        "The first answer is better.",
        '{"better": "First"}',
        '{"better": "candidate"}',
        '{"better": ["first"]}',
        '{"better": null}',
        '[{"better": "first"}]',
        '{"better": "first"} {"better": "second"}',
        '{"better": "first", "better": "second"}',
        'Sure! {"better": "first"}',
        '```json\n{"better": "first"}\n```\nand on reflection\n```json\n{"better": "second"}\n```',
        '{"better": "first", "first_meets": false, "second_meets": true}',
        '{"better": "second", "first_meets": true, "second_meets": false}',
        '{"better": "tie", "first_meets": true, "second_meets": false}',
        '{"better": "first", "first_meets": "yes"}',
        '{"better": "first"',
        "[" * 100_000,
    ],
)
def test_replies_that_cannot_be_used(text: str) -> None:
    assert read_choice(text) is None


def test_findings() -> None:
    assert read_finding('{"meets": true, "why": "polite"}') == Finding(meets=True, why="polite")
    assert read_finding('```json\n{"meets": false}\n```') == Finding(meets=False)
    assert [read_finding(text) for text in ('{"meets": "true"}', '{"meets": 1}', '{"better": "first"}', "yes")] == [
        None
    ] * 4


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    assert read_choice(text) is None or text.strip()
    assert read_finding(text) is None or text.strip()
