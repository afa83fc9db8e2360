"""Exchanges in OpenTelemetry spans of model calls, in the layouts that are found in the wild. Pure.

- the current GenAI conventions: `gen_ai.input.messages`, `gen_ai.output.messages`, `gen_ai.system_instructions`,
  `gen_ai.tool.definitions` as attributes of the span or of its `gen_ai.client.inference.operation.details` event;
- the conventions up to 1.36: one event a message, `gen_ai.user.message` and so on, and `gen_ai.choice`; and
  those before: the events `gen_ai.content.prompt` and `gen_ai.content.completion`, or `gen_ai.prompt` as one attribute;
- numbered attributes: `gen_ai.prompt.0.content` (OpenLLMetry), `llm.input_messages.0.message.content` (OpenInference).

A span is OTLP/JSON (attributes as a list of key and value), or a dump with attributes as a mapping, or as columns.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import JsonValue

from bot.difftest.suite.traces.exchange import Exchange, Unusable
from bot.difftest.suite.traces.labels import conversation_of, flat, labels_of
from bot.difftest.suite.traces.messages import answered, conversation, parsed, tools_of

_CALLS: Final = {"chat", "generate_content", "text_completion", "completion"}
_MESSAGE_EVENTS: Final = {f"gen_ai.{role}.message": role for role in ("system", "user", "assistant", "tool")}
_DETAILS: Final = "gen_ai.client.inference.operation.details"
_ATTRIBUTES: Final = ("attributes", "span_attributes", "SpanAttributes", "spanAttributes", "tags")
_PARAMETERS: Final = {
    **{f"gen_ai.request.{name}": name for name in ("temperature", "top_p", "max_tokens", "seed")},
    **{f"gen_ai.request.{name}": name for name in ("frequency_penalty", "presence_penalty")},
}
_ERRORS: Final = {2, "2", "ERROR", "STATUS_CODE_ERROR", "Error"}
_SHAPE: Final = ("gen_ai.", "llm.")


def value_of(value: Any) -> Any:  # noqa: ANN401 (JSON of any shape)
    """An OTLP AnyValue as plain JSON."""
    if not isinstance(value, dict) or len(value) != 1:
        return value
    ((kind, inner),) = value.items()
    match kind:
        case "stringValue" | "boolValue" | "doubleValue" | "bytesValue":
            return inner
        case "intValue":
            return int(inner)
        case "arrayValue":
            return [value_of(entry) for entry in (inner or {}).get("values", [])]
        case "kvlistValue":
            return attributes_of((inner or {}).get("values", []))
        case _:
            return value


def attributes_of(raw: Any) -> dict[str, Any]:  # noqa: ANN401
    """Attributes as a mapping, from OTLP's list or from a mapping, also one that nests `gen_ai`."""
    if isinstance(raw, list):
        return {
            str(entry["key"]): value_of(entry.get("value"))
            for entry in raw
            if isinstance(entry, dict) and "key" in entry
        }
    found = dict(raw) if isinstance(raw, dict) else {}
    for key in ("gen_ai", "llm"):
        if isinstance(found.get(key), dict):
            found |= {f"{key}.{name}": inner for name, inner in flat(found.pop(key)).items()}
    return found


def is_span_record(record: Mapping[str, Any]) -> bool:
    """Whether a record is a span, or holds some."""
    if record.keys() & {"resourceSpans", "resourceLogs", "resource_spans", "spans"}:
        return True
    own = next((record[name] for name in _ATTRIBUTES if isinstance(record.get(name), dict | list)), None)
    if own is not None and any(name.startswith(_SHAPE) for name in attributes_of(own)):
        return True
    spanlike = record.keys() & {"spanId", "span_id", "SpanId", "context", "kind", "events"}
    return bool(spanlike and "name" in record) or any(key.startswith(_SHAPE) for key in record) or "gen_ai" in record


