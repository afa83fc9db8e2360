"""Carrying a comparison out: order, attempts, what stops it, what it costs, and going on where it stopped."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from bot.difftest.model.chat import ChatError, ChatRequest, Completion, ErrorKind, ToolCall
from bot.difftest.model.report import DimensionVerdict, OverheadReport, Report
from bot.difftest.model.sample import SampleKey
from bot.difftest.plan import ComparisonPlan, ProviderPin, request_for
from bot.difftest.ports import RunBusy
from bot.difftest.power import forecast
from bot.difftest.run import BEGUN_APART_S, Progress, run_comparison
from bot.difftest.smoke import prove_model, smoke
from bot.difftest.stopping import CouldNotRun
from bot.difftest.suite.model import Case, Suite
from tests.difftest.making import PLAN, TOOL, suite
from tests.difftest.world import Answer, ManualClock, MemoryStore, ScriptedProvider, right, talkative


@dataclass
class World:
    """Everything a run needs, with defaults."""

    suite: Suite = field(default_factory=lambda: suite(60))
    plan: ComparisonPlan = PLAN
    provider: ScriptedProvider = field(default_factory=ScriptedProvider)
    store: MemoryStore = field(default_factory=MemoryStore)
    clock: ManualClock = field(default_factory=ManualClock)
    told: list[Progress] = field(default_factory=list)

    async def run(self) -> Report:
        return await run_comparison(self.suite, self.plan, self.provider, self.store, self.clock, self.told.append)


def world(answer: Answer = right, cases: int = 60, **plan: object) -> World:
    return World(suite(cases), replace(PLAN, **plan), ScriptedProvider(answer))  # type: ignore[arg-type]


def failing(
    error: Callable[[], ChatError], *, times: int = 10**9, model: str = "acme/new", cases: int = 10**9
) -> Answer:
    """A script that gives one model's first `cases` prompts an error the first so many times."""

    def answer(request: ChatRequest, asked: int) -> Completion | ChatError:
        number = int(str(request.messages[0]).split("case-")[1][:4])
        return error() if request.model == model and asked < times and number < cases else right(request, asked)

    return answer


def trouble(kind: ErrorKind, **fields: float) -> Callable[[], ChatError]:
    return lambda: ChatError(kind, "said the server", **fields)  # type: ignore[arg-type]


async def test_a_whole_run() -> None:
    it = world()
    report = await it.run()
    assert (report.verdict, report.calls, report.repeated_calls) == ("pass", 120, 0)
    assert report.cost_usd == pytest.approx(1.2)
    assert Counter(request.model for request in it.provider.asked) == {"acme/old": 60, "acme/new": 60}
    assert it.provider.most_at_once == PLAN.concurrency
    assert (it.told[0].done, it.told[-1].done, it.told[-1].total) == (0, 120, 120)
    assert [p.done for p in it.told] == sorted(p.done for p in it.told)
    assert it.told[-1].cost_usd == pytest.approx(1.2)


async def test_the_first_calls_are_not_begun_in_one_instant() -> None:
    it = world(concurrency=5)
    begun: list[float] = []

    async def a_second() -> None:
        begun.append(it.clock.now)
        await it.clock.sleep(1)

    it.provider.takes = a_second
    await it.run()
    assert begun[:5] == pytest.approx([number * BEGUN_APART_S for number in range(5)])


async def test_models_are_interleaved_in_an_order_the_seed_draws() -> None:
    whole = suite(200)
    order = PLAN.order(whole)
    assert order == PLAN.order(whole)
    assert order != replace(PLAN, seed=1).order(whole)
    pairs = [(order[n], order[n + 1]) for n in range(0, 400, 2)]
    assert all(one.case == two.case and one.arm != two.arm for one, two in pairs)
    assert 70 < sum(one.arm == "current" for one, _ in pairs) < 130
    assert [one.case for one, _ in pairs] != [case.id for case in whole.cases]


# Attempts


async def test_infrastructure_errors_are_tried_again_and_waits_are_no_latency() -> None:
    it = world(failing(trouble(ErrorKind.RATE_LIMITED, retry_after_s=30.0), times=2, cases=5), concurrency=1)
    report = await it.run()
    assert (report.verdict, report.calls, report.pairs_lost) == ("pass", 130, 0)
    assert report.dimensions.latency.p95_s.candidate is not None
    assert report.dimensions.latency.p95_s.candidate < 1
    assert [30 <= wait < 31 for wait in it.clock.slept] == [True] * 10
    sample = next(s for s in it.store.samples[report.run_id].values() if s.key[:2] == ("case-0000", "candidate"))
    assert sample.attempts == 3
    assert sample.waited_s == pytest.approx(60, abs=2)
    assert (report.errors["current"].retried, report.errors["candidate"].retried) == (0, 5)


