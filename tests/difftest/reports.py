"""Reports for tests of what people see: they say everything a report can say, with any text where others write."""

from bot.difftest.model.cases import CaseOutcome
from bot.difftest.model.report import (
    ArmErrors,
    CostReport,
    DimensionReport,
    Dimensions,
    DimensionVerdict,
    Figures,
    JudgeReport,
    LatencyReport,
    Loss,
    OverheadReport,
    RatioFigure,
    Regression,
    Report,
    ToolMetric,
    ToolsReport,
)
from bot.rotation.evidence import Verdict

PASS, FAIL = DimensionVerdict.PASS, DimensionVerdict.FAIL
OPEN, UNTESTED = DimensionVerdict.INCONCLUSIVE, DimensionVerdict.NOT_TESTED


def rate(verdict: DimensionVerdict, difference: float = 0.0, *, half: float = 0.02, **more: object) -> DimensionReport:
    """A dimension of rates: the old model passes 90 %."""
    whole: dict[str, object] = {
        "verdict": verdict,
        "current": 0.9,
        "candidate": 0.9 + difference,
        "difference": difference,
        "interval": (difference - half, difference + half),
        "margin": 0.05,
        "n": 120,
    }
    return DimensionReport.model_validate(whole | more)


def _ratio(verdict: DimensionVerdict, ratio: float, margin: float, current: float) -> dict[str, object]:
    return {
        "verdict": verdict,
        "current": current,
        "candidate": current * ratio,
        "difference": ratio,
        "interval": (ratio * 0.95, ratio * 1.05),
        "margin": margin,
        "n": 240,
    }


def metrics() -> dict[ToolMetric, DimensionReport]:
    """Every metric of tools, with every verdict among them."""
    return {
        "valid": rate(PASS),
        "tool": rate(PASS, -0.008),
        "arguments": rate(OPEN, -0.033, half=0.04, more_cases=130),
        "count": rate(PASS, 0.01),
        "abstention": rate(FAIL, -0.21, half=0.08, n=40),
        "recovery": DimensionReport(verdict=UNTESTED, margin=0.05, reason="the suite does not exercise it"),
    }


def report(text: str = "", *, verdict: Verdict = Verdict.FAIL, private: bool = False, **more: object) -> Report:
    """A report that says everything; `text` stands at every place that others write."""
    said = text or "words"
    worse = Regression(
        case=f"refund {said}",
        dimension="quality",
        why=f"contains: the answer does not contain {said}",
        prompt=f"PROMPT {said}",
        current_answer=f"OLD-ANSWER {said}",
        candidate_answer=f"NEW-ANSWER {said}",
        tags=(f"tag {said}",),
    )
    quality = {Verdict.PASS: rate(PASS), Verdict.FAIL: rate(FAIL, -0.2), Verdict.INCONCLUSIVE: rate(OPEN, -0.04)}
    found = Report(
        verdict=verdict,
        reason=f"It is so: {said}.",
        suite=f"chat {said}",
        suite_digest="5" * 64,
        private=private,
        run_id="6" * 64,
        base_url="https://provider.example/v1",
        current=f"acme/old {said}",
        candidate=f"acme/new {said}",
        parameters={"temperature": 0, "stop": said},
        seed=7,
        cases=240,
        pairs_lost=2,
        dimensions=Dimensions(
            quality=quality[verdict],
            tools=ToolsReport(**dict(rate(PASS)), metrics=metrics()),
            latency=LatencyReport.model_validate(
                {
                    **_ratio(PASS, 1.02, 0.25, 1.2),
                    "p50_s": Figures(current=1.1, candidate=1.2),
                    "p95_s": Figures(current=3.1, candidate=3.3),
                    "ttft_p50_s": Figures(current=0.4, candidate=0.5),
                    "ttft": DimensionReport.model_validate(_ratio(OPEN, 1.22, 0.25, 0.4) | {"primary": False}),
                    "p95_ratio": RatioFigure(ratio=1.12, interval=(0.98, 1.31), n=240),
                }
            ),
            cost=CostReport.model_validate(
                {
                    **_ratio(PASS, 0.85, 0.2, 0.0021),
                    "per_success": Figures(current=0.0023, candidate=0.0021),
                    "billed_usd": Figures(current=0.51, candidate=0.43),
                    "estimated_usd": Figures(current=0.5, candidate=0.44),
                }
            ),
        ),
        calls=964,
        repeated_calls=4,
        cost_usd=0.94,
        served_models={"current": (f"acme/old {said}",), "candidate": (f"acme/other {said}",)},
        served_providers={"candidate": (f"Acme {said}",)},
        errors={
            "candidate": ArmErrors(
                lost=2,
                failed=1,
                kinds={"rate_limited": 2, "length": 1},
                losses=(Loss(kind="rate_limited", said=f"SAID {said}", times=2),),
            )
        },
        worst_regressions=(worse,),
        best_gains=(worse.model_copy(update={"case": f"greeting {said}", "dimension": "tools"}),),
        notes=(f"A note: {said}",),
        judge=JudgeReport(
            model=f"judge/one {said}",
            calls=480,
            cost_usd=0.12,
            judged=118,
            unjudged=2,
            wins=20,
            losses=31,
            ties=67,
            flip_rate=0.07,
            first_slot_rate=0.53,
            first_slot_p=0.41,
            same_family=True,
            control_pairs=12,
            control_planted=11,
            control_harmless=1,
            control_p=13 / 4096,
            follows_planted=True,
        ),
        overhead=OverheadReport(p50_ms=0.4, p95_ms=1.1),
        offers=("unused_cases",),
        looks=(80, 160, 240),
        stopped_early=f"at look 2 {said}",
    )
    return found.model_copy(update=more)


def cases(text: str = "") -> tuple[CaseOutcome, ...]:
    """One case of every outcome in each dimension."""
    said = text or "words"
    marks: tuple[tuple[str, float | None, float | None], ...] = (
        (f"refund {said}", 1.0, 0.0),
        ("better", 0.0, 1.0),
        ("both pass", 1.0, 1.0),
        ("both fail", 0.5, 0.5),
        ("lost", None, None),
    )
    return tuple(
        CaseOutcome(
            case=name,
            dimension=dimension,
            current=old,
            candidate=new,
            why=f"contains: the answer does not contain {said}" if new != 1 else "",
            tags=(f"tag {said}",),
            latency_s=0.25,
        )
        for dimension in ("quality", "tools")
        for name, old, new in marks
    )
