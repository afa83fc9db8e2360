"""That a fallback group is never asked is said where that is so at whatever time the request is delivered."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rotation.calendar import due_after
from bot.runbook.impossible import never_asked
from bot.runbook.load import checked
from bot.runbook.models.durations import format_duration
from bot.runbook.models.plan import Plan, plan_for
from tests.rotation.cast import NOON
from tests.runbook.conftest import edited

LENGTHS = st.sampled_from([timedelta(hours=hours) for hours in (1, 4, 12, 20, 23, 24, 30, 48, 52, 72)])
STARTS = [NOON + timedelta(hours=hours) for hours in range(7 * 24)]


def asked_at(start: datetime, waits: list[timedelta], plan: Plan) -> datetime:
    for after in waits:
        start = due_after(start, after, plan)
    return start


@settings(max_examples=200, deadline=None)
@given(
    waits=st.lists(LENGTHS, min_size=1, max_size=2),
    approval=LENGTHS,
    count=st.sampled_from(["working", "calendar"]),
    days=st.sampled_from(["[0, 1, 2, 3, 4]", "[]"]),
)
def test_what_is_said_of_a_step_is_so(
    waits: list[timedelta], approval: timedelta, count: Literal["working", "calendar"], days: str
) -> None:
    groups = ("sre", "finance")
    written = [
        f"{{group: {group}, after: {format_duration(after)}}}" for group, after in zip(groups, waits, strict=False)
    ]
    rule = f"approval: {{fallback: [{', '.join(written)}]}}, "
    rest = f"deadlines: {{approval: {format_duration(approval)}, count: {count}}}\nworking_hours: {{days: {days}}}\n"
    runbook = checked(edited(("      pilots:  {", f"      pilots:  {{{rule}")) + rest, "runbook.yml", Path())
    said = {path[-2]: what for path, what in never_asked(runbook)}
    plan = plan_for(runbook, "chat")
    for number in range(len(waits)):
        in_time = [asked_at(start, waits[: number + 1], plan) < due_after(start, approval, plan) for start in STARTS]
        if "is never asked" in said.get(number, ""):
            assert not any(in_time)
        elif number in said:
            assert not all(in_time)
        else:
            assert any(in_time)
