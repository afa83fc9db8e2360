"""Every code the product says has a text, and every text is said: both read from the source."""

import pytest

from bot.difftest.model.report import DimensionVerdict
from bot.engine.drift import AGAIN, DRIFTED, UNREAD
from bot.engine.memberships import CHANGED, READ_AGAIN
from bot.engine.memberships import UNREAD as GROUP_UNREAD
from bot.engine.perform.table import LOOK_CRASHED, UNSEEN
from bot.engine.perform.watching import NEIGHBOUR_GOING_BACK
from bot.escalation.machine import RefusalCode
from bot.escalation.routing import ROUTES
from bot.monitor.arms import Design
from bot.monitor.reasons import Reason
from bot.monitor.sequential import Spending
from bot.rotation.evidence import Dimension, Verdict
from bot.rotation.machine import TRANSITIONS
from bot.rotation.model.questions import Choice, Decision
from bot.rotation.model.rotation import Phase
from bot.rotation.model.state import Trigger
from bot.rotation.policy import ReasonCode
from bot.runbook.models.people import GroupName
from bot.wording import decisions, facts, names, pages, refusals, replies, requests, summaries, timeline, waits
from bot.wording.reasons import BOUNDS, DESIGNS, REASONS
from tests.wording.said import said, unreadable

CORE = ("bot/rotation", "bot/engine")

HANDED_OVER = {"worst_regressions", DRIFTED, UNREAD, AGAIN, CHANGED, GROUP_UNREAD, READ_AGAIN}
"""Timeline codes no machine tells: a comparison's cases that got worse, what is found of places and of groups."""

KEPT = {"already_done", "slot_held", "targets_unreadable"}
"""Replies of the engine's contract that it does not give at present: held slots queue, unread targets disagree."""


@pytest.mark.parametrize("call", ["tell", "announce", "page"])
def test_every_code_of_the_machine_can_be_read_from_its_source(call: str) -> None:
    assert unreadable(call, "bot/rotation") == []


def test_every_timeline_code_has_a_line() -> None:
    told = said({"tell"}, "bot/rotation")
    assert len(told) > 20
    assert told == set(timeline.LINES) - HANDED_OVER


def test_every_summary_code_has_a_text() -> None:
    assert said({"announce"}, "bot/rotation") == set(summaries.SUMMARIES)


def test_every_cause_has_a_page() -> None:
    raised = said({"page"}, "bot/rotation") | said({"raised"}, "bot/engine", position=1) | {DRIFTED}
    assert raised <= set(pages.CAUSES)
    assert set(pages.CAUSES) == set(ROUTES)


def test_every_refusal_has_a_rule_somebody_who_can_and_a_next_step() -> None:
    assert set(refusals.REFUSALS) == {code.value for code in ReasonCode}
    for code, refusal in refusals.REFUSALS.items():
        for sentence in (refusal.rule, refusal.who, refusal.then):
            assert sentence.rstrip("}").rstrip().endswith((".", "instead")), code
        assert refusal.rule != refusal.then


def test_every_reply_has_a_text_and_every_text_is_replied() -> None:
    given = said({"answer"}, "bot/engine", position=1)
    given |= said({"answer"}, "handlers", position=2)
    given |= said({"ReplyNote", "NotUnderstood", "reply_text"}, "handlers", keyword="code")
    given |= said({"ReplyNote"}, "bot/engine", keyword="code")
    given |= {"confirm_steering"} & said({"reply_text"}, "handlers")
    given |= {code.value for code in RefusalCode}
    given |= said({"_failed"}, "handlers") | {"internal_error", "not_recorded", "form_expired"}
    assert len(given) > 30
    assert given - set(replies.ANSWERS) - set(refusals.REFUSALS) == set()
    assert set(replies.ANSWERS) - given == KEPT


def test_no_code_is_both_a_refusal_and_an_answer() -> None:
    assert set(replies.ANSWERS) & set(refusals.REFUSALS) == set()


def test_every_reason_of_a_check_has_words() -> None:
    codes = {reason.value for reason in Reason}
    codes |= {code for code in said({"CheckResult"}, "bot/engine", position=None, keyword="reason") if code}
    codes |= {*UNSEEN.values(), LOOK_CRASHED, NEIGHBOUR_GOING_BACK}
    assert codes == set(REASONS)


def test_every_rule_of_a_check_has_words() -> None:
    assert set(DESIGNS) == {design.value for design in Design}
    assert set(BOUNDS) == {*(spending.value for spending in Spending), "always_valid", "backstop"}


def test_every_end_and_every_cause_of_going_back_has_words() -> None:
    assert said({"abort"}, "bot/rotation", position=None, keyword="code") <= set(waits.ENDINGS)
    assert {*waits.ENDINGS} == said({"abort"}, "bot/rotation", position=None, keyword="code") | {"targets_disagree"}
    assert said({"start_rollback"}, "bot/rotation", position=None, keyword="cause") == set(timeline.CAUSES)


def test_every_outcome_of_a_question_has_words() -> None:
    outcomes = said({"close_question"}, "bot/rotation", position=1) | {choice.value for choice in Choice}
    outcomes |= said({"close_wish"}, "bot/rotation", position=2) - {"over"}  # which is answered as a stale question
    assert outcomes == set(facts.OUTCOMES)


def test_every_reason_to_ask_again_has_words() -> None:
    asked_again = said({"ask_approval"}, "bot/rotation", position=None, keyword="note")
    assert asked_again == {"start_missed", "asked_for_another_time", "yes_withdrawn"}
    assert {code.value for code in ReasonCode} | asked_again >= set(requests.AGAIN)
    sent_back = {"comparison_too_old", "target_unreadable", "targets_changed", "approver_left", "way_back_broken"}
    assert sent_back | {"candidate_refused", "guardrail_failing"} | asked_again == set(requests.AGAIN)


def test_every_question_has_its_words() -> None:
    questions = set(Decision.model_fields["question"].annotation.__args__)  # type: ignore[union-attr]
    assert questions == set(decisions.ASKS) == set(decisions.EXPLAINED) == set(timeline.QUESTIONS)


def test_every_value_people_meet_has_a_plain_word() -> None:
    assert set(names.VERDICTS) == set(names.VERDICT_SIGNS) == {verdict.value for verdict in DimensionVerdict}
    assert {verdict.value for verdict in Verdict} <= set(names.VERDICTS)
    assert set(names.PHASES) == set(names.PHASE_SIGNS) == set(Phase)
    assert set(names.DIMENSIONS) == {dimension.value for dimension in Dimension}
    assert set(names.GROUPS) == {group.value for group in GroupName}
    assert set(names.TRIGGERS) == {trigger.value for trigger in Trigger}
    assert set(names.CHOICES) == {choice.value for choice in Choice}
    assert set(facts.EVENTS) == {kind for kinds in TRANSITIONS.values() for kind in kinds}


def test_every_mark_has_words() -> None:
    marks = said({"marked"}, "bot/rotation") | {"break_glass", "accepted_uncertainty", "dry_run", "confirmed_by_hand"}
    assert marks == set(names.MARKS)
