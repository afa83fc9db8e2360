"""Escalations: whose a cause is, one page a cause, and somebody who has it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue, TypeAdapter, ValidationError

from bot.escalation.effects import Effect, PostPage, UpdatePage
from bot.escalation.events import Acknowledged, Event, Raised, Resolved
from bot.escalation.machine import Moved, Refused, found_too, raise_page, raised_again, transition
from bot.escalation.model import Escalation, Standing
from bot.escalation.routing import ROUTES, Told, over, same_incident, told
from bot.runbook.models.owners import OWNERS
from bot.runbook.models.people import GroupName

NIGHT = datetime(2026, 3, 2, 3, tzinfo=UTC)
ML, SRE, FINANCE = GroupName.ML, GroupName.SRE, GroupName.FINANCE
EVENT: TypeAdapter[Event] = TypeAdapter(Event)
EFFECT: TypeAdapter[Effect] = TypeAdapter(Effect)


def page(cause: str = "provider_incident", dimension: str = "") -> Escalation:
    moved = raise_page("E7", "R42", cause, at=NIGHT, dimension=dimension, facts={"stage": "pilots"})
    assert moved.effects == (PostPage(escalation="E7", number=1),)
    return moved.escalation


def taken(escalation: Escalation, event: Event) -> Moved:
    outcome = transition(escalation, event)
    assert isinstance(outcome, Moved), outcome
    return outcome


def ack(name: str = "sam", *groups: GroupName, person: bool = True, minutes: int = 5) -> Acknowledged:
    at = NIGHT + timedelta(minutes=minutes)
    return Acknowledged(at=at, by=f"U-{name}", name=name, groups=groups, person=person)


@pytest.mark.parametrize(
    ("cause", "dimension", "expected"),
    [
        ("guardrail_failed", "quality", Told(ML, action=False)),
        ("guardrail_failed", "tools", Told(ML, action=False)),
        ("guardrail_failed", "attribution", Told(ML, action=False)),
        ("guardrail_failed", "latency", Told(SRE, action=False)),
        ("guardrail_failed", "errors", Told(SRE, action=False)),
        ("guardrail_failed", "cost", Told(FINANCE, action=False)),
        ("guardrail_failed", "health", Told(SRE, action=True)),
        ("guardrail_failed", "", Told(ML, action=False)),
        ("verification_failed", "cost", Told(FINANCE, action=False)),
        ("verification_failed", "health", Told(SRE, action=True)),
        ("comparison_failed", "cost", Told(FINANCE, action=False)),
        ("comparison_failed", "", Told(ML, action=False)),
        ("comparison_errored", "", Told(SRE, action=False)),
        ("provider_incident", "", Told(SRE, action=True)),
        ("held", "", Told(SRE, action=True)),
        ("write_failed", "", Told(SRE, action=True)),
        ("target_drifted", "", Told(SRE, action=True)),
        ("late_write", "", Told(SRE, action=False)),
        ("rollback_failed", "", Told(SRE, action=True)),
        ("rollback_unconfirmed", "", Told(SRE, action=True)),
        ("way_back_broken", "", Told(SRE, action=True)),
        ("still_in_trouble", "", Told(SRE, action=True, again=True)),
        ("approval_lapsed", "", Told(ML, action=True)),
        ("something nobody thought of", "", Told(SRE, action=True)),
    ],
)
def test_who_is_told(cause: str, dimension: str, expected: Told) -> None:
    assert told(cause, dimension) == expected


def test_every_dimension_has_an_owner_for_what_it_fails() -> None:
    for dimension, owner in OWNERS.items():
        assert told("guardrail_failed", dimension).group is owner


def test_one_cause_is_one_page_however_often_it_is_raised() -> None:
    first = page()
    again = raised_again(told(first.cause), {"stage": "global"}, NIGHT + timedelta(hours=1))
    moved = taken(first, again)
    assert moved.effects == (UpdatePage(escalation="E7"),)
    assert (moved.escalation.times_raised, moved.escalation.facts) == (2, {"stage": "global"})
    assert moved.escalation.key == first.key == "R42:provider_incident::sre"
    assert page("guardrail_failed", "cost").key != page("guardrail_failed", "latency").key


def further(cause: str, **facts: str) -> Raised:
    return found_too(told(cause), cause, "", dict(facts), NIGHT + timedelta(minutes=9))


def test_what_else_is_found_of_an_incident_stands_on_its_page_and_calls_nobody_anew() -> None:
    had = taken(page(), ack("sam", SRE)).escalation
    more = taken(had, further("held", stage="pilots"))
    assert more.effects == (UpdatePage(escalation="E7"),)
    assert (more.escalation.acknowledged_name, more.escalation.facts) == ("sam", {"stage": "pilots"})
    assert [found.cause for found in more.escalation.findings] == ["held"]
    both = taken(taken(more.escalation, further("way_back_broken", detail="503")).escalation, further("held"))
    assert both.escalation.causes == ("provider_incident", "way_back_broken", "held")
    assert both.escalation.about("held", "")
    assert not both.escalation.about("write_failed", "")


def test_a_page_about_an_incident_is_over_when_all_that_was_found_is() -> None:
    whole = taken(page(), further("way_back_broken", detail="503")).escalation
    part = taken(whole, Resolved(at=NIGHT, causes=("provider_incident",)))
    assert (part.escalation.closed, part.escalation.over) == (False, ("provider_incident",))
    assert part.effects == (UpdatePage(escalation="E7"),)
    assert taken(part.escalation, Resolved(at=NIGHT, causes=("provider_incident",))) == Moved(part.escalation, ())
    assert taken(part.escalation, Raised(at=NIGHT)).escalation.over == ()
    assert taken(part.escalation, Resolved(at=NIGHT, causes=("way_back_broken",))).escalation.closed


def test_which_causes_are_findings_of_one_incident() -> None:
    none: dict[str, JsonValue] = {}
    silent: dict[str, JsonValue] = {"reasons": ["no_requests"]}
    unhealthy: dict[str, JsonValue] = {"reasons": ["unhealthy"]}
    incident, held, no_way_back = ("provider_incident", none), ("held", silent), ("way_back_broken", none)
    assert same_incident([incident, held])
    assert same_incident([no_way_back, held, incident])
    assert same_incident([no_way_back, ("held", unhealthy)])
    assert not same_incident([no_way_back, held])
    assert not same_incident([incident, ("write_failed", none)])


def test_trouble_that_lasts_is_told_anew_until_somebody_has_it() -> None:
    trouble = page("still_in_trouble")
    again = raised_again(told("still_in_trouble"), {}, NIGHT + timedelta(minutes=30))
    moved = taken(trouble, again)
    assert moved.effects == (PostPage(escalation="E7", number=2),)
    had = taken(moved.escalation, ack("sam", SRE)).escalation
    assert taken(had, again).effects == (UpdatePage(escalation="E7"),)


def test_what_turns_out_worse_is_told_anew() -> None:
    had = taken(page("late_write"), ack("sam", SRE)).escalation
    worse = taken(had, Raised(at=NIGHT, action=True))
    assert worse.effects == (PostPage(escalation="E7", number=2),)
    assert (worse.escalation.standing, worse.escalation.acknowledged_by) == (Standing.OPEN, "")
    assert worse.escalation.action


def test_the_first_who_acknowledges_has_it_and_the_second_hears_who() -> None:
    had = taken(page(), ack("sam", SRE))
    assert had.effects == (UpdatePage(escalation="E7"),)
    assert (had.escalation.standing, had.escalation.acknowledged_name) == (Standing.ACKNOWLEDGED, "sam")
    for name in ("fay", "sam"):
        second = transition(had.escalation, ack(name, SRE, minutes=9))
        assert isinstance(second, Refused)
        assert (second.code, second.facts["by"]) == ("already_acknowledged", "sam")
        assert second.facts["at"] == (NIGHT + timedelta(minutes=5)).isoformat()


@pytest.mark.parametrize("group", [ML, SRE, FINANCE])
def test_any_of_the_three_groups_may_have_it(group: GroupName) -> None:
    assert taken(page(), ack("x", group)).escalation.acknowledged_by == "U-x"


def test_who_may_not_have_it() -> None:
    nobody = transition(page(), ack("ned"))
    assert isinstance(nobody, Refused)
    assert (nobody.code, nobody.facts) == ("not_entitled", {"groups": ["ml", "sre", "finance"]})
    robot = transition(page(), ack("robo", SRE, person=False))
    assert isinstance(robot, Refused)
    assert robot.code == "no_bots"


def test_what_is_over_is_closed_once_and_cannot_be_had() -> None:
    over_at = NIGHT + timedelta(hours=2)
    closed = taken(page(), Resolved(at=over_at))
    assert closed.effects == (UpdatePage(escalation="E7"),)
    assert closed.escalation.closed
    assert taken(closed.escalation, Resolved(at=NIGHT)) == Moved(closed.escalation, ())
    late = transition(closed.escalation, ack("sam", SRE))
    assert isinstance(late, Refused)
    assert (late.code, late.facts) == ("already_closed", {"escalation": "E7", "at": over_at.isoformat()})


def test_raised_after_it_was_over_it_is_open_again_and_posted_anew() -> None:
    closed = taken(page(), Resolved(at=NIGHT)).escalation
    again = taken(closed, Raised(at=NIGHT, action=True))
    assert again.effects == (PostPage(escalation="E7", number=2),)
    assert (again.escalation.standing, again.escalation.closed_at) == (Standing.OPEN, None)


def test_each_state_counts_one_more_and_a_refusal_none() -> None:
    first = page()
    second = taken(first, Raised(at=NIGHT)).escalation
    third = taken(second, Resolved(at=NIGHT)).escalation
    assert [first.version, second.version, third.version] == [0, 1, 2]
    assert isinstance(transition(third, Acknowledged(at=NIGHT, by="U0SAM", name="sam", groups=(SRE,))), Refused)


def test_one_that_an_older_release_kept_is_read() -> None:
    kept = page().model_dump(mode="json", exclude={"version"}) | {"schema_version": 1, "posted": True}
    assert Escalation.model_validate(kept) == page()
    with pytest.raises(ValidationError):
        Escalation.model_validate(kept | {"schema_version": 2})


def test_what_a_rotation_says_settles_the_causes_it_ends() -> None:
    assert over("data_returned") == {"provider_incident", "held"}
    assert "rollback_failed" in over("restored")
    assert over("look") == frozenset()
    to_act_on = {cause for cause, route in ROUTES.items() if route.action}
    for end in ("completed", "rolled_back", "settled", "aborted", "rejected"):
        assert over(end) == to_act_on
    for code in ("data_returned", "bake_extended", "resumed", "applied", "rolling_back", "stage_passed"):
        assert over(code) <= set(ROUTES)


EVENTS = st.lists(
    st.one_of(
        st.builds(Raised, at=st.just(NIGHT), action=st.booleans(), again=st.booleans()),
        st.builds(
            Acknowledged,
            at=st.just(NIGHT),
            by=st.sampled_from(["U1", "U2"]),
            name=st.just("sam"),
            groups=st.sampled_from([(), (SRE,)]),
            person=st.booleans(),
        ),
        st.builds(Resolved, at=st.just(NIGHT), causes=st.sampled_from([(), ("provider_incident",), ("held",)])),
        st.just(further("held")),
    ),
    max_size=12,
)


@given(EVENTS)
def test_whatever_happens_it_stays_one_page_that_says_who_has_it(events: list[Event]) -> None:
    escalation = page()
    for event in events:
        assert EVENT.validate_json(EVENT.dump_json(event)) == event
        outcome = transition(escalation, event)
        if isinstance(outcome, Refused):
            assert isinstance(event, Acknowledged)
            continue
        for effect in outcome.effects:
            assert EFFECT.validate_json(EFFECT.dump_json(effect)) == effect
        assert (outcome.escalation.key, outcome.escalation.action or not escalation.action) == (escalation.key, True)
        assert bool(outcome.escalation.acknowledged_by) >= (outcome.escalation.standing is Standing.ACKNOWLEDGED)
        assert (outcome.escalation.closed_at is not None) == outcome.escalation.closed
        escalation = outcome.escalation
        assert Escalation.model_validate_json(escalation.model_dump_json()) == escalation
