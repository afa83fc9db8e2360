"""Notes beside those of rotations: comparisons in every state, pages, and facts for every code."""

from datetime import timedelta

from pydantic import JsonValue

from bot.difftest.model.report import (
    ArmErrors,
    CostReport,
    DimensionReport,
    Dimensions,
    DimensionVerdict,
    Figures,
    LatencyReport,
    Regression,
    Report,
    ToolsReport,
)
from bot.engine.models.comparisons import Comparison, MonthlySpend, Progress
from bot.engine.models.messages import MessageRef
from bot.engine.models.notes import ComparisonNote, PageNote
from bot.rotation.evidence import Verdict
from bot.rotation.model.rotation import Rotation
from bot.rotation.model.state import ModelRef, Trigger
from bot.runbook.models.people import GroupName
from bot.runbook.models.sources import Links
from tests.handlers.scenes import BACK, MIA, NEW, OLD, REASON, T0, checks, items

LINKS = {"openrouter": Links(dashboard="https://openrouter.example/activity", status="https://status.example/")}
CARD = MessageRef(channel="C0ROTATE", ts="1795424400.000100", link="https://acme.slack.com/archives/C0ROTATE/p1")


def report(
    verdict: Verdict = Verdict.PASS, *, alone: bool = False, old: str = OLD, new: str = NEW, reason: str = ""
) -> Report:
    """A finished comparison's report: tools not tested, quality as the verdict says."""
    said = DimensionVerdict(verdict.value)
    quality = DimensionReport(
        verdict=said,
        current=None if alone else 0.92,
        candidate=0.935 if verdict is Verdict.PASS else 0.71,
        difference=0.015 if verdict is Verdict.PASS else -0.21,
        interval=(-0.008, 0.038) if verdict is Verdict.PASS else (-0.29, -0.13),
        margin=0.05,
        n=120,
        more_cases=40 if verdict is Verdict.INCONCLUSIVE else None,
    )
    latency = LatencyReport(
        verdict=DimensionVerdict.PASS,
        current=1.2,
        candidate=1.31,
        difference=1.09,
        interval=(1.02, 1.17),
        margin=0.25,
        n=120,
        p50_s=Figures(current=1.1, candidate=1.2),
        p95_s=Figures(current=3.1, candidate=3.3),
        ttft_p50_s=Figures(current=0.4, candidate=None),
    )
    return Report(
        verdict=verdict,
        reason=reason or f"Quality says {verdict.value} over 120 cases.",
        mode="candidate_alone" if alone else "paired",
        suite="chat.suite.yml",
        suite_digest="5" * 64,
        run_id="6" * 64,
        base_url="https://openrouter.ai/api/v1",
        current=old,
        candidate=new,
        seed=7,
        cases=120,
        pairs_lost=2,
        dimensions=Dimensions(
            quality=quality,
            tools=ToolsReport(verdict=DimensionVerdict.NOT_TESTED, margin=0.05, reason="no case uses tools"),
            latency=latency,
            cost=CostReport(
                verdict=DimensionVerdict.PASS,
                current=0.0021,
                candidate=0.0012,
                difference=0.57,
                interval=(0.55, 0.6),
                margin=0.2,
                n=120,
            ),
        ),
        calls=244,
        repeated_calls=4,
        cost_usd=0.4,
        served_models={"current": (old,), "candidate": (f"{new}-2025-04-14",)},
        errors={"candidate": ArmErrors(lost=2, failed=1, kinds={"rate_limited": 2, "bad_answer": 1})},
        worst_regressions=(
            Regression(
                case="refund-policy",
                dimension="quality",
                why="does not contain 'within 14 days'",
                current_answer="within 14 days",
                candidate_answer="whenever <!here>",
            ),
        ),
        notes=("10 cases have a tag `legal`",),
    )


def comparison(
    status: str = "finished",
    found: Report | None = None,
    *,
    old: str = OLD,
    new: str = NEW,
    reason: str = REASON,
    slot: str = "chat",
) -> Comparison:
    """A comparison as the engine keeps it."""
    ref = "openrouter"
    return Comparison.model_validate(
        {
            "id": "D17",
            "slot": slot,
            "current": ModelRef(provider=ref, id=old),
            "candidate": ModelRef(provider=ref, id=new),
            "rollback": ModelRef(provider=ref, id=BACK),
            "trigger": Trigger.COST,
            "reason": reason,
            "requester": MIA,
            "channel": "model-rotation",
            "started_at": T0 - timedelta(minutes=9),
            "status": status,
            "report": found if status == "finished" else None,
            "problem": "Out of credit at openrouter.ai" if status == "errored" else "",
            "whose": "whoever pays the provider" if status == "errored" else "",
            "month": MonthlySpend(usd=4_120, days=30, envelope=6_000) if status == "finished" else None,
        },
    )


def comparison_notes() -> dict[str, ComparisonNote]:
    """A comparison's message in every state."""
    return {
        "preparing": ComparisonNote(comparison=comparison("running")),
        "running": ComparisonNote(
            comparison=comparison("running"), progress=Progress(done=60, total=244, cost_usd=0.1, seconds_left=95)
        ),
        "pass": ComparisonNote(comparison=comparison(found=report()), cases=120, calls=244, sees_points=0.04),
        "fail": ComparisonNote(comparison=comparison(found=report(Verdict.FAIL))),
        "inconclusive": ComparisonNote(comparison=comparison(found=report(Verdict.INCONCLUSIVE))),
        "alone": ComparisonNote(comparison=comparison(found=report(alone=True))),
        "superseded": ComparisonNote(comparison=comparison(found=report()), superseded_by="D18"),
        "aborted": ComparisonNote(comparison=comparison("aborted")),
        "errored": ComparisonNote(comparison=comparison("errored")),
    }


def page(cause: str, rotation: Rotation | None, **more: object) -> PageNote:
    """A page about a cause, with facts for every text."""
    facts: dict[str, object] = {
        "stage": "pilots",
        "look": 6,
        "target": "pilots",
        "detail": "permission denied",
        "found": "openai/o3",
        "place": "MODEL in /etc/app/pilots.env",
        "expected": NEW,
        "until": "2026-11-23T14:00:00+00:00",
        "phase": "rolling_back",
        "checks": [check.model_dump(mode="json") for check in checks(Verdict.FAIL)[:1]],
        "items": [item.model_dump(mode="json") for item in items("not_met")[:1]],
    }
    asked: dict[str, object] = {
        "escalation": "E7",
        "cause": cause,
        "dimension": "errors",
        "group": GroupName.SRE,
        "mention": "<!subteam^S0SRE>",
        "action": True,
        "facts": facts,
        "rotation": rotation,
        "card": CARD,
        "links": LINKS,
    }
    return PageNote.model_validate({**asked, **more})


def estimate(usd: float | None) -> dict[str, JsonValue]:
    """What is said of a comparison before it runs."""
    about: dict[str, JsonValue] = {"comparison": "D17", "slot": "chat", "candidate": "acme/sable-5"}
    return {**about, "calls": 480, "usd": usd, "most_usd": 5.0, "cases": 130, "visible": 0.0687, "margin": 0.05} | {
        "fewest": 52,
        "answer_tokens": 400,
        "basis": "assumed",
    }
