"""Judging answers of others: a prompt that shows answers in blocks and asks which is better, or whether one will do.

The prompt is read as any reader would by what it says: blocks between `BEGIN NAME MARK` and `END NAME MARK`, each line
of them behind a `|`. What a judge thinks right is what it would have answered itself. Pure.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from difflib import SequenceMatcher

from bot.sandbox.provider.faults import Fault
from bot.sandbox.provider.personas import Judging
from bot.sandbox.provider.request import ROLES, ChatRequest, parse
from bot.sandbox.provider.solver.task import Answer, Call

Solve = Callable[[ChatRequest], Answer]
BLOCK = re.compile(
    r"^BEGIN (?P<name>[A-Z][A-Z ]*) (?P<mark>\S+)\n(?P<lines>(?:\|.*\n)*)END (?P=name) (?P=mark)$", re.MULTILINE
)
LINE = re.compile(r"^\|(?P<joined>\+|(?:U\+[0-9A-F]{4})*) (?P<text>.*)$")
TURN = re.compile(rf"^({'|'.join(ROLES)}): ", re.MULTILINE)
WORD = re.compile(r"[^\W_]+(?:[.,]\d+)*")
PLEA = re.compile(
    r"\bignore\b|\binstructions?\b|\bbetter\b|\bprefers?\b|\bmeets\b|\bwon\b|\bjudge\b|\bend (?:first|second) answer\b"
    r"|\b(?:say|reply) (?:first|second)\b|\b(?:answer|choose|mark|which is)\b.{0,40}\b(?:first|second|answer|better)\b",
    re.IGNORECASE,
)
"""Words that speak to a judge rather than answer."""
CLOSE = 0.2
"""Grades that are no further apart are equal."""
ENOUGH = 0.6
ROOM = 12
"""Words beyond three times its own that an answer may use around the right one."""


def wants_judgement(request: ChatRequest) -> bool:
    """Whether the request shows answers and asks for a verdict on them as JSON."""
    asks = '"better"' in request.instructions or '"meets"' in request.instructions
    return asks and any(name.endswith("ANSWER") for name in blocks(request.question))


def judgement(request: ChatRequest, manner: Judging, solve: Solve) -> Answer:
    """The verdict of a model that judges in this manner; `solve` is how it answers itself."""
    shown = blocks(request.question)
    if manner == "prose":
        return Answer("Both have their merits; it depends on what one is looking for.")
    if '"better"' not in request.instructions:
        return _alone(shown, manner, solve)
    first, second = _grades(shown, ("FIRST ANSWER", "SECOND ANSWER"), solve)
    better = "tie" if abs(first - second) <= CLOSE else "first" if first > second else "second"
    pleading = [
        name for name, place in (("first", "FIRST ANSWER"), ("second", "SECOND ANSWER")) if PLEA.search(shown[place])
    ]
    if manner == "first_slot":
        better = "first"
    elif manner == "gullible" and pleading:
        better = pleading[0]
    return Answer(
        _verdict(better, max(first, second)),
        others=tuple(_verdict(other, max(first, second)) for other in ("first", "second", "tie") if other != better),
    )


def _verdict(better: str, best: float) -> str:
    meets = best >= ENOUGH
    return json.dumps(
        {
            "better": better,
            "first_meets": meets if better != "second" else False,
            "second_meets": meets if better != "first" else False,
            "why": "both are as good" if better == "tie" else f"the {better} one is nearer to what I would say",
        }
    )


def _alone(shown: Mapping[str, str], manner: Judging, solve: Solve) -> Answer:
    (grade,) = _grades(shown, ("ANSWER",), solve)
    meets = (
        grade >= ENOUGH or manner == "first_slot" or (manner == "gullible" and PLEA.search(shown["ANSWER"]) is not None)
    )
    right, wrong = (json.dumps({"meets": said, "why": "compared with what I would say"}) for said in (meets, not meets))
    return Answer(right, others=(wrong,))


def blocks(prompt: str) -> dict[str, str]:
    """The blocks of a prompt by their names, their lines joined as they say."""
    return {found["name"]: _joined(found["lines"].splitlines()) for found in BLOCK.finditer(prompt)}


def _joined(lines: Sequence[str]) -> str:
    text = ""
    for number, line in enumerate(lines):
        found = LINE.match(line)
        if found is None:
            continue
        codes = found["joined"].split("U+")[1:]
        joint = "".join(chr(int(code, 16)) for code in codes) or ("" if found["joined"] == "+" else "\n")
        text += (joint if number else "") + found["text"]
    return text


def _grades(shown: Mapping[str, str], names: Sequence[str], solve: Solve) -> list[float]:
    """How near each answer is to the judge's own, from 0 to 1; all are worth nothing where it has none."""
    try:
        own: Answer = solve(parse(_conversation(shown)))
    except Fault:
        return [0.0] * len(names)
    return [_grade(own, shown.get(name, ""), shown.get(f"{name} TOOL CALLS", "")) for name in names]


def _conversation(shown: Mapping[str, str]) -> dict[str, object]:
    """The conversation that was answered, as the request it once was."""
    _, *parts = TURN.split(shown.get("CONVERSATION", ""))
    turns = [{"role": role, "content": text.rstrip("\n")} for role, text in zip(parts[::2], parts[1::2], strict=True)]
    tools = [json.loads(line) for line in shown.get("TOOLS", "").split("\n") if line]
    body: dict[str, object] = {"model": "judge", "messages": turns}
    return body | ({"tools": [{"type": "function", "function": tool} for tool in tools]} if tools else {})


def _grade(own: Answer, text: str, calls: str) -> float:
    called = [tuple(json.loads(line)) for line in calls.split("\n") if line]
    if own.calls or called:
        return float(_same_calls(own.calls, called))
    # Whether letters are capitals matters where the right answer is all capitals.
    mine, said = (WORD.findall(told if own.text.isupper() else told.lower()) for told in (own.text, text))
    if mine == said:
        return 1.0
    if mine and f" {' '.join(mine)} " in f" {' '.join(said)} " and len(said) <= 3 * len(mine) + ROOM:
        return 0.9
    return 0.8 * SequenceMatcher(None, said, mine).ratio()


def _same_calls(own: Sequence[Call], called: Sequence[Sequence[str]]) -> bool:
    return [(call.name, _arguments(call.arguments)) for call in own] == [
        (name, _arguments(raw)) for name, raw, *_ in called
    ]


def _arguments(raw: str) -> object:
    try:
        return json.loads(raw)
    except ValueError:
        return raw
