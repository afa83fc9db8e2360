"""Exchanges in logs of chat completions: a request and its response in one record. Pure.

Known: `{request, response}` pairs (OpenAI, OpenRouter, gateways that put either under `body`), `{input, output}`,
LiteLLM's standard logging payload (`messages`, `response`, `model_parameters`), and a bare conversation whose last
message is the answer.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import JsonValue

from bot.difftest.suite.traces.exchange import Exchange, Unusable
from bot.difftest.suite.traces.labels import conversation_of, flat, labels_of
from bot.difftest.suite.traces.messages import answered, conversation, parsed, tools_of

_WRAPPED: Final = ("standard_logging_object", "payload", "kwargs", "data")
_REQUESTS: Final = ("request", "request_body", "requestBody", "req", "reqPayload", "input", "prompt")
_RESPONSES: Final = ("response", "response_body", "responseBody", "resp", "res", "respPayload", "output", "completion")
_PARAMETERS: Final = (
    *("temperature", "top_p", "max_tokens", "max_completion_tokens", "seed", "stop", "response_format"),
    *("presence_penalty", "frequency_penalty"),
)
_FAILED: Final = {"failure", "error", "failed"}
_CHAT: Final = ("", "completion", "acompletion", "chat", "chat.completion", "chat_completion")
_BAD_STATUS: Final = 400


def exchange_of(record: Mapping[str, Any], by: Sequence[str]) -> Exchange:
    """The exchange of one record. Raises Unusable."""
    whole = record
    for name in _WRAPPED:
        inner = parsed(record.get(name))
        if isinstance(inner, dict) and inner.keys() & {"messages", "request", "response"}:
            record = inner
            break
    if str(record.get("call_type") or "").lower() not in _CHAT:
        raise Unusable("other calls than chat completions")
    request = _body(record, _REQUESTS)
    response = _body(record, _RESPONSES)
    asked = request.get("messages") if isinstance(request, dict) else request
    if asked is None:
        asked = record.get("messages")
    asked = parsed(asked)
    if not asked:
        raise Unusable(
            "without a recorded prompt" if record.keys() & {*_REQUESTS, *_RESPONSES} else "in an unknown form"
        )
    _refuse_failed(record, response)
    system = request.get("system") if isinstance(request, dict) else None
    messages = conversation(asked, system)
    if response is None and messages and messages[-1]["role"] == "assistant":
        said, messages = [messages[-1]], messages[:-1]
    else:
        said = conversation(_said(response))
    answer, calls = answered(said)
    options: dict[str, Any] = {}
    for held in (record, parsed(record.get("model_parameters")), parsed(record.get("optional_params")), request):
        options |= held if isinstance(held, dict) else {}
    fields = {**flat(whole), **flat(record), **flat(record.get("metadata")), **flat(options.get("metadata"))}
    choice = options.get("tool_choice")
    return Exchange(
        messages=messages,
        answer=answer,
        calls=calls,
        tools=tools_of(options.get("tools") or options.get("functions")),
        tool_choice=choice if choice in ("auto", "none", "required") or isinstance(choice, dict) else None,
        parameters=_parameters(options),
        labels=labels_of(fields, by),
        conversation=conversation_of({**fields, **flat(request)}),
    )


def _body(record: Mapping[str, Any], names: Sequence[str]) -> Any:  # noqa: ANN401 (JSON of any shape)
    for name in names:
        value = parsed(record.get(name))
        if value is None:
            continue
        if isinstance(value, dict):
            inner = parsed(value.get("body", value.get("json")))
            if isinstance(inner, dict):
                return inner
        return value
    return None


def _refuse_failed(record: Mapping[str, Any], response: Any) -> None:  # noqa: ANN401
    status = record.get("status", record.get("status_code", record.get("statusCode")))
    failed = status in _FAILED or (isinstance(status, int) and status >= _BAD_STATUS)
    if failed or record.get("error") or (isinstance(response, dict) and response.get("error")):
        raise Unusable("ended in an error")


def _said(response: Any) -> Any:  # noqa: ANN401
    """The answer of a response: of its first choice, of a bare message, or a bare text."""
    if isinstance(response, str):
        return [{"role": "assistant", "content": response}]
    if isinstance(response, list):
        return _said(response[-1]) if response else []
    if not isinstance(response, dict):
        return []
    choices = response.get("choices")
    if isinstance(choices, list):
        first = choices[0] if choices else None
        if not isinstance(first, dict):
            return []
        message = first.get("message")
        return (
            [{"role": "assistant", **message}]
            if isinstance(message, dict)
            else [{"role": "assistant", "content": first.get("text")}]
        )
    if isinstance(response.get("message"), dict):
        response = response["message"]
    return [{**response, "role": "assistant"}] if response.keys() & {"content", "tool_calls", "parts"} else []


def _parameters(options: Mapping[str, Any]) -> dict[str, JsonValue]:
    return {name: options[name] for name in _PARAMETERS if options.get(name) is not None}
