"""The JSON Schema of a suite, for editors and other programs: every field with its meaning, every type of assertion.

What one field says about another (a tool that is not offered, an id that is there twice) is no matter of a schema:
`rotate suite check` tells that.
"""

from typing import Any, Final

from bot.difftest.suite.kinds import kinds, needs_value
from bot.difftest.suite.load import WRITTEN_BY_US
from bot.difftest.suite.model import Suite

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
ID: Final = "urn:rotate:suite"

ABOUT: Final[dict[str, dict[str, str]]] = {
    "Suite": {
        "name": "What messages call the suite; the file's name if not given.",
        "description": "What it is for. No program reads it.",
        "private": "True: no message shows prompts or answers.",
        "primary": "The dimensions that must pass; quality and tools always count where a case exercises them.",
        "margins": "By how much the new model may be worse.",
        "pass_rate": "The share of cases the new model must pass when the old one can no longer be asked.",
        "repeats": "How often each case is asked.",
        "parameters": "Sent to the provider as they are: temperature, max_tokens, ...",
        "registry": "The tool registry the cases were written against.",
        "judge": "The model that judges `llm-rubric`.",
        "looks": "Into how many looks the run is divided, each of which may end it early.",
        "cases": "The prompts, each with what is expected of its answer.",
    },
    "Case": {
        "id": "Its name in every report; no other case may have it.",
        "messages": "The conversation, as chat completions take it; tool results are written as messages.",
        "tools": "The tools the model may call. They are never carried out.",
        "tool_choice": "Sent as it is; only where tools are offered.",
        "assert": "What must hold of the answer; all of it.",
        "tags": "What kind of case it is; failures are counted by tag.",
        "cluster": "Cases with the same word here are not independent of each other (one conversation, one document).",
        "results": "What the tools answer, in the order of the calls, instead of being carried out.",
        "max_turns": "After so many turns of the model a conversation with tool results ends.",
    },
    "Message": {
        "role": "Who speaks.",
        "content": "A text, or parts as chat completions take them.",
    },
    "Function": {
        "name": "The name the model calls.",
        "description": "What the model reads about it.",
        "parameters": "The JSON Schema of the arguments; every call is held to it.",
        "strict": "Sent as it is.",
    },
    "Assertion": {
        "type": "What is looked at; `not-` turns it round.",
        "value": "What it is held against; its form depends on `type`.",
    },
    "Margins": {
        "quality": "A share: 0.05 is 5 points.",
        "tools": "A share: 0.05 is 5 points.",
        "latency": "A ratio: 0.25 is +25 %.",
        "cost": "A ratio: 0.20 is +20 %.",
    },
    "ScriptedResult": {
        "tool": "The tool whose calls it answers.",
        "arguments": "Only calls whose arguments include these; every call when there are none.",
        "content": "What the tool answers.",
        "error": "The error it answers with instead.",
        "times": "How many calls it answers; every one when not given.",
    },
    "JudgeSettings": {
        "model": "The judge's model id.",
        "base_url": "Its own endpoint; the comparison's if not given.",
        "api_key_env": "The environment variable with the key of its endpoint.",
        "parameters": "Sent to it as they are.",
    },
    "Registry": {
        "id": "The registry's name.",
        "version": "Its version.",
    },
}


def schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of a whole suite in YAML or JSON; `#/$defs/Case` is that of a line in JSON Lines."""
    made = Suite.model_json_schema(mode="validation", by_alias=True)
    blocks: dict[str, dict[str, Any]] = {"Suite": made, **made["$defs"]}
    for model, block in blocks.items():
        for name, field in block.get("properties", {}).items():
            field.pop("title", None)
            meaning = ABOUT.get(model, {}).get(name)
            field["description"] = (
                meaning or field.get("description") or f"{name.replace('_', ' ')}: see docs/suites.md"
            )
    tool: dict[str, Any] = {"$ref": "#/$defs/Function"}
    wrapped = {
        "type": "object",
        "properties": {"type": {"const": "function"}, "function": tool},
        "required": ["type", "function"],
        "additionalProperties": False,
    }
    made["$defs"]["Case"]["properties"]["tools"]["items"] = {"anyOf": [tool, wrapped]}
    made["properties"]["parameters"]["propertyNames"] = {"not": {"enum": [*WRITTEN_BY_US]}}
    _put_kinds(made["$defs"]["Assertion"])
    return {"$schema": DIALECT, "$id": ID, **made, "title": "Suite of rotate"}


def _put_kinds(assertion: dict[str, Any]) -> None:
    """Enumerate the types, and tie the form of `value` to each."""
    known = kinds()
    about = assertion["properties"]["type"]["description"]
    assertion["properties"]["type"] = {"enum": [kind.name for kind in known], "description": about}
    meaning = assertion["properties"]["value"]["description"]
    assertion["properties"]["value"] = {"description": meaning}
    assertion["allOf"] = [
        {
            "if": {"properties": {"type": {"const": kind.name}}, "required": ["type"]},
            "then": {
                "properties": {"value": {**kind.value, **({"description": kind.expects} if kind.expects else {})}},
                **({"required": ["value"]} if needs_value(kind) else {}),
            },
        }
        for kind in known
    ]
