"""What a query's answer says, however a store writes it: in Prometheus's own hand, with blanks, or in another order."""

import json
from typing import Any

import pytest

from bot.adapters.http import Answer, HttpError
from bot.adapters.vectors import Vector, read_vector


def answered(text: str, *, buckets: bool = False) -> Vector:
    return read_vector(Answer("http://p/api", 200, text.encode()), "requests", buckets=buckets)


def whose(vector: Vector) -> list[tuple[dict[str, str], str, float]]:
    bounds = vector.bounds or [""] * len(vector.labels)
    return [
        (json.loads(text), bound, value)
        for text, bound, value in zip(vector.labels, bounds, vector.values, strict=True)
    ]


def written(rows: list[Any], **how: Any) -> str:  # noqa: ANN401 - as `json.dumps` is told
    document = {"status": "success", "data": {"resultType": "vector", "result": rows}}
    return json.dumps(document, **how)


def row(value: str, **labels: str) -> dict[str, Any]:
    return {"metric": labels, "value": [1772442000.123, value]}


PLAIN = [row("5", env="pilots", model="m", tenant="a"), row("0.25", model="m"), row("1e3", tenant="b")]
NAMES = ('a "quoted" {name}', "back\\slash", "ünï", "")
ODD = [row(str(number), tenant=name) for number, name in enumerate(NAMES)]
BUCKETS = [
    row("3", env="pilots", le="0.5", model="m"),
    row("4", env="pilots", le="+Inf", model="m"),
    row("5", le="1", model="m"),
    row("6", env="pilots", le="1"),
    row("7", le="+Inf"),
    row("8", le="2", tenant='a "le":"9"'),
]
HANDS: list[dict[str, Any]] = [
    {"separators": (",", ":")},
    {"separators": (",", ":"), "ensure_ascii": False},
    {},
    {"indent": 2},
    {"sort_keys": True, "separators": (",", ":")},
]


@pytest.mark.parametrize("how", HANDS, ids=["as Prometheus", "utf-8", "blanks", "lines", "sorted"])
@pytest.mark.parametrize("rows", [PLAIN, ODD, []], ids=["plain", "odd", "none"])
def test_an_answer_is_what_its_json_says(rows: list[Any], how: dict[str, Any]) -> None:
    expected = [(one["metric"], "", float(one["value"][1])) for one in rows]
    assert whose(answered(written(rows, **how))) == expected


@pytest.mark.parametrize("how", HANDS, ids=["as Prometheus", "utf-8", "blanks", "lines", "sorted"])
def test_a_bound_is_kept_apart_from_the_labels_it_stands_among(how: dict[str, Any]) -> None:
    found = whose(answered(written(BUCKETS, **how), buckets=True))
    assert [({**labels, "le": bound}, value) for labels, bound, value in found] == [
        (one["metric"], float(one["value"][1])) for one in BUCKETS
    ]


def test_a_series_is_the_same_text_in_every_answer() -> None:
    labels = {"env": "pilots", "model": "m", "tenant": "a"}
    plain = answered(written([row("1", **labels)], separators=(",", ":")))
    in_order = dict(sorted({**labels, "le": "1"}.items()))
    bucket = answered(written([row("1", **in_order)], separators=(",", ":")), buckets=True)
    assert plain.labels == bucket.labels


def test_what_else_an_answer_has_is_passed_over() -> None:
    text = written([row("5", tenant="a")], separators=(",", ":"))
    more = text.replace('"status":', '"isPartial":false,"status":').replace("]}}", ']},"stats":{"n":[1]}}')
    assert [value for *_, value in whose(answered(more))] == [5]


WHOLE = written([row("1", tenant="a"), row("2", tenant="b")], separators=(",", ":"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (WHOLE[:-3], "no JSON"),
        (WHOLE[: WHOLE.index('{"metric":{"tenant":"b"')], "no JSON"),
        (WHOLE.replace("},{", "}{"), "no JSON"),
        (WHOLE.replace("},{", "},,{"), "no JSON"),
        (WHOLE.replace("},{", "},7,{"), "row without"),
        (WHOLE.replace("[1772442000.123", "[oops"), "no JSON"),
        (WHOLE.replace('"2"', "2"), "row without"),
        (WHOLE.replace('"2"', '"2x"'), "2x"),
        (WHOLE.replace('"2"', '"1e19"'), "1e19"),
        (WHOLE.replace('"metric":{', '"metrics":{'), "row without"),
        (WHOLE.replace("vector", "matrix"), "no query result"),
        (WHOLE.replace('"status":"success"', '"status":"error","error":"too much"'), "too much"),
    ],
)
def test_what_is_no_answer_is_refused_and_not_read_half(text: str, said: str) -> None:
    with pytest.raises(HttpError, match=said) as refused:
        answered(text)
    assert refused.value.code == "bad_answer"
