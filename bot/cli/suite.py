"""`rotate suite`: check a suite, print its schema, carry one over from promptfoo, draw one from recorded traffic."""

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from bot.cli.exits import ExitCode, Stop
from bot.cli.telling import tell

if TYPE_CHECKING:
    from pydantic import JsonValue

    from bot.difftest.suite.traces.suite import Drawn, Wanted

_USUAL_POINTS: Final = 5.0
_RARE: Final = 0.05
"""What fewer of the cases are about is no matter of drawing more."""
Out = Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="A .yml or .json file; else stdout.")]
JudgeModel = Annotated[
    str | None, typer.Option("--judge", metavar="MODEL", help="The model that judges texts, written into the suite.")
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite the output file.")]


def register(app: typer.Typer) -> None:
    """Add the verb and its four commands."""
    group = typer.Typer(
        no_args_is_help=True, help="Check a suite, print its schema, import one, or draw one from recorded traffic."
    )
    group.command("check")(check)
    group.command("schema")(schema)
    group.command("import")(import_)
    group.command("from-traces")(from_traces)
    app.add_typer(group, name="suite")


def check(file: Annotated[Path, typer.Argument(help="The suite: .yml, .yaml, .json or .jsonl.")]) -> ExitCode:
    """Say every error with its line; or, when there is none, what the suite can see.

    Exit code 0 when it can be used, 2 when it cannot.
    """
    from bot.difftest.suite.load import load_located
    from bot.difftest.suite.located import MalformedFile
    from bot.difftest.suite.remarks import remarks
    from bot.difftest.suite.sight import sight

    try:
        suite, located = load_located(file)
    except MalformedFile as error:
        count = len(error.problems)
        raise Stop(ExitCode.USAGE, f"{error}\n{count} problem{'' if count == 1 else 's'}.") from None
    tell(f"{file} can be used: {len(suite.cases):,} case{'' if len(suite.cases) == 1 else 's'}.")
    for line in (*sight(suite), *remarks(located)):
        tell(f"- {line}")
    return ExitCode.PASS


def schema() -> ExitCode:
    """Print the JSON Schema of a suite, for editors and other programs."""
    import json

    from bot.difftest.suite.schema import schema as made

    typer.echo(json.dumps(made(), indent=2))
    return ExitCode.PASS


def import_(
    file: Annotated[Path, typer.Argument(metavar="CONFIG", help="A promptfooconfig.yaml.")],
    output: Out = None,
    judge: JudgeModel = None,
    root: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where files it names may lie; its own folder if not given.")
    ] = None,
    force: Force = False,
) -> ExitCode:
    """Carry a promptfoo configuration over: what needs no code to run. Nothing is run and nothing is fetched.

    Everything that is left behind is listed with its file, line and reason. Exit code 0 when all was carried over, 3
    when something was left behind, 1 when no case is left, 2 when the file cannot be read.
    """
    from bot.difftest.suite.located import MalformedFile
    from bot.difftest.suite.promptfoo.convert import import_promptfoo

    _writable(output, force=force)
    try:
        imported = import_promptfoo(file, root, judge)
    except MalformedFile as error:
        raise Stop(ExitCode.USAGE, str(error)) from None
    for note in imported.notes:
        tell(f"note: {note}", err=True)
    for left in imported.left:
        tell(f"left behind: {left}", err=True)
    if imported.suite is None:
        tell(f"No case could be carried over from {file}; nothing was written.", err=True)
        return ExitCode.FAIL
    _put(imported.suite, output, (f"Carried over from {file.name} by `rotate suite import`.",))
    behind = f"; {len(imported.left)} left behind, listed above" if imported.left else ", nothing left behind"
    tell(f"{imported.cases:,} case{'' if imported.cases == 1 else 's'}{behind}.", err=True)
    return ExitCode.INCONCLUSIVE if imported.left else ExitCode.PASS


def from_traces(  # noqa: PLR0917 (typer passes each by its name)
    file: Annotated[
        Path, typer.Argument(help="OpenTelemetry GenAI spans or chat-completion logs, one a line; .gz too.")
    ],
    output: Out = None,
    size: Annotated[int | None, typer.Option(min=1, max=100_000, help="How many cases.")] = None,
    see: Annotated[
        float | None,
        typer.Option(min=0.5, max=50, metavar="POINTS", help="As many as see such a difference at 80 % power; 5."),
    ] = None,
    judge: JudgeModel = None,
    no_judge: Annotated[
        bool, typer.Option("--no-judge", help="Hold texts to no refusal and a like length instead.")
    ] = False,
    by: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD", help="An attribute or metadata field that makes strata; may be repeated."),
    ] = None,
    tools: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Tool definitions, where the traffic does not record them.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed draws other cases.")] = 0,
    force: Force = False,
) -> ExitCode:
    """Draw a suite from recorded traffic: without repetitions, in proportion, secrets and personal data masked.

    Exit code 0 when as many cases as wanted were drawn, 3 when the traffic has fewer, 1 when it has none, 2 when a file
    cannot be read. Read the suite before you use it: names are only masked where a field says that it holds one.
    """
    from bot.difftest.suite.located import MalformedFile
    from bot.difftest.suite.traces.suite import Wanted, draw, told

    if size is not None and see is not None:
        raise Stop(ExitCode.USAGE, "Give --size or --see, not both.")
    if judge is not None and no_judge:
        raise Stop(ExitCode.USAGE, "Give --judge or --no-judge, not both.")
    _writable(output, force=force)
    points = see or _USUAL_POINTS
    wanted = Wanted(
        size=_enough(points) if size is None else size,
        seed=seed,
        judge=None if no_judge else _judge(judge),
        by=tuple(by or ()),
        tools=_tools(tools),
        name=file.name.removesuffix(".gz").rpartition(".")[0] or file.name,
    )
    if size is None:
        tell(f"To see a difference of ±{points:g} points at 80 % power: {wanted.size:,} cases.", err=True)
    try:
        drawn = _drawn(file, wanted, draw)
    except MalformedFile as error:
        raise Stop(ExitCode.USAGE, str(error)) from None
    for line in told(drawn, wanted):
        tell(line, err=True)
    if not drawn.cases:
        tell("No case could be made; nothing was written.", err=True)
        return ExitCode.FAIL
    _put(drawn.suite, output, _comments(file, wanted, drawn))
    if size is None:
        for line in rarer(drawn.suite, wanted.size, points):
            typer.echo(line, err=True)
    return ExitCode.PASS if len(drawn.cases) >= wanted.size else ExitCode.INCONCLUSIVE


