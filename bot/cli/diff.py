"""`rotate diff`: compare two models on a suite from the terminal: options and progress; its output is `diff_output`."""

import asyncio
import os
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Self, cast
from urllib.parse import urlsplit

import typer

from bot.cli.diff_output import HtmlFile, JsonFile, JunitFile, MarkdownFile, Outputs, print_report
from bot.cli.exits import VERDICTS, ExitCode, Stop

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from bot.difftest.model.cases import CaseOutcome
    from bot.difftest.model.report import Report
    from bot.difftest.plan import ComparisonPlan
    from bot.difftest.run import Progress
    from bot.difftest.suite.model import Suite
    from bot.runbook.models.plan import Plan

_MARGINS: Final = ("quality", "tools", "latency", "cost")


@dataclass(frozen=True)
class Comparison:
    """What is to be compared, wherever it was written: on the command line or in a runbook."""

    base_url: str
    current: str
    candidate: str
    suite: Path
    api_key_env: str | None = None
    margins: Mapping[str, float] = field(default_factory=dict)
    concurrency: int = 8
    seed: int = 0
    max_cost: float = 5.0
    only: tuple[str, ...] = ()
    quantizations: tuple[str, ...] = ()


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
    _check_models(comparison)
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


def _check_models(comparison: Comparison) -> None:
    """Raises Stop for a model id that is none, or a model to be compared with itself."""
    for option, model in (("--current", comparison.current), ("--candidate", comparison.candidate)):
        if not model.strip() or not model.isprintable() or model != model.strip():
            raise Stop(ExitCode.USAGE, f"{option} {model!r}: expected a model's id, such as acme/sable-4.")
    if comparison.current == comparison.candidate:
        what = f"--candidate {comparison.candidate} is the model in use; expected the one that may replace it."
        raise Stop(ExitCode.USAGE, what)


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


def comparison_from_runbook(runbook: Path, slot: str | None, candidate: str) -> Comparison:
    """What a runbook's slot says: endpoint, suite, limits, and the model that its targets hold now.

    Margins the runbook does not write are left to the suite. Raises Stop with what is wrong and where.
    """
    from bot.runbook.load import load
    from bot.runbook.models.plan import plan_for
    from bot.runbook.problems import RunbookError

    try:
        rules = load(runbook).runbook
    except RunbookError as error:
        raise Stop(ExitCode.USAGE, str(error)) from None
    names = list(rules.slots)
    chosen = names[0] if slot is None and len(names) == 1 else slot
    if chosen not in rules.slots:
        what = "--slot is missing" if slot is None else f"--slot {slot}: the runbook has no such slot"
        raise Stop(ExitCode.USAGE, f"{what}; it has {', '.join(names)}.")
    plan = plan_for(rules, chosen)
    written = plan.comparison.margins
    return Comparison(
        base_url=rules.provider.url,
        current=asyncio.run(_current_model(plan)),
        candidate=candidate,
        suite=Path(plan.suite),
        api_key_env=None if rules.provider.api_key_env is None else rules.provider.key_variable,
        margins={name: getattr(written, name) for name in _MARGINS if name in written.model_fields_set},
        concurrency=plan.comparison.concurrency,
        seed=plan.comparison.seed,
        max_cost=plan.comparison.max_usd,
        only=rules.pinned(chosen),
        quantizations=rules.provider.quantizations,
    )


async def _current_model(plan: "Plan") -> str:
    """The one model all targets of a slot hold. Raises Stop when they disagree or cannot be read."""
    from bot.adapters.target_env_file import EnvFileTarget
    from bot.ports import OutsideError

    reader = EnvFileTarget(environment={})
    held: dict[str, str | None] = {}
    for stage in plan.stages:
        for target in stage.targets:
            try:
                held[target.place] = await reader.read(target)
            except OutsideError as error:
                raise Stop(ExitCode.COULD_NOT_RUN, f"Could not run: {error}") from None
    models = set(held.values())
    model = next(iter(models)) if len(models) == 1 else None
    if model is None:
        told = "; ".join(f"{place}: {value or 'not set'}" for place, value in held.items())
        raise Stop(ExitCode.COULD_NOT_RUN, f"Could not run: the stages do not all hold one model ({told}).")
    return model


