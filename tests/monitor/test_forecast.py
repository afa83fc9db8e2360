"""What this month and the next come to: known spending, the time left in the runbook's zone, and how sure it is."""

import math
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.monitor.forecast import FEWEST_WINDOWS, MOST_DAYS, NAMED, WEEK, Forecast, forecast, usual_of
from bot.monitor.months import Span, days_of, month_after, month_of, whole_days_before
from bot.monitor.spent import Book, Piece, begun
from bot.rotation.evidence import CheckResult, Dimension, Verdict

HOUR = timedelta(hours=1)
ZONES = [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Asia/Tokyo")]
SURE = (0.0, 0.0)

START = datetime(2023, 1, 1, tzinfo=UTC)

moments = st.integers(0, 7 * 365 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))
zones = st.sampled_from(ZONES)


def cost(difference: float | None = 0.0, interval: tuple[float | None, float | None] | None = SURE) -> CheckResult:
    return CheckResult(
        name="cost",
        dimension=Dimension.COST,
        verdict=Verdict.PASS,
        unit="USD",
        difference=difference,
        interval=interval,
        n_candidate=900,
        n_current=4000,
    )


def days(at: datetime, per_hour: float, zone: ZoneInfo, count: int = MOST_DAYS) -> list[Piece]:
    """Whole days at one price, oldest first."""
    spans = reversed(whole_days_before(at, count, zone))
    return [Piece(start=span.start, end=span.end, usd={"all": per_hour * span.hours}) for span in spans]


def carried(book: Book, until: datetime, per_hour: float) -> Book:
    """What was spent since at the same price."""
    hours = (until - book.until) / HOUR
    return book.with_known(Piece(start=book.until, end=until, usd={"all": per_hour * hours})) if hours > 0 else book


def book_at(at: datetime, zone: ZoneInfo, per_hour: float = 10.0, *, count: int = 35) -> Book:
    """Everything known up to `at`."""
    midnight = whole_days_before(at, 1, zone)[0].end
    month = month_of(at, zone)
    book = begun("R1", month, days(at, per_hour, zone, count), until=max(midnight, month.start))
    return carried(book, at, per_hour)


def found(
    book: Book, zone: ZoneInfo, found: CheckResult, *, envelope: float = 1e9, before: Sequence[Piece] = ()
) -> Forecast:
    usual = usual_of(book, before, zone)
    assert usual is not None
    told = forecast(found, book, usual, envelope=envelope, zone=zone)
    assert told is not None
    return told


def dollars(check: CheckResult) -> tuple[float, float, float]:
    """The forecast and both bounds."""
    assert check.candidate is not None
    assert check.current is not None
    assert check.interval is not None
    low, high = check.interval
    assert low is not None
    assert high is not None
    return check.candidate, check.current * (1 + low), check.current * (1 + high)


# -------------------------------------------------------------------------------------------------- the calendar


@given(moments, zones)
def test_a_month_begins_at_its_first_midnight_and_the_next_one_where_it_ends(at: datetime, zone: ZoneInfo) -> None:
    month, local = month_of(at, zone), at.astimezone(zone)
    assert month.start <= at < month.end
    assert month.start.astimezone(zone).date() == local.date().replace(day=1)
    after = month_after(month, zone)
    assert after.start == month.end
    assert after.start.astimezone(zone).month == local.month % 12 + 1


@given(moments, zones)
def test_days_fill_a_month_without_a_gap(at: datetime, zone: ZoneInfo) -> None:
    month = month_of(at, zone)
    pieces = list(days_of(month, zone))
    assert pieces[0].start == month.start
    assert pieces[-1].end == month.end
    assert all(one.end == other.start for one, other in pairwise(pieces))
    assert 28 <= len(pieces) <= 31
    assert all(22 < piece.hours < 26 for piece in pieces)
    assert whole_days_before(month.end, len(pieces), zone) == pieces[::-1]


