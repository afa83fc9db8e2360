"""`rotate runbook`: check a runbook file, show it with every default filled in, print its schema for editors."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.exits import ExitCode, Stop

if TYPE_CHECKING:
    from bot.runbook.load import Loaded

File = Annotated[Path | None, typer.Argument(help="The runbook file.", show_default="runbook.yml")]
Runbook = Annotated[Path | None, typer.Option("--runbook", help="The same, as in the other verbs.")]
HERE = Path("runbook.yml")


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    group = typer.Typer(no_args_is_help=True, help="Check a runbook file; print its schema.")
    group.command("check")(check)
    group.command("show")(show)
    group.command("schema")(schema)
    app.add_typer(group, name="runbook")


def loaded(file: Path) -> "Loaded":
    """The runbook in a file. Raises Stop with every problem, one a line."""
    from bot.runbook.load import load
    from bot.runbook.problems import RunbookError

    try:
        return load(file)
    except RunbookError as error:
        raise _unusable([str(problem) for problem in error.problems]) from None


def loaded_with_suites(file: Path) -> "Loaded":
    """The runbook in a file whose suites and queries can be used too. Raises Stop with every problem, one a line."""
    from bot.difftest.suite.load import problems_in
    from bot.monitor.queries import query_problems

    found = loaded(file)
    unusable = [f"{file}: {problem}" for problem in query_problems(found.runbook)]
    if problems := [*unusable, *problems_in(slot.suite for slot in found.runbook.slots.values())]:
        raise _unusable(problems)
    return found


def _unusable(problems: list[str]) -> Stop:
    count = len(problems)
    told = "\n".join(problems)
    return Stop(ExitCode.USAGE, f"{told}\n{count} problem{'' if count == 1 else 's'}; nothing was started.")


def _meant(file: Path | None, runbook: Path | None) -> Path:
    """The one file that was named, by itself or by the option. Raises Stop for two different ones."""
    if file is not None and runbook is not None and file != runbook:
        raise Stop(ExitCode.USAGE, f"{file} and --runbook {runbook} name two files; name one")
    return file or runbook or HERE


def check(
    file: File = None,
    runbook: Runbook = None,
    *,
    live: Annotated[
        bool, typer.Option("--live", help="Also ask Slack and the metrics what can never pass; tokens as for doctor.")
    ] = False,
) -> ExitCode:
    """Say every error with its line, what is lost by what was left out, and what can never pass.

    Exit code 0 when it can be used, 1 when something in it can never pass, 2 when it is malformed.
    """
    from bot.runbook.check import omissions
    from bot.runbook.impossible import known_sizes, never_asked, unreachable_approvals
    from bot.runbook.tree import read_tree
    from bot.wording.units import count

    file = _meant(file, runbook)
    found = loaded_with_suites(file)
    typer.echo(f"{file} can be used: {count(len(found.runbook.slots), 'slot')}, digest {found.digest[:12]}.")
    for omission in omissions(found.runbook):
        typer.echo(f"- {omission}")
    tree = read_tree(found.texts[str(found.path)], str(file))
    for place, late in never_asked(found.runbook):
        typer.echo(f"- {tree.problem(place, late)}")
    impossible = list(unreachable_approvals(found.runbook, known_sizes(found.runbook)))
    for sentence in impossible:
        typer.echo(f"! can never pass: {sentence}")
    if not live:
        return ExitCode.FAIL if impossible else ExitCode.PASS
    return _live(file)


def _live(file: Path) -> ExitCode:
    from bot.app.examination import examine_installation
    from bot.cli.doctor import run, show_findings
    from bot.doctor.model import all_well

    findings = run(examine_installation(file, limits_only=True))
    show_findings(findings)
    return ExitCode.PASS if all_well(findings) else ExitCode.FAIL


def show(file: File = None, runbook: Runbook = None) -> ExitCode:
    """Print the runbook as it is used: every default filled in, every path absolute, and each slot's plan."""
    import sys

    from ruamel.yaml import YAML

    from bot.runbook.models.authority import authority_plan
    from bot.runbook.models.plan import plan_for
    from bot.runbook.models.written import WHOLE

    found = loaded(_meant(file, runbook))
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # ruamel types it as None
    plain = found.runbook.model_dump(mode="json", context=WHOLE)
    plain["authority"] = authority_plan(found.runbook.authority).model_dump(mode="json")
    plain["slots"] = {
        name: plan_for(found.runbook, name).model_dump(mode="json", exclude={"slot", "dry_run"}, context=WHOLE)
        for name in plain["slots"]
    }
    typer.echo(f"# {found.path}, digest {found.digest}")
    writer.dump(plain, sys.stdout)
    return ExitCode.PASS


def schema() -> ExitCode:
    """Print the JSON Schema of the file, for editors."""
    import json

    from bot.runbook.schema import schema as made

    typer.echo(json.dumps(made(), indent=2))
    return ExitCode.PASS
