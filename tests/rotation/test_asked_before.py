"""A request that is asked anew says what of the evidence is not as it was, and whose yes is void by it."""

from datetime import timedelta

import pytest

from bot.rotation.events import Approve
from bot.rotation.evidence import ComparedMonth, ComparisonEvidence, Verdict
from bot.rotation.model.basis import Basis, Change, changes
from bot.rotation.model.questions import Choice, Request
from tests.rotation.cast import BOB, CAROL, FAY, FINANCE, ML, NOON, RETIRED, SAM, STAGES, comparison, plan, stage
from tests.rotation.play import Play, begun

TWO = plan(STAGES[0], stage("global", count=2, groups=(ML, FINANCE)))
MONTH = ComparedMonth(usd=5900, low=5800, high=5950, current=5000, days=7)
SEEN = {
    "dimensions": {"quality": "pass", "cost": "pass"},
    "differences": {"quality": 0.01, "cost": 1.02},
    "month": MONTH,
}


def evidence(name: str = "D17", **changed: object) -> ComparisonEvidence:
    return comparison(name=name).model_copy(update={**SEEN, **changed})


def request_of(play: Play) -> Request:
    assert play.rotation.request is not None
    return play.rotation.request


def said(play: Play) -> list[tuple[str, str, object, object]]:
    return [(c.what, c.name, c.before, c.after) for c in request_of(play).changes]


def approved() -> Play:
    play = begun(TWO, evidence=evidence()).to_request(1)
    return play.on(play.approve(BOB))


def test_what_is_asked_for_the_first_time_is_new_in_nothing() -> None:
    play = approved()
    assert request_of(play).changes == ()
    assert request_of(play).void == ()
    assert request_of(play).basis == Basis(
        comparison="D17",
        verdict="pass",
        dimensions={"quality": "pass", "cost": "pass"},
        differences={"quality": 0.01, "cost": 1.02},
        stages={"staging": "pass"},
        month_usd=5900,
        way_back="old",
    )


def test_new_evidence_says_which_figures_and_prices_are_others_and_whose_yes_is_void() -> None:
    play = approved()
    asked = play.request
    dearer = MONTH.model_copy(update={"usd": 5990})
    new = evidence("D18", dimensions={"quality": "pass", "cost": "inconclusive"}, month=dearer)
    new = new.model_copy(update={"differences": {"quality": 0.01, "cost": 1.12}})
    play.on(play.renew(new)).expect("update_question", question=asked).expect("post_question")
    assert said(play) == [
        ("dimension", "cost", "pass", "inconclusive"),
        ("figure", "cost", 1.02, 1.12),
        ("month", "", 5900, 5990),
        ("comparison", "", "D17", "D18"),
    ]
    assert request_of(play).void == ("bob",)
    play.on(play.approve(FAY)).in_phase("awaiting_approval")
    play.refuses(Approve(at=play.at, actor=CAROL, request=asked, digest=play.digest), "already_decided")
    play.on(play.approve(BOB)).in_phase("applying")


def test_identical_evidence_keeps_the_yes_and_says_nothing_is_new() -> None:
    play = approved()
    play.on(play.renew(evidence("D18").model_copy(update={"digest": "digest of D17"})))
    assert [yes.by.name for yes in request_of(play).approvals] == ["bob"]
    assert (request_of(play).changes, request_of(play).void) == ((), ())


def test_what_came_between_is_measured_against_what_was_asked_last() -> None:
    play = approved()
    unsure = evidence("D18").model_copy(update={"verdict": Verdict.INCONCLUSIVE})
    play.on(play.renew(unsure)).in_phase("awaiting_decision")
    play.on(play.decide(CAROL, Choice.GO_ON, "seen")).in_phase("awaiting_approval")
    assert said(play) == [("verdict", "", "pass", "inconclusive"), ("comparison", "", "D17", "D18")]
    assert request_of(play).void == ("bob",)


def test_another_way_back_is_among_it() -> None:
    play = approved()
    event = play.renew(evidence("D18").model_copy(update={"digest": "digest of D17"}))
    play.on(event.model_copy(update={"models": RETIRED}))
    assert said(play) == [("way_back", "", "old", "spare"), ("comparison", "", "D17", "D18")]
    assert request_of(play).void == ("bob",)


def test_places_that_somebody_changed_are_named_on_the_request_that_voids_the_yeses() -> None:
    play = approved()
    play.on(play.approve(FAY)).on(play.preflighted(readings=play.held(**{"global": "another"})))
    assert [(what, str(after)) for what, _, _, after in said(play)] == [
        ("place", "MODEL in /etc/app/global.env holds another, not old")
    ]
    assert request_of(play).void == ("bob", "fay")


def test_what_says_nothing_about_the_evidence_voids_nothing() -> None:
    play = approved()
    play.on(play.approve(FAY)).on(play.preflighted(way_back_ok=False, way_back_detail="404"))
    assert (request_of(play).changes, request_of(play).void) == ((), ())


def test_asked_once_more_on_the_same_new_evidence_it_is_still_said() -> None:
    play = approved()
    play.on(play.renew(evidence("D18").model_copy(update={"differences": {"quality": 0.02, "cost": 1.02}})))
    first = request_of(play).changes
    play.on(play.approve(CAROL)).on(play.approve(FAY)).on(play.preflighted(way_back_ok=False, way_back_detail="404"))
    assert first == request_of(play).changes
    assert [change.what for change in first] == ["figure", "comparison"]
    assert request_of(play).void == ("bob",)


def test_another_stage_is_another_question() -> None:
    play = begun(evidence=evidence()).to_request(1)
    play.on(play.delivered()).on(play.approve(BOB)).applied().bake().in_phase("awaiting_approval")
    assert (request_of(play).stage, request_of(play).changes, request_of(play).void) == (2, (), ())
    play.after(days=1).refuses(play.approve(SAM), "not_entitled")


def test_a_comparison_that_became_too_old_voids_and_its_successor_says_what_is_new() -> None:
    play = approved()
    play.on(play.approve(FAY)).after(days=7).on(play.preflighted())
    assert request_of(play).note == "comparison_too_old"
    assert request_of(play).void == ("bob", "fay")
    play.on(play.renew(evidence("D18", finished_at=play.at - timedelta(hours=1))))
    assert said(play) == [("comparison", "", "D17", "D18")]
    assert request_of(play).void == ("bob", "fay")


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({}, {}, ()),
        ({"differences": {"cost": 1.0201}}, {"differences": {"cost": 1.0202}}, ()),
        ({"differences": {"cost": 1.02}}, {}, (Change(what="figure", name="cost", before=1.02),)),
        ({}, {"month_usd": 10.2}, (Change(what="month", after=10.0),)),
        ({"month_usd": 10.2}, {"month_usd": 10.4}, ()),
        ({"stages": {"staging": "pass"}}, {"stages": {"staging": "fail"}}, None),
    ],
)
def test_what_people_would_not_see_is_no_change(
    before: dict[str, object], after: dict[str, object], found: tuple[Change, ...] | None
) -> None:
    first, then = (Basis.model_validate({"comparison": "D17", "verdict": "pass", **one}) for one in (before, after))
    wanted = (Change(what="stage", name="staging", before="pass", after="fail"),) if found is None else found
    assert changes(first, then) == wanted


def test_the_time_it_was_asked_is_no_part_of_it() -> None:
    early, late = begun(TWO, evidence=evidence()).to_request(1), begun(TWO, evidence=evidence())
    late.after(hours=3).to_request(1)
    assert request_of(early).basis == request_of(late).basis
    assert late.at > NOON
