"""What a runbook that loads still leaves open: blocks left out, and what is lost by it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.runbook.models.file import Runbook, Slot
from bot.runbook.models.plan import Plan, plan_for
from bot.runbook.models.sources import Metrics


@dataclass(frozen=True)
class Omission:
    """A line that was left out. `lost` says what the product cannot do without it, `line` is one that would add it."""

    field: str
    lost: str
    line: str

    def __str__(self) -> str:
        """One line for people."""
        return f"`{self.field}` is not named: {self.lost}. To add it: {self.line}"


def omissions(runbook: Runbook) -> tuple[Omission, ...]:
    """Everything left out by which something is lost, in the order of the file; empty when nothing is."""
    return (
        *_of_metrics(runbook.metrics),
        *_of_the_file(runbook),
        *(omission for name, slot in runbook.slots.items() for omission in _of_slot(runbook, name, slot)),
    )


def _of_the_file(runbook: Runbook) -> Iterator[Omission]:
    if runbook.health is None:
        yield Omission(
            "health",
            "the provider's health is not watched, and is listed as `not measured` at the end of a rotation",
            "health: http://localhost:8080/api/health",
        )
    links = runbook.links.get(runbook.provider.name)
    if links is None or not (links.dashboard or links.status):
        yield Omission(
            f"links.{runbook.provider.name}",
            "cards and pages link to no dashboard or status page of the provider",
            f"links: {{{runbook.provider.name}: {{dashboard: https://…, status: https://…}}}}",
        )
    if not runbook.administrators:
        yield Omission(
            "administrators",
            "nobody can approve when a group is empty or cannot be read from Slack",
            "administrators: [U024BE7LH]",
        )


def _of_metrics(metrics: Metrics | None) -> Iterator[Omission]:
    if metrics is None:
        yield Omission(
            "metrics",
            "nothing is watched: every stage with live traffic is held and ends as a question to a person, never as "
            "`pass`",
            "metrics: {prometheus: http://localhost:9090, requests: …, errors: …, latency: …, cost: …}",
        )
        return
    series = {
        "latency": ("latency is not watched: a slower model is not noticed", "llm_request_duration_seconds"),
        "cost": ("cost is not watched: a dearer model is noticed on the bill", "llm_cost_usd_total"),
        "tool_calls": ("tool-call validity is not watched, and listed as `not measured`", "llm_tool_calls_total"),
        "invalid_tool_calls": (
            "tool-call validity is not watched, and listed as `not measured`",
            "llm_invalid_tool_calls_total",
        ),
        "retries": ("the retry rate is not watched, and listed as `not measured`", "llm_retries_total"),
    }
    for name, (lost, example) in series.items():
        if getattr(metrics, name) is None and not (name == "latency" and metrics.latency_quantile):
            yield Omission(f"metrics.{name}", lost, f"{name}: {example} (below metrics)")
    if metrics.labels.stage is None:
        yield Omission(
            "metrics.labels.stage",
            "requests of one stage cannot be told from another's, so a stage is held against its own past only",
            "labels: {model: model, stage: env}",
        )
    if metrics.labels.tenant is None:
        yield Omission(
            "metrics.labels.tenant",
            "tenants are pooled, by which differences between tenants pass for differences between models: false "
            "alarms, and false comfort, are several times as frequent",
            f"tenant: tenant (below metrics.labels, beside model: {metrics.labels.model})",
        )
    if metrics.scrape:
        yield Omission(
            "metrics.prometheus",
            "what happens while rotate is down is not seen; that time does not count as watched",
            "prometheus: http://localhost:9090 (instead of scrape)",
        )


def _of_slot(runbook: Runbook, name: str, slot: Slot) -> Iterator[Omission]:
    here = f"slots.{name}"
    if slot.envelope_usd_per_month is None:
        yield Omission(
            f"{here}.envelope_usd_per_month",
            "no forecast is held against a budget, and Finance is asked for nothing",
            "envelope_usd_per_month: 6000",
        )
    if slot.rollback_model is None:
        yield Omission(
            f"{here}.rollback_model",
            "once the current model is retired, going back needs `--rollback MODEL` on the comparison",
            "rollback_model: provider/model",
        )
    plan = plan_for(runbook, name)
    for stage in plan.stages:
        for target in stage.targets:
            if target.unnoticed:
                yield Omission(
                    f"{here}.stages.{stage.name}.restart",
                    f"nothing makes the readers of {target.unnoticed} take a change up, unless they watch the file",
                    "restart: [systemctl, restart, worker]",
                )
    yield from _open_windows(here, plan)
    if len(plan.stages) == 1:
        yield Omission(
            f"{here}.stages",
            "with one stage, all traffic moves at once",
            "stages: {staging: …, pilots: …, global: …}",
        )


_GUARDS = {"write": "write {expected}", "unset": "unset {expected}", "version": "version"}
"""What would guard against it, by the line that lacks it."""


def _open_windows(here: str, plan: Plan) -> Iterator[Omission]:
    """Each line, once for all tenants of an entry, by which somebody else's edit could be overwritten."""
    told: set[tuple[str, str]] = set()
    for stage in plan.stages:
        for target in stage.targets:
            for line in target.unguarded:
                of = target.id.removesuffix(f".{target.tenant}") if target.tenant else target.id
                if (of, line) in told:
                    continue
                told.add((of, line))
                yield Omission(
                    f"{here}.stages.{stage.name}.targets.{_GUARDS[line]}",
                    f"{of} is looked at right before it is written and read back after it, but an edit in the moment "
                    "between would be overwritten unseen",
                    "version: etag"
                    if line == "version"
                    else "an argument with {expected}, by which it compares itself",
                )
