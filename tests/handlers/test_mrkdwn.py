"""Slack's medium: nothing people wrote becomes markup, and nothing is cut in the middle of something."""

import re
from datetime import UTC, datetime

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from slack_sdk.errors import SlackApiError, SlackRequestError

from bot.engine.models.notes import CardNote, ComparisonNote, Note, QuestionNote, SummaryNote, TimelineNote
from bot.wording.text import Bold, Called, Code, Link, Part, Quote, Someone, Typed, When, line, text
from handlers.blocks.layout import sections
from handlers.blocks.mrkdwn import cut, escape, render_line, render_part, within
from handlers.blocks.shown import shown
from handlers.failures import outside
from tests.handlers import notes, scenes
from tests.handlers.judge import every_text


def refused(answer: object) -> SlackApiError:
    return SlackApiError("x", answer)  # type: ignore[no-untyped-call]


AT = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        ("<!channel> & co", "&lt;!channel&gt; &amp; co"),
        (Bold("a<b"), "*a&lt;b*"),
        (Code("a`b\nc"), "`a'b c`"),
        (Code(""), ""),
        (Quote("<@U1>"), "“&lt;@U1&gt;”"),
        (When(AT, "time"), "<!date^1795442700^{time}|14:05 UTC>"),
        (When(AT), "<!date^1795442700^{date_short_pretty} {time}|23 Nov 2026 14:05 UTC>"),
        (Someone("U0MIA"), "<@U0MIA>"),
        (Someone("mia>"), "mia&gt;"),
        (Called("<!subteam^S1>", "ML"), "<!subteam^S1>"),
        (Called("<@U1> <@U2>", "ML"), "<@U1> <@U2>"),
        (Called("<!channel>", "ML"), "ML"),
        (Link("https://x.example/a?b=1&c", "a|b"), "<https://x.example/a?b=1&amp;c|a/b>"),
        (Link("javascript:alert(1)", "card"), "card"),
    ],
)
def test_each_piece(part: Part, shown: str) -> None:
    assert render_part(part) == shown


@given(st.text(max_size=200))
def test_no_words_become_markup(words: str) -> None:
    shown = render_line(line(words, Bold(words), Code(words), Quote(words)))
    assert "<" not in shown
    assert ">" not in shown
    assert not re.search(r"&(?!amp;|lt;|gt;)", shown)


PIECES = st.sampled_from(["plain words ", "&amp;", "&lt;", "<@U0MIA>", "<https://x.example|card>", "é", "…"])


@given(st.lists(PIECES, max_size=60).map("".join), st.integers(min_value=1, max_value=200))
def test_nothing_is_cut_in_half(words: str, room: int) -> None:
    shown = cut(words, room)
    assert len(shown) <= room
    assert shown.count("<") == shown.count(">")
    assert not re.search(r"&(?!amp;|lt;|gt;)", shown)


@given(st.lists(st.text(st.characters(blacklist_characters="\n"), min_size=1, max_size=300), min_size=1, max_size=30))
def test_lines_are_left_out_whole(lines: list[str]) -> None:
    escaped = [escape(one) for one in lines]
    shown = within(escaped, 1_000)
    assert len(shown) <= 1_000
    kept = shown.split("\n")
    assert kept[:-1] == escaped[: len(kept) - 1] or len(kept) == 1


@given(st.lists(st.text(min_size=1, max_size=4_000), max_size=8))
def test_sections_are_of_a_size_slack_takes(lines: list[str]) -> None:
    for block in sections(text(*lines)):
        assert 0 < len(block["text"]["text"]) <= 3_000


@pytest.mark.parametrize(
    ("error", "posting", "code", "again"),
    [
        (TimeoutError(), True, "answer_lost", True),
        (TimeoutError(), False, "unreachable", True),
        (aiohttp.ServerDisconnectedError(), True, "answer_lost", True),
        (SlackRequestError("odd"), False, "unreachable", True),
        (ValueError("odd"), False, "outside", True),
        (refused({"ok": False}), False, "refused", False),
    ],
)
def test_failures_without_a_word_of_slacks(error: Exception, posting: bool, code: str, again: bool) -> None:
    found = outside(error, posting=posting)
    assert (found.code, found.again) == (code, again)


def test_a_rate_limit_says_how_long() -> None:
    class Refused:
        status_code = 429
        data = b""
        headers = {"Retry-After": "30"}  # noqa: RUF012 - a stand-in for an answer

    found = outside(refused(Refused()))
    assert (found.code, found.what, found.again) == ("rate_limited", "Slack asks to wait 30 s", True)


LOUD = "*b* _i_ ~s~ `c` :tada: snake_case 2*3*4"
SHOWN = "\u2217b\u2217 \u02cdi\u02cd \u223cs\u223c \u02cbc\u02cb \ua789tada: snake_case 2*3*4"
"""The same to the eye; between letters and digits a sign is no mark, and stays what it is."""


def test_what_somebody_wrote_is_shown_as_typed() -> None:
    assert render_part(Quote(LOUD)) == f"“{SHOWN}”"
    assert render_part(Typed(LOUD)) == SHOWN
    assert render_part(Bold("*b*")) == "*\u2217b\u2217*"
    assert render_part(Code("a_b/*c*")) == "`a_b/*c*`"
    assert render_part("`/rotate status` of *b*") == "`/rotate status` of \u2217b\u2217"


def test_a_reason_is_words_in_comparison_card_request_and_thread() -> None:
    rotation = scenes.pilots_asked().model_copy(update={"reason": LOUD})
    found = notes.comparison_notes()["pass"]
    asked = rotation.request
    assert asked is not None
    facts: dict[str, JsonValue] = {"by": LOUD, "reason": LOUD, "comparison": "D1", "trigger": "cost"}
    told: list[Note] = [
        ComparisonNote(comparison=found.comparison.model_copy(update={"reason": LOUD})),
        CardNote(rotation=rotation, now=scenes.T0, actions=()),
        QuestionNote(rotation=rotation, question=asked.id, now=scenes.T0),
        TimelineNote(rotation="R42", code="begun", facts=facts),
        SummaryNote(rotation=rotation, code="rejected", facts={"by": "Max", "reason": LOUD}),
    ]
    for note in told:
        message = shown(note)
        for whole in (message.text, every_text(message.blocks)):
            assert SHOWN in whole
            assert not any(mark in whole for mark in ("*b*", "_i_", "~s~", "`c`", ":tada:"))
