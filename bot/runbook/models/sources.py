"""What is outside and asked: the models' endpoint, the figures' source, pages people open."""

from datetime import timedelta
from typing import Self

from pydantic import Field, model_validator

from bot.runbook.models.durations import Duration
from bot.runbook.models.written import Written

KNOWN_PROVIDERS: dict[str, tuple[str, str]] = {
    "openrouter": ("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "openai": ("https://api.openai.com/v1", "OPENAI_API_KEY"),
}
"""Provider name -> base URL (with version path) and the environment variable its key is read from."""


class Provider(Written):
    """An OpenAI-compatible endpoint. `provider: openrouter` is short for `{name: openrouter}`."""

    name: str = Field(min_length=1)
    base_url: str | None = None
    api_key_env: str | None = None
    only: tuple[str, ...] = ()
    quantizations: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.base_url is None and self.name not in KNOWN_PROVIDERS:
            known = ", ".join(sorted(KNOWN_PROVIDERS))
            message = f"{self.name!r} is not one of the known providers ({known}); give its `base_url`"
            raise ValueError(message)
        if self.quantizations and not self.only:
            message = "`quantizations` needs `only`: the providers that are to serve them"
            raise ValueError(message)
        return self

    @property
    def url(self) -> str:
        """The base URL, version path included, no slash at the end."""
        return (self.base_url or KNOWN_PROVIDERS[self.name][0]).rstrip("/")

    @property
    def key_variable(self) -> str:
        """The environment variable that holds the API key."""
        return self.api_key_env or KNOWN_PROVIDERS.get(self.name, ("", "OPENAI_API_KEY"))[1]


WINDOW = "$window"
"""Stands in a query of one's own where the length of the looked-at window goes."""


class Labels(Written):
    """Which labels of the series say what: the model that answered, the stage, and (if there is one) the tenant."""

    model: str = "model"
    stage: str | None = None
    tenant: str | None = None


class Metrics(Written):
    """Where the watched series live and what they are called; the product writes the queries.

    `latency` is a histogram. Where the platform has none, `latency_quantile` is a gauge of the 95th percentile in
    seconds (one quantile of a summary, or a recording rule); `quantiles` are others of one's own.
    """

    prometheus: str | None = None
    scrape: tuple[str, ...] = ()
    requests: str
    errors: str
    latency: str | None = None
    latency_quantile: str | None = None
    cost: str | None = None
    tool_calls: str | None = None
    invalid_tool_calls: str | None = None
    retries: str | None = None
    counters: dict[str, str] = Field(default_factory=dict)
    histograms: dict[str, str] = Field(default_factory=dict)
    quantiles: dict[str, str] = Field(default_factory=dict)
    labels: Labels = Labels()
    timeout: Duration = timedelta(seconds=10)
    scrape_every: Duration = timedelta(seconds=15)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.prometheus is None) == (not self.scrape):
            message = "name either `prometheus` (a URL) or `scrape` (a list of /metrics URLs), one of the two"
            raise ValueError(message)
        if self.latency is not None and self.latency_quantile is not None:
            message = "name `latency` (a histogram, which sees more) or `latency_quantile`, one of the two"
            raise ValueError(message)
        if "latency" in self.quantiles:
            message = "quantiles.latency is what `latency_quantile` names; choose another name"
            raise ValueError(message)
        own = [f"counters.{name}" for name, text in self.counters.items() if WINDOW in text]
        own += [f"quantiles.{name}" for name, text in self.quantiles.items() if WINDOW in text]
        own += ["latency_quantile"] if WINDOW in (self.latency_quantile or "") else []
        if self.scrape and own:
            message = f"{own[0]} is a query: it needs a `prometheus`, `scrape` reads series only"
            raise ValueError(message)
        return self


class Links(Written):
    """Pages people open when something is wrong with a provider."""

    dashboard: str | None = None
    status: str | None = None
