"""What a comparison is expected to take, before anything is spent: calls, money, and what it would be able to see."""

from dataclasses import dataclass

from bot.difftest.lengths import usual_answer
from bot.difftest.plan import ComparisonPlan
from bot.difftest.power import Basis, PriceList, forecast
from bot.difftest.stopping import CouldNotRun
from bot.difftest.suite.model import Suite
from bot.engine.outside import Outside
from bot.engine.suites import judge_of


@dataclass(frozen=True, slots=True)
class Takes:
    """Calls, US dollars (None: unknown), the sum it stops at; then what its cases can see and need, in shares.

    At most `judge_calls` of the calls are to the judge, who is not asked about answers that are alike.
    """

    calls: int
    usd: float | None
    most_usd: float | None
    cases: int
    visible: float
    margin: float
    fewest: int
    own_engine: bool = False
    raw: bool = False
    answer_tokens: int = 0
    basis: Basis = "assumed"
    judge_calls: int = 0


async def estimated(
    outside: Outside, suite: Suite, work: ComparisonPlan, *, left_usd: float, own_engine: bool = False
) -> Takes:
    """The forecast at the prices the provider lists, else those of the price list, for what is still to be asked.

    Answers an earlier run of the same left are not asked for again, unless it is to be `fresh`; `left_usd` is what the
    slot may still spend today.

    A model the provider lists no more answers nothing, and so costs nothing; what an engine of one's own costs nobody
    knows. A judge with an endpoint of its own is priced by the list of prices alone.
    """
    catalog = outside.catalog
    listed = await catalog.models() if catalog is not None else ()
    judge = suite.judge
    asked_here = [
        work.current,
        work.candidate,
        *([judge.model] if judge is not None and judge.base_url is None else []),
    ]
    prices = {model: await catalog.price(model) for model in asked_here} if catalog else {}

    def price(model: str, prompt_tokens: int, completion_tokens: int) -> float | None:
        if own_engine:
            return None
        if listed and model not in listed and model.partition(":")[0] not in listed:
            return 0.0
        asked = prices.get(model)
        if asked is not None:
            return asked.of(prompt_tokens, completion_tokens)
        return outside.provider.price(model, prompt_tokens, completion_tokens)

    own = await _judge_price(outside, suite) if judge is not None and judge.base_url is not None else None
    usual = await usual_answer(outside.samples, work.identity(suite))
    done = 0 if work.fresh else await _kept(outside, work.identity(suite).id)
    found = forecast(suite, work, price, done=done, judge_price=own, usual=usual)
    return Takes(
        calls=found.calls,
        usd=found.cost_usd,
        most_usd=left_usd if work.max_cost_usd is None else min(work.max_cost_usd, left_usd),
        cases=found.cases,
        visible=found.visible,
        margin=found.margin,
        fewest=found.fewest,
        own_engine=own_engine,
        raw=work.raw,
        answer_tokens=found.answer_tokens,
        basis=found.basis,
        judge_calls=found.judge_calls,
    )


async def _kept(outside: Outside, run_id: str) -> int:
    """How many answers of a run are there already."""
    return sum([1 async for _ in outside.samples.kept(run_id)])


async def _judge_price(outside: Outside, suite: Suite) -> PriceList:
    try:
        async with judge_of(outside, suite) as judge:
            return judge.price
    except CouldNotRun:  # its key is not there: what it costs is the smaller trouble
        return lambda _model, _prompt_tokens, _completion_tokens: None
