"""The buttons that steer a rotation, and the dialogs that repeat model, stage and tenant count. Pure."""

from bot.rotation.model.rotation import Phase, Rotation
from bot.wording.names import changed_stages, in_brackets, tenants_word
from bot.wording.units import shortened
from handlers.blocks import ids
from handlers.blocks.layout import BUTTONS, Ask, Block, button
from handlers.blocks.values import Carried


def carried(rotation: Rotation, what: str = "") -> Carried:
    """What a button about a rotation carries."""
    return Carried(subject=rotation.id, version=rotation.version, what=what)


def reach(rotation: Rotation, index: int) -> str:
    """Model, stage and tenant count, for a dialog."""
    stage = rotation.plan.stages[index]
    last = index == len(rotation.plan.stages) - 1
    many = in_brackets(tenants_word(stage, last=last))
    return f"{shortened(rotation.models.candidate.id, 80)} on {shortened(stage.name, 40)}{many}"


def back_to(rotation: Rotation) -> str:
    """What going back does, for a dialog: the model, every stage that was changed, the tenants of the widest."""
    model = shortened(rotation.models.after_rollback.id, 80)
    stages = rotation.plan.stages
    touched = changed_stages(rotation)
    if not touched:
        return f"Back to {model}. Needs no approval and begins at once."
    names = ", ".join(shortened(stages[index].name, 30) for index in touched)
    many = in_brackets(tenants_word(stages[touched[-1]], last=touched[-1] == len(stages) - 1))
    return f"Back to {model} on {names}{many}. Needs no approval and begins at once."


def roll_back(rotation: Rotation) -> Block:
    """Go back: always one click and one dialog."""
    ask = Ask(f"Roll back {rotation.id}?", back_to(rotation), "Roll back", dangerous=True)
    return button("Roll back", ids.ROLL_BACK, carried(rotation), style="danger", ask=ask)


def _pause(rotation: Rotation) -> Block:
    return button("Pause", ids.PAUSE, carried(rotation))


def _resume(rotation: Rotation) -> Block:
    return button("Resume", ids.RESUME, carried(rotation), style="primary")


def _abort(rotation: Rotation) -> Block:
    what = f"{reach(rotation, rotation.stage)} is not begun; nothing was changed so far."
    return button("End it", ids.ABORT, carried(rotation), ask=Ask(f"End {rotation.id}?", what, "End it"))


def _retry(rotation: Rotation) -> Block:
    going_back = rotation.phase is Phase.ROLLING_BACK
    what = back_to(rotation) if going_back else f"Try again to set {reach(rotation, rotation.stage)}."
    return button("Try again", ids.RETRY, carried(rotation), style="primary", ask=Ask("Try again?", what, "Try again"))


def _settle(rotation: Rotation) -> Block:
    what = f"Read every place of {reach(rotation, rotation.stage)} and record what is found as the end."
    return button("Settle by hand", ids.SETTLE, carried(rotation, what))


def _confirm(rotation: Rotation) -> Block:
    what = f"You have seen requests answered by {rotation.models.after_rollback.id[:120]}."
    return button("Confirm by hand", ids.CONFIRM, carried(rotation), ask=Ask("Traffic is back?", what, "Yes, I saw it"))


def withdraw(rotation: Rotation) -> Block:
    """Take one's own yes back; whoever gave none is told so."""
    what = "If you approved this, your yes does not count any more, and it is asked for again where it was needed."
    return button("Withdraw", ids.WITHDRAW, carried(rotation), ask=Ask("Withdraw your approval?", what, "Withdraw"))


def withdrawable(rotation: Rotation) -> bool:
    """Whether there is a yes that nothing was done for yet."""
    request, decision = rotation.request, rotation.decision
    voted = decision is not None and decision.open and bool(decision.answers)
    waits = request is not None and (request.open or rotation.doing(Phase.SCHEDULED))
    return voted or (waits and request is not None and bool(request.approvals))


ASKED_BACK = frozenset({"roll_back", "abort", "settle"})
"""What undoes or ends something: typed without saying of what, it is said back before it is done."""


def could(rotation: Rotation, verb: str) -> bool:
    """Whether one of these could do anything to a rotation now."""
    match verb:
        case "abort":
            return not (rotation.ended or rotation.changed)
        case "settle":
            return rotation.phase in {Phase.ERRORED, Phase.ROLLING_BACK}
        case _:
            return rotation.changed and rotation.phase is not Phase.ROLLING_BACK


def said_back(rotation: Rotation, verb: str) -> tuple[str, str]:
    """The button's label, and what pressing it does."""
    match verb:
        case "abort":
            return f"End {rotation.id}", f"{reach(rotation, rotation.stage)} is not begun; nothing was changed so far."
        case "settle":
            return f"Settle {rotation.id} by hand", f"Read every place of {reach(rotation, rotation.stage)}."
        case _:
            return f"Roll back {rotation.id}", back_to(rotation)


def told_back(rotation: Rotation, verb: str, label: str, reason: str) -> Block:
    """The button under what was said back. The question was asked above it, so it asks no more."""
    if verb == "settle":
        return _settle(rotation)
    return button(label, verb, carried(rotation, reason), style="danger")


def _hands_on(rotation: Rotation) -> Block:
    off = rotation.hands_off
    failing = off is not None and off.failing is not None
    then = back_to(rotation) if failing else "A check that fails rolls back by itself again."
    return button("Hands on", ids.HANDS_ON, carried(rotation), ask=Ask("Hands on again?", then, "Hands on"))


def _supersede(rotation: Rotation) -> Block:
    what = f"Whoever began {rotation.blocked_by} is asked to give way. Nothing changes before they say so."
    ask = Ask(f"Ask {rotation.blocked_by} to give way?", what, "Ask")
    return button("Ask to give way", ids.SUPERSEDE, carried(rotation), ask=ask)


def _ask_again(rotation: Rotation) -> Block:
    return button("Ask again", ids.PROMOTE, carried(rotation))


_MADE = {
    "retry": _retry,
    "resume": _resume,
    "confirm": _confirm,
    "roll_back": roll_back,
    "hands_on": _hands_on,
    "settle": _settle,
    "pause": _pause,
    "promote": _ask_again,
    "supersede": _supersede,
    "abort": _abort,
    "withdraw": withdraw,
}
"""What people can do from the card, the expected next step first. The rest is done on a question or by a command."""


def _sensible(rotation: Rotation, kind: str) -> bool:
    """Whether pressing it could do anything: going back needs a change, ending one needs none, and so on."""
    match kind:
        case "roll_back":
            return rotation.changed
        case "abort":
            return not rotation.changed
        case "withdraw":
            return withdrawable(rotation)
        case "confirm":
            return "unconfirmed" in rotation.marks
        case "supersede":
            return bool(rotation.blocked_by) and rotation.asked_of != rotation.blocked_by
        case "hands_on":
            return rotation.hands_off is not None
        case _:
            return True


def steering(rotation: Rotation, possible: tuple[str, ...]) -> list[Block]:
    """At most five buttons, only for what is possible now."""
    wanted = [kind for kind in _MADE if kind in possible and _sensible(rotation, kind)]
    if "resume" in wanted and "promote" in wanted:
        wanted.remove("promote")  # from a pause both mean the same
    return [_MADE[kind](rotation) for kind in wanted[:BUTTONS]]
