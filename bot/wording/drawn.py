"""What stands in the chart of a watched stage: its title, what each panel is called, marks, and the line above it."""

from bot.rotation.evidence import CheckResult, StageEvidence
from bot.wording.facts import Facts
from bot.wording.figures import difference_text
from bot.wording.names import CHECKS, verdict_word
from bot.wording.reasons import rule_text
from bot.wording.requests import REPEAT

SET = "new model set"
FAILED = "failed"
SINCE = "since the new model was set"
NOT_COUNTED = "not counted"
HELD_AGAINST = "From then on, the old line is what the new one was held against."
_PER = {"cost": "cost per successful run", "retries": "retries per 100 requests"}


def failed_title(facts: Facts) -> str:
    """What happened to a stage that got worse."""
    return f"{facts.get('stage', '')}: {verdict_word('fail')} at check {facts.get('look', '')}"


def sealed_title(stage: StageEvidence) -> str:
    """How a watched stage ended."""
    return f"{stage.stage}: {'went on without “fine”' if stage.accepted_by else verdict_word(stage.verdict.value)}"


def panel_label(name: str) -> str:
    """What a check's figure is called where its unit stands beside every number, or in its name."""
    return _PER.get(name) or CHECKS.get(name, name)


def panel_word(check: CheckResult) -> str:
    """How a check is meant."""
    return "reported only" if check.role == "report" else verdict_word(check.verdict.value)


def why_worse(check: CheckResult) -> str:
    """In one line why a check failed: the limit that was broken, or how far apart the models are in all."""
    if check.reason == "beyond_limit":
        return rule_text(check.rule)
    if check.difference is None or check.margin is None:
        return ""
    unit = check.unit
    said = (difference_text(unit, value) for value in (check.difference, check.margin))
    more, allowed = (one.removesuffix(" per 100 requests") for one in said)  # the panel's name says so
    return f"all checks together {more}, allowed {allowed} (dotted)"


def chart_line(name: str, stage: str, *, maybe_repeat: bool) -> str:
    """What stands above a stage's chart."""
    return f"{name} {stage}: each check's figures as they were watched{f'. {REPEAT}' if maybe_repeat else ''}"


def comparison_chart_line(name: str, *, maybe_repeat: bool) -> str:
    """What stands above a comparison's chart where it stands by itself."""
    again = f". {REPEAT}" if maybe_repeat else ""
    return f"{name}: each dimension's interval, in allowed margins; below −1 is worse than is allowed{again}"
