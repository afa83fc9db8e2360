"""The JSON contract of a comparison: these fields and no others, for scripts and CI."""

from typing import Any, Final

from bot.difftest.model.report import Report
from bot.difftest.suite.model import DIMENSIONS

DIMENSION_FIELDS: Final = ("verdict", "current", "candidate", "difference", "interval", "margin", "n")
QUANTILES: Final = ("p50_s", "p95_s", "ttft_p50_s")
REPORT_FIELDS: Final = (
    "verdict",
    "reason",
    "cost_usd",
    "calls",
    "repeated_calls",
    "served_models",
    "confidence",
)


def as_json(report: Report) -> dict[str, Any]:
    """The report as the documented contract: these fields and no others."""
    full = report.model_dump(mode="json")
    dimensions = {name: {key: full["dimensions"][name][key] for key in DIMENSION_FIELDS} for name in full["dimensions"]}
    dimensions["latency"] |= {key: full["dimensions"]["latency"][key] for key in QUANTILES}
    return {key: full[key] for key in REPORT_FIELDS} | {"dimensions": dimensions}


def could_not_run(reason: str) -> dict[str, Any]:
    """The same fields where there is no verdict, so that no older report is taken for this one."""
    empty: dict[str, Any] = dict.fromkeys(DIMENSION_FIELDS)
    dimensions = {name: {**empty, "n": 0} for name in DIMENSIONS}
    dimensions["latency"] |= {key: {"current": None, "candidate": None} for key in QUANTILES}
    return dict.fromkeys(REPORT_FIELDS) | {"reason": reason, "dimensions": dimensions}