@pytest.mark.parametrize(
    ("at", "zone", "hours"),
    [
        ("2024-02-10T12:00", "UTC", 29 * 24),  # a leap year
        ("2026-02-10T12:00", "UTC", 28 * 24),
        ("2026-03-10T12:00", "Europe/Berlin", 31 * 24 - 1),  # clocks go forward on the 29th
        ("2026-10-10T12:00", "Europe/Berlin", 31 * 24 + 1),
        ("2026-10-10T12:00", "Australia/Lord_Howe", 31 * 24 - 0.5),
        ("2026-04-10T12:00", "Asia/Tokyo", 30 * 24),
    ],
)
def test_months_are_as_long_as_their_zone_makes_them(at: str, zone: str, hours: float) -> None:
    assert month_of(datetime.fromisoformat(at).replace(tzinfo=UTC), ZoneInfo(zone)).hours == hours


def test_the_zone_decides_which_month_it_is() -> None:
    at = datetime(2026, 3, 31, 23, tzinfo=UTC)
    assert month_of(at, ZoneInfo("UTC")).start == datetime(2026, 3, 1, tzinfo=UTC)
    assert month_of(at, ZoneInfo("Europe/Berlin")).start == datetime(2026, 3, 31, 22, tzinfo=UTC)


def test_a_midnight_that_clocks_skip_is_the_first_moment_after_it() -> None:
    zone = ZoneInfo("America/Santiago")  # on 6 September 2026 the day begins at one
    (day,) = whole_days_before(datetime(2026, 9, 7, 12, tzinfo=UTC), 1, zone)
    assert (day.start, day.hours) == (datetime(2026, 9, 6, 4, tzinfo=UTC), 23)


# -------------------------------------------------------------------------------------------------- the sum


@given(moments, zones, st.floats(0.01, 1e4), st.floats(-0.5, 2.0))
def test_constant_spending_is_forecast_exactly(at: datetime, zone: ZoneInfo, per_hour: float, dearer: float) -> None:
    told = found(book_at(at, zone, per_hour), zone, cost(dearer, (dearer, dearer)))
    month = month_of(at, zone)
    gone, left = Span(month.start, at).hours, Span(at, month.end).hours
    exact = per_hour * (gone + left * (1 + dearer))
    this, after = told.checks
    assert dollars(this) == pytest.approx((exact, exact, exact))
    assert this.current == pytest.approx(per_hour * month.hours)
    whole = per_hour * month_after(month, zone).hours * (1 + dearer)
    assert dollars(after) == pytest.approx((whole, whole, whole))
    assert told.month.spent == pytest.approx(per_hour * gone)
    assert told.month.rest_candidate == pytest.approx(per_hour * left * (1 + dearer))
    assert (told.month.begins, told.month.ends, told.month.unknown_s) == (month.start, month.end, 0)


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_on_the_last_day_only_its_rest_is_open(zone: ZoneInfo) -> None:
    end = month_of(datetime(2024, 2, 10, tzinfo=UTC), zone).end
    told = found(book_at(end - 2 * HOUR, zone), zone, cost(1.0, (0.5, 1.5)))
    value, low, high = dollars(told.checks[0])
    spent = 10 * 29 * 24 - 20
    assert value == pytest.approx(spent + 40)
    assert (low, high) == pytest.approx((spent + 30, spent + 50))


def test_a_weekday_costs_what_that_weekday_cost() -> None:
    zone = ZoneInfo("Europe/Berlin")
    at = datetime(2026, 5, 29, 22, tzinfo=UTC)  # midnight before the last Saturday of May: only a weekend is left
    spans = list(reversed(whole_days_before(at, MOST_DAYS, zone)))
    weekend = [Piece(start=s.start, end=s.end, usd={"all": 10.0 if _saturday_on(s, zone) else 100.0}) for s in spans]
    book = begun("R1", month_of(at, zone), weekend, until=at)
    told = found(book, zone, cost())
    assert told.month.rest_current == pytest.approx(20.0)
    # With a week alone nothing says that it was the weekend, and the interval has room for it.
    short = found(book.model_copy(update={"days": book.days[-WEEK:]}), zone, cost())
    assert short.month.rest_current == pytest.approx(2 * (5 * 100 + 2 * 10) / 7)
    value, low, high = dollars(short.checks[0])
    assert low < told.month.spent + 20 < value < high


