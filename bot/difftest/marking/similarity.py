"""How like a text an answer is, by its characters or by a local embedding. Pure but for reading the embedding's files.

The lexical measure is chrF (Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation") as sacrebleu
computes it: n-grams of 1 to 6 characters without spaces, precision and recall averaged over the orders that both texts
are long enough for, F with beta 2. Case and Unicode forms are evened out first (NFKC, casefold). 1 is the same text,
about 0.15 two unrelated sentences of the same language. It sees wording, not meaning.
"""

import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Final

from pydantic import JsonValue

from bot.difftest.marking.embedding import cosine, embedding_problem

ORDERS: Final = 6
BETA: Final = 2.0
METHODS: Final = ("lexical", "embedding")
_FIELDS: Final = {"value", "threshold", "method", "model"}


def similarity_problem(value: JsonValue) -> str | None:
    """What is wrong with the value of `similarity`; None when nothing is."""
    if not isinstance(value, dict) or not value.keys() <= _FIELDS or not _references(value):
        return "{value: text or list of texts, threshold, method: lexical or embedding} is expected"
    threshold = value.get("threshold")
    if not isinstance(threshold, int | float) or isinstance(threshold, bool) or not 0 < threshold <= 1:
        return "threshold is a number over 0, at most 1"
    method, model = value.get("method", METHODS[0]), value.get("model")
    if method not in METHODS:
        return f"method is one of {', '.join(METHODS)}"
    if method == "lexical":
        return "model belongs to method: embedding" if model is not None else None
    if not isinstance(model, str) or not model:
        return "method: embedding needs model, the folder of a local model"
    return embedding_problem(model)


def similarity_misses(value: JsonValue, text: str) -> str | None:
    """Why an answer is not like any of the texts; None when it is. Raises Untellable."""
    spec = value if isinstance(value, dict) else {}
    threshold, model = spec.get("threshold"), spec.get("model")
    best = max(
        (
            cosine(model, reference, text) if isinstance(model, str) else chrf(text, reference)
            for reference in _references(spec)
        ),
        default=0.0,
    )
    wanted = float(threshold) if isinstance(threshold, int | float) else 1.0
    return None if best >= wanted else f"is only {best:.2f} like the expected text, less than {wanted:g}"


def _references(spec: dict[str, JsonValue]) -> list[str]:
    value = spec.get("value")
    texts = value if isinstance(value, list) else [value]
    return (
        [text for text in texts if isinstance(text, str) and text.strip()]
        if all(isinstance(text, str) and text.strip() for text in texts)
        else []
    )


def chrf(text: str, reference: str) -> float:
    """The chrF2 of a text against a reference, from 0 to 1."""
    one, other = _even(text), _even(reference)
    if not one or not other:
        return float(one == other)
    precision = recall = 0.0
    orders = 0
    for n in range(1, ORDERS + 1):
        made, wanted = _grams(one, n), _grams(other, n)
        if not made or not wanted:
            continue
        shared = (made & wanted).total()
        precision += shared / made.total()
        recall += shared / wanted.total()
        orders += 1
    precision, recall = precision / orders, recall / orders
    weighed = BETA**2 * precision + recall
    return (1 + BETA**2) * precision * recall / weighed if weighed else 0.0


def _even(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


@lru_cache(maxsize=24)  # the reference of the case at hand
def _grams(text: str, n: int) -> Counter[str]:
    return Counter(text[at : at + n] for at in range(len(text) - n + 1))
