"""Turns cases of the Berkeley Function Calling Leaderboard into cases of our suites, for `test_bfcl.py`.

To repeat it:

    pip download --no-deps --dest bfcl bfcl-eval==2026.3.23
    unzip -q bfcl/*.whl -d bfcl
    python -m tests.difftest.bfcl.convert bfcl/bfcl_eval/data tests/data/bfcl

What is changed: types that are no JSON Schema (`dict`, `float`, `tuple`, `any`) become what they mean, `optional` goes,
a point in a tool's name becomes `_` (as BFCL does it for providers that refuse points). The ground truth becomes one
`tool-calls` expectation with accepted values; nothing of it is mended.
"""

import argparse
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import JsonValue

SETS = ("simple_python", "multiple")
TYPES = {"dict": "object", "float": "number", "tuple": "array"}


def name(tool: str) -> str:
    return tool.replace(".", "_")


def schema(written: JsonValue) -> JsonValue:
    """A parameter's description as JSON Schema; `properties` holds names, not keywords."""
    if not isinstance(written, dict):
        return written
    made: dict[str, JsonValue] = {}
    for key, value in written.items():
        if key == "type" and isinstance(value, str):
            if value != "any":
                made[key] = TYPES.get(value, value)
        elif key == "properties" and isinstance(value, dict):
            made[key] = {argument: schema(inner) for argument, inner in value.items()}
        elif key == "items":
            made[key] = schema(value)
        elif key != "optional":
            made[key] = value
    return made


def case(question: dict[str, Any], truth: list[dict[str, Any]]) -> dict[str, Any]:
    """One row of BFCL and its ground truth as a case."""
    calls = [
        {"name": name(tool), "arguments": arguments, "match": "accepted", "normalize": True}
        for call in truth
        for tool, arguments in call.items()
    ]
    return {
        "id": question["id"],
        "messages": question["question"][0],
        "tools": [
            {"name": name(tool["name"]), "description": tool["description"], "parameters": schema(tool["parameters"])}
            for tool in question["function"]
        ],
        "assert": [{"type": "tool-calls", "value": calls}],
    }


def rows(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def convert(data: Path, to: Path) -> None:
    for part in SETS:
        truths = {row["id"]: row["ground_truth"] for row in rows(data / "possible_answer" / f"BFCL_v4_{part}.json")}
        cases = [case(row, truths[row["id"]]) for row in rows(data / f"BFCL_v4_{part}.json")]
        text = "".join(f"{json.dumps(row, ensure_ascii=False, separators=(',', ':'))}\n" for row in cases)
        (to / f"{part}.jsonl.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder bfcl_eval/data of the unpacked wheel")
    parser.add_argument("to", type=Path)
    asked = parser.parse_args()
    convert(asked.data, asked.to)


if __name__ == "__main__":
    main()
