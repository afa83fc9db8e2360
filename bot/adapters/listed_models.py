"""The answer of a `GET /models`, as OpenRouter, OpenAI and what imitates them write it: each model with what is told.

Read with suspicion: a field that is not there, or is of another shape than documented, says nothing. Fields by source:
OpenRouter (openrouter.ai/docs, models), OpenAI (`shutdown_date`; developers.openai.com, models), vLLM
(`max_model_len`), Groq (`context_window`), LiteLLM (`deprecation_date`).
"""

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Final

from bot.catalog.model import Listed
from bot.difftest.model.chat import TokenPrice

_RETIRES: Final = ("expiration_date", "shutdown_date", "deprecation_date")
_CONTEXT: Final = ("context_length", "context_window", "max_model_len")
_LONGEST_NAME: Final = 200


def listed_models(answer: object) -> Mapping[str, Listed]:
    """Each model by its id; empty for an answer of another shape."""
    rows = answer.get("data") if isinstance(answer, dict) else None
    found = (_model(row) for row in (rows if isinstance(rows, list) else ()) if isinstance(row, dict))
    return {model.id: model for model in found if model is not None}


def next_page(answer: object) -> str:
    """Where a list goes on that is told in pages (OpenRouter: `links.next`); empty where it is whole."""
    links = answer.get("links") if isinstance(answer, dict) else None
    found = links.get("next") if isinstance(links, dict) else None
    return found if isinstance(found, str) else ""


def price_in(listed: Mapping[str, Listed], model: str) -> TokenPrice | None:
    """A model's price; with a routing suffix such as `:nitro` that is not listed by itself, the model's own."""
    found = listed.get(model) or listed.get(model.partition(":")[0])
    return found.price if found is not None else None


def moment(value: object) -> datetime | None:
    """A day (its beginning, in UTC), a moment, or seconds since 1970; None for anything else."""
    try:
        if isinstance(value, datetime):
            return value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        if isinstance(value, date):
            return datetime.combine(value, time(), UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        return moment(datetime.fromisoformat(value.strip())) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None


def _model(row: Mapping[str, object]) -> Listed | None:
    model = row.get("id")
    if not isinstance(model, str) or not model:
        return None
    price = _price(row.get("pricing"))
    retires = next((row[name] for name in _RETIRES if row.get(name) is not None), None)
    name = row.get("name")
    return Listed(
        id=model,
        name=name[:_LONGEST_NAME] if isinstance(name, str) else "",
        prompt_usd=price.prompt_usd if price is not None else None,
        completion_usd=price.completion_usd if price is not None else None,
        price_from="provider" if price is not None else "",
        context=_context(row),
        tools=_supports(row, "tools"),
        structured_output=_supports(row, "structured_outputs"),
        inputs=_modalities(row, "input", 0),
        outputs=_modalities(row, "output", -1),
        created=moment(row.get("created")),
        retires=moment(retires),
        unread=("retirement date",) if retires is not None and moment(retires) is None else (),
    )


def _price(pricing: object) -> TokenPrice | None:
    """OpenRouter's `pricing`: US dollars a token, as texts; negative says "it depends"."""
    if not isinstance(pricing, dict):
        return None
    try:
        prompt, completion = (float(str(pricing.get(part))) for part in ("prompt", "completion"))
    except ValueError:
        return None
    known = all(math.isfinite(amount) and amount >= 0 for amount in (prompt, completion))
    return TokenPrice(prompt, completion) if known else None


def _context(row: Mapping[str, object]) -> int | None:
    """The tokens it takes: the fewest that is said, as the provider a router asks first may take fewer."""
    top = row.get("top_provider")
    said = [row.get(name) for name in _CONTEXT] + [top.get("context_length") if isinstance(top, dict) else None]
    known = [value for value in said if isinstance(value, int | float) and math.isfinite(value)]
    return min((int(value) for value in known if value > 1), default=None)


def _supports(row: Mapping[str, object], parameter: str) -> bool | None:
    """Whether a list of parameters names one; None where there is no such list, or an empty one."""
    named = row.get("supported_parameters")
    return parameter in named if isinstance(named, list) and named else None


def _modalities(row: Mapping[str, object], side: str, place: int) -> tuple[str, ...] | None:
    """What goes in or comes out: a list, or one side of `text+image->text`."""
    told = row.get("architecture")
    if not isinstance(told, dict):
        return None
    named, joined = told.get(f"{side}_modalities"), told.get("modality")
    if isinstance(named, list) and named and all(isinstance(one, str) for one in named):
        return tuple(named)
    if isinstance(joined, str) and joined.count("->") == 1:
        return tuple(part for part in joined.split("->")[place].split("+") if part) or None
    return None
