"""Tallies as Prometheus text: plain operator series, and the OpenTelemetry GenAI histogram. Pure.

Series are cumulative and never fall while the platform runs. The text is written by hand: a scrape of some two
thousand lines costs a few milliseconds this way, which matters where one process also serves Slack.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.sandbox.platform.chance import BOUNDS, CELLS, OTEL_BOUNDS, SIMPLE_BOUNDS
from bot.sandbox.platform.traffic import Tally

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PROVIDER_NAME = "openrouter"


@dataclass(frozen=True, slots=True)
class Key:
    """Whose tally it is."""

    stage: str
    tenant: str
    requested: str
    served: str


def _indexes(bounds: Sequence[float]) -> tuple[tuple[str, int], ...]:
    return (*((format(bound, "g"), BOUNDS.index(bound) + 1) for bound in bounds), ("+Inf", CELLS))


SIMPLE = _indexes(SIMPLE_BOUNDS)
OTEL = _indexes(OTEL_BOUNDS)


def exposition(tallies: Mapping[Key, Tally], only: Collection[str] = ()) -> str:
    """The metrics of these tallies; families without a sample are announced all the same.

    `only` narrows it to these families, as `?name[]=` does with Prometheus' own client libraries.
    """
    plain = list(_plain(tallies))
    lines: list[str] = []
    for name, kind, text, samples in (
        ("llm_requests_total", "counter", "Requests by the model that answered and how they ended.", _requests(plain)),
        ("llm_request_duration_seconds", "histogram", "Seconds from request to answer.", _durations(plain)),
        ("llm_cost_usd_total", "counter", "US dollars billed.", _costs(plain)),
        ("llm_tool_calls_total", "counter", "Tool calls by whether their arguments met the schema.", _tools(plain)),
        (
            "llm_retries_total",
            "counter",
            "Requests tried again: failed, or with an invalid tool call.",
            _retries(plain),
        ),
        ("llm_tokens_total", "counter", "Tokens by direction.", _tokens(plain)),
        ("gen_ai_client_operation_duration_seconds", "histogram", "GenAI operation duration.", _gen_ai(tallies)),
    ):
        if only and name not in only:
            continue
        lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
        lines.extend(samples)
    return "\n".join(lines) + "\n"


def _plain(tallies: Mapping[Key, Tally]) -> Iterator[tuple[str, Sequence[Tally]]]:
    """The tallies by the labels of the plain series: one set may have been configured for different models."""
    grouped: dict[str, list[Tally]] = {}
    for key, tally in tallies.items():
        labels = f'model="{_escaped(key.served)}",env="{key.stage}",tenant="{_escaped(key.tenant)}"'
        grouped.setdefault(labels, []).append(tally)
    yield from grouped.items()


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


Plain = Iterable[tuple[str, Sequence[Tally]]]


def _requests(plain: Plain) -> Iterator[str]:
    for labels, tallies in plain:
        yield f'llm_requests_total{{{labels},status="ok"}} {sum(tally.ok for tally in tallies)}'
        yield f'llm_requests_total{{{labels},status="error"}} {sum(tally.errors for tally in tallies)}'


def _durations(plain: Plain) -> Iterator[str]:
    for labels, tallies in plain:
        every = [cells for tally in tallies for cells in (tally.ok_cells, *tally.failed_cells.values())]
        seconds = sum(tally.ok_seconds + sum(tally.failed_seconds.values()) for tally in tallies)
        yield from _histogram("llm_request_duration_seconds", labels, SIMPLE, every, seconds)


def _histogram(
    name: str, labels: str, bounds: Sequence[tuple[str, int]], every: Sequence[Sequence[int]], seconds: float
) -> Iterator[str]:
    cells = every[0] if len(every) == 1 else [sum(column) for column in zip(*every, strict=True)]
    count = start = 0
    for bound, end in bounds:
        count += sum(cells[start:end])
        start = end
        yield f'{name}_bucket{{{labels},le="{bound}"}} {count}'
    yield f"{name}_sum{{{labels}}} {seconds:.9g}"
    yield f"{name}_count{{{labels}}} {count}"


def _costs(plain: Plain) -> Iterator[str]:
    for labels, tallies in plain:
        yield f"llm_cost_usd_total{{{labels}}} {sum(tally.cost_usd for tally in tallies):.12g}"


def _tools(plain: Plain) -> Iterator[str]:
    for labels, tallies in plain:
        yield f'llm_tool_calls_total{{{labels},valid="true"}} {sum(tally.valid_tools for tally in tallies)}'
        yield f'llm_tool_calls_total{{{labels},valid="false"}} {sum(tally.invalid_tools for tally in tallies)}'


def _retries(plain: Plain) -> Iterator[str]:
    for labels, tallies in plain:
        yield f"llm_retries_total{{{labels}}} {sum(tally.retries for tally in tallies)}"


def _tokens(plain: Plain) -> Iterator[str]:
    for labels, tallies in plain:
        yield f'llm_tokens_total{{{labels},type="input"}} {sum(tally.prompt_tokens for tally in tallies)}'
        yield f'llm_tokens_total{{{labels},type="output"}} {sum(tally.completion_tokens for tally in tallies)}'


def _gen_ai(tallies: Mapping[Key, Tally]) -> Iterator[str]:
    name = "gen_ai_client_operation_duration_seconds"
    for key, tally in tallies.items():
        labels = (
            f'gen_ai_operation_name="chat",gen_ai_provider_name="{PROVIDER_NAME}",'
            f'gen_ai_request_model="{_escaped(key.requested)}",gen_ai_response_model="{_escaped(key.served)}",'
            f'env="{key.stage}",tenant="{_escaped(key.tenant)}"'
        )
        yield from _histogram(name, labels, OTEL, [tally.ok_cells], tally.ok_seconds)
        for kind, cells in tally.failed_cells.items():
            failed = f'{labels},error_type="{kind}"'
            yield from _histogram(name, failed, OTEL, [cells], tally.failed_seconds[kind])
