"""The assertions that a judge model decides: known here for loading a suite, judged elsewhere. Pure."""

from collections.abc import Callable
from typing import Final

from pydantic import JsonValue

from bot.difftest.marking.kinds import plain


def _rubric(value: JsonValue) -> str | None:
    return (
        None if isinstance(value, str) and value.strip() else "a text that says what the answer must meet is expected"
    )


RUBRICS: Final[dict[str, Callable[[JsonValue], str | None]]] = {"llm-rubric": _rubric}
"""Every type of rubric, with what is wrong with a value; None is all well."""


def is_rubric(kind: str) -> bool:
    """Whether a judge decides assertions of this type, also behind `not-`."""
    return plain(kind) in RUBRICS


def rubric_problem(kind: str, value: JsonValue) -> str | None:
    """Why a rubric cannot be put to a judge; None when it can."""
    return RUBRICS[plain(kind)](value)
