"""The pieces of texts, units, and what is said when something is missing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rotation.model.state import ModelRef
from bot.wording import units
from bot.wording.facts import worded
from bot.wording.names import short_pair
from bot.wording.reasons import reason_text, reasons_text, rule_text
from bot.wording.refusals import REFUSALS
from bot.wording.replies import ANSWERS, reply_text
from bot.wording.text import (
    LONGEST_QUOTE,
    Bold,
    Called,
    Code,
    Link,
    Quote,
    Someone,
    When,
    fill,
    joined,
    line,
    plain,
    plain_line,
    quoted,
    text,
)
from bot.wording.timeline import LINES, timeline_line

AT = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)


def test_a_text_reads_in_a_terminal() -> None:
    whole = text(
        line("R42 ", Bold("runs"), " ", Code("a/b")),
        "",
        line("by ", Someone("U0MIA"), " for ", Called("<!subteam^S1>", "ML")),
        text(line("at ", When(AT, "time"), ", ", When(AT)), line(Link("https://x.example", "card"))),
        line(Quote("two\nlines")),
    )
    assert plain(whole).split("\n") == [
        "R42 runs a/b",
        "by @U0MIA for @ML",
        "at 14:05 UTC, 23 Nov 2026 14:05 UTC",
        "card (https://x.example)",
        "“two lines”",
    ]


def test_a_long_quote_says_that_it_was_cut() -> None:
    assert quoted("x" * LONGEST_QUOTE) == f"“{'x' * LONGEST_QUOTE}”"
    assert quoted("x" * 3_000).endswith("… (cut; 3,000 characters in all: rotate ledger export has them)”")


def test_a_missing_fact_reads_unknown() -> None:
    assert plain_line(fill("{who} did {what}", {"who": "Mia"})) == "Mia did unknown"
    assert plain_line(joined(["a", "b", "c"], ", ", " or ")) == "a, b or c"
    for code in (*REFUSALS, *ANSWERS):
        assert plain(reply_text(code, {}))
    for code in LINES:
        assert plain_line(timeline_line(code, {}))


@pytest.mark.parametrize("value", [None, "", 3, 0.5, True, [], ["a"], {"a": 1}, "2026-11-23T09:00:00+00:00", "never"])
def test_no_fact_is_too_strange_to_be_told(value: object) -> None:
    keys = {name for template in ANSWERS.values() for name in _fields(template)}
    keys |= {name for refusal in REFUSALS.values() for name in _fields(refusal.rule + refusal.who + refusal.then)}
    facts = dict.fromkeys(
        keys | {"nearest", "regressions", "readings", "needed", "question", "cause", "dimension"}, value
    )
    for code in (*REFUSALS, *ANSWERS):
        assert plain(reply_text(code, facts))  # type: ignore[arg-type]
    for code in LINES:
        assert plain_line(timeline_line(code, facts))  # type: ignore[arg-type]


def _fields(template: str) -> set[str]:
    return {part.partition("}")[0] for part in template.split("{")[1:]}


@pytest.mark.parametrize(
    ("code", "facts", "said"),
    [
        ("not_entitled", {"groups": ["ml", "sre"]}, "Who can: members of ML or SRE."),
        ("not_entitled", {"channel": True, "groups": ["ml"]}, "Who can: members of its channel or members of ML."),
        ("not_entitled", {"channel": "model-rotation"}, "Who can: members of #model-rotation."),
        ("own_request", {"groups": ["ml"]}, "another member of ML"),
        ("group_unresolved", {"groups": ["finance"]}, "who belongs to Finance"),
        (
            "already_decided",
            {"outcome": "approved", "by": "Max", "at": "2026-11-23T14:05:00+00:00"},
            "settled: approved by Max, 23 Nov 2026 14:05 UTC.",
        ),
        ("already_decided", {"outcome": "lapsed", "by": "", "at": None}, "settled: not answered in time."),
        ("not_in_phase", {"phase": "baking", "instead": "rollback"}, "`/rotate rollback` takes it back"),
        ("not_in_phase", {"phase": "awaiting_decision"}, "the rotation is waiting for a decision"),
        (
            "evidence_not_enough",
            {"needed": "pass", "verdict": "inconclusive"},
            "“fine”, and the comparison says: can't",
        ),
        ("way_back_closed", {"days": 7}, "open for 7 days"),
        ("comparison_too_old", {"comparison": "D17", "days": 7.3}, "D17 is 7.3 days old"),
        ("targets_changed", {"targets": ["X in /a holds b, not c"]}, "X in /a holds b, not c."),
        ("unknown_subject", {"subject": "R4", "nearest": ["R42"]}, "There is no R4. Did you mean R42?"),
        ("unknown_slot", {"slot": "caht", "nearest": ["chat"], "known": ["chat", "search"]}, "Known: chat, search."),
        ("diff_over_budget", {"spent": 25.5, "limit": 25.0}, "$25.50 today, and the runbook allows $25.00 a day"),
        ("accepted", {"rotation": "R42", "event": "roll_back"}, "R42: going back"),
        ("no_rotation", {"slot": "chat", "verb": "roll_back"}, "nothing to roll back"),
        ("already_acknowledged", {"by": "Sam", "at": "2026-11-23T14:05:00+00:00"}, "Sam has had it since 23 Nov"),
    ],
)
def test_what_a_person_reads(code: str, facts: dict[str, object], said: str) -> None:
    assert said in plain(reply_text(code, facts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "facts", "said"),
    [
        ("approved", {"by": "Max", "stage": "pilots", "needed": 1}, "✅ Max approved pilots"),
        ("approved", {"by": "Max", "stage": "pilots", "needed": 2}, "✅ Max approved pilots (2 approvals needed)"),
        ("decided", {"question": "held", "choice": "extend", "by": "", "reason": "nobody answered"}, "stated default"),
        ("rolling_back", {"cause": "guardrail_failed", "by": "", "dimension": "errors"}, "allowed (errors)"),
        ("rolling_back", {"cause": "asked", "by": "Sam", "dimension": None}, "Going back: asked for, by Sam"),
        ("look", {"stage": "pilots", "number": 3, "verdict": "inconclusive"}, "❔ pilots: check 3: can't tell yet"),
        ("held", {"stage": "pilots", "reasons": ["no_requests", "timeout"]}, "because no requests; the metrics source"),
        ("sent_back", {"because": "way_back_broken", "detail": "404"}, "does not answer: 404"),
        ("still_waiting", {"phase": "paused", "requester": "U0MIA"}, "@U0MIA: this is still paused"),
        ("was_down", {"seconds": 4000.0}, "1 h 6 min"),
        ("target_drifted", {"target": "pilots", "found": None, "detail": ""}, "pilots holds nothing (unset)"),
        ("applied", {"stage": "pilots", "targets": 2}, "set in 2 places"),
        (
            "look",
            {"stage": "staging", "number": 2, "verdict": "pass", "late_seconds": 15.8, "more_late": 3},
            "check 2: fine. It was judged 16 s late, because nobody looked when it was due; 3 more checks missed",
        ),
        (
            "held",
            {"stage": "staging", "reasons": ["not_scraped"], "late_seconds": 15.8, "more_late": 0},
            "nothing was scraped in that time. It was looked at 16 s late, because nobody looked when it was due:",
        ),
        ("paused", {"by": "Max", "reason": ""}, "Max paused this. Checks go on"),
        ("paused", {"by": "Max", "reason": "lunch"}, "Max paused this. Reason: “lunch”. Checks go on"),
        ("bake_started", {"until": "2026-11-23T14:05:00+00:00"}, "The last one is due 23 Nov 2026 14:05 UTC"),
    ],
)
def test_what_the_thread_says(code: str, facts: dict[str, object], said: str) -> None:
    assert said in plain_line(timeline_line(code, facts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (units.money(None), "unknown cost"),
        (units.money(0), "$0"),
        (units.money(0.00213), "$0.00213"),
        (units.money(0.4), "$0.40"),
        (units.money(4200), "$4,200"),
        (units.money(3e-9), "$0.00000000300"),
        (units.percent(0.016), "1.6 %"),
        (units.percent(None), "no figure"),
        (units.points(0.007), "+0.7 points"),
        (units.points(-0.01), "−1.0 point"),
        (units.points(0.0001), "0.0 points"),
        (units.change(0.25), "+25 %"),
        (units.change(-0.031), "−3.1 %"),
        (units.seconds(1.2), "1.20 s"),
        (units.seconds(0.0333), "33 ms"),
        (units.per_hundred(0.0047), "0.47 per 100 requests"),
        (units.per_hundred(-0.0003, difference=True), "−0.03 per 100 requests"),
        (units.number(-0.031), "−0.031"),
        (units.length(timedelta(days=1, hours=2, minutes=5)), "1 d 2 h"),
        (units.length(90), "1 min 30 s"),
        (units.length(0), "0 s"),
        (units.length(0.4), "0.4 s"),
        (units.count(1, "case"), "1 case"),
        (units.count(12_400, "request"), "12,400 requests"),
        (units.either(["a"]), "a"),
        (units.both(["a", "b", "c"]), "a, b and c"),
        (units.shortened("abcdefghij", 7), "abc…hij"),
    ],
)
def test_figures_have_units(shown: str, expected: str) -> None:
    assert shown == expected


MODEL_ID = st.text("abcdef/-.0123", min_size=1, max_size=200)


@given(MODEL_ID, MODEL_ID, st.integers(min_value=14, max_value=120))
def test_two_models_stay_apart_in_whatever_room_there_is(old: str, new: str, room: int) -> None:
    shown = short_pair(ModelRef(provider="p", id=old), ModelRef(provider="p", id=new), room)
    assert len(shown[0]) + len(shown[1]) <= room
    assert (shown[0] == shown[1]) == (old == new)


def test_reasons_in_words() -> None:
    assert reason_text("errors: too_few_requests") == "errors: too few requests"
    assert reason_text("Quality can't be told over 20 cases: too few") == "Quality can't be told over 20 cases: too few"
    assert reasons_text(()) == "no reason given"
    assert reasons_text(["timeout", "timeout"]) == "the metrics source did not answer in time"


def test_rules_in_words() -> None:
    assert rule_text("own_past pocock 2/3") == "against its own past, Pocock's bound for check 2 of 3"
    assert rule_text("concurrent always_valid") == "both models at the same time, a bound valid at any check"
    assert rule_text("backstop 2/3") == "beyond the absolute limit in 2 of 3 checks"
    assert rule_text("health endpoint") == "health endpoint"


def test_times_that_are_none_stay_words() -> None:
    assert plain_line(line(worded({"since": "a while"})["since"])) == "a while"
