"""Who has said yes and who is still missing: on the request, the card, the list, in the thread and in answers."""

from datetime import timedelta

import pytest
from pydantic import JsonValue

from bot.engine.models.notes import CardNote
from bot.engine.models.shown import SlotStatus
from bot.rotation.model.people import Approval as Yes
from bot.rotation.model.rotation import Rotation
from bot.runbook.models.people import Approval, Fallback, GroupName
from bot.wording.replies import reply_text
from bot.wording.requests import request_ask
from bot.wording.statuses import waits_for
from bot.wording.text import When, plain, spoken
from bot.wording.timeline import timeline_line
from bot.wording.waits import waiting
from tests.handlers import scenes

ML, SRE, FINANCE = GroupName.ML, GroupName.SRE, GroupName.FINANCE
EACH = Approval(groups=(ML, FINANCE), each=True)
MORE = Approval(groups=(ML, FINANCE), count=3, each=True)


def under(rule: Approval, *said_yes: tuple[str, GroupName]) -> Rotation:
    """Pilots asked for by that rule; these people have said yes."""
    rotation = scenes.pilots_asked()
    stages = [s.model_copy(update={"approval": rule}) if s.name == "pilots" else s for s in rotation.plan.stages]
    request = rotation.request
    assert request is not None
    given = tuple(
        Yes(by=scenes.MAX.model_copy(update={"id": name, "name": name, "groups": (g,)}), at=scenes.T0, digest="d")
        for name, g in said_yes
    )
    plan = rotation.plan.model_copy(update={"stages": tuple(stages)})
    return rotation.model_copy(update={"plan": plan, "request": request.model_copy(update={"approvals": given})})


@pytest.mark.parametrize(
    ("rotation", "asks", "waits"),
    [
        (
            under(EACH),
            "@ML and @Finance: one of each of you other than Mia Larsen, who began this, please approve or reject",
            "1 approval of pilots by ML and 1 by Finance",
        ),
        (
            under(EACH, ("bob", ML)),
            "✅ 1 of 2 approvals: bob; missing: 1 approval by Finance",
            "1 approval of pilots by Finance",
        ),
        (
            under(MORE, ("bob", ML)),
            "@ML and @Finance: it takes 1 approval by ML, 1 by Finance and 1 by ML or Finance, other than Mia Larsen",
            "1 approval of pilots by Finance and 1 by ML or Finance",
        ),
        (under(Approval(count=2)), "@ML: 2 of you other than Mia Larsen", "2 approvals of pilots by ML"),
    ],
)
def test_a_request_and_a_card_say_who_is_still_missing(rotation: Rotation, asks: str, waits: str) -> None:
    request = rotation.request
    assert request is not None
    mentions = {name: f"<!subteam^S{name}>" for name in GroupName}
    assert asks in plain(request_ask(rotation, request, mentions))
    card = plain(waiting(CardNote(rotation=rotation, now=scenes.T0, actions=())))
    assert card.startswith(f"Waiting for: {waits} other than Mia Larsen")
    short = waits.replace(" of pilots", "")
    assert waits_for(SlotStatus(slot="chat", stages=(), models={}, rotation=rotation)) == f"waits for {short}"


MISSING: JsonValue = [["finance"]]


def test_the_thread_and_the_answer_say_it_too() -> None:
    facts: dict[str, JsonValue] = {"by": "bob", "stage": "pilots", "needed": 2, "missing": MISSING}
    said = plain((timeline_line("approved", facts),))
    assert said == "✅ bob approved pilots (2 approvals needed); still missing: 1 approval by Finance"
    answered = plain(reply_text("yes_counts", {"rotation": "R42", "missing": MISSING}))
    assert answered == "✅ R42: your approval counts. Still missing: 1 approval by Finance."
    told = plain(reply_text("already_approved", {"groups": ["finance"]}))
    assert "Who can: another member of Finance." in told


def test_a_request_says_who_is_asked_next_and_who_was_asked_too() -> None:
    steps = (Fallback(group=SRE, after=timedelta(hours=4)), Fallback(group=FINANCE, after=timedelta(hours=8)))
    rotation = under(Approval(fallback=steps))
    assert rotation.request is not None
    mentions = {name: f"<!subteam^S{name}>" for name in GroupName}
    times = {"delivered_at": scenes.T0, "fall_back_at": scenes.T0 + timedelta(hours=4)}
    first = rotation.request.model_copy(update=times)
    said = plain(request_ask(rotation, first, mentions))
    assert f"If it is not answered by {spoken(When(first.fall_back_at or scenes.T0))}, SRE is asked too" in said
    assert "Reminder" not in said
    later = first.model_copy(update={"asked_too": (SRE,), "reminded": 1})
    said = plain(request_ask(rotation.model_copy(update={"request": later}), later, mentions))
    assert f"⏳ Reminder: asked {spoken(When(scenes.T0))}, and still waiting for an answer" in said
    assert "⏳ Asked too, because others did not answer in time: SRE" in said
    assert "@ML or @SRE: one of you" in said
    assert ", Finance is asked too" in said
    facts: dict[str, JsonValue] = {"stage": "pilots", "groups": ["ml"], "too": ["sre"], "seconds": 14400}
    told = plain((timeline_line("fallback_asked", facts),))
    assert told == "⏳ pilots: ML did not answer within 4 h; SRE is asked too"


def test_once_finance_is_asked_too_it_is_not_said_not_to_be() -> None:
    rotation = under(Approval(fallback=(Fallback(group=FINANCE, after=timedelta(hours=4)),)))
    assert rotation.request is not None
    assert "Finance is not asked" in plain(request_ask(rotation, rotation.request, {}))
    asked = rotation.request.model_copy(update={"asked_too": (FINANCE,)})
    rotation = rotation.model_copy(update={"request": asked})
    assert "Finance is not asked" not in plain(request_ask(rotation, asked, {}))
