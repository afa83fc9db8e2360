"""Finding one's way in blocks: the elements a person can use, whatever they are nested in. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.sandbox.slack.refused import Json

BUTTONS = frozenset({"button", "workflow_button", "icon_button"})
TYPED = frozenset({"plain_text_input", "number_input", "email_text_input", "url_text_input"})
PICKED = {
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
}
PICKED_MANY = {
    "multi_users_select": "selected_users",
    "multi_conversations_select": "selected_conversations",
    "multi_channels_select": "selected_channels",
}
CHOSEN = frozenset({"static_select", "external_select", "radio_buttons", "overflow"})
CHOSEN_MANY = frozenset({"multi_static_select", "multi_external_select", "checkboxes"})
EXTERNAL = frozenset({"external_select", "multi_external_select"})


@dataclass(frozen=True)
class Placed:
    """An element and the block it sits in."""

    block: Json
    element: Json

    @property
    def block_id(self) -> str:
        """Answers the id of the block."""
        return str(self.block.get("block_id", ""))

    @property
    def action_id(self) -> str:
        """Answers the id of the element."""
        return str(self.element.get("action_id", ""))

    @property
    def type(self) -> str:
        """Answers the element's type."""
        return str(self.element.get("type", ""))


def each_block(blocks: list[Json]) -> Iterator[Json]:
    """Gives all blocks, those in containers and carousels too, in reading order."""
    for block in blocks:
        yield block
        if block.get("type") == "container":
            yield from each_block(block.get("child_blocks") or [])
        elif block.get("type") == "carousel":
            yield from each_block(block.get("elements") or [])


def interactive(blocks: list[Json]) -> Iterator[Placed]:
    """Gives what can be pressed or chosen outside of inputs, in reading order."""
    for block in each_block(blocks):
        kind = block.get("type")
        if kind in {"actions", "context_actions"}:
            found = block.get("elements") or []
        elif kind == "section":
            found = [block["accessory"]] if block.get("accessory") else []
        elif kind == "card":
            found = block.get("actions") or []
        elif kind == "input" and block.get("dispatch_action"):
            found = [block["element"]]
        else:
            found = []
        for element in found:
            if element.get("type") != "image":
                yield Placed(block, element)


def inputs(blocks: list[Json]) -> Iterator[Placed]:
    """Gives the inputs of a form, in reading order."""
    for block in each_block(blocks):
        if block.get("type") == "input":
            yield Placed(block, block["element"])


def label(placed: Placed) -> str:
    """Answers what a person would call it: a button's text, an input's label, a menu's placeholder."""
    if placed.block.get("type") == "input":
        return str(placed.block["label"]["text"])
    element = placed.element
    text = element.get("text") or element.get("placeholder") or {}
    return str(text.get("text") or element.get("alt_text") or element.get("accessibility_label") or placed.action_id)


def options(element: Json) -> list[Json]:
    """Answers the options an element carries itself, those in groups too."""
    grouped = [option for group in element.get("option_groups") or [] for option in group.get("options") or []]
    return [*(element.get("options") or []), *grouped]


def initial_state(element: Json) -> Json | None:
    """Answers the state an input begins with, or None for an element that has no state."""
    kind = str(element.get("type"))
    if kind in TYPED:
        return {"type": kind, "value": element.get("initial_value")}
    if kind in PICKED:
        return {"type": kind, PICKED[kind]: element.get(PICKED[kind].replace("selected", "initial"))}
    if kind in PICKED_MANY:
        return {"type": kind, PICKED_MANY[kind]: element.get(PICKED_MANY[kind].replace("selected", "initial")) or []}
    if kind in CHOSEN - {"overflow"}:
        return {"type": kind, "selected_option": element.get("initial_option")}
    if kind in CHOSEN_MANY:
        return {"type": kind, "selected_options": element.get("initial_options") or []}
    if kind == "datetimepicker":
        return {"type": kind, "selected_date_time": element.get("initial_date_time")}
    return None


def state_values(blocks: list[Json], entered: dict[str, dict[str, Json]]) -> dict[str, dict[str, Json]]:
    """Answers `state.values`: what was entered, else what each stateful element begins with."""
    values: dict[str, dict[str, Json]] = {}
    for placed in [*interactive(blocks), *inputs(blocks)]:
        state = entered.get(placed.block_id, {}).get(placed.action_id) or initial_state(placed.element)
        if state is not None:
            values.setdefault(placed.block_id, {})[placed.action_id] = state
    return values


def is_empty(state: Json) -> bool:
    """Tells whether nothing was entered."""
    return all(value in (None, "", []) for key, value in state.items() if key != "type")


def shown_value(state: Json) -> str:
    """Answers an element's state as it reads in the form."""
    found = [value for key, value in state.items() if key != "type"]
    value = found[0] if found else None
    many = value if isinstance(value, list) else [value]
    return ", ".join(str(v["text"]["text"]) if isinstance(v, dict) else str(v) for v in many if v is not None)
