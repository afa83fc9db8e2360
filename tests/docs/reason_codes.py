"""docs/reason-codes.md: every code a person is refused or answered with, every reason of a check, and its words."""

from typing import Final

from bot.wording.reasons import REASONS
from bot.wording.refusals import REFUSALS
from bot.wording.replies import ANSWERS

PAGE: Final = "docs/reason-codes.md"

_HEAD: Final = """\
<!-- Written by `make docs` from bot/wording; edit the texts there. -->
# Reason codes

Each refusal, answer and reason has a code, which is what the ledger keeps, and a text, which is what people read.
`{words}` in braces are filled in.

## Refusals

The rule, who can, and what to do next. The codes are `ReasonCode` of `bot/rotation/policy.py`.

| code | rule | who can | what to do next |
|---|---|---|---|
"""


def render() -> str:
    """The page."""
    refusals = [f"| `{code}` | {one.rule} | {one.who} | {one.then} |" for code, one in sorted(REFUSALS.items())]
    answers = [f"| `{code}` | {template} |" for code, template in sorted(ANSWERS.items())]
    reasons = [f"| `{code}` | {words} |" for code, words in sorted(REASONS.items())]
    return "\n".join(
        [
            _HEAD + "\n".join(refusals),
            "",
            "## Other answers",
            "",
            "| code | text |",
            "|---|---|",
            *answers,
            "",
            "## Why a check does not count or cannot tell",
            "",
            "| code | words |",
            "|---|---|",
            *reasons,
        ],
    )
