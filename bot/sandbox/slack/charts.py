"""The data visualization block: what Slack accepts of one, and what it says in words.

Source: docs.slack.dev/reference/block-kit/blocks/data-visualization-block. That names must be unique, that data must
match the categories, and that a message takes two: as the makers of client libraries found it.
"""

from collections.abc import Iterator
from typing import Any, Final

from bot.sandbox.slack.refused import Json

TITLE: Final = 50
LABEL: Final = 20
AXIS: Final = 50
SERIES: Final = 6
POINTS: Final = 20
A_MESSAGE: Final = 2
KINDS: Final = ("pie", "bar", "area", "line")


def check_chart(block: Json, at: str) -> Iterator[str]:
    """What is wrong with a data visualization block."""
    yield from _words(block.get("title"), TITLE, f"{at}/title")
    chart = block.get("chart")
    kind = chart.get("type") if isinstance(chart, dict) else None
    if not isinstance(chart, dict) or kind not in KINDS:
        yield f"[ERROR] unsupported type: {kind} [json-pointer:{at}/chart]"
    elif kind == "pie":
        yield from _check_segments(chart.get("segments"), f"{at}/chart/segments")
    else:
        yield from _check_series(chart, f"{at}/chart")


def _check_segments(segments: Any, at: str) -> Iterator[str]:  # noqa: ANN401 - whatever JSON arrived
    yield from _counted(segments, SERIES, at)
    for index, segment in enumerate(segments if isinstance(segments, list) else []):
        yield from _words(segment.get("label"), LABEL, f"{at}/{index}/label")
        if not _number(segment.get("value")) or segment["value"] <= 0:
            yield f"[ERROR] must be greater than 0 [json-pointer:{at}/{index}/value]"


def _check_series(chart: Json, at: str) -> Iterator[str]:
    series, axis = chart.get("series"), chart.get("axis_config")
    categories = axis.get("categories") if isinstance(axis, dict) else None
    yield from _counted(series, SERIES, f"{at}/series")
    yield from _counted(categories, POINTS, f"{at}/axis_config/categories")
    if not isinstance(series, list) or not isinstance(axis, dict) or not isinstance(categories, list):
        return
    for index, category in enumerate(categories):
        yield from _words(category, LABEL, f"{at}/axis_config/categories/{index}")
    for key in ("x_label", "y_label"):
        if key in axis:
            yield from _words(axis[key], AXIS, f"{at}/axis_config/{key}")
    names = [one.get("name") for one in series]
    if len(set(names)) != len(names):
        yield f"[ERROR] names must be unique [json-pointer:{at}/series]"
    for index, one in enumerate(series):
        here = f"{at}/series/{index}"
        yield from _words(one.get("name"), LABEL, f"{here}/name")
        data = one.get("data") or []
        if [point.get("label") for point in data] != categories:
            yield f"[ERROR] labels must match the categories [json-pointer:{here}/data]"
        if not all(_number(point.get("value")) for point in data):
            yield f"[ERROR] must be a number [json-pointer:{here}/data]"


def _counted(found: Any, most: int, at: str) -> Iterator[str]:  # noqa: ANN401 - whatever JSON arrived
    if not isinstance(found, list) or not found:
        yield f"[ERROR] must have at least 1 item [json-pointer:{at}]"
    elif len(found) > most:
        yield f"[ERROR] no more than {most} items allowed [json-pointer:{at}]"


def _words(found: Any, most: int, at: str) -> Iterator[str]:  # noqa: ANN401 - whatever JSON arrived
    if not isinstance(found, str) or not found:
        yield f"[ERROR] must be more than 0 characters [json-pointer:{at}]"
    elif len(found) > most:
        yield f"[ERROR] must be less than {most + 1} characters [json-pointer:{at}]"


def _number(found: Any) -> bool:  # noqa: ANN401 - whatever JSON arrived
    return isinstance(found, int | float) and not isinstance(found, bool)


def chart_in_words(block: Json) -> str:
    """Title, and each series or slice with its figures."""
    chart = block.get("chart") or {}
    slices = chart.get("segments") or []
    lines = [str(block.get("title", "")), *(f"{one.get('label')}: {one.get('value')}" for one in slices)]
    for one in chart.get("series") or []:
        figures = ", ".join(f"{point.get('label')} {point.get('value')}" for point in one.get("data") or [])
        lines.append(f"{one.get('name')}: {figures}")
    return "\n".join(lines)
