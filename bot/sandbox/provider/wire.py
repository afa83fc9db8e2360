"""Completions, streams and the model list as OpenRouter and OpenAI write them. Pure: objects in, JSON out."""

import json
from collections.abc import Iterator
from datetime import date

from bot.sandbox.provider.completion import Completion
from bot.sandbox.provider.faults import Fault
from bot.sandbox.provider.personas import Persona, per_token

COMMENT = b": OPENROUTER PROCESSING\n\n"
DONE = b"data: [DONE]\n\n"
PARAMETERS = ("max_tokens", "temperature", "top_p", "seed", "stop", "response_format", "structured_outputs")
TOOL_PARAMETERS = ("tools", "tool_choice")


def response(done: Completion, created: int) -> dict[str, object]:
    """The body of a response that is not streamed. `created` in epoch seconds."""
    message: dict[str, object] = {"role": "assistant", "content": done.answer.text or None, "refusal": None}
    if done.answer.calls:
        message["tool_calls"] = _calls(done)
    return {
        **_head(done, created, "chat.completion"),
        "choices": [
            {
                "index": 0,
                "message": message,
                "finish_reason": done.finish_reason,
                "native_finish_reason": done.finish_reason,
                "logprobs": None,
            }
        ],
        "usage": done.usage(),
    }


def _calls(done: Completion) -> list[dict[str, object]]:
    return [
        {
            "index": index,
            "id": f"call_{done.id[4:16]}_{index}",
            "type": "function",
            "function": {"name": call.name, "arguments": call.arguments},
        }
        for index, call in enumerate(done.answer.calls)
    ]


def _head(done: Completion, created: int, kind: str) -> dict[str, object]:
    return {"id": done.id, "object": kind, "created": created, "model": done.model, "provider": done.host}


def opening(done: Completion, created: int) -> bytes:
    """The first chunk of a stream: a role and nothing else."""
    return _chunk(done, created, {"role": "assistant", "content": ""})


def contents(done: Completion, created: int) -> Iterator[bytes]:
    """The chunks that carry words, then those that carry calls: name first, arguments in pieces."""
    for piece in done.pieces():
        yield _chunk(done, created, {"content": piece})
    for row, call in zip(_calls(done), done.answer.calls, strict=True):
        text = call.arguments
        yield _chunk(done, created, {"tool_calls": [{**row, "function": {"name": call.name, "arguments": ""}}]})
        half = max(1, len(text) // 2)
        for piece in (text[:half], text[half:]):
            if piece:
                delta = {"index": row["index"], "function": {"arguments": piece}}
                yield _chunk(done, created, {"tool_calls": [delta]})


def closing(done: Completion, created: int) -> bytes:
    """The chunk with the finish reason, the one with the usage, and the end mark."""
    usage = {**_head(done, created, "chat.completion.chunk"), "choices": [], "usage": done.usage()}
    return _chunk(done, created, {}, done.finish_reason) + _event(usage) + DONE


def broken(done: Completion, created: int, fault: Fault) -> bytes:
    """The chunk with which a stream breaks off: the error beside a finish reason `error`."""
    choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
    return _event({**_head(done, created, "chat.completion.chunk"), "choices": [choice], **fault.body()}) + DONE


def _chunk(done: Completion, created: int, delta: dict[str, object], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
    return _event({**_head(done, created, "chat.completion.chunk"), "choices": [choice]})


def _event(body: dict[str, object]) -> bytes:
    return b"data: " + json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"


def model_row(persona: Persona, today: date) -> dict[str, object]:
    """One row of the model list; prices in US dollars per token, as strings."""
    announced = persona.retired if persona.retired is not None and persona.retired > today else None
    author, _, name = persona.id.partition("/")
    return {
        "id": persona.id,
        "canonical_slug": persona.id,
        "name": f"{author.capitalize()}: {name.replace('-', ' ').title()}",
        "created": 1_700_000_000,
        "context_length": persona.context_length,
        "architecture": {"modality": "text->text", "input_modalities": ["text"], "output_modalities": ["text"]},
        "pricing": {"prompt": per_token(persona.price_in), "completion": per_token(persona.price_out), "request": "0"},
        "top_provider": {
            "context_length": persona.context_length,
            "max_completion_tokens": persona.max_completion_tokens,
            "is_moderated": False,
        },
        "supported_parameters": [*PARAMETERS, *(TOOL_PARAMETERS if persona.tools else ())],
        "expiration_date": None if announced is None else announced.isoformat(),
    }


def endpoints(persona: Persona, today: date) -> dict[str, object]:
    """The hosts that serve one model: here always one."""
    row = model_row(persona, today)
    endpoint = {
        "name": f"{persona.host} | {persona.id}",
        "provider_name": persona.host,
        "tag": persona.host.lower(),
        "context_length": persona.context_length,
        "max_completion_tokens": persona.max_completion_tokens,
        "pricing": row["pricing"],
        "supported_parameters": row["supported_parameters"],
        "status": 0,
    }
    return {"id": persona.id, "name": row["name"], "endpoints": [endpoint]}
