"""A platform's own program for tenants, in the manner of `go run ./cmd/tenant`: its state is one JSON file.

It compares for itself where it is told what to expect, keeps a log of every change, and fails or takes its time when
the file beside it says so.
"""

import argparse
import fcntl
import json
import sys
from pathlib import Path

NOT_SET, CONFLICT = 4, 9


def main() -> int:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("verb", choices=["get", "update", "reload", "effective"])
    parser.add_argument("--id", required=True)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--model")
    parser.add_argument("--no-model", action="store_true")
    parser.add_argument("--expect")
    parser.add_argument("--dry-run", action="store_true")
    asked = parser.parse_args()
    file = Path("tenants.json")
    with file.open("r+") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        state = json.load(opened)
        if state["broken"]:
            sys.stderr.write(f"database says no: {state['broken']}" + "\n")
            return 1
        tenant = state["tenants"][asked.id]
        status = answered(asked, state, tenant)
        opened.seek(0)
        opened.truncate()
        json.dump(state, opened)
    return status


def answered(asked: argparse.Namespace, state: dict[str, object], tenant: dict[str, object]) -> int:
    held = tenant.get("model")
    if asked.verb == "get":
        sys.stdout.write((json.dumps({"id": asked.id, **tenant}) if asked.json else str(held or "")) + "\n")
        return NOT_SET if held is None and not asked.json else 0
    if asked.verb == "effective":
        waits = tenant.get("takes", 0)
        assert isinstance(waits, int)
        tenant["takes"] = max(0, waits - 1)
        sys.stdout.write(str(tenant.get("was") if waits else held or "") + "\n")
        return 0
    if asked.verb == "reload":
        state["reloads"] = [*state["reloads"], asked.id]  # type: ignore[misc]
        return 0
    if state["read_only"]:
        sys.stderr.write("read-only replica" + "\n")
        return 1
    if asked.dry_run:
        return 0
    if asked.expect is not None and asked.expect != (held or ""):
        sys.stderr.write(f"conflict: {asked.id} holds {held}" + "\n")
        return CONFLICT
    state["writes"] = [*state["writes"], [asked.id, asked.model]]  # type: ignore[misc]
    tenant["was"] = held
    if asked.no_model:
        del tenant["model"]
    else:
        tenant["model"] = asked.model
    return 0


if __name__ == "__main__":
    sys.exit(main())
