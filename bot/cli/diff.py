"""`rotate diff`: compare two models on a suite from the terminal: options and progress; its output is `diff_output`."""

import contextlib
import gc
import os
import sqlite3
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

import typer

from bot.cli.diff_engine import own_engine, warn_of_engine
from bot.cli.diff_given import (
    Comparison,
    api_key,
    check_models,
    comparison_from_runbook,
    judges_key,
    parse_margins,
    parse_primary,
)
from bot.cli.diff_output import HtmlFile, JsonFile, JunitFile, MarkdownFile, Outputs, print_report
from bot.cli.diff_progress import Display
from bot.cli.diff_trial import trial_set
from bot.cli.exits import VERDICTS, ExitCode, Stop
from bot.cli.interrupts import Interrupted, run_unwinding

if TYPE_CHECKING:
    from bot.difftest.model.cases import CaseOutcome
    from bot.difftest.model.report import Report
    from bot.difftest.plan import ComparisonPlan
    from bot.difftest.ports import ChatProvider
    from bot.difftest.suite.model import Suite


_COLLECTED_EVERY: Final = 50_000
"""New objects between two searches for unused ones: nearly all that a comparison makes it keeps to its end, so that
Python's usual 700 make it look through modules and samples again and again, between the calls it times."""


def register(app: typer.Typer) -> None:
    """Add the verb: options alone run a comparison, `show` and `compare` read finished ones."""
    from bot.cli.diff_show import compare, show

    verb = typer.Typer(invoke_without_command=True, subcommand_metavar="[show|compare ...]")
    verb.callback()(diff)
    verb.command("show")(show)
    verb.command("compare")(compare)
    app.add_typer(verb, name="diff")


def diff(
    ctx: typer.Context,
    *,
    runbook: Annotated[Path | None, typer.Option(help="The runbook that names slot, suite and provider.")] = None,
    slot: Annotated[str | None, typer.Option(help="The model setting in the runbook.")] = None,
    base_url: Annotated[str | None, typer.Option(help="An OpenAI-compatible endpoint, with its version path.")] = None,
    current: Annotated[str | None, typer.Option(help="The model in use.")] = None,
    candidate: Annotated[str | None, typer.Option(help="The model that may replace it.")] = None,
    suite: Annotated[Path | None, typer.Option(help="The suite: .yml, .yaml, .json or .jsonl.")] = None,
    concurrency: Annotated[int | None, typer.Option(min=1, max=1000, help="Calls at a time; 8.")] = None,
    margin: Annotated[
        list[str] | None, typer.Option(metavar="DIMENSION=VALUE", help="quality=0.05 is 5 points, latency=0.25 +25 %.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Draws the order of calls; another seed is another run.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget an earlier run of the same comparison.")] = False,
    api_key_env: Annotated[str | None, typer.Option(help="The environment variable that holds the API key.")] = None,
    no_stream: Annotated[
        bool, typer.Option("--no-stream", help="Ask for whole answers: no time to first content.")
    ] = False,
    provider: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Behind a router: who alone may answer, without fallbacks."),
    ] = None,
    primary: Annotated[
        list[str] | None,
        typer.Option(metavar="DIMENSION", help="latency, cost: what must pass beside quality and tools."),
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option(min=0, metavar="USD", help="Hard cap on what the run may cost; 5.")
    ] = None,
    json_to: JsonFile = None,
    html: HtmlFile = None,
    markdown: MarkdownFile = None,
    junit: JunitFile = None,
) -> None:
    """Compare two models on a suite of cases; the same command goes on where it was stopped.

    Either --runbook, --slot and --candidate, or --base-url, --current, --candidate and --suite.
    """
    if ctx.invoked_subcommand is not None:
        _refuse_options(ctx)
        return
    outputs = Outputs(json_to, html, markdown, junit)
    outputs.check()
    margins, must_pass = parse_margins(margin or []), parse_primary(primary or [])
    if runbook is not None:
        given = {"--base-url": base_url, "--current": current, "--suite": suite}
        doubled = [name for name, value in given.items() if value is not None]
        if doubled or candidate is None:
            problem = f"without {', '.join(doubled)}" if doubled else "with --candidate"
            raise Stop(ExitCode.USAGE, f"--runbook says what is in use: give it {problem}.")
        comparison = comparison_from_runbook(runbook, slot, candidate)
    else:
        wanted = {"--base-url": base_url, "--current": current, "--candidate": candidate, "--suite": suite}
        missing = [name for name, value in wanted.items() if value is None]
        if missing or base_url is None or current is None or candidate is None or suite is None:
            what = ", ".join(missing)
            raise Stop(ExitCode.USAGE, f"Missing {what}. Give these, or --runbook, --slot and --candidate.")
        comparison = Comparison(base_url, current, candidate, suite, api_key_env)
    check_models(comparison)
    asked = Asked(
        comparison=comparison,
        margins={**comparison.margins, **margins},
        api_key_env=api_key_env or comparison.api_key_env,
        concurrency=comparison.concurrency if concurrency is None else concurrency,
        seed=comparison.seed if seed is None else seed,
        fresh=fresh,
        max_cost=comparison.max_cost if max_cost is None else max_cost,
        primary=must_pass,
        stream=not no_stream,
        only=tuple(provider or comparison.only),
    )
    report = run(asked, outputs)
    raise typer.Exit(VERDICTS[report.verdict.value])


