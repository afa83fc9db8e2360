"""In which language an answer is: measured on sentences in thirty of them."""

import gzip
import json
from pathlib import Path

import pytest

from bot.difftest.marking.language import LANGUAGES, language_misses, language_problem
from bot.difftest.marking.text import text_misses

SENTENCES = Path(__file__).parents[1] / "data" / "sentences.json.gz"


def test_thirty_languages_are_told_apart() -> None:
    found = json.loads(gzip.decompress(SENTENCES.read_bytes()))["sentences"]
    assert found.keys() == LANGUAGES.keys()
    wrong = [
        (code, sentence)
        for code, texts in found.items()
        for sentence in texts
        if language_misses(code, sentence) is not None
    ]
    assert sum(map(len, found.values())) == 750
    assert [code for code, _ in wrong] == ["da", "no"]  # 99.7 %: each of the two taken for the other once


@pytest.mark.parametrize("code", ["no", "nb", "nn"])
def test_norwegian_has_three_codes(code: str) -> None:
    assert language_problem(code) is None
    assert language_misses(code, "Hovedstaden i Norge er Oslo, og den er ganske stor.") is None


@pytest.mark.parametrize(
    "text",
    ["", "42", "Ja, gerne!", "```python\nprint('Guten Morgen, liebe Leute')\n```", "https://a.example/guten-morgen"],
)
def test_too_little_to_tell(text: str) -> None:
    assert "too little text" in (language_misses("de", text) or "")


def test_code_and_addresses_are_left_out() -> None:
    text = "Hier ist das Programm, um das du gebeten hast:\n```python\ndef the_quick_brown_fox(jumps): return over\n```"
    assert language_misses("de", text) is None


@pytest.mark.parametrize("kind", ["language", "not-language"])
def test_without_the_extra_it_is_told_when_the_suite_is_loaded_and_met_neither_way_round(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.difftest.marking.language.find_spec", lambda _: None)
    assert "pip install 'rotate[language]'" in (language_problem("de") or "")
    assert "cannot be judged: needs the extra" in (text_misses(kind, "de", "Guten Morgen, liebe Leute.") or "")
