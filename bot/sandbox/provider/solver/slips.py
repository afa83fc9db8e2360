"""Plausible wrong answers: what a weaker model says in place of the right one. Pure: the draw comes in."""

import json
import re
from collections.abc import Sequence
from random import Random

from bot.sandbox.provider.request import ChatRequest, Tool
from bot.sandbox.provider.solver import arguments
from bot.sandbox.provider.solver.task import Answer, Call


def slip(request: ChatRequest, right: Answer, draw: Random) -> Answer:
    """The answer gone wrong: another value or field, broken JSON, a wrong, mistyped, missing or needless call."""
    if right.calls:
        return _wrong_call(request.tools, right, draw)
    if request.tools and request.choice != "none":
        return _needless_call(request, draw)
    return Answer(draw.choice(right.others) if right.others else _garbled(right.text, draw))


def _wrong_call(tools: Sequence[Tool], right: Answer, draw: Random) -> Answer:
    call = right.calls[0]
    values = json.loads(call.arguments)
    ways = [Answer("Sure, I have taken care of that for you."), _one(call.name, call.arguments[:-1] + ",")]
    others = [tool for tool in tools if tool.name != call.name]
    if others:
        ways.append(_one(draw.choice(others).name, call.arguments))
    if values:
        first = next(iter(values))
        ways.append(_one(call.name, json.dumps({**values, first: _mistyped(values[first])}, ensure_ascii=False)))
        ways.append(_one(call.name, json.dumps({**values, first: _misread(values[first])}, ensure_ascii=False)))
    return draw.choice(ways)


def _one(name: str, text: str) -> Answer:
    return Answer(calls=(Call(name, text),))


def _mistyped(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return f"about {value}"
    return {"value": value}


def _misread(value: object) -> object:
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, str):
        return _garbled(value, Random(len(value)))
    return []


def _needless_call(request: ChatRequest, draw: Random) -> Answer:
    tool = draw.choice(request.tools)
    values = arguments.fill(tool.parameters, request.question).values
    return Answer(calls=(Call(tool.name, json.dumps(values, ensure_ascii=False)),))


def _garbled(text: str, draw: Random) -> str:
    """The text with one thing wrong: a digit off by one, else a word lost, else its end."""
    digits = [found.start() for found in re.finditer(r"\d", text)]
    if digits:
        place = draw.choice(digits)
        return f"{text[:place]}{(int(text[place]) + 1) % 10}{text[place + 1 :]}"
    words = text.split()
    if len(words) > 1:
        del words[draw.randrange(len(words))]
        return " ".join(words)
    return text[:-1] if len(text) > 1 else "I am not sure."
