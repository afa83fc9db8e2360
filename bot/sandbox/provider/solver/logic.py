"""Yes-or-no questions about numbers, dates, strings, orders and simple syllogisms, and a few facts. Pure."""

import math
import re
from collections.abc import Callable, Mapping

from bot.sandbox.provider.solver.fields import DATE, iso_date
from bot.sandbox.provider.solver.listing import listed
from bot.sandbox.provider.solver.task import NUMBER, QUOTED, Answer, Task, with_others

A, B = rf"(?P<a>{NUMBER})", rf"(?P<b>{NUMBER})"
LEAP = (4, 100, 400)
PAIR = 2
CAPITALS: Mapping[str, str] = {
    "france": "Paris", "germany": "Berlin", "italy": "Rome", "spain": "Madrid", "portugal": "Lisbon",
    "austria": "Vienna", "switzerland": "Bern", "belgium": "Brussels", "netherlands": "Amsterdam", "poland": "Warsaw",
    "czech republic": "Prague", "hungary": "Budapest", "greece": "Athens", "sweden": "Stockholm", "norway": "Oslo",
    "denmark": "Copenhagen", "finland": "Helsinki", "ireland": "Dublin", "united kingdom": "London",
    "england": "London", "japan": "Tokyo", "china": "Beijing", "india": "New Delhi", "canada": "Ottawa",
    "united states": "Washington, D.C.", "usa": "Washington, D.C.", "mexico": "Mexico City", "brazil": "Brasília",
    "argentina": "Buenos Aires", "australia": "Canberra", "egypt": "Cairo", "kenya": "Nairobi", "turkey": "Ankara",
    "russia": "Moscow", "ukraine": "Kyiv", "south korea": "Seoul", "chile": "Santiago", "peru": "Lima",
}  # fmt: skip
NEXT = (
    listed("monday tuesday wednesday thursday friday saturday sunday"),
    listed("january february march april may june july august september october november december"),
)


def yes_or_no(task: Task) -> Answer | None:
    """Yes or no, spelled as the instruction spells it."""
    for rule in (_numbers, _comparison, _leap_year, _strings, _chain, _conditional, _syllogism, _dates):
        found = rule(task.whole)
        if found is not None:
            yes, no = _spelling(task)
            return with_others(Answer(yes if found else no), no if found else yes)
    return None


def guessed(task: Task) -> Answer:
    """A yes, spelled as the instruction spells it."""
    yes, no = _spelling(task)
    return with_others(Answer(yes), no)


def facts(task: Task) -> Answer | None:
    """A capital, or what follows a day or a month."""
    if found := re.search(r"capital (?:city )?of (?:the )?([A-Za-z ]+?)(?=[?.,!\n]|$)", task.whole, re.IGNORECASE):
        capital = CAPITALS.get(found[1].strip().lower())
        return None if capital is None else with_others(Answer(capital), "Lyon", "Geneva")
    if found := re.search(
        r"(?:day|month) (?:comes |is )?(?P<way>after|before) (?P<what>\w+)", task.whole, re.IGNORECASE
    ):
        for names in NEXT:
            if found["what"].lower() in names:
                place = names.index(found["what"].lower())
                step = 1 if found["way"].lower() == "after" else -1
                right = names[(place + step) % len(names)].capitalize()
                return with_others(Answer(right), names[(place + 2 * step) % len(names)].capitalize())
    return None


def _spelling(task: Task) -> tuple[str, str]:
    for yes, no in (("yes", "no"), ("true", "false")):
        if found := re.search(rf"\b({yes})\b.{{0,12}}?\b({no})\b", task.whole, re.IGNORECASE):
            return found[1], found[2]
    return "Yes", "No"


def _numbers(text: str) -> bool | None:
    tests: Mapping[str, Callable[[int], bool]] = {
        "prime": _is_prime,
        "even": lambda n: n % 2 == 0,
        "odd": lambda n: n % 2 == 1,
        "perfect square": lambda n: math.isqrt(n) ** 2 == n,
    }
    if found := re.search(rf"\b{A} (?:a |an )?(?P<test>prime|even|odd|perfect square)", text, re.IGNORECASE):
        return tests[found["test"].lower()](int(float(found["a"])))
    if found := re.search(rf"{A} (?:evenly )?(?:divisible by|a multiple of) {B}", text, re.IGNORECASE):
        return float(found["a"]) % float(found["b"]) == 0
    return None


def _is_prime(n: int) -> bool:
    return n > 1 and all(n % factor for factor in range(2, math.isqrt(n) + 1))


def _comparison(text: str) -> bool | None:
    more = r"(?:greater|larger|bigger|more|higher) than|>"
    less = r"(?:less|smaller|lower|fewer) than|<"
    if found := re.search(
        rf"\b(?:is|are) {A}\D{{0,12}}?(?:(?P<more>{more})|(?P<less>{less})|equal to) {B}", text, re.IGNORECASE
    ):
        a, b = float(found["a"].replace(",", "")), float(found["b"].replace(",", ""))
        return a > b if found["more"] else a < b if found["less"] else a == b
    return None