def parse_margins(given: list[str]) -> dict[str, float]:
    """`quality=0.05` entries as numbers. Raises Stop with what is wrong."""
    margins: dict[str, float] = {}
    for entry in given:
        name, equals, text = entry.partition("=")
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not equals or name not in _MARGINS or not 0 < value < (1 if name in {"quality", "tools"} else 10):
            known = ", ".join(_MARGINS)
            what = f"one of {known}, and a proportion: quality=0.05 is 5 points, latency=0.25 is +25 %"
            raise Stop(ExitCode.USAGE, f"--margin {entry}: expected DIMENSION=VALUE with {what}.")
        margins[name] = value
    return margins


def parse_primary(given: list[str]) -> tuple[str, ...] | None:
    """The dimensions that must pass; None leaves it to the suite. Raises Stop for a name that is none."""
    for name in given:
        if name not in _MARGINS:
            raise Stop(ExitCode.USAGE, f"--primary {name}: expected one of {', '.join(_MARGINS)}.")
    return tuple(given) or None


def api_key(base_url: str, variable: str | None) -> str | None:
    """The key for an endpoint, from the environment or `.env`; loopback needs none. Raises Stop when it is missing."""
    from bot.adapters.provider_openai import is_loopback
    from bot.runbook.rules import variable_trouble
    from bot.settings import key_trouble, secret

    if variable is None and is_loopback(base_url):
        return None
    host = urlsplit(base_url).hostname or ""
    router = host == "openrouter.ai" or host.endswith(".openrouter.ai")
    if variable is not None and (trouble := variable_trouble(variable)):
        raise Stop(ExitCode.USAGE, f"--api-key-env: {trouble}.")
    name = variable or ("OPENROUTER_API_KEY" if router else "OPENAI_API_KEY")
    key = secret(name)
    if key is None:
        raise Stop(ExitCode.USAGE, f"{name} is not set; it holds the API key for {host} (--api-key-env names another).")
    if trouble := key_trouble(key):
        raise Stop(ExitCode.USAGE, f"{name} {trouble}.")
    return key.get_secret_value()


def judges_key(suite: "Suite") -> str | None:
    """The key for the suite's judge, where it names one of its own. Raises Stop when it is missing."""
    from bot.settings import secret

    name = suite.judge.api_key_env if suite.judge is not None else None
    if name is None:
        return None
    key = secret(name)
    if key is None:
        raise Stop(ExitCode.USAGE, f"{name} is not set; it holds the API key for the suite's judge.")
    return key.get_secret_value()


def state_folder() -> Path:
    """Where samples are kept: `$XDG_STATE_HOME/rotate`, else `.rotate` in the working directory."""
    home = os.environ.get("XDG_STATE_HOME")  # noqa: TID251 (a convention of the desktop, no setting of ours)
    return Path(home) / "rotate" if home else Path(".rotate")


