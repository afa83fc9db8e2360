"""Healthy is what the platform calls so and what answers; one failed request is a hiccup, three in a row are not."""

import pytest

from bot.monitor.active import Tried, enough, in_a_row, joined
from bot.monitor.model import HealthReport
from tests.monitor.world import START

YES, NO, BUSY = Tried(), Tried("503"), Tried("429", busy=True)
WELL, ILL = HealthReport(at=START, healthy=True, detail="status: ok"), HealthReport(at=START, healthy=False)


@pytest.mark.parametrize(
    ("tries", "listing", "healthy", "said"),
    [
        ([YES], None, True, "status: ok; m answers"),
        ([NO, NO, YES], None, True, "status: ok; m answers (after 2 failed)"),
        ([NO, NO, NO], "", False, "status: ok; m did not answer 3 times in a row: 503; its provider is there"),
        (
            [NO, NO, NO],
            "it is down",
            False,
            "status: ok; m did not answer 3 times in a row: 503; nor does its provider's list of models: it is down",
        ),
        ([BUSY, BUSY, BUSY], "", True, "status: ok; m was not heard, it is busy: 429"),
        ([NO, NO, BUSY], None, True, "status: ok; m was not heard, it is busy: 429"),
        ([], None, True, "status: ok"),
    ],
)
def test_the_platforms_word_and_the_models_answers_come_to_one_reading(
    tries: list[Tried], listing: str | None, *, healthy: bool, said: str
) -> None:
    found = joined(WELL, "m", tries, listing)
    assert (found.healthy, found.detail) == (healthy, said)


def test_no_answer_makes_an_ill_platform_well() -> None:
    assert not joined(ILL, "m", [YES], None).healthy


def test_it_is_asked_until_one_answers_or_three_have_failed() -> None:
    assert [enough(tries) for tries in ([], [NO], [NO, NO], [NO, NO, BUSY], [YES], [NO, YES])] == [
        *(False, False, False, True),
        *(True, True),
    ]


def test_readings_that_are_not_healthy_are_counted_in_a_row() -> None:
    first = in_a_row(ILL, 0)
    second = in_a_row(ILL.model_copy(update={"detail": "down"}), first.failures)
    assert (first.failures, second.failures, second.detail) == (1, 2, "down (2 checks in a row)")
    assert in_a_row(WELL, 2) == WELL
