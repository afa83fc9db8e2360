"""List prices of models, offline, from genai-prices; unknown is None, never zero."""

from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from bot.difftest.model.chat import TokenPrice

_HOSTS: Final = {"openrouter.ai": "openrouter", "api.openai.com": "openai"}
_ROUTING: Final = frozenset({"nitro", "floor", "online", "exacto", "extended"})
"""OpenRouter's suffixes that choose a route, not a model."""


def list_price_usd(
    base_url: str, model: str, prompt_tokens: int, completion_tokens: int, cached_tokens: int = 0
) -> float | None:
    """What such a call costs by the list, in US dollars; None for a model or provider it does not know."""
    from genai_prices import Usage, calc_price

    usage = Usage(input_tokens=prompt_tokens, output_tokens=completion_tokens, cache_read_tokens=cached_tokens)
    for provider, name in _ways(urlsplit(base_url).hostname or "", model):
        if (provider, name) in _unknown():
            continue
        try:
            return float(calc_price(usage, model_ref=name, provider_id=provider).total_price)
        except (LookupError, ValueError):
            _unknown().add((provider, name))
    return None


def list_token_price(base_url: str, model: str) -> TokenPrice | None:
    """What one token costs by the list, from what a thousand do; None for a model or provider it does not know."""
    prompt = list_price_usd(base_url, model, 1000, 0)
    completion = list_price_usd(base_url, model, 0, 1000)
    return TokenPrice(prompt / 1000, completion / 1000) if prompt is not None and completion is not None else None


@lru_cache(maxsize=1)
def _unknown() -> set[tuple[str | None, str]]:
    """What the list was asked for in vain: a search through all of it takes longer than a price."""
    return set()


def _ways(host: str, model: str) -> list[tuple[str | None, str]]:
    """Under which provider and name the list may know the model: the endpoint's own first."""
    stem, _, suffix = model.rpartition(":")
    names = [model] if suffix not in _ROUTING or not stem else [model, stem]
    provider = next((known for name, known in _HOSTS.items() if host == name or host.endswith(f".{name}")), None)
    if provider is not None:
        return [(provider, name) for name in names]
    prefix, slash, rest = names[-1].partition("/")
    return [*((None, name) for name in names), *([(prefix, rest)] if slash else [])]
