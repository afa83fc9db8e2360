"""Text transforms: case, reversing, counting, joining, replacing, acronyms. Pure."""

import re
from collections.abc import Callable, Mapping

from bot.sandbox.provider.solver.task import QUOTED, Answer, Task, number_answer, with_others

Transform = Callable[[str], str]


def _reverse_words(text: str) -> str:
    return " ".join(reversed(text.split()))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _snake(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower()).strip("_")


def _camel(text: str) -> str:
    first, *rest = [str(word) for word in re.findall(r"[A-Za-z0-9]+", text)] or [""]
    return first.lower() + "".join(word.capitalize() for word in rest)


def _acronym(text: str) -> str:
    return "".join(str(word)[:1] for word in re.findall(r"[A-Za-z]+", text)).upper()


def _plural(text: str) -> str:
    if re.search(r"(?:s|x|z|ch|sh)$", text):
        return f"{text}es"
    if re.search(r"[^aeiou]y$", text):
        return f"{text[:-1]}ies"
    return f"{text}s"


TRANSFORMS: Mapping[str, Transform] = {
    r"revers\w* the (?:order of (?:the )?)?words|words? in reverse": _reverse_words,
    r"\brevers\w*|backwards?": lambda text: text[::-1],
    r"upper[- ]?case|capital letters|all caps": str.upper,
    r"lower[- ]?case|small letters": str.lower,
    r"title[- ]?case|capitali[sz]e (?:each|every)": lambda text: " ".join(w.capitalize() for w in text.split()),
    r"snake[_ -]?case": _snake,
    r"camel[ -]?case": _camel,
    r"\bslug\b|kebab[- ]?case|hyphens? (?:instead of|for) spaces|spaces? (?:with|by) (?:hyphens|dashes)": _slug,
    r"acronym|initials|first letters? of (?:each|every)": _acronym,
    r"(?:remove|without|delete|drop)\s+(?:all |the )*vowels": lambda text: re.sub(r"[aeiouAEIOU]", "", text),
    r"(?:remove|without|delete|drop)\s+(?:all |the )*(?:spaces|whitespace)": lambda text: re.sub(r"\s+", "", text),
    r"(?:remove|without|delete|drop)\s+(?:all |the )*(?:digits|numbers)": lambda text: re.sub(r"\d", "", text),
    r"(?:remove|without|delete|strip)\s+(?:all |the )*punctuation": lambda text: re.sub(r"[^\w\s]", "", text),
    r"first word": lambda text: text.split()[0],
    r"last word": lambda text: text.split()[-1].rstrip(".!?"),
    r"first letter|first character": lambda text: text[0],
    r"last letter|last character": lambda text: text.rstrip(".!?")[-1],
    r"\bplural\b": _plural,
}
COUNTS: Mapping[str, Callable[[str], int]] = {
    r"how many vowels|(?:number of|count the) vowels": lambda text: len(re.findall(r"[aeiou]", text, re.IGNORECASE)),
    r"how many consonants|(?:number of|count the) consonants": lambda text: len(
        re.findall(r"[b-df-hj-np-tv-z]", text, re.IGNORECASE)
    ),
    r"how many words|(?:number of|count the) words|word count": lambda text: len(text.split()),
    r"how many (?:letters|characters)|(?:number of|count the) (?:letters|characters)|how long is": lambda text: len(
        re.findall(r"\w", text)
    ),
    r"how many sentences|(?:number of|count the) sentences": lambda text: len(re.findall(r"[.!?]+(?:\s|$)", text)),
    r"how many digits|(?:number of|count the) digits": lambda text: len(re.findall(r"\d", text)),
}


def transforms(task: Task) -> Answer | None:
    """The passage changed as the instruction says."""
    subject = _subject(task)
    if not subject:
        return None
    if found := task.asks(
        r"how (?:many times|often) (?:does|is) (?:the )?(?:letter |character )?['\"]?(?P<what>\w)['\"]?\b"
        r"|how many (?P<also>\w)(?:'s|s) (?:are|is)"
    ):
        letter = (found["what"] or found["also"]).lower()
        rest = [group for groups in QUOTED.findall(task.whole) for group in groups if len(group) > 1]
        within = rest[0] if rest else subject
        return number_answer(within.lower().count(letter), task)
    for pattern, count in COUNTS.items():
        if task.asks(pattern):
            return number_answer(count(subject), task)
    if swap := task.asks(
        r"replac\w+ (?:every |each |all |the )*(?:letter |word )?['\"]?(?P<a>[\w-]+)['\"]? (?:with|by) "
        r"(?:the )?(?:letter |word )?['\"]?(?P<b>[\w-]+)['\"]?"
    ):
        words = {"space": " ", "spaces": " ", "hyphens": "-", "hyphen": "-", "underscores": "_", "underscore": "_"}
        a, b = (words.get(swap[key], swap[key]) for key in "ab")
        return with_others(Answer(subject.replace(a, b)), subject, subject.replace(a, b, 1))
    for pattern, transform in TRANSFORMS.items():
        if task.asks(pattern):
            right = transform(subject)
            return with_others(Answer(right), subject, right[1:], right[:-1])
    return None


def echo(task: Task) -> Answer | None:
    """What the instruction says to repeat word for word."""
    asked = re.search(
        r"(?:reply|respond|answer|say|repeat|return|output)\s+(?:back\s+)?(?:with\s+)?(?:exactly|only|just|verbatim|precisely)?"
        r"\s*(?:with\s+)?(?:the (?:single |one )?(?:word|text|phrase|string)s?)(?:\s+exactly)?\s*:?\s*(?P<what>.+)"
        r"|(?:reply|respond|answer|say|repeat)\s+(?:with\s+)?(?:exactly|verbatim)\s*(?:this)?\s*:?\s*(?P<also>.+)"
        r"|^(?:say|repeat|echo)\s*:?\s*(?P<bare>.+)",
        task.question,
        re.IGNORECASE | re.DOTALL,
    )
    if asked is None:
        return None
    rest = (asked["what"] or asked["also"] or asked["bare"]).strip()
    quoted = QUOTED.match(rest)
    text = next(group for group in quoted.groups() if group) if quoted else rest.split("\n")[0]
    if not quoted:
        text = re.split(r"(?:,? and nothing else|\.\s|\.$)", text)[0].strip()
    return with_others(Answer(text), text[:-1], f"{text} {text}")


def _subject(task: Task) -> str:
    if (
        task.passage
        and task.passage not in {task.instruction, task.whole}
        and task.passage not in _instruction_tail(task)
    ):
        return task.passage
    if quoted := QUOTED.findall(task.whole):
        return str(max((group for groups in quoted for group in groups), key=len))
    tail = re.search(
        r"(?:the )?(?:word|string|phrase|name|text)s? ([\w-]+)[?.]?\s*(?:backwards?|in \w+[ -]?case)?",
        task.instruction,
        re.IGNORECASE,
    )
    return tail[1] if tail else ""


def _instruction_tail(task: Task) -> str:
    return task.instruction if task.passage == task.instruction.rpartition("\n")[2] else ""