async def test_a_pair_is_lost_after_the_last_attempt() -> None:
    it = world(failing(trouble(ErrorKind.SERVER_ERROR), cases=1), cases=100, retries=3)
    report = await it.run()
    assert (report.pairs_lost, report.errors["candidate"].kinds) == (1, {"server_error": 1})
    assert report.calls == 203
    assert all(wait <= 2 for wait in it.clock.slept)


async def test_a_wait_longer_than_anybody_has_is_not_waited() -> None:
    it = world(failing(trouble(ErrorKind.RATE_LIMITED, retry_after_s=7200.0), cases=1), cases=100, concurrency=1)
    assert (await it.run()).pairs_lost == 1
    assert it.clock.slept == []


async def test_errors_of_the_model_are_not_tried_again() -> None:
    it = world(failing(trouble(ErrorKind.CONTENT_FILTER), cases=30))
    report = await it.run()
    assert (report.verdict, report.calls) == ("fail", 120)


async def test_an_endpoint_that_wants_to_be_asked_differently_is_at_once() -> None:
    it = world(failing(trouble(ErrorKind.STREAM_REFUSED), times=1, cases=4), concurrency=1)
    report = await it.run()
    assert (report.verdict, report.calls, it.clock.slept) == ("pass", 124, [])


# What stops a run


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (ErrorKind.UNAUTHORISED, "does not accept the API key"),
        (ErrorKind.PAYMENT_REQUIRED, "out of credit"),
        (ErrorKind.FORBIDDEN, "whoever owns it can grant it"),
    ],
)
async def test_trouble_with_the_account_stops_the_run_and_is_not_kept(kind: ErrorKind, told: str) -> None:
    it = world(failing(trouble(kind)), concurrency=1)
    with pytest.raises(CouldNotRun, match=told) as caught:
        await it.run()
    assert (caught.value.whose, caught.value.kind) == ("account", kind)
    assert len(it.provider.asked) <= 2
    it.provider.answer = right
    assert (await it.run()).verdict == "pass"


async def test_an_endpoint_that_is_not_there_stops_the_run() -> None:
    it = world(lambda _request, _asked: ChatError(ErrorKind.UNREACHABLE, "cannot be reached"))
    with pytest.raises(CouldNotRun) as caught:
        await it.run()
    assert caught.value.whose == "network"
    it.provider.answer = right
    report = await it.run()
    assert (report.verdict, report.pairs_lost) == ("pass", 0)


async def test_a_provider_that_fails_everybody_stops_the_run_and_loses_nothing() -> None:
    it = world(lambda _request, _asked: ChatError(ErrorKind.OVERLOADED, "too busy"))
    with pytest.raises(CouldNotRun, match="in a row, to both models: too busy") as caught:
        await it.run()
    assert caught.value.whose == "provider"
    it.provider.answer = right
    report = await it.run()
    assert (report.verdict, report.pairs_lost, report.errors["current"].lost) == ("pass", 0, 0)


async def test_a_provider_that_fails_one_model_only_is_inconclusive() -> None:
    report = await world(failing(trouble(ErrorKind.OVERLOADED)), retries=0).run()
    assert report.verdict == "inconclusive"
    assert "60 pairs of 60" in report.reason


async def test_a_candidate_nobody_has_is_a_mistake_and_no_verdict() -> None:
    it = world(failing(trouble(ErrorKind.MODEL_NOT_FOUND)), concurrency=1)
    with pytest.raises(CouldNotRun, match="has no model acme/new") as caught:
        await it.run()
    assert caught.value.whose == "request"
    assert len(it.provider.asked) <= 7


async def test_two_models_nobody_has_are_a_wrong_address() -> None:
    it = world(lambda _request, _asked: ChatError(ErrorKind.MODEL_NOT_FOUND, "404: Not Found"))
    with pytest.raises(CouldNotRun, match="the version path of the base URL"):
        await it.run()


