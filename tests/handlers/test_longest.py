"""Whatever is told at its longest is a message Slack takes, and says where the rest is when it was cut."""

from datetime import timedelta

import pytest

from bot.engine.models.guides import Guide
from bot.engine.models.notes import FreezeNote, PageNote, ReplyNote, RulesNote, ScopesNote, SummaryNote, TimelineNote
from bot.engine.models.shown import FreezeShown, Status, Why
from bot.rotation.model.freezes import Freeze, Scope
from bot.runbook.models.people import GroupName
from bot.wording.pages import CAUSES
from bot.wording.refusals import REFUSALS
from bot.wording.replies import ANSWERS
from bot.wording.summaries import SUMMARIES
from bot.wording.timeline import LINES
from handlers.blocks.layout import Message
from handlers.blocks.private import asked_back, freezes, help_message, reply, status, why
from handlers.blocks.shown import shown
from tests.handlers import notes, scenes
from tests.handlers.judge import every_text, judged
from tests.handlers.longest import LONG, facts
from tests.handlers.test_blocks import SUMMARY_FACTS, card_of, slot_status, stretched

WAY = "rotate ledger export"


def says_where_the_rest_is(message: Message) -> None:
    """Slack takes it; blocks in which 3,000 signs are not whole name the command that has them."""
    judged(message)
    shown_signs = every_text(message.blocks)
    if "&amp;" * 100 in shown_signs and "&amp;" * len(LONG) not in shown_signs:
        assert WAY in shown_signs, shown_signs[:500]


@pytest.mark.parametrize("code", LINES)
def test_a_line_of_the_thread(code: str) -> None:
    says_where_the_rest_is(shown(TimelineNote(rotation="R42", code=code, facts=facts(), maybe_repeat=True)))


@pytest.mark.parametrize("code", [*ANSWERS, *REFUSALS])
def test_a_private_answer(code: str) -> None:
    told = facts() | (notes.estimate(3.2) if code == "diff_estimate" else {})
    says_where_the_rest_is(reply(ReplyNote(code=code, facts=told)))


@pytest.mark.parametrize("code", SUMMARIES)
def test_a_summary(code: str) -> None:
    rotation = stretched(scenes.verifying())
    shaped = {"guardrail_failed": SUMMARY_FACTS["guardrail_failed"], "completed": SUMMARY_FACTS["completed"]}
    stage = rotation.sealed[-1].model_dump(mode="json")
    told = shaped.get(code) or (stage if code.startswith("stage_") else facts())
    says_where_the_rest_is(shown(SummaryNote(rotation=rotation, code=code, facts=told)))


@pytest.mark.parametrize("cause", CAUSES)
def test_a_page(cause: str) -> None:
    rotation = None if cause.startswith("comparison_") else stretched(scenes.pilots_watched())
    compared = notes.comparison(found=notes.report(reason=LONG), reason=LONG) if rotation is None else None
    note = notes.page(cause, rotation, comparison=compared)
    says_where_the_rest_is(shown(PageNote.model_validate({**dict(note), "facts": facts()})))


@pytest.mark.parametrize("name", scenes.SCENES)
def test_why_and_status(name: str) -> None:
    rotation = stretched(scenes.SCENES[name]())
    says_where_the_rest_is(status(Status(now=scenes.T0, slots=(slot_status(rotation=rotation),) * 3)))
    for verb in ("roll_back", "abort", "settle"):
        judged(asked_back(rotation, verb, LONG))


def test_a_long_story() -> None:
    told = [{"at": scenes.T0, "code": code, "facts": facts()} for code in LINES]
    note = card_of(stretched(scenes.pilots_watched()))
    says_where_the_rest_is(why(Why.model_validate({"note": dict(note), "told": told * 3})))


def test_freezes() -> None:
    scope = Scope(kind="stage", name="s" * 40)
    end, long = scenes.T0 + timedelta(days=90), "m" * 80
    freeze = Freeze(id="F3", scope=scope, by="U0", name=long, reason=LONG, set_at=scenes.T0, until=end)
    lifted = freeze.model_copy(update={"lifted_at": end, "lifted_name": long, "lifted_reason": LONG})
    for what in ("set", "lifted"):
        note = {"what": what, "freeze": lifted if what == "lifted" else freeze, "lifters": tuple(GroupName)}
        says_where_the_rest_is(shown(FreezeNote.model_validate({**note, "held": tuple(f"R{n}" for n in range(90))})))
    one = FreezeShown(freeze="F3", stages=("s" * 40,), by=long, reason=LONG, begins=scenes.T0, until=end)
    says_where_the_rest_is(freezes((one,) * 60))
    says_where_the_rest_is(help_message(Guide(slots=(), freezes=(one,) * 9)))


def test_rules_and_scopes() -> None:
    change = {"field": "groups.ml." * 20, "before": LONG, "after": LONG}
    says_where_the_rest_is(shown(RulesNote.model_validate({"digest": "d" * 64, "changes": [change] * 60})))
    missing = ("usergroups:read", "files:write", "groups:read")
    says_where_the_rest_is(shown(ScopesNote(missing=missing, groups=tuple("g" * 80 for _ in range(40)))))
