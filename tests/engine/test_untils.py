"""The end of a freeze as people type it, in the runbook's time zone or the one they name."""

import contextlib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.untils import EXAMPLES, parsed_until

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)  # a Wednesday, 16:30 in Berlin


@pytest.mark.parametrize(
    ("words", "until"),
    [
        ("18:00", "2026-03-04 17:00"),
        ("16:30", "2026-03-05 15:30"),  # just now: the next time the clock says so
        ("9:00", "2026-03-05 08:00"),
        ("5 pm", "2026-03-04 16:00"),
        ("12am", "2026-03-04 23:00"),
        ("12:15 PM", "2026-03-05 11:15"),
        ("today", "2026-03-04 23:00"),
        ("tomorrow", "2026-03-05 23:00"),
        ("Tomorrow at 09:00", "2026-03-05 08:00"),
        ("wed", "2026-03-04 23:00"),  # today is one
        ("wednesday 16:00", "2026-03-11 15:00"),  # that was half an hour ago
        ("wednesday 17:00", "2026-03-04 16:00"),
        ("Monday 09:00", "2026-03-09 08:00"),
        ("sun", "2026-03-08 23:00"),
        ("2026-03-06", "2026-03-06 23:00"),  # that day, too
        ("2026-03-06 09:00", "2026-03-06 08:00"),
        ("2026-03-06T09:00", "2026-03-06 08:00"),
        ("2026-03-06T09:00+09:00", "2026-03-06 00:00"),
        ("2026-03-06T09:00Z", "2026-03-06 09:00"),
        ("2026-03-06 09:00 America/New_York", "2026-03-06 14:00"),
        ("2026-03-06 09:00 utc", "2026-03-06 09:00"),
        ("friday 09:00 asia/tokyo", "2026-03-06 00:00"),
        ("2026-03-04 09:00", "2026-03-04 08:00"),  # over: said by whoever asked
        ("2026-03-01", "2026-03-01 23:00"),
        ("2026-03-29 02:30", "2026-03-29 01:00"),  # which the wall leaves out
        ("2026-03-29", "2026-03-29 22:00"),  # a day of 23 hours
        ("4h", "2026-03-04 19:30"),
        ("+ 1h30m", "2026-03-04 17:00"),
        ("3 d", "2026-03-07 15:30"),
        ("1w", "2026-03-11 15:30"),
    ],
)
def test_what_is_typed_is_what_is_meant(words: str, until: str) -> None:
    assert parsed_until(words, NOW, BERLIN) == datetime.fromisoformat(until).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "words",
    [
        "soon",
        "9",
        "25:00",
        "13pm",
        "0am",
        "2026-02-30",
        "2026-13-01",
        "monday tuesday",
        "utc",
        "18:00 Berlin",
        "-4h",
        "4",
        "h",
    ],
)
def test_what_names_no_moment_is_not_guessed(words: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whoever asked says what is wrong
        parsed_until(words, NOW, BERLIN)


def test_every_example_that_is_offered_can_be_typed() -> None:
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert all(parsed_until(words, now, BERLIN) > now for words in EXAMPLES)


@given(st.text(max_size=30))
def test_any_words_are_a_moment_or_none(words: str) -> None:
    with contextlib.suppress(ValueError, OverflowError):
        assert parsed_until(words, NOW, BERLIN).tzinfo is UTC
