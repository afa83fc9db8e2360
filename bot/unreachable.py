"""Why an address did not answer, in words: what a connection's error means to a person who could mend it. Pure.

Libraries wrap what the system said in classes of their own, so the whole chain behind an error is looked through.
"""

import errno
import socket
import ssl
from collections.abc import Iterator

from bot.masking import mask

_NO_ROUTE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN}
_CLOSED = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError, EOFError)
_NO_TLS = {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNSUPPORTED_PROTOCOL"}
_LONGEST = 200


def why_unreachable(error: BaseException) -> str:
    """The reason without a class's name: refused, name not found, timed out, TLS, closed; else what it says itself."""
    chain = list(dict.fromkeys(_behind(error, set())))
    for each in reversed(chain):  # the innermost knows best
        if reason := _reason(each):
            return reason
    said = next((text for each in chain if (text := " ".join(str(each).split()))), "")
    if "disconnected" in said.lower():
        return "the connection was closed without an answer"
    return mask(said)[:_LONGEST] or "the connection failed"


def _behind(error: BaseException, seen: set[int]) -> Iterator[BaseException]:
    if id(error) in seen:
        return
    seen.add(id(error))
    yield error
    within = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    held = (getattr(error, name, None) for name in ("os_error", "certificate_error"))  # where aiohttp keeps them
    for inner in (error.__context__, error.__cause__, *held, *within):
        if isinstance(inner, BaseException):
            yield from _behind(inner, seen)


def _reason(error: BaseException) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return f"its TLS certificate is not trusted: {error.verify_message or 'no reason given'}"
        case ssl.SSLError():
            reason = str(getattr(error, "reason", None) or "no reason given")  # only those of OpenSSL have one
            if reason in _NO_TLS:
                return "what answers there does not speak TLS (https); it may speak http"
            return f"TLS failed: {reason.replace('_', ' ').lower()}"
        case socket.gaierror():
            return "its name was not found"
        case ConnectionRefusedError():
            return "the connection was refused; nothing listens there"
        case TimeoutError():
            return "it did not answer in time"
        case OSError() if error.errno in _NO_ROUTE:
            return "there is no way to it in the network"
        case _ if isinstance(error, _CLOSED):
            return "the connection was closed without an answer"
        case _:
            return ""
