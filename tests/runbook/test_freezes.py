"""The runbook's freezes as they are written: three forms, and where and how each mistake is answered."""

import json
from datetime import datetime, time

import pytest

from bot.runbook.load import digest_of
from bot.runbook.models.file import Runbook
from bot.runbook.models.freezes import Once, Weekly
from bot.runbook.models.plan import Plan, plan_for
from tests.runbook.conftest import MINIMAL, Loads, Problems

LINE = MINIMAL.count("\n") + 2
"""Of the first freeze in what `freezing` makes."""


def freezing(*entries: str) -> str:
    return MINIMAL + "freezes:\n" + "".join(f"  - {{{entry}}}\n" for entry in entries)


@pytest.mark.parametrize(
    ("written", "when"),
    [
        ("start: 2026-12-18, end: 2027-01-03", Once(begins=datetime(2026, 12, 18), ends=datetime(2027, 1, 4))),  # noqa: DTZ001 - the clock on the wall
        (
            "start: 2026-12-18 17:00, end: 2026-12-21T09:30:00",
            Once(begins=datetime(2026, 12, 18, 17), ends=datetime(2026, 12, 21, 9, 30)),  # noqa: DTZ001 - as above
        ),
        ("start: fri 16:00, end: mon 09:00", Weekly(days=(4,), begins=time(16), ends=time(9), later=3)),
        ("start: Saturday, end: sun", Weekly(days=(5,), begins=time(0), ends=time(0), later=2)),
        ("start: mon 09:00, end: mon 10:00", Weekly(days=(0,), begins=time(9), ends=time(10), later=0)),
        ("start: '22:00', end: '6:00'", Weekly(days=tuple(range(7)), begins=time(22), ends=time(6), later=1)),
        ("start: '12:00', end: '13:00', days: [mon, 4]", Weekly(days=(0, 4), begins=time(12), ends=time(13), later=0)),
    ],
)
def test_what_is_written_is_what_is_meant(loads: Loads, written: str, when: Once | Weekly) -> None:
    runbook = loads(freezing(f"name: f, {written}")).runbook
    assert plan_for(runbook, "chat").freezes[0].when == when
    assert Runbook.model_validate_json(runbook.model_dump_json()) == runbook
    plan = plan_for(runbook, "chat")
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


@pytest.mark.parametrize(
    ("entry", "field", "what"),
    [
        ("name: f, start: 2027-01-03, end: 2026-12-18", "freezes[1].end", "is not after `start`"),
        ("name: f, start: 2026-12-18 17:00, end: 2026-12-18 17:00", "freezes[1].end", "is not after `start`"),
        ("name: f, start: 2026-01-01, end: 2028-01-01", "freezes[1].end", "more than 366 days"),
        ("name: f, start: fri 16:00, end: 2026-12-18", "freezes[1].end", "two dates, two days, or two times"),
        ("name: f, start: fri 16:00, end: '09:00'", "freezes[1].end", "two dates, two days, or two times"),
        ("name: f, start: fri 16:00, end: fri 09:00", "freezes[1].end", "before `start` on the same day"),
        ("name: f, start: mon, end: sun", "freezes[1].end", "leaves no time in the week"),
        ("name: f, start: '09:00', end: '09:00'", "freezes[1].end", "for whole days write days"),
        ("name: f, start: someday, end: sun", "freezes[1].start", "is no day of the week"),
        ("name: f, start: 2026-02-30, end: 2026-03-03", "freezes[1].start", "2026-02-30"),
        ("name: f, start: '25:00', end: '06:00'", "freezes[1].start", "is no moment"),
        ("name: f, start: 9, end: '06:00'", "freezes[1].start", "9 is no moment"),
        ("name: f, start: fri, end: sun, days: [mon]", "freezes[1].days", "goes with hours of a day"),
        ("name: f, start: '22:00', end: '06:00', days: []", "freezes[1].days", "names no day"),
        ("name: f, start: '22:00', end: '06:00', days: [8]", "freezes[1].days[1]", "8"),
        ("name: f, start: fri, end: sun, time_zone: Berlin", "freezes[1].time_zone", "Europe/Berlin"),
        ("name: f, start: fri, end: sun, slots: [chta]", "freezes[1].slots[1]", "did you mean chat?"),
        ("name: f, start: fri, end: sun, stages: [live]", "freezes[1].stages[1]", "there is no stage 'live'"),
        ("start: fri, end: sun", "freezes[1].name", "is missing"),
        ("name: f, start: fri", "freezes[1].end", "is missing"),
        ("name: f, start: fri, end: sun, untill: mon", "freezes[1].untill", ""),
    ],
)
def test_a_mistake_is_answered_at_its_line(problems: Problems, entry: str, field: str, what: str) -> None:
    ((line, found, said),) = problems(freezing(entry))
    assert (line, found) == (LINE, field)
    assert what in said


def test_two_of_one_name_are_answered_at_the_second(problems: Problems) -> None:
    ((line, field, _),) = problems(freezing("name: F, start: fri, end: sun", "name: f, start: mon, end: mon"))
    assert (line, field) == (LINE + 1, "freezes[2].name")


def test_a_slot_goes_by_those_that_hold_it_in_its_own_zone_or_the_runbooks(loads: Loads) -> None:
    entries = (
        "name: a, start: fri, end: sun, slots: [chat]",
        "name: b, start: fri, end: sun, stages: [global], time_zone: Asia/Tokyo",
    )
    plan = plan_for(loads(freezing(*entries)).runbook, "chat")
    assert [(one.name, one.stages, one.time_zone) for one in plan.freezes] == [
        ("a", (), "UTC"),
        ("b", ("global",), "Asia/Tokyo"),
    ]


def test_a_file_without_any_has_the_digest_it_had_and_one_with_them_another(loads: Loads) -> None:
    plain, frozen = loads(MINIMAL), loads(freezing("name: f, start: fri, end: sun"))
    assert digest_of(plain.runbook) != digest_of(frozen.runbook)
    before = json.loads(plan_for(plain.runbook, "chat").model_dump_json())
    del before["freezes"]  # as it was stored before there were any
    assert Plan.model_validate(before).digest() == plan_for(plain.runbook, "chat").digest()
    assert plan_for(frozen.runbook, "chat").digest() != plan_for(plain.runbook, "chat").digest()