def spans_of(record: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    """Every span of a record with the attributes of its resource; records of logs are gathered by their span."""
    resources = record.get("resourceSpans", record.get("resource_spans"))
    if isinstance(resources, list):
        for resource in resources:
            about = attributes_of((resource.get("resource") or {}).get("attributes"))
            for scope in resource.get("scopeSpans", resource.get("instrumentationLibrarySpans", [])):
                for span in scope.get("spans", []):
                    yield span, about
    elif isinstance(record.get("resourceLogs"), list):
        for resource in record["resourceLogs"]:
            about = attributes_of((resource.get("resource") or {}).get("attributes"))
            for span in _logged(resource):
                yield span, about
    elif isinstance(record.get("spans"), list):
        for span in record["spans"]:
            yield span, {}
    else:
        resource = record.get("resource")
        yield record, attributes_of(resource.get("attributes", resource) if isinstance(resource, dict) else {})


def _logged(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    together: dict[tuple[str, str], dict[str, Any]] = {}
    for scope in resource.get("scopeLogs", []):
        for row in scope.get("logRecords", []):
            attributes = attributes_of(row.get("attributes"))
            name = row.get("eventName") or attributes.get("event.name")
            key = (str(row.get("traceId", "")), str(row.get("spanId", "")))
            span = together.setdefault(key, {"traceId": key[0], "attributes": {}, "events": []})
            span["events"].append({"name": name, "attributes": attributes, "body": value_of(row.get("body"))})
    yield from together.values()


def exchange_of(span: Mapping[str, Any], about: Mapping[str, Any], by: Sequence[str]) -> Exchange:
    """The exchange of one span. Raises Unusable."""
    attributes = _attributes(span)
    events = [event for event in span.get("events") or span.get("Events") or [] if isinstance(event, dict)]
    for event in events:
        if event.get("name") == _DETAILS:
            attributes = attributes_of(event.get("attributes")) | attributes
    operation = attributes.get("gen_ai.operation.name")
    kind = attributes.get("openinference.span.kind", "LLM")
    if (operation is not None and operation not in _CALLS) or str(kind).upper() != "LLM":
        raise Unusable("other spans than model calls")
    status = span.get("status")
    code = status.get("code", status.get("status_code")) if isinstance(status, dict) else status
    if code in _ERRORS or attributes.get("error.type"):
        raise Unusable("ended in an error")
    asked, said = _recorded(attributes, events)
    if asked in (None, "", []):
        raise Unusable("without a recorded prompt")
    messages = conversation(asked, attributes.get("gen_ai.system_instructions"))
    answer, calls = answered(conversation(said))
    fields = {**about, **flat(span), **attributes}
    return Exchange(
        messages=messages,
        answer=answer,
        calls=calls,
        tools=_tools(attributes),
        tool_choice=None,
        parameters=_parameters(attributes),
        labels=labels_of(fields, by),
        conversation=conversation_of(fields),
    )


def _attributes(span: Mapping[str, Any]) -> dict[str, Any]:
    found = next((attributes_of(span[name]) for name in _ATTRIBUTES if isinstance(span.get(name), dict | list)), None)
    return attributes_of(dict(span)) if found is None else found


def _recorded(attributes: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> tuple[Any, Any]:
    """What was asked and what was said, in whichever layout they stand."""
    if "gen_ai.input.messages" in attributes:
        return attributes["gen_ai.input.messages"], _as_answer(attributes.get("gen_ai.output.messages"))
    for asked, said in (("gen_ai.prompt", "gen_ai.completion"), ("llm.input_messages", "llm.output_messages")):
        if asked in attributes:
            return attributes[asked], _as_answer(attributes.get(said))
        numbered = _numbered(attributes, asked)
        if numbered:
            return numbered, _as_answer(_numbered(attributes, said))
    return _from_events(events)


def _as_answer(value: Any) -> Any:  # noqa: ANN401
    """An answer may be a bare text, or choices as a response holds them."""
    found = parsed(value)
    if isinstance(found, str):
        return [{"role": "assistant", "content": found}]
    if isinstance(found, dict):
        found = found.get("choices", [found])
    if not isinstance(found, list):
        return []
    rows = [{"role": "assistant", "content": row} if isinstance(row, str) else row for row in found]
    return [{"role": "assistant", **row} if isinstance(row, dict) and "message" not in row else row for row in rows]


def _from_events(events: Sequence[Mapping[str, Any]]) -> tuple[list[Any], list[Any]]:
    asked: list[Any] = []
    said: list[Any] = []
    for event in events:
        name = str(event.get("name", ""))
        attributes = attributes_of(event.get("attributes"))
        body = event.get("body")
        if not isinstance(body, dict):
            held = parsed(attributes.get("gen_ai.event.content", attributes.get("event_body")))
            body = held if isinstance(held, dict) else attributes
        if name in _MESSAGE_EVENTS:
            asked.append({"role": _MESSAGE_EVENTS[name], **body})
        elif name == "gen_ai.choice":
            message = parsed(body.get("message"))
            said.append(
                {
                    "role": "assistant",
                    **(message if isinstance(message, dict) else {"content": message} if message else body),
                }
            )
        elif name == "gen_ai.content.prompt":
            held = parsed(attributes.get("gen_ai.prompt"))
            asked += held if isinstance(held, list) else [held]
        elif name == "gen_ai.content.completion":
            said += _as_answer(attributes.get("gen_ai.completion"))
    return asked, said


def _tools(attributes: Mapping[str, Any]) -> list[dict[str, JsonValue]]:
    if "gen_ai.tool.definitions" in attributes:
        return tools_of(attributes["gen_ai.tool.definitions"])
    return tools_of(_numbered(attributes, "llm.request.functions") or _numbered(attributes, "llm.tools"))


def _parameters(attributes: Mapping[str, Any]) -> dict[str, JsonValue]:
    return {
        ours: value
        for name, ours in _PARAMETERS.items()
        if isinstance(value := attributes.get(name), int | float) and not isinstance(value, bool)
    }


def _numbered(attributes: Mapping[str, Any], prefix: str) -> list[Any]:
    """The list that `prefix.0.field`, `prefix.1.field` ... stand for."""
    tree: dict[str, Any] = {}
    start = f"{prefix}."
    for name, value in attributes.items():
        if not name.startswith(start):
            continue
        *path, last = name.removeprefix(start).split(".")
        place = tree
        for part in path:
            inner = place.setdefault(part, {})
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            place[last] = value
    grown = _grown(tree)
    return grown if isinstance(grown, list) else []


def _grown(tree: Any) -> Any:  # noqa: ANN401
    if not isinstance(tree, dict):
        return tree
    if tree and all(key.isdigit() for key in tree):
        return [_grown(tree[key]) for key in sorted(tree, key=int)]
    return {key: _grown(inner) for key, inner in tree.items()}
