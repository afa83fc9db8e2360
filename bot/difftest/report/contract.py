"""The JSON contract of a comparison, for scripts and CI: these fields and no others; none is ever taken away."""

from typing import Any, Final

from bot.difftest.model.report import Report
from bot.difftest.report.plain import shareable
from bot.difftest.suite.model import DIMENSIONS

DIMENSION_FIELDS: Final = ("verdict", "current", "candidate", "difference", "interval", "margin", "n")
QUANTILES: Final = ("p50_s", "p95_s", "ttft_p50_s")
COST_FIGURES: Final = ("per_success", "billed_usd", "estimated_usd")
REPORT_FIELDS: Final = (
    "verdict",
    "reason",
    "cost_usd",
    "calls",
    "repeated_calls",
    "served_models",
    "confidence",
    "mode",
    "current",
    "candidate",
    "suite",
    "suite_digest",
    "private",
    "run_id",
    "cases",
    "asked_cases",
    "pairs_lost",
    "served_providers",
    "errors",
    "notes",
    "judge",
    "overhead",
    "offers",
    "looks",
    "stopped_early",
    "worst_regressions",
    "best_gains",
    "outputs",
)
"""Beside the dimensions; regressions and gains of a private suite carry no prompts and answers."""


def as_json(report: Report) -> dict[str, Any]:
    """The report as the documented contract: these fields and no others."""
    full = shareable(report).model_dump(mode="json")
    found = full["dimensions"]
    dimensions: dict[str, Any] = {name: _dimension(found[name]) for name in found}
    dimensions["tools"]["metrics"] = {name: _dimension(part) for name, part in found["tools"]["metrics"].items()}
    latency = found["latency"]
    dimensions["latency"] |= {key: latency[key] for key in QUANTILES} | {
        "ttft": latency["ttft"] and _dimension(latency["ttft"]),
        "p95_ratio": latency["p95_ratio"],
    }
    dimensions["cost"] |= {key: found["cost"][key] for key in COST_FIGURES}
    return {key: full[key] for key in REPORT_FIELDS} | {"dimensions": dimensions}


def could_not_run(reason: str) -> dict[str, Any]:
    """The same fields where there is no verdict, so that no older report is taken for this one."""
    empty: dict[str, Any] = dict.fromkeys(DIMENSION_FIELDS)
    dimensions: dict[str, Any] = {name: {**empty, "n": 0} for name in DIMENSIONS}
    dimensions["tools"]["metrics"] = {}
    dimensions["latency"] |= {key: {"current": None, "candidate": None} for key in QUANTILES}
    dimensions["latency"] |= {"ttft": None, "p95_ratio": None}
    dimensions["cost"] |= dict.fromkeys(COST_FIGURES)
    return dict.fromkeys(REPORT_FIELDS) | {"reason": reason, "dimensions": dimensions}


def _dimension(found: dict[str, Any]) -> dict[str, Any]:
    return {key: found[key] for key in DIMENSION_FIELDS}
