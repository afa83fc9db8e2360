"""Answers computed from the prompt: task families in words, and tool calls. Pure, and the same for every model.

What a model gets wrong is decided by its persona and drawn in `slips`; nothing here knows a case or a model by name.
"""

import json
import re
from collections.abc import Sequence

from bot.sandbox.provider.personas import Judging
from bot.sandbox.provider.request import ChatRequest
from bot.sandbox.provider.solver import calling, choosing, fields, judging, logic, numbers, objects, recovering, words
from bot.sandbox.provider.solver.recovering import given_up, last_error
from bot.sandbox.provider.solver.slips import slip
from bot.sandbox.provider.solver.task import Answer, Solver, Task, task_from, with_others

__all__ = ["Answer", "given_up", "last_error", "slip", "solve"]


def solve(request: ChatRequest, manner: Judging = "honest") -> Answer:
    """The right answer, as far as a small model can tell one; `manner` is how it judges the answers of others."""
    if judging.wants_judgement(request):
        return judging.judgement(request, manner, solve)
    if request.messages[-1].role == "tool":
        return recovering.after_tools(request)
    if request.tools and (answer := calling.call_or_words(request)) is not None:
        return answer
    task = task_from(request.instructions, request.question)
    return _in_words(task, request)


def _in_words(task: Task, request: ChatRequest) -> Answer:
    if request.schema is not None or request.json_only or objects.wants_json(task):
        if (answer := objects.keyed(task, request.schema)) is not None:
            return answer
        inner = _first(FAMILIES, task) or _fallback(task)
        text = json.dumps({"answer": inner.text}, ensure_ascii=False)
        return Answer(text, others=(text[:-1], json.dumps({"answer": None})))
    return _first(FAMILIES, task) or _fallback(task)


def _first(families: Sequence[Solver], task: Task) -> Answer | None:
    for family in families:
        answer = family(task)
        if answer is not None and answer.text:
            return answer
    return None


def extraction(task: Task) -> Answer | None:
    """The thing in the passage that the instruction names."""
    asked = task.asks(
        r"\b(?:extract|find|give|return|list|identify|pull out|what(?:'s| is| was| are)?|who|which|"
        r"when|reply with|output)\b"
        r"(?: me)?(?: only)?(?: the| an?| all(?: of)?(?: the)?)?\s+(?P<what>[\w' -]{2,60})"
    )
    if asked is None:
        return None
    found = fields.find_all(asked["what"] if not asked[0].lower().startswith("who") else "person", task.passage)
    if not found:
        return None
    if "date" in fields.words_of(asked["what"]) and task.asks(r"iso|yyyy"):
        found = [fields.iso_date(each) for each in found]
    many = task.asks(r"\b(?:all|every|list)\b") is not None
    right = ", ".join(dict.fromkeys(found)) if many else found[0]
    return with_others(Answer(right), *found[1:], right[:-1], task.passage.split()[0])


def small_talk(task: Task) -> Answer | None:
    """A civil word for a civil word."""
    said = task.question.strip().lower()
    replies = (
        (r"^(?:thanks?|thank you|many thanks)", "You are welcome!"),
        (r"^(?:hi|hello|hey|good (?:morning|afternoon|evening))\b", "Hello! How can I help?"),
        (r"^(?:bye|goodbye|see you)", "Goodbye!"),
        (r"^how are you", "I am well, thank you. How can I help?"),
        (r"^(?:ping|health check)", "ok"),
    )
    return next((Answer(reply) for pattern, reply in replies if re.search(pattern, said)), None)


def guess(task: Task) -> Answer | None:
    """Yes or no where that is asked for and no rule tells: as good as any."""
    return logic.guessed(task) if re.search(r"\b(?:yes or no|true or false)\b", task.whole, re.IGNORECASE) else None


def _fallback(task: Task) -> Answer:
    subject = " ".join((task.passage or task.whole).split()[:24])
    return Answer(f"Here is what I understood: {subject}" if subject else "How can I help?")


FAMILIES: Sequence[Solver] = (
    words.echo,
    choosing.classification,
    logic.yes_or_no,
    logic.facts,
    choosing.ordering,
    words.transforms,
    numbers.units,
    numbers.wording,
    extraction,
    numbers.arithmetic,
    small_talk,
    guess,
)
