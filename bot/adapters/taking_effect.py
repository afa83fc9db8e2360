"""Waiting until a setting has taken effect: asking again, less and less often, up to a limit."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from bot.ports import Clock, OutsideError
from bot.runbook.models.durations import format_duration

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 5.0


async def until_it_holds(
    value: str | None, seen: Callable[[], Awaitable[str | None]], *, place: str, limit: timedelta, clock: Clock
) -> None:
    """Return once `seen` answers `value`. Raises OutsideError with what was seen last; one that may pass is waited out.

    An answer that no further asking can help with is raised at once.
    """
    until = clock.now() + limit
    pause = FIRST_PAUSE_S
    while True:
        try:
            found = await seen()
        except OutsideError as error:
            if not error.again:
                raise
            last = error.what
        else:
            if found == value:
                return
            last = f"{found or 'nothing'} is in effect"
        if clock.now() >= until:
            what = f"{place}: {value or 'nothing'} has not taken effect within {format_duration(limit)}; {last}"
            raise OutsideError(what, whose="sre", again=True, code="not_in_effect")
        await clock.sleep(min(pause, max(0.0, (until - clock.now()).total_seconds())))
        pause = min(LONGEST_PAUSE_S, 2 * pause)