def _refuse_options(ctx: typer.Context) -> None:
    """Options before `show` or `compare` would be lost: say so. Raises Stop."""
    given = [name for name, value in ctx.params.items() if value not in (None, False, (), [])]
    if given:
        option = f"--{given[0].removesuffix('_to').replace('_', '-')}"
        raise Stop(ExitCode.USAGE, f"{option} stands before `{ctx.invoked_subcommand}`: give its options after it.")


@dataclass(frozen=True)
class Asked:
    """A comparison with the options of this run."""

    comparison: Comparison
    margins: Mapping[str, float]
    api_key_env: str | None
    concurrency: int
    seed: int
    fresh: bool
    max_cost: float
    primary: tuple[str, ...] | None = None
    stream: bool = True
    only: tuple[str, ...] = ()


def state_folder() -> Path:
    """Where samples are kept: `$XDG_STATE_HOME/rotate`, else `.rotate` in the working directory."""
    home = os.environ.get("XDG_STATE_HOME")  # noqa: TID251 (a convention of the desktop, no setting of ours)
    return Path(home) / "rotate" if home else Path(".rotate")


def run(asked: Asked, outputs: Outputs) -> "Report":
    """Carry the comparison out, and show and write its report. Raises Stop for all that keeps it from a verdict."""
    gc.set_threshold(_COLLECTED_EVERY)
    from bot.adapters.clock import SystemClock
    from bot.difftest.external import RETRIES as OWN_RETRIES
    from bot.difftest.file_store import StoreUnusable
    from bot.difftest.mistyped import MistypedModel
    from bot.difftest.plan import RETRIES, ComparisonPlan, ProviderPin
    from bot.difftest.ports import RunBusy
    from bot.difftest.stopping import CouldNotRun
    from bot.difftest.suite.load import load_suite
    from bot.difftest.suite.located import MalformedFile
    from bot.runbook.texts import base_url_trouble

    chosen = asked.comparison
    engine = chosen.engine
    if engine is None and (trouble := base_url_trouble(chosen.base_url)):
        raise Stop(ExitCode.USAGE, f"--base-url: {trouble}.")
    try:
        suite = load_suite(chosen.suite)
    except MalformedFile as error:
        raise Stop(ExitCode.USAGE, str(error)) from None
    warn_of_engine(chosen, suite)
    judged_there = suite.judge is not None and suite.judge.base_url is None
    key = api_key(chosen.base_url, asked.api_key_env) if engine is None or judged_there else None
    judge_key = judges_key(suite)
    plan = ComparisonPlan(
        current=chosen.current,
        candidate=chosen.candidate,
        base_url=chosen.base_url.rstrip("/") if engine is None else engine.address,
        seed=asked.seed,
        concurrency=asked.concurrency,
        margins=cast("Any", asked.margins),
        primary=cast("Any", asked.primary),
        max_cost_usd=asked.max_cost,
        fresh=asked.fresh,
        at=SystemClock().now(),
        stream=asked.stream,
        pin=ProviderPin(asked.only, chosen.quantizations) if asked.only and engine is None else None,
        raw=engine is not None and engine.raw,
        retries=RETRIES if engine is None else OWN_RETRIES,
    )
    try:
        report = run_unwinding(_compare(suite, plan, key, judge_key, chosen))
    except MistypedModel as error:
        raise Stop(ExitCode.USAGE, f"--current: {error}") from None
    except (CouldNotRun, RunBusy, StoreUnusable) as error:
        reason = f"Could not run: {error}{'' if str(error).endswith(('.', '?')) else '.'}{_unsent(error, key)}"
        outputs.write_failure(reason)
        raise Stop(ExitCode.COULD_NOT_RUN, reason) from None
    except (Interrupted, KeyboardInterrupt) as end:
        sentence = "Stopped. The same command goes on from here."
        with contextlib.suppress(OSError, Stop):
            outputs.write_failure(sentence)
        raise Stop(end.exit_code if isinstance(end, Interrupted) else ExitCode.INTERRUPTED, sentence) from None
    except Stop as stop:
        outputs.write_failure(stop.sentence)
        raise
    except Exception:  # no older report may be taken for this run's, whatever broke it
        outputs.write_failure("Could not run: an unexpected error.")
        raise
    cases = _keep(suite, report)
    outputs.write(report, cases)
    print_report(report, to_stderr=outputs.stdout_taken)
    return report


