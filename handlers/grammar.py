"""What `/rotate ...` means: words to a wish, and what a wish lacks filled in. Pure; knows no Slack.

`parse` needs nothing but the words, so that a rollback waits for nothing. `complete` fills in what was left out.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final, cast

from pydantic import JsonValue

from bot.engine.models.commands import SteerVerb
from bot.masking import mask
from bot.rotation.model.state import Trigger
from bot.runbook.models.durations import parse_duration
from bot.wording.helping import MORE, SAME, VERBS, usage
from handlers.flags import flags_of
from handlers.typed import OpenQuote, Word, nearest, plain_dashes, split
from handlers.wishes import (
    STEERING,
    Compare,
    Examine,
    FreezeIt,
    Help,
    NotUnderstood,
    PromoteIt,
    ShowModels,
    ShowStatus,
    ShowWhy,
    SteerIt,
    UnfreezeIt,
    Wish,
    verb_of,
)

_ID: Final = re.compile(r"^([rde])(\d+)$", re.IGNORECASE)
_STRAY: Final = ".,;:!?"
_MODEL: Final = re.compile(r"[\w@~][\w@~./:+#=,%-]{0,199}", re.ASCII)
_SAID_AGAIN: Final = frozenset({"rotate", "@rotate"})
_MEANT: Final = {"": "help", "h": "help", "handsoff": "hands-off", "handson": "hands-on"}
"""What people type -> the verb they mean."""


def verbs_like(word: str) -> list[JsonValue]:
    """The verbs that somebody may mean: what they say elsewhere for the same, else those that look most like it."""
    same = SAME.get(word.casefold())
    return [same] if same is not None else nearest(word, list(VERBS))


def subject_of(word: str) -> str:
    """`r42` and `R42,` as R42; anything else as typed, without stray punctuation and `#`."""
    bare = word.strip().strip(_STRAY)
    found = _ID.match(bare)
    return f"{found[1].upper()}{int(found[2])}" if found else bare.lstrip("#")


def model_like(word: str) -> bool:
    """Whether a word can be a model's id at any provider: one word of ASCII signs, at most 200, no `..` in its path.

    A word that looks like a key is none: it would be kept, posted and asked for at a provider.
    """
    return _MODEL.fullmatch(word) is not None and ".." not in word.split("/") and mask(word) == word


def parse(text: str) -> Wish | NotUnderstood:
    """What the words after `/rotate` mean. No words at all mean `diff`: the form."""
    try:
        words = split(text)
    except OpenQuote as broken:
        return NotUnderstood("open_quote", {"words": broken.rest[:80]})
    if words and words[0].text.casefold().strip("/" + _STRAY) in _SAID_AGAIN:
        words = words[1:]
    if not words:
        return Compare()
    verb, words = _verb(words)
    if verb not in VERBS:
        return NotUnderstood("unknown_verb", {"verb": verb[:80], "nearest": verbs_like(verb)})
    found = flags_of(verb, words)
    if isinstance(found, NotUnderstood):
        return found
    positional, flags = found
    most = {"help": len(positional), "diff": 2, "doctor": 0}.get(verb, 1)
    if len(positional) > most:
        extra = " ".join(positional[most:])
        return NotUnderstood("too_many_words", {"words": extra[:80], "usage": usage(verb)})
    return _wish(verb, positional, flags)


def _verb(words: list[Word]) -> tuple[str, list[Word]]:
    """The verb as it is known, and the words after it. Two words may be one verb: `hands off`."""
    first, *rest = words
    verb = plain_dashes(first.text).casefold().strip("/-" + _STRAY)
    if rest and not rest[0].quoted and (together := f"{verb}-{rest[0].text.casefold().strip(_STRAY)}") in VERBS:
        return together, rest[1:]
    return _MEANT.get(verb, verb), rest


_ABOUT: Final[Mapping[str, Callable[[str], Wish]]] = {"status": ShowStatus, "why": ShowWhy, "promote": PromoteIt}


def _wish(verb: str, positional: list[str], flags: dict[str, str]) -> Wish | NotUnderstood:
    subject = subject_of(positional[0]) if positional else ""
    match verb:
        case "help":
            return Help(_topic(subject))
        case "status" | "why" | "promote":
            return _ABOUT[verb](subject)
        case "models":
            return ShowModels(positional[0].strip() if positional else "")
        case "doctor":
            return Examine()
        case "freeze":
            return FreezeIt(subject, flags.get("until", ""), flags.get("reason", ""))
        case "unfreeze":
            return UnfreezeIt(subject, flags.get("reason", ""))
        case "diff":
            return _compare(positional, flags)
        case _ if verb != "abort" and subject.startswith("D") and _ID.match(subject):
            return NotUnderstood("comparison_holds_nothing", {"subject": subject, "verb": verb})
        case _:
            return _steer(STEERING[verb], subject, flags)


def _topic(word: str) -> str:
    """What help is asked about; a verb however it is spelled."""
    folded = plain_dashes(word).casefold()
    return _MEANT.get(folded, folded) if folded and folded in {*VERBS, *_MEANT, MORE} else word


def _steer(verb: SteerVerb, subject: str, flags: Mapping[str, str]) -> SteerIt | NotUnderstood:
    lasts = _length(flags["for"]) if "for" in flags else None
    if "for" in flags and lasts is None:
        return NotUnderstood("odd_length", {"words": flags["for"][:80]})
    return SteerIt(verb, subject, flags.get("reason", ""), lasts)


def _length(words: str) -> timedelta | None:
    """A length of time as the runbook writes them; None for anything else, and for nothing at all."""
    try:
        found = parse_duration(words)
    except ValueError:
        return None
    return found if isinstance(found, timedelta) and found > timedelta() else None


def _compare(positional: list[str], flags: dict[str, str]) -> Compare | NotUnderstood:
    given = flags.get("trigger", Trigger.NEW_MODEL.value).casefold().replace("_", "-").replace(" ", "-")
    triggers = [trigger.value for trigger in Trigger]
    if given not in triggers:
        return NotUnderstood(
            "unknown_trigger",
            {
                "trigger_given": flags["trigger"][:80],
                "known": cast("JsonValue", triggers),
                "nearest": nearest(given, triggers),
            },
        )
    candidate, slot = (word.strip() for word in [*positional, "", ""][:2])
    rollback = flags.get("rollback", "").strip()
    for model in (candidate, rollback):
        if mask(model) != model:
            return NotUnderstood("key_for_model")
        if model and not model_like(model):
            return NotUnderstood("odd_model", {"model_given": model})
    if candidate and candidate == rollback:
        return NotUnderstood("way_back_is_candidate", {"candidate": candidate})
    return Compare(
        candidate=candidate,
        slot=slot,
        rollback=rollback,
        trigger=Trigger(given),
        reason=flags.get("reason", ""),
        fresh="fresh" in flags,
    )


def incomplete(wish: Wish) -> bool:
    """Whether something was left out that only the runbook or the thread can fill in."""
    match wish:
        case Compare(slot=slot):
            return not slot
        case PromoteIt(subject) | ShowWhy(subject) | SteerIt(subject=subject) | UnfreezeIt(subject=subject):
            return not subject
        case _:
            return False


def complete(wish: Wish, slots: Sequence[str], here: str = "") -> Wish | NotUnderstood:
    """The wish with its slot or subject filled in: what the thread is about, else the only slot there is.

    A comparison that lacks its slot among several keeps lacking it: the form asks.
    """
    only = slots[0] if len(slots) == 1 else ""
    match wish:
        case Compare(slot=""):
            return replace(wish, slot=only)
        case PromoteIt(subject="") | ShowWhy(subject="") | SteerIt(subject=""):
            if not (here or only):
                return NotUnderstood("subject_needed", {"usage": usage(_typed(wish)), "known": list(slots)})
            return replace(wish, subject=here or only)
        case UnfreezeIt(subject=""):  # never guessed: what is lifted is named
            return NotUnderstood("subject_needed", {"usage": usage("unfreeze"), "known": [*slots, "all"]})
        case _:
            return wish


def _typed(wish: PromoteIt | ShowWhy | SteerIt) -> str:
    match wish:
        case PromoteIt():
            return "promote"
        case ShowWhy():
            return "why"
        case SteerIt(verb):
            return verb_of(verb)


def usage_of(verb: SteerVerb) -> str:
    """How a verb is typed with what it is about."""
    return usage(verb_of(verb))
