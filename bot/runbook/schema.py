"""The JSON Schema of the runbook file, for editors: every key with its meaning, default and allowed values."""

from typing import Any

from bot.runbook.about import ABOUT
from bot.runbook.models.file import Runbook

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of what an operator may write; short forms such as `provider: openrouter` included."""
    made = Runbook.model_json_schema(mode="validation")
    for model, meanings in ABOUT.items():
        block = made if model is Runbook else made["$defs"][model.__name__]
        for name, about in meanings.items():
            block["properties"][name]["description"] = about
    provider = made["properties"]["provider"]
    made["properties"]["provider"] = {
        "anyOf": [{"type": "string", "minLength": 1}, {"$ref": "#/$defs/Provider"}],
        "description": provider["description"],
    }
    return {"$schema": DIALECT, **made, "title": "Runbook of rotate"}