def _saturday_on(span: Span, zone: ZoneInfo) -> bool:
    return span.start.astimezone(zone).weekday() >= date(2026, 5, 30).weekday()


def test_without_a_week_the_looks_windows_before_the_change_say_it() -> None:
    zone, at = ZONES[0], datetime(2026, 3, 10, 12, tzinfo=UTC)
    book = book_at(at, zone, count=6)
    windows = [Piece(start=at - HOUR * (n + 1), end=at - HOUR * n, usd={"all": 10.0 + (n % 2)}) for n in range(12)]
    told = found(book, zone, cost(), before=windows)
    assert (told.month.basis, told.month.counted) == ("looks", 12)
    assert told.month.rest_current == pytest.approx(10.5 * Span(at, month_of(at, zone).end).hours)
    assert told.checks[0].rule == "looks 12"
    assert usual_of(book, windows[: FEWEST_WINDOWS - 1], zone) is None


@pytest.mark.parametrize(
    ("difference", "interval", "verdict"),
    [
        (0.10, (0.05, 0.15), Verdict.PASS),
        (0.20, (0.15, 0.25), Verdict.INCONCLUSIVE),
        (0.25, (0.21, 0.30), Verdict.FAIL),
        (0.10, (None, 0.15), Verdict.PASS),
        (0.25, (0.21, None), Verdict.FAIL),
        (0.25, (None, None), Verdict.INCONCLUSIVE),
        (0.10, (-0.5, 0.2), Verdict.PASS),
        (0.10, (-1.5, 0.2), Verdict.PASS),
    ],
)
def test_next_month_against_an_envelope_a_fifth_above_what_it_costs(
    difference: float, interval: tuple[float | None, float | None], verdict: Verdict
) -> None:
    zone = ZONES[0]
    book = book_at(datetime(2026, 3, 10, tzinfo=UTC), zone)
    told = found(book, zone, cost(difference, interval), envelope=7200 * 1.2 + 0.1)
    after = told.checks[1]
    assert (after.name, after.verdict, after.role, after.n_candidate) == ("next_month", verdict, "report", 900)
    assert after.current == pytest.approx(7200)


@pytest.mark.parametrize("missing", [cost(None, None), cost(0.1, None)])
def test_without_a_difference_there_is_no_forecast(missing: CheckResult) -> None:
    zone, at = ZONES[0], datetime(2026, 3, 10, tzinfo=UTC)
    book = book_at(at, zone)
    usual = usual_of(book, (), zone)
    assert usual is not None
    assert forecast(missing, book, usual, envelope=1, zone=zone) is None


# -------------------------------------------------------------------------------------------------- what is not known


def test_what_was_not_measured_of_the_month_is_said_and_never_passes() -> None:
    zone, at = ZONES[0], datetime(2026, 3, 20, tzinfo=UTC)
    book = begun("R1", month_of(at, zone), days(at, 10, zone, count=9), until=at)
    told = found(book, zone, cost(), envelope=7440)
    assert told.month.unknown_s == 10 * 24 * 3600
    assert told.month.spent == 9 * 240
    this, after = told.checks
    assert (this.verdict, this.reason) == (Verdict.INCONCLUSIVE, "spent_unknown")
    assert this.candidate == pytest.approx((9 + 12) * 240)
    assert after.verdict is Verdict.PASS
    # What is known alone breaks it: that is no question of what is not.
    assert found(book, zone, cost(), envelope=5000).checks[0].verdict is Verdict.FAIL


def test_a_day_in_between_that_nobody_knows_is_not_free() -> None:
    zone, at = ZONES[0], datetime(2026, 3, 5, tzinfo=UTC)
    known = days(at, 10, zone, count=4)
    book = begun("R1", month_of(at, zone), [known[0], known[3]], until=at)
    assert (book.unknown_s, book.total, book.until) == (2 * 86400, 480, at)


