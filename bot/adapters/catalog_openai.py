"""Which models an OpenAI-compatible endpoint says it has, and at which price: `GET {base URL}/models`."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from pydantic import JsonValue

from bot.adapters.http import Http, HttpError
from bot.difftest.model.chat import TokenPrice
from bot.ports import Clock

FRESH = timedelta(minutes=5)


class OpenAICatalog:
    """Implements `bot.ports.Catalog`. An endpoint that does not tell is no reason to refuse a model."""

    def __init__(self, base_url: str, api_key: str | None, client: Http, clock: Clock) -> None:
        """`client` stays the caller's to close."""
        self._url = f"{base_url.rstrip('/')}/models"
        self._headers: Mapping[str, str] = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = client
        self._clock = clock
        self._kept: tuple[datetime, Mapping[str, TokenPrice | None]] | None = None

    async def models(self) -> tuple[str, ...]:
        """The ids, at most five minutes old; empty when the endpoint does not say."""
        return tuple(await self._rows())

    async def price(self, model: str) -> TokenPrice | None:
        """The price it lists for a model, at most five minutes old; None where it lists none.

        With a routing suffix such as `:nitro` that is not listed by itself, the model's own.
        """
        rows = await self._rows()
        return rows.get(model) or rows.get(model.partition(":")[0])

    async def _rows(self) -> Mapping[str, TokenPrice | None]:
        now = self._clock.now()
        if self._kept is not None and now - self._kept[0] < FRESH:
            return self._kept[1]
        try:
            answer = (await self._client.get(self._url, headers=self._headers)).accepted().json()
        except HttpError:
            return {}
        rows = answer.get("data") if isinstance(answer, dict) else None
        found = {
            row["id"]: _price(row.get("pricing"))
            for row in (rows if isinstance(rows, list) else ())
            if isinstance(row, dict) and isinstance(row.get("id"), str)
        }
        self._kept = (now, found)
        return found


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
