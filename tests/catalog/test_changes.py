"""What a look at the catalog changes: a model that is gone is told apart from an endpoint that failed."""

from datetime import timedelta

from bot.catalog.changes import after, present, taken_in
from bot.catalog.model import Kept, Listed, Listing
from tests.catalog.making import NOW, listed

HOUR = timedelta(hours=1)


def look(hour: int, *models: Listed, problem: str = "") -> Listing:
    return Listing(at=NOW + hour * HOUR, models=models, problem=problem)


def told(known: list[Kept], *looks: Listing) -> tuple[list[Kept], list[tuple[str, str]]]:
    found: list[tuple[str, str]] = []
    for one in looks:
        taken = taken_in(known, one)
        found += [(change.what, change.model) for change in taken.changes]
        known = list(after(known, taken).values())
    return known, found


A, B = listed("acme/a"), listed("acme/b")


def test_the_first_look_tells_nothing_as_new_and_the_next_one_what_is() -> None:
    rows, found = told([], look(0, A))
    assert found == []
    rows, found = told(rows, look(1, A, B))
    assert found == [("appeared", "acme/b")]
    assert {row.id: row.first_seen for row in rows} == {"acme/a": NOW, "acme/b": NOW + HOUR}


def test_a_model_that_two_looks_in_a_row_do_not_list_is_gone_and_may_return() -> None:
    rows, found = told([], look(0, A, B), look(1, A))
    assert found == []
    assert set(present({row.id: row for row in rows})) == {"acme/a", "acme/b"}
    rows, found = told(rows, look(2, A))
    assert found == [("gone", "acme/b")]
    assert {row.id: row.gone_at for row in rows} == {"acme/a": None, "acme/b": NOW + 2 * HOUR}
    assert told(rows, look(3, A))[1] == []
    rows, found = told(rows, look(4, A, B))
    assert found == [("returned", "acme/b")]
    assert [(row.missed, row.gone_at) for row in rows if row.id == "acme/b"] == [(0, None)]


def test_an_endpoint_that_fails_loses_nobody_however_often() -> None:
    rows, found = told([], look(0, A, B), *(look(n, problem="it is down") for n in range(1, 9)))
    assert found == []
    assert all(row.missed == 0 and row.gone_at is None for row in rows)
    # What a file says while the provider does not tell is kept, and nobody is missed in it.
    rows, found = told(rows, look(9, A.model_copy(update={"retires": NOW}), problem="it is down"))
    assert found == [("retires", "acme/a")]
    assert all(row.missed == 0 for row in rows)


def test_a_miss_between_two_sightings_counts_anew() -> None:
    _, found = told([], look(0, A, B), look(1, A), look(2, A, B), look(3, A), look(4, A, B))
    assert found == []


def test_what_is_said_of_a_model_is_compared_field_by_field() -> None:
    other = listed("acme/a", 8.0, context=64_000, tools=None, retires=NOW)
    changes = taken_in(told([], look(0, A))[0], look(1, other)).changes
    assert [(one.what, one.before, one.after) for one in changes] == [
        ("retires", "", NOW.isoformat()),
        ("price", "4e-06 1.6e-05", "8e-06 3.2e-05"),
        ("changed", "context: 128000", "context: 64000"),
        ("changed", "tools: true", "tools: unknown"),
    ]
