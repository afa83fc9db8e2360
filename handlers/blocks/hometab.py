"""The home tab: what waits for its reader, what runs with what comes next, what is over. At most 100 blocks. Pure."""

from typing import Final

from bot.engine.models.shown import Home, HomeRotation
from bot.rotation.model.rotation import Phase
from bot.wording.freezelists import shown_line
from bot.wording.homes import compared_line, nothing_waits, over_line, running_text, wait_line
from bot.wording.text import Code, Line, Text, line, text
from bot.wording.units import count
from handlers.blocks import ids
from handlers.blocks.forms import View
from handlers.blocks.layout import Block, actions, beside, button, context, divider, header, sections
from handlers.blocks.steering import roll_back
from handlers.blocks.values import Carried

WAITS: Final = 20
RUNNING: Final = 60
"""One block each; with what stands around them the tab stays below Slack's 100."""
_ROOM: Final = 2_900


def hometab(home: Home) -> View:
    """The view: a way to begin, what waits for the reader, what runs, what is over."""
    blocks: list[Block] = [
        header("Model rotation"),
        *actions([button("Compare a new model", ids.OPEN_DIFF, Carried("diff"), style="primary")]),
        *_waits(home),
        *_frozen(home),
        divider(),
        *_running(home),
        divider(),
        *_listed("Lately", [over_line(one, home.cards.get(one.id)) for one in home.over], "No rotation is over yet"),
        *_listed(
            "Comparisons", [compared_line(one, home.cards.get(one.id)) for one in home.compared], "None was made yet"
        ),
        *context(text(line("Everything else: ", Code("/rotate help")), "This page keeps itself up to date")),
    ]
    return {"type": "home", "blocks": blocks[:100]}


def _waits(home: Home) -> list[Block]:
    blocks = [header("Waits for you")]
    if home.problem or not home.waits:
        blocks += sections(text(nothing_waits(home)), _ROOM)
    for wait in home.waits[:WAITS]:
        blocks += sections(text(wait_line(wait)), _ROOM)
    return [*blocks, *_more(len(home.waits) - WAITS)]


def _frozen(home: Home) -> list[Block]:
    """Nothing where nothing is."""
    told = [shown_line(freeze) for freeze in home.freezes if freeze.in_force]
    return [header("Frozen"), *sections(text(*told), _ROOM)] if told else []


def _running(home: Home) -> list[Block]:
    blocks = [header("Running")]
    if not home.running:
        blocks += sections(text("No rotation is running"), _ROOM)
    for one in home.running[:RUNNING]:
        blocks.append(beside(running_text(one, home.cards.get(one.note.rotation.id)), _way_back(one)))
    return [*blocks, *_more(len(home.running) - RUNNING)]


def _way_back(one: HomeRotation) -> Block | None:
    rotation = one.note.rotation
    offered = one.may_roll_back and rotation.changed and rotation.phase is not Phase.ROLLING_BACK
    return roll_back(rotation) if offered else None


def _more(left: int) -> list[Block]:
    return sections(text(f"… and {count(left, 'more')}; `/rotate status` lists all")) if left > 0 else []


def _listed(title: str, lines: list[Line], none: str) -> list[Block]:
    told: Text = text(*lines) if lines else text(none)
    return [header(title), *sections(told, _ROOM)]
