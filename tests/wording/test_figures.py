"""Figures of checks and comparisons: every one with its unit, its arms and the rule, and none made up."""

from bot.rotation.evidence import CheckResult, Dimension, Verdict, VerificationItem
from bot.wording.figures import check_line, checks_in_brief, cost_in_brief, dimension_cells, dimension_line, item_line
from tests.handlers.notes import report


def check(name: str, dimension: Dimension, verdict: Verdict, **more: object) -> CheckResult:
    return CheckResult.model_validate({"name": name, "dimension": dimension, "verdict": verdict, **more})


def test_a_guardrail_that_failed() -> None:
    failed = check(
        "errors",
        Dimension.ERRORS,
        Verdict.FAIL,
        unit="share",
        candidate=0.021,
        current=0.008,
        difference=0.013,
        interval=(0.008, None),
        margin=0.005,
        limit=0.08,
        n_candidate=12_400,
        n_current=11_900,
        rule="concurrent pocock 2/24",
        reason="beyond_margin",
    )
    assert check_line(failed) == (
        "❌ worse: errors: new 2.1 %, old 0.8 %; difference +1.3 points (interval +0.8 points to open);"
        " allowed +0.5 points; limit 8.0 %; 12,400 requests new, 11,900 requests old; worse by more than is allowed;"
        " rule: both models at the same time, Pocock's bound for check 2 of 24"
    )


def test_a_check_that_has_seen_nothing_shows_no_figure() -> None:
    blind = check("latency", Dimension.LATENCY, Verdict.INCONCLUSIVE, unit="s", reason="no_requests", margin=0.25)
    line = check_line(blind)
    assert "new no figure, old no figure" in line
    assert "no requests" in line
    assert " 0 ms" not in line


def test_checks_without_traffic() -> None:
    held = check(
        "read-back",
        Dimension.ATTRIBUTION,
        Verdict.INCONCLUSIVE,
        unit="targets",
        candidate=1,
        limit=2,
        reason="target_drifted",
    )
    assert check_line(held) == (
        "❔ can't tell yet: places read back: 1 of 2 places hold the new model;"
        " a place holds another model than it was set to"
    )
    smoke = check(
        "smoke", Dimension.QUALITY, Verdict.PASS, unit="share of cases", candidate=0.05, limit=0.15, n_candidate=20
    )
    assert check_line(smoke) == "✅ fine: smoke run: 5.0 % fail; limit 15.0 %; 20 cases"
    sick = check("health", Dimension.HEALTH, Verdict.INCONCLUSIVE, reason="unhealthy")
    assert check_line(sick) == "❔ can't tell yet: provider health: the provider is not healthy"


def test_which_model_answered() -> None:
    other = check(
        "attribution",
        Dimension.ATTRIBUTION,
        Verdict.INCONCLUSIVE,
        unit="share",
        candidate=0.031,
        limit=0.02,
        n_candidate=1_000,
    )
    assert "3.1 % answered by another model (at most 2.0 %); 1,000 requests" in check_line(other)
    nobody = other.model_copy(update={"candidate": None, "reason": "no_requests"})
    assert check_line(nobody) == "❔ can't tell yet: which model answered: no requests"


def test_what_is_only_reported_is_no_verdict() -> None:
    line = check_line(check("tools", Dimension.TOOLS, Verdict.INCONCLUSIVE, role="report", reason="no_series"))
    assert line == "⬜ invalid tool calls: not measured (reported only)"
    assert checks_in_brief([]) == "nothing checked"


def test_retries_are_told_per_hundred_requests() -> None:
    line = check_line(
        check(
            "retries",
            Dimension.TOOLS,
            Verdict.PASS,
            unit="per request",
            candidate=0.0051,
            current=0.0049,
            difference=0.0002,
            interval=(-0.0022, 0.0019),
            margin=0.05,
            limit=0.1,
            n_candidate=100,
        ),
    )
    assert "new 0.51 per 100 requests, old 0.49 per 100 requests" in line
    assert "(interval −0.22 to +0.19 per 100 requests)" in line


def test_dimensions_of_a_comparison() -> None:
    found = report(Verdict.INCONCLUSIVE)
    lines = {name: dimension_line(name, part, found.confidence) for name, part in found.dimensions.items()}
    assert "about 40 more cases would settle it" in lines["quality"]
    assert lines["tools"] == "⬜ not tested: tool calls: no case uses tools"
    assert "p95 3.10 s → 3.30 s" in lines["latency"]
    assert "first content 400 ms → no figure" in lines["latency"]
    assert "old $0.00210, new $0.00120; difference −43 % (90 % interval −45 to −40 %)" in lines["cost"]
    assert all(cell for name, part in found.dimensions.items() for cell in dimension_cells(name, part))


def test_unknown_cost_is_never_zero() -> None:
    found = report()
    unknown = found.dimensions.cost.model_copy(update={"current": None, "candidate": None, "difference": None})
    without = found.model_copy(update={"dimensions": found.dimensions.model_copy(update={"cost": unknown})})
    assert cost_in_brief(without) == cost_in_brief(None) == "cost unknown"
    assert "old no figure, new no figure" in dimension_line("cost", unknown, 0.9)


def test_items_of_the_verification_list() -> None:
    assert item_line(VerificationItem(name="cost", state="met", dimension=Dimension.COST)) == "✅ met: cost"
    odd = VerificationItem(name="cost", state="odd", figures="$1", dimension=Dimension.COST)
    assert item_line(odd) == "odd: cost: $1"


def test_words_of_one_s_own_say_how_often_they_were_bad_and_what_was_said() -> None:
    ill = check(
        "gateway",
        Dimension.HEALTH,
        Verdict.FAIL,
        reason="unhealthy",
        rule="unhealthy 2/3: status: degraded",
    )
    assert check_line(ill) == ("❌ worse: gateway: not healthy at 2 of 3 checks; it said “status: degraded”")
    well = check("gateway", Dimension.HEALTH, Verdict.PASS, rule="unhealthy 0/3: status: ok")
    assert check_line(well) == "✅ fine: gateway: healthy; it said “status: ok”"
    figures = {"unit": "share", "candidate": 0.2, "limit": 0.01, "n_candidate": 900}
    fallen = {"reason": "answered_by_another_model", "rule": "answered_by_another 2/2"}
    assert check_line(check("fallbacks", Dimension.ATTRIBUTION, Verdict.FAIL, **figures, **fallen)) == (
        "❌ worse: fallbacks: 20.0 % answered by another model (at most 1.0 %); 900 requests;"
        " too many answers of another model at 2 of 2 checks"
    )
    unread = check(
        "served", Dimension.ATTRIBUTION, Verdict.INCONCLUSIVE, reason="unread", rule="answered_by_another 0/1: 503"
    )
    assert check_line(unread) == "❔ can't tell yet: served: the number could not be read; it said “503”"
