"""Any OpenAI-compatible chat completions endpoint, OpenRouter's ways included, over aiohttp.

One session with warm connections and no waiting inside it, so that what is measured is the server: time runs from the
request leaving on an open connection, set-up of new ones excluded. The key is sent to that endpoint and nowhere else.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

import aiohttp
from aiolimiter import AsyncLimiter

from bot.adapters.addresses import proxy_for
from bot.adapters.listed_models import listed_models, price_in
from bot.adapters.overhead import client_overhead
from bot.adapters.prices_genai import list_price_usd
from bot.adapters.provider_openai_errors import error_in, refusal, retry_after_s
from bot.adapters.provider_openai_limits import used_up
from bot.adapters.provider_openai_stream import DONE, Answer, ServerSentEvents
from bot.catalog.model import Listed
from bot.difftest.model.chat import ChatError, ChatRequest, Completion, CostSource, ErrorKind
from bot.difftest.model.report import OverheadReport
from bot.unreachable import why_unreachable

_OK: Final = 200
_DRAIN_S: Final = 1.0
_WARM_S: Final = 10.0
_REFUSING: Final = frozenset({400, 404, 405, 415, 422, 501})
"""Statuses with which servers refuse a field they do not know."""
_BROKEN_OFF: Final = {"content_filter": ErrorKind.CONTENT_FILTER, "length": ErrorKind.LENGTH}


@dataclass(slots=True)
class _Stopwatch:
    """When the request could leave: set again once its connection is there."""

    started_at: float


@dataclass(slots=True)
class _Streaming:
    """What a model's endpoint was found to refuse."""

    stream: bool = True
    usage_option: bool = True

    def refused(self, sent: "_Streaming", error: ChatError) -> bool:
        """Learn from the refusal of a request sent in one way; answers whether asking in another can help."""
        if error.status not in _REFUSING or not sent.stream:
            return False
        said = error.message.lower()
        if sent.usage_option and ("stream_options" in said or "include_usage" in said):
            self.usage_option = False
        elif "stream" in said:
            self.stream = False
        else:
            return False
        return True


