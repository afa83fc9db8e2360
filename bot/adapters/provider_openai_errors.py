"""What an OpenAI-compatible server's refusal means: status, code and words to one kind of error. Pure."""

import re
from email.utils import parsedate_to_datetime
from typing import Any, Final

from bot.difftest.model.chat import ChatError, ErrorKind
from bot.masking import mask

_WORDS: Final[tuple[tuple[ErrorKind, str], ...]] = (
    (ErrorKind.PAYMENT_REQUIRED, r"insufficient_(quota|credits|funds|balance)|payment_required|billing"),
    (ErrorKind.UNAUTHORISED, r"invalid_api_key|authentication|unauthorized"),
    (ErrorKind.CONTEXT_LENGTH, r"context_length|context_window|string_above_max_length"),
    (ErrorKind.CONTENT_FILTER, r"content_policy|content_filter|moderation|safety"),
    (ErrorKind.REFUSAL, r"\brefusal\b"),
    (ErrorKind.MODEL_NOT_FOUND, r"model_not_found|model_not_available|invalid_model|model_decommissioned"),
    (ErrorKind.RATE_LIMITED, r"rate_limit|too_many_requests"),
    (ErrorKind.OVERLOADED, r"overloaded|provider_unavailable|service_unavailable"),
    (ErrorKind.TIMEOUT, r"timeout"),
)
"""Machine words in `code`, `type` or `metadata.error_type`: surer than the status they come with."""

_SENTENCES: Final[tuple[tuple[ErrorKind, str], ...]] = (
    (ErrorKind.UNAUTHORISED, r"api key (is )?(not valid|invalid|missing)|invalid api key|incorrect api key"),
    (ErrorKind.PAYMENT_REQUIRED, r"credit balance is too low|insufficient (credits|quota|balance)"),
    (ErrorKind.CONTEXT_LENGTH, r"context (length|window)|maximum context|too many (input )?tokens|prompt is too long"),
    (ErrorKind.CONTENT_FILTER, r"content (policy|management policy|filter)|moderation|flagged"),
    (ErrorKind.MODEL_NOT_FOUND, r"not a valid model|(unknown|invalid|no such) model"),
    (ErrorKind.MODEL_NOT_FOUND, r"model\b.{0,80}\b(not found|not exist|deprecated|decommissioned|retired|no longer)"),
)
"""What a 400 says in words where it has no code."""

_BY_STATUS: Final[dict[int, ErrorKind]] = {
    401: ErrorKind.UNAUTHORISED,
    402: ErrorKind.PAYMENT_REQUIRED,
    405: ErrorKind.WRONG_ADDRESS,
    408: ErrorKind.TIMEOUT,
    409: ErrorKind.SERVER_ERROR,
    413: ErrorKind.CONTEXT_LENGTH,
    425: ErrorKind.SERVER_ERROR,
    429: ErrorKind.RATE_LIMITED,
    499: ErrorKind.SERVER_ERROR,
    503: ErrorKind.OVERLOADED,
    504: ErrorKind.TIMEOUT,
    524: ErrorKind.TIMEOUT,
    529: ErrorKind.OVERLOADED,
}
_NOT_OFFERED: Final = r"\btools?\b|function.call|\bparameters?\b|support(s|ing)? (image|audio|input|tool)"
_NOBODY_ALLOWED: Final = r"\bno (allowed )?providers?\b"
_POLICY: Final = r"data policy|privacy"
_SHOWN: Final = 300
_REDIRECTS, _CLIENT_ERRORS, _SERVER_ERRORS = range(300, 400), range(400, 500), 500


def retry_after_s(headers: Any, now_epoch_s: float) -> float | None:  # noqa: ANN401 (any mapping of headers)
    """The wait a server asks for, in seconds; None when it asks for none that can be read."""
    if (milliseconds := headers.get("retry-after-ms")) is not None:
        try:
            return max(0.0, float(milliseconds) / 1000)
        except ValueError:
            pass
    raw = headers.get("retry-after")
    if raw is None:
        return None
    try:
        return max(0.0, float(raw))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(raw).timestamp() - now_epoch_s)
    except (TypeError, ValueError):
        return None


def error_in(body: object) -> dict[str, Any] | None:
    """The error a body carries, also one that came with status 200; None when there is none."""
    if not isinstance(body, dict):
        return None
    error = body.get("error")
    if isinstance(error, str) and error:
        return {"message": error}
    if isinstance(error, dict):
        return error
    if body.get("object") == "error":
        return body
    choices = body.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict) and isinstance(choice.get("error"), dict):
            return dict(choice["error"])
    return None


def refusal(status: int, body: object, *, secret: str | None, retry_after: float | None = None) -> ChatError:
    """The error behind a refusing answer. `status` is the HTTP status, 200 for an error inside an answer."""
    error = error_in(body) or (body if isinstance(body, dict) else {})
    message = _message(error, body)
    code = error.get("code")
    effective = status if status >= _REDIRECTS.start else _status_in(code)
    kind = _kind(effective, _machine_words(error), message)
    named = f"{effective}: " if effective else ""
    return ChatError(kind, _without(named + message, secret), status=effective, retry_after_s=retry_after)


def _status_in(code: object) -> int | None:
    if isinstance(code, str) and code.isdigit():
        code = int(code)
    return code if isinstance(code, int) and not isinstance(code, bool) and code in range(300, 600) else None


def _message(error: dict[str, Any], body: object) -> str:
    for said in (error.get("message"), error.get("detail"), body if isinstance(body, str) else None):
        if isinstance(said, str) and said.strip():
            return " ".join(said.split())
    return "the server gave no reason"


def _machine_words(error: dict[str, Any]) -> str:
    metadata = error.get("metadata")
    inner = metadata if isinstance(metadata, dict) else {}
    parts = [error.get("code"), error.get("type"), inner.get("error_type"), inner.get("provider_code")]
    if inner.get("reasons") or inner.get("flagged_input"):
        parts.append("moderation")
    return " ".join(part.lower() for part in parts if isinstance(part, str))


def _kind(status: int | None, words: str, message: str) -> ErrorKind:
    said = message.lower()
    for kind, pattern in _WORDS:
        if re.search(pattern, words):
            return kind
    if status is None:
        # OpenAI's `type` says `invalid_request_error` beside many a status: a word only where there is none.
        return ErrorKind.BAD_REQUEST if "invalid_request" in words else ErrorKind.STREAM_ERROR
    if status == 403:  # noqa: PLR2004 (an HTTP status)
        return ErrorKind.CONTENT_FILTER if re.search(r"moderation|flagged", said) else ErrorKind.FORBIDDEN
    if status in {404, 410}:
        if re.search(_NOT_OFFERED, said):
            return ErrorKind.UNSUPPORTED
        if re.search(_NOBODY_ALLOWED, said):
            return ErrorKind.NO_PROVIDER
        return ErrorKind.FORBIDDEN if re.search(_POLICY, said) else ErrorKind.MODEL_NOT_FOUND
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status in _REDIRECTS:
        return ErrorKind.WRONG_ADDRESS
    if status >= _SERVER_ERRORS:
        return ErrorKind.SERVER_ERROR
    return next((kind for kind, pattern in _SENTENCES if re.search(pattern, said)), ErrorKind.BAD_REQUEST)


def _without(text: str, secret: str | None) -> str:
    """The text cut to a readable length, without the key or anything that looks like one."""
    text = mask(text, [secret] if secret else [])
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
