"""What checks are read from, and what their limits are in: names `metrics` has to have, figures that can be. Pure."""

from collections.abc import Iterator, Mapping

from bot.runbook.fields import Path
from bot.runbook.models.checks import PLAIN_TOTALS, limit_trouble
from bot.runbook.problems import nearest

_COUNTED = ("bad", "total", "sum", "count", "sum_squares")
_SHIPPED_KINDS = {"errors": "ratio", "tools": "ratio", "latency": "latency"}
_BACKSTOPS = {"errors_backstop": "ratio", "latency_backstop_s": "latency"}


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


def impossible_limits(raw: Mapping[str, object]) -> Iterator[tuple[Path, str]]:
    """Every absolute limit that no look could break, such as 8 where 0.08 is 8 %, or that every look must."""
    written = [
        ((*path, "limit"), rules.get("kind") or _SHIPPED_KINDS.get(str(path[-1])), rules.get("limit"))
        for path, rules in checks_written(raw)
    ]
    for path, block in _check_blocks(raw):
        written += [
            ((*path, name, "limit"), kind, _mapping(block.get(name)).get("limit")) for name, kind in _BACKSTOPS.items()
        ]
    for path, kind, limit in written:
        if problem := limit_trouble(kind, limit):
            yield path, problem


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _check_blocks(raw: Mapping[str, object]) -> list[tuple[Path, Mapping[str, object]]]:
    """The `checks` of the file, and those of each slot."""
    slots = _mapping(raw.get("slots")).items()
    blocks: list[tuple[Path, object]] = [(("checks",), raw.get("checks"))]
    blocks += [(("slots", name, "checks"), _mapping(slot).get("checks")) for name, slot in slots]
    return [(path, _mapping(block)) for path, block in blocks]


def checks_written(raw: Mapping[str, object]) -> Iterator[tuple[Path, Mapping[str, object]]]:
    """Every check that is written, those of a slot of its own too."""
    for path, block in _check_blocks(raw):
        for name, rules in _mapping(block.get("by_name")).items():
            yield (*path, "by_name", name), _mapping(rules)
