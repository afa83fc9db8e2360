"""A month's cost once the new model serves everything, against the envelope."""

import pytest

from bot.monitor.forecast import envelope_check
from bot.rotation.evidence import CheckResult, Dimension, Verdict


def cost(difference: float | None, low: float | None, high: float | None) -> CheckResult:
    interval = (low, high) if difference is not None else None
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


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.05, 0.15, Verdict.PASS),
        (0.15, 0.25, Verdict.INCONCLUSIVE),
        (0.21, 0.30, Verdict.FAIL),
        (None, 0.15, Verdict.PASS),
        (0.21, None, Verdict.FAIL),
        (None, None, Verdict.INCONCLUSIVE),
        (0.15, None, Verdict.INCONCLUSIVE),
        (-0.5, 0.2, Verdict.PASS),
    ],
)
def test_a_month_of_1000_against_an_envelope_of_1200(low: float | None, high: float | None, verdict: Verdict) -> None:
    found = envelope_check(cost(0.1, low, high), month_usd=1000, envelope=1200)
    assert found is not None
    assert (found.verdict, found.role, found.limit, found.current) == (verdict, "report", 1200, 1000)
    assert found.candidate == pytest.approx(1100)
    assert (found.interval, found.n_candidate) == ((low, high), 900)


def test_without_a_difference_there_is_no_forecast() -> None:
    assert envelope_check(cost(None, None, None), month_usd=1000, envelope=1200) is None
