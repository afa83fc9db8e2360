"""What a solver is given and what it answers. Pure; no task family lives here."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

NUMBER = r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?"
FENCE = re.compile(r"```(?:\w+\n)?(.+?)```|\"\"\"(.+?)\"\"\"|<(\w+)>(.+?)</\3>", re.DOTALL)
QUOTED = re.compile(r"\"([^\"\n]{1,400})\"|“([^”\n]{1,400})”|(?<!\w)'([^'\n]{1,400})'(?!\w)")
COLON = re.compile(r"^(?P<head>[^\n:]{3,240}):\s+(?P<body>\S.*)$", re.DOTALL)
PLACES = re.compile(
    r"(?:to|with|round\w*)[^.\d]{0,24}?(?P<n>\d|one|two|three|no|zero)\s+(?:decimal|digit\w* after)", re.IGNORECASE
)
WHOLE = re.compile(
    r"(?:nearest|whole|as an?) (?:whole |integer|number)|to the nearest (?:integer|unit|degree)", re.IGNORECASE
)
MANNER = re.compile(
    r"(?<![\w,;:] )(?:please )?\b(?:answer|reply|respond|return|output|write|give)\b[^.?!:\n]*"
    r"\b(?:only|just|one word|single word|nothing else|no other|without|yes or no|true or false|"
    r"figures|digits)\b[^.?!:\n]*[.!]?",
    re.IGNORECASE,
)
"""A sentence that says how to answer, not what."""
WORDS = {"no": 0, "zero": 0, "one": 1, "two": 2, "three": 3}
DEFAULT_PLACES = 2


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call; `arguments` is the JSON text as it goes over the wire."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model says: words or calls. `others` are plausible wrong words, for a model that errs."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """One request in words: what is asked (`instruction`) and what it is asked about (`passage`).

    Sentences that only say how to answer ("Answer with the number only.") stand in `whole` and nowhere else.
    """

    instruction: str
    passage: str
    question: str
    """The last user turn."""
    whole: str
    """Everything that the system turn and the last user turn say."""

    def asks(self, pattern: str) -> re.Match[str] | None:
        """The first place where the instruction matches, whatever the case."""
        return re.search(pattern, self.instruction, re.IGNORECASE)


Solver = Callable[[Task], Answer | None]


def task_from(instructions: str, question: str) -> Task:
    """The task in a system turn and a user turn: the passage is what stands fenced, after a colon, or quoted."""
    asked, told = _without_manner(question), _without_manner(instructions)
    if not re.search(r"\w+\W+\w", f"{asked} {told}"):
        asked, told = question.strip(), instructions.strip()
    head, passage = _split(asked or question.strip())
    return Task(f"{told}\n{head}".strip(), passage, asked, f"{instructions}\n{question}".strip())


def _without_manner(text: str) -> str:
    return MANNER.sub("", text).strip()


def _split(question: str) -> tuple[str, str]:
    if fence := FENCE.search(question):
        body = next(group for group in (fence[1], fence[2], fence[4]) if group)
        return f"{question[: fence.start()]} {question[fence.end() :]}".strip(), body.strip()
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n|\n", question) if part.strip()]
    if len(paragraphs) > 1:
        if paragraphs[-1].endswith("?") and not paragraphs[0].endswith(("?", ":")):
            return paragraphs[-1], "\n".join(paragraphs[:-1])
        return paragraphs[0], _without_label("\n".join(paragraphs[1:]))
    if colon := COLON.match(question):
        return colon["head"], colon["body"].strip()
    if quoted := QUOTED.search(question):
        return question, next(group for group in quoted.groups() if group)
    return question, question


def _without_label(text: str) -> str:
    return re.sub(r"^(?:text|message|passage|input|review|ticket|email|note)\s*:\s*", "", text, flags=re.IGNORECASE)


def number_in(text: str) -> float | None:
    """The first number written in digits."""
    found = re.search(NUMBER, text)
    return None if found is None else float(found[0].replace(",", ""))


def numbers_in(text: str) -> list[float]:
    """Every number written in digits, in order."""
    return [float(found.replace(",", "")) for found in re.findall(NUMBER, text)]


def plain(value: float, instruction: str = "", places: int | None = None) -> str:
    """A number as people write it: whole when whole, else rounded as the instruction asks (two places unless said)."""
    exact = Decimal(repr(value))
    if WHOLE.search(instruction):
        return str(exact.quantize(Decimal(1), ROUND_HALF_UP))
    asked = PLACES.search(instruction)
    if asked:
        word = asked["n"].lower()
        wanted = WORDS[word] if word in WORDS else int(word)
        return str(exact.quantize(Decimal(1).scaleb(-wanted), ROUND_HALF_UP))
    if exact == exact.to_integral_value():
        return str(int(exact))
    rounded = exact.quantize(Decimal(1).scaleb(-(DEFAULT_PLACES if places is None else places)), ROUND_HALF_UP)
    return format(rounded.normalize(), "f")


def number_answer(value: float, task: Task, places: int | None = None) -> Answer:
    """A number, with the slips a hurried calculator makes as the plausible wrong ones."""
    step = 1 if abs(value) >= 1 else 0.1
    wrong = (value + step, value - step, value * 10)
    shown = plain(value, task.whole, places)
    others = tuple(text for text in (plain(each, task.whole, places) for each in wrong) if text != shown)
    return Answer(shown, others=others)


def with_others(answer: Answer, *others: str) -> Answer:
    """The answer with these plausible wrong texts, less those that are right."""
    return replace(answer, others=tuple(dict.fromkeys(each for each in others if each and each != answer.text)))