def run(asked: Asked, outputs: Outputs) -> "Report":
    """Carry the comparison out, and show and write its report. Raises Stop for all that keeps it from a verdict."""
    from bot.adapters.clock import SystemClock
    from bot.difftest.file_store import StoreUnusable
    from bot.difftest.mistyped import MistypedModel
    from bot.difftest.plan import ComparisonPlan, ProviderPin
    from bot.difftest.ports import RunBusy
    from bot.difftest.stopping import CouldNotRun
    from bot.difftest.suite.load import load_suite
    from bot.difftest.suite.located import MalformedFile
    from bot.runbook.rules import base_url_trouble

    chosen = asked.comparison
    if trouble := base_url_trouble(chosen.base_url):
        raise Stop(ExitCode.USAGE, f"--base-url: {trouble}.")
    try:
        suite = load_suite(chosen.suite)
    except MalformedFile as error:
        raise Stop(ExitCode.USAGE, str(error)) from None
    key, judge_key = api_key(chosen.base_url, asked.api_key_env), judges_key(suite)
    plan = ComparisonPlan(
        current=chosen.current,
        candidate=chosen.candidate,
        base_url=chosen.base_url.rstrip("/"),
        seed=asked.seed,
        concurrency=asked.concurrency,
        margins=cast("Any", asked.margins),
        primary=cast("Any", asked.primary),
        max_cost_usd=asked.max_cost,
        fresh=asked.fresh,
        at=SystemClock().now(),
        stream=asked.stream,
        pin=ProviderPin(asked.only, chosen.quantizations) if asked.only else None,
    )
    try:
        report = asyncio.run(_compare(suite, plan, key, judge_key))
    except MistypedModel as error:
        raise Stop(ExitCode.USAGE, f"--current: {error}") from None
    except (CouldNotRun, RunBusy, StoreUnusable) as error:
        reason = f"Could not run: {error}{'' if str(error).endswith(('.', '?')) else '.'}"
        outputs.write_failure(reason)
        raise Stop(ExitCode.COULD_NOT_RUN, reason) from None
    except KeyboardInterrupt:
        raise Stop(ExitCode.INTERRUPTED, "Stopped. The same command goes on from here.") from None
    except Exception:  # no older report may be taken for this run's, whatever broke it
        outputs.write_failure("Could not run: an unexpected error.")
        raise
    cases = _keep(suite, report)
    outputs.write(report, cases)
    print_report(report, to_stderr=outputs.stdout_taken)
    return report


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


async def _compare(suite: "Suite", plan: "ComparisonPlan", key: str | None, judge_key: str | None) -> "Report":
    from bot.adapters.catalog_openai import OpenAICatalog
    from bot.adapters.clock import SystemClock
    from bot.adapters.http import Http
    from bot.adapters.provider_openai import OpenAIProvider
    from bot.difftest.file_store import FileStore
    from bot.difftest.mistyped import Guarded, answered_before
    from bot.difftest.power import forecast
    from bot.difftest.run import run_comparison

    clock = SystemClock()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(FileStore(state_folder(), clock.now))
        provider = judge = await stack.enter_async_context(OpenAIProvider(plan.base_url, key))
        if suite.judge is not None and suite.judge.apart:
            judge = OpenAIProvider(suite.judge.base_url or plan.base_url, judge_key)
            await stack.enter_async_context(judge)
        catalog = OpenAICatalog(plan.base_url, key, await stack.enter_async_context(Http()), clock)
        run = plan.identity(suite)
        asked = Guarded(provider, plan.current, catalog.models, lambda: answered_before(store, run))

        def foretell(done: int) -> str:
            return forecast(suite, plan, provider.price, done=done, judge_price=judge.price).sentences()

        with Display(foretell) as display:
            return await run_comparison(suite, plan, asked, store, clock, display.update, judge_provider=judge)


@dataclass
class Display:
    """What stderr shows while a run goes on: what it will take, then a bar where there is a terminal."""

    foretell: Any
    _bar: "Bar | None" = None
    _begun: bool = False

    def __enter__(self) -> Self:
        """Nothing is shown before the first progress."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the terminal as it was."""
        if self._bar is not None:
            self._bar.stop()

    def update(self, progress: "Progress") -> None:
        """Show how far the run is."""
        if not self._begun:
            self._begin(progress)
        if self._bar is not None:
            self._bar.update(
                self._bar.task_ids[0],
                completed=progress.done,
                cost=f"${progress.cost_usd:.2f}",
                left="" if progress.seconds_left is None else f"{progress.seconds_left:.0f} s left",
            )

    def _begin(self, progress: "Progress") -> None:
        self._begun = True
        if progress.done == progress.total:
            typer.echo("This comparison was finished before: no call is made. --fresh starts it anew.", err=True)
            return
        if progress.kept:
            typer.echo(f"Goes on from an earlier run: {progress.kept} of {progress.total} answers are kept.", err=True)
        typer.echo(self.foretell(progress.kept), err=True)
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

            columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[cost]}  {task.fields[left]}"))
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.add_task("", total=progress.total, completed=progress.done, cost="", left="")
            self._bar.start()
