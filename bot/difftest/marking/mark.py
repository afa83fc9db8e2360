"""Whether one sample passes its case, and why not; which metrics of tool behaviour it meets. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.difftest.marking.calls import invalid_call
from bot.difftest.marking.kinds import is_negated, plain
from bot.difftest.marking.metrics import exercised, metrics
from bot.difftest.marking.text import text_misses
from bot.difftest.marking.tools import tool_misses
from bot.difftest.model.chat import ErrorClass, ErrorKind
from bot.difftest.model.report import ToolMetric
from bot.difftest.model.sample import Sample
from bot.difftest.suite.model import Case
from bot.masking import mask

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

    `metrics` holds the metrics of tool behaviour that the case exercises, and whether the sample meets each.
    """

    quality: Mark | None = None
    tools: Mark | None = None
    metrics: Mapping[ToolMetric, bool] = field(default_factory=dict)


def mark(case: Case, sample: Sample) -> Marks:
    """Judge a sample.

    Quality is made of the assertions about the text, tools of the expectations about calls. A model's own error fails
    both, and every metric; but an answer the provider marks as a refusal is one. A call that cannot be carried out
    fails tools, or quality where the case expects nothing of tools. Rubrics are not judged here: a case with nothing
    else has no mark in quality unless it has failed already.
    """
    if sample.error is not None:
        if sample.error.error_class is not ErrorClass.MODEL:
            return Marks()
        failed = Mark((f"{sample.error.kind}: {sample.error.message}",))
        return Marks(
            quality=Mark() if _refusal_wanted(case, sample) else failed if case.about_quality else None,
            tools=failed if case.about_tools else None,
            metrics=dict.fromkeys(exercised(case), False),
        )
    invalid = tuple(why for call in sample.tool_calls if (why := invalid_call(call, case.offered)) is not None)
    missed_text = tuple(
        why for entry in case.about_text if (why := text_misses(entry.type, entry.value, sample.text)) is not None
    )
    missed_tools = tuple(
        why
        for entry in case.about_tools
        if (why := tool_misses(entry.type, entry.value, sample.tool_calls, case.offered)) is not None
    )
    quality = missed_text if case.about_tools else missed_text + invalid
    return Marks(
        quality=Mark(quality) if case.about_text or (case.about_quality and quality) else None,
        tools=Mark(missed_tools + invalid) if case.about_tools else None,
        metrics=metrics(case, sample, invalid=bool(invalid), holds=not (missed_text or missed_tools)),
    )


def _refusal_wanted(case: Case, sample: Sample) -> bool:
    """Whether the model broke off with the refusal that is all the case asks of its text."""
    refused = sample.error is not None and sample.error.kind is ErrorKind.REFUSAL
    wanted = [plain(entry.type) == "refusal" and not is_negated(entry.type) for entry in case.about_text]
    return refused and bool(wanted) and all(wanted) and not case.rubrics


def answer_shown(sample: Sample) -> str:
    """The answer as people read it: text, then calls; or the error. What has the shape of a secret is masked."""
    if sample.error is not None and not sample.text:
        return mask(f"({sample.error.kind}: {sample.error.message})")
    calls = [f"{call.name}({call.arguments})" for call in sample.tool_calls]
    shown = mask("\n".join(part for part in (sample.text, *calls) if part) or "(empty)")
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
