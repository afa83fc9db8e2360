"""The names buttons, menus and forms go by in Slack's payloads. A name is never used again for something else."""

from typing import Final

APPROVE: Final = "approve"
"""Yes to a request. Value: rotation, question, digest, version."""
APPROVE_LATER: Final = "approve_later"
"""Yes to a request, to begin at a time: opens the form that asks for it. Value as of `approve`, and a time."""
REJECT: Final = "reject"
"""No to a request: opens the reason form."""
DECIDE: Final = "decide"
"""Prefix of an answer to a decision: `decide:go_on` opens the reason form, the others are carried out."""
ROLL_BACK: Final = "roll_back"
PAUSE: Final = "pause"
RESUME: Final = "resume"
ABORT: Final = "abort"
RETRY: Final = "retry"
SETTLE: Final = "settle"
"""Opens the reason form."""
CONFIRM: Final = "confirm"
WITHDRAW: Final = "withdraw"
HANDS_ON: Final = "hands_on"
SPEND: Final = "spend"
"""Yes to what a comparison is expected to cost. Value: D17."""
PROMOTE: Final = "promote"
"""Begin from a comparison, or ask again. Value: D17 or R42."""
ACKNOWLEDGE: Final = "acknowledge"
"""Somebody has an escalation. Value: E7."""
OPEN_DIFF: Final = "open_diff"
"""Opens the comparison form."""
START: Final = "start_proposed"
"""Opens the comparison form with what a proposal proposes. Value: P3."""
MUTE: Final = "mute"
"""No more proposals with this one's reason for its model setting. Value: P3."""
UNMUTE: Final = "unmute"
DIFF_SLOT: Final = "diff_slot"
"""The form's model setting was chosen: its way back is filled in anew."""

CANDIDATE: Final = "candidate"
"""The form's new model: chosen from what the provider lists, or typed where it does not say."""

DIFF_FORM: Final = "diff_form"
REASON_FORM: Final = "reason_form"
START_FORM: Final = "start_form"
NOTICE: Final = "notice"
"""A view that only says something."""

STEERING: Final = (ROLL_BACK, PAUSE, RESUME, ABORT, RETRY, CONFIRM, WITHDRAW, HANDS_ON)
"""Buttons that are carried out as they are; each is the verb of a `Steer`."""


def decide(choice: str) -> str:
    """The name of the button for one answer to a decision."""
    return f"{DECIDE}:{choice}"
