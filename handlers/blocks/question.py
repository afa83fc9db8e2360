"""A request for approval or a decision: the message with its buttons while it is open, its outcome afterwards. Pure."""

from dataclasses import replace
from typing import Literal

from bot.engine.models.notes import QuestionNote
from bot.rotation.model.questions import Choice, Decision, Request
from bot.rotation.model.rotation import Rotation
from bot.wording import decisions, requests
from bot.wording.names import change_line
from bot.wording.text import Line, Text, line, text
from handlers.blocks import ids
from handlers.blocks.layout import Ask, Block, Message, actions, button, divider, headline, message, sections
from handlers.blocks.steering import back_to, reach, roll_back, withdraw
from handlers.blocks.values import Carried


def question(note: QuestionNote) -> Message:
    """The question with that id: open with buttons, decided without."""
    rotation = note.rotation
    if note.asked_again:
        again = decisions.asked_again_text(rotation, note.question)
        return message(again, sections(again))
    asked = rotation.question(note.question)
    if isinstance(asked, Request):
        return _request(note, rotation, asked)
    if isinstance(asked, Decision):
        return _decision(note, rotation, asked)
    over = decisions.over_text(rotation, note.question)
    return message(over, sections(over))


def _open(note: QuestionNote, first: str, ask: Text, buttons: list[Block], whole: Text) -> Message:
    repeat = (requests.REPEAT,) if note.maybe_repeat else ()
    pair = note.rotation.models
    shortened = pair.current.id not in first or pair.candidate.id not in first
    models: Line = line("Models: ", change_line(pair)) if shortened else ()
    blocks = [
        headline((first,)),
        *sections(text(models, *repeat, ask), 5_000),
        *actions(buttons, block_id=note.question),
        divider(),
        *sections(requests.grounds(note.rotation, note.comparison), 5_000),
    ]
    return message(whole, blocks)


def _over(note: QuestionNote, outcome: Text) -> Message:
    said = text(outcome, requests.REPEAT if note.maybe_repeat else "")
    return message(said, sections(said))


def _request(note: QuestionNote, rotation: Rotation, request: Request) -> Message:
    if not request.open:
        return _over(note, requests.request_outcome(rotation, request, note.comparison))
    ask = requests.request_ask(rotation, request, note.mentions, note.ahead, note.freeze)
    whole = requests.request_text(
        rotation,
        request,
        comparison=note.comparison,
        mentions=note.mentions,
        maybe_repeat=note.maybe_repeat,
        ahead=note.ahead,
        freeze=note.freeze,
    )
    first = requests.headline(rotation, request.stage, note.comparison)
    return _open(note, first, ask, _request_buttons(note, request), whole)


def _request_buttons(note: QuestionNote, request: Request) -> list[Block]:
    rotation, ahead = note.rotation, note.ahead
    carried = Carried(rotation.id, request.id, request.digest, rotation.version)
    verb = "Would set" if rotation.plan.dry_run else "Set"
    watched = requests.watched_words(rotation.plan.stages[request.stage])
    frozen = " It is frozen now: it begins when that is over." if note.freeze is not None else ""
    yes = Ask("Approve this change?", f"{verb} {reach(rotation, request.stage)}. {watched}.{frozen}", "Approve")
    later = replace(
        carried, what=f"{verb} {reach(rotation, request.stage)}.", at=int(ahead.opening.timestamp()) if ahead else None
    )
    no = f"No to {reach(rotation, request.stage)}. {requests.no_means(rotation)}."
    buttons = [
        button("Approve", ids.APPROVE, carried, style="primary", ask=yes),
        button("Schedule", ids.APPROVE_LATER, later),
        button("Reject", ids.REJECT, replace(carried, what=no)),
    ]
    if request.approvals:
        buttons.append(withdraw(rotation))
    return [*buttons, roll_back(rotation)] if rotation.changed else buttons


def _decision(note: QuestionNote, rotation: Rotation, decision: Decision) -> Message:
    if not decision.open:
        return _over(note, decisions.decision_outcome(rotation, decision, note.comparison))
    ask = decisions.decision_ask(rotation, decision, note.mentions)
    whole = decisions.decision_text(
        rotation,
        decision,
        comparison=note.comparison,
        mentions=note.mentions,
        maybe_repeat=note.maybe_repeat,
    )
    first = decisions.decision_headline(rotation, decision, note.comparison)
    return _open(note, first, ask, _decision_buttons(rotation, decision), whole)


def _decision_buttons(rotation: Rotation, decision: Decision) -> list[Block]:
    buttons = [_choice(rotation, decision, choice) for choice in decision.choices]
    if rotation.changed and Choice.ROLL_BACK not in decision.choices:
        buttons.append(roll_back(rotation))
    return buttons


def _choice(rotation: Rotation, decision: Decision, choice: Choice) -> Block:
    label = decisions.choice_label(decision, choice)
    at = reach(rotation, rotation.stage)
    carried = Carried(rotation.id, decision.id, version=rotation.version)
    match choice:
        case Choice.GO_ON:
            return button(label, ids.decide(choice.value), replace(carried, what=f"{label}: {at}."))
        case Choice.EXTEND:
            ask = Ask(f"{label}?", f"{at} stays as it is and is looked at longer.", label)
        case Choice.ROLL_BACK:
            ask = Ask(f"Roll back {rotation.id}?", back_to(rotation), "Roll back", dangerous=True)
        case Choice.ABORT:
            ask = Ask(f"End {rotation.id}?", f"{at} is not begun; nothing was changed so far.", "End it")
    style: Literal["danger", ""] = "danger" if choice is Choice.ROLL_BACK else ""
    return button(label, ids.decide(choice.value), carried, style=style, ask=ask)
