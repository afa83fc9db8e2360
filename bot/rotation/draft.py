"""A rotation being led from one state to the next: the state so far and the effects it asked for.

A `Draft` lives inside one `transition` and is never stored. It only spares the handlers threading two values through.
"""

from datetime import datetime
from typing import cast

from pydantic import JsonValue

from bot.rotation.effects import (
    ClearTimer,
    Effect,
    Page,
    PostQuestion,
    PostSummary,
    PostTimeline,
    SetTimer,
    UpdateCard,
    UpdateQuestion,
)
from bot.rotation.evidence import Dimension
from bot.rotation.model.rotation import Phase, Rotation
from bot.rotation.model.targets import TargetState

JsonFacts = dict[str, JsonValue]


class Draft:
    """The next state and what must be done; `at` is the time of the event that leads there."""

    def __init__(self, rotation: Rotation, at: datetime) -> None:
        """Start from a stored state."""
        self.before = rotation
        self.rotation = rotation
        self.at = at
        self.effects: list[Effect] = []

    def set(self, **changes: object) -> None:
        """Replace fields of the state."""
        self.rotation = self.rotation.model_copy(update=changes)

    def put(self, target: TargetState) -> None:
        """Replace one target's state."""
        self.set(targets=self.rotation.with_target(target).targets)

    def enter(self, phase: Phase, **changes: object) -> None:
        """Go to a phase."""
        self.set(phase=phase, **changes)

    def lead_to(self, phase: Phase, **changes: object) -> None:
        """Go to a phase that changes no target; while paused, remember it as where to go on."""
        if self.rotation.phase is Phase.PAUSED and self.rotation.pause is not None:
            self.set(pause=self.rotation.pause.model_copy(update={"returns_to": phase}), **changes)
        else:
            self.enter(phase, **changes)

    def number(self) -> int:
        """The next number of this rotation: makes question ids and the keys of repeatable effects unique."""
        self.set(asked=self.rotation.asked + 1)
        return self.rotation.asked

    def do(self, *effects: Effect) -> None:
        """Ask for effects, in this order."""
        self.effects.extend(effects)

    def tell(self, code: str, **facts: object) -> None:
        """One line for the thread."""
        self.do(PostTimeline(code=code, facts=cast("JsonFacts", facts), number=self.number()))

    def announce(self, code: str, **facts: object) -> None:
        """A message for the slot's channel."""
        self.do(PostSummary(code=code, facts=cast("JsonFacts", facts), number=self.number()))

    def page(self, cause: str, dimension: Dimension | None = None, **facts: object) -> None:
        """Tell whoever owns it about one cause."""
        self.do(Page(cause=cause, dimension=dimension, facts=cast("JsonFacts", facts), number=self.number()))

    def wake(self, name: str, due: datetime) -> None:
        """Set a timer."""
        self.do(SetTimer(name=name, due=due))

    def forget(self, *names: str) -> None:
        """Clear timers."""
        self.do(*(ClearTimer(name=name) for name in names))

    def post(self, question: str) -> None:
        """Post a question anew."""
        self.do(PostQuestion(question=question, number=self.number()))

    def refresh(self, question: str) -> None:
        """Bring a posted question up to date."""
        self.do(UpdateQuestion(question=question))

    def finish(self) -> tuple[Rotation, tuple[Effect, ...]]:
        """The next state, one version on, and its effects; the card is brought up to date where anything changed."""
        changed = self.rotation != self.before
        self.set(version=self.rotation.version + 1)
        return self.rotation, (*self.effects, UpdateCard()) if changed or self.effects else ()
