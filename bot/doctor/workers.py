"""Whether the workers that are asked after a restart can be asked, and are well now."""

from datetime import datetime, timedelta
from typing import Final

from bot.doctor.model import Finding, fails, ok
from bot.ports import Numbers
from bot.runbook.models.plan import Plan

_MINUTE: Final = timedelta(minutes=1)


async def check_workers(plan: Plan, source: Numbers, model: str, now: datetime) -> list[Finding]:
    """Whether the workers that are asked after a restart can be asked now, and are well; each asking once."""
    found, seen = [], set()
    for stage in plan.stages:
        every = [rules for target in stage.targets if target.workers is not None for rules in target.workers.asked()]
        for rules in every:
            if rules in seen:
                continue
            seen.add(rules)
            report = await source.word(rules, now - _MINUTE, now, stage=stage.metric_stage, model=model)
            who = (rules.http or " ".join(rules.command[:1]) or "a query").partition("?")[0]
            check, said = f"workers {plan.slot}/{stage.name}", f"{who} says {report.detail}"
            todo = "correct `workers`, or mend what does not answer: a stage is not applied while they are not well"
            found.append(ok(check, said) if report.healthy else fails(check, said, todo))
    return found
