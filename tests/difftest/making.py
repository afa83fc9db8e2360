"""Suites and samples for tests, with as few words as possible."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.difftest.model.chat import ErrorKind, ToolCall
from bot.difftest.model.sample import Arm, Sample, SampleError, SampleKey
from bot.difftest.plan import ComparisonPlan
from bot.difftest.suite.model import Case, Suite

TOOL = {
    "name": "get_weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"enum": ["c", "f"]}},
        "required": ["city"],
        "additionalProperties": False,
    },
}
PLAN = ComparisonPlan(current="acme/old", candidate="acme/new", base_url="http://127.0.0.1:1/v1", max_cost_usd=None)


def case(case_id: str, *, tools: bool = False, text: bool = True, cluster: str | None = None) -> Case:
    """A case that passes quality when the answer says `right`, and tools when the weather in Paris is asked for."""
    asserted: list[dict[str, object]] = [{"type": "contains", "value": "right"}] if text else []
    if tools:
        asserted.append({"type": "tool-args", "value": {"name": "get_weather", "arguments": {"city": "Paris"}}})
    row = {"id": case_id, "messages": [{"role": "user", "content": case_id}], "assert": asserted, "cluster": cluster}
    return Case.model_validate(row | ({"tools": [TOOL]} if tools else {}))


def suite(cases: int | Sequence[Case], **settings: object) -> Suite:
    """A suite of so many plain cases, or of these."""
    rows = [case(f"case-{n:04d}") for n in range(cases)] if isinstance(cases, int) else list(cases)
    return Suite.model_validate({"name": "chat", "cases": rows, **settings})


def sample(case_id: str, arm: Arm, *, right: bool = True, repeat: int = 0, **fields: object) -> Sample:
    """An answer that took a second and cost a cent, right or wrong."""
    whole = Sample(
        key=SampleKey(case_id, arm, repeat),
        text="right" if right else "wrong",
        finish_reason="stop",
        latency_s=1.0,
        ttft_s=0.2,
        cost_usd=0.01,
        cost_source="provider",
        served_model=PLAN.model(arm),
    )
    return replace(whole, **fields)  # type: ignore[arg-type]


def failed(case_id: str, arm: Arm, kind: ErrorKind, *, repeat: int = 0) -> Sample:
    """A sample that ended in an error."""
    return Sample(SampleKey(case_id, arm, repeat), error=SampleError(kind, "said the server"))


def weather(city: str = "Paris") -> ToolCall:
    """A call for a city's weather."""
    return ToolCall("get_weather", f'{{"city": "{city}"}}', "call-1")


def samples_of_table(a: int, b: int, c: int, d: int, *, jitter: bool = True) -> list[Sample]:
    """Samples of a + b + c + d cases: both right, candidate only, current only, none. Latencies differ a little."""
    marks = [(True, True)] * a + [(False, True)] * b + [(True, False)] * c + [(False, False)] * d
    found: list[Sample] = []
    for index, (current, candidate) in enumerate(marks):
        wobble = 1 + 0.02 * (index % 5 - 2) if jitter else 1.0
        found.append(sample(f"case-{index:04d}", "current", right=current, latency_s=1.0))
        found.append(sample(f"case-{index:04d}", "candidate", right=candidate, latency_s=wobble))
    return found


def with_sample(samples: Iterable[Sample], other: Sample) -> list[Sample]:
    """The samples with one put in another's place."""
    return [other if kept.key == other.key else kept for kept in samples]
