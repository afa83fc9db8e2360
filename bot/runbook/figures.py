"""What checks of one's own are read from: names that `metrics` has to have, and addresses they ask. Pure."""

from collections.abc import Iterator, Mapping

from bot.runbook.fields import Path
from bot.runbook.models.checks import PLAIN_TOTALS
from bot.runbook.problems import nearest

_COUNTED = ("bad", "total", "sum", "count", "sum_squares")


def unknown_figures(raw: Mapping[str, object]) -> Iterator[tuple[Path, str]]:
    """Every figure a check names and `metrics` does not, with what was probably meant."""
    metrics = _mapping(raw.get("metrics"))
    counters = [*_mapping(metrics.get("counters")), *PLAIN_TOTALS]
    blocks = {**dict.fromkeys(_COUNTED, "counters"), "histogram": "histograms", "quantile": "quantiles"}
    for path, rules in checks_written(raw):
        for field, block in blocks.items():
            name = rules.get(field)
            known = counters if block == "counters" else [*_mapping(metrics.get(block))]
            if isinstance(name, str) and name not in known:
                near = nearest(name, known)
                hint = f"did you mean {near}?" if near else f"name it there: {block}: {{{name}: ...}}"
                yield (*path, field), f"`metrics.{block}` has no {name!r}; {hint}"
            if name == "tool_calls" and not metrics.get("tool_calls"):
                yield (*path, field), "`metrics.tool_calls` is not named"
        if isinstance(rules.get("query"), str) and not metrics.get("prometheus"):
            yield (*path, "query"), "a query needs `metrics.prometheus` to ask"


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def checks_written(raw: Mapping[str, object]) -> Iterator[tuple[Path, Mapping[str, object]]]:
    """Every check that is written, those of a slot of its own too."""
    blocks: list[tuple[Path, object]] = [(("checks",), raw.get("checks"))]
    blocks += [
        (("slots", name, "checks"), _mapping(slot).get("checks")) for name, slot in _mapping(raw.get("slots")).items()
    ]
    for path, block in blocks:
        for name, rules in _mapping(_mapping(block).get("by_name")).items():
            yield (*path, "by_name", name), _mapping(rules)