def _judge(model: str | None) -> str | None:
    """The judge to write into the suite; None, and why, where there is none."""
    from bot.difftest.suite.kinds import has_judge

    if model and has_judge():
        return model
    why = "This version knows no judge" if model else "No judge is named (--judge MODEL)"
    tell(f"{why}: texts are held to no refusal and a like length.", err=True)
    return None


def _enough(points: float) -> int:
    """Cases that see such a difference, and that can pass at all when both models agree everywhere."""
    from bot.difftest.looks import ALPHA
    from bot.difftest.power import POWER, USUAL_DISCORDANCE
    from bot.difftest.stats.planning import fewest_n, noninferiority_n

    margin = points / 100
    usual = noninferiority_n(discordance=USUAL_DISCORDANCE, margin=margin, difference=0.0, alpha=ALPHA, power=POWER)
    return max(usual, fewest_n(margin, alpha=ALPHA))


def _tools(path: Path | None) -> "tuple[dict[str, JsonValue], ...]":
    if path is None:
        return ()
    from bot.difftest.suite.located import MalformedFile
    from bot.difftest.suite.traces.messages import tools_of
    from bot.difftest.suite.yaml_nodes import read_yaml

    try:
        data = read_yaml(path).data
    except MalformedFile as error:
        raise Stop(ExitCode.USAGE, str(error)) from None
    found = tools_of(data.get("tools") if isinstance(data, dict) else data)
    if not found:
        raise Stop(ExitCode.USAGE, f"{path}: a list of tools with their names and schemas is expected.")
    return tuple(found)


def _drawn(file: Path, wanted: "Wanted", draw: "Callable[..., Drawn]") -> "Drawn":
    """Draw, with a bar where somebody looks at the terminal."""
    if not sys.stderr.isatty():
        return draw(file, wanted)
    from rich.console import Console
    from rich.progress import Progress

    total = file.stat().st_size if file.is_file() and file.suffix != ".gz" else None
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"Reading {file.name}", total=total)
        return draw(file, wanted, lambda done: bar.update(task, completed=done))


def rarer(suite: "Mapping[str, Any]", needed: int, points: float) -> Iterator[str]:
    """What a dimension with fewer cases than were asked for cannot see, and how many would be drawn so that it can."""
    from bot.difftest.suite.model import Suite

    cases = Suite.model_validate({"name": "drawn", **suite}).cases
    told = {
        "quality": sum(case.about_quality for case in cases),
        "tools": sum(bool(case.about_tools) for case in cases),
    }
    for dimension, about in told.items():
        if _RARE * len(cases) <= about < min(needed, len(cases)):
            enough = math.ceil(needed * len(cases) / about)
            yield (
                f"{dimension}: {about:,} of the {len(cases):,} cases are about it; --size {enough:,} would see"
                f" ±{points:g} points there, too."
            )


def _comments(file: Path, wanted: "Wanted", drawn: "Drawn") -> tuple[str, ...]:
    masked = ", ".join(f"{number} {kind}" for kind, number in sorted(drawn.masked.items())) or "nothing"
    return (
        f"Drawn from {file.name} by `rotate suite from-traces`, seed {wanted.seed}:",
        f"{len(drawn.cases)} cases of {drawn.counts.usable} recorded requests.",
        "What is expected is what the recorded model did: look through it, and correct what it did wrong.",
        f"Masked: {masked}. Names stand where no field said so, too: read before you share.",
    )


def _writable(output: Path | None, *, force: bool) -> None:
    if output is None:
        return
    if output.suffix.lower() not in {".yml", ".yaml", ".json"}:
        raise Stop(ExitCode.USAGE, f"{output}: a suite with settings is a .yml, .yaml or .json file.")
    if output.exists() and not force:
        raise Stop(ExitCode.USAGE, f"{output} is there already; --force overwrites it.")
    if not output.absolute().parent.is_dir():
        raise Stop(ExitCode.USAGE, f"{output.parent} is no folder.")


def _put(suite: "Mapping[str, Any]", output: Path | None, comments: Sequence[str]) -> None:
    from bot.difftest.suite.sight import sight
    from bot.difftest.suite.writing import suite_json, suite_yaml, write_suite

    as_json = output is not None and output.suffix.lower() == ".json"
    text = suite_json(suite) if as_json else suite_yaml(suite, comments)
    if output is None:
        sys.stdout.write(text)
        return
    try:
        written = write_suite(text, output, private=bool(suite.get("private")))
    except OSError as error:
        raise Stop(ExitCode.COULD_NOT_RUN, f"{output} cannot be written: {error.strerror}") from None
    tell(f"{output}:", err=True)
    for line in sight(written):
        tell(f"- {line}", err=True)
