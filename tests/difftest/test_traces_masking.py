"""No secret and nothing personal that was planted survives; what is masked once is masked for good."""

import json
from typing import Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.difftest.suite.traces.exchange import Exchange, RecordedCall
from bot.difftest.suite.traces.personal import KINDS, Masking, iban, luhn

DIGITS = "0123456789"


def _card(prefix: str) -> str:
    return next(prefix + check for check in DIGITS if luhn(prefix + check))


def _iban(account: str) -> str:
    number = int("".join(str(int(sign, 36)) for sign in f"{account}DE00"))
    return f"DE{98 - number % 97:02d}{account}"


def grouped(text: str, size: int = 4) -> str:
    return " ".join(text[at : at + size] for at in range(0, len(text), size))


letters = st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=10)
token = st.text("abcdefghijklmnopqrstuvwxyzABCDEF0123456789", min_size=24, max_size=40)
digits = st.text(DIGITS, min_size=9, max_size=9)
emails = st.builds("{}.{}+x@{}.example.org".format, letters, letters, letters)
keys = st.builds(
    "{}{}".format, st.sampled_from(["sk-", "sk-or-v1-", "ghp_", "xoxb-1234567890-", "glpat-", "AIza"]), token
)
cards = st.builds(_card, st.text(DIGITS, min_size=14, max_size=14).map("4".__add__))
ibans = st.builds(_iban, st.text(DIGITS, min_size=18, max_size=18))
phones = digits.map("+49 30 {}".format) | st.builds(
    "({}) 555-{}".format, *(st.text("23456789", min_size=n, max_size=n) for n in (3, 4))
)
ips = st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6, network="2001:db8::/32").map(
    lambda address: address.exploded
)
passwords = token.map("password={}".format)
SECRETS = st.one_of(
    emails.map(lambda v: (v, v)),
    keys.map(lambda v: (v, v)),
    cards.map(lambda v: (v, v)),
    cards.map(lambda v: (grouped(v), grouped(v))),
    ibans.map(lambda v: (v, v)),
    ibans.map(lambda v: (grouped(v), grouped(v))),
    phones.map(lambda v: (v, v)),
    ips.map(lambda v: (v, v)),
    passwords.map(lambda v: (v, v.removeprefix("password="))),
)
FILLER = st.lists(
    st.sampled_from(
        [
            "please",
            "my order 12345",
            "on 2026-01-02",
            "at 12:30:45",
            "v1.2.3",
            "(see above)",
            "https://x.example/a?b=1",
            "é ü 日本",
            "`code`",
            "\n",
            "costs $12.50",
            "3 + 4",
            "max 10 items,",
        ]
    ),
    max_size=6,
).map(" ".join)


@settings(max_examples=300)
@given(FILLER, SECRETS, FILLER)
def test_no_planted_secret_survives(before: str, planted: tuple[str, str], after: str) -> None:
    written, secret = planted
    masked = Masking().text(f"{before} {written} {after}")
    assert secret not in masked
    assert secret.replace(" ", "") not in masked.replace(" ", "")


@settings(max_examples=200)
@given(FILLER, SECRETS)
def test_nor_inside_json(before: str, planted: tuple[str, str]) -> None:
    written, secret = planted
    text = json.dumps({"note": f"{before} {written}", "list": [{"x": written}], "n": 3})
    masked = Masking().text(text)
    assert secret not in masked
    assert json.loads(masked)["n"] == 3


@settings(max_examples=300)
@given(st.lists(st.one_of(FILLER, SECRETS.map(lambda planted: planted[0])), max_size=5).map(" ".join))
@example('{"password": "[SECRET_1]x"}')
@example("token=[SECRET_3], name: [NAME_1]")
@example("Name: Ada Lovelace, customer name = Bob")
@example("bearer abcdefghijklmnop sk-abcdefghijklmnopqr")
def test_masking_twice_is_masking_once(text: str) -> None:
    once = Masking().text(text)
    again = Masking()
    assert again.text(once) == once
    assert not again.counts


