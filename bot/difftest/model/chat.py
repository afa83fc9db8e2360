"""One chat completion as asked, answered or refused, whatever the provider. Pure data, no wire format."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Self

from pydantic import JsonValue


class ErrorClass(StrEnum):
    """Whose trouble a failed call is, and so what it does to the verdict."""

    INFRASTRUCTURE = "infrastructure"
    """Network or provider: tried again, then the pair is lost; it never counts against a model."""
    ACCOUNT = "account"
    """Key, credit, rights, address or pin: every further call would fail too, so the run stops."""
    MODEL = "model"
    """The model cannot do what the case asks of it: a failure of that model."""


class ErrorKind(StrEnum):
    """What went wrong with a call; `ERROR_CLASSES` says whose trouble each is."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    SERVER_ERROR = "server_error"
    STREAM_ERROR = "stream_error"
    STREAM_CUT = "stream_cut"
    NO_CHOICES = "no_choices"
    MALFORMED_RESPONSE = "malformed_response"
    STREAM_REFUSED = "stream_refused"
    """The endpoint does not stream, or not with usage: the next attempt asks differently."""

    UNAUTHORISED = "unauthorised"
    PAYMENT_REQUIRED = "payment_required"
    FORBIDDEN = "forbidden"
    WRONG_ADDRESS = "wrong_address"
    NO_PROVIDER = "no_provider"
    """A router has the model, but none of the providers that are allowed to answer serves it."""

    BAD_REQUEST = "bad_request"
    MODEL_NOT_FOUND = "model_not_found"
    UNSUPPORTED = "unsupported"
    CONTEXT_LENGTH = "context_length"
    CONTENT_FILTER = "content_filter"
    REFUSAL = "refusal"
    LENGTH = "length"
    ENGINE_ERROR = "engine_error"
    """An engine of the operator's own says that the model failed."""

    @property
    def error_class(self) -> ErrorClass:
        """Whose trouble this is."""
        return ERROR_CLASSES[self]


ERROR_CLASSES: dict[ErrorKind, ErrorClass] = {
    ErrorKind.UNREACHABLE: ErrorClass.INFRASTRUCTURE,
    ErrorKind.TIMEOUT: ErrorClass.INFRASTRUCTURE,
    ErrorKind.RATE_LIMITED: ErrorClass.INFRASTRUCTURE,
    ErrorKind.OVERLOADED: ErrorClass.INFRASTRUCTURE,
    ErrorKind.SERVER_ERROR: ErrorClass.INFRASTRUCTURE,
    ErrorKind.STREAM_ERROR: ErrorClass.INFRASTRUCTURE,
    ErrorKind.STREAM_CUT: ErrorClass.INFRASTRUCTURE,
    ErrorKind.NO_CHOICES: ErrorClass.INFRASTRUCTURE,
    ErrorKind.MALFORMED_RESPONSE: ErrorClass.INFRASTRUCTURE,
    ErrorKind.STREAM_REFUSED: ErrorClass.INFRASTRUCTURE,
    ErrorKind.UNAUTHORISED: ErrorClass.ACCOUNT,
    ErrorKind.PAYMENT_REQUIRED: ErrorClass.ACCOUNT,
    ErrorKind.FORBIDDEN: ErrorClass.ACCOUNT,
    ErrorKind.WRONG_ADDRESS: ErrorClass.ACCOUNT,
    ErrorKind.NO_PROVIDER: ErrorClass.ACCOUNT,
    ErrorKind.BAD_REQUEST: ErrorClass.MODEL,
    ErrorKind.MODEL_NOT_FOUND: ErrorClass.MODEL,
    ErrorKind.UNSUPPORTED: ErrorClass.MODEL,
    ErrorKind.CONTEXT_LENGTH: ErrorClass.MODEL,
    ErrorKind.CONTENT_FILTER: ErrorClass.MODEL,
    ErrorKind.REFUSAL: ErrorClass.MODEL,
    ErrorKind.LENGTH: ErrorClass.MODEL,
    ErrorKind.ENGINE_ERROR: ErrorClass.MODEL,
}


class ChatError(Exception):
    """A call that gave no usable answer; times are seconds.

    `message` may be in the words of whoever was asked, without secrets, but with what they quote of a prompt. `bare`
    says the same in words of ours alone: status or kind, unless whoever raises it knows more (`ours`).
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        *,
        bare: str = "",
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        """Keep what a person or the retry rule needs to know."""
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.bare = bare or (kind.value.replace("_", " ") if status is None else f"status {status}")
        self.status = status
        self.retry_after_s = retry_after_s

    @classmethod
    def ours(cls, kind: ErrorKind, message: str) -> Self:
        """An error nobody but us has words in, so that all of it may be told of a private suite too."""
        return cls(kind, message, bare=message)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call a model asked for; `arguments` is the JSON text as it came, which may be malformed."""

    name: str
    arguments: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What is asked of one model. `parameters` go to the provider as they are (temperature, max_tokens, ...).

    `stream` asks for the answer piece by piece, without which there is no time to first content. `case` is the id of
    the case that asks, for an engine that is told of it; no model hears it.
    """

    model: str
    messages: tuple[JsonValue, ...]
    tools: tuple[JsonValue, ...] = ()
    tool_choice: JsonValue = None
    parameters: dict[str, JsonValue] = field(default_factory=dict)
    stream: bool = True
    case: str = ""


@dataclass(frozen=True, slots=True)
class TokenPrice:
    """What a provider asks for one token, in US dollars: of the prompt, and of the answer."""

    prompt_usd: float
    completion_usd: float

    def of(self, prompt_tokens: int, completion_tokens: int) -> float:
        """What a call of that size costs, in US dollars."""
        return self.prompt_usd * prompt_tokens + self.completion_usd * completion_tokens


CostSource = Literal["provider", "prices", "unknown"]
"""Who said what a call cost: the provider's bill, a list of prices, or nobody."""


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer. `latency_s` and `ttft_s` run from the request leaving on an open connection; None: nobody measured.

    `ttft_s` ends at the first content or tool argument and is None where the answer came in one piece; `error` is set
    when the model itself broke off (content filter, refusal, length), and the text is then what there was. `listed_usd`
    is the price by the list, beside what was billed. `used_up`: `requests` or `tokens`, where none are left after it.
    """

    text: str
    tool_calls: tuple[ToolCall, ...]
    finish_reason: str | None
    latency_s: float | None
    ttft_s: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost_usd: float | None = None
    cost_source: CostSource = "unknown"
    listed_usd: float | None = None
    served_model: str | None = None
    served_provider: str | None = None
    error: ErrorKind | None = None
    used_up: str = ""
