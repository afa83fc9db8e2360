"""Proposals and catalog rows as the tests of what people see need them."""

from datetime import timedelta

from bot.catalog.model import Amount, Deadline, Kept, Listed, Proposal, Proposed, Saving
from bot.rotation.model.state import Trigger
from tests.handlers import scenes

DAY = 86_400.0
LISTED = Listed(
    id="openai/gpt-5-mini",
    name="GPT-5 mini",
    prompt_usd=0.25e-6,
    completion_usd=2e-6,
    price_from="provider",
    context=400_000,
    tools=True,
    structured_output=True,
    inputs=("text", "image"),
    outputs=("text",),
)
UNKNOWN = Listed(id="openai/gpt-6", unread=("retirement date",))
RETIRES = scenes.T0 + timedelta(days=60)


def kept(listed: Listed, *, gone: bool = False) -> Kept:
    at = scenes.T0 - timedelta(days=3)
    return Kept(listed=listed, first_seen=at, last_seen=at, gone_at=scenes.T0 if gone else None)


def proposed(code: str, **more: object) -> Proposed:
    about: dict[str, object] = {
        "key": code,
        "slot": "chat",
        "code": code,
        "about": scenes.OLD,
        "role": "current",
        "current": scenes.OLD,
        "trigger": Trigger.DEPRECATED,
    }
    proposal = Proposal.model_validate({**about, **more})
    return Proposed(id="P3", at=scenes.T0, channel="model-rotation", proposal=proposal)


def deadline(days: float) -> Deadline:
    return Deadline(
        retires=RETIRES,
        last_safe_start=scenes.T0 + timedelta(days=days),
        validation=10 * DAY + 4 * 3600,
        cycle=DAY,
        corridor=7 * DAY,
    )


NEW_ONE = {"about": LISTED.id, "role": "candidate", "candidate": LISTED.id, "listed": LISTED}
SAVING = Saving(cheaper_low=0.38, cheaper_high=0.5, a_year=Amount(usd=5_500, low=4_100, high=7_000), days=7)
PROPOSALS = {
    "new": proposed("new_model", **NEW_ONE, trigger=Trigger.NEW_MODEL),
    "new_unknown": proposed(
        "new_model",
        about=UNKNOWN.id,
        role="candidate",
        candidate=UNKNOWN.id,
        listed=UNKNOWN,
        trigger=Trigger.NEW_MODEL,
        unknown=("tools", "context"),
    ),
    "cheaper": proposed("cheaper", **NEW_ONE, trigger=Trigger.COST, saving=SAVING),
    "cheaper_unmeasured": proposed(
        "cheaper", **NEW_ONE, trigger=Trigger.COST, saving=SAVING.model_copy(update={"a_year": None, "days": 0})
    ),
    "retires": proposed("retirement", deadline=deadline(42), candidate=LISTED.id, listed=LISTED),
    "retires_late": proposed("retirement", deadline=deadline(-2), role="way back", about="openai/gpt-4o"),
    "gone": proposed("gone", gone_at=scenes.T0),
    "regressed": proposed("regressed", checks=("errors: 20.0 %, limit 8.0 %, beyond it in 3 of the last 3 hours",)),
}
