"""What a button carries: compact JSON with what it is about and what its presser saw. Pure."""

import json
from dataclasses import dataclass

_WHAT = 400


@dataclass(frozen=True, slots=True)
class Carried:
    """What a button is about.

    `subject` is R42, D17 or E7; `question` and `digest` bind an answer to what was seen; `version` is the state the
    button was drawn from; `what` says in words what would be done, for a form that asks for the reason, or the reason
    itself where it was typed before; `at` is a time to begin with, in seconds since 1970.
    """

    subject: str
    question: str = ""
    digest: str = ""
    version: int | None = None
    what: str = ""
    at: int | None = None


def encode(carried: Carried) -> str:
    """The value of a button, well within Slack's 2,000 characters."""
    found = {
        "s": carried.subject,
        "q": carried.question,
        "d": carried.digest,
        "v": carried.version,
        "w": carried.what[:_WHAT],
        "t": carried.at,
    }
    kept = {key: value for key, value in found.items() if value not in ("", None)}
    return json.dumps(kept, separators=(",", ":"), ensure_ascii=False)


def decode(value: object) -> Carried | None:
    """What a button carried; None for a value this version of the bot did not write."""
    if not isinstance(value, str):
        return None
    try:
        found = json.loads(value)
    except ValueError:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("s"), str) or not found["s"]:
        return None
    version, at = found.get("v"), found.get("t")
    texts = {key: found.get(key, "") for key in ("q", "d", "w")}
    if not all(isinstance(text, str) for text in texts.values()):
        return None
    return Carried(
        subject=found["s"],
        question=texts["q"],
        digest=texts["d"],
        version=version if isinstance(version, int) else None,
        what=texts["w"],
        at=at if isinstance(at, int) else None,
    )