async def test_a_current_model_nobody_has_any_more_leaves_the_candidate_alone() -> None:
    report = await world(failing(trouble(ErrorKind.MODEL_NOT_FOUND), model="acme/old")).run()
    assert (report.mode, report.verdict) == ("candidate_alone", "pass")


@pytest.mark.parametrize("kind", [ErrorKind.BAD_REQUEST, ErrorKind.UNSUPPORTED])
@pytest.mark.parametrize("cases", [3, 60])
async def test_a_provider_that_refuses_every_request_of_both_gives_no_verdict(kind: ErrorKind, cases: int) -> None:
    it = world(lambda _request, _asked: ChatError(kind, "400: max_tokens must be positive"), cases=cases, concurrency=4)
    with pytest.raises(CouldNotRun, match=r"refused .* requests in a row, to both models: 400: max_tokens") as caught:
        await it.run()
    assert (caught.value.whose, caught.value.kind) == ("request", kind)
    assert len(it.provider.asked) <= 14
    it.provider.answer = right
    report = await it.run()
    assert (report.errors["current"].failed, len(it.provider.asked) - report.calls) == (0, 0)


async def test_a_request_that_one_model_refuses_is_that_models_failure() -> None:
    assert (await world(failing(trouble(ErrorKind.BAD_REQUEST))).run()).verdict == "fail"


# Money


async def test_an_unknown_price_is_found_out_one_call_a_model_at_a_time() -> None:
    it = world(max_cost_usd=0.00001, concurrency=50)
    it.provider.takes = lambda: it.clock.sleep(1)
    report = await it.run()
    assert (report.verdict, len(it.provider.asked), it.provider.most_at_once) == ("inconclusive", 2, 2)
    assert "budget of $0.00001, over which it went to $0.02" in report.reason
    assert "2 of 120 samples" in report.reason


async def test_once_a_price_is_known_calls_are_made_side_by_side() -> None:
    it = world(max_cost_usd=5.0, concurrency=20)
    assert (await it.run()).verdict == "pass"
    assert it.provider.most_at_once == 20


async def test_where_nobody_ever_says_what_a_call_costs_that_is_said() -> None:
    def free_of_figures(request: ChatRequest, asked: int) -> Completion:
        return replace(right(request, asked), cost_usd=None, cost_source="unknown")

    it = world(free_of_figures, max_cost_usd=5.0, concurrency=20)
    report = await it.run()
    assert (len(it.provider.asked), it.provider.most_at_once) == (120, 20)
    assert "What the current model's answers cost is unknown, so no budget could be held against them." in report.notes


async def test_what_is_left_of_the_day_counts_only_what_is_spent_now() -> None:
    it = world(max_cost_usd=0.5, concurrency=4)
    await it.run()
    it.plan = replace(it.plan, max_cost_usd=5.0, left_usd=0.1)
    report = await it.run()
    spent = sum(sample.cost_usd or 0 for sample in it.store.samples[report.run_id].values())
    assert report.verdict == "inconclusive"
    assert spent == pytest.approx(0.6)
    assert "what was left of the day's budget, $0.10 after 60 of 120 samples" in report.reason


async def test_the_budget_is_a_hard_cap_and_more_money_goes_on() -> None:
    it = world(max_cost_usd=0.5, concurrency=4)
    report = await it.run()
    assert report.verdict == "inconclusive"
    assert "budget of $0.50" in report.reason
    spent = sum(sample.cost_usd or 0 for sample in it.store.samples[report.run_id].values())
    assert 0.4 < spent <= 0.5 + 1e-9
    it.plan = replace(it.plan, max_cost_usd=5.0)
    report = await it.run()
    assert (report.verdict, report.calls, len(it.provider.asked)) == ("pass", 120, 120)


async def test_a_list_price_keeps_even_the_first_calls_under_the_cap() -> None:
    it = world(max_cost_usd=0.05, concurrency=50)
    it.provider.price_usd = 0.02
    await it.run()
    assert len(it.provider.asked) <= 2 + 3


async def test_a_budget_of_nothing_asks_nothing_that_costs() -> None:
    it = world(max_cost_usd=0.0)
    it.provider.price_usd = 0.01
    report = await it.run()
    assert (report.verdict, it.provider.asked, report.calls) == ("inconclusive", [], 0)
    unknown = world(max_cost_usd=0.0)
    report = await unknown.run()
    assert (unknown.provider.asked, "budget of $0.00 after 0 of 120" in report.reason) == ([], True)


