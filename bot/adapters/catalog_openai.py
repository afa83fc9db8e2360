"""Which models an OpenAI-compatible endpoint says it has, and at which price: `GET {base URL}/models`."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.adapters.http import Http, HttpError
from bot.adapters.listed_models import listed_models, price_in
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
        """The price it lists for a model, at most five minutes old; None where it lists none."""
        return price_in(await self._rows(), model)

    async def _rows(self) -> Mapping[str, TokenPrice | None]:
        now = self._clock.now()
        if self._kept is not None and now - self._kept[0] < FRESH:
            return self._kept[1]
        try:
            answer = (await self._client.get(self._url, headers=self._headers)).accepted().json()
        except HttpError:
            return {}
        found = listed_models(answer)
        self._kept = (now, found)
        return found
