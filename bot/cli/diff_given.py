"""What `rotate diff` is given, on the command line or in a runbook: models, margins and keys, checked."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from bot.cli.exits import ExitCode, Stop

if TYPE_CHECKING:
    from bot.difftest.suite.model import Suite
    from bot.runbook.models.external import External
    from bot.runbook.models.plan import Plan
    from bot.runbook.models.targets.kinds import TargetPlan

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
    engine: "External | None" = None
    test_target: "TargetPlan | None" = None


def check_models(comparison: Comparison) -> None:
    """Raises Stop for a model id that is none, or a model to be compared with itself."""
    for option, model in (("--current", comparison.current), ("--candidate", comparison.candidate)):
        if not model.strip() or not model.isprintable() or model != model.strip():
            raise Stop(ExitCode.USAGE, f"{option} {model!r}: expected a model's id, such as acme/sable-4.")
    if comparison.current == comparison.candidate:
        what = f"--candidate {comparison.candidate} is the model in use; expected the one that may replace it."
        raise Stop(ExitCode.USAGE, what)


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
        only=rules.pinned(chosen) if plan.engine is None else (),
        quantizations=rules.provider.quantizations,
        engine=plan.engine,
        test_target=plan.test_target,
    )


async def _current_model(plan: "Plan") -> str:
    """The one model all targets of a slot hold. Raises Stop when they disagree or cannot be read."""
    from bot.app.targets import targets
    from bot.ports import OutsideError

    held: dict[str, str | None] = {}
    async with AsyncExitStack() as stack:
        adapters = await targets(None, stack)
        for target in (target for stage in plan.stages for target in stage.targets):
            try:
                found = await adapters[target.kind].read(target)
            except OutsideError as error:
                raise Stop(ExitCode.COULD_NOT_RUN, f"Could not run: {error}") from None
            if found is not None or not target.inherits:
                held[target.place] = found
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
    from bot.adapters.addresses import is_loopback

    if variable is None and is_loopback(base_url):
        return None
    from bot.runbook.texts import variable_trouble
    from bot.settings import key_trouble, secret

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
    name = suite.judge.api_key_env if suite.judge is not None else None
    if name is None:
        return None
    from bot.settings import secret

    key = secret(name)
    if key is None:
        raise Stop(ExitCode.USAGE, f"{name} is not set; it holds the API key for the suite's judge.")
    return key.get_secret_value()
