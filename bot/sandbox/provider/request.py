"""What a chat completion request asks: parsed, checked, refused with the field that is wrong. Pure."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.sandbox.provider.faults import Fault

CHARACTERS_PER_TOKEN = 4
TOKENS_PER_MESSAGE = 4
MAX_TEMPERATURE = 2.0
DEPENDS_ON = ("messages", "tools", "tool_choice", "response_format", "seed")
"""Fields of a request that an answer may depend on, beside the model."""
ROLES = ("system", "developer", "user", "assistant", "tool")


@dataclass(frozen=True, slots=True)
class Made:
    """A tool call the assistant made earlier in the conversation; `arguments` as they went over the wire."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One turn; `made` are the tool calls of an assistant's turn, `call_id` the one a tool's turn answers."""

    role: str
    text: str
    made: tuple[Made, ...] = ()
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """One function the model may call; `parameters` is a JSON Schema object."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A checked request. `choice` is `auto`, `none`, `required`, or `=NAME` for one named function."""

    model: str
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...]
    choice: str
    schema: Mapping[str, Any] | None
    json_only: bool
    max_tokens: int | None
    stream: bool
    digest: str
    """Hash of what an answer may depend on beside the model: messages, tools, how to choose, format, seed."""
    prompt_tokens: int

    @property
    def instructions(self) -> str:
        """Everything the system and developer turns say."""
        return "\n".join(message.text for message in self.messages if message.role in {"system", "developer"})

    @property
    def question(self) -> str:
        """The last user turn."""
        return next((message.text for message in reversed(self.messages) if message.role == "user"), "")


def tokens_of(text: str) -> int:
    """Tokens of a text by the rule of four characters each; zero only for nothing."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def parse(body: object) -> ChatRequest:
    """The request in a decoded JSON body.

    Raises:
        Fault: 400 with the field and what was expected of it.
    """
    if not isinstance(body, dict):
        raise _bad("the body must be a JSON object")
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise _bad("model: a model id such as acme/sable-4 is required")
    messages = _messages(body.get("messages"))
    tools = _tools(body.get("tools"))
    schema, json_only = _response_format(body.get("response_format"))
    temperature = body.get("temperature", 1.0)
    if temperature is not None and not (_is_number(temperature) and 0 <= temperature <= MAX_TEMPERATURE):
        raise _bad("temperature: a number from 0 to 2 is expected")
    raw = json.dumps([body.get(name) for name in DEPENDS_ON], sort_keys=True)
    prompt_tokens = sum(tokens_of(message.text) + TOKENS_PER_MESSAGE for message in messages)
    if tools:
        prompt_tokens += tokens_of(json.dumps(body["tools"]))
    return ChatRequest(
        model=model,
        messages=messages,
        tools=tools,
        choice=_choice(body.get("tool_choice"), tools),
        schema=schema,
        json_only=json_only,
        max_tokens=_max_tokens(body),
        stream=body.get("stream") is True,
        digest=hashlib.sha256(raw.encode()).hexdigest(),
        prompt_tokens=prompt_tokens,
    )


def _bad(message: str) -> Fault:
    return Fault(400, message)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _messages(raw: object) -> tuple[Message, ...]:
    if not isinstance(raw, list) or not raw:
        raise _bad("messages: a list of at least one message is required")
    return tuple(_message(index, row) for index, row in enumerate(raw))


def _message(index: int, row: object) -> Message:
    if not isinstance(row, dict) or row.get("role") not in ROLES:
        raise _bad(f"messages[{index}].role: one of {', '.join(ROLES)} is expected")
    calls = row.get("tool_calls") or []
    if not isinstance(calls, list):
        raise _bad(f"messages[{index}].tool_calls: a list is expected")
    made = tuple(_made(index, call) for call in calls)
    return Message(row["role"], _text(index, row.get("content")), made, str(row.get("tool_call_id") or ""))


def _made(index: int, call: object) -> Made:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(call, dict) or not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise _bad(f'messages[{index}].tool_calls: {{"id": ..., "function": {{"name": ...}}}} is expected')
    return Made(str(call.get("id") or ""), function["name"], str(function.get("arguments") or "{}"))


def _text(index: int, content: object) -> str:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        return "\n".join(str(part.get("text", "")) for part in content if part.get("type") in {"text", "input_text"})
    raise _bad(f"messages[{index}].content: a string or a list of content parts is expected")


def _tools(raw: object) -> tuple[Tool, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list):
        raise _bad("tools: a list is expected")
    return tuple(_tool(index, row) for index, row in enumerate(raw))


def _tool(index: int, row: object) -> Tool:
    function = row.get("function") if isinstance(row, dict) and row.get("type") == "function" else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise _bad(f'tools[{index}]: {{"type": "function", "function": {{"name": ...}}}} is expected')
    parameters = function.get("parameters") or {"type": "object", "properties": {}}
    if not isinstance(parameters, dict):
        raise _bad(f"tools[{index}].function.parameters: a JSON Schema object is expected")
    return Tool(function["name"], str(function.get("description") or ""), parameters)


def _choice(raw: object, tools: Sequence[Tool]) -> str:
    if raw is None:
        return "auto"
    if raw in {"auto", "none", "required"} if isinstance(raw, str) else False:
        return str(raw)
    function = raw.get("function") if isinstance(raw, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    known = [tool.name for tool in tools]
    if name not in known:
        raise _bad(f"tool_choice: auto, none, required or one of the tools ({', '.join(known) or 'none given'})")
    return f"={name}"


def _response_format(raw: object) -> tuple[Mapping[str, Any] | None, bool]:
    if raw is None:
        return None, False
    kind = raw.get("type") if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or kind not in {"text", "json_object", "json_schema"}:
        raise _bad("response_format.type: text, json_object or json_schema is expected")
    if kind != "json_schema":
        return None, kind == "json_object"
    wrapped = raw.get("json_schema")
    schema = wrapped.get("schema") if isinstance(wrapped, dict) else None
    if not isinstance(schema, dict):
        raise _bad("response_format.json_schema.schema: a JSON Schema object is expected")
    return schema, True


def _max_tokens(body: Mapping[str, Any]) -> int | None:
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    if limit is None:
        return None
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise _bad("max_tokens: a whole number of at least 1 is expected")
    return limit
