"""Whether a model can do what a slot needs. What nobody says is neither yes nor no. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.catalog.model import Listed
from bot.runbook.models.catalog import Needs

TEXT = "text"


@dataclass(frozen=True)
class Able:
    """What a candidate has to be able to do; `context` is in tokens, 0 for any."""

    tools: bool
    structured_output: bool
    context: int


def needed(written: Needs, current: Listed | None) -> Able:
    """What the runbook says; where it does not, what the current model is listed with."""

    def of(name: str) -> bool:
        said = getattr(written, name)
        return bool(said if said is not None else current is not None and getattr(current, name))

    context = written.context if written.context is not None else (current.context if current is not None else None)
    return Able(tools=of("tools"), structured_output=of("structured_output"), context=context or 0)


def lacking(model: Listed, able: Able) -> tuple[str, ...]:
    """What a model is known not to be able to do, of what is needed."""
    return tuple(name for name, said in _asked(model, able) if said is False)


def unknown(model: Listed, able: Able) -> tuple[str, ...]:
    """What nobody says of a model, of what is needed."""
    return tuple(name for name, said in _asked(model, able) if said is None)


def _asked(model: Listed, able: Able) -> Iterator[tuple[str, bool | None]]:
    for name, modalities in (("reads text", model.inputs), ("answers in text", model.outputs)):
        # Hardly any list says so of a model that does; one that says what it does instead is believed.
        yield name, modalities is None or TEXT in modalities
    if able.tools:
        yield "tools", model.tools
    if able.structured_output:
        yield "structured output", model.structured_output
    if able.context:
        yield "context", None if model.context is None else model.context >= able.context