def _leap_year(text: str) -> bool | None:
    found = re.search(r"\b(\d{4})\b[^.?]*leap year|leap year[^.?]*\b(\d{4})\b", text, re.IGNORECASE)
    if found is None:
        return None
    year = int(found[1] or found[2])
    four, hundred, era = LEAP
    return year % four == 0 and (year % hundred != 0 or year % era == 0)


def _strings(text: str) -> bool | None:
    quoted = [str(group) for groups in QUOTED.findall(text) for group in groups if group]
    if quoted and re.search(r"palindrome", text, re.IGNORECASE):
        letters = re.sub(r"\W", "", quoted[0].lower())
        return letters == letters[::-1]
    if len(quoted) > 1:
        a, b = quoted[0].lower(), quoted[1].lower()
        if re.search(r"anagram", text, re.IGNORECASE):
            return sorted(a) == sorted(b)
        if re.search(r"\bcontain|\binclude", text, re.IGNORECASE):
            return b in a
        if re.search(r"(?:start|begin)s? with", text, re.IGNORECASE):
            return a.startswith(b)
        if re.search(r"ends? (?:with|in)", text, re.IGNORECASE):
            return a.endswith(b)
        if re.search(r"rhyme", text, re.IGNORECASE):
            return a[-3:] == b[-3:]
    return None


def _chain(text: str) -> bool | None:
    """Who is taller than whom: the transitive closure of what is said, asked at the end."""
    said = re.findall(r"\b([A-Z]\w*) (?:is|was|finished|arrived|came) (\w+)(?: than)? ([A-Z]\w*)\b", text)
    asked = re.search(r"\b(?:Is|Was|Did) ([A-Z]\w*) (?:finish |arrive |come )?(\w+)(?: than)? ([A-Z]\w*)\?", text)
    if not said or asked is None:
        return None
    word = said[0][1].lower()
    if asked[2].lower() != word or any(each[1].lower() != word for each in said):
        return None
    above: dict[str, set[str]] = {}
    for a, _, b in said:
        above.setdefault(a, set()).add(b)
    reached, edge = set[str](), {asked[1]}
    while edge:
        edge = {b for a in edge for b in above.get(a, set())} - reached
        reached |= edge
    return asked[3] in reached


def _conditional(text: str) -> bool | None:
    """If P then Q, and whether P was said: Q follows only when it was."""
    found = re.search(
        r"\bIf (?:the |a |an )?(.+?),(?: then)? (?:the |a |an )?(.+?)\.\s+(.+?)\.\s", text + " ", re.IGNORECASE
    )
    if found is None:
        return None
    premise, said = _stem(found[1]), _stem(found[3])
    negated = bool(re.search(r"\b(?:not|n't|never)\b|n't\b", found[3]))
    return bool(premise & said) and len(premise - said) <= 1 and not negated


def _stem(clause: str) -> set[str]:
    words = re.findall(r"[a-z]+", clause.lower())
    small = {
        "the",
        "a",
        "an",
        "it",
        "is",
        "are",
        "was",
        "does",
        "do",
        "not",
        "did",
        "today",
        "t",
        "has",
        "have",
        "been",
    }
    return {re.sub(r"(?:ing|ed|es|s)$", "", word)[:5] for word in words if word not in small}


def _syllogism(text: str) -> bool | None:
    rules = re.findall(r"\b(All|Every|No|Each) (\w+?)s? (?:is|are|can|have|has) (?:an? )?([\w ]+?)\.", text)
    member = re.search(r"(?<![.\w])([A-Z]\w+) is (?:an? )(\w+)\.", re.sub(r"\b(?:All|Every|No|Each) [^.]+\.", "", text))
    asked = re.search(r"\b(?:Is|Can|Does|Has|Are) ([A-Z]\w+) (?:have |definitely )?(?:an? )?([\w ]+?)\?", text)
    if not rules or member is None or asked is None or member[1] != asked[1]:
        return None
    kinds, denied = {_singular(member[2])}, set[str]()
    for _ in rules:
        for quantifier, kind, what in rules:
            if _singular(kind) in kinds:
                (denied if quantifier == "No" else kinds).add(_singular(what))
    wanted = _singular(asked[2])
    return wanted in kinds and wanted not in denied


def _singular(word: str) -> str:
    return re.sub(r"s$", "", word.strip().lower())


def _dates(text: str) -> bool | None:
    found = [iso_date(each[0]) for each in DATE.finditer(text)]
    if len(found) < PAIR:
        return None
    way = re.search(r"\b(before|earlier than|after|later than)\b", text, re.IGNORECASE)
    if way is None or not re.search(r"\bis\b|\bwas\b", text, re.IGNORECASE):
        return None
    return found[0] < found[1] if way[1].lower().startswith(("before", "earl")) else found[0] > found[1]
