"""A judge's replies to control pairs, for tests, and the sandbox's models as judges of them."""

from typing import Any

from bot.difftest.judge.calls import CONTROLS
from bot.difftest.model.chat import ChatRequest
from bot.difftest.model.sample import Sample
from bot.sandbox.provider.completion import complete
from bot.sandbox.provider.personas import Persona
from bot.sandbox.provider.request import parse
from tests.difftest.judge.making import better, reply

PLANTED, HARMLESS, TIED, BY_PLACE = ("first", "second"), ("second", "first"), ("tie", "tie"), ("first", "first")
"""What a judge says with the planted side first, and with it last."""


def control(case_id: str, said: tuple[str, str]) -> list[Sample]:
    """The judge's replies about the control pair of a case."""
    return [reply(case_id, arm, better(slot)) for arm, slot in zip(CONTROLS, said, strict=True)]


def controls(planted: int, harmless: int = 0, tied: int = 0) -> list[Sample]:
    """So many control pairs of each kind, beside the pairs of `judged_table`."""
    said = [PLANTED] * planted + [HARMLESS] * harmless + [TIED] * tied
    return [one for n, slots in enumerate(said) for one in control(f"case-{n:04d}", slots)]


def replied(request: ChatRequest, persona: Persona, seed: int) -> str:
    """What a model of the sandbox replies to a judge's prompt, in the world of that seed."""
    body: dict[str, Any] = {"model": persona.id, "messages": list(request.messages)}
    return complete(parse(body), persona, seed, 1).answer.text
