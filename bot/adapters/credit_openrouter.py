"""What is left of a key's own credit at OpenRouter: `GET {base URL}/key`, whose limit is null where there is none.

The account's balance is behind a management key (`GET /credits`), which no bot should have: it is not asked for.
"""

import math
from collections.abc import Mapping
from typing import Final

from bot.adapters.http import Http, HttpError, place
from bot.catalog.model import Credit

TIMEOUT_S: Final = 10.0
_SHOWN: Final = 40


class OpenRouterCredit:
    """Implements `bot.ports.Account`. `client` stays the caller's to close and follows no redirects."""

    def __init__(self, base_url: str, api_key: str, client: Http) -> None:
        self._url = f"{base_url.rstrip('/')}/key"
        self._headers: Mapping[str, str] = {"Authorization": f"Bearer {api_key}"}
        self._client = client

    async def credit(self) -> Credit:
        """What is left now. Never raises: that nobody says is its `problem`."""
        try:
            answer = await self._client.get(self._url, headers=self._headers, timeout_s=TIMEOUT_S)
            return credit_in(answer.accepted().json(), place(self._url))
        except HttpError as error:
            return Credit(problem=error.what)


def credit_in(document: object, whose: str) -> Credit:
    """What an answer says of a key's limit; one that says it in no way we know has a `problem`."""
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, dict) or "limit_remaining" not in data:
        return Credit(problem=f"{whose} does not say what is left of the key's limit")
    if data["limit_remaining"] is None:
        return Credit()
    left, resets = _amount(data["limit_remaining"]), data.get("limit_reset")
    if left is None:
        said = str(data["limit_remaining"])[:_SHOWN]
        return Credit(problem=f"{whose} says {said!r} of what is left, which is no amount")
    return Credit(left_usd=left, limit_usd=_amount(data.get("limit")), resets=resets if isinstance(resets, str) else "")


def _amount(value: object) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if known and isinstance(value, int | float) else None
