"""Every note in every phase: as Slack takes it, as people read it, and nothing in it that somebody smuggled in."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from bot.engine.models.notes import (
    CardNote,
    ChartNote,
    ChartSeries,
    ComparisonNote,
    Drift,
    NativeChart,
    QuestionNote,
    ReplyNote,
    SummaryNote,
    TimelineNote,
    WishNote,
)
from bot.engine.models.shown import Home, HomeRotation, SlotStatus, Status, Waiting
from bot.rotation.events import GiveWay
from bot.rotation.evidence import Verdict
from bot.rotation.machine import TRANSITIONS
from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.model.state import ModelRef
from bot.runbook.models.people import GroupName
from bot.sandbox.slack.blocks import check_message
from bot.wording.helping import VERBS
from bot.wording.names import HEADLINE, changed_stages
from bot.wording.pages import CAUSES
from bot.wording.summaries import SUMMARIES
from handlers.blocks import ids
from handlers.blocks.forms import Remembered, diff_form, loading, notice, reason_form
from handlers.blocks.hometab import hometab
from handlers.blocks.layout import Message
from handlers.blocks.private import form_offer, help_about, help_message, help_more, reply, status
from handlers.blocks.shown import shown
from handlers.blocks.values import decode
from tests.handlers import notes, scenes
from tests.handlers.conftest import guide_of
from tests.handlers.judge import buttons_of, every_text, judged, judged_view
from tests.handlers.scenes import SCENES, checks, items, later

Snapshot = Callable[..., None]
MENTIONS = {GroupName.ML: "<!subteam^S0ML>", GroupName.SRE: "<!subteam^S0SRE>", GroupName.FINANCE: "<@U0FIN>"}
LONG_OLD = f"some-provider/{'very-long-model-name-' * 9}2024-11-20"
LONG_NEW = f"some-provider/{'very-long-model-name-' * 9}2025-04-14"


def as_json(message: Message) -> dict[str, Any]:
    return {"text": message.text.split("\n"), "blocks": message.blocks}


def card_of(rotation: Rotation) -> CardNote:
    return CardNote(
        rotation=rotation,
        now=later(rotation),
        actions=tuple(sorted(TRANSITIONS[rotation.phase])),
        question=notes.CARD if rotation.request or rotation.decision else None,
        comparison=notes.CARD,
        links=notes.LINKS,
        tenants=31,
    )


def questions_of(rotation: Rotation, **more: object) -> list[QuestionNote]:
    found = [question for question in (rotation.request, rotation.decision) if question is not None]
    return [
        QuestionNote(rotation=rotation, question=question.id, now=later(rotation), mentions=MENTIONS).model_copy(
            update=more
        )
        for question in found
    ]


def stretched(rotation: Rotation) -> Rotation:
    """The same with the longest of everything: model ids, forty tenants, 3,000 signs that each take five."""
    models = rotation.models.model_copy(
        update={
            "current": ModelRef(provider="openrouter", id=LONG_OLD),
            "candidate": ModelRef(provider="openrouter", id=LONG_NEW),
        },
    )
    pilots = rotation.plan.stages[1].model_copy(update={"tenants": tuple(f"tenant-{n}-of-many" for n in range(40))})
    stages = (rotation.plan.stages[0], pilots, rotation.plan.stages[2])
    plan = rotation.plan.model_copy(update={"stages": stages, "slot": "a-slot-with-quite-a-name"})
    summary = "&" * 5_000
    comparison = rotation.comparison.model_copy(update={"summary": summary})
    change: dict[str, Any] = {"models": models, "plan": plan, "slot": plan.slot, "reason": "&" * 3_000}
    if rotation.pause is not None:
        change["pause"] = rotation.pause.model_copy(update={"reason": "<" * 3_000})
    return rotation.model_copy(update={**change, "comparison": comparison})


@pytest.mark.parametrize("name", SCENES)
def test_the_card_of_every_scene(name: str, snapshot: Snapshot) -> None:
    message = judged(shown(card_of(SCENES[name]())))
    snapshot(as_json(message))


def drifted(many: int, value: str) -> tuple[Drift, ...]:
    place = "MODEL in /etc/app/pilots.env"
    unread = Drift(place=f"tenant-{value}: preference", expected=value, problem=f"status 503: {value}")
    return (
        *(Drift(place=f"{place} {n}", expected=value, found=None if n else f"{value}-2") for n in range(many)),
        unread,
    )


def test_the_card_shows_what_somebody_else_changed(snapshot: Snapshot) -> None:
    note = card_of(SCENES["pilots_watched"]())
    snapshot(as_json(judged(shown(note.model_copy(update={"drifts": drifted(2, "acme/by-hand")})))))
    over = card_of(SCENES["completed"]()).model_copy(update={"drifts": drifted(1, "<!channel>")})
    text = judged(shown(over)).text
    assert "new comparison" not in text
    assert "<!channel>" not in text


@pytest.mark.parametrize("name", SCENES)
def test_the_questions_of_every_scene(name: str, snapshot: Snapshot) -> None:
    found = [as_json(judged(shown(note))) for note in questions_of(SCENES[name]())]
    snapshot(found)


def test_the_scenes_show_every_phase_there_is() -> None:
    shown_phases = {scene().phase for scene in SCENES.values()}
    assert shown_phases == set(Phase)


@pytest.mark.parametrize("name", SCENES)
def test_the_longest_of_everything_still_fits(name: str) -> None:
    rotation = stretched(SCENES[name]())
    judged(shown(card_of(rotation).model_copy(update={"drifts": drifted(80, LONG_NEW)})))
    long_report = notes.report(old=LONG_OLD, new=LONG_NEW, reason="&" * 5_000)
    compared = notes.comparison(found=long_report, old=LONG_OLD, new=LONG_NEW, reason="&" * 3_000)
    for note in questions_of(rotation, comparison=compared, maybe_repeat=True):
        judged(shown(note))
    judged(shown(notes.page("provider_incident", rotation, comparison=compared)))
    judged(shown(SummaryNote(rotation=rotation, code="rejected", facts={"by": "Max", "reason": "&" * 3_000})))


@pytest.mark.parametrize("name", SCENES)
def test_what_people_wrote_is_never_markup(name: str) -> None:
    rotation = SCENES[name]()
    messages = [shown(card_of(rotation)), *(shown(note) for note in questions_of(rotation))]
    for message in messages:
        whole = message.text + every_text(message.blocks)
        assert "<!channel>" not in whole
        assert "<quality>" not in whole


@pytest.mark.parametrize("name", SCENES)
def test_a_card_offers_only_what_is_possible(name: str) -> None:
    note = card_of(SCENES[name]())
    offered = {button["action_id"] for button in buttons_of(shown(note).blocks)}
    assert offered <= set(note.actions)
    nothing = note.model_copy(update={"actions": ()})
    assert buttons_of(shown(nothing).blocks) == []


@pytest.mark.parametrize("name", SCENES)
def test_buttons_go_when_a_question_is_decided(name: str) -> None:
    rotation = SCENES[name]()
    for question in (rotation.request, rotation.decision):
        if question is None:
            continue
        note = QuestionNote(rotation=rotation, question=question.id, now=later(rotation))
        assert bool(buttons_of(shown(note).blocks)) == question.open


def test_a_decision_answered_long_ago_says_who_went_on_and_why() -> None:
    rotation = scenes.went_on()
    past = [question for question in rotation.past if question.outcome == "go_on"]
    message = judged(shown(QuestionNote(rotation=rotation, question=past[0].id, now=scenes.T0)))
    assert message.text.startswith("☑️ Go on by Sam Rivera")
    assert "“Night traffic is thin”" in message.text
    assert buttons_of(message.blocks) == []


def test_a_broken_glass_stays_on_the_card_with_everybodys_reason() -> None:
    rotation = scenes.broken_glass()
    text = judged(shown(card_of(rotation))).text
    assert "🚨 Break-glass" in text
    assert "Max Okafor went on: “the old one is worse still”" in text
    assert "Lea Berg went on: “agreed”" in text


def test_a_question_the_rotation_has_left_behind_has_no_buttons() -> None:
    note = QuestionNote(rotation=scenes.pilots_watched(), question="R42-Q1", now=scenes.T0)
    message = judged(shown(note))
    assert "is over" in message.text
    assert buttons_of(message.blocks) == []


OPEN = [
    "first_asked",
    "pilots_asked",
    "sent_back",
    "went_on",
    "held_too_long",
    "cannot_tell",
    "signal_failed",
    "cannot_verify",
    "break_glass",
]


@pytest.mark.parametrize("name", OPEN)
@pytest.mark.parametrize("long", [False, True])
def test_the_first_120_characters_hold_the_decision(name: str, long: bool) -> None:
    rotation = stretched(SCENES[name]()) if long else SCENES[name]()
    note = next(
        note
        for note in questions_of(rotation, comparison=notes.comparison(found=notes.report()))
        if buttons_of(shown(note).blocks)
    )
    first = shown(note).text[:HEADLINE]
    line = shown(note).text.split("\n")[0]
    assert len(line) <= HEADLINE
    assert first.startswith(rotation.slot[:7])
    assert rotation.stage_plan.name in first
    assert "→" in first
    assert "omparison" in first
    assert "cost −43 %" in first
    old, _, new = first.partition("→")
    assert old.strip().rpartition(" ")[2] != new.strip().partition(" ")[0]
    assert old.strip()[-4:] == rotation.models.current.id[-4:]


@pytest.mark.parametrize("name", OPEN)
def test_every_dialog_repeats_model_stage_and_tenants(name: str) -> None:
    rotation = SCENES[name]()
    pressed = [button for note in questions_of(rotation) for button in buttons_of(shown(note).blocks)]
    assert pressed
    for button in pressed:
        carried = decode(button["value"])
        assert carried is not None
        said = button["confirm"]["text"]["text"] if "confirm" in button else carried.what
        going_back = button["action_id"] in {ids.ROLL_BACK, ids.decide("roll_back")}
        assert (scenes.OLD if going_back else scenes.NEW) in said
        changed = [rotation.plan.stages[index] for index in changed_stages(rotation)]
        stages = changed if going_back else [rotation.stage_plan]
        assert all(stage.name in said for stage in stages)
        # A stage that names no tenants is not said to have any.
        assert ("tenant" in said) == (bool(stages[-1].tenants) or stages[-1] == rotation.plan.stages[-1])


def test_the_text_alone_carries_the_whole_request() -> None:
    note = questions_of(scenes.pilots_asked(), comparison=notes.comparison(found=notes.report()))[0]
    text = shown(note).text
    for part in (
        "<!subteam^S0ML>",
        "other than Mia Larsen",
        "/etc/app/pilots.env",
        "4 h",
        "26 Nov 2026",
        "90 % interval",
    ):
        assert part in text
    for word in ("Approving", "Rejecting", "if nobody answers", "Way back", "errors"):
        assert word in text


def test_an_approval_is_bound_to_the_evidence_it_was_shown_with() -> None:
    rotation = scenes.pilots_asked()
    assert rotation.request is not None
    approve = buttons_of(shown(questions_of(rotation)[0]).blocks)[0]
    carried = decode(approve["value"])
    assert carried is not None
    assert (carried.subject, carried.question) == ("R42", rotation.request.id)
    assert carried.digest == rotation.request.digest
    assert len(carried.digest) == 64
    assert carried.version == rotation.version


@pytest.mark.parametrize("name", notes.comparison_notes())
def test_a_comparison_in_every_state(name: str, snapshot: Snapshot) -> None:
    snapshot(as_json(judged(shown(notes.comparison_notes()[name]))))


def test_progress_is_no_verdict() -> None:
    text = shown(notes.comparison_notes()["running"]).text
    assert "60 of 244 answers" in text
    assert not any(word in text for word in ("fine", "worse", "can't tell"))


@pytest.mark.parametrize(
    ("name", "buttons"),
    [
        ("running", [ids.ABORT]),
        ("pass", [ids.PROMOTE]),
        ("inconclusive", [ids.PROMOTE]),
        ("fail", []),
        ("superseded", []),
    ],
)
def test_only_a_comparison_that_may_be_promoted_has_the_button(name: str, buttons: list[str]) -> None:
    message = shown(notes.comparison_notes()[name])
    assert [button["action_id"] for button in buttons_of(message.blocks)] == buttons


def test_a_long_comparison_fits() -> None:
    found = notes.report(old=LONG_OLD, new=LONG_NEW, reason="<" * 9_000)
    found = found.model_copy(update={"notes": ("&" * 3_000,) * 12})
    compared = notes.comparison(found=found, old=LONG_OLD, new=LONG_NEW, reason="&" * 3_000, slot="s" * 60)
    message = judged(shown(ComparisonNote(comparison=compared)))
    assert len(message.text.split("\n")[0]) <= HEADLINE


@pytest.mark.parametrize("cause", [*CAUSES, "something_new"])
def test_a_page_about_every_cause(cause: str, snapshot: Snapshot) -> None:
    rotation = None if cause.startswith("comparison_") else scenes.pilots_watched()
    compared = notes.comparison(found=notes.report()) if rotation is None else None
    message = judged(shown(notes.page(cause, rotation, comparison=compared)))
    assert message.text.startswith("*Action needed* <!subteam^S0SRE>")
    snapshot(as_json(message))


def test_a_page_that_only_informs_asks_for_nothing_but_may_be_taken() -> None:
    message = judged(shown(notes.page("guardrail_failed", scenes.rolling_back(), action=False)))
    assert message.text.startswith("*For your information* ")
    assert [button["action_id"] for button in buttons_of(message.blocks)] == [ids.ACKNOWLEDGE]
    assert "You can" not in message.text


def test_a_page_somebody_has_says_who_and_offers_it_to_nobody_else() -> None:
    note = notes.page("write_failed", scenes.errored(), acknowledged_by="Sam Rivera", acknowledged_at=scenes.T0)
    message = judged(shown(note))
    assert "Sam Rivera has it" in message.text
    offered = [button["action_id"] for button in buttons_of(message.blocks)]
    assert offered == [ids.RETRY, ids.ROLL_BACK, ids.SETTLE]
    assert buttons_of(shown(note.model_copy(update={"closed": True})).blocks) == []


SUMMARY_FACTS: dict[str, Any] = {
    "guardrail_failed": {"stage": "pilots", "look": 6, "checks": [c.model_dump(mode="json") for c in checks()]},
    "rolled_back": {"cause": "asked", "by": "Sam Rivera", "unconfirmed": "no_traffic", "model": scenes.OLD},
    "completed": {"items": [item.model_dump(mode="json") for item in items()]},
    "aborted": {"by": "", "because": "approval_lapsed", "dry_run": False},
    "rejected": {"by": "Max Okafor", "reason": scenes.REASON},
    "settled": {
        "by": "Sam Rivera",
        "readings": [{"target": "pilots", "value": scenes.OLD, "problem": ""}],
        "drifted": [{"target": "staging", "found": "openai/o3", "before": scenes.OLD}],
        "reason": "theirs stays",
    },
    "guardrail_failing": {
        "stage": "pilots",
        "look": 6,
        "until": "2026-11-23T14:00:00+00:00",
        "checks": [c.model_dump(mode="json") for c in checks(Verdict.FAIL)],
    },
    "hands_off": {"by": "Sam Rivera", "reason": scenes.REASON, "until": "2026-11-23T14:00:00+00:00"},
    "hands_on": {"by": "", "failing": True},
    "went_on": {"mark": "break_glass", "by": "Max Okafor", "reason": scenes.REASON},
}


@pytest.mark.parametrize("code", SUMMARIES)
def test_a_summary_of_every_kind(code: str, snapshot: Snapshot) -> None:
    rotation = scenes.verifying()
    facts = SUMMARY_FACTS.get(code) or rotation.sealed[-1].model_dump(mode="json")
    message = judged(shown(SummaryNote(rotation=rotation, code=code, facts=facts)))
    assert "<!channel>" not in message.text
    snapshot(as_json(message))


@pytest.mark.parametrize("said", ["open", "gave_way", "gave_way_early", "kept", "over"])
def test_a_wish_for_the_slot(said: str, snapshot: Snapshot) -> None:
    rotation = scenes.wanted()
    if said == "gave_way_early":
        wish = rotation.wishes[0]
        rotation = scenes.first_asked().model_copy(update={"wishes": (wish,)})
    elif said == "over":
        rotation = scenes.rolling_back(rotation)
    elif said != "open":
        answer = GiveWay(at=scenes.later(rotation), actor=scenes.MIA, wish="R43", yes=said == "gave_way")
        rotation = scenes.moved(rotation, answer)
    message = judged(shown(WishNote(rotation=rotation, wish="R43", maybe_repeat=said == "over")))
    offered = [button["action_id"] for button in buttons_of(message.blocks)]
    assert offered == ([ids.GIVE_WAY, ids.KEEP_GOING] if rotation.wishes[0].open else [])
    snapshot(as_json(message))


def test_a_wish_nobody_knows_has_no_buttons() -> None:
    message = judged(shown(WishNote(rotation=scenes.pilots_watched(), wish="R43")))
    assert buttons_of(message.blocks) == []
    assert "of no matter any more" in message.text


def test_whoever_has_to_wait_is_told_who_holds_it_and_can_ask_them() -> None:
    who = {"rotation": "R43", "slot": "chat", "behind": "R42", "by": "Mia Larsen", "since": scenes.T0.isoformat()}
    facts = {**who, "phase": "baking", "stage": "pilots"}
    message = judged(shown(ReplyNote.model_validate({"code": "queued", "facts": facts})))
    assert "R43 waits in line behind R42, which holds chat: Mia Larsen began it" in message.text
    assert "watching (pilots)" in message.text
    (button,) = buttons_of(message.blocks)
    assert (button["action_id"], button["text"]["text"]) == (ids.SUPERSEDE, "Ask Mia Larsen to give way")


def test_a_line_whose_code_nobody_worded_is_told_all_the_same() -> None:
    message = judged(shown(TimelineNote(rotation="R42", code="brand_new", facts={"what": "a <thing>"})))
    assert message.text == "brand new: what a &lt;thing&gt;"
    assert judged(shown(ReplyNote(code="brand_new", facts={"a": 1}))).text == "brand new: a: 1"


def test_a_repeat_says_so() -> None:
    line = TimelineNote(rotation="R42", code="resumed", facts={"by": "Mia"}, maybe_repeat=True)
    assert "may be a repeat" in shown(line).text
    summary = SummaryNote(rotation=scenes.completed(), code="completed", maybe_repeat=True)
    assert "may be a repeat" in shown(summary).text


def test_what_is_told_late_says_when_it_happened() -> None:
    at = scenes.T0
    line = TimelineNote(rotation="R42", code="resumed", facts={"by": "Mia"}, happened_at=at)
    summary = SummaryNote(rotation=scenes.completed(), code="completed", happened_at=at)
    for note, said in ((line, "(told late; it happened <!date^"), (summary, "Told late: it happened <!date^")):
        assert f"{said}{int(at.timestamp())}" in judged(shown(note)).text
        assert "told late" not in shown(note.model_copy(update={"happened_at": None})).text.lower()


def slot_status(name: str = "chat", rotation: Rotation | None = None) -> SlotStatus:
    return SlotStatus(
        slot=name,
        stages=("staging", "pilots", "global"),
        models={"staging": scenes.NEW, "pilots": scenes.OLD, "global": scenes.OLD},
        rotation=rotation,
        comparison=notes.comparison(found=notes.report()),
        queued=("R43",),
    )


def test_status_shows_what_runs_and_what_waits(snapshot: Snapshot) -> None:
    found = Status(
        now=scenes.T0,
        slots=(
            slot_status(rotation=scenes.pilots_asked()),
            slot_status("search"),
            slot_status("held", scenes.held_too_long()),
        ),
        cards={"R42": notes.CARD},
    )
    message = judged(status(found))
    assert "waits for 1 approval by ML" in message.text
    assert "waits for SRE to decide" in message.text
    snapshot(as_json(message), "status")


def home_of(*rotations: Rotation, **more: object) -> Home:
    running = tuple(HomeRotation(note=card_of(one), may_roll_back=True) for one in rotations)
    return Home(now=scenes.T0, running=running).model_copy(update=more)


def test_home_shows_what_waits_for_its_reader_what_runs_and_what_is_over(snapshot: Snapshot) -> None:
    about = {"subject": "R42", "rotation": "R42", "slot": "chat", "message": notes.CARD}
    waits = (
        Waiting(what="page", subject="E7", rotation="R42", cause="held", message=notes.CARD),
        Waiting.model_validate({**about, "what": "approve", "until": scenes.T0}),
        Waiting.model_validate({**about, "what": "give_way"}),
        Waiting(what="spend", subject="D18", slot="chat"),
    )
    found = home_of(
        *(scenes.pilots_asked(), scenes.failing(), scenes.scheduled(), scenes.rolling_back()),
        waits=waits,
        over=(scenes.completed(), scenes.rejected()),
        compared=(notes.comparison(found=notes.report()),),
        cards={"R42": notes.CARD},
    )
    view = judged_view(hometab(found))
    back = [block["accessory"]["action_id"] for block in view["blocks"] if "accessory" in block]
    assert back == [ids.ROLL_BACK] * 3  # what goes back already offers it no more
    assert all(word in every_text(view["blocks"]) for word in ("until", "Next: ", "Lately", "Comparisons"))
    snapshot(view)


def test_a_home_with_nothing_on_it_says_so_and_one_that_could_not_be_read_whole_says_that(snapshot: Snapshot) -> None:
    snapshot(judged_view(hometab(Home(now=scenes.T0))))
    view = judged_view(hometab(Home(now=scenes.T0, problem="ml")))
    assert "is not known in full: ml could not be read" in every_text(view["blocks"])
    assert "Nothing waits for you" not in every_text(view["blocks"])


@pytest.mark.parametrize("many", [40, 130])
def test_a_home_with_as_many_rotations_fits_and_says_how_many_are_left_out(many: int) -> None:
    rotation = stretched(scenes.pilots_watched())
    about = {"subject": "R42", "rotation": "R42", "slot": rotation.slot, "message": notes.CARD}
    waits = tuple(Waiting.model_validate({**about, "what": "approve", "until": scenes.T0}) for _ in range(many))
    over, compared = (rotation,) * 8, (notes.comparison(found=notes.report(old=LONG_OLD, new=LONG_NEW)),) * 8
    found = home_of(*[rotation] * many, waits=waits, over=over, compared=compared, problem="ml, sre")
    view = judged_view(hometab(found))
    assert len(view["blocks"]) <= 100
    assert sum("accessory" in block for block in view["blocks"]) == min(many, 60)
    assert f"{many - 20} more" in every_text(view["blocks"])
    assert ("70 more" in every_text(view["blocks"])) == (many == 130)


def test_many_model_settings_still_fit() -> None:
    slots = tuple(slot_status(f"slot-{number}", scenes.pilots_watched()) for number in range(120))
    found = Status(now=scenes.T0, slots=slots)
    judged(status(found))
    judged_view(diff_form(slots, "slot-99", Remembered()))


def test_forms(snapshot: Snapshot) -> None:
    snapshot(judged_view(diff_form((slot_status(), slot_status("search")), "search", Remembered(channel="C1"))), "diff")
    listed = judged_view(diff_form((slot_status(),), "", Remembered(channel="C1"), listed=True))
    (menu,) = [block["element"] for block in listed["blocks"] if block["block_id"] == "candidate"]
    assert (menu["type"], menu["min_query_length"], menu["focus_on_load"]) == ("external_select", 0, True)
    given = judged_view(diff_form((slot_status(),), "", Remembered(candidate="acme/x"), listed=True))
    (menu,) = [block["element"] for block in given["blocks"] if block["block_id"] == "candidate"]
    assert (menu["initial_option"]["value"], menu["focus_on_load"]) == ("acme/x", False)
    kept = Remembered(
        channel="C1", subject="R42", question="R42-Q3", digest="d" * 64, response_url="https://x/" + "y" * 4_000
    )
    snapshot(judged_view(reason_form("reject", "No to gpt on pilots (3 tenants).", kept)), "reason")
    judged_view(diff_form((), "", Remembered()))
    judged_view(loading())
    judged_view(notice("A title that is quite a bit too long", "&" * 4_000))


def test_help_and_the_offer_of_a_form(snapshot: Snapshot) -> None:
    guide = guide_of((slot_status(), slot_status("search")))
    snapshot(as_json(judged(help_message(guide))), "help")
    snapshot(as_json(judged(help_more(guide))), "more")
    for topic in ("rollback", "hands-off", "Search"):
        told = help_about(topic, guide)
        assert told is not None
        snapshot(as_json(judged(told)), topic.lower())
    assert help_about("nonsense", guide) is None
    snapshot(as_json(judged(form_offer("openai/gpt-4.1"))), "offer")


def test_help_shows_five_verbs_and_more_shows_the_others() -> None:
    guide = guide_of((slot_status(),))
    first, rest = help_message(guide).text, help_more(guide).text
    five = ("diff", "promote", "status", "rollback", "help")
    for verb in VERBS:
        shown_in, not_in = (first, rest) if verb in five else (rest, first)
        assert f"`/rotate {VERBS[verb].usage}`" in shown_in
        assert f"`/rotate {VERBS[verb].usage}`" not in not_in
    assert "chat in #model-rotation" in plain_of(rest)
    assert "ML: @ml-oncall" in plain_of(rest)


def plain_of(text: str) -> str:
    return text.replace("*", "")


def test_help_with_forty_model_settings_fits_and_says_how_many_are_left_out() -> None:
    guide = guide_of(tuple(slot_status(f"a-model-setting-with-a-name-{n}") for n in range(40)))
    assert "28 more" in judged(help_more(guide)).text + every_text(help_more(guide).blocks)


def native(**more: object) -> NativeChart:
    lines = (ChartSeries(name="new", values=(0.8, 2.1)), ChartSeries(name="old", values=(0.7, 0.9)))
    told = {"title": "errors: worse", "shape": "line", "categories": ("10 min", "20 min"), "series": lines}
    return NativeChart.model_validate({**told, "x_label": "since pilots was set", "y_label": "errors (%)", **more})


def test_a_chart_the_workspace_draws_has_all_it_shows_in_words(snapshot: Snapshot) -> None:
    note = ChartNote(words="R42 pilots: as it was watched", charts=(native(),), alt="errors: worse. new last 2.1 %.")
    message = shown(note)
    assert check_message(message.blocks) == []
    assert message.text == "R42 pilots: as it was watched\nerrors: worse. new last 2.1 %."
    snapshot(as_json(message))


def test_the_longest_of_charts_is_one_slack_takes() -> None:
    lines = tuple(ChartSeries(name="of a very long name & more", values=tuple(map(float, range(40)))) for _ in range(9))
    names = ("a label of many letters",) * 40
    long = native(title="t" * 200, categories=names, series=lines, x_label="x" * 99, y_label="y" * 99, shape="bar")
    message = shown(ChartNote(words="w" * 5_000, charts=(long,) * 4, alt="&" * 5_000))
    assert check_message(message.blocks) == []
    assert len(message.text) <= 4_000
    drawn = [block for block in message.blocks if block["type"] == "data_visualization"]
    assert [len(block["chart"]["series"]) for block in drawn] == [6, 6]


@pytest.mark.parametrize("usd", [3.2, None])
def test_what_a_comparison_takes_stands_on_the_button_that_agrees_to_it(usd: float | None, snapshot: Snapshot) -> None:
    note = ReplyNote(code="diff_estimate", facts=notes.estimate(usd))
    snapshot(as_json(judged(reply(note))), "known" if usd else "unknown")


def test_values_of_another_version_mean_nothing() -> None:
    for value in (
        None,
        7,
        "",
        "R42",
        "[]",
        json.dumps({"q": "R42"}),
        json.dumps({"s": ""}),
        json.dumps({"s": "R1", "q": 3}),
    ):
        assert decode(value) is None
