"""What is said when the runbook was changed in who may decide or what is allowed."""

import json

from pydantic import JsonValue

from bot.engine.models.notes import RulesNote
from bot.wording.text import Code, Line, Text, line, text

SHOWN = 12
LONGEST_VALUE = 120
DIGEST = 12


def rules_text(note: RulesNote) -> Text:
    """The rules' new digest, each change before and after, and who is not touched by it."""
    more = len(note.changes) - SHOWN
    return text(
        line("⚠️ The runbook has changed: who may decide, or what is allowed. Digest ", Code(note.digest[:DIGEST])),
        *(_change(change.field, change.before, change.after) for change in note.changes[:SHOWN]),
        f"… and {more} more; `rotate runbook show` prints all rules" if more > 0 else "",
        f"{', '.join(note.running)}: goes on by the rules it began with" if note.running else "",
    )


def _change(field: str, before: JsonValue, after: JsonValue) -> Line:
    return line("• ", Code(field), f": {_value(before)} → {_value(after)}")


def _value(value: JsonValue) -> str:
    if value is None:
        return "not there"
    written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return written if len(written) <= LONGEST_VALUE else f"{written[: LONGEST_VALUE - 1]}…"
