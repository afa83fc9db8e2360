from datetime import UTC, datetime, timedelta

from bot.monitor.counted import Count
from bot.monitor.counters import Endpoint, Reading, advance, between
from bot.monitor.model import Series, Snapshot

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEY = ("pilots", "acme", "m")
ALL = frozenset({Count.REQUESTS, Count.ERRORS, Count.COST, Count.LATENCY})


def at(minute: float) -> datetime:
    return T0 + timedelta(minutes=minute)


def shows(
    requests: float, *, url: str = "a", model: str = "m", rest: str = "", started: float | None = None
) -> Endpoint:
    key = ("pilots", "acme", model)
    readings = (
        Reading(Count.REQUESTS, key, requests, rest=rest),
        Reading(Count.COST, key, requests / 100, rest=rest),
        Reading(Count.LATENCY, key, requests / 2, bound="0.5", rest=rest),
        Reading(Count.LATENCY, key, requests, bound="+Inf", rest=rest),
    )
    return Endpoint(url, readings, ALL, started)


def silent(url: str = "a") -> Endpoint:
    return Endpoint(url, problem="timeout", detail=f"{url} did not answer")


def history(*scrapes: list[Endpoint]) -> list[Snapshot]:
    snapshots: list[Snapshot] = []
    for minute, endpoints in enumerate(scrapes):
        snapshots.append(advance(snapshots[-1] if snapshots else None, endpoints, at(minute)))
    return snapshots


def counted(first: Snapshot, last: Snapshot) -> dict[str, float]:
    return {series.model: series.requests for series in between(first, last)}


def test_what_a_process_had_counted_before_it_was_met_is_not_counted() -> None:
    first, last = history([shows(1_000_000)], [shows(1_000_040)])
    assert counted(first, last) == {"m": 40}


def test_a_process_that_joins_does_not_bring_its_past() -> None:
    snapshots = history([shows(100)], [shows(110), shows(5000, url="b")], [shows(120), shows(5030, url="b")])
    assert counted(snapshots[0], snapshots[2]) == {"m": 20 + 30}


def test_every_count_is_added_up() -> None:
    first, last = history([shows(100)], [shows(140)])
    (series,) = between(first, last)
    assert series == Series(
        stage="pilots",
        tenant="acme",
        model="m",
        requests=40,
        errors=0,
        latency={"0.5": 20, "+Inf": 40},
        cost_usd=series.cost_usd,
    )
    assert series.cost_usd is not None
    assert abs(series.cost_usd - 0.4) < 1e-9


def test_a_counter_that_begins_again_is_counted_on_both_sides() -> None:
    snapshots = history([shows(100)], [shows(150)], [shows(30)], [shows(45)])
    assert counted(snapshots[0], snapshots[-1]) == {"m": 50 + 30 + 15}


def test_a_restart_that_counts_past_the_old_value_is_known_by_the_process_start() -> None:
    snapshots = history([shows(100, started=1.0)], [shows(160, started=2.0)])
    assert counted(snapshots[0], snapshots[-1]) == {"m": 160}


def test_a_new_label_set_of_a_known_process_is_counted_from_nothing() -> None:
    both = Endpoint("a", (*shows(110).readings, *shows(7, model="new").readings), ALL)
    first, last = history([shows(100)], [both])
    assert counted(first, last) == {"m": 10, "new": 7}


def test_processes_and_labels_nothing_is_read_from_add_up() -> None:
    def scrape(requests: float) -> list[Endpoint]:
        ok, error = shows(requests, rest="status=ok"), shows(requests / 10, rest="status=error")
        return [Endpoint("a", (*ok.readings, *error.readings), ALL), shows(requests, url="b")]

    first, last = history(scrape(100), scrape(200))
    assert counted(first, last) == {"m": 100 + 10 + 100}


def test_a_process_that_does_not_answer_keeps_what_it_had_and_makes_the_snapshot_incomplete() -> None:
    snapshots = history([shows(100), shows(10, url="b")], [shows(130), silent("b")], [shows(150), shows(60, url="b")])
    assert [snapshot.complete for snapshot in snapshots] == [True, False, True]
    assert snapshots[1].missing == {"b": "b did not answer"}
    assert snapshots[1].problem == "timeout"
    assert counted(snapshots[0], snapshots[2]) == {"m": 50 + 50}


def test_nobody_answering_loses_nothing() -> None:
    snapshots = history([shows(100)], [shows(130)], [silent()], [shows(140)])
    assert snapshots[2].totals == snapshots[1].totals
    (series,) = between(snapshots[0], snapshots[3])
    assert series.requests == 40
    assert series.cost_usd is not None
    assert abs(series.cost_usd - 0.4) < 1e-9


def test_a_count_no_process_has_any_more_is_not_there() -> None:
    bare = Endpoint("a", (Reading(Count.REQUESTS, KEY, 130),), frozenset({Count.REQUESTS, Count.ERRORS}))
    first, last = history([shows(100)], [bare])
    (series,) = between(first, last)
    assert (series.requests, series.cost_usd, series.latency) == (30, None, None)


def test_series_with_nothing_new_are_left_out() -> None:
    first, last = history([shows(100)], [shows(100)])
    assert between(first, last) == ()


def test_a_history_has_one_epoch_and_survives_being_stored() -> None:
    snapshots = history([shows(100)], [shows(130)], [silent()])
    assert {snapshot.epoch for snapshot in snapshots} == {T0}
    for snapshot in snapshots:
        assert Snapshot.model_validate_json(snapshot.model_dump_json()) == snapshot
    assert snapshots[1].without_raw().raw == {}
    assert snapshots[1].without_raw().totals == snapshots[1].totals
