"""Whether one sample passes its case, and why not. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.difftest.marking.text import text_misses
from bot.difftest.marking.tools import invalid_call, tool_misses
from bot.difftest.model.chat import ErrorClass
from bot.difftest.model.report import ToolMetric
from bot.difftest.model.sample import Sample
from bot.difftest.suite.model import Case

_SHOWN = 2000


@dataclass(frozen=True, slots=True)
class Mark:
    """Passed, or the reasons why not."""

    why: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing stands against it."""
        return not self.why


@dataclass(frozen=True, slots=True)
class Marks:
    """A sample's mark in each dimension its case exercises; None where it does not, or where the answer is lost.

    `metrics` holds the sides of tool behaviour that the case exercises.
    """

    quality: Mark | None = None
    tools: Mark | None = None
    metrics: Mapping[ToolMetric, bool] = field(default_factory=dict)


def mark(case: Case, sample: Sample) -> Marks:
    """Judge a sample.

    Quality is made of the assertions about the text, tools of the expectations about calls. A model's own error fails
    both. A call that cannot be carried out fails tools, or quality where the case expects nothing of tools.
    """
    if sample.error is not None:
        if sample.error.error_class is not ErrorClass.MODEL:
            return Marks()
        failed = Mark((f"{sample.error.kind}: {sample.error.message}",))
        return Marks(failed if case.about_text else None, failed if case.about_tools else None)
    invalid = tuple(why for call in sample.tool_calls if (why := invalid_call(call, case.offered)) is not None)
    missed_text = tuple(
        why for entry in case.about_text if (why := text_misses(entry.type, entry.value, sample.text)) is not None
    )
    missed_tools = tuple(
        why
        for entry in case.about_tools
        if (why := tool_misses(entry.type, entry.value, sample.tool_calls, case.offered)) is not None
    )
    return Marks(
        quality=Mark(missed_text if case.about_tools else missed_text + invalid) if case.about_text else None,
        tools=Mark(missed_tools + invalid) if case.about_tools else None,
    )


def answer_shown(sample: Sample) -> str:
    """The answer as people read it: text, then calls; or the error."""
    if sample.error is not None and not sample.text:
        return f"({sample.error.kind}: {sample.error.message})"
    calls = [f"{call.name}({call.arguments})" for call in sample.tool_calls]
    shown = "\n".join(part for part in (sample.text, *calls) if part) or "(empty)"
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