@settings(max_examples=200)
@given(st.text(max_size=80))
def test_any_text_can_be_masked_and_again(text: str) -> None:
    once = Masking().text(text)
    assert Masking().text(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "The meeting is on 2026-01-02 at 12:30:45, room 3.14.",
        "What is 17 * 23? And 1000 - 387?",
        "Order 12345 from 10/11/2026 costs $1,234.56.",
        "std::vector<int> and a::b in Rust",
        "release 1.2.3 of x-ai/grok-4.1-fast",
        "The name of the city is Rome.",
        '{"tool": "get_weather", "city": "Oslo", "max_tokens": 300}',
        "Commit 4e07426 and digest 9530dfe00b4816674138148899fe55bee35791adfe844b71",
    ],
)
def test_what_is_not_personal_stays(text: str) -> None:
    assert Masking().text(text) == text


def test_the_same_value_has_the_same_placeholder_everywhere() -> None:
    masking = Masking()
    first = masking.text("mail ada@example.org or bob@example.org, card 4111 1111 1111 1111")
    second = masking.text("ADA@example.org paid with 4111111111111111")
    assert first == "mail [EMAIL_1] or [EMAIL_2], card [CARD_1]"
    assert second == "[EMAIL_1] paid with [CARD_1]"
    assert masking.counts == {"EMAIL": 3, "CARD": 2}


def test_names_are_masked_where_a_field_says_so_and_then_everywhere_in_the_conversation() -> None:
    exchange = Exchange(
        messages=[
            {"role": "user", "content": 'Order: {"customer_name": "Ada Lovelace", "city": "London"}', "name": "ada"},
            {"role": "user", "content": "Write to Ada Lovelace, Mrs Lovelace, in London."},
        ],
        answer="Dear Ada Lovelace,",
        calls=(RecordedCall("send", '{"recipient_name": "Ada Lovelace", "n": 1}'),),
        tools=[
            {"name": "send", "parameters": {"type": "object", "properties": {"recipient_name": {"type": "string"}}}}
        ],
    )
    masked = Masking().exchange(exchange)
    everything = json.dumps([masked.messages, masked.answer, masked.calls[0].arguments])
    assert "Ada" not in everything
    assert "Lovelace" not in everything
    assert "London" in everything
    assert str(masked.messages[0]["name"]).startswith("NAME_")
    assert masked.tools == exchange.tools
    assert json.loads(masked.calls[0].arguments) == {"recipient_name": masked.answer[5:-1], "n": 1}
    assert Masking().exchange(masked) == masked


def test_numbers_and_fields_of_json_are_looked_at() -> None:
    value: dict[str, Any] = {
        "card": 4111111111111111,
        "api_key": "abc",
        "phone": "0301234",
        "total_tokens": "512",
        "ok": True,
    }
    masked = json.loads(Masking().text(json.dumps(value)))
    assert masked == {
        "card": "[CARD_1]",
        "api_key": "[SECRET_1]",
        "phone": "[PHONE_1]",
        "total_tokens": "512",
        "ok": True,
    }


@pytest.mark.parametrize(
    ("digits", "right"), [("4111111111111111", True), ("4111111111111112", False), ("79927398713", True)]
)
def test_luhn(digits: str, right: bool) -> None:
    assert luhn(digits) is right


@pytest.mark.parametrize(
    ("text", "right"),
    [("DE89370400440532013000", True), ("GB82WEST12345698765432", True), ("DE88370400440532013000", False)],
)
def test_iban(text: str, right: bool) -> None:
    assert iban(text) is right


@pytest.mark.parametrize(
    "text", ["a" * 200_000, "a@" * 50_000, "1 " * 100_000, "a-" * 100_000, '"a": ' * 40_000, "::" * 50_000]
)
def test_long_runs_do_not_take_long(text: str) -> None:
    assert isinstance(Masking().text(text), str)  # the suite's own time limit is the judge


KNOWN: Final = {"SECRET", "NAME", "EMAIL", "ID", "IBAN", "CARD", "PHONE", "IP"}


def test_every_kind_is_documented() -> None:
    assert {*KINDS} == KNOWN