# Going on


async def test_a_finished_run_is_not_asked_again_unless_fresh() -> None:
    it = world()
    first = await it.run()
    it.told.clear()
    again = await it.run()
    assert again == first
    assert again.digest() == first.digest()
    assert len(it.provider.asked) == 120
    assert [(p.done, p.kept, p.total) for p in it.told] == [(120, 120, 120)]
    it.plan = replace(it.plan, fresh=True)
    await it.run()
    assert len(it.provider.asked) == 240


async def test_other_margins_judge_the_same_answers_anew() -> None:
    it = world()
    await it.run()
    it.plan = replace(it.plan, margins={"quality": 0.01})
    report = await it.run()
    assert (report.verdict, len(it.provider.asked)) == ("inconclusive", 120)


@pytest.mark.parametrize("after", [1, 17, 60, 119])
async def test_a_cancelled_run_goes_on_and_only_calls_in_flight_are_repeated(after: int) -> None:
    it = world(concurrency=6)
    reference = await world(concurrency=6).run()
    task: asyncio.Task[Report] | None = None

    def stop(progress: Progress) -> None:
        if progress.done == after and task is not None:
            task.cancel()

    task = asyncio.create_task(
        run_comparison(it.suite, it.plan, it.provider, it.store, it.clock, stop),
    )
    with pytest.raises(asyncio.CancelledError):
        await task
    sent = len(it.provider.asked)
    report = await it.run()
    assert report.repeated_calls <= 6
    assert len(it.provider.asked) <= 120 + report.repeated_calls
    assert sent < 126
    assert report.model_copy(update={"repeated_calls": 0}) == reference


async def test_a_run_somebody_has_is_refused() -> None:
    it = world()
    it.store.held.add(it.plan.identity(it.suite).id)
    with pytest.raises(RunBusy, match="process 1 on elsewhere has been working on this comparison since today"):
        await it.run()


async def test_the_run_is_given_back_whatever_happens() -> None:
    it = world(failing(trouble(ErrorKind.UNAUTHORISED)))
    with pytest.raises(CouldNotRun):
        await it.run()
    assert it.store.held == set()


# Conversations with scripted tool results


def chatty(cases: int = 30, **plan: object) -> World:
    """A tool that answers with an error once, so that every conversation has three turns."""
    rows = [
        Case.model_validate(
            {
                "id": f"case-{number:04d}",
                "messages": [{"role": "user", "content": f"case-{number:04d}"}],
                "tools": [TOOL],
                "assert": [{"type": "contains", "value": "right"}],
                "results": [
                    {"tool": "get_weather", "error": "the service is busy", "times": 1},
                    {"tool": "get_weather", "content": {"sky": "rain"}},
                ],
            }
        )
        for number in range(cases)
    ]
    plan = {"margins": {"quality": 0.3}, **plan}
    return World(suite(rows), replace(PLAN, **plan), ScriptedProvider(talkative))  # type: ignore[arg-type]


async def test_a_model_is_asked_again_with_what_its_tools_answered() -> None:
    it = chatty()
    assert forecast(it.suite, it.plan, it.provider.price).calls == 180
    report = await it.run()
    assert (report.verdict, report.calls, len(it.provider.asked)) == ("pass", 180, 180)
    assert report.cost_usd == pytest.approx(1.8)
    kept = it.store.samples[report.run_id][SampleKey("case-0003", "candidate", 0)]
    assert [len(turn.tool_calls) for turn in kept.turns] == [1, 1, 0]
    assert (kept.text, len(kept.tool_calls), kept.attempts) == ("right", 2, 3)
    assert kept.cost_usd == pytest.approx(0.03)
    longest = max(it.provider.asked, key=lambda request: len(request.messages))
    assert [m["role"] for m in longest.messages if isinstance(m, dict)] == ["user", *["assistant", "tool"] * 2]


@pytest.mark.parametrize("after", [1, 5, 13, 60, 119, 179])
async def test_a_conversation_goes_on_from_its_last_turn(after: int) -> None:
    reference = await chatty(concurrency=4).run()
    it = chatty(concurrency=4)

    def dying(request: ChatRequest, asked: int) -> Completion:
        if len(it.provider.asked) > after:
            task.cancel()
        return talkative(request, asked)

    it.provider.answer = dying
    task = asyncio.create_task(it.run())
    with pytest.raises(asyncio.CancelledError):
        await task
    it.provider.answer = talkative
    report = await it.run()
    assert report.repeated_calls <= 4
    assert len(it.provider.asked) == 180 + report.repeated_calls
    assert report.model_copy(update={"repeated_calls": 0}) == reference


