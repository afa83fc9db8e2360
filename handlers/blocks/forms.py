"""The modals: starting a comparison, and giving a reason. What they remember is in `private_metadata`. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from bot.engine.models.commands import ReplyTo
from bot.engine.models.shown import SlotStatus
from bot.rotation.model.state import Trigger
from bot.wording.names import TRIGGERS
from bot.wording.text import Text
from bot.wording.units import shortened
from bot.wording.unseen import plainly
from handlers.blocks import ids
from handlers.blocks.layout import Block, sections
from handlers.blocks.mrkdwn import cut, escape

View = dict[str, Any]

TITLE = 24
OPTION_TEXT = 75
OPTION_VALUE = 150
OPTIONS = 100
REASON = 3_000
MODEL = 200
METADATA = 3_000


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why a reason is asked for: the form's title and button, and the hint under the field."""

    title: str
    submit: str
    hint: str


PURPOSES: Mapping[str, Purpose] = {
    "reject": Purpose("Reject", "Reject", "Whoever asked reads it in the thread."),
    "go_on": Purpose("Go on", "Go on", "It stays on the card for ever."),
    "settle": Purpose("Settle by hand", "Settle", "It is kept with what the places hold."),
}
"""What a reason can be asked for."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a form remembers: where its answer goes, and for a reason, what it is about."""

    channel: str = ""
    thread: str = ""
    response_url: str = ""
    purpose: str = ""
    subject: str = ""
    question: str = ""
    digest: str = ""
    candidate: str = ""
    trigger: str = ""
    reason: str = ""

    def reply(self, user: str) -> ReplyTo:
        """Where the answer goes."""
        return ReplyTo(user=user, channel=self.channel, thread=self.thread, response_url=self.response_url)


def remember(kept: Remembered) -> str:
    """The metadata of a form; a response URL that would make it too long is left out."""
    written = json.dumps({key: value for key, value in asdict(kept).items() if value}, separators=(",", ":"))
    return written if len(written) <= METADATA else remember(replace(kept, response_url="", candidate="", reason=""))


def recall(metadata: object) -> Remembered | None:
    """What a form remembered; None for metadata this version of the bot did not write."""
    if not isinstance(metadata, str):
        return None
    try:
        found = json.loads(metadata or "{}")
        return Remembered(**found) if all(isinstance(value, str) for value in found.values()) else None
    except (ValueError, TypeError, AttributeError):
        return None


def _plain(words: str, room: int = 2_000) -> Block:
    shown = plainly(words)
    return {"type": "plain_text", "text": shown if len(shown) <= room else f"{shown[: room - 1]}…"}


def _option(label: str, value: str) -> Block:
    return {"text": _plain(shortened(label, OPTION_TEXT), OPTION_TEXT), "value": value}


def _input(block_id: str, label: str, element: Block, *, hint: str = "", optional: bool = False) -> Block:
    made: Block = {"type": "input", "block_id": block_id, "label": _plain(label), "element": element}
    if hint:
        made["hint"] = _plain(hint)
    return {**made, "optional": True} if optional else made


def _field(action_id: str, initial: str = "", most: int = MODEL, *, lines: bool = False) -> Block:
    made: Block = {"type": "plain_text_input", "action_id": action_id, "max_length": most, "multiline": lines}
    return {**made, "initial_value": initial[:most]} if initial else made


def notice(title: str, words: str) -> View:
    """A view that only says something."""
    return {
        "type": "modal",
        "callback_id": ids.NOTICE,
        "title": _plain(title, TITLE),
        "close": _plain("Close", TITLE),
        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": cut(escape(words), 2_900)}}],
    }


def loading() -> View:
    """What is shown while the model settings are looked up: a trigger lives three seconds."""
    return notice("Compare a model", "Looking up what is live …")


def way_back_of(slot: SlotStatus) -> str:
    """The model the way back of a new comparison leads to unless another is named: what is live now."""
    held = [model for model in slot.models.values() if model and not any(letter.isspace() for letter in model)]
    if slot.comparison is not None and slot.comparison.current.id in held[-1:]:
        return slot.comparison.rollback.id
    return held[-1] if held else ""


def live_of(slot: SlotStatus) -> str:
    """What is live, for a hint."""
    held = dict.fromkeys(model for model in slot.models.values() if model)
    return f"Live now: {', '.join(held)}" if held else "What is live could not be read"


def model_options(models: Sequence[str]) -> list[Block]:
    """Models to choose from, within what a menu takes."""
    return [_option(model, model) for model in models if len(model) <= OPTION_VALUE][:OPTIONS]


def _candidate(given: str, *, listed: bool) -> Block:
    """The field of the new model: a menu of what the provider lists, which narrows as one types; else a text field.

    It is where the eye goes: every other field is filled in already.
    """
    example = "Part of its name, such as gpt-4.1"
    focused: Block = {"action_id": ids.CANDIDATE, "focus_on_load": not given, "placeholder": _plain(example)}
    if not listed or len(given) > OPTION_VALUE:
        return {**_field(ids.CANDIDATE, given), **focused}
    menu: Block = {"type": "external_select", "min_query_length": 0, **focused}
    return {**menu, "initial_option": _option(given, given)} if given else menu


