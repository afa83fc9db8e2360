"""Which models an OpenAI-compatible endpoint says it has: `GET {base URL}/models`."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.adapters.http import Http, HttpError
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
        self._kept: tuple[datetime, tuple[str, ...]] | None = None

    async def models(self) -> tuple[str, ...]:
        """The ids, at most five minutes old; empty when the endpoint does not say."""
        now = self._clock.now()
        if self._kept is not None and now - self._kept[0] < FRESH:
            return self._kept[1]
        try:
            answer = (await self._client.get(self._url, headers=self._headers)).accepted().json()
        except HttpError:
            return ()
        rows = answer.get("data") if isinstance(answer, dict) else None
        found = tuple(
            row["id"]
            for row in (rows if isinstance(rows, list) else ())
            if isinstance(row, dict) and isinstance(row.get("id"), str)
        )
        self._kept = (now, found)
        return found
