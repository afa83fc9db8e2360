"""The answer of an OpenAI-compatible `GET /models`: which ids there are, and at which price, where it says so."""

import math
from collections.abc import Mapping

from pydantic import JsonValue

from bot.difftest.model.chat import TokenPrice


def listed_models(answer: object) -> Mapping[str, TokenPrice | None]:
    """Each id with its price, None where none is told; empty for an answer of another shape."""
    rows = answer.get("data") if isinstance(answer, dict) else None
    return {
        row["id"]: _price(row.get("pricing"))
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict) and isinstance(row.get("id"), str)
    }


def price_in(listed: Mapping[str, TokenPrice | None], model: str) -> TokenPrice | None:
    """A model's price; with a routing suffix such as `:nitro` that is not listed by itself, the model's own."""
    return listed.get(model) or listed.get(model.partition(":")[0])


def _price(pricing: JsonValue) -> TokenPrice | None:
    """OpenRouter's `pricing`: US dollars a token, as texts (openrouter.ai/docs, models); negative says "it depends"."""
    if not isinstance(pricing, dict):
        return None
    try:
        prompt, completion = (float(str(pricing.get(part))) for part in ("prompt", "completion"))
    except ValueError:
        return None
    known = all(math.isfinite(amount) and amount >= 0 for amount in (prompt, completion))
    return TokenPrice(prompt, completion) if known else None
