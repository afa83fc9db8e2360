"""When a run stops because the endpoint has no candidate, and what it says is to be looked at."""

import pytest

from bot.difftest.model.chat import ErrorKind
from bot.difftest.model.sample import Arm, Sample, SampleError, SampleKey
from bot.difftest.plan import ComparisonPlan
from bot.difftest.stopping import CouldNotRun, Watch

PLAN = ComparisonPlan(current="acme/old", candidate="acme/new", base_url="https://models.example/v1")
NEITHER = "knows neither acme/old nor acme/new (status 404); are both ids and the version path"
NO_CANDIDATE = "has no model acme/new (status 404); is its id right?"

GONE = SampleError(ErrorKind.MODEL_NOT_FOUND, "status 404")
CANDIDATE_GONE: tuple[Arm, SampleError] = ("candidate", GONE)
AWAY = SampleError(ErrorKind.SERVER_ERROR, "status 503")


def seen(watch: Watch, *samples: tuple[Arm, SampleError | None]) -> list[CouldNotRun | None]:
    return [watch.see(Sample(SampleKey(str(n), arm, 0), error=error)) for n, (arm, error) in enumerate(samples)]


@pytest.mark.parametrize(
    ("current", "said"), [(None, NO_CANDIDATE), (AWAY, NO_CANDIDATE), (GONE, NEITHER)], ids=["has it", "away", "not"]
)
def test_where_only_the_candidate_was_asked_for_yet_the_current_model_is_heard_first(
    current: SampleError | None, said: str
) -> None:
    watch = Watch(PLAN, total=16)
    *before, stop = seen(watch, *[CANDIDATE_GONE] * 4, ("current", current))
    assert before == [None] * 4
    assert stop is not None
    assert said in stop.what
    assert [key.arm for key in watch.unkept].count("candidate") == 4


def test_a_current_model_that_is_silent_for_long_is_not_waited_for() -> None:
    *before, stop = seen(Watch(PLAN, total=400), *[CANDIDATE_GONE] * 10)
    assert before == [None] * 9
    assert stop is not None
    assert NO_CANDIDATE in stop.what


@pytest.mark.parametrize("total", [1, 2])
def test_a_suite_of_one_case_is_told_too(total: int) -> None:
    first, stop = seen(Watch(PLAN, total), ("current", None), ("candidate", GONE))
    assert first is None
    assert stop is not None


def test_a_candidate_that_answered_once_is_there() -> None:
    assert seen(Watch(PLAN, 16), ("candidate", None), ("current", None), *[CANDIDATE_GONE] * 12) == [None] * 14
