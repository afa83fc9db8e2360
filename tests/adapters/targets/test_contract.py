"""What `bot.ports.Target` promises, of every kind: compare-and-set, exact restores, others' edits, injections."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.ports import DriftError, OutsideError
from tests.adapters.targets.kinds import KINDS, NEW, OLD, OTHER, Place

INJECTIONS = (
    "two words",
    "line\nbreak",
    "M=x\r\nEVIL=1",
    'quo"te',
    "quo'te",
    "$(touch pwned)",
    "`touch pwned`",
    "${HOME}",
    "--model",
    "-x",
    "../../etc/passwd",
    "..",
    "nul\0byte",
    "\u202egnp",
    "x" * 300,
    "",
)


@pytest.fixture(params=list(KINDS))
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    async with KINDS[request.param](tmp_path) as made:
        yield made


def once(step: str, act: Callable[[], object]) -> Callable[[str], None]:
    pending = [act]

    def at(now: str) -> None:
        if now == step and pending:
            pending.pop()()

    return at


async def test_a_value_is_read_and_so_is_nothing(place: Place) -> None:
    assert await place.adapter().read(place.plan) == OLD
    place.put(None)
    assert await place.adapter().read(place.plan) is None


async def test_a_value_is_set_and_set_back_exactly(place: Place) -> None:
    before, target = place.raw(), place.adapter()
    assert await target.write(place.plan, expected=OLD, value=NEW) is True
    assert (place.held(), await target.read(place.plan)) == (NEW, NEW)
    assert place.raw() != before
    assert await target.write(place.plan, expected=NEW, value=OLD) is True
    assert place.raw() == before


async def test_nothing_is_restored_as_nothing(place: Place) -> None:
    place.put(None)
    before, target = place.raw(), place.adapter()
    assert await target.write(place.plan, expected=None, value=NEW) is True
    assert await target.read(place.plan) == NEW
    assert await target.write(place.plan, expected=NEW, value=None) is True
    assert await target.read(place.plan) is None
    assert place.raw() == before


async def test_what_is_there_already_is_not_written_again(place: Place) -> None:
    await place.adapter().write(place.plan, expected=OLD, value=NEW)
    before = place.writes()
    assert await place.adapter().write(place.plan, expected=OLD, value=NEW) is False
    assert place.writes() == before


async def test_something_else_is_drift_with_both_values_and_stays(place: Place) -> None:
    place.put(OTHER)
    before = place.raw()
    with pytest.raises(DriftError) as caught:
        await place.adapter().write(place.plan, expected=OLD, value=NEW)
    assert (caught.value.expected, caught.value.found) == (OLD, OTHER)
    assert place.plan.place in str(caught.value)
    assert place.raw() == before


async def test_nothing_where_something_was_expected_is_drift(place: Place) -> None:
    place.put(None)
    with pytest.raises(DriftError) as caught:
        await place.adapter().write(place.plan, expected=OLD, value=NEW)
    assert caught.value.found is None
    assert place.held() is None


async def test_an_edit_at_any_step_before_the_write_takes_hold_wins(place: Place) -> None:
    for step in place.before:
        place.put(OLD)
        target = place.adapter(once(step, lambda: place.put(OTHER)))
        with pytest.raises(DriftError) as caught:
            await target.write(place.plan, expected=OLD, value=NEW)
        assert caught.value.found == OTHER, step
        assert place.held() == OTHER, step
        place.put(OLD)
        assert await place.adapter().read(place.plan) == OLD


async def test_an_edit_after_it_took_hold_stays_and_is_read_back(place: Place) -> None:
    for step in place.after:
        target = place.adapter(once(step, lambda: place.put(OTHER)))
        assert await target.write(place.plan, expected=OLD, value=NEW) is True
        assert await target.read(place.plan) == OTHER
        assert place.held() == OTHER


@pytest.mark.parametrize("value", INJECTIONS)
async def test_an_injection_changes_nothing_but_the_error(place: Place, value: str, tmp_path: Path) -> None:
    before = place.raw()
    assert await place.adapter().refusal(place.plan, value) != ""
    refused: OutsideError | None = None
    try:
        await place.adapter().write(place.plan, expected=OLD, value=value)
    except OutsideError as error:
        refused = error
    if refused is None:
        assert place.held() == value  # a file holds it as it is: nothing reads it as an option or a path
        await place.adapter().write(place.plan, expected=value, value=OLD)
    else:
        assert (refused.whose, refused.again) == ("requester", False)
    assert place.raw() == before
    assert not list(tmp_path.rglob("pwned"))


async def test_a_model_that_fits_is_not_refused(place: Place) -> None:
    assert await place.adapter().refusal(place.plan, NEW) == ""


async def test_its_readers_are_restarted_and_it_takes_effect(place: Place) -> None:
    await place.adapter().write(place.plan, expected=OLD, value=NEW)
    await place.adapter().restart(place.plan)
    assert place.restarts() == 1
    place.late()
    await place.adapter().wait(place.plan, value=NEW)


async def test_what_does_not_take_effect_in_time_is_said(place: Place) -> None:
    if not place.delayed:
        await place.adapter().wait(place.plan, value=OLD)
        return
    with pytest.raises(OutsideError, match=f"{NEW} has not taken effect within .*{OLD} is in effect") as caught:
        await place.adapter().wait(place.plan, value=NEW)
    assert (caught.value.whose, caught.value.again) == ("sre", True)


async def test_what_is_not_there_is_said_with_whose_it_is(place: Place) -> None:
    place.down()
    for asked in (
        place.adapter().read(place.plan),
        place.adapter().write(place.plan, expected=OLD, value=NEW),
    ):
        with pytest.raises(OutsideError) as caught:
            await asked
        assert caught.value.whose == "sre"
        assert caught.value.what
    assert await place.adapter().check_writable(place.plan) != ""


async def test_looking_whether_it_can_be_written_writes_nothing(place: Place) -> None:
    before = place.raw(), place.writes()
    assert await place.adapter().check_writable(place.plan) == ""
    assert (place.raw(), place.writes()) == before
    place.read_only()
    assert await place.adapter().check_writable(place.plan) != ""


async def test_two_that_write_at_once_do_not_both_win(place: Place) -> None:
    writes = (place.adapter().write(place.plan, expected=OLD, value=value) for value in (NEW, OTHER))
    done = await asyncio.gather(*writes, return_exceptions=True)
    assert [type(one) for one in done if one is not True] == [DriftError]
    assert place.held() == (NEW if done[0] is True else OTHER)


async def test_the_plan_says_where_it_is_and_what_it_shares(place: Place) -> None:
    assert place.plan.place
    assert place.plan.key
    assert place.plan.shares
    assert place.plan.patience.total_seconds() > 0
