"""Help from this installation: its model settings with stages and who says yes to each, its groups, its rules."""

from bot.engine.models.guides import GroupGuide, Guide, SlotGuide, StageGuide
from bot.wording.helping import FIRST, FLAGS, VERBS, usage
from bot.wording.names import GROUPS, groups_word, in_brackets
from bot.wording.powers import powers_lines
from bot.wording.text import Bold, Code, Line, Text, line, text
from bot.wording.units import count, length, money


def more_text(guide: Guide) -> Text:
    """The other verbs and every flag, then what this installation has: model settings, groups, rules."""
    others = [line("• ", Code(usage(name)), f": {verb.does}") for name, verb in [*VERBS.items()][FIRST:]]
    flags = [line("• ", Code(f"--{name}"), f": {meaning}") for name, meaning in FLAGS.items()]
    shown = guide.slots[:SHOWN]
    left = len(guide.slots) - len(shown)
    return text(
        line(Bold("The other verbs")),
        *others,
        line(Bold("Flags")),
        *flags,
        line(Bold("Model settings here"), f" ({guide.time_zone})"),
        *(line("• ", short_line(slot)) for slot in shown),
        f"… and {count(left, 'more')}: `/rotate help` and its name tells of each" if left else "",
        line(Bold("Groups here")),
        *(line("• ", group_line(group)) for group in guide.groups),
        "🧪 Dry run: nothing is written" if guide.dry_run else "",
        *rules_lines(guide),
    )


SHOWN = 12
"""Model settings that help lists by name; each is told of by itself too."""


def slot_text(slot: SlotGuide) -> Text:
    """One model setting: its stages as steps, whose yes each needs, its limits."""
    steps = [line(f"{at}. ", stage_line(stage)) for at, stage in enumerate(slot.stages, start=1)]
    month = slot.envelope_usd_per_month
    return text(
        line(Bold(slot.slot), f", told in #{slot.channel}"),
        *steps,
        f"A comparison may cost {money(slot.max_usd)}, all of a day {money(slot.max_usd_per_day)}, and counts for "
        f"{length(slot.comparison_s)}",
        f"A month may cost {money(month)}" if month is not None else "Nobody said what a month may cost",
        *powers_lines([slot]),
        line("Begin with ", Code(f"/rotate diff MODEL {slot.slot}")),
    )


def short_line(slot: SlotGuide) -> Line:
    """One model setting in a line: its stages, and who says yes to each."""
    stages = " → ".join(f"{stage.name} ({_who(stage)})" for stage in slot.stages)
    return line(Bold(slot.slot), f" in #{slot.channel}: {stages}")


def stage_line(stage: StageGuide) -> Line:
    """One stage: whom it reaches, whose yes it needs, what opens it, how long it is watched."""
    reach = count(stage.tenants, "tenant") if stage.tenants else "all tenants" if stage.last else ""
    opens = OPENS.get(stage.evidence, stage.evidence)
    watched = f"watched {length(stage.watched_s)} in {count(stage.checks, 'check')}"
    return line(Bold(stage.name), in_brackets(reach), f": {_who(stage)}; opens on {opens}; {watched}")


DAY_S = 86_400
OPENS = {"pass": "“fine”", "not_fail": "anything but “worse”"}


def _who(stage: StageGuide) -> str:
    if not stage.approvals:
        return "no approval"
    each = ", one of each" if stage.each else ""
    other = "" if stage.requester_may else ", not who began it"
    return f"{count(stage.approvals, 'approval')} by {groups_word(stage.groups)}{each}{other}"


def group_line(group: GroupGuide) -> Line:
    """Who an owner is, and where it is told."""
    who = f"@{group.handle}" if group.handle else f"{count(group.people, 'person', 'people')} named in the runbook"
    return line(Bold(GROUPS[group.name.value]), f": {who}, told in #{group.channel}")


def rules_lines(guide: Guide) -> list[str]:
    """What holds for every model setting here; where they differ, help with one says its own."""
    if not guide.slots:
        return []
    one = guide.slots[0]
    days = round(one.approval_s / DAY_S)
    waits = count(days, "working day") if one.working_days and days else length(one.approval_s)
    return [
        f"Nobody approves in {waits}: it ends, or is paused where something was changed",
        f"The way back stays open for {length(one.way_back_s)} after the end; rolling back needs no approval",
        *powers_lines(guide.slots),
        f"Who decides a “can't tell”: the group that owns it; left open by it, {GROUPS[guide.fallback_group.value]}",
    ]
