"""Which models an OpenAI-compatible endpoint says it has, and what it says of each: `GET {base URL}/models`."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urljoin, urlsplit

from bot.adapters.http import Http, HttpError, place
from bot.adapters.listed_models import listed_models, next_page, price_in
from bot.catalog.model import Listed, Listing
from bot.difftest.model.chat import TokenPrice
from bot.ports import Clock

FRESH = timedelta(minutes=5)
MOST_PAGES: Final = 50
"""Of a list that is told in pages; one that never ends is no list."""


class OpenAICatalog:
    """Implements `bot.ports.Catalog`. An endpoint that does not tell is no reason to refuse a model."""

    def __init__(self, base_url: str, api_key: str | None, client: Http, clock: Clock) -> None:
        """`client` stays the caller's to close."""
        self._url = f"{base_url.rstrip('/')}/models"
        self._headers: Mapping[str, str] = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = client
        self._clock = clock
        self._kept: tuple[datetime, Mapping[str, Listed]] | None = None

    async def models(self) -> tuple[str, ...]:
        """The ids, at most five minutes old; empty when the endpoint does not say."""
        return tuple(await self._rows())

    async def price(self, model: str) -> TokenPrice | None:
        """The price it lists for a model, at most five minutes old; None where it lists none."""
        return price_in(await self._rows(), model)

    async def listing(self) -> Listing:
        """Everything it lists now; an endpoint that failed, or lists nothing at all, is told apart from one that does.

        Part of a list whose next page did not come is no list.
        """
        now = self._clock.now()
        try:
            found = await self._asked()
        except HttpError as error:
            return Listing(at=now, problem=error.what)
        if not found:
            return Listing(at=now, problem=f"{place(self._url)} lists no model")
        self._kept = (now, found)
        return Listing(at=now, models=tuple(found.values()))

    async def _rows(self) -> Mapping[str, Listed]:
        now = self._clock.now()
        if self._kept is not None and now - self._kept[0] < FRESH:
            return self._kept[1]
        try:
            found = await self._asked()
        except HttpError:
            return {}
        self._kept = (now, found)
        return found

    async def _asked(self) -> Mapping[str, Listed]:
        """Every page of the list. Raises HttpError."""
        found: dict[str, Listed] = {}
        url = self._url
        for _ in range(MOST_PAGES):
            answer = (await self._client.get(url, headers=self._headers)).accepted().json()
            found |= listed_models(answer)
            onward = next_page(answer)
            if not onward:
                return found
            url = urljoin(url, onward)
            if urlsplit(url).netloc != urlsplit(self._url).netloc:  # the key is for this host alone
                raise HttpError("bad_answer", f"{place(self._url)} goes on at another host, {place(url)}")
        raise HttpError("bad_answer", f"{place(self._url)} has more than {MOST_PAGES} pages of models")
