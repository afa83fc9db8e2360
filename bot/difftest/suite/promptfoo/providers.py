"""What the providers of a configuration say that belongs to a case: tools, and the parameters they agree on."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from pydantic import JsonValue

from bot.difftest.suite.promptfoo.files import Folder, Refused, names_file
from bot.difftest.suite.promptfoo.listing import Listing, Spot

_PARAMETERS: Final = (
    *("temperature", "top_p", "max_tokens", "max_completion_tokens", "seed", "stop"),
    *("presence_penalty", "frequency_penalty", "response_format"),
)
_READ: Final = {"tools", "functions", "tool_choice", *_PARAMETERS}


@dataclass(slots=True)
class Providers:
    """Tools as chat completions take them, and what every provider sets alike."""

    tools: list[JsonValue] = field(default_factory=list)
    tool_choice: JsonValue = None
    parameters: dict[str, JsonValue] = field(default_factory=dict)


def read_providers(config: Spot, folder: Folder, listing: Listing) -> Providers:
    """The part of the providers that is carried over; the rest is noted."""
    found = list(_configs(config, folder, listing))
    made = Providers()
    with_tools = [spot for spot in found if spot.mapping.get("tools") or spot.mapping.get("functions")]
    for index, spot in enumerate(with_tools):
        tools = list(_tools(spot, folder, listing))
        if index == 0:
            made.tools, made.tool_choice = tools, _choice(spot, listing)
            listing.note(spot.at("tools"), "every case offers these tools; a call is never part of the text here")
        elif tools != made.tools:
            listing.left(spot, "offers other tools than an earlier provider: every case offers those of the first")
    _agree(made, found, listing)
    for spot in found:
        for key in spot.mapping:
            if key not in _READ:
                listing.note(spot.at(key), f"`{key}` is the provider's own affair: say it when comparing, if at all")
    return made


def _agree(made: Providers, found: list[Spot], listing: Listing) -> None:
    """Take over the parameters that every provider sets alike."""
    for name in _PARAMETERS:
        values = [spot.mapping[name] for spot in found if name in spot.mapping]
        if len(values) == len(found) and values and all(value == values[0] for value in values):
            if names_file(values[0]):
                listing.left(found[0].at(name), f"`{name}` is in a file and not carried over")
            else:
                made.parameters[name] = values[0]
        else:
            for spot in found:
                if name in spot.mapping:
                    listing.note(spot.at(name), f"`{name}` is not the same for every provider, so it is not sent")


def _configs(config: Spot, folder: Folder, listing: Listing) -> Iterator[Spot]:
    for key in ("providers", "targets"):
        for entry in config.at(key).each():
            for spot in _opened(entry, folder, listing):
                data = spot.data
                name = data if isinstance(data, str) else None
                inner = spot
                if isinstance(data, dict):
                    name = str(data.get("id") or next(iter(data), ""))
                    inner = spot if "id" in data else spot.at(name)
                listing.note(spot, f"the provider {name} is not carried over: models are named when comparing")
                if "prompts" in inner.mapping:
                    listing.note(inner.at("prompts"), "every prompt is asked of both models")
                yield inner.at("config")


def _opened(entry: Spot, folder: Folder, listing: Listing) -> Iterator[Spot]:
    name = entry.data
    if not isinstance(name, str) or not name.startswith("file://"):
        yield entry
        return
    try:
        for path in folder.find(name):
            yield from folder.read(path).each()
    except Refused as error:
        listing.left(entry, f"{name} {error}: tools it may offer are missing")


def _tools(spot: Spot, folder: Folder, listing: Listing) -> Iterator[JsonValue]:
    for key in ("tools", "functions"):
        for entry in spot.at(key).each():
            for opened in _files(entry, folder, listing):
                tool = _tool(opened.data)
                if tool is None:
                    listing.left(opened, "is no tool with a name and a JSON Schema of its arguments")
                else:
                    yield tool


def _files(entry: Spot, folder: Folder, listing: Listing) -> Iterator[Spot]:
    name = entry.data
    if not names_file(name):
        yield entry
        return
    try:
        for path in folder.find(str(name)):
            yield from folder.read(path).each()
    except Refused as error:
        listing.left(entry, f"{name} {error}: these tools are missing")


def _tool(data: JsonValue) -> JsonValue:
    """A tool in our form, from OpenAI's, its inner part, Anthropic's or Bedrock's; None for anything else."""
    if isinstance(data, dict) and isinstance(spec := data.get("toolSpec"), dict):
        schema = spec.get("inputSchema")
        data = {**spec, "parameters": schema.get("json") if isinstance(schema, dict) else None}
    inner = data.get("function") if isinstance(data, dict) and data.get("type") == "function" else data
    if not isinstance(inner, dict):
        inner = data
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        return None
    schema = inner.get("parameters", inner.get("input_schema"))
    made: dict[str, JsonValue] = {"name": inner["name"]}
    if isinstance(inner.get("description"), str):
        made["description"] = inner["description"]
    if isinstance(schema, dict):
        made["parameters"] = schema
    if isinstance(inner.get("strict"), bool):
        made["strict"] = inner["strict"]
    return made


def _choice(spot: Spot, listing: Listing) -> JsonValue:
    choice = spot.mapping.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") in {"auto", "any", "tool", "none"} and "function" not in choice:
        match choice["type"]:
            case "any":
                return "required"
            case "tool":
                return {"type": "function", "function": {"name": choice.get("name")}}
            case other:
                return other
    if choice is None or choice in ("auto", "none", "required") or isinstance(choice, dict):
        return choice
    listing.left(spot.at("tool_choice"), f"tool_choice {choice!r} is not known here")
    return None
