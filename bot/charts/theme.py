"""Colours, each chosen for its contrast: texts at least 4.5 to 1 on their ground, bars and lines 3 to 1 (WCAG 2.2).

Good and bad are a bluish green and a vermilion, which the common kinds of colour blindness tell apart; each also has a
sign of its own, so that nothing hangs on a colour. The colour of a line is a blue, since it judges nothing.
"""

from dataclasses import dataclass, fields
from typing import Final


@dataclass(frozen=True, slots=True)
class Theme:
    """One set of colours, as #rrggbb."""

    ground: str
    ink: str
    quiet: str
    rule: str
    band: str
    good: str
    bad: str
    open: str
    none: str
    line: str


LIGHT: Final = Theme(
    ground="#ffffff",
    ink="#1c1e21",
    quiet="#585e68",
    rule="#868c96",
    band="#eef4f1",
    good="#0b7457",
    bad="#bf3414",
    open="#53618a",
    none="#646a74",
    line="#1c5dbb",
)
DARK: Final = Theme(
    ground="#1a1d21",
    ink="#eceef1",
    quiet="#a9afb9",
    rule="#767d88",
    band="#20282a",
    good="#45cfa0",
    bad="#ff8160",
    open="#a9b8ea",
    none="#9aa1ac",
    line="#7db3ff",
)


def variables(theme: Theme) -> str:
    """The colours as CSS custom properties: `--ground: #ffffff; ...`."""
    return " ".join(f"--{each.name}: {getattr(theme, each.name)};" for each in fields(theme))


def style(theme: Theme) -> str:
    """CSS for a drawing that stands alone: a class for each colour, as fill (`.good`) and as line (`.good-line`)."""
    rules = []
    for each in fields(theme):
        colour = getattr(theme, each.name)
        rules.append(f".{each.name}{{fill:{colour}}} .{each.name}-line{{stroke:{colour};fill:none}}")
    return " ".join(rules)


def fields_as_classes() -> str:
    """CSS for a drawing within a page that has `variables`."""
    names = [each.name for each in fields(Theme)]
    return " ".join(f".{n}{{fill:var(--{n})}} .{n}-line{{stroke:var(--{n});fill:none}}" for n in names)
