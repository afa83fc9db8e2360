"""What people type: read back as meant, however their phone dresses it up."""

import string
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rotation.model.state import Trigger
from bot.wording.helping import FLAGS, MORE, VERBS
from handlers.grammar import complete, incomplete, model_like, parse, subject_of
from handlers.spelled import formatted
from handlers.typed import OpenQuote, decoded, nearest, split
from handlers.wishes import (
    STEERING,
    Compare,
    FreezeIt,
    Help,
    NotUnderstood,
    PromoteIt,
    ShowStatus,
    ShowWhy,
    SteerIt,
    UnfreezeIt,
    Wish,
)

VISIBLE = st.characters(blacklist_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Cf"))
WORD = st.text(VISIBLE, min_size=1, max_size=30)
WORDS = st.lists(WORD, min_size=1, max_size=6).map(" ".join)
SUBJECT = st.from_regex(r"[RD][1-9][0-9]{0,4}", fullmatch=True) | st.from_regex(
    r"[a-z][a-z_-]{0,20}[a-z]", fullmatch=True
)
ROTATION = SUBJECT.filter(lambda subject: not subject.startswith("D"))
KEY = "sk-abcdefabcdef012345"
MODEL = st.text(string.ascii_letters + string.digits + "/.:-_@", min_size=1, max_size=60).filter(model_like)
WISHES = st.one_of(
    st.builds(Help, st.just("") | SUBJECT | st.sampled_from([*VERBS, MORE])),
    st.builds(ShowStatus, st.just("") | SUBJECT),
    st.builds(ShowWhy, st.just("") | SUBJECT),
    st.builds(PromoteIt, st.just("") | SUBJECT),
    st.builds(SteerIt, st.sampled_from(sorted(STEERING.values())), ROTATION),
    st.builds(SteerIt, st.just("abort"), SUBJECT),
    st.builds(FreezeIt, st.just("") | SUBJECT, st.just("") | WORDS, st.just("") | WORDS),
    st.builds(UnfreezeIt, st.just("") | SUBJECT, st.just("") | WORDS),
    st.builds(SteerIt, st.sampled_from(["roll_back", "pause", "abort", "settle"]), ROTATION, WORDS),
    st.builds(
        SteerIt,
        st.just("hands_off"),
        ROTATION,
        st.just("") | WORDS,
        st.none() | st.integers(1, 7200).map(lambda seconds: timedelta(seconds=seconds)),
    ),
    st.builds(
        Compare,
        candidate=MODEL,
        slot=st.just("") | WORD,
        rollback=st.just("") | MODEL,
        trigger=st.sampled_from(Trigger),
        reason=st.just("") | WORDS,
        fresh=st.booleans(),
    ).filter(lambda wish: wish.rollback != wish.candidate),
)


@given(WISHES)
def test_what_is_formatted_is_read_back_as_the_same(wish: Wish) -> None:
    assert parse(formatted(wish)) == wish


@pytest.mark.parametrize(
    ("typed", "subject", "until", "reason"),
    [
        ("freeze all --until monday 09:00 --reason year end", "all", "monday 09:00", "year end"),
        (
            "Freeze chat —until “2026-12-01 09:00 Europe/Berlin” --reason ‘no’",
            "chat",
            "2026-12-01 09:00 Europe/Berlin",
            "no",
        ),
        ("freeze --until tomorrow at 5 pm America/New_York global", "global", "tomorrow at 5 pm America/New_York", ""),
        ("freeze --until=4h global", "global", "4h", ""),
        ("freeze --until 2026-12-01 #chat --reason x", "chat", "2026-12-01", "x"),
        ("freeze stage:global --until 18:00", "stage:global", "18:00", ""),
        ("/freeze", "", "", ""),
    ],
)
def test_a_freeze_is_read_with_its_end_and_its_reason(typed: str, subject: str, until: str, reason: str) -> None:
    assert parse(decoded(typed)) == FreezeIt(subject, until, reason)


def test_what_is_lifted_is_named() -> None:
    assert parse("unfreeze f3") == UnfreezeIt("f3")
    assert incomplete(UnfreezeIt())
    asked = complete(UnfreezeIt(), ["chat"], "R42")
    assert isinstance(asked, NotUnderstood)
    assert (asked.code, asked.facts["known"]) == ("subject_needed", ["chat", "all"])


@given(st.text(max_size=200))
def test_any_words_at_all_have_an_answer(text: str) -> None:
    found = parse(decoded(text))
    assert isinstance(found, Wish | NotUnderstood)


@given(st.lists(st.text(min_size=1, max_size=20).filter(lambda word: "\x00" not in word), max_size=5))
def test_quoted_words_stay_one_word(words: list[str]) -> None:
    typed = " ".join(f'"{quoted_inside(word)}"' for word in words)
    plain = [word.translate({ord(space): " " for space in "\u00a0\u2007\u202f\u200b\ufeff"}) for word in words]
    assert [word.text for word in split(typed)] == plain


def quoted_inside(word: str) -> str:
    return word.replace("\\", "\\\\").replace('"', '\\"')


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", Compare()),
        ("  HELP ", Help()),
        ("diff", Compare()),
        ("diff a/b", Compare("a/b")),
        ("Diff  a/b   chat", Compare("a/b", "chat")),
        ("diff a/b:free —fresh", Compare("a/b:free", fresh=True)),
        ("diff a/b –trigger Cost", Compare("a/b", trigger=Trigger.COST)),
        ("diff a/b --trigger=new_model", Compare("a/b")),
        ("diff a/b −−trigger deprecated", Compare("a/b", trigger=Trigger.DEPRECATED)),
        (
            "diff a/b --reason it’s cheaper by a third --fresh",
            Compare("a/b", reason="it’s cheaper by a third", fresh=True),
        ),
        ("diff a/b --reason “it’s „good“ enough” chat", Compare("a/b", "chat", reason="it’s „good“ enough")),
        ("diff a/b --reason so it is chat", Compare("a/b", reason="so it is chat")),
        ('diff a/b --reason "a -- b" --fresh', Compare("a/b", reason="a -- b", fresh=True)),
        ('diff a/b --reason="two words" chat', Compare("a/b", "chat", reason="two words")),
        ("diff «a/b» chat", Compare("a/b", "chat")),
        ("diff ‘a/b’ 'chat'", Compare("a/b", "chat")),
        ("diff a/b --reason 'it’s “good” enough' chat", Compare("a/b", "chat", reason="it’s “good” enough")),
        ("diff a/b --reason 'twas time", Compare("a/b", reason="'twas time")),
        ('diff " " chat', Compare("", "chat")),
        ("/rotate promote D17", PromoteIt("D17")),
        ("rotate", Compare()),
        ("--help", Help()),
        ("-h", Help()),
        ("?", Help()),
        ("abort d17", SteerIt("abort", "D17")),
        ("promote d17", PromoteIt("D17")),
        ("promote R042,", PromoteIt("R42")),
        ("promote #chat", PromoteIt("chat")),
        ("status", ShowStatus()),
        ("why r42,", ShowWhy("R42")),
        ("Why chat", ShowWhy("chat")),
        ("/rollback R42", SteerIt("roll_back", "R42")),
        ("rollback\u00a0R42 --reason slow at night", SteerIt("roll_back", "R42", "slow at night")),
    ],
)
def test_forgiven(typed: str, meant: Wish) -> None:
    assert parse(typed) == meant


