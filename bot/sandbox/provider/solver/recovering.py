"""What to do once tools have answered: say what they found, or call again where one answered with an error. Pure."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from bot.sandbox.provider.request import ChatRequest, Made
from bot.sandbox.provider.solver import calling, fields
from bot.sandbox.provider.solver.task import Answer, Call

PATIENCE = 3
"""After so many errors in a row a model says that it cannot be done."""
HINT = re.compile(
    r"\b(?:did you mean|do you mean|try|use|expected|must be|should be)\b:? (?:one of:? )?['\"“]?"
    r"(?P<value>[^'\"”?,;()]+?)['\"”]?(?: instead)?(?:[.?!,;()]|$| or\b)",
    re.IGNORECASE,
)
ISO = re.compile(r"YYYY-MM-DD|ISO[ -]?(?:8601|date)", re.IGNORECASE)


def last_error(request: ChatRequest) -> str:
    """What the tools' last answers complain of; empty where none does."""
    return next((error for _, content in _latest(request) if (error := error_in(content))), "")


def error_in(content: str) -> str:
    """The error a tool's answer is: `{"error": "..."}`, or a text that begins with the word; empty for a result."""
    try:
        result = json.loads(content)
    except ValueError:
        found = re.match(r"\s*error\b[:\s]*(.*)", content, re.IGNORECASE | re.DOTALL)
        return (found[1].strip() or "error") if found else ""
    error = result.get("error") if isinstance(result, dict) else None
    return error if isinstance(error, str) else json.dumps(error) if error else ""


def after_tools(request: ChatRequest) -> Answer:
    """Call again what failed, mended as the error says; after several errors say so; else what was found."""
    error = last_error(request)
    if not error or not request.tools or request.choice == "none":
        return calling.from_result(request) if not error else Answer(f"That did not work: {error}")
    if _errors(request) >= PATIENCE:
        return Answer(f"I could not do that: {error}", others=("Done.",))
    failed = [(made, why) for made, content in _latest(request) if made is not None and (why := error_in(content))]
    calls = tuple(_again(made, why) for made, why in failed)
    return Answer(calls=calls) if calls else Answer(f"That did not work: {error}")


def given_up(request: ChatRequest) -> Answer:
    """What a model says that does not try again: as if all had gone well."""
    return Answer("Done, everything is taken care of." if last_error(request) else "Done.")


def _latest(request: ChatRequest) -> Iterator[tuple[Made | None, str]]:
    """The answers since the last assistant's turn, each with the call it answers."""
    start = max(
        (place for place, message in enumerate(request.messages) if message.role == "assistant"),
        default=-1,
    )
    made = {call.id: call for call in request.messages[start].made} if start >= 0 else {}
    for message in request.messages[start + 1 :]:
        if message.role == "tool":
            yield made.get(message.call_id), message.text


def _errors(request: ChatRequest) -> int:
    """How many answers in a row, up to the last one, were errors."""
    count = 0
    for message in reversed(request.messages):
        if message.role == "tool":
            if not error_in(message.text):
                break
            count += 1
        elif message.role == "user":
            break
    return count


def _again(made: Made, error: str) -> Call:
    try:
        values = json.loads(made.arguments)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        return Call(made.name, made.arguments)
    return Call(made.name, json.dumps({**values, **_mended(values, error)}, ensure_ascii=False))


def _mended(values: Mapping[str, object], error: str) -> dict[str, object]:
    """The arguments the error finds fault with, put right; none where it names none (it may pass by itself)."""
    if ISO.search(error):
        dates = {name: fields.iso_date(value) for name, value in values.items() if isinstance(value, str)}
        if changed := {name: value for name, value in dates.items() if value != values[name]}:
            return dict(changed)
    hint = HINT.search(error)
    name = _blamed(values, error[: hint.start()] if hint else error)
    if hint is None or name is None:
        return {}
    said = hint["value"].strip()
    old = values[name]
    if isinstance(old, (int, float)) and not isinstance(old, bool):
        number = re.search(r"-?\d+(?:\.\d+)?", said)
        return {} if number is None else {name: type(old)(float(number[0]))}
    return {name: said}


def _blamed(values: Mapping[str, object], said: str) -> str | None:
    """The argument an error speaks of: by its value, else by its name."""
    by_value = [name for name, value in values.items() if str(value) and str(value).lower() in said.lower()]
    by_name = [name for name in values if re.search(rf"\b{re.escape(name)}\b", said, re.IGNORECASE)]
    found: Sequence[str] = by_value or by_name
    return found[0] if found else (next(iter(values)) if len(values) == 1 else None)
