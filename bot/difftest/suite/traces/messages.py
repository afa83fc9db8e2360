"""Recorded messages in the form of chat completions, from every form in which they are written down. Pure.

Known: OpenAI's messages and parts, OpenTelemetry's `{role, parts}` (GenAI conventions), OpenInference's
`{message: {...}}`, Anthropic's blocks. Reasoning is left out. What cannot be masked, pictures and files, is refused.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pydantic import JsonValue

from bot.difftest.suite.traces.exchange import RecordedCall, Unusable

_ROLES: Final = {
    **{role: role for role in ("system", "developer", "user", "assistant", "tool")},
    "human": "user",
    "ai": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "function": "tool",
}
_TEXTS: Final = {"text", "input_text", "output_text"}
_THOUGHTS: Final = {"reasoning", "thinking", "redacted_thinking", "thought"}
_CALLS: Final = {"tool_call", "tool_use", "function_call"}
_RESULTS: Final = {"tool_call_response", "tool_result", "function_call_output"}


def parsed(value: Any) -> Any:  # noqa: ANN401 (JSON of any shape)
    """The JSON a text holds; the value itself where it is none."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def written(value: Any) -> str:  # noqa: ANN401
    """A value as the text of a message."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def conversation(raw: Any, before: Any = None) -> list[dict[str, JsonValue]]:  # noqa: ANN401
    """Messages from a list of them in any form, after instructions that stand apart. Raises Unusable."""
    found: list[dict[str, JsonValue]] = []
    instructions = "\n\n".join(text for text in _instructions(parsed(before)) if text)
    if instructions:
        found.append({"role": "system", "content": instructions})
    for message in _listed(parsed(raw)):
        found += _chat(message)
    _name_calls(found)
    return found


def _instructions(value: Any) -> Iterator[str]:  # noqa: ANN401
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, dict):
            yield written(part.get("content", part.get("text")))
        elif part is not None:
            yield written(part)


def _listed(value: Any) -> list[Any]:  # noqa: ANN401
    if isinstance(value, dict) and isinstance(value.get("messages"), list):
        value = value["messages"]
    if isinstance(value, str):
        return [{"role": "user", "content": value}] if value.strip() else []
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, list):
        return []
    return value[0] if len(value) == 1 and isinstance(value[0], list) else value


def _chat(raw: Any) -> Iterator[dict[str, JsonValue]]:  # noqa: ANN401
    """One recorded message: itself, and a message of its own for each tool result in it."""
    if isinstance(raw, str):
        yield {"role": "user", "content": raw}
        return
    if not isinstance(raw, dict):
        raise Unusable("messages in an unknown form")
    raw = raw["message"] if isinstance(raw.get("message"), dict) else raw
    role = _ROLES.get(str(raw.get("role", "user")).lower())
    if role is None:
        raise Unusable("messages in an unknown form")
    texts: list[str] = []
    calls = [call for entry in _entries(raw.get("tool_calls")) if (call := _call(entry)) is not None]
    results: list[dict[str, JsonValue]] = []
    for part in _parts(raw):
        kind = str(part.get("type", "text"))
        if kind in _TEXTS:
            texts.append(written(part.get("text", part.get("content"))))
        elif kind in _CALLS:
            call = _call(part)
            calls += [call] if call is not None else []
        elif kind in _RESULTS:
            results.append(_result(part))
        elif kind not in _THOUGHTS:
            raise Unusable("with pictures, sounds or files, which cannot be masked")
    content = "\n".join(text for text in texts if text)
    if role == "tool" and not results:
        message: dict[str, JsonValue] = {"role": "tool", "content": content}
        if isinstance(made_by := raw.get("tool_call_id", raw.get("id")), str):
            message["tool_call_id"] = made_by
        yield message
        return
    if content or calls or not results:
        named = {"name": raw["name"]} if isinstance(raw.get("name"), str) and role == "user" else {}
        yield {"role": role, "content": content, **named, **({"tool_calls": [*calls]} if calls else {})}
    yield from results


def _parts(raw: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    value = raw.get("parts", raw.get("contents", raw.get("content")))
    if isinstance(value, str) and value.startswith('[{"'):
        value = parsed(value) if '"type"' in value[:200] else value
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, dict):
            yield part["message_content"] if isinstance(part.get("message_content"), dict) else part
        elif part is not None:
            yield {"type": "text", "text": part}


def _entries(value: Any) -> Iterable[Any]:  # noqa: ANN401
    value = parsed(value)
    return value if isinstance(value, list) else []


def _call(raw: Any) -> dict[str, JsonValue] | None:  # noqa: ANN401
    if not isinstance(raw, dict):
        return None
    raw = raw["tool_call"] if isinstance(raw.get("tool_call"), dict) else raw
    inner = raw["function"] if isinstance(raw.get("function"), dict) else raw
    name = inner.get("name")
    if not isinstance(name, str) or not name:
        return None
    arguments = inner.get("arguments", inner.get("input"))
    number = raw.get("id", raw.get("call_id"))
    return {
        "id": str(number) if number else "",
        "type": "function",
        "function": {"name": name, "arguments": written(arguments)},
    }


def _result(part: Mapping[str, Any]) -> dict[str, JsonValue]:
    value = next((part[key] for key in ("response", "result", "content", "output") if part.get(key) is not None), "")
    if isinstance(value, list) and all(isinstance(entry, dict) and entry.get("type") == "text" for entry in value):
        value = "\n".join(written(entry.get("text")) for entry in value)
    made_by = part.get("id", part.get("tool_use_id", part.get("call_id")))
    return {"role": "tool", "content": written(value), **({"tool_call_id": str(made_by)} if made_by else {})}


def _name_calls(messages: list[dict[str, JsonValue]]) -> None:
    """Give every call and its result the same id where none was recorded: results follow their calls in order."""
    number = 0
    open_calls: list[str] = []
    for message in messages:
        calls = message.get("tool_calls")
        for call in calls if isinstance(calls, list) else []:
            if isinstance(call, dict):
                number += 1
                call["id"] = call["id"] or f"call_{number}"
                open_calls.append(str(call["id"]))
        if message["role"] == "tool":
            if "tool_call_id" not in message and not open_calls:
                raise Unusable("tool results without the calls they answer")
            made_by = message.setdefault("tool_call_id", open_calls[0] if open_calls else "")
            if made_by in open_calls:
                open_calls.remove(str(made_by))


def answered(messages: list[dict[str, JsonValue]]) -> tuple[str, tuple[RecordedCall, ...]]:
    """The text and the calls of the recorded answer. Raises Unusable when there is none."""
    for message in messages:
        if message["role"] != "assistant":
            continue
        calls = message.get("tool_calls")
        made = tuple(
            RecordedCall(str(function["name"]), str(function["arguments"]))
            for call in (calls if isinstance(calls, list) else [])
            if isinstance(call, dict) and isinstance(function := call.get("function"), dict)
        )
        text = str(message.get("content") or "")
        if text.strip() or made:
            return text, made
    raise Unusable("without a recorded answer")


def tools_of(raw: Any) -> list[dict[str, JsonValue]]:  # noqa: ANN401
    """Offered tools in a suite's form, from OpenAI's, OpenTelemetry's, OpenInference's or Anthropic's."""
    found: list[dict[str, JsonValue]] = []
    value = parsed(raw)
    for entry in value if isinstance(value, list) else []:
        tool = parsed(entry)
        if isinstance(tool, dict) and isinstance(tool.get("tool"), dict):
            tool = parsed(tool["tool"].get("json_schema"))
        inner = tool.get("function") if isinstance(tool, dict) and isinstance(tool.get("function"), dict) else tool
        if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
            continue
        schema = parsed(next((inner[key] for key in ("parameters", "input_schema", "arguments") if key in inner), None))
        made: dict[str, JsonValue] = {"name": inner["name"]}
        if isinstance(inner.get("description"), str) and inner["description"]:
            made["description"] = inner["description"]
        if isinstance(schema, dict):
            made["parameters"] = schema
        if made["name"] not in [tool["name"] for tool in found]:
            found.append(made)
    return found
