"""Who may do what besides approving a stage, by this installation's rules: what help says of it."""

from collections.abc import Callable, Mapping, Sequence

from bot.engine.models.guides import SlotGuide
from bot.runbook.models.authority import AuthorityPlan, BreakGlassPlan, Who
from bot.wording.names import groups_word
from bot.wording.units import both, count, either

MEMBERS = "members of the channel"


def who_words(who: Sequence[Who]) -> str:
    """Members of the channel and the groups, as those of whom one suffices."""
    groups = [groups_word([one.value]) for one in who if one is not Who.CHANNEL]
    return either([MEMBERS, *groups] if len(groups) < len(who) else groups)


def glass_words(glass: BreakGlassPlan) -> str:
    """Whose yes break-glass takes."""
    people = count(glass.needed, "person", "people")
    if not glass.groups:
        return f"{people} of the group that owns what got worse"
    return f"{people} of {groups_word(glass.groups)}{', one of each' if glass.each and len(glass.groups) > 1 else ''}"


_POWERS: Mapping[str, Callable[[AuthorityPlan], str]] = {
    "Who may compare": lambda rules: who_words(rules.compare),
    "Who may begin, ask again, resume and end a rotation": lambda rules: who_words(rules.steer),
    "Who may retry, settle by hand, confirm, take hands off": lambda rules: groups_word(rules.settle),
    "Who may freeze": lambda rules: groups_word(rules.freeze),
    "Break-glass, going on although the comparison says worse, takes": lambda rules: glass_words(rules.break_glass),
}


def powers_lines(slots: Sequence[SlotGuide]) -> list[str]:
    """Who may do what with these model settings; where they differ, each with its own."""
    told = [f"{what}: {_of_each(slots, words)}" for what, words in _POWERS.items()]
    free = f"Who may pause: {MEMBERS} and every group. Who may roll back: whoever began or approved it, and every group"
    return [*told, f"{free}. No guests"]


def _of_each(slots: Sequence[SlotGuide], words: Callable[[AuthorityPlan], str]) -> str:
    by_words: dict[str, list[str]] = {}
    for slot in slots:
        by_words.setdefault(words(slot.authority), []).append(slot.slot)
    if len(by_words) == 1:
        return next(iter(by_words))
    return "; ".join(f"{said} ({_names(names)})" for said, names in by_words.items())


def _names(slots: Sequence[str]) -> str:
    more = len(slots) - SHOWN
    return both([*slots[:SHOWN], *([f"{more} more"] if more > 0 else [])])


SHOWN = 4
"""Model settings that are named where they differ; help with one of the others says its own."""
