"""When nothing is promoted, as an operator writes it: dates, a part of every week, or hours of a day.

`start` and `end` say which of the three it is by how they look. What they mean on the calendar, `bot.rotation.windows`
works out.
"""

import re
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from bot.runbook.models.people import Name
from bot.runbook.models.written import Resolved, Written, WrongAtKey

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY: Final = tuple(range(7))
LONGEST: Final = timedelta(days=366)
"""Whatever is frozen for longer is not used any more."""
FORMS: Final = "a date (2026-12-18), a day of the week (fri) or neither, with or without a time (16:00)"
_MOMENT: Final = re.compile(r"(?P<day>\d{4}-\d{2}-\d{2}|[A-Za-z]+)?[ T]*(?P<time>\d{1,2}:\d{2}(?::\d{2})?)?")

Day = date | int | None


def zone_known(value: str) -> str:
    """The name of a time zone. Raises ValueError for none."""
    if value not in available_timezones():
        message = f"{value!r} is not a time zone name; write one such as Europe/Berlin or UTC"
        raise ValueError(message)
    return value


def weekday_of(word: str) -> int | None:
    """0 (Monday) to 6 (Sunday) for a day of the week, whole or by its first three letters; None for another word."""
    folded = word.casefold()
    names = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return next((n for n, name in enumerate(names) if folded in {name, WEEKDAYS[n]}), None)


def _as_words(value: object) -> object:
    """What YAML made a date of, as it was written."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        message = f"{value} is no moment: write {FORMS}; a time goes in quotes, such as '09:00'"
        raise ValueError(message)  # noqa: TRY004 - pydantic reports a ValueError at its field, a TypeError not at all
    return value


def parsed_moment(value: str) -> tuple[Day, time | None]:
    """The day and the time of day that words such as `2026-12-18 17:00`, `fri 16:00`, `sat` or `22:00` name.

    The day is a date, a weekday from 0 (Monday), or None for any day; the time None for the whole day.
    Raises ValueError.
    """
    found = _MOMENT.fullmatch(value.strip())
    if not value.strip() or found is None:
        message = f"{value!r} is no moment: write {FORMS}"
        raise ValueError(message)
    word, clock = found["day"] or "", found["time"]
    try:
        at = time.fromisoformat(clock.zfill(5) if len(clock) <= len("00:00") else clock.zfill(8)) if clock else None
        day: Day = date.fromisoformat(word) if word[:1].isdigit() else weekday_of(word) if word else None
    except ValueError as error:
        message = f"{value!r} is no moment: {error}"
        raise ValueError(message) from None
    if word and day is None:
        message = f"{word!r} is no day of the week: write one of {', '.join(WEEKDAYS)}"
        raise ValueError(message)
    return day, at


def _readable(value: str) -> str:
    parsed_moment(value)
    return value


Moment = Annotated[str, BeforeValidator(_as_words), AfterValidator(_readable)]
"""A date, a weekday or a time of day, as written."""


def _weekday(value: object) -> object:
    return found if isinstance(value, str) and (found := weekday_of(value.strip())) is not None else value


class Once(Resolved):
    """Frozen once, by the clock on the wall: from `begins` to right before `ends`."""

    begins: datetime
    ends: datetime


class Weekly(Resolved):
    """Frozen again and again: on each of `days` (0 is Monday) from `begins`, until `ends` so many days `later`."""

    days: tuple[int, ...]
    begins: time
    ends: time
    later: int = 0


class FreezePlan(Resolved):
    """A freeze of the runbook's as a rotation goes by it: in which stages (none: in all), when, on which wall."""

    name: str
    reason: str = ""
    stages: tuple[str, ...] = ()
    time_zone: str
    when: Once | Weekly


class Freeze(Written):
    """A time at which nothing is promoted: no stage is changed. Comparing, watching and going back go on.

    `slots` and `stages` say where, everywhere if neither is written. Dates and days without a time are whole days,
    the last one included.
    """

    name: Annotated[str, Field(min_length=1, max_length=60)]
    start: Moment
    end: Moment
    days: tuple[Annotated[int, BeforeValidator(_weekday), Field(ge=0, le=6)], ...] | None = None
    slots: tuple[Name, ...] = ()
    stages: tuple[Name, ...] = ()
    reason: str = Field(default="", max_length=500)
    time_zone: Annotated[str, AfterValidator(zone_known)] | None = None

    @field_validator("days")
    @classmethod
    def _some(cls, value: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if value is None:
            return None
        if not value:
            message = "names no day; leave the line out where every day is meant"
            raise ValueError(message)
        return tuple(sorted(set(value)))

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.days is not None and parsed_moment(self.start)[0] is not None:
            message = "goes with hours of a day, such as `start: '22:00'`; `start` names its day already"
            raise WrongAtKey("days", message)
        self.when()
        return self

    def when(self) -> Once | Weekly:
        """When it is. Raises WrongAtKey where `start` and `end` do not go together."""
        day, at = parsed_moment(self.start)
        last, until = parsed_moment(self.end)
        if type(day) is not type(last):
            message = f"{self.end!r} is written otherwise than `start: {self.start}`: two dates, two days, or two times"
            raise WrongAtKey("end", message)
        if isinstance(day, date) and isinstance(last, date):
            return _once(day, at, last, until)
        if isinstance(day, int) and isinstance(last, int):
            return _in_the_week(day, at, last, until)
        assert at is not None  # noqa: S101 - words without a day are a time
        assert until is not None  # noqa: S101 - as above
        if at == until:
            message = "is the time it begins at; for whole days write days, such as `start: sat` and `end: sun`"
            raise WrongAtKey("end", message)
        return Weekly(days=self.days or EVERY_DAY, begins=at, ends=until, later=int(until < at))

    def plan(self, time_zone: str) -> FreezePlan:
        """The same, with `time_zone` where it names none of its own."""
        zone = self.time_zone or time_zone
        return FreezePlan(name=self.name, reason=self.reason, stages=self.stages, time_zone=zone, when=self.when())


def _once(day: date, at: time | None, last: date, until: time | None) -> Once:
    begins = datetime.combine(day, at or time())
    ends = datetime.combine(last, until) if until is not None else datetime.combine(last, time()) + timedelta(days=1)
    if ends <= begins:
        message = "is not after `start`"
        raise WrongAtKey("end", message)
    if ends - begins > LONGEST:
        message = f"is more than {LONGEST.days} days after `start`; what is never changed has no place in a runbook"
        raise WrongAtKey("end", message)
    return Once(begins=begins, ends=ends)


def _in_the_week(day: int, at: time | None, last: int, until: time | None) -> Weekly:
    later = (last - day) % 7
    if until is None:
        later, until = later + 1, time()
    if later == 0 and until <= (at or time()):
        message = "is before `start` on the same day; a part of the week ends within seven days"
        raise WrongAtKey("end", message)
    if later > 6 and until >= (at or time()):  # noqa: PLR2004 - days of a week
        message = "leaves no time in the week at which anything could be promoted"
        raise WrongAtKey("end", message)
    return Weekly(days=(day,), begins=at or time(), ends=until, later=later)