@pytest.mark.parametrize(
    ("typed", "code", "facts"),
    [
        ("promot D17", "unknown_verb", {"verb": "promot", "nearest": ["promote"]}),
        ("sing", "unknown_verb", {"verb": "sing", "nearest": []}),
        ("diff a --resaon x", "unknown_flag", {"flag": "--resaon", "nearest": ["--reason"]}),
        ("status --reason x", "flag_not_for_verb", {"flag": "--reason", "verb": "status", "known": []}),
        ("diff a --trigger", "flag_without_value", {"flag": "--trigger"}),
        ('diff a --reason ""', "flag_without_value", {"flag": "--reason"}),
        ("diff a --trigger quallity", "unknown_trigger", {"nearest": ["quality"]}),
        ("diff a b c d", "too_many_words", {"words": "c d"}),
        ('diff a "b', "open_quote", {"words": "b"}),
        ("diff <!channel>", "odd_model", {"model_given": "<!channel>"}),
        ("diff `rm`", "odd_model", {}),
        ("diff $(rm)", "odd_model", {}),
        ("diff 🚀", "odd_model", {}),
        ("diff -5", "odd_model", {}),
        ("diff ../../etc/passwd", "odd_model", {}),
        (f"diff {'y' * 201}", "odd_model", {}),
        ('diff "a b"', "odd_model", {}),
        (f"diff {KEY}", "key_for_model", {}),
        (f"diff a --rollback {KEY}", "key_for_model", {}),
        ("diff a --rollback b;c", "odd_model", {"model_given": "b;c"}),
        ("diff a --rollback a", "way_back_is_candidate", {"candidate": "a"}),
        ("rollback D17", "comparison_holds_nothing", {"subject": "D17", "verb": "rollback"}),
    ],
)
def test_not_understood(typed: str, code: str, facts: dict[str, object]) -> None:
    found = parse(typed)
    assert isinstance(found, NotUnderstood)
    assert found.code == code
    assert found.facts.items() >= facts.items()


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("diff a &amp; &lt;b&gt;", "diff a & <b>"),
        ("diff <http://z.ai/glm|z.ai/glm>", "diff z.ai/glm"),
        ("diff <https://z.ai/glm>", "diff https://z.ai/glm"),
        ("ask <@U123|mia> in <#C123|chat> or <!subteam^S1|@ml>", "ask @mia in #chat or @ml"),
        ("&amp;lt;", "&lt;"),
    ],
)
def test_what_slack_sends_is_what_was_typed(sent: str, typed: str) -> None:
    assert decoded(sent) == typed


