"""Who owns what goes wrong: the runbook's escalation path. Data only."""

from bot.runbook.models.people import GroupName

OWNERS: dict[str, GroupName] = {
    "quality": GroupName.ML,
    "tools": GroupName.ML,
    "attribution": GroupName.ML,
    "errors": GroupName.SRE,
    "latency": GroupName.SRE,
    "health": GroupName.SRE,
    "cost": GroupName.FINANCE,
}
"""Dimension -> the group it is escalated to. Quality and tools: ML. Outage and latency: SRE. Cost envelope: Finance."""
