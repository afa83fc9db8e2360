"""The runbook of the sandbox: the operator's file for a world where a day is a second. Text only."""

from collections.abc import Mapping
from pathlib import Path
from string import Template

RUNBOOK = "runbook.yml"
SUITE = "sandbox.suite.yml"

_TEXT = Template(
    """\
channel: model-rotation
groups:
  ml:      {channel: ml-oncall,   group: ml-oncall}
  sre:     {channel: sre-oncall,  group: sre-oncall}
  finance: {channel: finance-ops, group: finance-ops}
provider: {name: sandbox, base_url: "$provider_url", api_key_env: SANDBOX_API_KEY}
metrics:
  scrape: ["${platform_url}metrics?$families"]
  scrape_every: $scrape_every
  requests: llm_requests_total
  errors: llm_requests_total{status="error"}
  latency: llm_request_duration_seconds
  cost: llm_cost_usd_total
  tool_calls: llm_tool_calls_total
  invalid_tool_calls: llm_tool_calls_total{valid="false"}
  retries: llm_retries_total
  labels: {model: model, stage: env, tenant: tenant}
health: ${platform_url}api/health
links:
  sandbox: {status: "$page_url"}
slots:
  chat:
    suite: $suite
    envelope_usd_per_month: 600000000
    variable: CRUVERO_OPENROUTER_MODEL
$stages
comparison: {concurrency: 24}
deadlines:
  approval: $approval
  inconclusive: $inconclusive
  reminder: 60s
  trouble_reminder: 30s
  no_traffic: $no_traffic
  traffic_poll: 250ms
  rollback_confirmation: 5s
  hold: $hold
working_hours: {days: []}
""",
)

_STAGE = Template(
    """\
      $name:
        env_file: $directory/$name.env
        restart: ["$python", -m, bot.sandbox.restart, "${platform_url}restart/$name"]
        restart_timeout: 10s
        traffic: $traffic
        bake: {length: $length, looks: $looks}
$tenants""",
)

PLAYED: Mapping[str, str] = {
    "approval": "60s",
    "inconclusive": "60s",
    "no_traffic": "2s",
    "hold": "1500ms",
    "scrape_every": "150ms",
}
"""Durations of a played scenario: nothing waits longer than somebody watching would."""

SLOWER: Mapping[str, str] = {
    "approval": "2h",
    "inconclusive": "1h",
    "no_traffic": "20s",
    "hold": "10s",
    "scrape_every": "500ms",
}
"""Durations for somebody who clicks through it in the browser."""

BAKES = {"staging": ("2700ms", 3), "pilots": ("2800ms", 4), "global": ("2800ms", 4)}
SLOWER_BAKES = {"staging": ("6s", 3), "pilots": ("15s", 5), "global": ("20s", 5)}
FAMILIES = (
    "llm_requests_total",
    "llm_request_duration_seconds",
    "llm_cost_usd_total",
    "llm_tool_calls_total",
    "llm_retries_total",
)
"""The families asked for: an endpoint that can leave out the rest is read in less time."""

PILOTS = ("northwind", "globex", "initech")


def runbook_text(
    facts: Mapping[str, str],
    python: str,
    suite: Path,
    *,
    durations: Mapping[str, str] = PLAYED,
    bakes: Mapping[str, tuple[str, int]] = BAKES,
    quiet_staging: bool = False,
) -> str:
    """The file for one sandbox, from the facts it prints. `python` runs the restart command."""
    platform_url = f"{facts['platform_url'].rstrip('/')}/"
    stages = "    stages:\n"
    for name, (length, looks) in bakes.items():
        stages += _STAGE.substitute(
            name=name,
            directory=facts["directory"],
            python=python,
            platform_url=platform_url,
            traffic="none" if name == "staging" and quiet_staging else "live",
            length=length,
            looks=looks,
            tenants=f"        tenants: [{', '.join(PILOTS)}]\n" if name == "pilots" else "",
        )
    return _TEXT.substitute(
        provider_url=facts["provider_url"],
        platform_url=platform_url,
        page_url=facts["page_url"],
        suite=suite,
        families="&".join(f"name[]={family}" for family in FAMILIES),
        stages=stages.rstrip("\n"),
        **durations,
    )
