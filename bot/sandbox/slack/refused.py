"""The one way a Web API method says no."""

from typing import Any

Json = dict[str, Any]


class Refused(Exception):
    """Raised by a method; becomes `{"ok": false, "error": code, …}`. `extra` is merged into the answer."""

    def __init__(self, code: str, **extra: Any) -> None:  # noqa: ANN401 - what Slack adds differs by error
        super().__init__(code)
        self.code = code
        self.extra: Json = extra

    @classmethod
    def with_messages(cls, code: str, messages: list[str]) -> "Refused":
        """Answers a refusal that carries Slack's `response_metadata.messages`."""
        return cls(code, response_metadata={"messages": messages})
