"""How a request fails: one exception with the status and the body that OpenRouter gives. Nothing else may live here."""

from dataclasses import dataclass
from typing import Literal

MESSAGES = {
    429: "Rate limit exceeded. Please retry after the time given.",
    500: "Internal Server Error",
    502: "Provider returned error",
    503: "No instances available. The provider is temporarily unavailable.",
    504: "The provider timed out.",
    524: "The edge timed out waiting for the provider.",
    529: "The provider is overloaded.",
}
KINDS = {
    400: "invalid_request",
    401: "authentication",
    402: "payment_required",
    403: "permission_denied",
    404: "not_found",
    408: "timeout",
    429: "rate_limit_exceeded",
    502: "provider_unavailable",
    503: "provider_unavailable",
    504: "timeout",
    524: "timeout",
    529: "provider_overloaded",
}


@dataclass(eq=False)
class Fault(Exception):
    """A request that is not answered.

    `shape` says whether it shows as a status, as a body under HTTP 200, or after the first chunks of a stream.
    """

    status: int
    message: str
    kind: str = ""
    retry_after: int | None = None
    host: str | None = None
    shape: Literal["status", "body", "stream"] = "status"

    def body(self) -> dict[str, object]:
        """The JSON object under which OpenRouter and OpenAI report an error."""
        metadata: dict[str, object] = {"error_type": self.kind or KINDS.get(self.status, "provider_error")}
        if self.host is not None:
            metadata["provider_name"] = self.host
        if self.retry_after is not None:
            metadata["retry_after_seconds"] = self.retry_after
        return {"error": {"code": self.status, "message": self.message, "metadata": metadata}}

    def headers(self) -> dict[str, str]:
        """Headers that go with it: `Retry-After` where the caller is asked to wait."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}

    def __str__(self) -> str:
        return f"{self.status}: {self.message}"
