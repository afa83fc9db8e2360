"""What kind of traffic a record is: which labels are looked for, and under which names. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

KNOWN: Final[dict[str, tuple[str, ...]]] = {
    "route": (
        *("route", "http.route", "feature", "use_case", "usecase", "task", "prompt_name", "gen_ai.prompt.name"),
        *("traceloop.workflow.name", "gen_ai.agent.name", "trace.metadata.feature", "generation_name", "service.name"),
    ),
    "tenant": (
        *("tenant", "tenant.id", "tenant_id", "organization", "organization_id", "org_id", "customer_id", "team"),
        *("user_api_key_team_alias", "team_alias", "user_api_key_team_id", "trace.metadata.tenant"),
    ),
    "tag": ("tag", "tags", "request_tags", "tag.tags", "langfuse.tags", "category"),
}
"""Label -> the attributes and metadata fields that may hold it, the first that does wins."""

CONVERSATION: Final = (
    *("gen_ai.conversation.id", "conversation_id", "conversation.id", "session.id", "session_id", "thread_id"),
    *("chat_id", "langfuse.session.id", "traceId", "trace_id", "trace.id", "TraceId"),
)
_LONGEST: Final = 80


def labels_of(fields: Mapping[str, Any], by: Sequence[str]) -> dict[str, str]:
    """The labels of a record; `by` names those that are wanted instead of the known, each a field or a known label."""
    found: dict[str, str] = {}
    for label in by or KNOWN:
        for name in (label, *KNOWN.get(label, ())):
            text = _text(fields.get(name))
            if text:
                found[label] = text[:_LONGEST]
                break
    return found


def conversation_of(fields: Mapping[str, Any]) -> str:
    """The id of the conversation, or of the trace, that a record belongs to; empty when nothing says it."""
    return next((text for name in CONVERSATION if (text := _text(fields.get(name)))), "")


def _text(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, list):
        return ",".join(sorted(str(entry) for entry in value if isinstance(entry, str | int)))
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def flat(value: Any, prefix: str = "", depth: int = 3) -> dict[str, Any]:  # noqa: ANN401
    """A mapping with the fields of those inside it under their own names and under dotted ones."""
    found: dict[str, Any] = {}
    if not isinstance(value, dict):
        return found
    for key, inner in value.items():
        if isinstance(inner, dict) and depth:
            for name, entry in flat(inner, f"{prefix}{key}.", depth - 1).items():
                found.setdefault(name, entry)
                found.setdefault(name.removeprefix(f"{prefix}{key}."), entry)
        else:
            found[f"{prefix}{key}"] = inner
    return found