NOT_FORESEEN: Text = (("What it costs and what it can see is said here once the new model is named.",),)
FORESEEING: Text = (("Looking up what it costs and what it can see …",),)


def diff_form(
    slots: Sequence[SlotStatus], chosen: str, kept: Remembered, *, listed: bool = False, foreseen: Text = NOT_FORESEEN
) -> View:
    """The comparison form, with the way back of the chosen model setting filled in.

    `listed`: the provider says which models there are, so that the new one can be chosen. `foreseen`: what comparing
    it would cost and can see, or why it cannot begin.
    """
    if not slots:
        return notice("Compare a model", "The runbook has no model setting, so there is nothing to compare.")
    shown = [slot for slot in slots if len(slot.slot) <= OPTION_VALUE][:OPTIONS]
    slot = next((one for one in shown if one.slot == chosen), shown[0])
    options = [_option(one.slot, one.slot) for one in shown]
    menu: Block = {
        "type": "static_select",
        "action_id": ids.DIFF_SLOT,
        "options": options,
        "initial_option": _option(slot.slot, slot.slot),
    }
    pick = _input("slot", "Model setting", menu)
    triggers = [_option(TRIGGERS[trigger.value].capitalize(), trigger.value) for trigger in Trigger]
    field = _candidate(kept.candidate, listed=listed)
    why = next((one for one in triggers if one["value"] == kept.trigger), triggers[0])
    return {
        "type": "modal",
        "callback_id": ids.DIFF_FORM,
        "title": _plain("Compare a model", TITLE),
        "submit": _plain("Compare", TITLE),
        "close": _plain("Not now", TITLE),
        "private_metadata": remember(kept),
        "blocks": [
            {**pick, "dispatch_action": True} if len(shown) > 1 else pick,
            {**_input(ids.CANDIDATE, "New model", field, hint=live_of(slot)), "dispatch_action": True},
            *({**block, "block_id": f"foreseen:{n}"} for n, block in enumerate(sections(foreseen))),
            _input(
                f"rollback:{slot.slot}"[:255],
                "Way back",
                _field("rollback", way_back_of(slot)),
                hint="The model rollback leads to where the old one may become unusable.",
                optional=True,
            ),
            _input(
                "trigger",
                "Why",
                {
                    "type": "static_select",
                    "action_id": "trigger",
                    "options": triggers,
                    "initial_option": why,
                },
            ),
            _input(
                "reason",
                "Reason",
                _field("reason", kept.reason, most=REASON, lines=True),
                hint="Those who approve read it.",
                optional=True,
            ),
        ],
    }


def reason_form(purpose: str, what: str, kept: Remembered) -> View:
    """The form that asks for a reason, repeating what would be done."""
    about = PURPOSES[purpose]
    return {
        "type": "modal",
        "callback_id": ids.REASON_FORM,
        "title": _plain(f"{about.title} {kept.subject}", TITLE),
        "submit": _plain(about.submit, TITLE),
        "close": _plain("Not now", TITLE),
        "private_metadata": remember(replace(kept, purpose=purpose)),
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": cut(escape(what or f"{about.title}."), 2_900)}},
            _input("reason", "Reason", _field("reason", most=REASON, lines=True), hint=about.hint),
        ],
    }


def start_form(what: str, kept: Remembered, at: int) -> View:
    """The form that asks when an approved change is to begin, repeating what would be done."""
    picker: Block = {"type": "datetimepicker", "action_id": "start", "initial_date_time": at}
    hint = "In your own time zone. Evidence, approvers and the way back are checked once more then."
    return {
        "type": "modal",
        "callback_id": ids.START_FORM,
        "title": _plain(f"Approve {kept.subject}", TITLE),
        "submit": _plain("Approve for then", TITLE),
        "close": _plain("Not now", TITLE),
        "private_metadata": remember(replace(kept, purpose="approve")),
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": cut(escape(what or "Approve this change."), 2_900)}},
            _input("start", "Begin at", picker, hint=hint),
        ],
    }


def first_slot(body: Mapping[str, Any]) -> str:
    """The model setting a form shows, from the form itself: its state names only what was touched."""
    for block in (body.get("view") or {}).get("blocks") or []:
        if block.get("block_id") == "slot":
            return str(((block.get("element") or {}).get("initial_option") or {}).get("value") or "")
    return ""


def prefilled(view: Mapping[str, Any], block_id: str) -> str:
    """What a text field held before anybody touched it."""
    for block in view.get("blocks") or []:
        if block.get("block_id") == block_id:
            return str((block.get("element") or {}).get("initial_value") or "")
    return ""


def entered(view: Mapping[str, Any]) -> dict[str, str]:
    """What was entered, by action id, stripped; an empty field is an empty text."""
    values = (view.get("state") or {}).get("values") or {}
    found: dict[str, str] = {}
    for fields in values.values():
        for action_id, state in fields.items():
            option = state.get("selected_option") or {}
            chosen = state.get("value") or option.get("value") or state.get("selected_date_time")
            found[action_id] = str(chosen or "").strip()
    return found