@dataclass
class OpenAIProvider:
    """The endpoint at `base_url` (version path included) as a ChatProvider of `bot.difftest`; open it by `async with`.

    `requests_per_second` holds calls back before their time begins to count. `models` are those whose price the
    endpoint itself is asked for, where the list of prices has none.
    """

    base_url: str
    api_key: str | None = field(default=None, repr=False)
    timeout_s: float = 120.0
    connect_timeout_s: float = 10.0
    requests_per_second: float | None = None
    headers: dict[str, str] = field(default_factory=dict)
    models: Sequence[str] = ()
    monotonic: Callable[[], float] = time.perf_counter
    epoch_s: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        """Nothing is opened yet."""
        self.base_url = self.base_url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None
        self._streaming: dict[str, _Streaming] = {}
        self._proxy = proxy_for(self.base_url)
        self._listed_here: Mapping[str, Listed] = {}
        rate = self.requests_per_second
        self._limiter = None if rate is None else AsyncLimiter(max(1.0, rate), max(1.0, rate) / rate)

    async def __aenter__(self) -> Self:
        """Open the session."""
        trace = aiohttp.TraceConfig()
        trace.on_connection_create_end.append(self._connected)
        trace.on_connection_reuseconn.append(self._connected)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=60),
            timeout=aiohttp.ClientTimeout(total=self.timeout_s, sock_connect=self.connect_timeout_s),
            trace_configs=[trace],
            headers={"Accept-Encoding": "identity", **self.headers},
        )
        list_price_usd(self.base_url, "", 0, 0)  # loads the list now: later it would stand in the way of a measurement
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _connected(self, _session: object, context: Any, _parameters: object) -> None:  # noqa: ANN401
        context.trace_request_ctx.started_at = self.monotonic()

    def price(self, model: str, prompt_tokens: int, completion_tokens: int) -> float | None:
        """What such a call costs by the list of prices, else as the endpoint told; in US dollars, None when unknown."""
        listed = list_price_usd(self.base_url, model, prompt_tokens, completion_tokens)
        if listed is None and (told := price_in(self._listed_here, model)) is not None:
            return told.of(prompt_tokens, completion_tokens)
        return listed

    async def prepare(self, concurrency: int, *, stream: bool) -> OverheadReport | None:
        """Open a connection, by what costs nothing; then measure what the client adds.

        That is `HEAD /models` without a key, or where a price is wanted that no list has, `GET /models`.
        """
        if any(list_price_usd(self.base_url, model, 0, 0) is None for model in self.models):
            await self._ask_prices()
        else:
            await self._warm()
        return await client_overhead(lambda url: OpenAIProvider(url, None), concurrency, stream=stream)

    async def _warm(self) -> None:
        if self._session is None:
            raise RuntimeError("the provider is not open: use `async with`")
        # Name looked up, TLS session begun; whatever it answers, and an endpoint that is away is the first call's find.
        with contextlib.suppress(aiohttp.ClientError, OSError, ValueError):
            async with self._session.head(
                f"{self.base_url}/models",
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=_WARM_S),
                trace_request_ctx=_Stopwatch(self.monotonic()),
                proxy=self._proxy,
            ):
                pass

    async def _ask_prices(self) -> None:
        if self._session is None:
            raise RuntimeError("the provider is not open: use `async with`")
        key = {} if self.api_key is None else {"Authorization": f"Bearer {self.api_key}"}
        # An endpoint that does not tell is no trouble: the price stays unknown, and that is said.
        with contextlib.suppress(aiohttp.ClientError, OSError, ValueError):
            async with self._session.get(
                f"{self.base_url}/models",
                headers=key,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=_WARM_S),
                trace_request_ctx=_Stopwatch(self.monotonic()),
                proxy=self._proxy,
            ) as response:
                if response.status == _OK:
                    self._listed_here = listed_models(json.loads(await response.read()))

    async def complete(self, request: ChatRequest) -> Completion:
        """One attempt. Raises ChatError; `STREAM_REFUSED` asks for another at once, which will be sent differently."""
        if self._session is None:
            raise RuntimeError("the provider is not open: use `async with`")
        if self._limiter is not None:
            await self._limiter.acquire()
        ways = self._streaming.setdefault(request.model, _Streaming())
        # Calls in flight together learn apart.
        sent = replace(ways, stream=ways.stream and request.stream)
        try:
            return await self._attempt(self._session, request, sent)
        except ChatError as error:
            if ways.refused(sent, error):
                raise ChatError(ErrorKind.STREAM_REFUSED, error.message, status=error.status) from None
            raise
        except TimeoutError:
            raise ChatError.ours(ErrorKind.TIMEOUT, f"no complete answer within {self.timeout_s:g} s") from None
        except aiohttp.InvalidURL:
            raise ChatError.ours(ErrorKind.WRONG_ADDRESS, f"{self.base_url} is not a URL") from None
        except aiohttp.ClientConnectorError as error:
            what = f"{self.base_url} cannot be reached: {why_unreachable(error)}"
            raise ChatError.ours(ErrorKind.UNREACHABLE, what) from None
        except (aiohttp.ClientError, OSError):
            what = "the connection was lost before the answer was complete"
            raise ChatError.ours(ErrorKind.STREAM_CUT, what) from None

    async def _attempt(self, session: aiohttp.ClientSession, request: ChatRequest, ways: _Streaming) -> Completion:
        stopwatch = _Stopwatch(self.monotonic())
        async with session.post(
            f"{self.base_url}/chat/completions",
            data=json.dumps(_body(request, ways)).encode(),
            headers=self._headers(ways),
            allow_redirects=False,
            trace_request_ctx=stopwatch,
            proxy=self._proxy,
        ) as response:
            if response.status != _OK:
                wait = retry_after_s(response.headers, self.epoch_s())
                raise refusal(response.status, _decoded(await response.text()), secret=self.api_key, retry_after=wait)
            kind = response.content_type
            if kind == "text/event-stream" or (ways.stream and kind != "application/json"):
                answer = await self._streamed(response)
            else:
                answer = self._whole(await response.text())
            left = used_up(response.headers)
        return replace(self._completion(request.model, answer, stopwatch.started_at), used_up=left)

    def _headers(self, ways: _Streaming) -> dict[str, str]:
        accept = "text/event-stream" if ways.stream else "application/json"
        headers = {"Content-Type": "application/json", "Accept": accept}
        return headers if self.api_key is None else {**headers, "Authorization": f"Bearer {self.api_key}"}

    def _whole(self, text: str) -> Answer:
        body = _decoded(text)
        if not isinstance(body, dict):
            raise ChatError.ours(ErrorKind.MALFORMED_RESPONSE, "the answer is not a JSON object")
        answer = Answer()
        self._take(answer, body)
        answer.finished_at = self.monotonic()
        if not answer.choices_seen:
            raise ChatError.ours(ErrorKind.NO_CHOICES, "the answer has no choices")
        return answer

    def _take(self, answer: Answer, body: dict[str, Any]) -> None:
        if error_in(body) is not None:
            raise refusal(_OK, body, secret=self.api_key)
        answer.feed(body, self.monotonic())
        if answer.finish_reason == "error":
            raise ChatError.ours(ErrorKind.STREAM_ERROR, "the provider ended the answer with an error")

    async def _streamed(self, response: aiohttp.ClientResponse) -> Answer:
        answer, events = Answer(), ServerSentEvents()
        try:
            async for chunk in response.content.iter_any():
                for data in events.feed(chunk):
                    if data == DONE:
                        await _drain(response)
                        return _complete(answer)
                    self._event(answer, data)
            for data in events.end():
                if data != DONE:
                    self._event(answer, data)
        except aiohttp.ClientError:
            if answer.finish_reason is None:
                raise
        return _complete(answer)

    def _event(self, answer: Answer, data: str) -> None:
        body = _decoded(data)
        if not isinstance(body, dict):
            raise ChatError.ours(ErrorKind.MALFORMED_RESPONSE, "the stream holds an event that is not a JSON object")
        self._take(answer, body)

    def _completion(self, model: str, answer: Answer, started_at: float) -> Completion:
        prompt, completion = answer.tokens
        listed = self._listed(model, answer)
        cost, source = _cost(answer.billed_usd, listed)
        finished_at = answer.finished_at if answer.finished_at is not None else self.monotonic()
        first = answer.first_content_at
        error = _BROKEN_OFF.get(answer.finish_reason or "")
        if error is None and answer.refusal and not answer.text:
            error = ErrorKind.REFUSAL
        return Completion(
            text=answer.text or answer.refusal,
            tool_calls=answer.tool_calls,
            finish_reason=answer.finish_reason,
            latency_s=max(0.0, finished_at - started_at),
            ttft_s=None if first is None else max(0.0, first - started_at),
            prompt_tokens=prompt,
            completion_tokens=completion,
            cost_usd=cost,
            cost_source=source,
            listed_usd=listed,
            served_model=answer.model,
            served_provider=answer.provider,
            error=error,
        )

    def _listed(self, model: str, answer: Answer) -> float | None:
        prompt, completion = answer.tokens
        if prompt is None or completion is None:
            return None
        return list_price_usd(self.base_url, model, prompt, completion, min(answer.cached_tokens, prompt))


