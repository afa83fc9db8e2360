"""`rotate diff` with an engine of the operator's own: its warning, and the command that answers the cases."""

from typing import TYPE_CHECKING

import typer

from bot.cli.diff_given import Comparison
from bot.cli.exits import ExitCode, Stop

if TYPE_CHECKING:
    from bot.adapters.provider_command import CommandProvider
    from bot.difftest.plan import ComparisonPlan
    from bot.difftest.suite.model import Suite
    from bot.runbook.models.external import External


def warn_of_engine(chosen: Comparison, suite: "Suite") -> None:
    """Say what the engine may do before it does it. Raises Stop where it cannot take the suite."""
    from bot.difftest.external import WARNING, unfit_for

    if chosen.engine is None:
        return
    if unfit := unfit_for(chosen.engine, suite):
        raise Stop(ExitCode.USAGE, "\n".join(f"{chosen.suite}: {one}." for one in unfit))
    typer.echo(f"{WARNING}.", err=True)


def own_engine(engine: "External", suite: "Suite", plan: "ComparisonPlan") -> "CommandProvider":
    """The command as a provider. Raises Stop where a variable it is to be given is not set."""
    from bot.adapters.provider_command import CommandProvider
    from bot.difftest.external import engine_run
    from bot.settings import engine_environment

    environment, missing = engine_environment(engine.environment)
    if missing:
        raise Stop(ExitCode.USAGE, f"{', '.join(missing)} is not set; the runbook's engine is to be given it.")
    given = [environment[name] for name in engine.environment]
    told = engine_run(suite, plan.current, plan.candidate)
    return CommandProvider(engine, told, environment=environment, secrets=lambda: given)
