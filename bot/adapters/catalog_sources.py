"""The catalog from all its sources: what the provider lists, over it what a file says, under it the list of prices."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from bot.adapters.catalog_openai import OpenAICatalog
from bot.adapters.listed_models import moment
from bot.catalog.model import Listed, Listing
from bot.difftest.model.chat import TokenPrice
from bot.runbook.models.catalog import CatalogEntry, CatalogFile

MILLION: Final = 1_000_000


class UnreadableCatalogError(Exception):
    """The file cannot be used; the sentence says why."""


class CatalogSources:
    """Implements `bot.ports.Catalog`.

    `read_file` is called anew at each look, so that an edited file counts from then on; it raises
    UnreadableCatalogError. `list_price` knows what a model costs where neither says so.
    """

    def __init__(
        self,
        endpoint: OpenAICatalog,
        *,
        read_file: Callable[[], CatalogFile] | None = None,
        list_price: Callable[[str], TokenPrice | None] = lambda _model: None,
    ) -> None:
        self._endpoint = endpoint
        self._read_file = read_file
        self._list_price = list_price

    async def models(self) -> tuple[str, ...]:
        """The ids the provider lists and those of the file; empty when the provider does not say."""
        listed = await self._endpoint.models()
        entries = await self._entries_or_none() if listed else {}
        return tuple(dict.fromkeys([*listed, *entries]))

    async def price(self, model: str) -> TokenPrice | None:
        """What the file says, else what the provider lists; None where neither does."""
        entry = (await self._entries_or_none()).get(model)
        if entry is not None and entry.usd_per_million is not None:
            return _per_token(entry)
        return await self._endpoint.price(model)

    async def listing(self) -> Listing:
        """Everything that is known now. Where the provider does not tell, what the file says is kept all the same."""
        found = await self._endpoint.listing()
        problem = found.problem
        entries: Mapping[str, CatalogEntry] = {}
        try:
            entries = await self._entries()
        except UnreadableCatalogError as error:
            problem = problem or str(error)
        models = {model.id: model for model in found.models}
        for name, entry in entries.items():
            models[name] = _said(entry, models.get(name) or Listed(id=name))
        priced = await asyncio.to_thread(lambda: tuple(self._priced(model) for model in models.values()))
        return Listing(at=found.at, models=priced, problem=problem)

    async def _entries_or_none(self) -> Mapping[str, CatalogEntry]:
        try:
            return await self._entries()
        except UnreadableCatalogError:
            return {}

    async def _entries(self) -> Mapping[str, CatalogEntry]:
        return (await asyncio.to_thread(self._read_file)).models if self._read_file is not None else {}

    def _priced(self, model: Listed) -> Listed:
        if model.price is not None:
            return model
        price = self._list_price(model.id)
        if price is None:
            return model
        known = {"prompt_usd": price.prompt_usd, "completion_usd": price.completion_usd, "price_from": "list"}
        return model.model_copy(update=known)


def _said(entry: CatalogEntry, model: Listed) -> Listed:
    """What the provider says of a model with what the file says over it."""
    over: dict[str, object] = {
        name: getattr(entry, name)
        for name in ("name", "context", "tools", "structured_output", "inputs", "outputs")
        if getattr(entry, name) is not None
    }
    over |= {name: moment(getattr(entry, name)) for name in ("created", "retires") if getattr(entry, name) is not None}
    if entry.usd_per_million is not None:
        price = _per_token(entry)
        over |= {"prompt_usd": price.prompt_usd, "completion_usd": price.completion_usd, "price_from": "file"}
    if "retires" in over:
        over["unread"] = ()
    return model.model_copy(update=over)


def _per_token(entry: CatalogEntry) -> TokenPrice:
    price = entry.usd_per_million
    if price is None:
        message = "this entry names no price"
        raise ValueError(message)
    return TokenPrice(price.prompt / MILLION, price.completion / MILLION)
