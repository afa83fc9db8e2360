"""Rubric cases, answers and judges' replies for tests, and a reader of the judge's prompt that is not ours."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from bot.difftest.judge.calls import BOTH_ORDERS
from bot.difftest.model.chat import ChatRequest, Completion
from bot.difftest.model.sample import AnyArm, Sample, SampleKey
from bot.difftest.suite.model import Case, Suite
from tests.difftest.making import sample
from tests.difftest.world import right

JUDGE = "neutral/umpire-1"


def rubric_case(case_id: str, *more: dict[str, object], rubric: str = "is right") -> Case:
    """A case that only a judge can tell, unless `more` is asserted."""
    asserted = [{"type": "llm-rubric", "value": rubric}, *more]
    return Case.model_validate(
        {"id": case_id, "messages": [{"role": "user", "content": f"question {case_id}"}], "assert": asserted}
    )


def rubric_suite(cases: int | Sequence[Case] = 60, **settings: object) -> Suite:
    """A suite whose cases all have a rubric, with a judge."""
    rows = [rubric_case(f"case-{n:04d}") for n in range(cases)] if isinstance(cases, int) else list(cases)
    return Suite.model_validate({"name": "chat", "judge": {"model": JUDGE}, "cases": rows, **settings})


def reply(case_id: str, arm: AnyArm, text: str, **fields: object) -> Sample:
    """A judge's reply."""
    whole = Sample(SampleKey(case_id, arm, 0), text=text, cost_usd=0.001, cost_source="provider", served_model=JUDGE)
    return replace(whole, **fields)  # type: ignore[arg-type]


def better(slot: str) -> str:
    """A judge's reply that names a slot."""
    return json.dumps({"better": slot, "why": "because"})


def judged_pair(case_id: str, current_first: str, candidate_first: str) -> list[Sample]:
    """Two different answers, and what the judge said in each order: `first`, `second`, `tie`, or any text."""
    said = [
        text if text not in {"first", "second", "tie"} else better(text) for text in (current_first, candidate_first)
    ]
    answers = [sample(case_id, "current", text="old words"), sample(case_id, "candidate", text="new words")]
    return answers + [reply(case_id, arm, text) for arm, text in zip(BOTH_ORDERS, said, strict=True)]


def judged_table(wins: int, losses: int, ties: int) -> list[Sample]:
    """Pairs in which both orders agree on so many wins and losses of the candidate, and on ties."""
    said = [("second", "first")] * wins + [("first", "second")] * losses + [("tie", "tie")] * ties
    return [one for n, orders in enumerate(said) for one in judged_pair(f"case-{n:04d}", *orders)]


PREFIX = re.compile(r"\|(?P<code>\+|(?:U\+[0-9A-F]{4})*) ")


def blocks_in(prompt: str) -> dict[str, str]:
    """The blocks of a prompt, read by what its instructions say of them and nothing else."""
    found: dict[str, str] = {}
    lines = iter(prompt.split("\n"))
    for line in lines:
        begun = re.fullmatch(r"BEGIN (?P<name>[A-Z ]+) (?P<mark>[0-9a-f]{24})", line)
        if begun is None:
            continue
        inside: list[str] = []
        while (inner := next(lines)) != f"END {begun['name']} {begun['mark']}":
            inside.append(inner)
        assert begun["name"] not in found
        found[begun["name"]] = unquoted(inside)
    return found


def unquoted(lines: Sequence[str]) -> str:
    """The text of quoted lines."""
    text = ""
    for number, line in enumerate(lines):
        prefix = PREFIX.match(line)
        assert prefix is not None, line
        code = prefix["code"]
        joined = "" if code == "+" else "".join(chr(int(each, 16)) for each in code.split("U+")[1:]) or "\n"
        text += (joined if number else "") + line[prefix.end() :]
    return text


def asked_text(request: ChatRequest) -> str:
    """The user turn of a judge's prompt."""
    last = request.messages[-1]
    assert isinstance(last, dict)
    return str(last["content"])


def said(request: ChatRequest, text: str) -> Completion:
    """A completion with this text."""
    return replace(right(request, 0), text=text)