def _unsent(error: Exception, key: str | None) -> str:
    """What a refused key really was: none, where nobody named one."""
    from bot.difftest.model.chat import ErrorKind

    refused = getattr(error, "kind", None) == ErrorKind.UNAUTHORISED
    return " No key was sent: on loopback none is, unless --api-key-env names one." if refused and key is None else ""


def _keep(suite: "Suite", report: "Report") -> "tuple[CaseOutcome, ...]":
    """Remember the report for `rotate diff show`, and answer what became of each case."""
    from bot.adapters.clock import SystemClock
    from bot.difftest.kept import judged_cases, keep

    folder = state_folder()
    try:
        cases = judged_cases(folder, suite, report)
        keep(folder, report, cases, SystemClock().now())
    except sqlite3.Error as error:  # the verdict is there, whatever becomes of its copy
        typer.echo(f"The report is not kept for `rotate diff show`: {error}.", err=True)
        return ()
    return cases


async def _listed(base_url: str, key: str | None) -> tuple[str, ...]:
    """What the provider says it has; asked only where a model is not found, and its client loaded only then."""
    from bot.adapters.catalog_openai import OpenAICatalog
    from bot.adapters.clock import SystemClock
    from bot.adapters.http import Http

    async with Http() as http:
        return await OpenAICatalog(base_url, key, http, SystemClock()).models()


def _priced(suite: "Suite", plan: "ComparisonPlan") -> tuple[str, ...]:
    """The models asked at the comparison's own endpoint."""
    judge = suite.judge
    return (plan.current, plan.candidate, *([judge.model] if judge is not None and not judge.apart else []))


async def _compare(
    suite: "Suite", plan: "ComparisonPlan", key: str | None, judge_key: str | None, chosen: Comparison
) -> "Report":
    from bot.adapters.clock import SystemClock
    from bot.adapters.provider_openai import OpenAIProvider
    from bot.difftest.file_store import FileStore
    from bot.difftest.lengths import usual_answer
    from bot.difftest.mistyped import Guarded, MistypedModel, answered_before, with_nearest
    from bot.difftest.model.chat import ErrorKind
    from bot.difftest.power import forecast
    from bot.difftest.run import run_comparison
    from bot.difftest.stopping import CouldNotRun

    clock = SystemClock()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(FileStore(state_folder(), clock.now))
        provider = judge = await stack.enter_async_context(
            OpenAIProvider(chosen.base_url, key, models=_priced(suite, plan))
        )
        if suite.judge is not None and suite.judge.apart:
            judge = OpenAIProvider(suite.judge.base_url or chosen.base_url, judge_key)
            await stack.enter_async_context(judge)
        run = plan.identity(suite)
        asked: ChatProvider = Guarded(
            provider, plan.current, lambda: _listed(plan.base_url, key), lambda: answered_before(store, run)
        )
        engine = own_engine(chosen.engine, suite, plan) if chosen.engine is not None else None
        await stack.enter_async_context(trial_set(chosen.test_target, plan.candidate, state_folder()))
        if engine is not None:  # left before the place is put back: nothing of it may still work with that
            asked = await stack.enter_async_context(engine)

        usual = await usual_answer(store, plan.identity(suite))

        def foretell(done: int) -> str:
            if plan.raw:
                return "Nothing will be judged: a person reads what the engine prints."
            told = forecast(suite, plan, asked.price, done=done, judge_price=judge.price, usual=usual)
            return told.sentences()

        try:
            with Display(foretell) as display:
                return await run_comparison(suite, plan, asked, store, clock, display.update, judge_provider=judge)
        except CouldNotRun as error:
            if error.kind is not ErrorKind.MODEL_NOT_FOUND or isinstance(error, MistypedModel):
                raise
            listed = await _listed(plan.base_url, key)
            raise with_nearest(error, (plan.candidate, plan.current), listed) from None