def _cost(billed: float | None, listed: float | None) -> tuple[float | None, CostSource]:
    if billed is not None:
        return billed, "provider"
    return listed, "unknown" if listed is None else "prices"


def _body(request: ChatRequest, ways: _Streaming) -> dict[str, Any]:
    body: dict[str, Any] = {**request.parameters, "model": request.model, "messages": list(request.messages)}
    if request.tools:
        body["tools"] = list(request.tools)
    if request.tool_choice is not None:
        body["tool_choice"] = request.tool_choice
    if ways.stream:
        body["stream"] = True
        if ways.usage_option:
            body["stream_options"] = {"include_usage": True}
    return body


async def _drain(response: aiohttp.ClientResponse) -> None:
    """Read what comes after the end, so that the connection can be used again; not for long."""
    try:
        async with asyncio.timeout(_DRAIN_S):
            await response.read()
    except (TimeoutError, aiohttp.ClientError):
        response.close()


def _decoded(text: str) -> object:
    """The JSON in a text, or the text itself where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _complete(answer: Answer) -> Answer:
    """The answer at the stream's end. Raises ChatError when the end came too early."""
    if not answer.choices_seen:
        raise ChatError.ours(ErrorKind.NO_CHOICES, "the stream ended without any choice")
    if answer.finish_reason is None:
        raise ChatError.ours(ErrorKind.STREAM_CUT, "the stream ended before the answer was finished")
    return answer
