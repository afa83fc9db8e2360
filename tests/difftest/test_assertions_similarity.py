"""How like two texts are: chrF as sacrebleu computes it, and a local embedding."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from bot.difftest.marking.similarity import chrf, similarity_misses, similarity_problem
from bot.difftest.marking.text import text_misses


@pytest.mark.parametrize(
    ("text", "reference", "score"),
    [  # sacrebleu 2's sentence CHRF, divided by 100
        ("the capital of france is paris", "paris is the capital of france", 0.813294),
        ("a", "abc", 0.384615),
        ("the cat sat on the mat", "the dog sat on the log", 0.431843),
        ("die hauptstadt", "die hauptstadt von frankreich ist paris", 0.382517),
        ("東京です", "東京は首都です", 0.248952),
        ("xyz", "abc", 0.0),
        ("same text", "same text", 1.0),
        ("yes, the meeting is on monday at nine", "the meeting is monday at 9", 0.730008),
    ],
)
def test_chrf_is_that_of_sacrebleu(text: str, reference: str, score: float) -> None:
    assert chrf(text, reference) == pytest.approx(score, abs=1e-6)


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_score_is_between_nothing_and_the_same(one: str, other: str) -> None:
    assert 0 <= chrf(one, other) <= 1
    assert chrf(one, one) == 1


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model of six words, as model2vec stores them."""
    import numpy as np
    from model2vec import StaticModel

    words = ["[UNK]", "cat", "kitten", "truck", "lorry", "paris"]
    vectors = np.array([[0, 0, 0], [1, 0, 0], [0.9, 0.1, 0], [0, 0, 1], [0, 0.1, 0.9], [0, 1, 0]], dtype=np.float32)
    tokenizer = Tokenizer(WordLevel({word: at for at, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    folder = tmp_path_factory.mktemp("model")
    StaticModel(vectors, tokenizer).save_pretrained(str(folder))
    return str(folder)


def test_a_local_embedding_sees_meaning(model: str) -> None:
    value: JsonValue = {"value": ["truck", "cat"], "threshold": 0.9, "method": "embedding", "model": model}
    assert similarity_problem(value) is None
    assert similarity_misses(value, "kitten") is None
    assert similarity_misses(value, "lorry") is None
    assert "less than 0.9" in (similarity_misses(value, "paris") or "")
    assert similarity_misses(value, "unknown words") is not None


@pytest.mark.parametrize("name", ["acme/some-model", "/nowhere", ""])
def test_a_model_is_a_folder_and_never_fetched(name: str) -> None:
    value: JsonValue = {"value": "cat", "threshold": 0.5, "method": "embedding", "model": name}
    assert similarity_problem(value) is not None


def test_a_model_that_is_damaged_is_told_either_way_round(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"no tensors")
    value: JsonValue = {"value": "cat", "threshold": 0.5, "method": "embedding", "model": str(tmp_path)}
    for kind in ("similarity", "not-similarity"):
        assert "cannot be judged: the model in" in (text_misses(kind, value, "kitten") or "")


def test_without_the_extra_it_is_told_when_the_suite_is_loaded(monkeypatch: pytest.MonkeyPatch, model: str) -> None:
    monkeypatch.setattr("bot.difftest.marking.embedding.find_spec", lambda _: None)
    value: JsonValue = {"value": "cat", "threshold": 0.5, "method": "embedding", "model": model}
    assert "pip install 'rotate[embedding]'" in (similarity_problem(value) or "")
    assert "cannot be judged: needs the extra" in (text_misses("not-similarity", value, "kitten") or "")