def test_an_open_quote_says_what_follows_it() -> None:
    with pytest.raises(OpenQuote) as broken:
        split('one "two three')
    assert broken.value.rest == "two three"


def test_what_is_left_out_is_filled_in_from_the_thread_then_from_the_only_slot() -> None:
    assert not incomplete(PromoteIt("D17"))
    assert incomplete(PromoteIt())
    assert complete(PromoteIt(), ["chat"]) == PromoteIt("chat")
    assert complete(SteerIt("pause"), ["chat", "search"], "R42") == SteerIt("pause", "R42")
    assert complete(Compare("a/b"), ["chat"]) == Compare("a/b", "chat")
    assert complete(Compare("a/b"), ["chat", "search"]) == Compare("a/b")
    missing = complete(SteerIt("roll_back"), ["chat", "search"])
    assert isinstance(missing, NotUnderstood)
    assert missing.code == "subject_needed"
    assert "rollback" in str(missing.facts["usage"])


def test_the_nearest_names() -> None:
    assert nearest("caht", ["chat", "search"]) == ["chat"]
    assert nearest("R4", ["R42", "D17"]) == ["R42"]
    assert nearest("zzz", ["chat"]) == []
    assert subject_of("e7.") == "E7"


@pytest.mark.parametrize(
    ("words", "topic"),
    [("help more", "more"), ("HELP More.", "more"), ("help Hands–off", "hands-off"), ("help chat", "chat")],
)
def test_help_about_something(words: str, topic: str) -> None:
    assert parse(words) == Help(topic)


@pytest.mark.parametrize(
    ("word", "verb"), [("undo", "rollback"), ("deploy", "promote"), ("cancel", "abort"), ("dif", "diff")]
)
def test_what_other_bots_call_a_verb_is_suggested_and_never_done(word: str, verb: str) -> None:
    found = parse(f"{word} R42")
    assert isinstance(found, NotUnderstood)
    assert found.facts["nearest"][0] == verb  # type: ignore[index]
    assert word not in VERBS


def test_help_names_every_verb_and_flag_the_grammar_knows() -> None:
    assert set(VERBS) == {
        "help",
        "status",
        "why",
        "models",
        "doctor",
        "diff",
        "promote",
        "freeze",
        "unfreeze",
        *STEERING,
    }
    for verb, about in VERBS.items():
        assert not isinstance(parse(about.example), NotUnderstood), verb
        written = {flag for flag in FLAGS if f"--{flag}" in about.usage}
        for flag in FLAGS:
            value = {"for": "30m"}.get(flag, "cost")
            taken = not isinstance(parse(f"{verb} x --{flag} {value}"), NotUnderstood)
            assert taken == (flag in written) or (flag == "fresh" and verb == "diff"), (verb, flag)


@pytest.mark.parametrize("words", ["hands-off R42", "Hands Off r42", "handsoff R42", "HANDS–OFF R42", "/hands-off R42"])
def test_hands_off_however_it_is_spelled(words: str) -> None:
    assert parse(f"{words} —for 30m —reason “we move it”") == SteerIt(
        "hands_off", "R42", "we move it", timedelta(minutes=30)
    )
    assert parse("hands on R42") == SteerIt("hands_on", "R42")


def test_a_length_of_time_that_is_none_is_said() -> None:
    for words in ("soon", "0m", "15", "-5m"):
        found = parse(f'hands-off R42 --for "{words}" --reason x')
        assert isinstance(found, NotUnderstood), words
        assert found.code == "odd_length"
