"""Classification by the words of the labels, and putting lists in order. Pure."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from bot.sandbox.provider.solver.cues import CUES
from bot.sandbox.provider.solver.fields import DATE, iso_date, words_of
from bot.sandbox.provider.solver.task import NUMBER, Answer, Task, number_in, with_others

FALLBACKS = ("neutral", "other", "none", "general", "unknown", "medium", "question", "ham", "not spam")
ITEM = r"['\"]?[\w-]+(?: [\w-]+)?['\"]?"
LEADS = r"as|into|one of|labels?|categor(?:y|ies)|options|between|classes|either|choose(?: from)?|following"
BEFORE = r"as|into|one of|either|between|from|is (?:it|this|the \w+)"
LABELS = (
    rf"\b(?:{LEADS})\b[^:\n]{{0,60}}?:\s*(?P<list>[^\n.?]+)",
    rf"\b(?:{BEFORE})\s+(?P<list>(?:{ITEM},\s*)*{ITEM},? (?:or|and) {ITEM})",
    rf"\b(?:answer|reply|respond)(?: with)?\s+(?P<list>(?:{ITEM},\s*)*{ITEM},? or {ITEM})",
    r"\((?P<list>[\w -]+(?:,\s*[\w -]+)+(?:,? or [\w -]+)?)\)",
    r"(?P<list>\b[\w-]+(?:,\s*[\w-]+)+,? or [\w-]+)",
    r"(?P<list>\b[\w-]+\s*(?:\||/)\s*[\w-]+(?:\s*(?:\||/)\s*[\w-]+)*)",
)
KINDS = r"kind|type|topic|priority|language|team|queue|category|label|department"
ASKS = rf"classif|categor|sentiment|label|(?:what|which) (?:{KINDS})|priority|tone|spam|is (?:it|this)"
DOWNWARD = frozenset(
    {
        "largest",
        "biggest",
        "highest",
        "greatest",
        "longest",
        "latest",
        "newest",
        "most recent",
        "maximum",
        "alphabet last",
    }
)
MIN_LIST = 2
STEM = 5


def classification(task: Task) -> Answer | None:
    """The label whose words (its own, or what usually comes with it) the passage says most."""
    if not task.asks(ASKS):
        return None
    labels = labels_in(task.instruction) or labels_in(task.whole.replace(task.passage, " "))
    if len(labels) < MIN_LIST:
        return None
    label = best_label(labels, task.passage)
    return with_others(Answer(label), *(other for other in labels if other != label))


def labels_in(text: str) -> list[str]:
    """The labels an instruction lists, in its spelling; empty without a list."""
    for pattern in LABELS:
        if found := re.search(pattern, text, re.IGNORECASE):
            parts = re.split(r",\s*(?:or |and )?|\s+(?:or|and)\s+|\s*[|/]\s*", found["list"])
            labels = [part.strip(" '\"`.()") for part in parts]
            labels = [re.sub(r"^(?:an?|the|either) ", "", label) for label in labels if label]
            labels = _of_one_length(labels)
            if len(labels) >= MIN_LIST:
                return labels
    return []


def _of_one_length(labels: list[str]) -> list[str]:
    """`message spam`, `ham`: where all others are one word, the first has caught the word before it."""
    if len(labels) >= MIN_LIST and " " in labels[0] and not any(" " in label for label in labels[1:]):
        return [labels[0].rpartition(" ")[2], *labels[1:]]
    return labels


def best_label(labels: Sequence[str], passage: str) -> str:
    """The label that fits the passage best; without a sign of any, the one that means none of them."""
    said = re.findall(r"[a-zà-ÿ]+", passage.lower())
    scores = [_score(label, said) for label in labels]
    if max(scores) == 0:
        return next((label for word in FALLBACKS for label in labels if label.lower() == word), labels[-1])
    return labels[scores.index(max(scores))]


def _score(label: str, said: Sequence[str]) -> float:
    score = 0.0
    for word in words_of(label):
        cues = CUES.get(word, CUES.get(word.rstrip("s"), "")).split()
        score += sum(1.0 for each in said if each in cues)
        score += sum(1.5 for each in said if each == word or (len(word) >= STEM and each.startswith(word[:STEM])))
    negated = re.search(r"\b(?:not|never|isn't|wasn't)\b", " ".join(said))
    return score - 1.0 if negated and label.lower() == "positive" else score


def ordering(task: Task) -> Answer | None:
    """A list in the order asked for, or the item at the place asked for."""
    sorts = task.asks(
        r"\b(?:sort|arrange|rank|alphabeti[sz]e|put)\b|\border (?:these|the (?:following|numbers|"
        r"words|names|dates)|them|by)\b"
    )
    extreme = task.asks(
        r"\b(?P<nth>second[- ]|third[- ])?(?P<what>largest|biggest|highest|greatest|smallest|lowest|"
        r"least|longest|shortest|"
        r"earliest|latest|oldest|newest|most recent|maximum|minimum)\b|comes? (?P<first>first|last) (?:in )?alphabet"
    )
    if sorts is None and extreme is None:
        return None
    items = items_in(task)
    if len(items) < MIN_LIST:
        return None
    if extreme is not None and sorts is None:
        return _extreme(items, extreme)
    key, backwards = _order(task, items)
    ordered = sorted(items, key=key, reverse=backwards)
    joint = "\n" if task.asks(r"one per line|each on (?:a new|its own) line|separate lines") else ", "
    swapped = [*ordered[:-2], ordered[-1], ordered[-2]]
    return with_others(
        Answer(joint.join(ordered)), joint.join(swapped), joint.join(reversed(ordered)), joint.join(items)
    )


def items_in(task: Task) -> list[str]:
    """The items of the list the task is about."""
    text = task.passage if task.passage != task.instruction else _after_verb(task.instruction)
    text = text.rpartition(":")[2] if task.passage == task.instruction and ":" in text else text
    if DATE.search(text):
        return [found[0] for found in DATE.finditer(text)]
    separator = r"\n+" if "\n" in text.strip() else r";" if ";" in text else r",\s*(?:and |or )?|\s+(?:and|or)\s+"
    parts = [re.sub(r"^\s*(?:[-*•]|\d+[.)])\s+", "", part).strip(" .?!\"'[]") for part in re.split(separator, text)]
    if len(parts) == 1 and re.fullmatch(rf"(?:{NUMBER})(?:\s+(?:{NUMBER}))+", parts[0]):
        return parts[0].split()
    return [part for part in parts if part]


def _after_verb(text: str) -> str:
    return re.split(
        r"(?:largest|smallest|biggest|highest|lowest|longest|shortest|numbers?|words?|of|from|order)\s",
        text,
        flags=re.IGNORECASE,
    )[-1]


def _order(task: Task, items: Sequence[str]) -> tuple[Callable[[str], Any], bool]:
    backwards = bool(
        task.asks(
            r"descending|largest (?:to|first)|biggest (?:to|first)|high(?:est)? to|highest first|reverse|z to a|z-a|"
            r"newest (?:to|first)|latest first|longest (?:to|first)|most recent first|decreasing|largest"
        )
    )
    if task.asks(r"by (?:their )?length|short(?:est)? (?:to|first)|longest (?:to|first)"):
        return _length, backwards
    if all(DATE.search(item) for item in items):
        return _date, backwards
    if all(re.search(NUMBER, item) for item in items):
        return _number, backwards
    return _letters, backwards


def _extreme(items: Sequence[str], asked: re.Match[str]) -> Answer:
    what = (asked["what"] or f"alphabet {asked['first']}").lower()
    key: Callable[[str], Any] = (
        _letters if what.startswith("alphabet") else _length if what in {"longest", "shortest"} else _number
    )
    if all(DATE.search(item) for item in items):
        key = _date
    down = what in DOWNWARD
    ordered = sorted(items, key=key, reverse=down)
    place = {"second": 1, "third": 2}.get((asked["nth"] or "").strip(" -").lower(), 0)
    right = ordered[min(place, len(ordered) - 1)]
    return with_others(Answer(right), ordered[0], ordered[-1], *ordered)


def _length(item: str) -> float:
    return len(item)


def _number(item: str) -> float:
    return number_in(item) or 0.0


def _date(item: str) -> str:
    return iso_date(item)


def _letters(item: str) -> str:
    return item.lower()
