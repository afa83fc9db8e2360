"""A stage that is being watched, as the card shows it: how much was seen, and what each check said last."""

from bot.rotation.evidence import CheckResult
from bot.rotation.model.bake import BakeState
from bot.rotation.model.rotation import ENDS, Phase, Rotation
from bot.wording.figures import brief_figures
from bot.wording.names import CHECKS, VERDICT_SIGNS
from bot.wording.reasons import is_heard, reason_text, rule_text
from bot.wording.text import Line, Text, When, line, text
from bot.wording.units import length

_OVER = ENDS | {Phase.ROLLING_BACK}


def watched_lines(rotation: Rotation) -> Text:
    """Time and coverage, then a line a check; nothing before the first look and after the last."""
    bake = rotation.bake
    if bake is None or not bake.looks or rotation.phase in _OVER:
        return ()
    newest = bake.looks[-1]
    return text(_seen(rotation, bake), *(_check(check) for check in newest.checks if _worth_a_line(check)))


def _seen(rotation: Rotation, bake: BakeState) -> Line:
    newest = bake.looks[-1]
    planned = rotation.plan.stages[bake.stage].bake.length
    unseen = bake.taken - bake.counted
    gaps = f", {unseen} of {bake.taken} checks not counted" if unseen else ""
    cycle = f", {newest.cycle_seen} of {newest.cycle_of} parts of the traffic cycle" if newest.cycle_of else ""
    seen = f"{length(bake.watched)} of {length(planned)} seen{gaps}{cycle}"
    return line("Last watched ", When(newest.window_end, "time"), f": {seen}")


def _worth_a_line(check: CheckResult) -> bool:
    """What no series is named for is said once, at the comparison's request and in the decision, not on every card."""
    return not (check.role == "report" and check.candidate is None)


def _check(check: CheckResult) -> Line:
    name = CHECKS.get(check.name, check.name)
    sign = VERDICT_SIGNS[check.verdict.value] if check.role != "report" else "⬜"
    if check.dimension.value in {"health", "attribution"}:
        said = reason_text(check.reason) if check.reason else "as it should be"
        heard = check.reason in {"unhealthy", "answered_by_another_model"} and is_heard(check.rule)
        return line(f"{sign} {name}: {rule_text(check.rule) if heard else said}")
    why = f", {reason_text(check.reason)}" if check.reason and check.candidate is not None else ""
    return line(f"{sign} {brief_figures(check)}{why}")
