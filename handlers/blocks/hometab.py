"""The home tab: what runs and what waits, per model setting, and the way to a comparison. Pure."""

from bot.engine.models import Status
from bot.wording.helping import usage
from bot.wording.statuses import slot_text
from bot.wording.text import Code, line, text
from handlers.blocks import ids
from handlers.blocks.forms import View
from handlers.blocks.layout import Block, actions, button, context, divider, header, sections
from handlers.blocks.values import Carried

_SLOTS = 40


def hometab(status: Status) -> View:
    """The view: a header, each model setting, a button, how to do the rest."""
    blocks: list[Block] = [header("Model rotation")]
    for slot in status.slots[:_SLOTS]:
        blocks += [*sections(slot_text(slot, status.cards), 2_900), divider()]
    if len(status.slots) > _SLOTS:
        blocks += sections(text(f"… and {len(status.slots) - _SLOTS} more; the status command lists all"))
    if not status.slots:
        blocks += sections(text("The runbook has no model setting"))
    blocks += actions([button("Compare a new model", ids.OPEN_DIFF, Carried("diff"), style="primary")])
    blocks += context(text(line("Everything else: ", Code(usage("help")))))
    return {"type": "home", "blocks": blocks[:100]}
