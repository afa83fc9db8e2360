"""What answers will cost is guessed by how long they may be, else by how long they were."""

from bot.difftest.lengths import usual_answer
from bot.difftest.power import forecast
from tests.difftest.test_run import world


async def test_a_second_run_is_priced_by_the_answers_of_the_first() -> None:
    it = world()
    assert await usual_answer(it.store, it.plan.identity(it.suite)) is None
    guessed = forecast(it.suite, it.plan, lambda _model, _prompt, answer: answer / 1_000_000)
    assert (guessed.answer_tokens, guessed.basis) == (400, "assumed")
    assert "if answers are 400 tokens long" in guessed.sentences()
    await it.run()
    usual = await usual_answer(it.store, it.plan.identity(it.suite))
    assert usual is not None
    assert usual < 100
    known = forecast(it.suite, it.plan, lambda _model, _prompt, answer: answer / 1_000_000, usual=usual)
    assert (known.answer_tokens, known.basis) == (usual, "recorded")
    assert known.cost_usd is not None
    assert guessed.cost_usd is not None
    assert known.cost_usd < guessed.cost_usd / 4


def test_a_limit_is_the_most_an_answer_can_cost() -> None:
    it = world(parameters={"max_tokens": 64})
    found = forecast(it.suite, it.plan, lambda _model, _prompt, answer: answer / 1_000_000, usual=10)
    assert (found.answer_tokens, found.basis) == (64, "limit")
    assert "at most about" in found.sentences()
