"""What must not be overlooked about a rotation: marks, trouble, drift, holds, a way back that does not work."""

from bot.rotation.model.rotation import ENDS, Phase, Rotation, Trouble
from bot.rotation.model.targets import Standing, TargetState, target_plan
from bot.wording.evidence import corridor_line, marks_lines
from bot.wording.names import CHECKS
from bot.wording.reasons import reasons_text
from bot.wording.text import Code, Line, Part, Quote, Text, When, line, text

UNWATCHED = ENDS | {Phase.ROLLING_BACK}
"""Where nothing is watched any more, so that nothing is held."""


def warnings(rotation: Rotation) -> Text:
    """What must not be overlooked: marks, trouble, drift, holds, a broken way back. First on the card."""
    found: list[Line | Text | str] = [marks_lines(rotation)]
    found.append(_hands_off(rotation))
    if rotation.settling:
        found.append("✋ Being settled by hand: reading what every place holds")
    if rotation.trouble is not None and not rotation.ended:
        found.append(_trouble(rotation, rotation.trouble))
    if rotation.start_problem:
        found.append(f"⚠️ Not begun yet, a place could not be read: {rotation.start_problem}. It is read again")
    if rotation.rollback is not None and rotation.rollback.trouble and rotation.phase is Phase.ROLLING_BACK:
        found.append(_stuck(rotation, rotation.rollback.trouble))
    said = rotation.trouble.target if rotation.trouble is not None and not rotation.ended else None
    drifted = [one for one in rotation.targets if one.standing is Standing.DRIFTED and one.id != said]
    found += [_drift(rotation, target) for target in drifted]
    found += [_unread(rotation, target) for target in rotation.targets if target.standing is Standing.UNREADABLE]
    bake = rotation.bake
    if bake is not None and bake.held_since is not None and rotation.phase not in UNWATCHED:
        incident = any(look.incident for look in bake.looks[-1:])
        word = "provider incident" if incident else "held"
        why = reasons_text(bake.hold_reasons)
        found.append(line(f"⚠️ {word.capitalize()} since ", When(bake.held_since), f": {why}. The time does not count"))
    if rotation.way_back is not None and not rotation.way_back.ok and not rotation.ended:
        found.append(f"⚠️ The way back does not work: {rotation.way_back.detail or 'no detail given'}")
    found.append(corridor_line(rotation))
    if rotation.models.restore_named:
        found.append(_named_way_back(rotation))
    return text(*found)


def _hands_off(rotation: Rotation) -> Line:
    """That nothing rolls back by itself, until when and why; and which checks fail all the same."""
    off = rotation.hands_off
    if off is None:
        return ()
    why = (f", by {off.by}: ", Quote(off.reason), ". Nothing rolls back by itself")
    told = line("✋ Hands off until ", When(off.until), *why)
    failing = [check.name for check in off.failing.look.failed] if off.failing is not None else []
    failing += ["the verification list"] if off.unmet else []
    if not failing:
        return told
    names = ", ".join(CHECKS.get(name, name) for name in failing)
    return line(told, f". ❌ Failing: {names}. Nothing is begun meanwhile; what still fails then rolls back")


def _named_way_back(rotation: Rotation) -> Line:
    """That going back leads to another model than the old one: before it is used, and after; not where it never is."""
    model = Code(rotation.models.rollback.id)
    if rotation.phase is Phase.ROLLED_BACK:
        return line("⚠️ The old model was no longer usable: going back wrote ", model)
    if rotation.ended and rotation.phase is not Phase.COMPLETED:
        return ()
    return line("⚠️ The old model is no longer usable: going back writes ", model)


def _stuck(rotation: Rotation, trouble: str) -> str:
    """What failed is tried again by itself; a place that holds something else waits for a person."""
    trying = any(one.standing is Standing.RESTORING and one.detail == trouble for one in rotation.targets)
    return f"⚠️ Going back is stuck: {trouble}. {'I keep trying; ' if trying else ''}SRE was told"


def _trouble(rotation: Rotation, trouble: Trouble) -> Line:
    at = f" at {trouble.target}" if trouble.target else ""
    what = line(f"⚠️ Technical failure{at}, ", When(trouble.at), f": {trouble.what}")
    target = next((one for one in rotation.targets if one.id == trouble.target), None)
    if trouble.code != "target_drifted" or target is None:
        return what
    other = ": neither what was there before nor what we wrote. Before, it held "
    return line(what, ". It holds ", _value(target.found), other, _value(target.held))


def _value(held: str | None) -> Part:
    return Code(held) if held else "nothing"


def _drift(rotation: Rotation, target: TargetState) -> Line:
    """Both values, and that nothing is overwritten: on the way back a person sets it back, or leaves it."""
    _, plan = target_plan(rotation.plan, target.id)
    before = _value(rotation.set_back(target))
    other: Line = line(
        f"⚠️ {plan.place} holds ", _value(target.found), ": neither what was there before nor what we wrote"
    )
    match rotation.phase:
        case Phase.ROLLING_BACK:
            then = ". It is left as it is: set it back and try again, or settle by hand"
            return line(other, ". Going back would set ", before, then)
        case Phase.SETTLED:
            return line(other, ". It was left like that; going back would have set ", before)
        case _:
            return line(other, ". Before, it held ", _value(target.held))


def _unread(rotation: Rotation, target: TargetState) -> Line:
    _, plan = target_plan(rotation.plan, target.id)
    before = _value(rotation.set_back(target))
    left = "Nobody knows what it holds; going back would have set "
    return line(f"⚠️ {plan.place} could not be read when this was settled: {target.detail}. {left}", before)