async def test_the_cap_holds_within_a_conversation_and_more_money_goes_on_from_there() -> None:
    it = chatty(max_cost_usd=0.145, concurrency=3)
    report = await it.run()
    assert (report.verdict, "budget of $0.14" in report.reason or "budget of $0.15" in report.reason) == (
        "inconclusive",
        True,
    )
    asked = len(it.provider.asked)
    assert 10 <= asked <= 14
    it.plan = replace(it.plan, max_cost_usd=5.0)
    report = await it.run()
    assert (report.verdict, report.calls, len(it.provider.asked)) == ("pass", 180, 180)


async def test_an_error_on_the_way_is_tried_again_and_then_loses_the_pair() -> None:
    def flaky(request: ChatRequest, asked: int) -> Completion | ChatError:
        if request.model == "acme/new" and len(request.messages) == 3 and asked < 2:
            return ChatError(ErrorKind.OVERLOADED, "busy")
        return talkative(request, asked)

    it = chatty()
    it.provider.answer = flaky
    assert (await it.run()).calls == 180 + 60
    it = chatty(retries=1)
    it.provider.answer = flaky
    report = await it.run()
    assert (report.pairs_lost, report.verdict) == (30, "inconclusive")


# The way to the endpoint, and what the client adds


async def test_the_way_is_warmed_once_and_only_where_something_is_asked() -> None:
    it = world(concurrency=5, stream=False)
    it.provider.overhead = OverheadReport(p50_ms=40.0, p95_ms=60.0)
    first = await it.run()
    assert it.provider.prepared == [(5, False)]
    assert {request.stream for request in it.provider.asked} == {False}
    assert first.overhead == it.provider.overhead
    assert any("itself adds about 40 ms to each time, 8% of a usual answer" in note for note in first.notes)
    assert await it.run() == first
    assert len(it.provider.prepared) == 1
    it.provider.overhead = OverheadReport(p50_ms=1.0, p95_ms=2.0)
    it.plan = replace(it.plan, fresh=True)
    calm = await it.run()
    assert (calm.overhead, calm.notes) == (it.provider.overhead, ())


def test_streaming_and_pinning_are_part_of_the_identity_only_where_they_are_used() -> None:
    plain = PLAN.identity(suite(3))
    assert replace(PLAN, stream=True, pin=None).identity(suite(3)) == plain
    assert replace(PLAN, stream=False).identity(suite(3)).id != plain.id
    pinned = replace(PLAN, pin=ProviderPin(("azure",), ("fp8",)))
    assert pinned.identity(suite(3)).id != plain.id
    asked = request_for(suite(3).cases[0], "m", pinned.asked_with(suite(3, parameters={"provider": {"sort": "price"}})))
    assert asked.parameters["provider"] == {
        "sort": "price",
        "only": ["azure"],
        "allow_fallbacks": False,
        "require_parameters": True,
        "quantizations": ["fp8"],
    }
    written = request_for(suite(3).cases[0], "m", PLAN.asked_with(suite(3, parameters={"stream": False})))
    assert (written.stream, written.parameters) == (False, {})


# A current model that is gone


async def test_the_last_stored_answers_stand_in_for_a_model_that_is_gone() -> None:
    it = world()
    it.plan = replace(PLAN, current="acme/older", candidate="acme/old")
    await it.run()
    gone = failing(trouble(ErrorKind.MODEL_NOT_FOUND), model="acme/old")
    it.plan, it.provider.answer = PLAN, gone
    report = await it.run()
    assert (report.mode, report.verdict) == ("stored_current", "pass")
    assert "compared with its last stored answers; latency and cost were not compared" in report.reason
    assert report.dimensions.quality.current == 1.0
    assert {report.dimensions.latency.verdict, report.dimensions.cost.verdict} == {DimensionVerdict.NOT_TESTED}
    assert report.dimensions.latency.p50_s.current is None
    assert report.cost_usd == pytest.approx(0.6)
    it.plan = replace(PLAN, max_cost_usd=5.0)
    capped = await it.run()
    assert capped.mode == "stored_current"
    assert not [note for note in capped.notes if "budget" in note]  # of what nobody was asked now