def test_days_of_last_month_are_no_spending_of_this_one() -> None:
    zone, at = ZONES[0], datetime(2026, 3, 2, tzinfo=UTC)
    book = begun("R1", month_of(at, zone), days(at, 10, zone), until=at)
    assert (len(book.days), book.total, book.unknown_s) == (MOST_DAYS, 240, 0)


# -------------------------------------------------------------------------------------------------- tenants


def test_the_dearest_tenants_are_named_and_all_together_are_the_whole() -> None:
    zone, at = ZONES[0], datetime(2026, 3, 16, tzinfo=UTC)
    each = {f"t{n:02}": float(n) for n in range(1, 10)}
    pieces = [one.model_copy(update={"usd": {**each, "all": 0.0}}) for one in days(at, 1, zone)]
    book = begun("R1", month_of(at, zone), pieces, until=at)
    told = found(book, zone, cost(0.5, (0.5, 0.5)))
    assert [one.tenant for one in told.month.tenants] == ["t09", "t08", "t07", "t06", "t05"]
    first = told.month.tenants[0]
    assert first.spent == 9 * 15
    assert first.candidate == pytest.approx(9 * 15 + 9 * 16 * 1.5)
    assert first.current == pytest.approx(9 * 31)
    assert told.month.others == len(each) + 1 - NAMED
    whole = sum(one.candidate for one in told.month.tenants) + told.month.others_candidate
    assert whole == pytest.approx(told.checks[0].candidate)


def test_one_tenant_is_the_total_and_is_not_named() -> None:
    zone, at = ZONES[0], datetime(2026, 3, 16, tzinfo=UTC)
    assert found(book_at(at, zone), zone, cost()).month.tenants == ()


# -------------------------------------------------------------------------------------------------- how sure it is


def simulated(seed: int, kept: float, known: int) -> tuple[bool, bool]:
    """Whether a month's true cost lies below, or above, the interval of a forecast made in it.

    Days are dearer within the week than at its end and scatter by a fifth, of which the next day keeps a part.
    """
    rng = random.Random(seed)
    zone = ZONES[1]
    at = datetime(2026, 3, rng.randint(3, 20), tzinfo=UTC) + timedelta(hours=rng.random() * 24)
    month = month_of(at, zone)
    first = whole_days_before(at, known, zone)[-1].start
    drift = rng.gauss(0, 1)
    spent, pieces, rest = 0.0, [], 0.0
    for span in days_of(Span(first, month.end), zone):
        usual = 100.0 if span.start.astimezone(zone).weekday() < 5 else 40.0
        drift = kept * drift + math.sqrt(1 - kept**2) * rng.gauss(0, 1)
        usd = usual * math.exp(0.2 * drift)
        if span.end <= at:
            pieces.append(Piece(start=span.start, end=span.end, usd={"all": usd}))
        else:
            rest += usd * (span.since(at).hours / span.hours)
            spent += usd * (1 - span.since(at).hours / span.hours)
    midnight = whole_days_before(at, 1, zone)[0].end
    book = begun("R1", month, pieces, until=midnight).with_known(Piece(start=midnight, end=at, usd={"all": spent}))
    told = found(book, zone, cost())
    _, low, high = dollars(told.checks[0])
    true = book.total + rest
    return true < low, true > high


@pytest.mark.parametrize(("kept", "known"), [(0.0, 28), (0.4, 28), (0.0, 21), (0.0, 14), (0.0, 7)])
def test_the_interval_holds_about_as_often_as_it_says(kept: float, known: int) -> None:
    runs = 400
    outcomes = [simulated(seed, kept, known) for seed in range(runs)]
    below, above = (sum(side) / runs for side in zip(*outcomes, strict=True))
    # 90 %: a twentieth to each side, give or take two standard errors of 400 runs.
    assert 0.85 <= 1 - below - above <= (0.99 if known > WEEK else 1.0), (below, above)
    assert max(below, above) <= 0.10, (below, above)
