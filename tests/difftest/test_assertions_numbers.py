"""Which number an answer gives, and how long it is."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from bot.difftest.marking.length import measured
from bot.difftest.marking.numbers import numeric_misses, the_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("42", "42"),
        ("It costs $1,234.50.", "1234.5"),
        ("1.234,50 €", "1234.5"),
        ("1 234 567", "1234567"),
        ("1'234.5", "1234.5"),
        ("12,34,567", "1234567"),
        ("1,234", "1234"),
        ("1.234", "1.234"),
        ("0,123", "0.123"),
        ("3,14", "3.14"),
        ("about 3.5 million people", "3500000"),
        ("£1.2bn", "1200000000"),
        ("3 × 10^8 m/s", "300000000"),
        ("1e-3", "0.001"),
        ("12 %", "12"),
        ("5km", "5"),
        ("−7 °C", "-7"),
        ("-$5", "-5"),
        ("12 × 7 = 84", "84"),
        ("First 5, then 6. The answer is 11.", "11"),
        ("**Answer:** 42", "42"),
        ("Steps 3 and 4.\n#### 7", "7"),
        (r"3 and 4 give $\boxed{1{,}234}$", "1234"),
        ("1. foo\n2. bar\nIn all 3 items", "3"),
        ("5 apples; yes, 5 apples", "5"),
        ("H2O has 3 atoms", "3"),
        ("Python 3.11.7 has 35 keywords", "35"),
    ],
)
def test_the_number_that_is_meant(text: str, number: str) -> None:
    assert the_number(text) == Decimal(number)


@pytest.mark.parametrize(
    ("text", "number"), [("1.234", 1234), ("3,14", Decimal("3.14")), ("1.234,5", Decimal("1234.5"))]
)
def test_a_decimal_comma(text: str, number: Decimal | int) -> None:
    assert the_number(text, ",") == number


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "holds no number"),
        ("forty-two", "holds no number"),
        ("192.168.0.1", "holds no number"),
        ("5 or 6", "ambiguous: it holds 5, 6"),
        ("between 5-7", "ambiguous: it holds 5, 7"),
        ("2026-01-02", "ambiguous"),
        ("1/2", "ambiguous"),
        ("The answer is 84, as 12 × 7 is 84.", "ambiguous"),
    ],
)
def test_no_number_is_guessed(text: str, told: str) -> None:
    assert told in str(the_number(text))
    assert told in (numeric_misses(1, text) or "")


@pytest.mark.parametrize(
    ("value", "text", "holds"),
    [
        (0.3, "0.3", True),
        (0.3, "0.30000001", False),
        ({"value": 100, "tolerance": 2}, "102", True),
        ({"value": 100, "tolerance": 2}, "102.1", False),
        ({"value": -100, "relative": 0.01}, "-101", True),
        ({"value": -100, "relative": 0.01}, "-101.5", False),
        ({"value": 1234, "tolerance": 0, "decimal": ","}, "1.234", True),
    ],
)
def test_tolerances(value: JsonValue, text: str, holds: bool) -> None:
    assert (numeric_misses(value, text) is None) is holds


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_a_number_is_read_as_it_is_written(number: Decimal) -> None:
    assert the_number(f"That makes {number:,} euros.") == number
    assert the_number(f"{number}") == number


@pytest.mark.parametrize(
    "text", ["1 " * 10_000, "1," * 10_000, "=" * 20_000, "9" * 20_000, "1\n" * 9_000, "\\boxed{" * 3_000]
)
def test_long_answers_take_no_time(text: str) -> None:
    assert the_number(text)  # the test's own time limit is the assertion: each takes under 0.1 s


@pytest.mark.parametrize(
    ("text", "unit", "length"),
    [
        (" It is Paris. \n", "characters", 12),
        ("It's a well-known fact.", "words", 4),
        ("— * —", "words", 0),
        ("東京です", "words", 4),
        ("It is Paris. Really! Is it?", "sentences", 3),
        ("No end", "sentences", 1),
        ("Dr. Smith paid 3.50 e.g. to J. Doe.", "sentences", 1),
        ("- one\n- two\n- three", "sentences", 3),
        ("1. One.\n2. Two.", "sentences", 2),
        ("はい。東京です。", "sentences", 2),
        ("...", "sentences", 0),
    ],
)
def test_length(text: str, unit: str, length: int) -> None:
    assert measured(text, unit) == length