async def test_what_the_gone_model_answered_is_shown_beside_a_regression() -> None:
    it = world()
    await it.run()

    def wrong_and_gone(request: ChatRequest, asked: int) -> Completion | ChatError:
        if request.model == "acme/old":
            return ChatError(ErrorKind.MODEL_NOT_FOUND, "gone")
        return replace(right(request, asked), text=f"wrong {request.messages}")

    it.plan, it.provider.answer = replace(PLAN, candidate="acme/newer"), wrong_and_gone
    report = await it.run()
    assert (report.mode, report.verdict, len(report.worst_regressions)) == ("stored_current", "fail", 5)
    shown = report.worst_regressions[0]
    assert (shown.current_answer, shown.case in shown.candidate_answer) == ("right", True)


async def test_an_earlier_run_that_answered_too_little_does_not_stand_in() -> None:
    it = world(max_cost_usd=0.5)
    await it.run()
    it.plan = replace(PLAN, candidate="acme/newer")
    it.provider.answer = failing(trouble(ErrorKind.MODEL_NOT_FOUND), model="acme/old")
    assert (await it.run()).mode == "candidate_alone"


async def test_words_are_not_kept_in_memory_but_shown() -> None:
    def once_wrong(request: ChatRequest, asked: int) -> Completion:
        answer = right(request, asked)
        bad = request.model == "acme/new" and "0007" in str(request.messages)
        return replace(answer, text="no idea") if bad else answer

    report = await world(once_wrong).run()
    (shown,) = report.worst_regressions
    assert (shown.case, shown.current_answer, shown.candidate_answer) == ("case-0007", "right", "no idea")


# One model alone


async def test_smoke() -> None:
    provider = ScriptedProvider(failing(trouble(ErrorKind.CONTENT_FILTER), cases=2))
    result = await smoke(suite(60), "acme/new", provider, ManualClock(), limit=5)
    assert (result.asked, result.passed, result.lost, result.verdict) == (5, 3, 0, "fail")
    assert [case for case, _ in result.failures] == ["case-0000", "case-0001"]
    assert (await smoke(suite(3), "acme/old", provider, ManualClock())).verdict == "pass"
    lossy = ScriptedProvider(failing(trouble(ErrorKind.TIMEOUT), cases=1))
    result = await smoke(suite(3), "acme/new", lossy, ManualClock())
    assert (result.passed, result.lost, result.verdict) == (2, 1, "inconclusive")
    locked = ScriptedProvider(failing(trouble(ErrorKind.UNAUTHORISED)))
    with pytest.raises(CouldNotRun):
        await smoke(suite(3), "acme/new", locked, ManualClock())


async def test_smoke_has_conversations_to_their_end() -> None:
    provider = ScriptedProvider(talkative)
    result = await smoke(chatty().suite, "acme/new", provider, ManualClock(), limit=4)
    assert (result.passed, result.verdict, len(provider.asked)) == (4, "pass", 12)
    assert result.cost_usd == pytest.approx(0.12)


async def test_prove_model() -> None:
    assert (await prove_model(ScriptedProvider(), "acme/new")).alive
    dead = await prove_model(ScriptedProvider(lambda _r, _n: ChatError(ErrorKind.MODEL_NOT_FOUND, "gone")), "acme/new")
    assert (dead.alive, dead.kind, dead.message) == (False, ErrorKind.MODEL_NOT_FOUND, "gone")
    fussy = ScriptedProvider(lambda r, n: ChatError(ErrorKind.STREAM_REFUSED, "no stream") if n == 0 else right(r, n))
    assert (await prove_model(fussy, "acme/new")).alive


async def test_half_a_character_in_an_answer_keeps_no_report_from_being_written() -> None:
    def halved(request: ChatRequest, asked: int) -> Completion:
        call = ToolCall(name="look\ud83d", arguments='{"of": "\ude00"}')
        return replace(right(request, asked), text="right \ud83d and \ud83d\ude00", tool_calls=(call,))

    it = world(halved)
    report = await it.run()
    sample = next(iter(it.store.samples[report.run_id].values()))
    assert sample.text == "right \ufffd and 😀"
    assert (sample.tool_calls[0].name, sample.tool_calls[0].arguments) == ("look\ufffd", '{"of": "\ufffd"}')
    assert report.model_dump_json().encode()
